"""Splitting a JSON file into the deliveries a platform would have sent. It keeps their bytes and judges no content.

A file is one JSON document or JSON lines. An array, and the list in `{"statuses": [...]}`, `{"comments": [...]}` or
`{"reposts": [...]}`, is a page of things the platform also sends singly: each element is a delivery. Anything else,
a page of X's version 2 with its shared `includes` among them, is one delivery as it stands. What is no JSON is a
delivery too: ingest quarantines and counts it, the client drops nothing.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from switchboard.ingest.v1.service_pb2 import Delivery

from switchboard_cli.deliveries.addressed import PLACE_NAME_MAX, Addressed, SourceSettings
from switchboard_cli.deliveries.files import InputFile

JSON = "application/json"
PAGES = ("statuses", "comments", "reposts")
"""Keys whose list holds single deliveries."""

_BLANK = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class DocumentReading:
    """A file of a platform's own JSON for one source."""

    name: str
    source: SourceSettings
    payloads: Sequence[bytes]

    @property
    def sources(self) -> Sequence[SourceSettings]:
        return (self.source,)

    @property
    def expected(self) -> int:
        return len(self.payloads)

    def deliveries(self) -> Iterator[Addressed]:
        for number, payload in enumerate(self.payloads, 1):
            place = f"{PurePath(self.name).name[-PLACE_NAME_MAX:]}, item {number}"
            delivery = Delivery(payload=payload, content_type=JSON, place=place)
            yield Addressed(self.source.source_id, delivery)


def read_documents(file: InputFile, source: SourceSettings) -> DocumentReading:
    """Reads and splits the file. Raises FileError and OSError when it cannot be read."""
    return DocumentReading(file.name, source, split(file.read_utf8()))


def split(content: bytes) -> list[bytes]:
    """The payloads of a file in UTF-8, each with the very bytes it has there."""
    text = content.decode("utf-8", "surrogateescape")
    if not text.strip():
        return []
    if _is_document(text):
        return [_bytes(part) for part in _parts(text)]
    lines = [(line, _is_document(line)) for line in text.split("\n") if line.strip()]
    if 2 * sum(whole for _, whole in lines) < len(lines):
        return [_bytes(text)]  # mostly no JSON line by line either: one broken document
    return [_bytes(part) for line, whole in lines for part in (_parts(line) if whole else [line])]


def _bytes(text: str) -> bytes:
    return text.strip().encode("utf-8", "surrogateescape")


def _is_document(text: str) -> bool:
    start = _skip(text, 0)
    if text[start : start + 1] not in ("{", "["):
        return False  # a bare word or number is nobody's delivery, and would make any text look like JSON lines
    end = _end(text, start)
    return end is not None and _skip(text, end) == len(text)


def _parts(text: str) -> Iterator[str]:
    start = _skip(text, 0)
    if text[start] == "[":
        yield from _elements(text, start)
        return
    page = _page(text, start)
    if page is None:
        yield text
    else:
        yield from _elements(text, page)


def _elements(text: str, start: int) -> Iterator[str]:
    at = _skip(text, start + 1)
    while text[at] != "]":
        end = _DECODER.raw_decode(text, at)[1]
        yield text[at:end]
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _page(text: str, start: int) -> int | None:
    """Where the list of a page begins, None when the object is no page."""
    at = _skip(text, start + 1)
    while text[at] != "}":
        key, end = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, end) + 1)
        if key in PAGES and text[at] == "[":
            return at
        at = _skip(text, _DECODER.raw_decode(text, at)[1])
        if text[at] == ",":
            at = _skip(text, at + 1)
    return None


def _end(text: str, start: int) -> int | None:
    try:
        return _DECODER.raw_decode(text, start)[1]
    except (ValueError, RecursionError):  # nested too deeply to read is for ingest to refuse, not for us to split
        return None


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
