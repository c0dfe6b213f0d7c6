"""What the benches of the whole stack share: posts as X sends them, the stack itself, and who spent how much CPU."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import grpc
import grpc.aio
import psutil
from _scratch import scratch
from chassis import embedded
from chassis.child import Child
from switchboard.ingest.v1 import service_pb2, service_pb2_grpc
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc
from switchboard.routing.v1 import service_pb2 as routing
from switchboard.routing.v1 import service_pb2_grpc as routing_grpc
from switchboard.routing.v1.events_pb2 import PRESENCE_AVAILABLE
from switchboard_cli.supervision import service_child

TENANT = "bench"
SERVICES = ("ingest", "routing", "crm", "kpi")
BRAND = "acme"
_OPTIONS = [("grpc.max_receive_message_length", 64 * 1024 * 1024)]
_WORDS = (  # noqa: SIM905  # a sentence is easier to change than a list
    "parcel late refund please order number arrived broken thanks nobody answers flight cancelled bill twice wrong "
    "address waiting since yesterday support store opening again screen battery invoice card contract internet down"
).split()
_UP = """
import sys, pathlib
from switchboard_cli.stack import SERVICES, Stack, run_until_signal
run_until_signal(Stack(pathlib.Path(sys.argv[1]), services=[one for one in SERVICES if one.name in sys.argv[2:]]))
"""
"""`switchboard up` with some of the services."""
SETTLED_S = 5.0
"""After new replicas. Against: who is there is known after a second, and what moves has moved in two."""
_FORMS = 512
"""Different texts; what makes posts distinct is their ids and authors."""


@dataclass(slots=True)
class Posts:
    """An endless row of statuses of about 2 kB: two of three by a new author, half of the others answer in a thread."""

    seed: int = 1
    made: int = 0
    _chance: random.Random = field(init=False)
    _forms: list[bytes] = field(init=False)
    _authors: list[tuple[int, int]] = field(default_factory=list)
    """Author and its last post."""

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._forms = [_form(self._chance) for _ in range(_FORMS)]

    def take(self, count: int) -> list[bytes]:
        """The next ones, created now."""
        chance, authors, forms = self._chance, self._authors, self._forms
        created = datetime.now(UTC).strftime("%a %b %d %H:%M:%S +0000 %Y").encode()
        found = []
        for _ in range(count):
            self.made += 1
            number = 1_975_000_000_000_000_000 + self.seed * 10**12 + self.made
            before = 0
            if authors and chance.random() < 1 / 3:
                at = chance.randrange(len(authors))
                author, last = authors[at]
                before = last if chance.random() < 1 / 2 else 0
                authors[at] = author, number
            else:
                author = self.seed * 10**9 + self.made
                authors.append((author, number))
            thread = b'%d,"in_reply_to_status_id_str":"%d"' % (before, before) if before else b"null"
            form = forms[self.made % _FORMS]
            found.append(form % (created, number, number, thread, author, author, author, author))
        return found


def _form(chance: random.Random) -> bytes:
    """A status with holes for time, ids, thread and author."""
    text = f"@{BRAND} " + " ".join(chance.choices(_WORDS, k=chance.randrange(8, 30)))
    status = {
        "created_at": "%s",
        "id": "#%d",
        "id_str": "%d",
        "text": text,
        "source": '<a href="https://mobile.example.org" rel="nofollow">X Web App</a>',
        "truncated": False,
        "in_reply_to_status_id": "#%s",
        "in_reply_to_user_id": None,
        "in_reply_to_screen_name": None,
        "user": {
            "id": "#%d",
            "id_str": "%d",
            "name": "Somebody %d",
            "screen_name": "user%d",
            "location": "Springfield",
            "description": "Opinions are my own and none of your business. " * 2,
            "url": "https://example.org/profile",
            "protected": False,
            "followers_count": chance.randrange(5_000),
            "friends_count": 300,
            "listed_count": 4,
            "created_at": "Mon Nov 29 21:18:15 +0000 2010",
            "favourites_count": 513,
            "verified": False,
            "statuses_count": 9_000,
            "profile_image_url_https": "https://pbs.example.org/profile_images/942858479592554497/BbazLO9L_normal.jpg",
            "profile_banner_url": "https://pbs.example.org/profile_banners/6253282/1497491515",
        },
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
            "user_mentions": [{"screen_name": BRAND, "name": "Acme", "id": 99, "id_str": "99", "indices": [0, 5]}],
            "symbols": [],
        },
        "favorited": False,
        "retweeted": False,
        "filter_level": "low",
        "lang": "en",
        "matching_rules": [{"tag": "acme care", "id_str": "1166916266197536768"}],
    }
    written = json.dumps(status)
    for hole in ("#%d", "#%s"):
        written = written.replace(f'"{hole}"', hole[1:])
    return written.encode()


class Stack:
    """`switchboard up` in a process of its own, on a directory that is gone afterwards."""

    def __init__(self, state: Path, process: asyncio.subprocess.Process | None, endpoints: dict[str, str]) -> None:
        self.state = state
        self.endpoints = endpoints
        self.process = process
        served = [name for name in SERVICES if name in endpoints]
        self.channels = {name: grpc.aio.insecure_channel(endpoints[name], _OPTIONS) for name in served}
        self.intakes = [self.channels["ingest"]]
        """A channel to each replica of ingest."""
        self._more: list[tuple[str, Child]] = []

    @staticmethod
    @contextlib.asynccontextmanager
    async def up(running: str = "", services: Sequence[str] = SERVICES) -> AsyncIterator[Stack]:
        """Starts it; stops it as Ctrl-C would. Or uses the one that runs on the directory `running`, to look inside."""
        if running:
            yield Stack(Path(running), None, _endpoints(running))
            return
        with scratch() as directory:
            command = [Path(sys.executable).with_name("switchboard"), "up", "--state", directory]
            process = await asyncio.create_subprocess_exec(
                *(command if services == SERVICES else [sys.executable, "-c", _UP, directory, *services]),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
            assert process.stdout is not None
            assert await process.stdout.readline(), "the stack did not start"
            stack = Stack(directory, process, _endpoints(str(directory)))
            try:
                yield stack
            finally:
                for channel in {*stack.channels.values(), *stack.intakes}:
                    await channel.close()
                for _, replica in stack._more:
                    await replica.stop()
                with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                    process.terminate()
                await process.wait()

    async def replicate(self, more: int) -> None:
        """Starts so many more replicas of each service, and waits until they own what is theirs."""
        pids: dict[str, int] = json.loads((self.state / "processes.json").read_text())
        for name in self.channels:
            first = psutil.Process(pids[name])
            environment, module = first.environ(), first.cmdline()[-1]
            for number in range(1, more + 1):
                port = embedded.free_port()
                own = {
                    "SWITCHBOARD_GRPC_PORT": str(port),
                    "SWITCHBOARD_METRICS_PORT": str(embedded.free_port()),
                    "SWITCHBOARD_MEMBER": f"{name}-{number}",
                }
                replica = service_child(f"{name}-{number}", module, port, self.state, environment | own)
                await replica.start()
                self._more.append((name, replica))
                if name == "ingest":
                    self.intakes.append(grpc.aio.insecure_channel(f"127.0.0.1:{port}", _OPTIONS))
        await asyncio.sleep(SETTLED_S)

    async def connect(self) -> str:
        """Connects the one source; returns its name."""
        api = service_pb2_grpc.IngestServiceStub(self.channels["ingest"])
        source = service_pb2.Source(channel="x", owned_accounts=[BRAND])
        asked = service_pb2.CreateSourceRequest(parent=f"tenants/{TENANT}", source_id="x-acme", source=source)
        with contextlib.suppress(grpc.aio.AioRpcError):  # there already, on a stack that ran before
            await api.CreateSource(asked)
        return f"tenants/{TENANT}/sources/x-acme"

    async def hire(self, agents: int, capacity: int) -> None:
        """Agents who take any work and never answer an offer; their offers stay open for a day."""
        api = routing_grpc.RoutingServiceStub(self.channels["routing"])
        parent = f"tenants/{TENANT}"
        queue = routing.Queue(name=f"{parent}/queues/default", offer_timeout_s=86_400)
        asked = routing.UpdateQueueRequest(queue=queue, request_id=str(uuid.uuid4()))
        asked.update_mask.paths.append("offer_timeout_s")
        async with asyncio.timeout(10):
            while True:  # the tenant is new to this service for a moment
                try:
                    await api.UpdateQueue(asked)
                    break
                except grpc.aio.AioRpcError as error:
                    if error.code() not in (grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNAVAILABLE):
                        raise
                    await asyncio.sleep(0.1)

        async def one(number: int) -> None:
            made = await api.CreateAgent(
                routing.CreateAgentRequest(
                    parent=parent,
                    agent_id=f"agent-{number}",
                    agent=routing.Agent(display_name=f"Agent {number}", capacity=capacity),
                    request_id=str(uuid.uuid4()),
                )
            )
            await api.SetPresence(
                routing.SetPresenceRequest(
                    name=made.agent.name, presence=PRESENCE_AVAILABLE, request_id=str(uuid.uuid4())
                )
            )

        await asyncio.gather(*(one(number) for number in range(agents)))

    async def until(self, service: str, position: str) -> str:
        """Waits until a service has consumed the log up to a position; returns where the consequences end."""
        api = integrity_pb2_grpc.IntegrityServiceStub(self.channels[service])
        asked = integrity_pb2.WaitUntilRequest(position=position, tenant=TENANT)
        return (await api.WaitUntil(asked, timeout=300)).position

    async def lags(self, position: str) -> dict[str, float]:
        """Seconds from now until each service, shards and views, has all consequences of a position."""
        began = time.monotonic()
        spent: dict[str, float] = {}

        async def one(service: str, at: str) -> str:
            reached = await self.until(service, at)
            spent[service] = time.monotonic() - began
            return reached

        async def work() -> None:
            await one("kpi", await one("routing", position))

        following = [one("crm", position), work()] if len(self.channels) > 1 else []
        await asyncio.gather(one("ingest", position), *following)
        return spent

    async def running(self, name: str) -> int:
        """The pid of one of its processes; one that is just being started again is waited for."""
        async with asyncio.timeout(60):
            while True:
                pids: dict[str, int] = json.loads((self.state / "processes.json").read_text())
                if psutil.pid_exists(pids[name]):
                    return pids[name]
                await asyncio.sleep(0.05)

    def cpu(self) -> dict[str, float]:
        """Seconds of CPU of every process with its children so far; the client is this process."""
        pids: dict[str, int] = json.loads((self.state / "processes.json").read_text())
        del pids["switchboard"]
        found = {name: seconds_of(pid) for name, pid in pids.items()}
        for name, replica in self._more:
            found[name] += seconds_of(replica.pid)
        return {**found, "client": time.process_time()}


def seconds_of(pid: int) -> float:
    """Seconds of CPU of a process with its children so far."""
    total, process = 0.0, psutil.Process(pid)
    for one in (process, *process.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(one.cpu_times()[:2])
    return total


def quantile(values: list[float], share: float) -> float:
    """A value of a sorted list."""
    return float("nan") if not values else values[min(len(values) - 1, int(len(values) * share))]


def _endpoints(state: str) -> dict[str, str]:
    """What serves where, with the passwords that `up` does not print."""
    found: dict[str, str] = json.loads((Path(state) / "endpoints.json").read_text())
    return found
