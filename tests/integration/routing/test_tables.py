"""What the tables of the read model say, after rounds of any size, is what the shard knows."""

import random
from collections.abc import Sequence

import recording
from chassis.clock import Instant
from chassis.commits import Recorded, Subject
from chassis.database import Connection, Database
from chassis.errors import Rejected
from chassis.filters import EVERYTHING
from chassis.view import ViewSink
from msgspec.structs import replace
from routing import commands, events
from routing.cases import Joined, case_id_of
from routing.shard import Shard
from routing.terms import PostRole
from routing.thread import Thread
from routing.thread_index import ThreadIndex
from routing.views.cases import CODEC, CasesView, cases_of, places_of, posts_of
from routing.views.threads import Asked, led, list_unattributed, recall_thread

from tests.unit.routing.build import apart, asked, run

SEQUENCES = 12
SINK = ViewSink(CasesView())


def recorded(tenant: str, position: int, index: int, fact: events.Event) -> Recorded:
    """The fact as it stands in the log."""
    return recording.recorded(Subject("work", tenant, "0"), CODEC.encode(fact), position, index)


def named(tenant: str, sequence: Sequence[commands.Command]) -> list[commands.Command]:
    """The same with ids of cases as reactions give them: those of the post that a thread is named by follow from it."""
    ids: dict[str, str] = {}
    for command in sequence:
        if isinstance(command, commands.AttachPost | commands.SightPost):
            ids[command.case_id] = case_id_of(tenant, f"{command.desk}\n{command.post_id}")
    fields = ("case_id", "joined_case_id")
    given = [{name: getattr(command, name) for name in fields if hasattr(command, name)} for command in sequence]
    return [
        replace(command, **{name: ids.get(case_id, case_id) for name, case_id in of.items()})
        for command, of in zip(sequence, given, strict=True)
    ]


async def project(connection: Connection, tenant: str, facts: Sequence[events.Event], rng: random.Random) -> None:
    """Folds the facts into the tables, in rounds of any size."""
    at = 0
    while at < len(facts):
        size = rng.choice((1, 3, 40, 200))
        taken = [recorded(tenant, n + 1, n % 3, fact) for n, fact in enumerate(facts[at : at + size], at)]
        at += size
        await (await SINK.prepare_again(taken)).write(connection, apart=True)


async def test_the_tables_say_what_the_shard_knows(database_url: str) -> None:
    async with Database(database_url, "routing") as database:
        async with database.acquire() as connection:
            await connection.execute(SINK.schema)
        joins = acts = ties = 0
        for seed in range(SEQUENCES):
            rng, shard, tenant = random.Random(seed), Shard(), f"t{seed}"
            facts: list[events.Event] = []
            sequence = asked(rng, 260 if seed == 0 else 90)
            for command in named(tenant, sequence) if seed % 3 else sequence:
                try:
                    facts += run(shard, command)
                except Rejected:
                    continue
            joins += sum(isinstance(fact, events.CasesJoined) and not fact.actor for fact in facts)
            acts += sum(isinstance(fact, events.CaseSplit) for fact in facts)
            ties += sum(len(fact.joined_thread_ids) for fact in apart(facts) if isinstance(fact, events.PostThreaded))
            if seed % 3 == 0:  # with ids of any form, as only releases wrote that told each thing by a fact of its own
                facts = list(apart(facts))
            async with database.transaction() as connection:
                await project(connection, tenant, facts, rng)
            await agree(database, tenant, shard, facts)
            written = await dumped(database, tenant)
            async with database.transaction() as connection:
                for table in SINK.dumps:
                    await connection.execute(f"delete from {table} where tenant = $1", tenant)
                await project(connection, tenant, facts, rng)
            assert await dumped(database, tenant) == written  # wherever rounds end
        assert await database.fetchval("select count(*) from parked") == 0
        assert joins > 3
        assert acts > 3
        assert ties > SEQUENCES


async def dumped(database: Database, tenant: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of a tenant."""
    return {
        table: [
            tuple(row)
            for row in await database.fetch(f"select * from {table} where tenant = $1 order by {order}", tenant)
        ]
        for table, order in SINK.dumps.items()
    }


async def agree(database: Database, tenant: str, shard: Shard, facts: Sequence[events.Event]) -> None:
    """That every question about cases, threads, posts and places is answered as the shard would."""
    assert {case.case_id: case for case in await cases_of(database, tenant, list(shard.cases))} == shard.cases
    keys = await led(database, tenant, [*shard.threads.by_key, "unknown"])
    assert keys.threads == {key: thread.thread_id for key, thread in shard.threads.by_key.items()}
    parts = [
        (thread.case_of(part), post, part.role)
        for thread in shard.threads.by_id.values()
        for post in thread.posts.values()
        for seen in post.sights
        for part in seen.parts
    ]
    for thread in shard.threads.by_id.values():
        if any(shard.threads.of_case.get(case_id) is thread for case_id in shard.joins):
            continue  # what somebody joined stays in memory
        found = await recall_thread(database, tenant, thread.thread_id, Asked(set(thread.keys), limit=1000))
        same = recalled(thread, found) == plain(thread)  # comparing texts of this size takes minutes
        assert same
    answering = {post.post_id for _, post, role in parts if role == PostRole.ANSWER}
    ours = [p for thread in shard.threads.by_id.values() for p in thread.posts.values() if p.is_ours]
    left = [p for p in ours if not p.is_withdrawn and p.post_id not in answering]
    listed, at = [], None
    while some := await list_unattributed(database, tenant, EVERYTHING, at, 7):
        listed += [one.post.post_id for one in some]
        at = int(some[-1].post.published_at), some[-1].post.post_id
    assert listed == [p.post_id for p in sorted(left, key=lambda p: (-p.published_at, p.post_id))]
    for case_id, case in shard.cases.items():
        together = {case_id, *(c for c in shard.cases if case_id in path(shard, c))}
        mine: dict[tuple[Instant, str], PostRole] = {}
        for of, part_of, role in parts:
            if of in together:
                place = part_of.published_at, part_of.post_id
                mine[place] = min(role, mine.get(place, role))
        posts, after = [], None
        while part := await posts_of(database, tenant, case_id, EVERYTHING, after=after, limit=7):
            posts += [(one.published_at, one.post_id, one.role) for one in part]
            after = int(part[-1].published_at), part[-1].post_id
        assert posts == sorted((*place, role) for place, role in mine.items())
        assert sum(of == case_id for of, _, _ in parts) == case.post_count
        wanted = [n + 1 for n, fact in enumerate(facts) if ids_of(fact) & together]
        assert await history(database, tenant, case_id) == wanted


def recalled(thread: Thread, facts: Sequence[events.Event]) -> object:
    """What these facts bring back of a thread, as far as it can be compared."""
    index = ThreadIndex()
    for fact in facts:
        if isinstance(fact, events.ThreadRecalled):
            assert not fact.is_partial
            index.thread_fact(fact)
        else:
            assert isinstance(fact, events.CaseRecalled)
            index.opened(fact.case_id, fact.thread_id, fact.desk, fact.identity_id)
    return plain(index.by_id[thread.thread_id])


def plain(thread: Thread) -> object:
    """A thread in values that compare, cases by what they are now."""
    posts = {}
    for one in thread.posts.values():
        known = {
            seen.desk: (seen.is_addressed, sorted((thread.case_of(p), p.customer_id, p.role) for p in seen.parts))
            for seen in one.sights
        }
        posts[one.post_id] = replace(one, sights=()), known
    customers = [customer for desk in thread.desks.values() for customer in desk.customers.values()]
    lists = [
        (c.desk, c.identity_id, c.case_ids, c.posts, c.addressed, c.contacts, c.answers, c.asked) for c in customers
    ]
    return sorted(thread.keys), thread.asked, posts, sorted(lists)


async def history(database: Database, tenant: str, case_id: str) -> list[int]:
    """Positions of all facts of a case, read in small pages."""
    found: list[tuple[int, int]] = []
    while part := await places_of(database, tenant, case_id, found[-1] if found else (0, 0), 7):
        found += part
    return [position for position, _ in found]


def ids_of(fact: events.Event) -> set[str]:
    ids = {getattr(fact, "case_id", "")}
    if isinstance(fact, events.CaseSplit):
        return ids | {fact.new_case_id}
    return ids | {fact.joined_case_id} if isinstance(fact, events.CasesJoined) else ids


def path(shard: Shard, case_id: str) -> list[str]:
    """The cases that a case goes on in, one after the other."""
    found = []
    while isinstance(stage := shard.cases[case_id].stage, Joined):
        case_id = stage.into
        found.append(case_id)
    return found
