"""Payloads as JSON documents, and their fields one by one, whatever stands in them. It knows no platform.

A field something hangs on is read or refused; one that only decorates is read or left out.
"""

from __future__ import annotations

import re
from functools import lru_cache
from io import BytesIO

import orjson

from ingest.normalise import ITEMS_MAX, TEXT_LENGTH_MAX, Reason, TooMany, Unreadable
from ingest.spreadsheets import whole_id

PAYLOAD_BYTES_MAX = 4 * 1024 * 1024
_UINT64 = 1 << 64
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


def is_plain_json(payload: bytes, content_type: str) -> bool:
    """Whether a payload says to be one JSON document, of no more bytes than are read."""
    return len(payload) <= PAYLOAD_BYTES_MAX and _is_json(content_type[:200])


@lru_cache(maxsize=256)
def _is_json(content_type: str) -> bool:
    media, charset = _media_type(content_type)
    return media in _JSON_TYPES and charset in _CHARSETS


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
    """An id that is any text of 1..512 bytes without control characters, and whole. Raises Unreadable."""
    if not value:
        raise Unreadable(Reason.MISSING_FIELD, f"{where} is missing")
    if len(value) > 512 or len(value.encode()) > 512:
        raise Unreadable(Reason.INVALID_ID, f"{where} is longer than 512 bytes")
    if _CONTROL.search(value):
        raise Unreadable(Reason.INVALID_ID, f"{where} contains control characters")
    whole_id(value, where)
    return value


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
