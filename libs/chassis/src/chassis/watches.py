"""What every watch of a log has in common: it costs little while nobody reads it, and its caller always has a fresh
token.

A watch that waits for its caller keeps what it was about to send and no batch of the log: facts are turned into what
the service needs of them before anything is sent, and are fetched again from where the watch stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

from chassis.commits import Recorded
from chassis.tail import Tail

T = TypeVar("T")

BOOKMARK_S = 15.0
"""How old the caller's token may become while the log goes on. Against: a token that is too old is refused."""
PORTION = 50
"""Changes handed out together: what a watch keeps while its caller does not read."""
SHOWN_MAX = 4_000
"""Ids a watch remembers to have shown, some 150 bytes each."""
PAGE_BYTES = 256 * 1024
"""What a page of a snapshot weighs, about."""
PAGE_ROWS_MAX = 200
_PAGE_ROWS_FIRST = 20


class Changes(Generic[T]):
    """A tenant's changes after a position, for ever. `change_of` makes something small of a fact, None of one that is
    not wanted.
    """

    def __init__(
        self, tail: Tail, context: str, tenant: str, after: int, *, change_of: Callable[[Recorded], T | None]
    ) -> None:
        self._tail = tail
        self._context = context
        self._tenant = tenant
        self._after = after
        self._change_of = change_of
        self._given = after
        self._given_at = _now()

    def given(self, position: int) -> None:
        """The caller has a token of this position."""
        self._given, self._given_at = position, _now()

    async def portions(self) -> AsyncGenerator[tuple[Sequence[T], int], None]:
        """(at most PORTION changes, a position up to which all of them were given then).

        No changes and a position is a bookmark to send: it comes when the caller's token is BOOKMARK_S old and the log
        has gone on. Raises ResumeTokenExpired when the beginning lies too far back.
        """
        await self._tail.require_near(self._after)
        while True:
            if self._after != self._given and _now() >= self._given_at + BOOKMARK_S:
                self.given(self._after)
                yield (), self._after
            due_s = None if self._after == self._given else max(0.0, self._given_at + BOOKMARK_S - _now())
            moved = False
            with suppress(TimeoutError):
                async with asyncio.timeout(due_s):
                    await self._tail.moved(self._after)
                    moved = True
            if not moved:
                continue
            reached, found = await self._next()
            for begin in range(0, len(found), PORTION):
                # What is left of a commit is still to come: only the last portion says how far the log was read.
                yield found[begin : begin + PORTION], reached if begin + PORTION >= len(found) else self._after
            self._after = reached

    async def _next(self) -> tuple[int, list[T]]:
        """In a frame of its own, so that no batch of the log outlives it."""
        reached, batch = await self._tail.next(self._after, self._context, self._tenant)
        facts = [recorded for entry in batch for recorded in entry.events()]
        return reached, [change for fact in facts if (change := self._change_of(fact)) is not None]


def _now() -> float:
    return asyncio.get_running_loop().time()


class Shown:
    """The things a watch has shown, so that one that no longer matches is shown once more. When there are too many of
    them, or when the watch was resumed and nobody knows, everything that changes may have been shown.
    """

    def __init__(self, resumed: bool) -> None:
        self._forgotten = resumed
        self._ids: set[str] = set()

    def __contains__(self, one: object) -> bool:
        return self._forgotten or one in self._ids

    def note(self, one: str, matches: bool) -> None:
        """Remembers whether it matches now."""
        if self._forgotten:
            return
        if not matches:
            self._ids.discard(one)
        elif len(self._ids) < SHOWN_MAX:
            self._ids.add(one)
        else:
            self._forgotten = True
            self._ids = set()


class Pages:
    """How many rows the next page of a snapshot has, so that it weighs about PAGE_BYTES whatever rows weigh."""

    def __init__(self) -> None:
        self.rows = _PAGE_ROWS_FIRST

    def weighed(self, rows: int, weight: int) -> None:
        """Notes what a page of `rows` rows weighed."""
        if rows:
            self.rows = max(1, min(PAGE_ROWS_MAX, rows * PAGE_BYTES // max(1, weight)))
