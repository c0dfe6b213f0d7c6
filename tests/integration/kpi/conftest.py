"""What the tests of kpi on real servers share: a log with commits in it, and the tables of kpi."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from chassis.commits import Subject
from chassis.database import Database
from chassis.log import Log, connect
from google.protobuf.message import Message

sys.path.insert(0, str(Path(__file__).parents[2] / "unit" / "kpi"))
sys.path.insert(0, str(Path(__file__).parent))

import kpi_facts  # found on the path of the lines above
from provisioned import provision_log


class Writer:
    """Appends commits of post and work events, one shard each, as ingest and routing would."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self._last: dict[Subject, int] = {}

    async def write(self, *events: Message, tenant: str = "acme") -> int:
        """One commit with these events, all of one context; returns its position."""
        ours = type(events[0]).DESCRIPTOR.file.package.startswith("switchboard.ingest")
        subject = Subject("post" if ours else "work", tenant, "sources" if ours else "0")
        salt = str(sum(self._last.values()))
        commit = kpi_facts.commit(tenant, subject.shard, events, salt)
        position = await self.log.append(subject, commit, self._last.get(subject, 0))
        self._last[subject] = position
        return position

    async def write_each(self, events: Sequence[Message], tenant: str = "acme") -> int:
        """One commit per event; returns the last position."""
        position = 0
        for event in events:
            position = await self.write(event, tenant=tenant)
        return position


@pytest.fixture
async def log(nats_url: str) -> AsyncIterator[Log]:
    nc = await connect(nats_url, "test")
    made = Log(nc)
    await provision_log(nc, "kpi")
    yield made
    await nc.close()


@pytest.fixture
async def writer(log: Log) -> Writer:
    return Writer(log)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database(database_url, "kpi", connections_max=4) as made:
        yield made
