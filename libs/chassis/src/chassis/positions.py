"""Positions that callers hand back, held against the log: one beyond its end would be waited for in vain."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from google.protobuf.message import Message

from chassis.commits import Position
from chassis.errors import InvalidRequest, OutOfRange

FIELDS = ("min_position", "as_of", "after", "position", "resume_token")
"""Request fields that hold a position token, in every service."""

Decode = Callable[[str], int]


class Positions:
    """Where the log ends, as far as this process has looked; it looks again only for a token beyond that.

    `decoders` reads tokens of another form than `Position`, by the field's full name; they raise InvalidRequest.
    """

    def __init__(self, last: Callable[[], Awaitable[int]], decoders: Mapping[str, Decode] | None = None) -> None:
        self._last = last
        self._decoders = decoders or {}
        self._seen = 0
        self._fields: dict[str, list[tuple[str, Decode]]] = {}

    async def check(self, request: Message) -> list[tuple[str, str]]:
        """Tokens that are none, as (field, description). Raises OutOfRange with those that lie beyond the log's end."""
        wrong: list[tuple[str, str]] = []
        beyond: list[tuple[str, str]] = []
        for field, decode in self._of(request):
            token: Any = getattr(request, field)
            if not token:
                continue
            try:
                if await self._beyond(decode(token)):
                    beyond.append((field, "lies beyond the end of the log; it was not given by this log"))
            except InvalidRequest as invalid:
                wrong.extend(invalid.violations)
        if beyond and not wrong:
            raise OutOfRange(beyond)
        return wrong

    async def _beyond(self, position: int) -> bool:
        if position > self._seen:
            self._seen = max(self._seen, await self._last())
        return position > self._seen

    def _of(self, request: Message) -> list[tuple[str, Decode]]:
        described = request.DESCRIPTOR
        found = self._fields.get(described.full_name)
        if found is None:
            found = []
            for field in FIELDS:
                if (one := described.fields_by_name.get(field)) is not None and one.type == one.TYPE_STRING:
                    found.append((field, self._decoders.get(one.full_name, _decoder(field))))
            self._fields[described.full_name] = found
        return found


def _decoder(field: str) -> Decode:
    return lambda token: Position.decode(token, field)
