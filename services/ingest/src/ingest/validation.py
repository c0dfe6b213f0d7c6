"""What a fact about a post may hold: values that every view, shard and consumer of the log can take. Pure.

Adapters say what a platform means; this says what may enter the log, whoever read it. An instant lies between the
years 1 and 9999, a number in its column, an enum's number in its enum, a text has no U+0000 and an end.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import isfinite
from typing import Any

from chassis import layout
from chassis.clock import FIRST, LAST, Instant, from_timestamp
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from switchboard.ingest.v1 import events_pb2, post_pb2

from ingest.instants import plausible
from ingest.normalise import (
    PARTS_MAX,
    PERSONAL_BYTES_MAX,
    TEXT_LENGTH_MAX,
    AuthorGone,
    Flaw,
    Item,
    LocationGone,
    Observation,
    Reason,
    Unreadable,
    Withdrawal,
)
from ingest.personal import may_hold_nul

STRING_BYTES_MAX = 8_000
"""Any text of a post but its own. Against: platforms' longest, a profile's description, has 2,000 code points."""
INT32_MAX = (1 << 31) - 1
INT64_MAX = (1 << 63) - 1
LANGUAGE_LENGTH_MAX = 40
_KINDS = frozenset(post_pb2.PostKind.values()) - {post_pb2.POST_KIND_UNSPECIFIED}
_AUTHOR_KINDS = frozenset(post_pb2.AuthorKind.values())
_VISIBILITIES = frozenset(post_pb2.Visibility.values())
_WITHDRAWAL_REASONS = frozenset(events_pb2.WithdrawalReason.values())
_CONTENT = post_pb2.PersonalContent.DESCRIPTOR
_TEXT = _CONTENT.fields_by_name["text"].full_name
"""A post's own text: of another length, see TEXT_LENGTH_MAX."""
_ELSEWHERE = frozenset({post_pb2.NormalizedPost.DESCRIPTOR.fields_by_name["text"].full_name})
"""What whoever reads it has a rule of its own for: `checked_text`."""


def admitted(item: Item, now: Instant) -> Item:
    """The item if a fact may be made of it, else a flaw that names the field. `now`: no post is of the future."""
    try:
        if isinstance(item, Observation):
            _check_observation(item, now)
        elif isinstance(item, Withdrawal | AuthorGone):
            if item.reason not in _WITHDRAWAL_REASONS:
                raise Unreadable(Reason.INVALID_VALUE, "the reason of a withdrawal is no known WithdrawalReason")
            if item.at is not None:
                plausible(item.at, "the time of a withdrawal", now)
        elif isinstance(item, LocationGone) and item.at is not None:
            plausible(item.at, "the time of a removal", now)
    except Unreadable as refusal:
        detail = f"{item.where}: {refusal.detail}" if item.where else refusal.detail
        return Flaw(item.where, refusal.reason, detail)
    return item


def _check_observation(post: Observation, now: Instant) -> None:
    if post.kind not in _KINDS:
        raise _invalid("kind", "is no known PostKind")
    if post.author_kind not in _AUTHOR_KINDS:
        raise _invalid("author_kind", "is no known AuthorKind")
    if post.visibility not in _VISIBILITIES:
        raise _invalid("visibility", "is no known Visibility")
    plausible(post.published_at, "published_at", now)
    if post.edited_at is not None:
        plausible(post.edited_at, "edited_at", now)
    if post.reply_window_expires_at is not None and not FIRST <= post.reply_window_expires_at <= LAST:
        raise Unreadable(Reason.IMPOSSIBLE_TIME, "reply_window_expires_at is not within the years 1 to 9999")
    if not 0 <= post.platform_revision <= INT32_MAX:
        raise _invalid("revision", "is not within 0 and 2147483647")
    if not -1 <= post.reply_quota_left <= INT32_MAX:
        raise _invalid("reply_quota_left", "is not within 0 and 2147483647")
    if not 0 <= post.reach <= INT64_MAX:
        raise _invalid("reach", "is negative or exceeds 64 bits")
    if not 0 <= post.text_length <= TEXT_LENGTH_MAX:
        raise Unreadable(Reason.TOO_LARGE, f"text has more than {TEXT_LENGTH_MAX} code points")
    if len(post.language) > LANGUAGE_LENGTH_MAX or not post.language.isascii() or "\0" in post.language:
        raise _invalid("language", "is no BCP 47 tag")
    if len(post.links) > PARTS_MAX:
        raise Unreadable(Reason.TOO_LARGE, f"more than {PARTS_MAX} links")
    if len(post.personal) > PERSONAL_BYTES_MAX:
        raise Unreadable(Reason.TOO_LARGE, f"more than {PERSONAL_BYTES_MAX} bytes of content")
    if may_hold_nul(post.personal):
        check_message(layout.unpack(_CONTENT.full_name, post.personal))


def _invalid(field: str, what: str) -> Unreadable:
    return Unreadable(Reason.INVALID_VALUE, f"{field} {what}")


def check_message(message: Message) -> None:
    """Raises Unreadable, naming the field, for a value anywhere in a message that not everybody can hold."""
    _check(message, "")


def _check(message: Message, where: str) -> None:
    if isinstance(message, Timestamp):
        if not (FIRST <= from_timestamp(message) <= LAST and 0 <= message.nanos < 1_000_000_000):
            raise Unreadable(Reason.IMPOSSIBLE_TIME, f"{where} is not within the years 1 to 9999")
        return
    fields = _fields(message.DESCRIPTOR)
    for field, value in message.ListFields():
        place = f"{where}.{field.name}" if where else field.name
        rule = fields.get(field.name)
        if rule is None:
            continue
        kind, longest, known = rule
        repeated = not isinstance(value, str | Message | int | float | bytes)
        if repeated and len(value) > PARTS_MAX:
            raise Unreadable(Reason.TOO_LARGE, f"more than {PARTS_MAX} {place}")
        for element, at in _elements(value, place) if repeated else ((value, place),):
            if kind == FieldDescriptor.CPPTYPE_MESSAGE:
                _check(element, at)
            elif kind == FieldDescriptor.CPPTYPE_STRING and type(element) is str:
                if "\0" in element:
                    raise Unreadable(Reason.INVALID_VALUE, f"{at} contains U+0000")
                if longest is not None and len(element.encode()) > longest:
                    raise Unreadable(Reason.TOO_LARGE, f"{at} has more than {longest} bytes")
            elif kind == FieldDescriptor.CPPTYPE_ENUM:
                if element not in known:
                    raise Unreadable(Reason.INVALID_VALUE, f"{at} is no known value")
            elif kind == FieldDescriptor.CPPTYPE_DOUBLE and not isfinite(element):
                raise Unreadable(Reason.INVALID_VALUE, f"{at} is no number")


def _elements(values: Any, place: str) -> Iterator[tuple[Any, str]]:
    for number, value in enumerate(values):
        yield value, f"{place}[{number}]"


@lru_cache(maxsize=64)
def _fields(descriptor: Descriptor) -> dict[str, tuple[int, int | None, frozenset[int]]]:
    """Of each field: what sort of value, the most bytes of a text (None for a post's own), the numbers of an enum."""
    return {
        field.name: (
            field.cpp_type,
            None if field.full_name == _TEXT else STRING_BYTES_MAX,
            frozenset(field.enum_type.values_by_number) if field.enum_type else frozenset(),
        )
        for field in descriptor.fields
        if field.full_name not in _ELSEWHERE
    }
