"""What the tables of the read model say, after rounds of any size, is what the shard knows."""

import random
from collections.abc import Sequence

from chassis.commits import Recorded, Subject
from chassis.database import Connection, Database
from chassis.errors import Rejected
from chassis.identity import uuid5_bytes
from chassis.view import ViewSink
from routing import commands, events
from routing.cases import Joined
from routing.decider import decide
from routing.posts import Post
from routing.shard import Shard, evolve
from routing.views.cases import CODEC, CasesView, cases_of, latest_of, places_of, posts_of, threads_of
from switchboard.log.v1 import log_pb2

from tests.unit.routing.build import answer, post, t

SEQUENCES = 12
SINK = ViewSink(CasesView())


def recorded(tenant: str, position: int, index: int, fact: events.Event) -> Recorded:
    """The fact as it stands in the log."""
    event = log_pb2.Event(event_id=uuid5_bytes(bytes(16), f"{tenant}{position}{index}"))
    event.body.Pack(CODEC.encode(fact), deterministic=True)
    return Recorded(position, index, Subject("work", tenant, "0"), event)


def asked(rng: random.Random, length: int) -> list[commands.Command]:
    """Posts of few threads, linked at random, and withdrawals."""
    sequence: list[commands.Command] = []
    for now in range(length):
        name = f"p{rng.randrange(60)}"
        links = [f"p{rng.randrange(60)}" for _ in range(rng.choice((0, 0, 1, 1, 2)))]
        match rng.randrange(5):
            case 0:
                sequence.append(commands.DetachPost(name, t(now)))
            case 1:
                sequence.append(answer(f"a{now}", name, at=now, published=now - rng.randrange(9)))
            case _:
                window = now + rng.randrange(99) if rng.randrange(2) else None
                sequence.append(post(name, *links, at=now, published=now - rng.randrange(9), window=window))
    return sequence


async def project(connection: Connection, tenant: str, facts: Sequence[events.Event], rng: random.Random) -> None:
    """Folds the facts into the tables, in rounds of any size."""
    at = 0
    while at < len(facts):
        size = rng.choice((1, 3, 40, 200))
        taken = [recorded(tenant, at + n + 1, n % 3, fact) for n, fact in enumerate(facts[at : at + size])]
        at += size
        await (await SINK.prepare_again(taken)).write(connection)


def by_publication(post: Post) -> tuple[int, str]:
    return post.published_at, post.post_id


async def test_the_tables_say_what_the_shard_knows(database_url: str) -> None:
    async with Database(database_url, "routing") as database:
        async with database.acquire() as connection:
            await connection.execute(SINK.schema)
        joins = 0
        for seed in range(SEQUENCES):
            rng, shard, tenant = random.Random(seed), Shard(), f"t{seed}"
            facts: list[events.Event] = []
            for command in asked(rng, 200 if seed == 0 else 60):
                try:
                    decided = decide(command, shard)
                except Rejected:
                    continue
                for fact in decided:
                    evolve(shard, fact)
                facts += decided
            joins += sum(isinstance(fact, events.CasesJoined) for fact in facts)
            async with database.transaction() as connection:
                await project(connection, tenant, facts, rng)
            await agree(database, tenant, shard, facts)
        assert await database.fetchval("select count(*) from parked") == 0
        assert joins > SEQUENCES


async def agree(database: Database, tenant: str, shard: Shard, facts: Sequence[events.Event]) -> None:
    """That every question about cases, keys, posts and places is answered as the shard would."""
    index = shard.posts
    assert {case.case_id: case for case in await cases_of(database, tenant, list(shard.cases))} == shard.cases
    threads, posts = await threads_of(database, tenant, [*index.cases, "unknown"])
    assert threads == index.cases
    assert {post_id: p.is_withdrawn for post_id, p in posts.items()} == {
        post_id: p.is_withdrawn for post_id, p in index.posts.items()
    }
    assert all(posts[post_id] == p for post_id, p in index.posts.items())
    for case_id, case in shard.cases.items():
        mine = [p for p in index.posts.values() if index.cases[p.post_id] == case_id and not p.is_withdrawn]
        listed, after = [], None
        while part := await posts_of(database, tenant, case_id, after, 7):
            listed += part
            after = int(part[-1].published_at), part[-1].post_id
        assert listed == sorted(mine, key=by_publication)
        assert len(listed) == case.post_count
        assert await latest_of(database, tenant, case_id, 5) == list(index.latest_contacts(case_id))[:5]
        if not isinstance(case.stage, Joined):
            parts = {case_id, *(c for c in shard.cases if went_into(shard, c) == case_id)}
            wanted = [n + 1 for n, fact in enumerate(facts) if ids_of(fact) & parts]
            assert await history(database, tenant, case_id) == wanted


async def history(database: Database, tenant: str, case_id: str) -> list[int]:
    """Positions of all facts of a case, read in small pages."""
    found: list[tuple[int, int]] = []
    while part := await places_of(database, tenant, case_id, found[-1] if found else (0, 0), 7):
        found += part
    return [position for position, _ in found]


def ids_of(fact: events.Event) -> set[str]:
    ids = {getattr(fact, "case_id", "")}
    return ids | {fact.joined_case_id} if isinstance(fact, events.CasesJoined) else ids


def went_into(shard: Shard, case_id: str) -> str:
    while isinstance(stage := shard.cases[case_id].stage, Joined):
        case_id = stage.into
    return case_id
