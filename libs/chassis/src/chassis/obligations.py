"""I9: what was asked for comes about. A service says which fact promises what, and by when; here it is looked up.

It knows facts by their full names and when the log took them. What a promise is about is the service's.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from chassis.commits import Entry, Recorded
from chassis.findings import Finding, entries
from chassis.layout import UnknownEvent
from chassis.log import Log

LOOKED_UP_AT_ONCE = 1_000
"""Keys that are looked up at a time where no fact tells that they ended."""
NAMED_MAX = 3
"""Overdue keys that a finding names."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """A fact of the service's context after which something has to follow.

    It ends with a fact of `ends` that has the same key; or, where no fact tells, when `ended` says so. Until `limit_s`
    have passed it is under way, then it is overdue.
    """

    name: str
    """What is owed, in the plural, such as "replies"."""
    request: str
    """Full name of the fact that asks for it."""
    key: Callable[[Recorded], str]
    """What it is about, for the fact that asks and for those that end it; an id, never a personal value."""
    ends: frozenset[str] = frozenset()
    """Full names of the facts that end it."""
    ended: Callable[[str, Sequence[str]], Awaitable[Collection[str]]] | None = None
    """Which of a tenant's keys have ended. May raise Unavailable."""
    limit_s: float = 300.0
    """Against: an outage of what it depends on that nobody has to be woken for."""


@dataclass(slots=True)
class _Account:
    """What is owed, as far as the log was read. Times are unix seconds by the log's clock."""

    obligation: Obligation
    asked: int = 0
    late: int = 0
    unreadable: int = 0
    open: dict[tuple[str, str], float] = field(default_factory=dict)
    """(tenant, key) of what has not ended, and when it was asked for."""
    unasked: dict[tuple[str, str], float] = field(default_factory=dict)
    """Those of `ended` that nobody has looked up yet."""

    def take(self, entry: Entry) -> None:
        obligation = self.obligation
        for fact in entry.events():
            if fact.type != obligation.request and fact.type not in obligation.ends:
                continue
            try:
                at = (fact.tenant, obligation.key(fact))
            except (DecodeError, UnknownEvent):
                self.unreadable += 1
                continue
            if fact.type == obligation.request:
                self.asked += 1
                (self.open if obligation.ended is None else self.unasked)[at] = entry.appended_at_s
            elif (asked_at_s := self.open.pop(at, None)) is not None:
                self.late += entry.appended_at_s - asked_at_s > obligation.limit_s

    async def look_up(self) -> None:
        """Asks about those nobody has asked about yet."""
        assert self.obligation.ended is not None
        unasked, self.unasked = self.unasked, {}
        by_tenant: dict[str, list[str]] = {}
        for tenant, key in unasked:
            by_tenant.setdefault(tenant, []).append(key)
        for tenant, keys in by_tenant.items():
            ended = frozenset(await self.obligation.ended(tenant, keys))
            self.open.update({(tenant, key): unasked[tenant, key] for key in keys if key not in ended})

    def finding(self, now_s: float) -> Finding:
        limit_s = self.obligation.limit_s
        overdue = sorted(at for at, asked_at_s in self.open.items() if now_s - asked_at_s > limit_s)
        detail = (
            f"{self.asked} asked for, {self.asked - len(self.open)} ended, {len(self.open) - len(overdue)} under way,"
            f" {len(overdue)} overdue after {limit_s:g} s"
        )
        if self.late:
            detail += f"; {self.late} ended later than that"
        if self.unreadable:
            detail += f"; {self.unreadable} facts cannot be read"
        if overdue:
            named = ", ".join(f"{tenant}/{key[:40]}" for tenant, key in overdue[:NAMED_MAX])
            detail += f": {named}{' and more' if len(overdue) > NAMED_MAX else ''}"
        return Finding("I9", self.obligation.name, not overdue, detail, self.asked)


async def met(log: Log, context: str, obligation: Obligation, deleted: Collection[str] = ()) -> Finding:
    """Reads the context's facts and accounts for them, but for those of tenants that are deleted: nothing is owed to
    them. Keeps in memory what is open, some 200 bytes each.

    The time is the later of this process's clock and the log's end, so that a clock that was set back excuses nothing.
    """
    account, now_s = _Account(obligation), time.time()
    names = tuple(name.encode() for name in (obligation.request, *obligation.ends))
    async with aclosing(entries(log, f"ev.{context}.>")) as commits:
        async for entry in commits:
            now_s = max(now_s, entry.appended_at_s)
            if entry.subject.tenant in deleted:
                continue
            if any(name in entry.data for name in names):  # most commits are about other things, and are not decoded
                account.take(entry)
            if len(account.unasked) >= LOOKED_UP_AT_ONCE:
                await account.look_up()
    if obligation.ended is not None:
        await account.look_up()
    return account.finding(now_s)
