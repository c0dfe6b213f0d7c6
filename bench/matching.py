"""A contact centre's matching: offers a second, what a decision takes, what an open case weighs, and a restart.

A house of so many agents, in 24 queues that ask for a skill each, has so many cases waiting and is never done: an agent
takes an offer and settles the case, the next offer follows, and a new post comes for each. What is measured goes
through a shard as in production: decided, appended with its fsync, folded. A decision's time is the CPU of `decide`
alone, for the commands that led to an offer; what each offer costs includes taking and settling the one before and the
post that fills its place. `at once` is what offers alone take: all agents come in one moment, as a shift begins,
and each is offered all it can take. A restart reads a snapshot, or the log alone.

Each size runs in a process of its own, so that memory is that size's.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psutil
import uvloop
from _load import quantile
from _scratch import scratch
from chassis import embedded
from chassis.clock import SystemClock
from chassis.commands import InputCommand, InputCommit, Origin
from chassis.commits import Subject
from chassis.identity import uuid7_bytes
from chassis.log import Log, connect
from chassis.process import GARBAGE
from chassis.shard import ShardWriter
from chassis.shard_state import Snapshot
from chassis.streams import log_stream, provision_streams
from routing import commands, events
from routing.commands import Command
from routing.main import ROUTING
from routing.shard import Shard
from routing.terms import Ordering, Presence, Requirement, Skill
from work import FED, posts

SIZES = ((100, 1_000), (500, 2_000), (1_000, 10_000), (5_000, 100_000))
"""Agents and waiting cases."""
SKILLS = 12
QUEUES = 2 * SKILLS
CAPACITY = 3
CALLERS = 256
"""Agents who act at the same time."""
GOALS = "goals: 5,000 offers/s; decide p99 20 ms at 500 x 2,000, 100 ms at 5,000 x 100,000; 2,048 B/case; start 5 s"


class Kept:
    """The latest snapshot, in memory: what PostgreSQL takes to read it is not routing's."""

    def __init__(self) -> None:
        self.snapshot: Snapshot | None = None

    async def latest(self, subject: Subject, version: str) -> Snapshot | None:
        return self.snapshot

    async def save(self, subject: Subject, snapshot: Snapshot) -> int:
        self.snapshot = replace(snapshot, sections={name: list(parts) for name, parts in snapshot.sections.items()})
        return 0  # so that the next is due as soon as somebody wants one


class Timed:
    """The decider, and how long it took over each command that led to an offer."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, command: Command, shard: Shard) -> Sequence[events.Event]:
        began = time.thread_time()
        decided = ROUTING.decide(command, shard)
        took = time.thread_time() - began
        if any(type(one) is events.CaseOffered for one in decided):
            self.seconds.append(took)
        return decided


class House:
    """One tenant's shard with its agents, and the posts that come in."""

    def __init__(self, log: Log, agents: int, waiting: int, ordering: Ordering) -> None:
        self.timed = Timed()
        self.kept = Kept()
        self._log = log
        self._subject = Subject("work", "house", "0")
        self._decider = replace(ROUTING, decide=self.timed)
        self._agents = agents
        self._ordering = ordering
        self._chance = random.Random(1)
        self._posts = posts(10**9, QUEUES)
        self._fed = 0
        self.waiting = waiting

    async def start(self, snapshot_every: int = 10**9) -> float:
        """Begins to own the shard; seconds until it decides."""
        gc.collect()
        began = time.monotonic()
        self.writer = ShardWriter(
            self._subject, self._decider, self._log, SystemClock(), self.kept, snapshot_every=snapshot_every
        )
        self._running = asyncio.create_task(self.writer.run())
        await self.writer.ready.wait()
        return time.monotonic() - began

    async def stop(self) -> None:
        self._running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._running

    async def furnish(self) -> None:
        """The order, queues that ask for a skill each, and agents who have three skills and are not there yet."""
        await self.writer.submit(commands.ChangePolicy(SystemClock().now(), ordering=self._ordering))
        for number in range(QUEUES):
            asked = (Requirement(f"skill-{number % SKILLS}", 1 + number // SKILLS, hard=True),)
            queue_id, now = f"queue-{number}", SystemClock().now()
            await self.writer.submit(commands.CreateQueue(queue_id, "", 600 + 60 * number, 86_400, asked, now))
            await self.writer.submit(commands.SetSourceQueue(f"x-desk-{number}", queue_id, now))
        await asyncio.gather(*(self._hire(number) for number in range(self._agents)))

    async def _hire(self, number: int) -> None:
        names = self._chance.sample(range(SKILLS), 3)
        skills = tuple(Skill(f"skill-{name}", self._chance.randrange(1, 6)) for name in sorted(names))
        registered = commands.RegisterAgent(f"agent-{number}", "", skills, CAPACITY, (), SystemClock().now())
        await self.writer.submit(registered)

    async def bring(self, count: int) -> None:
        """So many posts, each of them a case or one more post of one."""
        for at in range(0, count, FED):
            made = [next(self._posts) for _ in range(min(FED, count - at))]
            self._fed += 1
            asked: list[InputCommand[Command]] = [
                InputCommand(index, "bench.Post", Origin("", (tag := uuid7_bytes(one.at)), tag, ""), one)
                for index, one in enumerate(made)
            ]
            await self.writer.feed(InputCommit(self._fed, "ev.post.house.0", asked))
        await self.writer.reached_input(self._fed)

    async def fill(self) -> None:
        """Posts until so many cases wait."""
        while (lacking := self.waiting - self.writer.state.segments.waiting()) > 0:
            await self.bring(max(FED, lacking))

    async def open(self) -> float:
        """All agents come at once, as at the beginning of a shift; offers a second until each of them is durable."""
        now, began, before = SystemClock().now(), time.monotonic(), self.writer.state.offers_made
        come = (commands.SetPresence(f"agent-{n}", Presence.AVAILABLE, now) for n in range(self._agents))
        await asyncio.gather(*(self.writer.submit(one) for one in come))
        return (self.writer.state.offers_made - before) / (time.monotonic() - began)

    async def work(self, seconds: float) -> tuple[int, list[float]]:
        """Agents take and settle for so long; (offers that followed, seconds until each settling was durable)."""
        until = time.monotonic() + seconds
        waits: list[float] = []
        before = self.writer.state.offers_made
        settled = 0

        async def one(number: int) -> None:
            nonlocal settled
            chance = random.Random(number)
            mine = range(number, self._agents, CALLERS)
            while mine and time.monotonic() < until:
                agent = self.writer.state.agents[f"agent-{chance.choice(mine)}"]
                if not agent.work:
                    await asyncio.sleep(0.001)  # nothing that he may do has come
                    continue
                case_id, agent_id = agent.work[0].case_id, agent.agent_id
                token = self.writer.state.cases[case_id].token
                await self.writer.submit(commands.AcceptOffer(case_id, agent_id, token, SystemClock().now()))
                began = time.monotonic()
                await self.writer.submit(commands.ResolveCase(case_id, agent_id, "done", (), SystemClock().now()))
                waits.append(time.monotonic() - began)
                settled += 1

        async def world() -> None:
            brought = 0
            while time.monotonic() < until:
                if settled - brought >= FED:
                    await self.bring(FED)
                    brought += FED
                else:
                    await asyncio.sleep(0.005)

        await asyncio.gather(*(one(number) for number in range(CALLERS)), world())
        return self.writer.state.offers_made - before, waits


async def measured(agents: int, waiting: int, seconds: float, ordering: Ordering) -> dict[str, Any]:
    """One size."""
    own = psutil.Process()
    with scratch() as state:
        server = await embedded.start_nats(state)
        try:
            nc = await connect(server.url, "bench")
            log = Log(nc)
            await provision_streams(nc, (log_stream(1 << 34),), replicas=1)
            house = House(log, agents, waiting, ordering)
            await house.start()
            await house.furnish()
            gc.collect()
            before = own.memory_info().rss
            await house.fill()
            gc.collect()
            held = own.memory_info().rss - before
            cases = len(house.writer.state.cases)
            at_once = await house.open()
            house.timed.seconds.clear()
            cpu = time.process_time()
            offers, waits = await house.work(seconds)
            cpu = time.process_time() - cpu
            decisions = sorted(house.timed.seconds)
            from_log_s, restart_s = await restarted(house)
            await house.stop()
            await nc.close()
        finally:
            server.kill9()
    return {
        "agents": agents,
        "waiting": waiting,
        "offers_per_second": round(offers / seconds),
        "offers_per_second_at_once": round(at_once),
        "cpu_us_per_offer": round(1e6 * cpu / max(1, offers)),
        "decision_ms": {"p50": 1e3 * quantile(decisions, 0.5), "p99": 1e3 * quantile(decisions, 0.99)},
        "durable_ms": {"p50": 1e3 * quantile(sorted(waits), 0.5), "p99": 1e3 * quantile(sorted(waits), 0.99)},
        "bytes_per_open_case": round(held / max(1, cases)),
        "restart_s": restart_s,
        "restart_from_the_log_s": from_log_s,
    }


async def restarted(house: House) -> tuple[float, float]:
    """Seconds until another process would decide: from the log alone, and from a snapshot."""
    await house.stop()
    from_log = await house.start(snapshot_every=1)
    async with asyncio.timeout(60):
        while house.kept.snapshot is None:  # it is kept beside the rounds
            await house.bring(1)
    await house.stop()
    return from_log, await house.start()


def line(found: dict[str, Any]) -> str:
    size = f"{found['agents']:,} x {found['waiting']:,}"
    decision, durable = found["decision_ms"], found["durable_ms"]
    return (
        f"{size:<16}{found['offers_per_second_at_once']:>9,}{found['offers_per_second']:>9,}{found['cpu_us_per_offer']:>8}"
        f"{decision['p50']:>9.2f}{decision['p99']:>8.2f}{durable['p50']:>9.0f}{durable['p99']:>7.0f}"
        f"{found['bytes_per_open_case']:>8,}{found['restart_s']:>8.2f}{found['restart_from_the_log_s']:>7.1f}"
    )


HEAD = (
    f"{'agents x waiting':<16}{'at once':>9}{'offers/s':>9}{'us each':>8}{'decide':>9}"
    f"{'p99 ms':>8}{'durable':>9}{'p99 ms':>7}{'B/case':>8}{'start s':>8}{'log s':>7}"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8.0, help="of work at each size")
    parser.add_argument("--size", type=int, nargs=2, metavar=("AGENTS", "WAITING"), help="one size only")
    parser.add_argument(
        "--ordering", choices=[one.name.lower() for one in Ordering if one], default="earliest_deadline"
    )
    parser.add_argument("--json", action="store_true", help="what the sizes' own processes answer")
    asked = parser.parse_args()
    if asked.json:
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        print(json.dumps(uvloop.run(measured(*asked.size, asked.seconds, Ordering[asked.ordering.upper()]))))
        return
    print(HEAD)
    for agents, waiting in (tuple(asked.size),) if asked.size else SIZES:
        own = [sys.executable, __file__, "--json", "--seconds", str(asked.seconds), "--ordering", asked.ordering]
        own += ["--size", str(agents), str(waiting)]
        done = subprocess.run(own, stdout=subprocess.PIPE, text=True, check=True)
        print(line(json.loads(done.stdout)), flush=True)
    print(GOALS)


if __name__ == "__main__":
    main()
