"""A month of contacts by day and channel, and wallboards: how long, what CPU, what memory.

The contacts are plausible rows that are copied straight into the view's table, of a month in Europe/Berlin. Each
question runs in a process of its own, through the code that the service runs but for gRPC: its peak memory is that
question's. CPU is microseconds a contact: of the whole, and of its steps one after another on rows that are in memory:
reading rows, making contacts of them, observing them, booking what they add (group, parts, sums), making the numbers.
The limit beside it is one count of the same rows in SQL. Metrics that look inside contacts are left out.

Wallboards of the last hour's contacts are watched while something happens all the time; what is counted has no gRPC.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import uvloop
from _scratch import scratch

sys.path.pop(0)  # this directory: a file in it has the name of the package under test

from chassis import embedded
from chassis.clock import SystemClock
from chassis.cursor import SCHEMA
from chassis.database import Database
from chassis.process import GARBAGE
from kpi import wire
from kpi.metrics import METRICS
from kpi.metrics.contact import observed
from kpi.metrics.metric import AnyMetric, looks_inside
from kpi.query import NOBODY_WAITS, Known, Question, Tally, waiting_of
from kpi.views import contacts
from kpi.views.contacts import Contacts
from kpi.wallboard import Picture, Wallboards
from switchboard.kpi.v1 import service_pb2 as pb

TENANT, ZONE = "bench", "Europe/Berlin"
S = 1_000_000
START = 1_790_805_600 * S  # 2026-10-01 in Berlin
MONTH_S = 31 * 86_400 + 3_600  # it has the end of summer time
CHANNELS = ("x", "weibo", "bluesky", "mastodon", "trustpilot", "email")
REPORT = (
    *("offered", "accepted", "answered", "resolved", "confirmed", "abandonment", "answered_share"),
    *("frt_human_p50", "frt_human_p90", "frt_human_km_median", "frt_human_mean", "backlog"),
)
WHOLE = tuple(id_ for id_, metric in METRICS.items() if not looks_inside(metric))
QUESTIONS = {"one": ("offered",), "report": REPORT, "all": WHOLE}
SAMPLE = 20_000
"""Contacts whose steps are measured apart."""
WATCHERS = 200
WATCHED = 1_000
"""Contacts on a wallboard."""
STEPS = ("read", "make", "observe", "book", "combine")
GOAL_MS = 200


def rows(count: int, start: int, length_s: int) -> Iterator[tuple[Any, ...]]:
    """Contacts in the order of the table's columns: nine of ten accepted, nearly all of those answered and resolved."""
    chance = random.Random(1)
    for number in range(count):
        at = start + number * length_s * S // count
        taken = at + int(chance.expovariate(1 / 60) * S) if chance.random() < 0.9 else None
        answer = None if taken is None or chance.random() < 0.05 else taken + int(chance.lognormvariate(5, 1) * S)
        done = None if answer is None or chance.random() < 0.1 else answer + int(chance.expovariate(1 / 600) * S)
        ref, agent = number << 10, f"agent-{chance.randrange(100)}"
        acts = [
            value
            for act in (taken, answer, answer, done)
            for value in ((None, "", None) if act is None else (act, agent, ref + 1))
        ]
        channel = chance.choice(CHANNELS)
        yield (
            *(TENANT, f"{number:036}", 1, at, ref, channel, f"acme-{channel}", chance.random() < 0.3, *acts),
            *(None, None, None, "acme", f"queue-{chance.randrange(8)}", at, at + 300 * S, False, "en", ""),
        )


async def fill(database: Database, count: int, start: int = START, length_s: int = MONTH_S) -> None:
    async with database.acquire(600) as connection:
        await connection.execute(SCHEMA)
        await connection.execute(Contacts.schema)
        labels = [(TENANT, f"acme-{one}", 0, json.dumps({"brand": "acme"})) for one in CHANNELS]
        await connection.copy_records_to_table("contacts_v6_sources", records=labels)
        await connection.copy_records_to_table("contacts_v6", records=rows(count, start, length_s))
        await connection.execute("vacuum analyze contacts_v6")


def opened(url: str) -> Database:
    return Database(url, "bench_kpi", connections_max=4, remaining_s=lambda: 600.0)


async def asked(url: str, name: str, count: int) -> dict[str, Any]:
    """One question about a month."""
    metrics: tuple[AnyMetric, ...] = tuple(METRICS[id_] for id_ in QUESTIONS[name])
    question = Question(metrics, ("day", "channel"), ZoneInfo(ZONE), START + MONTH_S * S)
    month = TENANT, START, START + MONTH_S * S, question.until
    async with opened(url) as database:
        resting = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began, cpu = time.monotonic(), time.process_time()
        tally = Tally(question)
        await contacts.read_into(database, *month, take=tally.add)
        combining = time.process_time()
        cells = len(tally.answer())
        took, cpu, combining = time.monotonic() - began, time.process_time() - cpu, time.process_time() - combining
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        steps = await apart(database, question, SAMPLE / count)
    steps["combine"] = combining * 1e6 / count
    return {
        "question": name,
        "metrics": len(metrics),
        "cells": cells,
        "wall_ms": round(1e3 * took),
        "cpu_us": round(cpu * 1e6 / count, 1),
        **{step: round(steps[step], 1) for step in STEPS},
        "peak_mib": round(peak / 1024),
        "grown_mib": round((peak - resting) / 1024),
    }


async def apart(database: Database, question: Question, share: float) -> dict[str, float]:
    """CPU of each step by itself, us a contact, over the first part of the month."""
    end = START + int(min(1.0, share) * MONTH_S * S)
    marks = [time.process_time()]
    contents = await contacts.read(database, TENANT, START, end, question.until)
    marks.append(time.process_time())
    known = list(contents.known())
    marks.append(time.process_time())
    for one in known:
        observed(one.contact, question.until)
    marks.append(time.process_time())
    Tally(question).add(known)
    marks.append(time.process_time())
    read, make, observe, add = ((after - before) * 1e6 / len(known) for before, after in pairwise(marks))
    return {"read": read, "make": make, "observe": observe, "book": add - observe}


async def counted_in_sql(url: str) -> int:
    """Milliseconds that PostgreSQL takes for one count by day and channel."""
    async with opened(url) as database:
        began = time.monotonic()
        await database.fetch(
            "select (to_timestamp(start_at / 1000000) at time zone $3)::date, channel, count(*) from contacts_v6"
            " where tenant = $1 and start_at >= $2 group by 1, 2",
            *(TENANT, START, ZONE),
        )
        return round(1e3 * (time.monotonic() - began))


async def watched(url: str, different: int, seconds: float) -> dict[str, Any]:
    """So many wallboards of so many different questions."""
    async with opened(url) as database:
        position = 0

        async def compute(request: pb.WatchWallboardRequest) -> Picture:
            nonlocal position
            position += 1
            board = wire.wallboard_of(request, SystemClock().now())
            tally, waits = Tally(board.question), NOBODY_WAITS

            def take(portion: Iterable[Known]) -> None:
                nonlocal waits
                known = list(portion)
                tally.add(known)
                waits = waits.with_more(waiting_of(board.question, known))

            interval = board.start, board.end, board.question.until
            await contacts.read_into(database, board.tenant, *interval, take=take)
            answer = await asyncio.to_thread(tally.answer)
            floor = wire.floor(waits, contacts.NOBODY)
            return Picture(position, board.question.until, wire.rows(board.question, answer), floor)

        async def wait_beyond(_position: int, _tenant: str) -> None:
            """Something has always happened."""

        boards = Wallboards(compute, wait_beyond)
        messages = 0

        async def watch(number: int) -> None:
            nonlocal messages
            ids = ["offered", "waiting", "backlog_age_mean", WHOLE[number % different]]
            request = pb.WatchWallboardRequest(
                parent=f"tenants/{TENANT}", metrics=dict.fromkeys(ids), group_by=["channel"]
            )
            async for _message in boards.watch(request):
                messages += 1

        began, cpu = time.monotonic(), time.process_time()
        watching = [asyncio.create_task(watch(number)) for number in range(WATCHERS)]
        await asyncio.wait(watching, timeout=seconds)  # one that ends has failed
        took = time.monotonic() - began
        cpu = time.process_time() - cpu
        for one in watching:
            one.cancel()
        for ended in await asyncio.gather(*watching, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended
        if computing := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(computing)  # they have been cancelled, and need the database until they end
    return {
        "watchers": WATCHERS,
        "questions": different,
        "cpu_ms_a_second": round(1e3 * cpu / took),
        "computed_a_second": round(position / took, 1),
        "messages_a_second": round(messages / took, 1),
    }


def apart_from_us(*arguments: str) -> dict[str, Any]:
    """What a process of its own measures."""
    done = subprocess.run([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


async def measured(count: int, seconds: float) -> None:
    with scratch() as state:
        server = await embedded.start_postgres(state)
        try:
            url = await embedded.create_database(server.url, "month")
            async with opened(url) as database:
                await fill(database, count)
            print(f"{count:,} contacts; one count in SQL: {await counted_in_sql(url)} ms; goal: {GOAL_MS} ms")
            for name in QUESTIONS:
                found = await asyncio.to_thread(apart_from_us, "--url", url, "--ask", name, "--contacts", str(count))
                print(json.dumps(found), flush=True)
            url = await embedded.create_database(server.url, "hour")
            async with opened(url) as database:
                await fill(database, WATCHED, SystemClock().now() - 3_600 * S, 3_600)
            for different in (1, 20):
                own = "--url", url, "--watch", str(different), "--seconds", str(seconds)
                print(json.dumps(await asyncio.to_thread(apart_from_us, *own)), flush=True)
        finally:
            server.kill9()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=10.0, help="that wallboards are watched")
    parser.add_argument("--url", default="", help="for the processes of the questions: the database")
    parser.add_argument("--ask", default="", choices=["", *QUESTIONS])
    parser.add_argument("--watch", type=int, default=0, help="different questions of wallboards")
    given = parser.parse_args()
    gc.freeze()
    gc.set_threshold(*GARBAGE)  # as in the service
    if given.ask:
        print(json.dumps(uvloop.run(asked(given.url, given.ask, given.contacts))))
    elif given.watch:
        print(json.dumps(uvloop.run(watched(given.url, given.watch, given.seconds))))
    else:
        uvloop.run(measured(given.contacts, given.seconds))


if __name__ == "__main__":
    main()
