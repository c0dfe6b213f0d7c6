"""Given events, when they are projected into PostgreSQL, then rows; and the same rows however they are batched."""

from __future__ import annotations

import random
from typing import Any

import kpi.episodes
import kpi.views.contact_rows
import kpi_facts as e
import pytest
from chassis.database import Database
from chassis.projection import Projection
from google.protobuf.message import Message
from kpi.query import BEGINNING, END, Known
from kpi.views import contacts
from kpi.views.contact_folds import Row
from kpi.views.contacts import Contacts
from kpi_projection import entries, project
from switchboard.routing.v1 import events_pb2 as work


def random_events(rng: random.Random, count: int) -> list[Message]:
    """A work log that jumps between cases, joins them, resolves and reopens."""
    events: list[Message] = [e.source("air", brand="A")]
    cases: list[str] = []
    posts: dict[str, list[str]] = {}
    while len(events) < count:
        at = rng.uniform(0, 1000)
        kind = rng.choice(
            [
                *("open", "in", "in", "out", "bot", "gone", "queue", "offer", "decline", "take", "sent", "resolve"),
                *("reopen", "join", "placed", "label", "agent", "release", "move", "pend", "task"),
            ]
        )
        if kind == "open" or not cases:
            case = f"c{len(cases)}"
            cases.append(case)
            posts[case] = []
            events.append(e.opened(case))
            continue
        case = rng.choice(cases)
        post_id = f"p{len(events)}"
        match kind:
            case "in":
                posts[case].append(post_id)
                events.append(e.inbound(case, post_id, at, received=at + rng.choice([0, 5, -5])))
            case "gone":
                events.append(e.detached(case, rng.choice(posts[case] or [post_id]), at))
            case "queue":
                events.append(e.queued(case, rng.choice(["gold", "default"]), at, at + rng.choice([10, 60])))
            case "offer":
                events.append(e.offered(case, "mia", at))
            case "decline":
                events.append(e.declined(case, "mia", at))
            case "agent":
                agent = rng.choice(["mia", "leo"])
                events.append(rng.choice([e.registered(agent, 2), e.present(agent, work.PRESENCE_AVAILABLE)]))
            case "out":
                posts[case].append(post_id)
                events.append(e.outbound(case, post_id, at))
            case "bot":
                events.append(e.outbound(case, post_id, at, human=False))
            case "take":
                events.append(e.accepted(case, rng.choice(["mia", "leo"]), at, rng.sample(cases, len(cases) > 3)))
            case "sent":
                events.append(e.sent(case, "mia", at, rng.choice(["", post_id])))
            case "resolve":
                events.append(e.resolved(case, "mia", at))
            case "release":
                events.append(rng.choice([e.released, e.lapsed])(case, "mia", at))
            case "move":
                events.append(e.transferred(case, "mia", rng.choice(["gold", "default"]), at))
            case "pend":
                events.append(rng.choice([e.pended(case, "mia", at), e.resumed(case, at)]))
            case "task":
                events.append(rng.choice([e.task(case, "t1", "books", at), e.task_closed(case, "t1", at)]))
            case "reopen":
                events.append(e.reopened(case, at))
            case "join":
                join = rng.choice([e.joined, e.joined_by])
                events.append(join(case, rng.choice(cases)))
            case "placed":
                events.append(e.placed(case, rng.choice(cases), at, rng.choice(["", "leo"])))
            case _:
                events.append(e.relabelled("air", brand=rng.choice("ABC")))
    return events


async def test_rows_of_a_short_history(database: Database) -> None:
    events = [
        e.source("air", brand="Example Air"),
        e.opened("c1"),
        e.inbound("c1", "p1", 5),
        e.accepted("c1", "mia", 7),
        e.sent("c1", "mia", 9),
        e.resolved("c1", "mia", 11),
    ]
    await project(database, entries(events), 10)
    contents = await contacts.read(database, "acme", BEGINNING, END, END)
    (known,) = contents.known()
    assert contents.position == 6
    assert (known.case_id, known.episode, known.channel, known.source) == ("c1", 1, "x", "air")
    assert known.labels == {"brand": "Example Air"}
    contact = known.contact
    assert contact.start == e.T0 + 5 * e.SECOND
    assert contact.accepted is not None
    assert (contact.accepted.at, contact.accepted.agent) == (e.T0 + 7 * e.SECOND, "mia")
    assert [None if ref is None else ref // 1024 for ref in known.refs] == [3, 4, 5, 5, 6, None]


async def test_only_the_interval_is_read(database: Database) -> None:
    events = [message for n in range(5) for message in (e.opened(f"c{n}"), e.inbound(f"c{n}", f"p{n}", n))]
    await project(database, entries(events), 10)
    start, end = e.T0 + 1 * e.SECOND, e.T0 + 3 * e.SECOND

    async def cases(until: int) -> list[str]:
        contents = await contacts.read(database, "acme", start, end, until)
        return sorted(one.case_id for one in contents.known())

    assert await cases(END) == ["c1", "c2"]
    assert await cases(e.T0 + 1 * e.SECOND) == ["c1"]
    assert list((await contacts.read(database, "other", BEGINNING, END, END)).known()) == []


@pytest.mark.parametrize("since", [None, e.T0 + 2 * e.SECOND])
async def test_contacts_are_handed_over_in_portions(
    database: Database, monkeypatch: pytest.MonkeyPatch, since: int | None
) -> None:
    events = [message for n in range(5) for message in (e.opened(f"c{n}"), e.inbound(f"c{n}", f"p{n}", n))]
    await project(database, entries([e.source("air", brand="A"), *events]), 10)
    asked = database, "acme", e.T0 + 1 * e.SECOND, e.T0 + 4 * e.SECOND, END
    contents = await contacts.read(*asked, since=since)
    portions: list[list[Known]] = []
    monkeypatch.setattr(contacts, "ROWS_AT_ONCE", 2)
    position = await contacts.read_into(*asked, take=lambda found: portions.append(list(found)), since=since)
    assert (position, [len(portion) for portion in portions]) == (11, [2] if since else [2, 1])
    assert sorted(one for portion in portions for one in portion) == sorted(contents.known())


async def test_a_contact_that_moves_away_leaves_no_row(database: Database) -> None:
    events = [e.opened("c1"), e.opened("c2"), e.inbound("c2", "p2", 5), e.joined("c1", "c2")]
    tables = await project(database, entries(events), 1)
    assert [row.split(",")[1] for row in tables["contacts_v6"]] == ["c1"]


@pytest.mark.parametrize("batch", [1, 10])
async def test_a_contact_whose_only_post_was_somebody_elses_leaves_no_row(database: Database, batch: int) -> None:
    events = [e.opened("c1"), e.inbound("c1", "p1", 5), e.detached("c1", "p1", 9, work.POST_ROLE_CONTACT, moved=True)]
    tables = await project(database, entries(events), batch)
    assert tables["contacts_v6"] == []


@pytest.fixture(params=[64, 2], ids=["as it is", "where every case of four facts is a long one"])
def part(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many facts leave a case's row together."""
    for module in (kpi.episodes, kpi.views.contact_rows):
        monkeypatch.setattr(module, "PART", request.param)
    return int(request.param)


@pytest.mark.usefixtures("part")
async def test_one_by_one_or_all_at_once_is_byte_for_byte_the_same(database: Database) -> None:
    found = 0
    for seed in range(6):
        log_entries = entries(random_events(random.Random(seed), 150))
        results = []
        for batch in (1, 7, 1000):
            async with database.sibling(f"kpi_{seed}_{batch}") as schema:
                results.append(await project(schema, log_entries, batch))
        assert results[0] == results[1] == results[2]
        found += len(results[0]["contacts_v6"])
    assert found > 20


def _of_case(one: Known) -> tuple[str, int]:
    return one.case_id, one.episode


async def test_what_was_completed_since_is_read_whenever_it_started(database: Database) -> None:
    events = [
        *(e.opened("c1"), e.inbound("c1", "p1", 1), e.sent("c1", "mia", 50)),
        *(e.opened("c2"), e.inbound("c2", "p2", 2), e.opened("c3"), e.inbound("c3", "p3", 3, received=45)),
    ]
    await project(database, entries(events), 10)
    contents = await contacts.read(database, "acme", BEGINNING, END, END, since=e.T0 + 40 * e.SECOND)
    assert sorted(one.case_id for one in contents.known()) == ["c1", "c3"], "c3 was written before and came since"


async def test_what_agents_had_in_hand_beside_is_read_though_nobody_asked_about_it(database: Database) -> None:
    events = [
        *(e.opened("c1"), e.inbound("c1", "p1", 1), e.accepted("c1", "mia", 2)),
        *(e.opened("c2"), e.inbound("c2", "p2", 10), e.accepted("c2", "mia", 11), e.resolved("c2", "mia", 31)),
        *(e.opened("c3"), e.inbound("c3", "p3", 1), e.accepted("c3", "mia", 3), e.resolved("c3", "mia", 4)),
    ]
    await project(database, entries(events), 10)
    contents = await contacts.read(database, "acme", e.T0 + 9 * e.SECOND, END, END, inside=True, shared=True)
    (known,) = contents.known()
    assert known.contact.journey is not None
    assert list(known.contact.journey.workloads.values()) == [10 * e.SECOND], "half of 20 s; the other half is c1's"
    assert set(contents.beside) == {"c1", "c2"}


@pytest.mark.usefixtures("part")
async def test_folding_in_memory_reads_like_the_tables(database: Database) -> None:
    log_entries = entries(random_events(random.Random(11), 200))
    await project(database, log_entries, 50)
    rows: dict[str, Row] = {}
    for entry in log_entries:
        for event in entry.events():
            Contacts().fold(rows, event)
    again = contacts.contents_of(rows, len(log_entries), BEGINNING, END, END)
    kept = await contacts.read(database, "acme", BEGINNING, END, END)
    assert again.position == kept.position
    assert sorted(again.known()) == sorted(kept.known())
    inside = contacts.contents_of(rows, len(log_entries), BEGINNING, END, END, inside=True, shared=True)
    kept_inside = await contacts.read(database, "acme", BEGINNING, END, END, inside=True, shared=True)
    assert all(one.contact.journey is not None for one in kept_inside.known())
    assert sorted(inside.known(), key=_of_case) == sorted(kept_inside.known(), key=_of_case)


async def test_the_last_post_of_a_hot_thread_costs_what_the_first_did(database: Database) -> None:
    posts = [e.inbound("c1", f"p{n}", n) if n % 5 else e.outbound("c1", f"p{n}", n) for n in range(1, 3_001)]
    tables = await project(database, entries([e.opened("c1"), *posts]), 250)
    (row,) = tables["contacts_v6_cases"]
    assert len(row) < 25_000, "what is written for one more post"
    assert len(tables["contacts_v6_parts"]) == 3_000 // 64 - 1
    assert len(tables["contacts_v6"]) == 1


async def test_a_value_the_tables_refuse_parks_its_case_only(database: Database) -> None:
    events = [
        e.opened("c1"),
        e.inbound("c1", "p1", 5),
        e.accepted("c1", "m\0", 7),
        e.opened("c2"),
        e.inbound("c2", "p2", 5),
    ]
    log: Any = None
    projection: Projection[Row] = Projection(Contacts(), log, database)
    await projection.prepare()
    await projection.apply(entries(events))
    assert projection.position == 5
    assert await projection.parked() == {"case/acme/c1"}
    contents = await contacts.read(database, "acme", BEGINNING, END, END)
    assert {one.case_id: one.contact.accepted for one in contents.known()} == {"c1": None, "c2": None}
