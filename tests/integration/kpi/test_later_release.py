"""Facts that a release does not know wait until one does; then the contacts are as if it had always known them."""

from typing import Any

import kpi_facts as e
import pytest
from chassis.commits import Entry
from chassis.database import Database
from chassis.projection import Projection
from google.protobuf.message import Message
from kpi.views.contact_folds import Row
from kpi.views.contacts import Contacts
from kpi_projection import entries, project
from switchboard.routing.v1 import events_pb2 as work


class Older(Contacts):
    """As a release has it that does not know what these facts say."""

    handles = Contacts.handles - {"switchboard.routing.v1.CaseBegun", "switchboard.routing.v1.PostPlaced"}


def told(post_id: str, at: float) -> work.PostThreaded:
    said = e.inbound("", post_id, at)
    return work.PostThreaded(
        post_id=post_id,
        channel="x",
        source_id="air",
        direction=said.direction,
        author_kind=said.author_kind,
        kind=said.kind,
        published_at=said.published_at,
        received_at=said.received_at,
    )


def begun(case: str, post_id: str, at: float) -> Message:
    post, due_at = told(post_id, at), e.ts(at + 60)
    return work.CaseBegun(case_id=case, post=post, weight=1, queue="default", due_at=due_at, at=e.ts(at))


def placed(case: str, post_id: str, at: float) -> Message:
    return work.PostPlaced(case_id=case, post=told(post_id, at), role=work.POST_ROLE_CONTACT, at=e.ts(at))


async def upgraded(database: Database, log: list[Entry], batch: int) -> dict[str, list[str]]:
    """The tables after an older release took the log and a later one what that had parked."""
    nothing: Any = None
    older: Projection[Row] = Projection(Older(), nothing, database)
    await older.prepare()
    for at in range(0, len(log), batch):
        await older.apply(log[at : at + batch])
    later: Projection[Row] = Projection(Contacts(), nothing, database)
    for key in sorted(await later.parked()):
        await later.release(key)
    assert not await later.parked()
    return {
        table: [row["line"] for row in await database.fetch(f"select t::text as line from {table} t order by {order}")]
        for table, order in Contacts.dumps.items()
    }


@pytest.mark.parametrize("batch", [1, 100])
async def test_a_beginning_that_is_known_later_finds_what_came_of_it(database_url: str, batch: int) -> None:
    log = entries(
        [
            begun("c1", "p1", 10),
            e.offered("c1", "mia", 11),
            e.accepted("c1", "mia", 12),
            e.sent("c1", "mia", 13),
            begun("c2", "p2", 20),
            e.inbound("c2", "p3", 21),
            e.resolved("c1", "mia", 30),
            begun("c3", "p4", 31),
            e.outbound("c2", "p5", 32, asked=20),
            placed("c3", "p6", 33),
            e.reopened("c1", 40),
        ]
    )
    async with Database(database_url, "kpi_always") as database:
        always = await project(database, log, batch)
    async with Database(database_url, "kpi_later") as database:
        assert await upgraded(database, log, batch) == always
