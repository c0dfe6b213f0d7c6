"""Events per second when read models are rebuilt from the first commit of a log, next to what it cannot beat.

The log is filled by the whole stack: posts come in, and agents accept, answer and resolve some of their cases. Then
each view is folded from zero into a schema of its own, in this process, while the services are idle. Two limits from
the same run: reading the log and decoding every event of the view's contexts, and inserting as many rows of a plain
table with one `unnest` per two thousand, as a rebuild does it. CPU is microseconds per event of this process and of
PostgreSQL.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
import time
import uuid
from collections.abc import Awaitable, Callable

import grpc.aio
import uvloop
from _load import TENANT, Stack
from pipeline import Sustained

sys.path.pop(0)  # this directory: a file in it has the name of a package under test

from chassis.database import Database
from chassis.log import Log, connect
from chassis.process import GARBAGE
from chassis.projection import Projection
from chassis.view import View
from crm_sync.views.customers import Customers
from ingest.views.posts import PostsView
from kpi.views.contacts import Contacts
from routing.views.cases import CasesView
from switchboard.routing.v1 import service_pb2 as routing
from switchboard.routing.v1 import service_pb2_grpc

AGENTS = 24
PASSED_OVER = (
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
)
"""What an agent shrugs off: the case moved on, or the stack is busy."""
CAPACITY = 20
VIEWS: tuple[tuple[str, Callable[[], View]], ...] = (  # type: ignore[type-arg]
    ("kpi contacts", Contacts),
    ("routing cases", CasesView),
    ("ingest posts", PostsView),
    ("crm customers", Customers),
)


async def work(stack: Stack, number: int) -> None:
    """One agent: takes what is offered, answers it, settles it, until cancelled."""
    api = service_pb2_grpc.RoutingServiceStub(stack.channels["routing"])
    agent = f"tenants/{TENANT}/agents/agent-{number}"
    async for change in api.WatchOffers(routing.WatchOffersRequest(agent=agent)):
        if change.change != routing.OFFER_CHANGE_OPEN:
            continue
        case = {"name": change.offer.case, "agent": agent}
        try:
            token = change.offer.token
            await api.AcceptOffer(routing.AcceptOfferRequest(**case, token=token, request_id=str(uuid.uuid4())))
            text = "We are looking into it and come back to you today."
            await api.ReplyToCase(routing.ReplyToCaseRequest(**case, text=text, request_id=str(uuid.uuid4())))
            await api.ResolveCase(
                routing.ResolveCaseRequest(**case, disposition="answered", request_id=str(uuid.uuid4()))
            )
        except grpc.aio.AioRpcError as refused:
            if refused.code() not in PASSED_OVER:
                raise


async def fill(stack: Stack, posts: int) -> None:
    source = await stack.connect()
    await stack.hire(AGENTS, CAPACITY)
    load = Sustained(stack, source, 0, 20_000)
    working = [asyncio.create_task(work(stack, number)) for number in range(AGENTS)]
    while load.accepted < posts:
        await load.run(1.0)
    for task in working:
        task.cancel()
    for ended in await asyncio.gather(*working, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended
    await stack.lags(load.position)


class Meter:
    """Time, own CPU and PostgreSQL's CPU of one stretch."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    async def measure(self, events: int, run: Callable[[], Awaitable[object]]) -> dict[str, float]:
        own, theirs, began = time.process_time(), self._stack.cpu()["postgres"], time.monotonic()
        await run()
        took = time.monotonic() - began
        return {
            "events_per_second": round(events / took),
            "own_us": round((time.process_time() - own) * 1e6 / events, 1),
            "postgres_us": round((self._stack.cpu()["postgres"] - theirs) * 1e6 / events, 1),
        }


async def measured(posts: int, only: str, profile: str, running: str) -> dict[str, object]:
    async with Stack.up(running) as stack:
        if not running:
            await fill(stack, posts)
        log = Log(await connect(stack.endpoints["nats"], "bench"))
        meter = Meter(stack)
        types: dict[str, int] = {}
        async for batch in log.read():
            for entry in batch:
                for event in entry.events():
                    types[event.type] = types.get(event.type, 0) + 1
        report: dict[str, object] = {
            "commits": await log.last_position(),
            "events": {name.rpartition(".")[2]: count for name, count in sorted(types.items())},
        }
        for name, make in VIEWS:
            if only in name:
                report[name] = await one(stack, log, meter, make, types, profile)
        await log.nc.close()
        return report


async def one(
    stack: Stack,
    log: Log,
    meter: Meter,
    make: Callable[[], View],  # type: ignore[type-arg]
    types: dict[str, int],
    profile: str,
) -> dict[str, object]:
    view = make()
    contexts = tuple(f"ev.{context}." for context in view.contexts)
    events = sum(count for name, count in types.items() if name in view.handles | view.ignores)
    end = await log.last_position()

    async def decode() -> None:
        async for batch in log.read():
            for entry in batch:
                if str(entry.subject).startswith(contexts):
                    for event in entry.events():
                        assert event.body is not None

    async def insert() -> None:
        for at in range(0, rows, 2_000):
            numbers = list(range(at, min(at + 2_000, rows)))
            await database.execute(
                "insert into limit_rows select * from unnest($1::text[], $2::bigint[], $3::bytea[])",
                [str(number) for number in numbers],
                numbers,
                [bytes(100)] * len(numbers),
            )

    async with Database(stack.endpoints["database"], f"bench_{view.name}", connections_max=2) as database:
        projection = Projection(view, log, database)
        await projection.prepare()
        if profile:
            import cProfile

            profiler = cProfile.Profile()
            profiler.enable()
        rebuilt = await meter.measure(events, lambda: projection.replay(end))
        if profile:
            profiler.disable()
            profiler.dump_stats(f"{profile}.{view.name}")
        counts = [await database.fetchval(f"select count(*) from {table}") for table in view.dumps]
        rows = sum(counts)
        await database.execute("create table limit_rows (id text primary key, at bigint, body bytea)")
        decoded = await meter.measure(events, decode)
        inserted = await meter.measure(events, insert)
    limit = 1 / (1 / decoded["events_per_second"] + 1 / inserted["events_per_second"])
    return {
        "rebuild": rebuilt,
        "events": events,
        "rows": rows,
        "limit: decode only": decoded,
        "limit: as many rows by unnest": inserted,
        "share of both limits together": round(rebuilt["events_per_second"] / limit, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=60_000)
    parser.add_argument("--only", default="", help="a part of a view's name")
    parser.add_argument("--profile", default="", help="file for cProfile statistics, one per view; slows it down")
    parser.add_argument("--state", default="", help="rebuild from the log of the stack that runs on this directory")
    asked = parser.parse_args()
    gc.freeze()
    gc.set_threshold(*GARBAGE)  # as in the service
    print(json.dumps(uvloop.run(measured(asked.posts, asked.only, asked.profile, asked.state)), indent=2))


if __name__ == "__main__":
    main()
