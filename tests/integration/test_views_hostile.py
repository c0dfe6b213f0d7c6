"""What must be true of every view when events hold what nobody should write: nothing halts it, nobody else notices.

Each field of each event a view takes is given values that fit its type and nothing else. Real PostgreSQL.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from chassis.commits import Entry, Subject
from chassis.database import Database
from chassis.projection import Projection
from every_view import VIEWS, every_view
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import BoolValue
from hostile_events import entries, hostile, ordinary, shuffled_stories
from switchboard.log.v1 import log_pb2, operations_pb2

CONTEXTS = {"ingest": "post", "routing": "work", "crm": "crm", "kpi": "kpi"}
INGEST, ROUTING, CRM = "switchboard.ingest.v1.", "switchboard.routing.v1.", "switchboard.crm.v1."
KPI = "switchboard.kpi.v1."
FOUNDING = {
    "posts": [INGEST + "PostReceived", INGEST + "DeliveryQuarantined"],
    "queues": [ROUTING + "QueueChanged"],
    "source_channels": [INGEST + "SourceConnected"],
    "sources": [INGEST + "SourceConnected"],
    "cases": [ROUTING + "CaseOpened"],
    "case_drafts": [ROUTING + "DraftSaved"],
    "case_texts": [ROUTING + "CaseNoted", ROUTING + "ReplyRequested"],
    "reply_quotas": [INGEST + "PostReceived"],
    "contacts": [INGEST + "SourceConnected", ROUTING + "CaseOpened"],
    "customers": [CRM + "IdentityObserved"],
    "calendars": [KPI + "CalendarDefined"],
}
"""What has to be there before any other event of the view makes sense."""
FOLLOWING = {
    "posts": [
        INGEST + "PostSighted",
        INGEST + "PostEdited",
        INGEST + "PostCompleted",
        INGEST + "PostAliased",
        INGEST + "PostLocationRemoved",
        INGEST + "PostWithdrawn",
    ],
    "queues": [ROUTING + "QueueChanged"],
    "source_channels": [INGEST + "SourceConnected"],
    "sources": [INGEST + "SourceChanged"],
    "cases": [ROUTING + "PostAttached", ROUTING + "CaseQueued"],
    "case_drafts": [ROUTING + "DraftSaved", ROUTING + "ReplyRequested"],
    "case_texts": [ROUTING + "ReplySent", ROUTING + "CaseNoted"],
    "reply_quotas": [INGEST + "PostReceived"],
    "contacts": [ROUTING + "PostAttached", ROUTING + "PostPlaced"],
    "customers": [CRM + "AttributesAsserted", CRM + "IdentitiesLinked"],
    "calendars": [KPI + "CalendarDefined"],
}
Fact = tuple[Subject, Sequence[Message | log_pb2.Event]]


def unversioned(view: Any) -> str:
    """The view's name without its version."""
    return str(view.name).rpartition("_v")[0]


def fact(event: Message | log_pb2.Event, tenant: str, context: str = "") -> Fact:
    package = type(event).DESCRIPTOR.full_name.split(".")[1]
    return Subject(context or CONTEXTS[package], tenant, "0"), [event]


def story(view: Any, key: str, tenant: str, middle: Message | None = None) -> list[Fact]:
    """A key's events: what founds it, a hostile one, and what follows."""
    hostile_type = "" if middle is None else type(middle).DESCRIPTOR.full_name
    before = [ordinary(name, key) for name in FOUNDING[unversioned(view)] if name != hostile_type]
    after = [ordinary(name, key) for name in FOLLOWING[unversioned(view)]]
    return [fact(event, tenant) for event in (*before, *([] if middle is None else [middle]), *after)]


def unreadable(context: str) -> list[Fact]:
    """Events of a type nobody knows, of a body that does not parse, without any body; and the chassis' own facts."""
    unknown, newer, torn, empty = log_pb2.Event(), log_pb2.Event(), log_pb2.Event(), log_pb2.Event()
    unknown.body.Pack(BoolValue(value=True))
    newer.body.type_url = "type.googleapis.com/switchboard.routing.v9.CaseTeleported"
    torn.body.type_url = f"type.googleapis.com/{FOUNDING[BROKEN_OF[context]][-1]}"
    torn.body.value = b"\xff\xff\xff"
    own = [operations_pb2.InputParked(type="x"), operations_pb2.InputReleased(input_position=1)]
    return [fact(event, "torn", context) for event in (unknown, newer, torn, empty, *own)]


BROKEN_OF = {"post": "posts", "work": "cases", "crm": "customers", "kpi": "calendars"}


def log_of(view: Any) -> list[Entry]:
    """Hostile stories of one tenant, ordinary ones of another, mixed."""
    number, stories = 0, []
    for name in sorted(view.handles):
        for event in hostile(name, f"hostile {number:06}"):
            stories.append(story(view, f"hostile {number:06}", "hostile", event))
            number += 1
    for other in range(40):
        stories.append(story(view, f"other {other:06}", "other"))
    stories += [[one] for context in sorted(view.contexts) for one in unreadable(context)]
    return entries(shuffled_stories(stories, seed=1))


@contextlib.asynccontextmanager
async def tables(url: str, schema: str, view: Any) -> AsyncIterator[tuple[Database, Projection[Any]]]:
    async with Database(url, schema, connections_max=2) as database:
        projection = Projection(view, None, database)  # type: ignore[arg-type]  # commits are handed to it
        await projection.prepare()
        yield database, projection


async def dump(database: Database, view: Any, tenant: str | None = None) -> dict[str, list[str]]:
    where = "" if tenant is None else f"where tenant = '{tenant}'"
    return {
        table: [row["t"] for row in await database.fetch(f"select t::text from {table} t {where} order by {order}")]
        for table, order in view.dumps.items()
    }


def differences(one: dict[str, list[str]], other: dict[str, list[str]]) -> list[tuple[str, list[str]]]:
    """What two dumps do not have in common, a few rows of each."""
    return [
        (
            table,
            [
                side + row
                for side, rows in (
                    ("- ", sorted({*one[table]} - {*other[table]})),
                    ("+ ", sorted({*other[table]} - {*one[table]})),
                )
                for row in rows[:5]
            ],
        )
        for table in one
        if one[table] != other[table]
    ]


async def parked(database: Database) -> list[tuple[Any, ...]]:
    rows = await database.fetch("select key, position, event_index, error from parked order by 2, 3, 1")
    return [tuple(row) for row in rows]


@every_view
async def test_no_event_halts_a_view_and_what_it_cannot_take_changes_nothing_for_others(
    view: Any, database_url: str
) -> None:
    log = log_of(view())
    async with (
        tables(database_url, "together", view()) as (database, together),
        tables(database_url, "apart", view()) as (apart_database, apart),
        tables(database_url, "without", view()) as (without_database, without),
    ):
        for at in range(0, len(log), 1_500):
            await together.apply(log[at : at + 1_500])
        for at in range(0, len(log), 97):
            await apart.apply(log[at : at + 97])
        assert together.position == apart.position == len(log)
        kept = await parked(database)
        assert kept
        assert kept == await parked(apart_database)
        assert not differences(await dump(database, view), await dump(apart_database, view))

        # What waits has changed nothing: without it the tables are the same, and nothing waits.
        waiting = {position for _, position, _, _ in kept}
        others = {entry.position for entry in log if entry.subject.tenant == "other"}
        assert not [one for one in kept if one[1] in others]
        for entry in log:
            if entry.position in waiting:
                entry._events = []
        await without.apply(log)
        assert not await parked(without_database)
        assert not differences(await dump(database, view), await dump(without_database, view))
        assert any((await dump(database, view, "other")).values())


def test_every_view_is_met_with_hostile_events() -> None:
    assert {unversioned(view) for view in VIEWS} == FOUNDING.keys() == FOLLOWING.keys()
