"""What adapters turn deliveries into, and the checks they share: ids, instants, text. It knows no platform and no key.

An adapter reads one delivery into items: observations of posts, withdrawals, authors who are gone, and flaws where one
item of an otherwise readable delivery could not be read. Only this module computes ids of posts, identities and
conversations.
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from io import BytesIO

import msgspec
import orjson
from chassis.clock import MICROS, Instant
from chassis.identity import uuid5, uuid5_bytes, uuid_bytes
from switchboard.ingest.v1 import post_pb2

PAYLOAD_BYTES_MAX = 4 * 1024 * 1024
TEXT_LENGTH_MAX = 100_000
"""Code points."""
PERSONAL_BYTES_MAX = 300 * 1024
"""Sealed content of one post; a commit holds 512 KiB and everything else in it is small."""
ITEMS_MAX = 10_000
"""Posts of one delivery; the largest page any platform sends is 1,000."""
PARTS_MAX = 1_000
"""Entities, media, links, attributes and contact points of one post, each."""
FUTURE_MAX_US = 24 * 3600 * MICROS
EARLIEST = Instant(946_684_800 * MICROS)
"""2000-01-01: before every platform, so an earlier time is a defect."""
_UINT64 = 1 << 64
_DAY_S = 86_400
_ROOT = uuid_bytes("8f0f5c2e-6a41-5d0b-9f3e-2f6d1c7b4a90")


class Reason(StrEnum):
    """Why a delivery, or an item of it, could not be read."""

    EMPTY = "EMPTY"
    UNSUPPORTED_CONTENT_TYPE = "UNSUPPORTED_CONTENT_TYPE"
    TOO_LARGE = "TOO_LARGE"
    TOO_DEEP = "TOO_DEEP"
    INVALID_UTF8 = "INVALID_UTF8"
    LONE_SURROGATE = "LONE_SURROGATE"
    INVALID_JSON = "INVALID_JSON"
    NO_ADAPTER = "NO_ADAPTER"
    UNKNOWN_FORM = "UNKNOWN_FORM"
    MISSING_FIELD = "MISSING_FIELD"
    WRONG_TYPE = "WRONG_TYPE"
    INVALID_ID = "INVALID_ID"
    INVALID_VALUE = "INVALID_VALUE"
    IMPOSSIBLE_TIME = "IMPOSSIBLE_TIME"
    KEY_LOST = "KEY_LOST"
    UNFORESEEN = "UNFORESEEN"


class Unreadable(Exception):
    """A delivery or an item cannot be read. `detail` names places in the payload and never repeats a value from it."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class TooMany(Unreadable):
    """A delivery has more items than any platform sends; reading it ends here."""

    def __init__(self) -> None:
        super().__init__(Reason.TOO_LARGE, f"more than {ITEMS_MAX} posts or flaws in one delivery")


@dataclass(frozen=True, slots=True)
class Account:
    """What an adapter is told about the source. `owned`: ids and handles that are ours, folded, without @."""

    channel: str
    account_scope: str
    owned: frozenset[str]


class Observation(msgspec.Struct, gc=False):
    """A post as one delivery shows it. Ids are the platform's own.

    `personal` is PersonalContent encoded, as it will be sealed: a batch of messages would crowd the caches until then.
    `digested` is what the author controls, as bytes.
    """

    where: str
    external_id: str
    author_id: str
    handle: str
    kind: int
    published_at: Instant
    language: str
    personal: bytes
    digested: bytes
    text_length: int
    reach: int = 0
    visibility: int = post_pb2.VISIBILITY_PUBLIC
    conversation: str = ""
    in_reply_to: str = ""
    links: tuple[str, ...] = ()
    platform_revision: int = 0
    edited_at: Instant | None = None
    author_kind: int = 0
    reply_window_expires_at: Instant | None = None
    reply_quota_left: int = -1


@dataclass(slots=True)
class Withdrawal:
    """The platform says a post is gone; `at` is None when it does not say since when."""

    where: str
    external_id: str
    reason: int
    at: Instant | None


@dataclass(slots=True)
class AuthorGone:
    """The platform says all posts of an author are gone."""

    where: str
    author_id: str
    reason: int
    at: Instant | None


@dataclass(slots=True)
class Flaw:
    """One item of the delivery that could not be read; the others go on."""

    where: str
    reason: Reason
    detail: str


Item = Observation | Withdrawal | AuthorGone | Flaw


class Reading(msgspec.Struct, gc=False):
    """One delivery being read: for which account, when, and what was found so far."""

    account: Account
    now: Instant
    items: list[Item] = msgspec.field(default_factory=list)

    def add(self, item: Item) -> None:
        """Takes an item. Raises Unreadable, for the delivery as a whole, when there are too many."""
        if len(self.items) >= ITEMS_MAX:
            raise TooMany
        self.items.append(item)

    def flaw(self, where: str, refusal: Unreadable) -> None:
        """Notes an item that could not be read. Raises like `add`."""
        if isinstance(refusal, TooMany):
            raise refusal
        self.add(Flaw(where, refusal.reason, refusal.detail))


@lru_cache(maxsize=4096)
def _space(kind: str, channel: str, account_scope: str) -> bytes:
    return uuid5_bytes(uuid5_bytes(uuid5_bytes(_ROOT, kind), channel), account_scope)


def post_id(channel: str, account_scope: str, external_id: str) -> str:
    """UUIDv5 of a post: the same platform id gives the same post for ever, whichever way it came."""
    return uuid5(_space("post", channel, account_scope), external_id)


def identity_id(channel: str, account_scope: str, external_id: str) -> str:
    """UUIDv5 of an author's account."""
    return uuid5(_space("identity", channel, account_scope), external_id)


def conversation_id(channel: str, account_scope: str, external_id: str) -> str:
    """UUIDv5 of a platform's conversation."""
    return uuid5(_space("conversation", channel, account_scope), external_id)


def delivery_id(source_id: str, payload_digest: str) -> str:
    """UUIDv5 of unreadable bytes of one source."""
    return uuid5(_space("delivery", source_id, ""), payload_digest)


_JSON_TYPES = frozenset({"", "application/json", "text/json", "application/problem+json"})
_LINES_TYPES = frozenset({"application/x-ndjson", "application/jsonl", "application/json-lines", "application/ndjson"})
_CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii", "ascii"})


@lru_cache(maxsize=256)
def _media_type(content_type: str) -> tuple[str, str]:
    media, _, parameters = content_type.partition(";")
    charset = ""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return media.strip().lower(), charset


def documents(payload: bytes, content_type: str) -> list[object]:
    """The JSON documents of a payload: one, none for a keep-alive of white space, several for a stream of lines.

    Raises Unreadable. The parser's own depth limit (1024) holds; nothing here recurses into what it returns.
    """
    media, charset = _media_type(content_type[:200])
    if media in _JSON_TYPES and charset in _CHARSETS:
        if len(payload) > PAYLOAD_BYTES_MAX:
            raise Unreadable(Reason.TOO_LARGE, f"{len(payload)} bytes, at most {PAYLOAD_BYTES_MAX}")
        try:
            return [orjson.loads(payload)]
        except orjson.JSONDecodeError as error:
            return _second_reading(payload, error)
    if media in _LINES_TYPES and charset in _CHARSETS:
        if len(payload) > PAYLOAD_BYTES_MAX:
            raise Unreadable(Reason.TOO_LARGE, f"{len(payload)} bytes, at most {PAYLOAD_BYTES_MAX}")
        return _lines(payload)
    raise Unreadable(Reason.UNSUPPORTED_CONTENT_TYPE, "expected application/json or application/x-ndjson in UTF-8")


_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def _second_reading(payload: bytes, error: orjson.JSONDecodeError) -> list[object]:
    """What the fast path refuses but platforms send: a byte order mark, keep-alives, a stream of lines."""
    if payload.startswith(_BYTE_ORDER_MARK) and not payload.startswith(_BYTE_ORDER_MARK, 3):
        return documents(payload[3:], "")
    if not payload:
        raise Unreadable(Reason.EMPTY, "the payload has no bytes")
    if not payload.strip(b" \t\r\n"):
        return []
    if error.msg.startswith("unexpected content after document") and b"\n" in payload:
        return _lines(payload)
    raise _explained(payload, error)


def _lines(payload: bytes) -> list[object]:
    found: list[object] = []
    for number, line in enumerate(BytesIO(payload), 1):  # one line at a time: splitting 4 MiB of them takes 250 MB
        if line.strip(b" \t\r\n"):
            if len(found) >= ITEMS_MAX:
                raise TooMany
            try:
                found.append(orjson.loads(line))
            except orjson.JSONDecodeError as error:
                refusal = _explained(line, error)
                raise Unreadable(refusal.reason, f"line {number}: {refusal.detail}") from None
    return found


def _explained(payload: bytes, error: orjson.JSONDecodeError) -> Unreadable:
    place = f"line {error.lineno} column {error.colno}"
    if "depth" in error.msg or "recursion" in error.msg:
        return Unreadable(Reason.TOO_DEEP, f"nested deeper than 1024 at {place}")
    try:
        payload.decode()
    except UnicodeDecodeError as wrong:
        return Unreadable(Reason.INVALID_UTF8, f"byte {wrong.start} is not valid UTF-8")
    if "surrogate" in error.msg:
        return Unreadable(Reason.LONE_SURROGATE, f"half a surrogate pair in the string at {place}")
    return Unreadable(Reason.INVALID_JSON, f"no JSON value at {place}")


def numeric_id(value: object, where: str) -> str:
    """A number as canonical decimal text: 7, "7" and "007" are one id. Raises Unreadable for anything else."""
    if type(value) is str:
        if value.isascii() and value.isdigit() and len(value) <= 40:
            if len(value) < 20 and value[0] != "0":
                return value  # canonical, and below 64 bits
            number = int(value)
        else:
            raise Unreadable(Reason.INVALID_ID, f"{where} is not a decimal number")
    elif type(value) is int:
        number = value
    elif value is None:
        raise Unreadable(Reason.MISSING_FIELD, f"{where} is missing")
    elif type(value) is float:
        raise Unreadable(
            Reason.INVALID_ID, f"{where} is a floating-point number or exceeds 64 bits; its digits are lost"
        )
    else:
        raise Unreadable(Reason.INVALID_ID, f"{where} is neither a number nor text")
    if not 0 < number < _UINT64:
        raise Unreadable(Reason.INVALID_ID, f"{where} is not a positive number of 64 bits")
    return str(number)


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def opaque_id(value: str, where: str) -> str:
    """An id that is any text of 1..512 bytes without control characters. Raises Unreadable."""
    if not value:
        raise Unreadable(Reason.MISSING_FIELD, f"{where} is missing")
    if len(value) > 512 or len(value.encode()) > 512:
        raise Unreadable(Reason.INVALID_ID, f"{where} is longer than 512 bytes")
    if _CONTROL.search(value):
        raise Unreadable(Reason.INVALID_ID, f"{where} contains control characters")
    return value


_MONTHS = {month: number for number, month in enumerate(calendar.month_abbr)}
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_PLATFORM_TIME = re.compile(
    r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d) (\d{4})", re.ASCII
)
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d\d):?(\d\d))", re.ASCII
)


@lru_cache(maxsize=4096)
def _midnight(year: int, month: int, day: int) -> int:
    return (date(year, month, day).toordinal() - _EPOCH_DAY) * _DAY_S


_SECONDS = {f"{second:02}": second * MICROS for second in range(60)}


@lru_cache(maxsize=4096)
def _minute(value: str) -> int | None:
    """When a minute in UTC began, None for whatever needs a closer look."""
    match = _PLATFORM_TIME.fullmatch(value)
    if match is None or match[6] + match[7] + match[8] not in ("+0000", "-0000") or int(match[3]) > 23:
        return None
    try:
        midnight = _midnight(int(match[9]), _MONTHS.get(match[1], 0), int(match[2]))
    except ValueError:
        return None
    return (midnight + int(match[3]) * 3600 + int(match[4]) * 60) * MICROS if int(match[4]) < 60 else None


def platform_time(value: object, where: str, now: Instant) -> Instant:
    """`Wed Apr 06 19:13:37 +0000 2011`, as X v1.1 and Weibo write it. Raises Unreadable."""
    if type(value) is str and len(value) == 30 and (into := _SECONDS.get(value[17:19])) is not None:
        # A stream's posts share their minute, so all but the seconds was read before.
        begins = _minute(value[:17] + "00" + value[19:])
        if begins is not None:
            return plausible(Instant(begins + into), where, now)
    match = _PLATFORM_TIME.fullmatch(value) if type(value) is str else None
    if match is None:
        raise _no_time(value, where)
    month, day, hour, minute, second, sign, zone_h, zone_m, year = match.groups()
    ahead = 0 if zone_h == zone_m == "00" else _ahead_us(sign, zone_h, zone_m, where)
    date_of = (int(year), _MONTHS.get(month, 0), int(day))
    return _assembled(date_of, (int(hour), int(minute), int(second)), -ahead, where, now)


def rfc3339(value: object, where: str, now: Instant) -> Instant:
    """`2021-02-24T02:13:43.000Z`, with or without fraction, with Z or an offset. Raises Unreadable."""
    match = _RFC3339.fullmatch(value) if type(value) is str else None
    if match is None:
        raise _no_time(value, where)
    year, month, day, hour, minute, second, fraction, _, sign, zone_h, zone_m = match.groups()
    micros = int((fraction + "000000")[:6]) if fraction else 0
    ahead = _ahead_us(sign, zone_h, zone_m, where) if sign else 0
    date_of = (int(year), int(month), int(day))
    return _assembled(date_of, (int(hour), int(minute), int(second)), micros - ahead, where, now)


def epoch_ms(value: object, where: str, now: Instant) -> Instant:
    """Milliseconds since 1970, as a number or decimal text. Raises Unreadable."""
    if type(value) is str and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if type(value) is not int:
        raise _no_time(value, where)
    return plausible(Instant(value * 1000), where, now)


def plausible(at: Instant, where: str, now: Instant) -> Instant:
    """The same instant, if it is not before 2000 and at most 24 h ahead of `now`. Raises Unreadable."""
    if at < EARLIEST:
        raise Unreadable(Reason.IMPOSSIBLE_TIME, f"{where} is before the year 2000")
    if at > now + FUTURE_MAX_US:
        raise Unreadable(Reason.IMPOSSIBLE_TIME, f"{where} is more than 24 h in the future")
    return at


def _assembled(
    day: tuple[int, int, int], clock: tuple[int, int, int], micros: int, where: str, now: Instant
) -> Instant:
    hour, minute, second = clock
    if hour > 23 or minute > 59 or second > 60:
        raise Unreadable(Reason.IMPOSSIBLE_TIME, f"{where} names a time that no day has")
    try:
        seconds = _midnight(*day)
    except ValueError:
        raise Unreadable(Reason.IMPOSSIBLE_TIME, f"{where} names a day that no calendar has") from None
    # A leap second is told as :60 and counts as the second before it.
    seconds += hour * 3600 + minute * 60 + min(second, 59)
    return plausible(Instant(seconds * MICROS + micros), where, now)


def _ahead_us(sign: str, hours: str, minutes: str, where: str) -> int:
    """How far a zone is ahead of UTC."""
    offset_s = int(hours) * 3600 + int(minutes) * 60
    if offset_s > 64_800:
        raise Unreadable(Reason.IMPOSSIBLE_TIME, f"{where} names a zone that no place has")
    return (-offset_s if sign == "-" else offset_s) * MICROS


def _no_time(value: object, where: str) -> Unreadable:
    if value is None:
        return Unreadable(Reason.MISSING_FIELD, f"{where} is missing")
    return Unreadable(Reason.IMPOSSIBLE_TIME, f"{where} is not written as the platform writes times")


_ESCAPE = re.compile(r"&(amp|lt|gt|quot|#39|#x27);")
_PLAIN = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "#39": "'", "#x27": "'"}


class Offsets:
    """Maps offsets of an escaped text to offsets of the plain one."""

    __slots__ = ("_ends", "_removed")

    def __init__(self, ends: list[int], removed: list[int]) -> None:
        """`ends` grow: where each escape ended; `removed`: how many code points were gone by then, its own included."""
        self._ends = ends
        self._removed = removed

    def __call__(self, offset: int) -> int:
        escapes = bisect_right(self._ends, offset)
        return offset - self._removed[escapes - 1] if escapes else offset


def unescaped(text: str) -> tuple[str, Offsets]:
    """The text with `&amp;`, `&lt;`, `&gt;`, `&quot;`, `&#39;` as its author wrote them, and where offsets moved to.

    One pass: `&amp;lt;` is `&lt;`, as the author wrote it.
    """
    ends: list[int] = []
    removed: list[int] = []

    def plain(match: re.Match[str]) -> str:
        ends.append(match.end())
        removed.append((removed[-1] if removed else 0) + match.end() - match.start() - 1)
        return _PLAIN[match[1]]

    return _ESCAPE.sub(plain, text), Offsets(ends, removed)


def checked_text(value: object, where: str) -> str:
    """The text of a post, at most 100,000 code points; U+0000, which no database takes, becomes U+FFFD.

    Raises Unreadable.
    """
    if type(value) is not str:
        if value is None:
            raise Unreadable(Reason.MISSING_FIELD, f"{where} is missing")
        raise Unreadable(Reason.WRONG_TYPE, f"{where} is not text")
    if len(value) > TEXT_LENGTH_MAX:
        raise Unreadable(Reason.TOO_LARGE, f"{where} has {len(value)} code points, at most {TEXT_LENGTH_MAX}")
    return value.replace("\0", "\ufffd") if "\0" in value else value


def decoration(value: object, length_max: int = 2_000) -> str:
    """An optional text nobody's identity hangs on: "" unless it is text; cut to `length_max`; without U+0000."""
    if type(value) is not str:
        return ""
    if len(value) > length_max:
        value = value[:length_max]
    return value.replace("\0", "\ufffd") if "\0" in value else value


def word(value: object) -> str:
    """A name or number that is compared with known ones: text or a number as text, "" for anything else."""
    return value if type(value) is str else str(value) if type(value) is int or type(value) is bool else ""


def count(value: object) -> int:
    """A counter as 0..2**63-1; anything else is 0, unknown."""
    return value if type(value) is int and 0 < value < 1 << 63 else 0


def mapping(value: object, where: str) -> dict[str, object]:
    """A JSON object. Raises Unreadable."""
    if type(value) is dict:
        return value
    if value is None:
        raise Unreadable(Reason.MISSING_FIELD, f"{where} is missing")
    raise Unreadable(Reason.WRONG_TYPE, f"{where} is not an object")


def table(value: object) -> dict[str, object]:
    """A JSON object, or an empty one."""
    return value if type(value) is dict else {}


def objects(value: object) -> list[dict[str, object]]:
    """The objects in a JSON array; none when it is no array."""
    return [element for element in value if type(element) is dict] if type(value) is list else []


def folded(account: str) -> str:
    """An account id or handle as it is compared with the owned ones."""
    return account.removeprefix("@").casefold()
