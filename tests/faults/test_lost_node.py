"""Given three NATS nodes, when the one that leads everything dies, then members, tenants, writers and readers go on."""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import recording
from chassis.clock import SystemClock
from chassis.commits import STREAM, Subject
from chassis.errors import Unavailable
from chassis.identity import uuid7_bytes
from chassis.log import Log, connect
from chassis.membership import Membership
from chassis.streams import TENANTS, log_stream, members, stream_findings
from chassis.tenants import Tenants
from nats_cluster import NatsCluster, asked, lead
from provisioned import LOG_BYTES, provision_log
from switchboard.log.v1 import log_pb2
from tally import running
from waiting import becomes

PATIENCE_S = 60
LED = (STREAM, f"KV_{TENANTS.name}", f"KV_{members('tally').name}")
DECLARED = (log_stream(LOG_BYTES), TENANTS, members("tally"))


class Replica:
    """One process's view of members and tenants, and a reader at the end of the log."""

    def __init__(self, log: Log, member: str) -> None:
        self.log = log
        self.membership = Membership(log, "tally", member)
        self.tenants = Tenants(log)
        self.read: list[int] = []
        self.moved = asyncio.Condition()
        self.changes: list[frozenset[str]] = []
        self.membership.on_change(self._changed)

    def _changed(self) -> None:
        self.changes.append(self.membership.members)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for part in (self.membership.run, self.tenants.run, self.follow):
                tasks.create_task(part())

    async def follow(self) -> None:
        async with aclosing(self.log.follow(0)) as batches:
            async for batch in batches:
                self.read += [entry.position for entry in batch]
                async with self.moved:
                    self.moved.notify_all()

    async def reached(self, position: int) -> None:
        async with self.moved:
            await self.moved.wait_for(lambda: bool(self.read) and self.read[-1] >= position)


async def reader_nodes(log: Log) -> set[str]:
    """The nodes on which the readers' consumers live."""
    listed = (await asked(log.nc, f"CONSUMER.LIST.{STREAM}")).get("consumers", [])
    return {one["cluster"]["leader"] for one in listed}


async def registered(tenants: Tenants, tenant: str) -> bool:
    """Whether it is now; who registers a tenant repeats it while the log is away."""
    try:
        await tenants.ensure(tenant)
    except Unavailable:
        return False
    return True


async def test_the_loss_of_the_node_that_leads_everything_changes_nothing(
    state_dir: Path, record_property: Callable[[str, object], None]
) -> None:
    cluster = NatsCluster(state_dir)
    await cluster.start()
    try:
        logs = [Log(await connect(cluster.url, f"replica-{number}")) for number in range(2)]
        await provision_log(logs[0].nc, "tally", replicas=3, log_bytes=1 << 30)
        one, two = Replica(logs[0], "one"), Replica(logs[1], "two")
        subject, last = Subject("tally", "acme", "0"), 0

        async def append() -> int:
            commit = log_pb2.Commit(commit_id=uuid7_bytes(SystemClock().now()), tenant="acme", shard="0")
            return await one.log.append(subject, recording.written(commit), last)

        async with running(one.run, two.run):
            await becomes(lambda: one.membership.members == two.membership.members == {"one", "two"}, PATIENCE_S)
            last = await append()
            await asyncio.gather(one.reached(last), two.reached(last))
            one.changes.clear()
            two.changes.clear()
            victim = sorted(await reader_nodes(one.log))[0]
            for stream in LED:
                await lead(one.log.nc, stream, victim)
            cluster.nodes[victim].kill9()
            began_at = time.monotonic()
            async with asyncio.timeout(PATIENCE_S):
                while not await registered(one.tenants, "late"):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
                last = await append()
                await asyncio.gather(one.reached(last), two.reached(last))
            await becomes(lambda: "late" in two.tenants.known, PATIENCE_S)
            record_property("seconds until all went on", round(time.monotonic() - began_at, 1))
            await cluster.nodes[victim].start()
            three = Membership(logs[0], "tally", "three")
            async with running(three.run):
                await becomes(
                    lambda: one.membership.members == two.membership.members == {"one", "two", "three"}, PATIENCE_S
                )
            assert one.read == two.read == list(range(1, last + 1)), "each commit once, in order"
            assert [seen for seen in one.changes + two.changes if not seen >= {"one", "two"}] == []
            assert await stream_findings(one.log.nc, DECLARED, 3) == []
        record_property("killed, which led", f"{', '.join(LED)} and a reader's consumer")
        for log in logs:
            await log.nc.close()
    finally:
        cluster.stop()
