"""From what was read to facts: a post sealed, digested and encoded, a withdrawal. It knows keys, and no shard."""

from __future__ import annotations

from functools import lru_cache

from chassis.clock import Instant, to_timestamp
from chassis.sealing import SubjectKey
from switchboard.ingest.v1 import events_pb2, post_pb2

from ingest.events import PostReceived
from ingest.normalise import AuthorGone, Observation, Withdrawal, conversation_id, folded, post_id
from ingest.views.source_directory import Connected

_BRANDS = frozenset({post_pb2.AUTHOR_KIND_BRAND_HUMAN, post_pb2.AUTHOR_KIND_BRAND_BOT})
_OURS = _BRANDS | {post_pb2.AUTHOR_KIND_OTHER}


def withdrawn(
    connected: Connected, name: str, item: Withdrawal | AuthorGone, received_at: Instant
) -> events_pb2.PostWithdrawn:
    """The fact that a post is gone."""
    return events_pb2.PostWithdrawn(
        post_id=name,
        reason=item.reason,  # type: ignore[arg-type]  # an enum's number
        withdrawn_at=to_timestamp(received_at if item.at is None else item.at),
        received_at=to_timestamp(received_at),
        source_id=connected.source.source_id,
    )


def received(  # noqa: PLR0917  (all that a fact is made of)
    connected: Connected, seen: Observation, name: str, received_at: Instant, key: SubjectKey, nonce: bytes
) -> PostReceived:
    """The fact of a post, sealed, digested and encoded. Raises KeyLost for an author whose key cannot be used."""
    account = connected.account
    channel, scope = account.channel, account.account_scope
    stated = seen.author_kind
    if seen.author_id.casefold() in account.owned or (seen.handle and folded(seen.handle) in account.owned):
        direction = post_pb2.DIRECTION_OUTBOUND
        author_kind = stated if stated in _OURS else post_pb2.AUTHOR_KIND_BRAND_HUMAN
    else:
        direction = post_pb2.DIRECTION_OUTBOUND if stated in _BRANDS else post_pb2.DIRECTION_INBOUND
        author_kind = stated or post_pb2.AUTHOR_KIND_CUSTOMER
    digest = key.digest(seen.digested)
    # Set field by field: keywords cost more, and parts that are built first and copied in cost three times as much.
    post = events_pb2.PostReceived()
    post.post_id = name
    post.channel = channel
    post.source_id = connected.source.source_id
    post.kind = seen.kind  # type: ignore[assignment]  # enums' numbers, here and below
    post.direction = direction
    post.author_kind = author_kind  # type: ignore[assignment]
    post.identity_id = key.subject_id
    if seen.conversation:
        post.conversation_id = conversation_id(channel, scope, seen.conversation)
    if seen.in_reply_to:
        post.in_reply_to = post_id(channel, scope, seen.in_reply_to)
    if seen.links:
        post.links.extend(sorted({post_id(channel, scope, link) for link in seen.links}))
    post.language = seen.language
    post.text_length = seen.text_length
    post.reach = seen.reach
    post.visibility = seen.visibility  # type: ignore[assignment]
    post.published_at.CopyFrom(_stamp(seen.published_at))
    post.received_at.CopyFrom(_stamp(received_at))
    if seen.reply_window_expires_at is not None:
        post.reply_window_expires_at.CopyFrom(_stamp(seen.reply_window_expires_at))
    post.reply_quota_left = seen.reply_quota_left
    if seen.platform_revision:
        post.platform_revision = seen.platform_revision
    post.content_digest = digest
    personal = post.personal
    personal.subject_id = key.subject_id
    personal.nonce = nonce
    personal.ciphertext = key.encrypt(nonce, seen.personal)
    return PostReceived(
        name,
        key.subject_id,
        seen.platform_revision,
        digest,
        direction,
        seen.published_at,
        post.SerializeToString(deterministic=True),
        seen.edited_at,
    )


_stamp = lru_cache(maxsize=4096)(to_timestamp)
"""Only to copy from: posts share the seconds in which they come, and copying takes a third of setting."""
