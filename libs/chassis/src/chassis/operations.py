"""OperationsService: which concern answers which method. What is shown and done is in the concern's own module."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from functools import partial

import grpc
from google.protobuf.message import Message
from switchboard.log.v1 import operations_pb2, operations_pb2_grpc

from chassis.commits import Position
from chassis.filters import ORDERED, Field, holds, member, parse, whole
from chassis.forms import Judge
from chassis.log import Log
from chassis.parked_operations import ParkedOperations
from chassis.serving import check_tenant
from chassis.shard_operations import ShardOperations
from chassis.unreadable import unreadable_messages

SHARD_FIELDS = {
    "state": Field(member(operations_pb2.ShardState.DESCRIPTOR)),
    "owner": Field(),
    "failures": Field(whole, ORDERED),
    "waiting": Field(whole, ORDERED),
}
"""What shards can be filtered by: what they are called in their message as well."""
JUDGES: Mapping[type[Message], Judge] = {
    operations_pb2.ListShardsRequest: lambda asked: parse(asked.filter, SHARD_FIELDS),
}
"""What is wrong with the form of its requests, beyond what the contract says of their fields."""


class OperationsServicer(operations_pb2_grpc.OperationsServiceServicer):
    """switchboard.log.v1.OperationsService for one service."""

    def __init__(self, *, shards: ShardOperations, parked: ParkedOperations, log: Log) -> None:
        self._shards = shards
        self._parked = parked
        self._log = log

    async def ListShards(  # noqa: N802  # gRPC names it
        self,
        request: operations_pb2.ListShardsRequest,
        context: grpc.aio.ServicerContext[operations_pb2.ListShardsRequest, operations_pb2.ListShardsResponse],
    ) -> operations_pb2.ListShardsResponse:
        if request.tenant:
            check_tenant(request.tenant)
        wanted = parse(request.filter, SHARD_FIELDS)
        shards = await self._shards.list_shards(request.tenant)
        return operations_pb2.ListShardsResponse(
            shards=[shard for shard in shards if holds(wanted, partial(getattr, shard))]
        )

    async def WakeShard(  # noqa: N802
        self,
        request: operations_pb2.WakeShardRequest,
        context: grpc.aio.ServicerContext[operations_pb2.WakeShardRequest, operations_pb2.WakeShardResponse],
    ) -> operations_pb2.WakeShardResponse:
        return operations_pb2.WakeShardResponse(shard=await self._shards.wake(request.name))

    async def ListUnreadable(  # noqa: N802
        self,
        request: operations_pb2.ListUnreadableRequest,
        context: grpc.aio.ServicerContext[operations_pb2.ListUnreadableRequest, operations_pb2.ListUnreadableResponse],
    ) -> AsyncIterator[operations_pb2.ListUnreadableResponse]:
        async for found in unreadable_messages(self._log, Position.decode(request.after, "after")):
            yield found

    async def ListParked(  # noqa: N802
        self,
        request: operations_pb2.ListParkedRequest,
        context: grpc.aio.ServicerContext[operations_pb2.ListParkedRequest, operations_pb2.ListParkedResponse],
    ) -> operations_pb2.ListParkedResponse:
        return await self._parked.list_parked(request)

    async def ReleaseParked(  # noqa: N802
        self,
        request: operations_pb2.ReleaseParkedRequest,
        context: grpc.aio.ServicerContext[operations_pb2.ReleaseParkedRequest, operations_pb2.ReleaseParkedResponse],
    ) -> operations_pb2.ReleaseParkedResponse:
        return await self._parked.release(request.consumer, request.key)
