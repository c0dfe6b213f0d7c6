"""NormalizedPost: posts of systems that speak our form, on any channel. Pure; checks what an adapter would."""

from __future__ import annotations

import re
from itertools import islice

from chassis.clock import Instant, from_timestamp
from switchboard.ingest.v1 import events_pb2, post_pb2
from switchboard.ingest.v1.post_structs import (
    Author,
    ContactPoint,
    Entity,
    Location,
    Media,
    PersonalContent,
    ProfileAttribute,
)

from ingest.documents import checked_text, opaque_id
from ingest.events import Location as Told
from ingest.instants import plausible
from ingest.language import detected, tag
from ingest.normalise import PARTS_MAX, Account, Flaw, Item, Mention, Observation, Reason, Unreadable, Withdrawal
from ingest.personal import encoded
from ingest.validation import check_message

_WITHDRAWALS = {
    "": events_pb2.WITHDRAWAL_REASON_UNSPECIFIED,
    "deleted": events_pb2.WITHDRAWAL_REASON_DELETED,
    "withheld": events_pb2.WITHDRAWAL_REASON_WITHHELD,
    "protected": events_pb2.WITHDRAWAL_REASON_PROTECTED,
}
_PRIVATE = frozenset({post_pb2.POST_KIND_DIRECT_MESSAGE, post_pb2.POST_KIND_EMAIL})
_NAMED = re.compile(r"(?<![\w@.])@(\w[\w-]{0,99})")
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
    for number, link in enumerate(post.links):
        opaque_id(link, f"links[{number}]")
    for value, name in (
        (post.conversation, "conversation"),
        (post.in_reply_to, "in_reply_to"),
        (post.repost_of, "repost_of"),
        (post.recipient_id, "recipient_id"),
    ):
        if value:
            opaque_id(value, name)
    check_message(post)
    _check_parts(post, len(text))
    language = tag(post.language)
    if post.language and not language and post.language.lower() != "und":
        raise Unreadable(Reason.INVALID_VALUE, "language is no BCP 47 tag")
    if post.reach < 0 or post.revision < 0:
        raise Unreadable(Reason.INVALID_VALUE, "reach and revision are not negative")
    window: Instant | None = None
    if post.HasField("reply_window_expires_at"):
        window = from_timestamp(post.reply_window_expires_at)
    if post.HasField("reply_quota_left") and post.reply_quota_left < 0:
        raise Unreadable(Reason.INVALID_VALUE, "reply_quota_left is negative")
    kind = post.kind or post_pb2.POST_KIND_POST
    said, place = post.author, post.location
    author = Author(
        "",
        author_id,
        said.handle,
        said.display_name,
        tuple(ProfileAttribute(one.name, one.value) for one in said.attributes),
        tuple(ContactPoint(one.kind, one.value, one.verified, one.region) for one in said.contact_points),
    )
    personal = PersonalContent(
        text,
        author,
        tuple(Entity(one.kind, one.start, one.end, one.value, one.external_id) for one in post.entities),
        tuple(Media(one.kind, one.uri, one.alt_text) for one in post.media),
        Location(place.latitude, place.longitude, place.has_coordinates, place.place)
        if post.HasField("location")
        else None,
        external_id,
        post.subject,
        post.conversation,
        post.in_reply_to,
        tuple(post.links),
    )
    digested = post_pb2.PersonalContent(text=text, subject=post.subject, entities=post.entities, media=post.media)
    if post.HasField("location"):
        digested.location.CopyFrom(post.location)
    return Observation(
        "",
        external_id,
        author_id,
        post.author.handle,
        kind,
        published_at,
        language or detected(text),
        encoded(personal),
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
        _mentions(post),
        post.repost_of,
        (kind == post_pb2.POST_KIND_REPOST or bool(post.repost_of)) and not text.strip() and not post.media,
        post.recipient_id,
        is_cut=post.is_cut,
        location=Told.TOLD if post.HasField("location") else Told.UNTOLD,
    )


def _mentions(post: post_pb2.NormalizedPost) -> list[Mention]:
    """The accounts it names: as it says, or where it says of none, as they stand in the text after an @."""
    said = [(e.external_id, e.value) for e in post.entities if e.kind == post_pb2.ENTITY_KIND_MENTION]
    return said or [("", name) for name in islice(_NAMED.findall(post.text), PARTS_MAX)]


def _check_parts(post: post_pb2.NormalizedPost, length: int) -> None:
    """Offsets lie in the text, coordinates on the globe, and attributes have names."""
    for number, entity in enumerate(post.entities):
        if not 0 <= entity.start <= entity.end <= length:
            raise Unreadable(Reason.INVALID_VALUE, f"entities[{number}] does not lie in the text")
    for number, attribute in enumerate(post.author.attributes):
        if not _ATTRIBUTE.fullmatch(attribute.name):
            raise Unreadable(Reason.INVALID_VALUE, f"author.attributes[{number}].name is not [a-z][a-z0-9_]*")
    location = post.location
    if location.has_coordinates and not (-90 <= location.latitude <= 90 and -180 <= location.longitude <= 180):
        raise Unreadable(Reason.INVALID_VALUE, "location is not on the globe")
