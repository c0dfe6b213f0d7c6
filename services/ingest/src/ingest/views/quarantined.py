"""Table `quarantined`: the raw bytes of deliveries that could not be read, until they are read or their time is up.

No view: bytes are not in the log, because they have a retention and the log has none. Which deliveries lie in
quarantine is said by the log, and so by `deliveries_v1`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chassis.clock import MICROS, Clock, Instant
from chassis.database import Database, queries
from switchboard.ingest.v1 import post_pb2, service_pb2

_SQL = queries(__file__, "quarantined.sql")
SCHEMA = _SQL["schema"]
RETENTION_US = 30 * 24 * 3600 * MICROS


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """A delivery to keep."""

    delivery_id: str
    source_id: str
    detail: str
    delivery: service_pb2.Delivery


class Stored(NamedTuple):
    """A kept delivery and where it came through."""

    source_id: str
    delivery: service_pb2.Delivery


class Listed(NamedTuple):
    """What lies in quarantine, in the order of the query's columns; payload empty once it is past its retention."""

    delivery_id: str
    source_id: str
    reason: str
    detail: str
    content_type: str
    payload_bytes: int
    received_at: Instant
    payload: bytes


class Quarantine:
    """The store. All methods may raise Unavailable."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(self, tenant: str, entries: Sequence[QuarantineEntry]) -> None:
        """Keeps bytes; the same bytes once. They are durable before the log says that they are in quarantine."""
        unique = list({each.delivery_id: each for each in entries}.values())
        await self._database.execute(
            _SQL["keep"],
            tenant,
            [each.delivery_id for each in unique],
            [each.detail for each in unique],
            [each.delivery.content_type.replace("\0", "") for each in unique],
            [service_pb2.Delivery(headers=each.delivery.headers).SerializeToString() for each in unique],
            [each.delivery.HasField("normalized_post") for each in unique],
            [bytes_of(each.delivery) for each in unique],
            [self._clock.now() + RETENTION_US] * len(unique),
        )

    async def get(self, tenant: str, delivery_id: str) -> Stored | None:
        """A delivery as it came, None when it is not in quarantine or past its retention."""
        row = await self._database.fetchrow(_SQL["get"], tenant, delivery_id, self._clock.now())
        if row is None:
            return None
        delivery = service_pb2.Delivery.FromString(row["headers"])
        delivery.content_type = row["content_type"]
        if row["normalized"]:
            delivery.normalized_post.MergeFrom(post_pb2.NormalizedPost.FromString(row["payload"]))
        else:
            delivery.payload = row["payload"]
        return Stored(row["source_id"], delivery)

    async def release(self, tenant: str, delivery_id: str) -> None:
        """Forgets bytes that were read after all."""
        await self._database.execute(_SQL["release"], tenant, delivery_id)

    async def expire(self) -> None:
        """Forgets bytes past their retention."""
        await self._database.execute(_SQL["expire"], self._clock.now())

    async def select(
        self, tenant: str, where: Mapping[str, str], after: tuple[int, str] | None, limit: int
    ) -> list[Listed]:
        """What lies in quarantine, newest first. `where`: source_id, reason."""
        at, last = after or (None, None)
        rows = await self._database.fetch(
            _SQL["select"], tenant, where.get("source_id"), where.get("reason"), at, last, limit
        )
        return [Listed(*row.values()) for row in rows]


def bytes_of(delivery: service_pb2.Delivery) -> bytes:
    """What is kept and digested of a delivery: the platform's bytes, or our form's deterministic ones."""
    if delivery.HasField("normalized_post"):
        return delivery.normalized_post.SerializeToString(deterministic=True)
    return delivery.payload
