"""Posts per second through one tenant's `work` shard, which is one for all of its desks: the ceiling of a tenant.

Posts come as `bench/pipeline.py` has them: two of three by a new author, half of the others answer in a thread. They
are reacted to already; what is measured is deciding, encoding, an append with its fsync, and folding, in a process that
does nothing else. `full` is a house that is full, so that cases wait; `free` one in which each case is offered at once;
`desks` the former with eight desks that share their agents.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import random
import sys
import time
from array import array
from collections.abc import Iterator

import psutil
import uvloop
from _scratch import scratch
from append import NoSnapshots
from chassis import embedded
from chassis.clock import Instant, SystemClock
from chassis.commands import InputCommand, InputCommit, Origin
from chassis.commits import Subject
from chassis.identity import uuid5, uuid7_bytes
from chassis.log import Log, connect
from chassis.process import GARBAGE
from chassis.shard import ShardWriter
from chassis.streams import log_stream, provision_streams
from routing import commands
from routing.cases import case_id_of
from routing.commands import Command
from routing.main import ROUTING
from routing.terms import AuthorKind, Direction, PostKind, Presence

FED = 250
"""Posts of one commit of ingest."""
NAMES = "6f1b7a52-3a5e-5c3c-9d0b-1f6f5b1c2d3e"
ACCOUNT = uuid5(NAMES, "account")


def posts(count: int, desks: int, seed: int = 1) -> Iterator[commands.AttachPost]:
    """What reactions make of posts."""
    chance = random.Random(seed)
    first, latest = array("Q"), array("Q")  # each author's posts by number: what is weighed is not the bench's own
    for number in range(count):
        post_id, before, author_number = uuid5(NAMES, f"post {number}"), "", number
        if first and chance.random() < 1 / 3:
            at = chance.randrange(len(first))
            author_number = first[at]
            before = uuid5(NAMES, f"post {latest[at]}") if chance.random() < 1 / 2 else ""
            latest[at] = number
        else:
            first.append(number)
            latest.append(number)
        author, desk = uuid5(NAMES, f"author {author_number}"), f"desk-{author_number % desks}"
        at_ = SystemClock().now()
        yield commands.AttachPost(
            post_id,
            case_id_of("bench", f"{desk}\n{post_id}"),
            desk,
            "x",
            f"x-{desk}",
            PostKind.POST,
            Direction.INBOUND,
            AuthorKind.CUSTOMER,
            author,
            uuid5(NAMES, f"@{author}"),
            before,
            True,
            False,
            (ACCOUNT,),
            (),
            "en",
            tuple(sorted({post_id, before} - {""})),
            Instant(at_ - 1_000_000),
            at_,
            None,
            at_,
        )


def trace(tag: bytes) -> str:
    """A trace of its own, as each post has that ingest appended."""
    return f"00-{tag.hex()}-{tag[:8].hex()}-01"


async def staffed(writer: ShardWriter, agents: int) -> None:  # type: ignore[type-arg]
    """As many agents, with a capacity of 10, who answer no offer."""
    now = SystemClock().now()
    await writer.submit(commands.CreateQueue("default", "", 3600, 86_400, (), now))
    for number in range(agents):
        await writer.submit(commands.RegisterAgent(f"agent-{number}", "", (), 10, (), now))
        await writer.submit(commands.SetPresence(f"agent-{number}", Presence.AVAILABLE, now))


async def measured(log: Log, server: psutil.Process, name: str, count: int, agents: int, desks: int) -> None:
    """Runs one load and prints its line."""
    subject = Subject("work", name, "0")
    writer = ShardWriter(subject, ROUTING, log, SystemClock(), NoSnapshots())
    running = asyncio.create_task(writer.run())
    await writer.ready.wait()
    await staffed(writer, agents)
    made = list(posts(count, desks))
    fed = []
    for at in range(0, count, FED):
        asked: list[InputCommand[Command]] = [
            InputCommand(index, "bench.Post", Origin("", (tag := uuid7_bytes(one.at)), tag, trace(tag)), one)
            for index, one in enumerate(made[at : at + FED])
        ]
        fed.append(InputCommit(at // FED + 1, f"ev.post.{name}.0", asked))
    gc.collect()
    own, theirs, began = time.process_time(), sum(server.cpu_times()[:2]), time.monotonic()
    for one in fed:
        await writer.feed(one)
    await writer.reached_input(len(fed))
    took = time.monotonic() - began
    mine, its = time.process_time() - own, sum(server.cpu_times()[:2]) - theirs
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    sys.stdout.write(
        f"{name:<6} {count / took:>8,.0f} posts/s   shard {1e6 * mine / count:6.1f} us   "
        f"server {1e6 * its / count:6.1f} us of CPU per post\n"
    )


async def main(count: int) -> None:
    with scratch() as state:
        server = await embedded.start_nats(state)
        try:
            nc = await connect(server.url, "bench")
            log = Log(nc)
            await provision_streams(nc, (log_stream(1 << 34),), replicas=1)
            process = psutil.Process(server.pid)
            await measured(log, process, "full", count, 20, 1)
            await measured(log, process, "free", count, count // 10 + 1, 1)
            await measured(log, process, "desks", count, 20, 8)
            await nc.close()
        finally:
            server.kill9()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=20_000)
    asked = parser.parse_args()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    uvloop.run(main(asked.posts))
