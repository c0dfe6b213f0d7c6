"""The disk is full, for NATS, for PostgreSQL and for `up` itself: callers are told, nothing acknowledged is lost, and
after somebody made room everything goes on without being asked to."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import grpc
import grpc.aio
import small_disk
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2 as details
from grpc_status import rpc_status
from switchboard.ingest.v1 import post_pb2
from switchboard.ingest.v1 import service_pb2 as api
from switchboard.ingest.v1.service_pb2_grpc import IngestServiceStub

COMMAND = str(Path(sys.executable).with_name("switchboard"))
PATIENCE_S = 150
DISK_MIB = 400
SERVICES = ("ingest", "routing", "crm", "kpi")
TENANT = "full"


class Stack:
    """`up` on a small disk."""

    def __init__(self, process: asyncio.subprocess.Process, endpoints: dict[str, str]) -> None:
        self.endpoints = endpoints
        self.said: list[str] = []
        self._process = process
        self._more = asyncio.Condition()

    async def listen(self) -> None:
        assert self._process.stderr
        while line := (await self._process.stderr.readline()).decode():
            async with self._more:
                self.said.append(line)
                self._more.notify_all()

    async def heard(self, sentence: str) -> None:
        async with asyncio.timeout(PATIENCE_S), self._more:
            await self._more.wait_for(lambda: any(sentence in line for line in self.said))

    async def disk(self, word: str) -> None:
        """`fill` or `free`."""
        assert self._process.stdin
        self._process.stdin.write(f"{word}\n".encode())
        await self.heard(f"small disk: {word}")

    async def findings(self) -> list[dict[str, object]]:
        """What `log verify` finds."""
        where = [word for name in SERVICES for word in (f"--{name}", self.endpoints[name])]
        verify = await asyncio.create_subprocess_exec(
            *(COMMAND, "log", "verify", "--json", *where), stdout=asyncio.subprocess.PIPE
        )
        out, _ = await verify.communicate()
        found: list[dict[str, object]] = json.loads(out)["findings"]
        return found


@asynccontextmanager
async def up_on_a_small_disk(disk: Path, *, filled: bool = False) -> AsyncIterator[Stack]:
    """Filled, it is full until `up` has said so."""
    disk.mkdir()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, small_disk.__file__, str(disk), str(DISK_MIB), *(["--filled"] if filled else [])),
        *(COMMAND, "up", "--state", str(disk / "state")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    assert process.stdin
    stack = Stack(process, {})
    listening = asyncio.create_task(stack.listen())
    try:
        if filled:
            await stack.heard("is full")
            await stack.disk("free")
        async with asyncio.timeout(PATIENCE_S):
            line = await process.stdout.readline()
        assert line, "".join(stack.said)
        # The disk is mounted for that process only; the line it prints has no password.
        written = Path(f"/proc/{process.pid}/root{disk}/state/endpoints.json")
        stack.endpoints = json.loads(line) | json.loads(written.read_text())
        yield stack
    finally:
        process.terminate()
        process.stdin.close()
        async with asyncio.timeout(PATIENCE_S):
            code = await process.wait()
        await listening
    assert code == 0, "".join(stack.said)


class Sender:
    """Hands over posts one by one and keeps what was acknowledged; a refused one is handed over again."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = IngestServiceStub(channel)
        self.acknowledged: list[str] = []
        self.refusals: Counter[str] = Counter()
        self.without_retry_info: list[str] = []
        self.position = ""

    async def connect(self) -> None:
        request = api.CreateSourceRequest(parent=f"tenants/{TENANT}", source_id="web", source=api.Source(channel="x"))
        await self._stub.CreateSource(request, timeout=60)

    async def until(self, enough: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not enough():
                await self._one(len(self.acknowledged))

    async def _one(self, number: int) -> None:
        post = post_pb2.NormalizedPost(
            external_id=f"post-{number}",
            author=post_pb2.Author(external_id=f"author-{number}"),
            text="x" * 2_000,
            published_at=Timestamp(seconds=1_760_000_000 + number),
        )
        request = api.IngestPostRequest(
            source=f"tenants/{TENANT}/sources/web", delivery=api.Delivery(normalized_post=post)
        )
        try:
            answer = await self._stub.IngestPost(request, timeout=60)
        except grpc.aio.AioRpcError as refused:
            self.refusals[refused.code().name] += 1
            self.without_retry_info += [] if _says_when(refused) else [str(refused.details())]
            return
        # An attempt whose answer was lost may have been carried out: then it is known already.
        assert answer.result.result in (api.RESULT_ACCEPTED, api.RESULT_DUPLICATE)
        self.acknowledged += [one.post for one in answer.result.posts]
        self.position = answer.position

    async def readable(self) -> int:
        """How many of the acknowledged posts are there to be read."""
        found = 0
        for name in self.acknowledged:
            request = api.GetPostRequest(name=name, min_position=self.position)
            found += (await self._stub.GetPost(request, timeout=60)).post.name == name
        return found


def _says_when(refused: grpc.aio.AioRpcError) -> bool:
    """Whether a refusal has RetryInfo."""
    status = rpc_status.from_call(refused)  # type: ignore[arg-type]  # it asks for less than a call
    return status is not None and any(detail.Is(details.RetryInfo.DESCRIPTOR) for detail in status.details)


async def exhaust_write_ahead_log(database: str) -> None:
    """Writes to PostgreSQL's log alone until the server gives up: it cannot go on without room there."""
    connection = await asyncpg.connect(database)
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                await connection.execute("select pg_logical_emit_message(false, 'full', repeat('x', 1000000))")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        connection.terminate()


async def test_a_full_disk_is_told_and_heals(state_dir: Path, record_property: Callable[[str, object], None]) -> None:
    async with (
        up_on_a_small_disk(state_dir / "disk") as stack,
        grpc.aio.insecure_channel(stack.endpoints["ingest"]) as channel,
    ):
        sender = Sender(channel)
        await sender.connect()
        await sender.until(lambda: len(sender.acknowledged) == 20)

        await stack.disk("fill")
        await sender.until(lambda: sender.refusals["RESOURCE_EXHAUSTED"] >= 2)
        await exhaust_write_ahead_log(stack.endpoints["database"])
        await stack.heard("postgres ended")
        await stack.disk("free")

        before = len(sender.acknowledged)
        await sender.until(lambda: len(sender.acknowledged) == before + 20)
        assert await sender.readable() == len(sender.acknowledged)
        findings = await stack.findings()
        assert findings
        assert [finding for finding in findings if not finding["ok"]] == []
        ended = [line for line in stack.said for name in SERVICES if line.startswith(f"switchboard: {name} ")]
        assert ended == [], "no service ended"
        assert sender.without_retry_info == []
        assert sender.refusals.keys() <= {"RESOURCE_EXHAUSTED", "UNAVAILABLE"}
        record_property("acknowledged and readable", len(sender.acknowledged))
        record_property("refusals", dict(sender.refusals))


async def test_up_on_a_full_disk_starts_once_there_is_room(state_dir: Path) -> None:
    async with up_on_a_small_disk(state_dir / "disk", filled=True) as stack:
        said = [line for line in stack.said if "starts once there is room" in line]
        assert len(said) == 1
        assert str(state_dir / "disk" / "state") in said[0]
        async with grpc.aio.insecure_channel(stack.endpoints["ingest"]) as channel:
            sender = Sender(channel)
            await sender.connect()
            await sender.until(lambda: len(sender.acknowledged) == 5)
