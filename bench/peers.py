"""Ours beside the two best things one would build instead, in one run: CPU per post by process, and who loses what.

The bare pipeline (`_bare.py`) is held against our four services, the `eventsourcing` library with a projection batched
by hand (`_eventsourced.py`) against our ingest alone; what each does and does not do is said there. All have servers of
their own, started as ours are and so with the same fsync, and are fed the same posts by the same client through the
same call. They take turns: each round gives every one of them the load of `pipeline.py sustained`. CPU counts until the
last consequence. A ratio is ours by theirs in one round; the median of the rounds is printed.

`--kill`: processes are killed with -9 one after the other under load and started again, while the client sends the
posts of every call that was not answered again, in other calls. Counted at the end: posts answered for that are not
there (lost), and posts that are in the table, in the log or in cases more than once (doubled).
"""

from __future__ import annotations

import os

# Processes are started while channels are open, and what gRPC does in a forked child ends it now and then.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "false"

import argparse
import asyncio
import contextlib
import json
import random
import signal
import sys
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import asyncpg
import grpc
import grpc.aio
import msgspec
import nats
import psutil
import uvloop
from _bare import STREAM, WRITER, Batch
from _bare import provision as provision_bare
from _eventsourced import application
from _load import SERVICES, TENANT, Posts, Stack, seconds_of
from _scratch import scratch
from chassis import embedded
from chassis.cancellation import raise_if_cancelled
from chassis.commits import Position
from nats.js.api import AckPolicy, ConsumerConfig
from pipeline import Sustained
from switchboard.ingest.v1 import service_pb2, service_pb2_grpc

HERE = Path(__file__).parent
BACKLOG = 5_000
CALL = 200
CALLERS = 4
PROMPT = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500)]
"""A service that was killed is back in a second."""
POLL_S = 0.05
PATIENCE_S = 120.0
TAKEN = {service_pb2.RESULT_ACCEPTED, service_pb2.RESULT_DUPLICATE}
KINDS = ("client", "services", "postgres", "nats")
PAIRS = (("ours", "bare", 1.4), ("ours", "packed", None), ("our ingest", "eventsourcing", 0.5))
"""Ours, theirs, and the ratio that is the goal."""
_KEPT_IN = {"PostReceived": "log", "CaseBegun": "cases", "PostPlaced": "cases", "PostAttached": "cases"}


class Ours:
    """Our stack, or ingest alone."""

    processes: Sequence[str]

    def __init__(self, name: str, stack: Stack, source: str) -> None:
        self.name = name
        self.source = source
        self.channels = stack.channels
        self.intakes = stack.intakes
        self.lags = stack.lags
        self.processes = tuple(stack.channels)
        self._stack = stack

    @staticmethod
    @contextlib.asynccontextmanager
    async def up(name: str, services: Sequence[str]) -> AsyncIterator[Ours]:
        async with Stack.up(services=services) as stack:
            source = await stack.connect()
            if "routing" in services:
                await stack.hire(20, 10)
            yield Ours(name, stack, source)

    def names(self, payloads: list[bytes], answer: service_pb2.IngestPostsResponse) -> list[str]:
        """The posts of a call, as `kept` calls them."""
        return [one.posts[0].post.rpartition("/")[2] for one in answer.results]

    def order(self, position: str) -> int:
        """What comes later is more."""
        return Position.decode(position)

    def cpu(self) -> dict[str, float]:
        found = self._stack.cpu()
        kinds = {"client": found.pop("client"), "postgres": found.pop("postgres"), "nats": found.pop("nats-server")}
        return kinds | {"services": sum(found.values())}

    async def kill(self, process: str) -> None:
        """One that is just being started again is waited for."""
        os.kill(await self._stack.running(process), signal.SIGKILL)

    async def kept(self) -> dict[str, Counter[str]]:
        """How often each post is in the table, in the log and in cases."""
        found: dict[str, Counter[str]] = {"table": Counter(), "log": Counter()}
        database = await asyncpg.connect(self._stack.endpoints["database"])
        tables = await database.fetch("select table_schema, table_name from information_schema.tables")
        [(schema, table)] = [one for one in tables if one[1].startswith("posts_v")]
        for (post_id,) in await database.fetch(f'select post_id from "{schema}"."{table}" where revision > 0'):
            found["table"][str(post_id)] += 1
        await database.close()
        switchboard = str(Path(sys.executable).with_name("switchboard"))
        export = [switchboard, "log", "export", "--tenant", TENANT, "--state", str(self._stack.state)]
        exporting = await asyncio.create_subprocess_exec(*export, stdout=asyncio.subprocess.PIPE, limit=1 << 20)
        assert exporting.stdout is not None
        async for line in exporting.stdout:
            fact = json.loads(line)
            if where := _KEPT_IN.get(fact["type"].rpartition(".")[2]):
                post = fact["data"].get("post", fact["data"])
                found.setdefault(where, Counter())[post["post_id"]] += 1
        assert await exporting.wait() == 0
        return found


class Peer(ABC):
    """A peer's servers and its processes."""

    source = f"tenants/{TENANT}/sources/x-acme"
    file: str
    processes: Sequence[str]
    needs_nats = False
    environment: Mapping[str, str] = {}

    def __init__(self, name: str, servers: dict[str, Any], nats_url: str, database_url: str) -> None:
        self.name = name
        self.channels: dict[str, grpc.aio.Channel] = {}
        self._servers = servers
        self._port = embedded.free_port()
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._environment = {
            **os.environ,
            "PEER_PORT": str(self._port),
            "PEER_NATS": nats_url,
            "PEER_DATABASE": database_url,
            **self.environment,
        }
        self.nats_url = nats_url
        self.database_url = database_url

    @classmethod
    @contextlib.asynccontextmanager
    async def up(cls, name: str) -> AsyncIterator[Peer]:
        with scratch() as state:
            servers = {"postgres": await embedded.start_postgres(state)}
            database_url = await embedded.create_database(servers["postgres"].url, "peer")
            nats_url = ""
            if cls.needs_nats:
                servers["nats"] = await embedded.start_nats(state)
                nats_url = servers["nats"].url
            peer = cls(name, servers, nats_url, database_url)
            await peer.provision()
            for process in cls.processes:
                await peer.start(process)
            peer.channels = {"ingest": grpc.aio.insecure_channel(f"127.0.0.1:{peer._port}", PROMPT)}
            async with asyncio.timeout(30):
                await peer.channels["ingest"].channel_ready()
            try:
                yield peer
            finally:
                for running in peer._running.values():
                    with contextlib.suppress(ProcessLookupError):
                        running.kill()
                    await running.wait()
                await peer.channels["ingest"].close()
                await peer.close()
                for server in servers.values():
                    await server.stop()

    @property
    def intakes(self) -> Sequence[grpc.aio.Channel]:
        """Where posts go."""
        return tuple(self.channels.values())

    @abstractmethod
    async def provision(self) -> None:
        """Tables and streams."""

    @abstractmethod
    async def close(self) -> None:
        """Connections of the client."""

    @abstractmethod
    async def reached(self) -> int:
        """The position up to which there are all consequences."""

    @abstractmethod
    async def kept(self) -> dict[str, Counter[str]]:
        """How often each post is in the table and in the log."""

    async def start(self, process: str) -> None:
        self._running[process] = await asyncio.create_subprocess_exec(
            sys.executable, str(HERE / self.file), process, env=self._environment
        )

    async def kill(self, process: str) -> None:
        """And start it again, as a supervisor would."""
        self._running[process].kill()
        await self._running[process].wait()
        await self.start(process)

    async def supervise(self) -> None:
        """Starts what ended by itself again, and says so."""
        for process, running in list(self._running.items()):
            if running.returncode is not None:
                print(f"{process} of {self.name} ended with {running.returncode}: started again", file=sys.stderr)
                await self.start(process)

    def names(self, payloads: list[bytes], answer: service_pb2.IngestPostsResponse) -> list[str]:
        return [json.loads(payload)["id_str"] for payload in payloads]

    def order(self, position: str) -> int:
        return int(position or 0)

    async def lags(self, position: str) -> dict[str, float]:
        began = time.monotonic()
        async with asyncio.timeout(PATIENCE_S):
            while await self.reached() < int(position):  # another process gets there
                raise_if_cancelled()
                await self.supervise()
                await asyncio.sleep(POLL_S)
        return {"all": time.monotonic() - began}

    def cpu(self) -> dict[str, float]:
        kinds = {name: seconds_of(server.pid) for name, server in self._servers.items()}
        services = 0.0
        for one in self._running.values():
            with contextlib.suppress(psutil.NoSuchProcess):  # it ended by itself; `supervise` will see it
                services += seconds_of(one.pid)
        return {"nats": 0.0} | kinds | {"services": services, "client": time.process_time()}


class Bare(Peer):
    file = "_bare.py"
    processes = ("intake", "writer")
    needs_nats = True

    async def provision(self) -> None:
        await provision_bare(self.nats_url, self.database_url)
        self._nc = await nats.connect(self.nats_url)
        self._js = self._nc.jetstream()

    async def close(self) -> None:
        await self._nc.close()

    async def reached(self) -> int:
        try:
            return (await self._js.consumer_info(STREAM, WRITER)).ack_floor.stream_seq
        except nats.js.errors.NotFoundError:  # the writer makes it
            return 0

    async def kept(self) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = {"table": Counter(), "log": Counter()}
        database = await asyncpg.connect(self.database_url)
        found["table"].update(row[0] for row in await database.fetch("select id from posts"))
        await database.close()
        reading = await self._js.pull_subscribe(
            "posts.>", stream=STREAM, config=ConsumerConfig(ack_policy=AckPolicy.NONE)
        )
        left = (await self._js.stream_info(STREAM)).state.messages
        while left:
            messages = await reading.fetch(min(left, CALL), timeout=PATIENCE_S)
            left -= len(messages)
            for message in messages:
                found["log"].update(post.id for post in Batch.validate_json(message.data))
        return found


class Packed(Bare):
    environment = {"PEER_PACKED": "yes"}  # noqa: RUF012


class EventSourced(Peer):
    file = "_eventsourced.py"
    processes = ("intake", "view")

    async def provision(self) -> None:
        (await asyncio.to_thread(application, self.database_url)).close()
        self._database = await asyncpg.connect(self.database_url)

    async def close(self) -> None:
        await self._database.close()

    async def reached(self) -> int:
        try:
            found = await self._database.fetchval(
                "select notification_id from posts_tracking where application_name = 'Posts'"
            )
        except asyncpg.UndefinedTableError:  # the view makes it
            return 0
        return found or 0

    async def kept(self) -> dict[str, Counter[str]]:
        tables = {"table": "select external_id from posts", "log": "select state from posts_events"}
        rows = {where: [row[0] for row in await self._database.fetch(query)] for where, query in tables.items()}
        received = [msgspec.json.decode(state)["external_id"] for state in rows["log"]]
        return {"table": Counter(rows["table"]), "log": Counter(received)}


Contender = Ours | Peer


@contextlib.asynccontextmanager
async def contenders(only: str) -> AsyncIterator[list[Contender]]:
    makers = {
        "ours": lambda: Ours.up("ours", SERVICES),
        "bare": lambda: Bare.up("bare"),
        "packed": lambda: Packed.up("packed"),
        "our ingest": lambda: Ours.up("our ingest", ("ingest",)),
        "eventsourcing": lambda: EventSourced.up("eventsourcing"),
    }
    wanted = [make for name, make in makers.items() if not only or name in only.split(",")]
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(make()) for make in wanted]


async def once(contender: Contender, seconds: float, seed: int) -> dict[str, float]:
    """One turn: microseconds of CPU per post by kind of process, and posts per second."""
    load = Sustained(contender, contender.source, 0, BACKLOG, Posts(seed=seed))  # type: ignore[arg-type]
    if isinstance(contender, Peer):
        await contender.supervise()
    before, began = contender.cpu(), time.monotonic()
    try:
        async with asyncio.timeout(seconds + PATIENCE_S):  # an answer that never comes ends the bench, not its reader
            await load.run(seconds)
            await contender.lags(load.position)
    except TimeoutError:
        done = f"{load.accepted} posts are answered and {load.done} everywhere"
        raise SystemExit(f"{contender.name} stands still for {PATIENCE_S:.0f} s: {done}") from None
    took, after = time.monotonic() - began, contender.cpu()
    spent = {kind: (after[kind] - before[kind]) * 1e6 / load.accepted for kind in KINDS}
    return spent | {"sum": sum(spent.values()), "posts_per_second": load.accepted / took}


async def compared(seconds: float, rounds: int, only: str) -> dict[str, Any]:
    """Turns until every contender had `rounds`, after one that warms up."""
    async with contenders(only) as all_of_them:
        turns: dict[str, list[dict[str, float]]] = {one.name: [] for one in all_of_them}
        for number in range(rounds + 1):
            order = all_of_them if number % 2 else all_of_them[::-1]
            for one in order:
                turn = await once(one, seconds if number else min(seconds, 3.0), number + 1)
                if number:
                    turns[one.name].append(turn)
                    print(f"round {number}, {one.name}: {rounded(turn)}", file=sys.stderr)
    ratios = {}
    for mine, theirs, goal in PAIRS:
        if mine in turns and theirs in turns:
            found = [a["sum"] / b["sum"] for a, b in zip(turns[mine], turns[theirs], strict=True)]
            ratios[f"{mine} / {theirs}"] = {"median": median(found), "rounds": found, "goal": goal}
    medians = {name: {what: median([turn[what] for turn in one]) for what in one[0]} for name, one in turns.items()}
    return {"cpu_ratios": ratios, "cpu_us_per_post": medians, "rounds": turns}


def print_compared(report: dict[str, Any]) -> None:
    print(f"{'CPU of a post, ours / theirs':<32}{'median':>8}{'least':>8}{'most':>8}{'goal':>8}")
    for name, ratio in report["cpu_ratios"].items():
        rounds = ratio["rounds"]
        print(f"{name:<32}{ratio['median']:8.2f}{min(rounds):8.2f}{max(rounds):8.2f}{ratio['goal'] or '-':>8}")
    print(f"\n{'us of CPU per post':<18}" + "".join(f"{kind:>10}" for kind in (*KINDS, "sum", "posts/s")))
    for name, us in report["cpu_us_per_post"].items():
        print(
            f"{name:<18}"
            + "".join(f"{us[kind]:10.1f}" for kind in (*KINDS, "sum"))
            + f"{us['posts_per_second']:10,.0f}"
        )


async def survived(contender: Contender, posts: int, kills: int) -> dict[str, int]:
    """Delivers posts while its processes are killed in turn; what became of them."""
    chance = random.Random(1)
    waiting = Posts(seed=1).take(posts)
    wanted: set[str] = set()
    repeated, last, answered = 0, "", asyncio.Condition()

    async def caller() -> None:
        nonlocal repeated, last
        api = service_pb2_grpc.IngestServiceStub(contender.channels["ingest"])
        while waiting:
            payloads = [waiting.pop() for _ in range(min(len(waiting), chance.randrange(CALL // 2, CALL * 3 // 2)))]
            deliveries = [service_pb2.Delivery(payload=payload) for payload in payloads]
            request = service_pb2.IngestPostsRequest(source=contender.source, deliveries=deliveries)
            try:
                [answer] = [one async for one in api.IngestPosts(iter([request]), wait_for_ready=True, timeout=30)]
            except (grpc.aio.AioRpcError, ValueError):  # ValueError: the stream ended without an answer
                waiting.extend(payloads)
                repeated += len(payloads)
                await asyncio.sleep(0.1)
                continue
            assert {one.result for one in answer.results} <= TAKEN, answer.results
            wanted.update(contender.names(payloads, answer))
            last = max(last, answer.position, key=contender.order)
            async with answered:
                answered.notify_all()

    async def killer() -> None:
        for number in range(kills):
            due = (number + 1) * posts // (kills + 1)
            async with answered:
                await answered.wait_for(lambda due=due: len(wanted) >= due)
            await contender.kill(contender.processes[number % len(contender.processes)])

    async with asyncio.timeout(2 * PATIENCE_S):
        await asyncio.gather(*(caller() for _ in range(CALLERS)), killer())
    await caught_up(contender, last)
    assert len(wanted) == posts
    kept = await contender.kept()
    lost = {f"lost: not in {where}": len(wanted - set(found)) for where, found in kept.items()}
    doubled = {f"doubled: in {where}": sum(found.values()) - len(found) for where, found in kept.items()}
    return {"posts": posts, "kills": kills, "posts sent again": repeated, **lost, **doubled}


async def caught_up(contender: Contender, position: str) -> None:
    """A process that was just killed answers again after a moment."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with contextlib.suppress(grpc.aio.AioRpcError):
                await contender.lags(position)
                return
            await asyncio.sleep(0.1)


async def killed(posts: int, kills: int, only: str) -> dict[str, dict[str, int]]:
    async with contenders(only) as all_of_them:
        return {one.name: await survived(one, posts, kills) for one in all_of_them}


def print_killed(report: dict[str, dict[str, int]]) -> None:
    names = list(report)
    whats: Iterable[str] = dict.fromkeys(what for found in report.values() for what in found)
    print(f"{'killed with -9 under load':<24}" + "".join(f"{name:>14}" for name in names))
    for what in whats:
        print(f"{what:<24}" + "".join(f"{report[name].get(what, '-'):>14}" for name in names))


def rounded(told: Any) -> Any:
    """Numbers of which no digit is noise."""
    match told:
        case dict():
            return {key: rounded(value) for key, value in told.items()}
        case list():
            return [rounded(value) for value in told]
        case float():
            return round(told, 3)
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8.0, help="of load in each turn")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="names of contenders, separated by commas")
    parser.add_argument("--kill", action="store_true", help="count what is lost and doubled instead")
    parser.add_argument("--posts", type=int, default=20_000, help="with --kill")
    parser.add_argument("--kills", type=int, default=8, help="with --kill")
    asked = parser.parse_args()
    if asked.kill:
        found = uvloop.run(killed(asked.posts, asked.kills, asked.only))
        print_killed(found)
    else:
        report = uvloop.run(compared(asked.seconds, asked.rounds, asked.only))
        print_compared(report)
        print()
        print(json.dumps(rounded(report), indent=2))


if __name__ == "__main__":
    main()
