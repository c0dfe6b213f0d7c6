"""Events per second through one shard and through eight, against raw publishes of the same bytes with the same fsync.

The limit is a client that sends ready-made commits of the same size and waits for each acknowledgement, one at a time
per subject. CPU is the client process's own, in microseconds per event, by stage; the server's is printed beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import sys
import time
from collections.abc import Awaitable, Callable

import psutil
import uvloop
from _scratch import scratch
from chassis import embedded
from chassis.clock import Instant, SystemClock
from chassis.commands import InputCommand, InputCommit, Origin
from chassis.commits import Commit, Event, Subject, encode
from chassis.decider import Decider
from chassis.identity import uuid7_bytes
from chassis.layout import pack
from chassis.log import Log, connect
from chassis.process import GARBAGE
from chassis.shard import ShardWriter
from chassis.shard_state import Snapshot
from chassis.streams import log_stream, provision_streams
from google.protobuf.wrappers_pb2 import StringValue
from msgspec import Raw

EVENTS_PER_COMMIT = 500
BODY = "x" * 180
"""About the size of a routing event."""


class NoSnapshots:
    """The bench measures appends; it recovers nothing."""

    async def latest(self, subject: Subject, version: str) -> Snapshot | None:
        return None

    async def save(self, subject: Subject, snapshot: Snapshot) -> int:
        return 0


_NAME = StringValue.DESCRIPTOR.full_name
DECIDER: Decider[str, int, str] = Decider(
    initial=lambda: 0,
    decide=lambda command, _: [command],
    evolve=lambda count, _: count + 1,
    encode=lambda event: (_NAME, pack(StringValue(value=event))),
    decode=lambda recorded: recorded.body.value,
    occurred_at=lambda _: Instant(1),
)


def ready_made(tenant: str, shard: str) -> bytes:
    """A commit like the ones a shard writes."""
    now = SystemClock().now()
    events = [Event(now, _NAME, Raw(pack(StringValue(value=BODY)))) for _ in range(EVENTS_PER_COMMIT)]
    return encode(Commit(uuid7_bytes(now), tenant, shard, 0, 0, now, events))


async def raw(log: Log, shard: str, until: float) -> int:
    """Sends one prepared payload again and again, under a new message id each time."""
    subject = f"ev.raw.bench.{shard}"
    payload = ready_made("bench", shard)
    sent = 0
    while time.monotonic() < until:
        reply = await log.nc.request(subject, payload, timeout=5, headers={"Nats-Msg-Id": f"{shard}-{sent}"})
        assert "seq" in json.loads(reply.data)
        sent += 1
    return sent * EVENTS_PER_COMMIT


async def sharded(log: Log, shard: str, until: float) -> int:
    """Keeps a shard's queue filled with single-event commands until time is up."""
    writer = ShardWriter(Subject("bench", "bench", shard), DECIDER, log, SystemClock(), NoSnapshots())
    running = asyncio.create_task(writer.run())
    done = 0

    async def caller() -> None:
        nonlocal done
        while time.monotonic() < until:
            await writer.submit(BODY)
            done += 1

    await asyncio.gather(*(caller() for _ in range(2 * EVENTS_PER_COMMIT)))
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    return done


async def fed(log: Log, shard: str, until: float) -> int:
    """The same through the input path: no caller waits for each event."""
    writer = ShardWriter(Subject("fed", "bench", shard), DECIDER, log, SystemClock(), NoSnapshots())
    running = asyncio.create_task(writer.run())
    await writer.ready.wait()
    origin = Origin()
    n = 0
    while time.monotonic() < until:
        n += 1
        commands = [InputCommand(index, "bench.Input", origin, BODY) for index in range(100)]
        await writer.feed(InputCommit(n, "ev.other.bench.0", commands))
    await writer.reached_input(n)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    return n * 100


async def measured(
    name: str,
    log: Log,
    server: psutil.Process,
    shards: int,
    seconds: float,
    run: Callable[[Log, str, float], Awaitable[int]],
) -> float:
    """Runs one load and prints its line; returns events per second."""
    own, theirs, began = time.process_time(), sum(server.cpu_times()[:2]), time.monotonic()
    events = sum(await asyncio.gather(*(run(log, str(n), began + seconds) for n in range(shards))))
    took = time.monotonic() - began
    mine, its = time.process_time() - own, sum(server.cpu_times()[:2]) - theirs
    sys.stdout.write(
        f"{name:<34} {events / took:>9,.0f} events/s   client {1e6 * mine / events:6.1f} us   "
        f"server {1e6 * its / events:6.1f} us of CPU per event\n"
    )
    return events / took


async def measure(seconds: float) -> None:
    with scratch() as state:
        server = await embedded.start_nats(state)
        try:
            nc = await connect(server.url, "bench")
            log = Log(nc)
            await provision_streams(nc, (log_stream(1 << 34),), replicas=1)
            process = psutil.Process(server.pid)
            for shards in (1, 8):
                limit = await measured(f"raw publish, {shards} subject(s)", log, process, shards, seconds, raw)
                for name, run in (("fed", fed), ("submitted one by one", sharded)):
                    rate = await measured(f"{shards} shard(s), {name}", log, process, shards, seconds, run)
                    sys.stdout.write(f"{'':<34} {rate / limit:>9.0%} of the limit in this run\n")
            await nc.close()
        finally:
            server.kill9()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each of the six loads")
    asked = parser.parse_args()
    gc.set_threshold(*GARBAGE)
    uvloop.run(measure(asked.seconds))


if __name__ == "__main__":
    main()
