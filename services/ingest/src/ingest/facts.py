"""From what was read to facts: a post sealed, digested and encoded, a withdrawal. It knows keys, and no shard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from chassis.clock import Instant
from chassis.identity import uuid5, uuid_text
from chassis.sealing import SubjectKey
from msgspec import msgpack, structs
from switchboard.ingest.v1 import events_pb2, events_structs, post_pb2
from switchboard.ingest.v1.post_structs import PostNames
from switchboard.log.v1.log_structs import Sealed

from ingest.decider import Candidate
from ingest.events import Location, PostReceived, decode_received
from ingest.normalise import (
    Account,
    AuthorGone,
    LocationGone,
    Mention,
    Observation,
    Spaces,
    Withdrawal,
    conversation_id,
    folded,
    identity_id,
    messages_id,
    post_id,
)
from ingest.views.posts import PostRow
from ingest.views.source_directory import Connected

_encode = msgpack.Encoder().encode
_BRANDS = frozenset({post_pb2.AUTHOR_KIND_BRAND_HUMAN, post_pb2.AUTHOR_KIND_BRAND_BOT})
_OURS = _BRANDS | {post_pb2.AUTHOR_KIND_OTHER}
_ADDRESSED_KINDS = frozenset(
    {
        post_pb2.POST_KIND_DIRECT_MESSAGE,
        post_pb2.POST_KIND_EMAIL,
        post_pb2.POST_KIND_REVIEW,
        post_pb2.POST_KIND_MENTION,
    }
)
"""What speaks to us by being what it is."""


def withdrawn(
    connected: Connected, name: str, item: Withdrawal | AuthorGone, received_at: Instant
) -> events_structs.PostWithdrawn:
    """The fact that a post is gone."""
    return events_structs.PostWithdrawn(
        post_id=name,
        reason=item.reason,
        withdrawn_at=received_at if item.at is None else item.at,
        received_at=received_at,
        source_id=connected.source.source_id,
    )


def author_withdrawn(
    connected: Connected, identity: str, item: AuthorGone, received_at: Instant
) -> events_structs.AuthorWithdrawn:
    """The fact that all posts of an author are gone."""
    return events_structs.AuthorWithdrawn(
        identity_id=identity,
        reason=item.reason,
        withdrawn_at=received_at if item.at is None else item.at,
        received_at=received_at,
        source_id=connected.source.source_id,
    )


def received(  # noqa: PLR0917  (all that a fact is made of)
    connected: Connected,
    seen: Observation,
    name: str,
    received_at: Instant,
    key: SubjectKey,
    fresh: tuple[bytes, bytes],
) -> PostReceived:
    """The fact of a post, sealed, digested and encoded. `fresh`: two nonces nothing was sealed with.

    Raises KeyLost for an author whose key cannot be used.
    """
    account, spaces, subject = connected.account, connected.account.spaces, key.subject_id
    stated, handle = seen.author_kind, folded(seen.handle)
    owner = _owner(connected, seen.author_id.casefold(), handle)
    if owner:
        direction = post_pb2.DIRECTION_OUTBOUND
        author_kind = stated if stated in _OURS else post_pb2.AUTHOR_KIND_BRAND_HUMAN
    else:
        direction = post_pb2.DIRECTION_OUTBOUND if stated in _BRANDS else post_pb2.DIRECTION_INBOUND
        author_kind = stated or post_pb2.AUTHOR_KIND_CUSTOMER
    is_inbound = direction == post_pb2.DIRECTION_INBOUND
    desk = owner or connected.desk
    is_addressed = is_inbound and not seen.is_bare_repost and _is_addressed(connected, seen)
    digest = key.digest(seen.digested)
    personal, names = key.seal_both(fresh, seen.personal, _encode(PostNames(seen.external_id, seen.author_id)))
    conversation, session = "", ""
    if seen.kind == post_pb2.POST_KIND_DIRECT_MESSAGE:
        conversation, session = _messages(connected, seen, is_inbound=is_inbound)
    elif seen.conversation:
        conversation = uuid5(spaces.conversation, seen.conversation)
    # By position, in the order of the contract: by name they cost a post a microsecond more.
    post = events_structs.PostReceived(
        name,
        account.channel,
        connected.source.source_id,
        seen.kind,
        direction,
        author_kind,
        subject,
        conversation,
        uuid5(spaces.post, seen.in_reply_to) if seen.in_reply_to else "",
        _posts(spaces, seen.links),
        seen.language,
        seen.text_length,
        seen.reach,
        seen.visibility,
        seen.published_at,
        received_at,
        seen.reply_window_expires_at,
        seen.reply_quota_left,
        seen.platform_revision,
        digest,
        personal,
        desk,
        is_addressed,
        () if seen.is_bare_repost else _accounts(account, seen.mentions),
        uuid5(spaces.handle, handle) if seen.handle else "",
        uuid5(spaces.post, seen.repost_of) if seen.repost_of else "",
        seen.is_bare_repost,
        _posts(spaces, seen.alias_ids),
        session,
        names,
        seen.is_cut,
        seen.location == Location.TOLD,
        seen.extent,
    )
    return PostReceived(
        name,
        subject,
        seen.platform_revision,
        digest,
        direction,
        seen.published_at,
        _encode(post),
        desk,
        is_addressed,
        seen.edited_at,
        max(seen.text_length, 1) if seen.is_cut else 0,
        seen.location,
        seen.extent,
    )


def location_removed(
    connected: Connected, name: str, item: LocationGone, received_at: Instant
) -> events_structs.PostLocationRemoved:
    """The fact that nobody is to see any more where a post was written."""
    return events_structs.PostLocationRemoved(
        post_id=name,
        removed_at=received_at if item.at is None else item.at,
        received_at=received_at,
        source_id=connected.source.source_id,
    )


def author_location_removed(
    connected: Connected, identity: str, item: LocationGone, received_at: Instant
) -> events_structs.AuthorLocationRemoved:
    """The fact that nobody is to see where an author wrote until then, whatever comes later."""
    at = received_at if item.at is None else item.at
    return events_structs.AuthorLocationRemoved(
        identity_id=identity,
        until=item.until or at,
        removed_at=at,
        received_at=received_at,
        source_id=connected.source.source_id,
    )


def aliased(
    connected: Connected, seen: Observation, name: str, received_at: Instant
) -> Iterator[events_structs.PostAliased]:
    """The facts that the ids of its other versions mean this post."""
    account = connected.account
    for alias, number in zip(seen.alias_ids, seen.alias_numbers, strict=True):
        yield events_structs.PostAliased(
            alias_id=post_id(account.channel, account.account_scope, alias),
            post_id=name,
            source_id=connected.source.source_id,
            received_at=received_at,
            number=number,
            identity_id=identity_id(account.channel, account.account_scope, seen.author_id),
            published_at=seen.published_at,
        )


def of_another(candidate: Candidate, name: str, number: int, published_at: Instant | None) -> Candidate:
    """What was said of a version's id, said of the post whose version `number` it means.

    Content that came without the chain of its versions is that version: its time is that of the edit. `published_at` is
    the post's, None where the post is known.
    """
    match candidate:
        case PostReceived():
            number += candidate.platform_revision
            published = candidate.published_at if published_at is None else published_at
            post = structs.replace(
                decode_received(candidate.encoded), post_id=name, platform_revision=number, published_at=published
            )
            return structs.replace(
                candidate,
                post_id=name,
                platform_revision=number,
                published_at=published,
                edited_at=candidate.edited_at or candidate.published_at,
                encoded=_encode(post),
            )
        case events_structs.PostWithdrawn() | events_structs.PostLocationRemoved():
            return structs.replace(candidate, post_id=name)
        case _:
            raise TypeError(f"{type(candidate).__name__} is about no post")


def brought_over(version: PostRow, name: str, number: int) -> Iterator[Candidate]:
    """What was taken under a version's id before anybody said what it is, said of the post: once for each desk."""
    if version.ciphertext is None or version.nonce is None or version.identity_id is None:
        return
    published_at, links = Instant(version.published_at or 0), version.links or b""
    for desk, source_id in version.sights:
        is_addressed = desk in version.spoken_to
        post = events_structs.PostReceived(
            post_id=name,
            channel=version.channel or "",
            source_id=source_id,
            kind=version.kind or 0,
            direction=version.direction or 0,
            author_kind=version.author_kind or 0,
            identity_id=version.identity_id,
            conversation_id=version.conversation_id or "",
            in_reply_to=version.in_reply_to or "",
            links=tuple([uuid_text(links[at : at + 16]) for at in range(0, len(links), 16)]),
            language=version.language or "",
            text_length=version.text_length or 0,
            reach=version.reach or 0,
            visibility=version.visibility or 0,
            published_at=published_at,
            received_at=Instant(version.received_at or 0),
            reply_quota_left=-1 if version.reply_quota_left is None else version.reply_quota_left,
            platform_revision=number,
            content_digest=version.digests[-16:],
            personal=Sealed(subject_id=version.identity_id, nonce=version.nonce, ciphertext=version.ciphertext),
            desk=desk,
            is_addressed=is_addressed,
            repost_of=version.repost_of or "",
            is_bare_repost=bool(version.is_bare_repost),
            names=Sealed(
                subject_id=version.identity_id,
                nonce=version.names_nonce or b"",
                ciphertext=version.names_ciphertext or b"",
            ),
            is_cut=version.cut_length > 0,
            has_location=version.has_location,
            extent=version.extent,
        )
        yield PostReceived(
            name,
            version.identity_id,
            number,
            post.content_digest,
            post.direction,
            published_at,
            _encode(post),
            desk,
            is_addressed,
            published_at,
            version.cut_length,
            Location.TOLD if version.has_location else Location.UNTOLD,
            version.extent,
        )


def superseded(alias: events_structs.PostAliased) -> events_structs.PostWithdrawn:
    """A version that came as a post of its own is none any more."""
    return events_structs.PostWithdrawn(
        post_id=alias.alias_id,
        reason=events_pb2.WITHDRAWAL_REASON_SUPERSEDED,
        withdrawn_at=alias.received_at,
        received_at=alias.received_at,
        source_id=alias.source_id,
    )


def _owner(connected: Connected, author_id: str, handle: str) -> str:
    """The desk whose account wrote a post, "" for somebody else's; of several the one that was brought it. Both folded,
    `handle` "" where there is none.
    """
    owned, ours = connected.account.owned, connected.ours
    if author_id in owned or (handle and handle in owned):
        return connected.desk
    return ours.get(author_id) or (ours.get(handle, "") if handle else "")


def _is_addressed(connected: Connected, seen: Observation) -> bool:
    """Whether somebody's post speaks to the desk by itself."""
    if connected.is_listening or seen.kind in _ADDRESSED_KINDS:
        return True
    owned = connected.account.owned
    return any(account_id in owned or folded(handle) in owned for account_id, handle in seen.mentions)


def _messages(connected: Connected, seen: Observation, *, is_inbound: bool) -> tuple[str, str]:
    """One thread for all messages between an account and a customer, whichever of them writes: (conversation_id,
    session_id).
    """
    channel, scope = connected.account.channel, connected.account.account_scope
    platform_s = conversation_id(channel, scope, seen.conversation) if seen.conversation else ""
    if seen.recipient_id:
        account, customer = seen.recipient_id, seen.author_id
        if not is_inbound:
            account, customer = customer, account
        return messages_id(channel, scope, account, customer), ""
    if is_inbound:
        return messages_id(channel, scope, connected.source.source_id, seen.author_id), platform_s
    return platform_s, ""


def _posts(spaces: Spaces, external_ids: Sequence[str]) -> tuple[str, ...]:
    """The posts of these ids of the platform, sorted, each once."""
    return tuple(sorted({uuid5(spaces.post, one) for one in external_ids})) if external_ids else ()


def _accounts(account: Account, mentions: Sequence[Mention]) -> tuple[str, ...]:
    """What mentions lead to, sorted, each once."""
    if len(mentions) == 1:
        return (_named(account.spaces, *mentions[0]),)
    return tuple(sorted({_named(account.spaces, *mention) for mention in mentions})) if mentions else ()


@lru_cache(maxsize=256)
def _named(spaces: Spaces, account_id: str, handle: str) -> str:
    """What a mention leads to. Kept for those named again at once: most posts name the brand."""
    return uuid5(spaces.identity, account_id) if account_id else uuid5(spaces.handle, folded(handle))
