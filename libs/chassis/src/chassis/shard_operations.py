"""What an operator sees and does about a service's shards, whichever replica owns them. It decides nothing itself: each
shard's owner is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from switchboard.log.v1 import operations_pb2

from chassis.commits import Subject
from chassis.errors import InvalidRequest, NotFound
from chassis.host import ShardHost


class ShardOperations:
    """The shards of one service."""

    def __init__(self, hosts: Sequence[ShardHost[Any, Any, Any]]) -> None:
        self._hosts = hosts

    async def list_shards(self, tenant: str) -> list[operations_pb2.Shard]:
        """Every shard of a tenant, of all tenants when it is "", by name.

        Raises NotFound for an unknown tenant, Unavailable when an owner does not answer in time.
        """
        return sorted([shard for host in self._hosts for shard in await host.describe(tenant)], key=lambda s: s.name)

    async def wake(self, name: str) -> operations_pb2.Shard:
        """Wakes a resting shard; one that does not rest is left alone. Raises NotFound for one there is not."""
        host, subject = self.find(name)
        return await host.call(
            subject.tenant, subject.shard, operations_pb2.WakeShardRequest(name=name), operations_pb2.Shard
        )

    async def parked(self, name: str = "") -> list[operations_pb2.ParkedEvent]:
        """The inputs that all shards, or one of them, could not take. Raises Unavailable when an owner does not answer
        in time.
        """
        if not name:
            return [event for host in self._hosts for event in await host.parked()]
        try:
            host, subject = self.find(name)
            return [event for event in await host.parked(subject.tenant) if event.consumer == name]
        except (InvalidRequest, NotFound):
            return []

    async def release(self, name: str, key: str) -> operations_pb2.ReleaseParkedResponse:
        """Takes a parked input again. Raises NotFound for a shard this service does not have, and for an input that is
        not parked.
        """
        host, subject = self.find(name)
        return await host.release(subject, key)

    def find(self, name: str) -> tuple[ShardHost[Any, Any, Any], Subject]:
        """The host of a shard named by its subject. Raises InvalidRequest for what is no subject, NotFound when this
        service has no such shard.
        """
        try:
            subject = Subject.parse(name)
        except ValueError:
            raise InvalidRequest([("name", "is a shard's subject, ev.<context>.<tenant>.<shard>")]) from None
        for host in self._hosts:
            if host.context == subject.context and subject.shard in host.shards:
                return host, subject
        raise NotFound("shard", name)
