"""What requests of every service have in common: resource names, pages, request ids, instants. It knows no resource.

Everything here is for callers to get wrong: it raises InvalidRequest with the field and what was expected of it.
"""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.clock import FIRST, LAST, Instant, from_timestamp
from chassis.errors import InvalidRequest
from chassis.identity import is_uuid, uuid_bytes, uuid_text
from chassis.zones import zone

TENANT = r"[a-z][a-z0-9-]{0,39}"
PAGE_SIZE_DEFAULT = 50
PAGE_SIZE_MAX = 1000
PAGE_TOKEN_BYTES_MAX = 4096
PAGE_BYTES_MAX = 3 * 1024 * 1024
"""What the rows of one page weigh together. Against: a message has at most 4 MiB."""

_SEGMENT = r"[A-Za-z0-9._~:@%+=-]{1,255}"
_MICROS_FIRST, _MICROS_LAST = FIRST // 1_000_000, LAST // 1_000_000

M = TypeVar("M", bound=Message)


def check_tenant(tenant: str, field: str = "tenant") -> str:
    """The tenant id itself. Raises InvalidRequest unless it is `[a-z][a-z0-9-]{0,39}`."""
    if re.fullmatch(TENANT, tenant) is None:
        raise InvalidRequest([(field, f"a tenant is {TENANT}")])
    return tenant


def parse_name(pattern: str, name: str, field: str = "name") -> dict[str, str]:
    """The variables of a resource name: `parse_name("tenants/{tenant}/posts/{post}", name)["post"]`.

    `{tenant}` takes tenant ids, every other variable one segment of unreserved characters. Raises InvalidRequest.
    """
    found = _compiled(pattern).fullmatch(name)
    if found is None:
        raise InvalidRequest([(field, f"a resource name of the form {pattern} is expected")])
    return found.groupdict()


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"\{([a-z_]+)\}", pattern)
    fixed, variables = parts[::2], parts[1::2]
    expression = re.escape(fixed[0])
    for variable, after in zip(variables, fixed[1:], strict=True):
        expression += f"(?P<{variable}>{TENANT if variable == 'tenant' else _SEGMENT}){re.escape(after)}"
    return re.compile(expression, re.ASCII)


def request_uuid(text: str, field: str = "request_id") -> str:
    """A caller's UUID in lower case. Raises InvalidRequest for anything else, "" included."""
    try:
        return uuid_text(uuid_bytes(text))
    except ValueError:
        raise InvalidRequest([(field, "a UUID of 8-4-4-4-12 hexadecimal digits is expected")]) from None


def time_zone(name: str, field: str = "time_zone") -> ZoneInfo:
    """The zone of an IANA name, UTC for "". Raises InvalidRequest."""
    try:
        return zone(name or "UTC")
    except ZoneInfoNotFoundError:
        raise InvalidRequest([(field, "is no IANA time zone such as Asia/Shanghai")]) from None


def instant(request: Message, field: str) -> Instant:
    """The instant in a Timestamp field. Raises InvalidRequest when it is absent or none that exists."""
    at = optional_instant(request, field)
    if at is None:
        raise InvalidRequest([(field, "is required")])
    return at


def optional_instant(request: Message, field: str) -> Instant | None:
    """The same, None when absent."""
    if not request.HasField(field):
        return None
    timestamp: Timestamp = getattr(request, field)
    if not _MICROS_FIRST <= timestamp.seconds <= _MICROS_LAST or not 0 <= timestamp.nanos < 1_000_000_000:
        raise InvalidRequest([(field, "an instant from year 1 to 9999 with 0..999999999 nanos is expected")])
    return from_timestamp(timestamp)


Cursor = tuple[str | int, ...]


class Uuid(str):
    """In the shape of a cursor: a text that is a UUID in lower case."""

    __slots__ = ()


class Int32(int):
    """In the shape of a cursor: a number of 32 bits."""


_KINDS: Mapping[type, type] = {Uuid: str, Int32: int}
_BITS: Mapping[type, int] = {int: 63, Int32: 31}


@dataclass(frozen=True, slots=True)
class Page:
    """The part of a list asked for: at most `size` rows after the row `cursor` describes (None: from the start)."""

    size: int
    cursor: Cursor | None
    _fingerprint: str

    def token_after(self, cursor: Cursor) -> str:
        """The token for the page after the row with this cursor: its sort key, as it will come back."""
        return urlsafe_b64encode(orjson.dumps([self._fingerprint, *cursor])).decode().rstrip("=")

    def cut(self, rows: Sequence[Any], cursor_of: Any) -> tuple[Sequence[Any], str]:
        """(rows of this page, next token or "") from up to `size` + 1 rows that were read."""
        if len(rows) <= self.size:
            return rows, ""
        return rows[: self.size], self.token_after(cursor_of(rows[self.size - 1]))

    def within(
        self, rows: Sequence[Any], messages: Sequence[M], token: str, cursor_of: Any, bytes_max: int = PAGE_BYTES_MAX
    ) -> tuple[Sequence[M], str]:
        """(messages of this page, next token) when one message per row would exceed `bytes_max`; at least one stays."""
        room = bytes_max
        for number, message in enumerate(messages):
            room -= message.ByteSize()
            if room < 0 and number:
                return messages[:number], self.token_after(cursor_of(rows[number - 1]))
        return messages, token


def page(request: Message, cursor: tuple[type, ...] = (str,), *, default: int = PAGE_SIZE_DEFAULT) -> Page:
    """The page a list request asks for by `page_size` and `page_token`.

    0 means the default, more than 1000 means 1000. `cursor` is the shape of the sort key, of str, Uuid, int (of 64
    bits) and Int32: a token that somebody made up has it too, or is refused. A token is good only with the request it
    was given for: the other fields must not change between pages, except `page_size` and `min_position`. Raises
    InvalidRequest with everything that is wrong.
    """
    fingerprint = _fingerprint(request)
    size: int = getattr(request, "page_size")  # noqa: B009 (Message does not declare it)
    token: str = getattr(request, "page_token")  # noqa: B009
    violations = []
    if size < 0:
        violations.append(("page_size", "must not be negative"))
    at: Cursor | None = None
    if token:
        at, complaint = _read_token(token, fingerprint, cursor)
        if complaint:
            violations.append(("page_token", complaint))
    if violations:
        raise InvalidRequest(violations)
    return Page(min(size or default, PAGE_SIZE_MAX), at, fingerprint)


def _fingerprint(request: Message) -> str:
    bare = type(request)()
    bare.CopyFrom(request)
    for field in ("page_size", "page_token", "min_position"):
        if field in bare.DESCRIPTOR.fields_by_name:
            bare.ClearField(field)
    digest = sha256(bare.DESCRIPTOR.full_name.encode() + b"\0" + bare.SerializeToString(deterministic=True))
    return digest.hexdigest()[:16]


def _read_token(token: str, fingerprint: str, shape: tuple[type, ...]) -> tuple[Cursor | None, str]:
    unknown = "is no token this method gave out"
    if len(token) > PAGE_TOKEN_BYTES_MAX or not token.isascii():
        return None, unknown
    try:
        values = orjson.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError):
        return None, unknown
    if not isinstance(values, list) or len(values) != 1 + len(shape):
        return None, unknown
    if not all(_has_shape(value, kind) for value, kind in zip(values, (str, *shape), strict=True)):
        return None, unknown
    if values[0] != fingerprint:
        return None, "was given for a request with other fields; begin again without it"
    return tuple(values[1:]), ""


def _has_shape(value: object, kind: type) -> bool:
    if type(value) is not _KINDS.get(kind, kind):
        return False
    if isinstance(value, int):
        return -(1 << _BITS[kind]) <= value < 1 << _BITS[kind]
    return isinstance(value, str) and "\0" not in value and (kind is not Uuid or is_uuid(value))
