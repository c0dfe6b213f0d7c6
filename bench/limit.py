"""What a post costs at least: the same bytes, facts and rows by the libraries alone, against the whole stack.

The stack takes posts as in `bench/pipeline.py`. Then, on the same servers and with the services idle, the libraries
write and read again what it wrote. No line of ours decides, folds, checks, waits or recovers there; whatever can be in
a batch is, and no row is looked up or written a second time. A part's limit is the least of some tries.

| part   | what is done                                                                                            |
| ------ | ------------------------------------------------------------------------------------------------------- |
| call   | grpc.aio takes the requests and answers them                                                            |
| read   | orjson makes objects of the payloads                                                                    |
| seal   | for each sealed value: a key derived with HMAC-SHA256, AES-GCM set up and used                          |
| encode | msgspec writes each commit once                                                                         |
| decode | msgspec reads each commit and its facts as structs, once for each service that needs them               |
| log    | nats-py publishes the commits one after the other, each durable when answered; four readers take all    |
| tables | asyncpg copies the rows, in binary and two thousand a transaction, into tables with the same indexes    |
"""

from __future__ import annotations

import os

# Processes are started while channels are open, and what gRPC does in a forked child ends it now and then.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"

import argparse
import asyncio
import gc
import hmac
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import grpc.aio
import nats
import orjson
import uvloop
from _load import SERVICES, TENANT, Posts, Stack, seconds_of
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import msgpack
from nats.js.api import StreamConfig
from pipeline import BATCH, Sustained
from switchboard.ingest.v1 import events_structs, service_pb2, service_pb2_grpc

sys.path.pop(0)  # this directory: a file in it has the name of a package under test

from chassis.commits import Commit
from chassis.layout import decoder_of
from chassis.log import Log, connect
from chassis.process import GARBAGE

BACKLOG = 5_000
NEEDED_BY = {"post": 3, "work": 1}
"""How many services need the facts of a context and have not decided them: routing, crm and kpi those of posts, kpi
those of work."""
ROWS_TOGETHER = 2_000
ROWS_MIN = 0.05
"""A table that has fewer rows a post is not about posts."""
SCHEMAS = ("ingest", "routing", "crm", "kpi")
_POST = events_structs.PostReceived.NAME
_ECHO = "--echo"

Seconds = dict[str, float]
"""Of CPU, by process: `services`, `nats-server`, `postgres`."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a table, in the order of its pages."""

    schema: str
    name: str
    columns: Sequence[str]
    rows: Sequence[asyncpg.Record]


@dataclass(frozen=True, slots=True)
class Written:
    """What the stack wrote: the messages of the log by subject, the commits in them, the tables, and the sizes of what
    was sealed.
    """

    messages: Sequence[tuple[str, bytes]]
    commits: Sequence[Commit]
    tables: Sequence[Table]
    sealed: Sequence[int]
    posts: int

    @staticmethod
    async def by(stack: Stack) -> Written:
        """Reads it all."""
        log = Log(await connect(stack.endpoints["nats"], "bench"))
        entries = [entry async for batch in log.read() for entry in batch]
        await log.nc.close()
        received = [event.body for entry in entries for event in entry.events() if event.type == _POST]
        sealed = [len(part.ciphertext) for post in received for part in (post.personal, post.names)]
        connection = await asyncpg.connect(stack.endpoints["database"])
        try:
            tables = [table async for table in _tables(connection, len(received))]
        finally:
            await connection.close()
        messages = [(str(entry.subject), entry.data) for entry in entries]
        return Written(messages, [entry.commit for entry in entries], tables, sealed, len(received))


async def _tables(connection: asyncpg.Connection, posts: int) -> AsyncIterator[Table]:
    for row in await connection.fetch(
        """
        select schemaname, t.relname, array(
            select attname::text from pg_attribute
            where attrelid = relid and attnum > 0 and not attisdropped and attgenerated = '' order by attnum) as columns
        from pg_stat_user_tables t join pg_class c on c.oid = t.relid
        where schemaname = any($1) and relkind = 'r' order by 1, 2
        """,
        SCHEMAS,
    ):
        columns = ", ".join(f'"{column}"' for column in row["columns"])
        rows = await connection.fetch(f'select {columns} from {row["schemaname"]}."{row["relname"]}" order by ctid')
        if len(rows) > ROWS_MIN * posts:
            yield Table(row["schemaname"], row["relname"], row["columns"], rows)


class Echo(service_pb2_grpc.IngestServiceServicer):
    """Accepts everything."""

    async def IngestPosts(  # noqa: N802  # the contract's name
        self, requests: AsyncIterator[service_pb2.IngestPostsRequest], context: object
    ) -> AsyncIterator[service_pb2.IngestPostsResponse]:
        """As fast as may be."""
        async for request in requests:
            response = service_pb2.IngestPostsResponse(position="cAAA")
            for number, delivery in enumerate(request.deliveries):
                assert delivery.payload
                result = response.results.add(result=service_pb2.RESULT_ACCEPTED)
                result.posts.add(post=f"tenants/{TENANT}/posts/{number:036}")
            yield response


async def serve_echo() -> None:
    """Serves `Echo` in this process and prints its port."""
    server = grpc.aio.server()
    service_pb2_grpc.add_IngestServiceServicer_to_server(Echo(), server)  # type: ignore[no-untyped-call]
    sys.stdout.write(f"{server.add_insecure_port('127.0.0.1:0')}\n")
    await server.start()
    sys.stdout.flush()
    await server.wait_for_termination()


async def called(payloads: Sequence[bytes]) -> Seconds:
    process = await asyncio.create_subprocess_exec(sys.executable, __file__, _ECHO, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        port = int(await process.stdout.readline())
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            api = service_pb2_grpc.IngestServiceStub(channel)  # type: ignore[no-untyped-call]

            async def outgoing() -> AsyncIterator[service_pb2.IngestPostsRequest]:
                for at in range(0, len(payloads), BATCH):
                    deliveries = [service_pb2.Delivery(payload=payload) for payload in payloads[at : at + BATCH]]
                    yield service_pb2.IngestPostsRequest(source=f"tenants/{TENANT}/sources/x", deliveries=deliveries)

            before = seconds_of(process.pid)
            async for _ in api.IngestPosts(outgoing()):
                pass
            return {"services": seconds_of(process.pid) - before}
    finally:
        process.terminate()
        await process.wait()


async def read(payloads: Sequence[bytes]) -> Seconds:
    began = time.process_time()
    for payload in payloads:
        orjson.loads(payload)
    return {"services": time.process_time() - began}


async def sealed(sizes: Sequence[int]) -> Seconds:
    secret, plain = os.urandom(32), os.urandom(max(sizes))
    began = time.process_time()
    for number, size in enumerate(sizes):
        key = hmac.digest(secret, number.to_bytes(16, "big"), "sha256")
        AESGCM(key).encrypt(os.urandom(12), plain[: size - 16], key[:16])
    return {"services": time.process_time() - began}


async def encoded(commits: Sequence[Commit]) -> Seconds:
    encode = msgpack.Encoder().encode
    began = time.process_time()
    for commit in commits:
        encode(commit)
    return {"services": time.process_time() - began}


async def decoded(messages: Sequence[tuple[str, bytes]]) -> Seconds:
    decode = msgpack.Decoder(Commit).decode
    began = time.process_time()
    for subject, data in messages:
        for _ in range(NEEDED_BY.get(subject.split(".")[1], 0)):
            for event in decode(data).events:
                decoder = decoder_of(event.type)
                assert decoder is not None
                decoder(event.value)
    return {"services": time.process_time() - began}


async def logged(url: str, server: int, messages: Sequence[tuple[str, bytes]]) -> Seconds:
    nc = await nats.connect(url)
    js = nc.jetstream(timeout=30)
    await js.add_stream(StreamConfig(name="LIMIT", subjects=["limit.>"], compression="s2"))
    try:
        own, its = time.process_time(), seconds_of(server)
        for subject, data in messages:
            await js.publish(f"limit.{subject}", data)
        for _ in SERVICES:
            reading = await js.subscribe("limit.>", ordered_consumer=True)
            for _ in messages:
                await reading.next_msg(timeout=30)
            await reading.unsubscribe()
        return {"services": time.process_time() - own, "nats-server": seconds_of(server) - its}
    finally:
        await js.delete_stream("LIMIT")
        await nc.close()


async def stored(url: str, server: int, tables: Sequence[Table]) -> Seconds:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("create schema limits")
        for table in tables:
            await connection.execute(
                f'create table limits."{table.name}" (like {table.schema}."{table.name}" including all)'
            )
        own, its = time.process_time(), seconds_of(server)
        for table in tables:
            for at in range(0, len(table.rows), ROWS_TOGETHER):
                rows = table.rows[at : at + ROWS_TOGETHER]
                await connection.copy_records_to_table(
                    table.name, schema_name="limits", columns=table.columns, records=rows
                )
        return {"services": time.process_time() - own, "postgres": seconds_of(server) - its}
    finally:
        await connection.execute("drop schema limits cascade")
        await connection.close()


async def measured(seconds: float, rounds: int, running: str) -> dict[str, object]:
    async with Stack.up(running) as stack:
        source = await stack.connect()
        await stack.hire(20, 10)
        load = Sustained(stack, source, 0, BACKLOG)
        await load.run(3)  # connections, plans and caches
        await stack.lags(load.position)
        before, warm = stack.cpu(), load.accepted
        await load.run(seconds)
        await stack.lags(load.position)
        spent = {name: (now - before[name]) * 1e6 / (load.accepted - warm) for name, now in stack.cpu().items()}
        written = await Written.by(stack)
        payloads = Posts(seed=1).take(written.posts // BATCH * BATCH)
        pids = json.loads((Path(stack.state) / "processes.json").read_text())
        gc.freeze()
        least: dict[str, Seconds] = {}
        for _ in range(rounds):
            tries = {
                "call": await called(payloads),
                "read": await read(payloads),
                "seal": await sealed(written.sealed),
                "encode": await encoded(written.commits),
                "decode": await decoded(written.messages),
                "log": await logged(stack.endpoints["nats"], pids["nats-server"], written.messages),
                "tables": await stored(stack.endpoints["database"], pids["postgres"], written.tables),
            }
            for part, tried in tries.items():
                best = least.get(part, tried)
                least[part] = min(best, tried, key=lambda found: sum(found.values()))
    ours = {name: spent[name] for name in ("nats-server", "postgres")}
    ours["services"] = sum(spent[name] for name in SERVICES)
    limit = {
        part: {process: round(1e6 * took / written.posts, 1) for process, took in found.items()}
        for part, found in least.items()
    }
    by_process = {name: round(sum(found.get(name, 0.0) for found in limit.values()), 1) for name in ours}
    return {
        "posts": written.posts,
        "limit_us_per_post": limit,
        "limit_by_process": by_process | {"sum": round(sum(by_process.values()), 1)},
        "ours_us_per_post": {name: round(us, 1) for name, us in ours.items()} | {"sum": round(sum(ours.values()), 1)},
        "ours_by_limit": {name: round(ours[name] / by_process[name], 2) for name in ours}
        | {"sum": round(sum(ours.values()) / sum(by_process.values()), 2)},
    }


def main() -> None:
    if sys.argv[1:] == [_ECHO]:
        uvloop.run(serve_echo())
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0, help="of load on the stack")
    parser.add_argument("--rounds", type=int, default=3, help="tries of the libraries")
    parser.add_argument("--state", default="", help="load the stack that runs on this directory, for a profile")
    asked = parser.parse_args()
    gc.set_threshold(*GARBAGE)
    print(json.dumps(uvloop.run(measured(asked.seconds, asked.rounds, asked.state)), indent=2))


if __name__ == "__main__":
    main()
