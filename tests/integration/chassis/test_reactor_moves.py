"""A reactor that moves two hundred times while it works: handed over, killed, or owned by two at once."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import recording
from chassis.commits import Recorded, Subject
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.log import Log
from chassis.parked_facts import ParkedFacts
from chassis.reactor import Reactor
from chassis.tail import Tail
from google.protobuf.wrappers_pb2 import StringValue
from mortal import Mortal
from provisioned import provision_log
from switchboard.log.v1 import log_pb2
from tally import opened, running

FACTS = 20_000
KEYS = 400
MOVES = 200
PER_COMMIT = 100
FACT = "google.protobuf.StringValue"
SHARDS = ("0", "1", "2")


class Target:
    """What the world sees: it takes every effect once, by its id, and counts those that came again."""

    def __init__(self, chance: random.Random) -> None:
        self.taken: dict[str, list[int]] = {}
        self.again = 0
        self._chance = chance
        self._ids: set[bytes] = set()
        self._more = asyncio.Condition()

    @property
    def count(self) -> int:
        return len(self._ids)

    async def act(self, event: Recorded) -> None:
        await self._anywhere()
        if self._chance.random() < 0.002:
            raise Unavailable("the world is away for a moment", 0.0)
        if event.event_id in self._ids:
            self.again += 1
        else:
            self._ids.add(event.event_id)
            key, _, number = event.body.value.partition(" ")
            self.taken.setdefault(key, []).append(int(number))
            if self.count % 10 == 0:
                async with self._more:
                    self._more.notify_all()
        await self._anywhere()

    async def reached(self, count: int) -> None:
        async with self._more:
            await self._more.wait_for(lambda: self.count >= count)

    async def _anywhere(self) -> None:
        for _ in range(self._chance.randrange(3)):
            await asyncio.sleep(0)


class Replica(Mortal):
    """One process with the reactor."""

    def __init__(self, log: Log, tail: Tail, url: str, target: Target) -> None:
        super().__init__(log, "moves", url, connections_max=4)
        self._tail, self._target = tail, target

    async def start(self) -> None:
        await self._database.open()
        await provision_log(self._log.nc, "moves")
        reactor = Reactor(
            "moves",
            "tally",
            self._target.act,
            keys={FACT: lambda event: event.body.value.partition(" ")[0]},
            tail=self._tail,
            database=self._database,
            membership=self.membership,
        )
        await reactor.prepare()
        await self.live(reactor.run())


async def fill(log: Log) -> int:
    """The facts: each key counts up; the keys are spread over commits, shards and two tenants. The last position."""
    numbers: Counter[str] = Counter()
    ends: Counter[Subject] = Counter()
    chance = random.Random(5)
    position = 0
    for begin in range(0, FACTS, PER_COMMIT):
        shard = chance.choice(SHARDS)
        subject = Subject("tally", "acme", shard)
        commit = log_pb2.Commit(commit_id=uuid4().bytes, tenant="acme", shard=shard)
        for index in range(begin, begin + PER_COMMIT):
            key = f"k{chance.randrange(KEYS)}"
            event = commit.events.add(event_id=index.to_bytes(16, "big"))
            event.body.Pack(StringValue(value=f"{key} {numbers[key]}"))
            numbers[key] += 1
        position = ends[subject] = await log.append(subject, recording.written(commit), ends[subject])
    return position


async def test_every_fact_has_its_effect_once_and_in_order_however_often_the_reactor_moves(
    nats_url: str, database_url: str, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(20_100_514)
    async with opened(nats_url) as log, Database(database_url, "tally") as database:
        target, tail = Target(chance), Tail(log)
        last = await fill(log)
        marks = sorted(chance.sample(range(20, FACTS - 20), MOVES))
        owner = Replica(log, tail, database_url, target)
        kinds: Counter[str] = Counter()
        async with asyncio.timeout(240), running(tail.run):
            await owner.start()
            for mark in marks:
                await target.reached(mark)
                kind = chance.choice(("handed over", "killed", "owned by two"))
                kinds[kind] += 1
                old, owner = owner, Replica(log, tail, database_url, target)
                match kind:
                    case "handed over":
                        await old.give_up()
                        await owner.start()
                    case "killed":
                        await old.kill()
                        await owner.start()
                        continue
                    case "owned by two":
                        await old.expire()
                        await owner.start()
                        await target.reached(min(mark + chance.randrange(100), FACTS - 20))
                        if chance.random() < 0.5:
                            await old.kill()
                            continue
                        await old.give_up()
                await old.end()
            await target.reached(FACTS)
            while await database.fetchval("select position from projections where name = 'moves'") < last:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            await owner.end()
        assert await ParkedFacts("moves", database).keys() == set()
    assert sum(kinds.values()) == MOVES
    assert target.count == FACTS, "each fact had its effect"
    assert {key: done for key, done in target.taken.items() if done != list(range(len(done)))} == {}, "order is lost"
    record_property("facts", FACTS)
    record_property("moves", ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())))
    record_property("effects that came again", target.again)
