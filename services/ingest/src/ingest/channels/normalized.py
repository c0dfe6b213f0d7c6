"""NormalizedPost: posts of systems that speak our form, on any channel. Pure; checks what an adapter would."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chassis.clock import Instant, from_timestamp
from switchboard.ingest.v1 import events_pb2, post_pb2

from ingest.language import detected, tag
from ingest.normalise import (
    Account,
    Flaw,
    Item,
    Observation,
    Reason,
    Unreadable,
    Withdrawal,
    checked_text,
    opaque_id,
    plausible,
)

_WITHDRAWALS = {
    "": events_pb2.WITHDRAWAL_REASON_UNSPECIFIED,
    "deleted": events_pb2.WITHDRAWAL_REASON_DELETED,
    "withheld": events_pb2.WITHDRAWAL_REASON_WITHHELD,
    "protected": events_pb2.WITHDRAWAL_REASON_PROTECTED,
}
_PRIVATE = frozenset({post_pb2.POST_KIND_DIRECT_MESSAGE, post_pb2.POST_KIND_EMAIL})
_PARTS_MAX = 1_000
"""Entities, media, links, attributes and contact points of one post, each."""
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


def read(post: post_pb2.NormalizedPost, account: Account, now: Instant) -> list[Item]:
    """One item. Never raises: what cannot be read is a Flaw."""
    try:
        if post.HasField("withdrawn_at"):
            return [_withdrawal(post, now)]
        return [_observation(post, now)]
    except Unreadable as refusal:
        return [Flaw("", refusal.reason, refusal.detail)]


def _withdrawal(post: post_pb2.NormalizedPost, now: Instant) -> Withdrawal:
    reason = _WITHDRAWALS.get(post.withdrawal_reason)
    if reason is None:
        raise Unreadable(Reason.INVALID_VALUE, 'withdrawal_reason is none of "deleted", "withheld", "protected"')
    at = plausible(from_timestamp(post.withdrawn_at), "withdrawn_at", now)
    return Withdrawal("", opaque_id(post.external_id, "external_id"), reason, at)


def _observation(post: post_pb2.NormalizedPost, now: Instant) -> Observation:
    external_id = opaque_id(post.external_id, "external_id")
    author_id = opaque_id(post.author.external_id, "author.external_id")
    if not post.HasField("published_at"):
        raise Unreadable(Reason.MISSING_FIELD, "published_at is missing")
    published_at = plausible(from_timestamp(post.published_at), "published_at", now)
    text = checked_text(post.text, "text")
    if "\0" in post.subject:
        raise Unreadable(Reason.INVALID_VALUE, "subject contains U+0000")
    _check_parts(post, len(text))
    for number, link in enumerate(post.links):
        opaque_id(link, f"links[{number}]")
    for value, name in ((post.conversation, "conversation"), (post.in_reply_to, "in_reply_to")):
        if value:
            opaque_id(value, name)
    language = tag(post.language)
    if post.language and not language and post.language.lower() != "und":
        raise Unreadable(Reason.INVALID_VALUE, "language is no BCP 47 tag")
    if post.reach < 0 or post.revision < 0:
        raise Unreadable(Reason.INVALID_VALUE, "reach and revision are not negative")
    window: Instant | None = None
    if post.HasField("reply_window_expires_at"):
        window = from_timestamp(post.reply_window_expires_at)
    kind = post.kind or post_pb2.POST_KIND_POST
    personal = post_pb2.PersonalContent(
        text=text,
        subject=post.subject,
        author=post.author,
        entities=post.entities,
        media=post.media,
        external_id=external_id,
        conversation=post.conversation,
        in_reply_to=post.in_reply_to,
        links=post.links,
    )
    personal.author.ClearField("identity")
    digested = post_pb2.PersonalContent(text=text, subject=post.subject, entities=post.entities, media=post.media)
    if post.HasField("location"):
        personal.location.CopyFrom(post.location)
        digested.location.CopyFrom(post.location)
    return Observation(
        "",
        external_id,
        author_id,
        post.author.handle,
        kind,
        published_at,
        language or detected(text),
        personal.SerializeToString(),
        digested.SerializeToString(deterministic=True),
        len(text),
        post.reach,
        post.visibility or (post_pb2.VISIBILITY_PRIVATE if kind in _PRIVATE else post_pb2.VISIBILITY_PUBLIC),
        post.conversation,
        post.in_reply_to,
        tuple(post.links),
        post.revision,
        None,
        post.author_kind,
        window,
        post.reply_quota_left if post.HasField("reply_quota_left") else -1,
    )


def _check_parts(post: post_pb2.NormalizedPost, length: int) -> None:
    """Offsets lie in the text, coordinates on the globe, and no list is absurdly long."""
    for name in ("entities", "media", "links"):
        if len(getattr(post, name)) > _PARTS_MAX:
            raise Unreadable(Reason.TOO_LARGE, f"more than {_PARTS_MAX} {name}")
    if max(len(post.author.attributes), len(post.author.contact_points)) > _PARTS_MAX:
        raise Unreadable(Reason.TOO_LARGE, f"more than {_PARTS_MAX} attributes or contact points")
    for number, entity in enumerate(post.entities):
        if not 0 <= entity.start <= entity.end <= length:
            raise Unreadable(Reason.INVALID_VALUE, f"entities[{number}] does not lie in the text")
    for number, attribute in enumerate(post.author.attributes):
        if not _ATTRIBUTE.fullmatch(attribute.name):
            raise Unreadable(Reason.INVALID_VALUE, f"author.attributes[{number}].name is not [a-z][a-z0-9_]*")
    if any("\0" in value for value in _texts(post)):
        raise Unreadable(Reason.INVALID_VALUE, "a text of author, entities, media or location contains U+0000")
    location = post.location
    if location.has_coordinates and not (-90 <= location.latitude <= 90 and -180 <= location.longitude <= 180):
        raise Unreadable(Reason.INVALID_VALUE, "location is not on the globe")


def _texts(post: post_pb2.NormalizedPost) -> Iterator[str]:
    """Every text that is no id and not the post's own; readers put them into databases, which take no U+0000."""
    yield from (post.author.handle, post.author.display_name, post.location.place)
    yield from (attribute.value for attribute in post.author.attributes)
    for point in post.author.contact_points:
        yield from (point.kind, point.value)
    for entity in post.entities:
        yield from (entity.value, entity.external_id)
    for medium in post.media:
        yield from (medium.uri, medium.alt_text)
