"""What an operations room looks at as metrics: who waits, for how long, and who can answer. Computes nothing; every
replica says the same of every tenant.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from chassis import attributes as names
from chassis import telemetry
from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.tenants import Tenants

from kpi.views import contacts

EVERY_S = 15.0
"""How often they are looked up. Against: metrics are exported once a minute, or scraped every 15 seconds."""
SECOND = 1_000_000
_WAITING = telemetry.Instrument("switchboard.cases.waiting")
_OLDEST_WAIT = telemetry.Instrument("switchboard.cases.oldest_wait")
_AGENTS = telemetry.Instrument("switchboard.agents")


async def run(database: Database, tenants: Tenants, clock: Clock) -> None:
    """Sets the gauges until cancelled, and when a tenant appears; while the tables are away they stay as they were."""
    appeared = asyncio.Event()
    shown: frozenset[str] = frozenset()
    tenants.on_change(appeared.set)
    while True:
        appeared.clear()
        with suppress(Unavailable, TimeoutError):
            await set_all(database, tenants, clock)
            for tenant in shown & tenants.deleted:  # once more, or they would stand where they were
                _set(tenant, 0, 0, contacts.NOBODY)
            shown = tenants.known
        with suppress(TimeoutError):
            async with asyncio.timeout(EVERY_S):
                await appeared.wait()


async def set_all(database: Database, tenants: Tenants, clock: Clock) -> None:
    """Sets the gauges of every tenant there is once. Raises Unavailable."""
    known = sorted(tenants.known)
    waiting = await contacts.waiting(database, known)
    agents = await contacts.agents(database, known)
    now = clock.now()
    for tenant in known:
        count, since = waiting.get(tenant, (0, now))
        _set(tenant, count, max(0, now - since) / SECOND, agents.get(tenant, contacts.NOBODY))


def _set(tenant: str, waiting: int, oldest_s: float, agents: contacts.Agents) -> None:
    _WAITING.record(waiting, {names.TENANT: tenant})
    _OLDEST_WAIT.record(oldest_s, {names.TENANT: tenant})
    for presence, number in agents._asdict().items():
        _AGENTS.record(number, {names.TENANT: tenant, names.PRESENCE: presence})
