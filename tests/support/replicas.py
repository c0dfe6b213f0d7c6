"""Replicas of a service whose shards are tallies: one process's worth of machinery each, on a real log."""

import asyncio

import grpc
import tally
from chassis.cancellation import raise_if_cancelled
from chassis.clock import SystemClock
from chassis.errors import InvalidRequest
from chassis.host import ShardHost
from chassis.inputs import Inputs
from chassis.log import Log
from chassis.membership import Membership
from chassis.shard import ShardWriter
from chassis.tail import Tail
from chassis.tenants import Tenants
from google.protobuf.message import Message
from google.protobuf.wrappers_pb2 import Int64Value, StringValue
from provisioned import provision_log
from tally import Add, SnapshotsInMemory


async def handle(writer: ShardWriter, request: Message) -> Message:  # type: ignore[type-arg]
    """Request "key:amount" adds; the answer is the new sum."""
    assert isinstance(request, StringValue)
    key, _, amount = request.value.partition(":")
    if not amount:
        raise InvalidRequest([("value", "is not key:amount")])
    outcome = await writer.submit(
        Add(key, int(amount)), respond=lambda sums, _: Int64Value(value=sums.by_key.get(key, 0))
    )
    assert outcome.response is not None
    return outcome.response


class Replica:
    """One process's worth of machinery."""

    def __init__(self, log: Log, member: str, context: str = "tally", inputs: Inputs | None = None) -> None:  # type: ignore[type-arg]
        self._log = log
        self.membership = Membership(log, context, member)
        self.tenants = Tenants(log)
        self.tail = Tail(log)
        self.host = ShardHost(
            context=context,
            shards=("0", "1", "2", "3"),
            decider=tally.DECIDER,
            log=log,
            tail=self.tail,
            membership=self.membership,
            tenants=self.tenants,
            snapshots=SnapshotsInMemory(),
            clock=SystemClock(),
            handle=handle,
            inputs=inputs,
            codes={"TOO_MUCH": grpc.StatusCode.OUT_OF_RANGE},
        )

    async def run(self) -> None:
        await provision_log(self._log.nc, self.membership.service)
        raise_if_cancelled()  # nats-py may have swallowed it
        async with asyncio.TaskGroup() as tasks:
            for part in (self.membership.run, self.tenants.run, self.tail.run, self.host.run):
                tasks.create_task(part())

    async def add(self, shard: int, text: str) -> int:
        return (await self.host.call("acme", str(shard), StringValue(value=text), Int64Value)).value


async def settled(*replicas: Replica) -> None:
    """Waits until every replica sees all of them."""
    everybody = {replica.membership.member for replica in replicas}
    for replica in replicas:
        while replica.membership.members != everybody:
            changed = asyncio.Event()
            replica.membership.on_change(changed.set)
            if replica.membership.members != everybody:
                await asyncio.wait_for(changed.wait(), 10)
