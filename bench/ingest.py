"""Deliveries per second from raw X JSON to a durable answer, client included, against raw publishes of the same bytes.

The limit is a client that publishes ready-made messages of the size of the commits ingest wrote, with the same fsync
and as many at a time. CPU is microseconds per delivery: of each process while the run lasted, and of each stage
measured alone beforehand. The yardstick, orjson.loads of one payload, says how fast the machine was: alone, and again
and again during the run (its own CPU is taken off the client's). CPU divided by it compares runs on a shared machine.
"""

from __future__ import annotations

import sys

from _scratch import scratch

sys.path.pop(0)  # this directory: a file in it has the name of the package under test

import argparse
import asyncio
import gc
import json
import os
import random
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection, Coroutine, Iterable
from contextlib import AsyncExitStack, suppress
from itertools import cycle
from pathlib import Path
from typing import ParamSpec, TypeVar

import grpc
import orjson
import psutil
import uvloop
from chassis import embedded, keyfile
from chassis.child import Child
from chassis.clock import SystemClock
from chassis.config import load
from chassis.log import Log, connect
from chassis.process import GARBAGE
from chassis.provisioning import provision
from chassis.sealing import SubjectKey
from chassis.streams import Stream, provision_streams
from chassis.vault import KeyVault
from grpc_health.v1 import health_pb2, health_pb2_grpc
from ingest import answers, channels, decider, sources
from ingest.batch import Call
from ingest.intake import Intake
from ingest.main import RESOURCES
from ingest.shards import POSTS, SHARDS, from_request, to_request
from ingest.views.source_directory import connections
from switchboard.ingest.v1 import internal_pb2, service_pb2, service_pb2_grpc

P = ParamSpec("P")
T = TypeVar("T")
Sending = Callable[..., AsyncIterable[service_pb2.IngestPostsResponse]]
"""IngestPosts with requests that are bytes already."""
BATCH = 200
AHEAD = 10
"""Batches a stream sends before it waits for an answer; the service works on 8 of them at a time."""
YARDSTICK_EVERY = 10
"""Batches between two looks at how fast the machine is."""
WORDS = [
    "parcel",
    "late",
    "refund",
    "please",
    "order",
    "number",
    "arrived",
    "broken",
    "thanks",
    "nobody",
    "answers",
    "flight",
    "cancelled",
    "bill",
    "twice",
    "wrong",
    "address",
    "waiting",
    "since",
    "yesterday",
    "support",
    "store",
    "opening",
    "again",
    "screen",
    "battery",
    "invoice",
    "card",
    "contract",
    "internet",
    "down",
]


def delivery(number: int, chance: random.Random) -> bytes:
    """A status as X sends it, about 2 kB; hardly an author writes twice."""
    author = chance.randrange(20_000_000)
    text = "@acme " + " ".join(chance.choices(WORDS, k=chance.randrange(8, 30))) + " 😀"
    user = {
        "id": author,
        "id_str": str(author),
        "name": f"Somebody {author}",
        "screen_name": f"user{author}",
        "location": "Springfield",
        "description": "Opinions are my own and none of your business. " * 2,
        "url": "https://example.org/profile",
        "protected": False,
        "followers_count": author % 5000,
        "friends_count": 300,
        "listed_count": 4,
        "created_at": "Mon Nov 29 21:18:15 +0000 2010",
        "favourites_count": 513,
        "utc_offset": None,
        "verified": False,
        "statuses_count": 9000,
        "lang": None,
        "profile_image_url_https": "https://pbs.example.org/profile_images/942858479592554497/BbazLO9L_normal.jpg",
        "profile_banner_url": "https://pbs.example.org/profile_banners/6253282/1497491515",
        "default_profile": False,
        "default_profile_image": False,
    }
    status = {
        "created_at": f"Wed Oct 08 20:{number // 6000 % 60:02}:{number // 100 % 60:02} +0000 2025",
        "id": 1_975_000_000_000_000_000 + number,
        "id_str": str(1_975_000_000_000_000_000 + number),
        "text": text,
        "source": '<a href="https://mobile.example.org" rel="nofollow">X Web App</a>',
        "truncated": False,
        "in_reply_to_status_id": None,
        "in_reply_to_status_id_str": None,
        "in_reply_to_user_id": None,
        "in_reply_to_user_id_str": None,
        "in_reply_to_screen_name": None,
        "user": user,
        "geo": None,
        "coordinates": None,
        "place": None,
        "contributors": None,
        "is_quote_status": False,
        "quote_count": 0,
        "reply_count": 0,
        "retweet_count": 0,
        "favorite_count": 0,
        "entities": {
            "hashtags": [],
            "urls": [],
            "user_mentions": [
                {"screen_name": "acme", "name": "Acme", "id": 99, "id_str": "99", "indices": [0, 5]},
            ],
            "symbols": [],
        },
        "favorited": False,
        "retweeted": False,
        "filter_level": "low",
        "lang": "en",
        "timestamp_ms": "1759954764000",
        "matching_rules": [{"tag": "acme care", "id": 1166916266197536768, "id_str": "1166916266197536768"}],
        "possibly_sensitive": False,
    }
    return json.dumps(status, ensure_ascii=False).encode()


class _Keys(KeyVault):
    """A vault that has every key at hand and asks no database."""

    def __init__(self) -> None:
        """Needs neither a database nor a secret file."""

    async def keys(self, tenant: str, subject_ids: Collection[str]) -> dict[str, SubjectKey | None]:
        return {subject: SubjectKey(tenant, subject, bytes(32)) for subject in subject_ids}


def stages(payloads: list[bytes]) -> dict[str, float]:
    """Microseconds of CPU per delivery of what happens in the service between gRPC and the log, each stage alone."""
    settings = sources.Settings(owned_accounts=("acme",))
    clock = SystemClock()
    now = clock.now()
    source = sources.Source("x-acme", "x", "", settings, now, now)
    connected = connections("acme", sources.Sources({"x-acme": source}))["x-acme"]
    intake = Intake(vault=_Keys(), shards=None, taken=None, quarantine=None, clock=clock)  # type: ignore[arg-type]
    spent: dict[str, float] = {}
    posts = decider.Posts()

    def timed(name: str, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        began = time.process_time()
        result = work(*given, **named)
        spent[name] = spent.get(name, 0.0) + time.process_time() - began
        return result

    for at in range(0, len(payloads), BATCH):
        some = payloads[at : at + BATCH]
        deliveries = service_pb2.IngestPostsRequest(deliveries=[service_pb2.Delivery(payload=p) for p in some])
        timed("of these: orjson.loads", lambda given: [orjson.loads(p) for p in given], some)
        timed(
            "of these: normalise",
            lambda given: [channels.read(p, "application/json", connected.account, now) for p in given],
            some,
        )
        batch = timed("read: normalise, post ids, results", intake.read, connected, deliveries.deliveries)
        timed("seal: identity ids, seal, digest, candidates", _finished, intake.seal(batch))
        for (call,) in batch.calls.values():
            asked = timed("ask: to an owner elsewhere", lambda given: from_request(to_request(given)), call.candidates)
            events = timed("decide", decider.decide, asked, posts)
            timed("evolve", lambda given: [decider.evolve(posts, event) for event in given], events)
            answer = timed("answer", answers.results_of, asked, posts, events)
            timed("encode events", lambda given: [POSTS.encode(event) for event in given], events)
            timed("tell", _tell, call, answer)
        timed("response", batch.response)
    told = {name: round(seconds * 1e6 / len(payloads), 2) for name, seconds in spent.items()}
    told["sum"] = round(sum(us for name, us in told.items() if "of these" not in name), 2)
    return told


def _tell(call: Call, answer: internal_pb2.RecordPostsResponse) -> None:
    for recipient, result, revision in zip(call.recipients, answer.results, answer.revisions, strict=True):
        recipient(result, revision)


def _finished(work: Coroutine[object, None, None]) -> None:
    """Runs a coroutine that waits for nothing."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise RuntimeError("it waits")


async def start(
    state: Path, replicas: int, profile: str
) -> tuple[dict[str, Child], dict[str, asyncio.subprocess.Process], str]:
    """(servers, replicas of the service by address, url of the log)"""
    nats = await embedded.start_nats(state)
    postgres = await embedded.start_postgres(state)
    database = await embedded.create_database(postgres.url, "bench")
    kek = state / "kek.jsonl"
    keyfile.create(kek)
    environment = {
        "SWITCHBOARD_NATS_URL": nats.url,
        "SWITCHBOARD_DATABASE_URL": database,
        "SWITCHBOARD_KEK_FILE": str(kek),
        "SWITCHBOARD_DRAIN_DELAY_S": "0",
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }
    await provision(load(environment, "ingest"), RESOURCES)
    services = {}
    for replica in range(replicas):
        port = embedded.free_port()
        log = (state / f"ingest-{replica}.log").open("wb")
        services[f"127.0.0.1:{port}"] = await asyncio.create_subprocess_exec(
            sys.executable,
            *(["-m", "cProfile", "-o", f"{profile}.{replica}"] if profile else []),
            "-m",
            "ingest.main",
            env=environment | {"SWITCHBOARD_INGEST_PORT": str(port), "SWITCHBOARD_MEMBER": f"ingest-{replica}"},
            stderr=log,
        )
    return {"nats": nats, "postgres": postgres}, services, nats.url


def cpu(pids: Iterable[int]) -> float:
    """Seconds of CPU of processes and their children."""
    total = 0.0
    for process in map(psutil.Process, pids):
        for one in (process, *process.children(recursive=True)):
            times = one.cpu_times()
            total += times.user + times.system
    return total


async def run(count: int, streams: int, replicas: int, profile: str) -> dict[str, object]:
    chance = random.Random(1)
    payloads = [delivery(number, chance) for number in range(count)]
    gc.freeze()
    gc.set_threshold(*GARBAGE)  # as in the service
    by_stage = stages(payloads[:5_000])
    stages_again = stages(payloads[:5_000])  # the first run warms caches
    with scratch() as directory:
        servers, services, nats_url = await start(directory, replicas, profile)
        try:
            return {
                "deliveries": count,
                "replicas": replicas,
                "bytes_per_delivery": round(sum(map(len, payloads)) / count),
                "cpu_us_per_delivery_by_stage_alone": stages_again
                if stages_again["sum"] < by_stage["sum"]
                else by_stage,
                **await measure(payloads, streams, directory, servers, services),
                **await limit(nats_url, count),
            }
        finally:
            for service in services.values():
                with suppress(ProcessLookupError):  # it has ended by itself
                    service.terminate()
            await asyncio.gather(*(service.wait() for service in services.values()))
            for server in servers.values():
                server.kill9()


async def measure(
    payloads: list[bytes],
    streams: int,
    state: Path,
    servers: dict[str, Child],
    services: dict[str, asyncio.subprocess.Process],
) -> dict[str, object]:
    async with AsyncExitStack() as stack:
        channels = [await stack.enter_async_context(grpc.aio.insecure_channel(target)) for target in services]
        for replica, (channel, service) in enumerate(zip(channels, services.values(), strict=True)):
            await ready(channel, service, state / f"ingest-{replica}.log")
        api = service_pb2_grpc.IngestServiceStub(channels[0])
        source = service_pb2.Source(channel="x", owned_accounts=["acme"])
        made = await api.CreateSource(
            service_pb2.CreateSourceRequest(parent="tenants/bench", source_id="x-acme", source=source)
        )
        name = made.source.name
        requests = [
            service_pb2.IngestPostsRequest(
                source=name, deliveries=[service_pb2.Delivery(payload=p) for p in payloads[at : at + BATCH]]
            ).SerializeToString()
            for at in range(0, len(payloads), BATCH)
        ]
        methods: list[Sending] = [
            channel.stream_stream(
                "/switchboard.ingest.v1.IngestService/IngestPosts",
                request_serializer=bytes,
                response_deserializer=service_pb2.IngestPostsResponse.FromString,
            )
            for channel in channels
        ]
        turns = list(zip(range(streams), cycle(methods), strict=False))
        warm = requests[: 2 * streams]
        await asyncio.gather(*(drive(method, warm[i::streams], [], Yardstick(payloads)) for i, method in turns))
        yardstick = Yardstick(payloads)
        pids = {"service": [service.pid for service in services.values()]}
        pids |= {name: [server.pid] for name, server in servers.items()}
        before = {name: cpu(processes) for name, processes in pids.items()}
        client = time.process_time()
        latencies: list[float] = []
        work = requests[2 * streams :]
        began = time.perf_counter()
        tallies = await asyncio.gather(*(drive(method, work[i::streams], latencies, yardstick) for i, method in turns))
        seconds = time.perf_counter() - began
        done = sum(map(sum, tallies))
        accepted = sum(tally[0] for tally in tallies)
        assert accepted == done == len(payloads) - len(warm) * BATCH, (accepted, done)
        latencies.sort()
        by_process = {
            "client": round((time.process_time() - client - yardstick.spent) * 1e6 / done, 1),
            **{name: round((cpu(processes) - before[name]) * 1e6 / done, 1) for name, processes in pids.items()},
        }
        by_process["sum"] = round(sum(by_process.values()), 1)
        unit = yardstick.microseconds()
        return {
            "deliveries_per_second": round(done / seconds),
            "seconds": round(seconds, 2),
            "batch_latency_ms": {
                "p50": round(latencies[len(latencies) // 2] * 1e3, 1),
                "p99": round(latencies[int(len(latencies) * 0.99)] * 1e3, 1),
            },
            "cpu_us_per_delivery_by_process": by_process,
            "yardstick_us_while_running": round(unit, 2),
            "cpu_in_yardsticks": {name: round(us / unit, 2) for name, us in by_process.items()},
        }


async def ready(channel: grpc.aio.Channel, service: asyncio.subprocess.Process, log: Path) -> None:
    """Waits until a replica serves. Raises RuntimeError with its last words when it ends instead."""

    async def serving() -> None:
        health = health_pb2_grpc.HealthStub(channel)
        watch = health.Watch(health_pb2.HealthCheckRequest(service="readiness"), wait_for_ready=True)
        async for status in watch:
            if status.status == health_pb2.HealthCheckResponse.SERVING:
                return

    waiting, ending = asyncio.ensure_future(serving()), asyncio.ensure_future(service.wait())
    await asyncio.wait((waiting, ending), return_when=asyncio.FIRST_COMPLETED)
    if ending.done():
        raise RuntimeError(f"a replica ended with {ending.result()}: {log.read_text()[-2000:]}")
    ending.cancel()


class Yardstick:
    """How much CPU reading one payload takes now and then; what its own CPU was."""

    def __init__(self, payloads: list[bytes]) -> None:
        self._some = payloads[:BATCH]
        self._times = 0
        self.spent = 0.0

    def look(self) -> None:
        began = time.process_time()
        for payload in self._some:
            orjson.loads(payload)
        self.spent += time.process_time() - began
        self._times += 1

    def microseconds(self) -> float:
        if not self._times:
            self.look()  # the run was over before it was time for one
        return self.spent * 1e6 / (self._times * len(self._some))


async def drive(
    method: Sending, requests: list[bytes], latencies: list[float], yardstick: Yardstick
) -> tuple[int, int]:
    """Sends requests over one stream, a few ahead of their answers; (accepted, anything else)."""
    sent: list[float] = []
    room = asyncio.Semaphore(AHEAD)

    async def outgoing() -> AsyncIterator[bytes]:
        for request in requests:
            await room.acquire()
            sent.append(time.perf_counter())
            yield request

    accepted = other = answered = 0
    async for response in method(outgoing()):
        latencies.append(time.perf_counter() - sent[answered])
        answered += 1
        room.release()
        new = sum([result.result == service_pb2.RESULT_ACCEPTED for result in response.results])
        accepted += new
        other += len(response.results) - new
        if answered % YARDSTICK_EVERY == 0:
            yardstick.look()
    return accepted, other


async def limit(nats_url: str, count: int) -> dict[str, object]:
    """Raw publishes of messages as large as the commits were, one at a time on each of as many subjects as shards."""
    nc = await connect(nats_url, "limit")
    try:
        log = Log(nc)
        commits = {str(subject): n for subject, n in (await log.subjects("ev.post.bench.*")).items()}
        info = await log.js.stream_info("EVENTS")
        written = info.state.bytes
        messages = sum(commits.values())
        body = bytes(written // messages)

        async def publish(shard: str) -> None:
            for _ in range(messages // len(SHARDS)):
                await nc.request(f"limit.{shard}", body, timeout=10)

        await provision_streams(nc, (Stream("LIMIT", ("limit.>",), permanent=True),), replicas=1)
        began = time.perf_counter()
        await asyncio.gather(*(publish(shard) for shard in SHARDS))
        seconds = time.perf_counter() - began
        per_second = count / seconds
        return {
            "commits": messages,
            "bytes_per_commit": len(body),
            "deliveries_per_commit": round(count / messages, 1),
            "limit_deliveries_per_second": round(per_second),
        }
    finally:
        await nc.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=60_000)
    parser.add_argument("--streams", type=int, default=2)
    parser.add_argument("--replicas", type=int, default=2, help="of the service, as a deployment has them")
    parser.add_argument("--profile", default="", help="file for the service's cProfile statistics; slows it down")
    arguments = parser.parse_args()
    report = uvloop.run(run(arguments.deliveries, arguments.streams, arguments.replicas, arguments.profile))
    report["ratio_to_limit"] = round(report["deliveries_per_second"] / report["limit_deliveries_per_second"], 3)  # type: ignore[operator]
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
