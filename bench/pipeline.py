"""All four services at once: how many posts a second they sustain together, and how soon a post is offered.

`sustained`: a client streams raw X JSON for a minute. It keeps no more than `--backlog` posts between the answer of
ingest and the last consequence in every shard and view of all services, so that what it reports is the rate of the
slowest of them; with `--rate` it sends no faster than that. `latency`: posts leave on a fixed schedule whatever
happens; the clock runs from the time a post was due to leave until its offer is read from the end of the log. `idle`:
what a stack costs that has nothing to do. `replicas`: what a post costs with one and with three of each service.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator
from statistics import median
from typing import Any

import uvloop
from _load import TENANT, Posts, Stack, quantile
from chassis.cancellation import raise_if_cancelled
from chassis.log import Log, connect
from switchboard.ingest.v1 import service_pb2, service_pb2_grpc
from switchboard.routing.v1 import events_structs

BATCH = 200
STREAMS = 2
AHEAD = 4
"""Batches a stream may have under way."""
TICK_S = 0.05
"""How often the open loop hands over what is due; the wait for it counts."""
REPLICAS = 3
PATIENCE_S = 60.0
"""How long offers are waited for after the last post left."""
_OFFERED = events_structs.CaseOffered.NAME
_ATTACHED = events_structs.PostAttached.NAME
_TAKES = {events_structs.CaseBegun.NAME, events_structs.PostPlaced.NAME, _ATTACHED}
"""Facts with which a post becomes part of a case."""


class Sustained:
    """One client with as many streams as it takes, and one that asks how far the others are."""

    def __init__(self, stack: Stack, source: str, rate: float, backlog: int, posts: Posts | None = None) -> None:
        self._stack = stack
        self._source = source
        self._rate = rate
        self._backlog = backlog
        self._posts = posts or Posts(seed=random.randrange(10**6))
        self._sent = 0
        self.accepted = 0
        self.done = 0
        self.position = ""
        self.lags: list[float] = []
        self._room = asyncio.Condition()
        self._began = 0.0
        self.longest_answer_s = 0.0

    async def run(self, seconds: float) -> float:
        """Sends for so long; returns the seconds until the last answer."""
        self._began = time.monotonic()
        until = self._began + seconds
        async with asyncio.TaskGroup() as tasks:
            probing = tasks.create_task(self._probe())
            count = max(STREAMS, len(self._stack.intakes))
            streams = [tasks.create_task(self._stream(number, until)) for number in range(count)]
            await asyncio.wait(streams)
            took = time.monotonic() - self._began
            probing.cancel()
        return took

    async def _probe(self) -> None:
        """Follows the slowest consequence, and so measures the lag all the time."""
        while True:
            raise_if_cancelled()
            accepted, position = self.accepted, self.position
            if accepted == self.done:
                await asyncio.sleep(0.01)
                continue
            self.lags.append(max((await self._stack.lags(position)).values()))
            self.done = accepted
            async with self._room:
                self._room.notify_all()

    async def _may_send(self) -> None:
        async with self._room:
            await self._room.wait_for(lambda: self._sent - self.done < self._backlog)
        if self._rate:
            early_s = self._began + self._sent / self._rate - time.monotonic()
            if early_s > 0:
                await asyncio.sleep(early_s)

    async def _stream(self, number: int, until: float) -> None:
        intakes = self._stack.intakes
        api = service_pb2_grpc.IngestServiceStub(intakes[number % len(intakes)])
        ahead = asyncio.Semaphore(AHEAD)
        sent_at: list[float] = []

        async def outgoing() -> AsyncIterator[service_pb2.IngestPostsRequest]:
            while True:
                await ahead.acquire()
                await self._may_send()
                if time.monotonic() > until:
                    return
                self._sent += BATCH
                deliveries = [service_pb2.Delivery(payload=payload) for payload in self._posts.take(BATCH)]
                sent_at.append(time.monotonic())
                yield service_pb2.IngestPostsRequest(source=self._source, deliveries=deliveries)

        answered = 0
        async for response in api.IngestPosts(outgoing()):
            ahead.release()
            self.longest_answer_s = max(self.longest_answer_s, time.monotonic() - sent_at[answered])
            answered += 1
            accepted = sum(one.result == service_pb2.RESULT_ACCEPTED for one in response.results)
            assert accepted == BATCH, response.results[0]
            self.accepted += accepted
            self.position = response.position


async def sustained(seconds: float, rate: float, backlog: int, running: str = "", replicas: int = 1) -> dict[str, Any]:
    async with Stack.up(running) as stack:
        source = await stack.connect()
        if not running:
            await stack.hire(20, 10)
        if replicas > 1:
            await stack.replicate(replicas - 1)
        load = Sustained(stack, source, rate, backlog)
        await load.run(3)  # connections, plans and caches
        await stack.lags(load.position)
        log = Log(await connect(stack.endpoints["nats"], "bench"))
        before, commits = stack.cpu(), await _commits(log)
        load.accepted = load.done = load._sent = 0
        load.lags.clear()
        load.longest_answer_s = 0.0
        took = await load.run(seconds)
        at_the_end = await stack.lags(load.position)
        after, commits_after = stack.cpu(), await _commits(log)
        events_per_commit = await _fatness(log)
        await log.nc.close()
        lags = sorted(load.lags)
        spent = {name: (after[name] - before[name]) * 1e6 / load.accepted for name in after}
        return {
            "posts_per_second": round(load.accepted / took),
            "seconds": round(took, 1),
            "posts": load.accepted,
            "lag_at_the_end_s": {name: round(lag, 3) for name, lag in at_the_end.items()},
            "lag_meanwhile_s": {"p50": round(quantile(lags, 0.5), 3), "max": round(quantile(lags, 1.0), 3)},
            "longest_answer_s": round(load.longest_answer_s, 3),
            "cpu_us_per_post": {name: round(us, 1) for name, us in spent.items()} | {"sum": round(sum(spent.values()))},
            "cores_used": round(sum(spent.values()) * load.accepted / 1e6 / took, 2),
            "commits_per_second": {
                name: round((count - commits.get(name, 0)) / took, 1) for name, count in commits_after.items()
            },
            "events_in_the_last_commits": events_per_commit,
        }


async def replicated(seconds: float, rate: float, backlog: int, rounds: int) -> dict[str, Any]:
    """What a post costs when there are three of each service, against one: medians of rounds of one and of three."""
    found: dict[int, list[dict[str, float]]] = {1: [], REPLICAS: []}
    for _ in range(rounds):
        for replicas, runs in found.items():
            run = await sustained(seconds, rate, backlog, replicas=replicas)
            runs.append(run["cpu_us_per_post"] | {"posts a second": run["posts_per_second"]})
    one, several = ({name: median(run[name] for run in runs) for name in runs[0]} for runs in found.values())
    return {
        name: {"1": one[name], str(REPLICAS): several[name], "ratio": round(several[name] / one[name], 2)}
        for name in one
    }


async def idle(seconds: float, running: str = "") -> dict[str, object]:
    """What a stack costs that has a tenant, agents and nothing to do: percent of a core, by process."""
    async with Stack.up(running) as stack:
        await stack.connect()
        await stack.hire(20, 10)
        await asyncio.sleep(5)  # what was started has settled
        before, began = stack.cpu(), time.monotonic()
        await asyncio.sleep(seconds)
        took = time.monotonic() - began
        after = stack.cpu()
    return {name: round(100 * (after[name] - before[name]) / took, 2) for name in after if name != "client"}


async def _commits(log: Log) -> dict[str, int]:
    """Commits so far by context."""
    found: dict[str, int] = {}
    for subject, count in (await log.subjects()).items():
        found[subject.context] = found.get(subject.context, 0) + count
    return found


async def _fatness(log: Log) -> dict[str, float]:
    """Mean number of events of the last hundred commits, by context."""
    counts: dict[str, list[int]] = {}
    last = await log.last_position()
    async for batch in log.read(max(0, last - 100)):
        for entry in batch:
            counts.setdefault(entry.subject.context, []).append(len(entry.commit.events))
    return {context: round(sum(found) / len(found), 1) for context, found in counts.items()}


async def latency(seconds: float, rate: float, running: str = "") -> dict[str, object]:
    async with Stack.up(running) as stack:
        source = await stack.connect()
        posts = round(rate * seconds)
        warm = round(rate * 2)
        await stack.hire((posts + warm) // 100 + 10, 100)
        log = Log(await connect(stack.endpoints["nats"], "bench"))
        offered_at: dict[str, float] = {}
        reading = asyncio.create_task(_offers(log, offered_at))
        due = await _open_loop(stack, source, Posts(seed=2), warm, rate)
        await _seen(due, offered_at)
        due.clear()
        before = stack.cpu()
        due = await _open_loop(stack, source, Posts(seed=3), posts, rate)
        await _seen(due, offered_at)
        spent = {name: (now - before[name]) * 1e6 / posts for name, now in stack.cpu().items()}
        reading.cancel()
        await log.nc.close()
        took = sorted(offered_at[post] - at for post, at in due.items() if post in offered_at)
        return {
            "posts_per_second": round(rate),
            "posts": len(due),
            "offered": len(took),
            "post_to_offer_ms": {
                name: round(1e3 * quantile(took, share), 1)
                for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0))
            },
            "cpu_us_per_post": {name: round(us, 1) for name, us in spent.items()} | {"sum": round(sum(spent.values()))},
        }


async def _offers(log: Log, offered_at: dict[str, float]) -> None:
    """When the first offer of each post's case was read from the end of the log; a post may join an offered case."""
    posts_of: dict[str, list[str]] = {}
    cases: dict[str, float] = {}
    async for batch in log.follow(await log.last_position(), f"ev.work.{TENANT}.>"):
        now = time.monotonic()
        for entry in batch:
            for event in entry.recorded():
                if event.type in _TAKES:
                    body = event.body
                    post_id = body.post_id if event.type == _ATTACHED else body.post.post_id
                    if body.case_id in cases:
                        offered_at[post_id] = now
                    else:
                        posts_of.setdefault(body.case_id, []).append(post_id)
                elif event.type == _OFFERED:
                    case_id = event.body.case_id
                    cases[case_id] = now
                    for post_id in posts_of.pop(case_id, ()):
                        offered_at[post_id] = now


async def _open_loop(stack: Stack, source: str, posts: Posts, count: int, rate: float) -> dict[str, float]:
    """Sends on schedule; returns when each post was due to leave."""
    api = service_pb2_grpc.IngestServiceStub(stack.channels["ingest"])
    due: dict[str, float] = {}
    batches: list[list[float]] = []
    began = time.monotonic()

    async def outgoing() -> AsyncIterator[service_pb2.IngestPostsRequest]:
        sent = 0
        while sent < count:
            now = time.monotonic()
            ready = min(count, int((now - began) * rate)) - sent
            if ready > 0:
                ready = min(ready, 1_000)
                batches.append([began + (sent + n) / rate for n in range(ready)])
                sent += ready
                deliveries = [service_pb2.Delivery(payload=payload) for payload in posts.take(ready)]
                yield service_pb2.IngestPostsRequest(source=source, deliveries=deliveries)
            await asyncio.sleep(TICK_S)

    answered = 0
    async for response in api.IngestPosts(outgoing()):
        for result, at in zip(response.results, batches[answered], strict=True):
            assert result.result == service_pb2.RESULT_ACCEPTED, result
            due[result.posts[0].post.rpartition("/")[2]] = at
        answered += 1
    return due


async def _seen(due: dict[str, float], offered_at: dict[str, float]) -> None:
    """Waits until every post was offered, or patience ends."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_S):
            while not due.keys() <= offered_at.keys():  # noqa: ASYNC110  # the reader of the log fills it
                await asyncio.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", choices=("sustained", "latency", "both", "idle", "replicas"), default="both")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the sustained load; latency takes half of it")
    parser.add_argument("--rate", type=float, default=0.0, help="posts a second at most, 0 for what is possible")
    parser.add_argument("--backlog", type=int, default=5_000, help="posts accepted and not yet everywhere, at most")
    parser.add_argument("--latency-rate", type=float, default=1_000.0)
    parser.add_argument("--rounds", type=int, default=3, help="of replicas")
    parser.add_argument("--state", default="", help="load the stack that runs on this directory, for a profile")
    asked = parser.parse_args()
    report: dict[str, object] = {}
    if asked.what == "idle":
        print(json.dumps({"idle_percent_of_a_core": uvloop.run(idle(asked.seconds / 2, asked.state))}, indent=2))
        return
    if asked.what == "replicas":
        report["replicas"] = uvloop.run(replicated(asked.seconds / 4, asked.rate, asked.backlog, asked.rounds))
        print(json.dumps(report, indent=2))
        return
    if asked.what != "latency":
        report["sustained"] = uvloop.run(sustained(asked.seconds, asked.rate, asked.backlog, asked.state))
    if asked.what != "sustained":
        report["latency"] = uvloop.run(latency(asked.seconds / 2, asked.latency_rate, asked.state))
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
