"""Table `quarantined_deliveries`: what could not be read, sealed, until it is read or its time is up.

No view: the bytes are not in the log, because they have a retention and the log has none. Which deliveries lie in
quarantine is said by the log, and so by `deliveries_v3`. Nobody knows whose words are in an unreadable delivery, so
each is sealed under a key of its own; who removes it destroys the key.
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chassis.clock import MICROS, Clock, Instant
from chassis.database import Database, queries
from chassis.filters import Expression, bound, where
from chassis.sealing import unreadable
from chassis.vault import KeyVault
from google.protobuf.message import DecodeError
from switchboard.ingest.v1 import service_pb2
from switchboard.log.v1 import log_pb2
from switchboard.log.v1.log_structs import Sealed

_SQL = queries(__file__, "quarantined.sql")
SCHEMA = _SQL["schema"]
DAY_US = 24 * 3600 * MICROS
RETENTION_DAYS = 30
EXPIRED_AT_ONCE = 500
DETAIL_LENGTH_MAX = 500
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,60}(?:; ?charset=[A-Za-z0-9-]{1,20})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    """A delivery to keep."""

    delivery_id: str
    source_id: str
    detail: str
    delivery: service_pb2.Delivery
    posts: tuple[str, ...]
    """Ids of the posts that were read in it: when one of them is withdrawn, it goes."""


class Stored(NamedTuple):
    """A kept delivery and where it came through; none, and why, where it does not open."""

    source_id: str
    delivery: service_pb2.Delivery | None
    readability: log_pb2.Readability


class Listed(NamedTuple):
    """What lies in quarantine, in the order of the query's columns."""

    delivery_id: str
    source_id: str
    reason: str
    detail: str
    content_type: str
    payload_bytes: int
    received_at: Instant


class Quarantine:
    """The store. All methods may raise Unavailable. `retention_days`: how long a delivery is kept."""

    def __init__(
        self, database: Database, vault: KeyVault, clock: Clock, retention_days: float = RETENTION_DAYS
    ) -> None:
        self._database = database
        self._keys = vault.own
        self._clock = clock
        self._retention_us = int(retention_days * DAY_US)

    async def keep(self, tenant: str, entries: Sequence[QuarantineEntry]) -> None:
        """Keeps deliveries; the same bytes once. They are durable before the log says that they are in quarantine."""
        unique = {entry.delivery_id: entry for entry in entries}
        details = [entry.detail.replace("\0", "\ufffd")[:DETAIL_LENGTH_MAX] for entry in unique.values()]
        expires_at = self._clock.now() + self._retention_us
        known = await self._database.fetch(_SQL["refresh"], tenant, list(unique), details, expires_at)
        detail_of = dict(zip(unique, details, strict=True))
        for row in known:
            del unique[row["delivery_id"]]
        if not unique:
            return
        subjects = {name: str(uuid.uuid4()) for name in unique}
        keys = await self._keys.keys(tenant, set(subjects.values()))
        rows = []
        for name, entry in unique.items():
            key = keys[subjects[name]]
            if key is None:
                raise RuntimeError("a random subject is erased already")
            kept = service_pb2.Delivery()
            kept.CopyFrom(entry.delivery)
            kept.ClearField("received_at")
            sealed = key.seal(kept.SerializeToString())
            media_type = entry.delivery.content_type
            shown = media_type if _MEDIA_TYPE.fullmatch(media_type) else ""
            rows.append(
                (name, entry.source_id, subjects[name], detail_of[name], shown, sealed.nonce, sealed.ciphertext)
            )
        posts = [(name, post) for name, entry in unique.items() for post in entry.posts]
        async with self._database.transaction() as connection:
            await connection.execute(_SQL["keep"], tenant, expires_at, *map(list, zip(*rows, strict=True)))
            await connection.execute(
                _SQL["keep_posts"], tenant, [name for name, _ in posts], [post for _, post in posts]
            )

    async def get(self, tenant: str, delivery_ids: Sequence[str]) -> dict[str, Stored]:
        """Deliveries as they came.

        Left out are those past their retention and those with a post that is withdrawn.
        """
        rows = await self._database.fetch(_SQL["get"], tenant, delivery_ids, self._clock.now())
        sealed = [Sealed(row["subject_id"], row["nonce"], row["ciphertext"]) for row in rows]
        found = {}
        for row, (plain, readability) in zip(rows, await self._keys.open_all(tenant, sealed), strict=True):
            delivery = None
            try:
                delivery = None if plain is None else service_pb2.Delivery.FromString(plain)
            except DecodeError as broken:
                readability = unreadable(row["subject_id"], broken)  # noqa: PLW2901  (it opened, and holds something else)
            found[row["delivery_id"]] = Stored(row["source_id"], delivery, readability)
        return found

    async def lodged(self, tenant: str, delivery_ids: Sequence[str]) -> list[str]:
        """Those of these deliveries that are kept here."""
        rows = await self._database.fetch(_SQL["lodged"], tenant, delivery_ids)
        return [row["delivery_id"] for row in rows]

    async def release(self, tenant: str, delivery_id: str) -> None:
        """Forgets a delivery that was read after all, and its key."""
        rows = await self._database.fetch(_SQL["subjects"], tenant, [delivery_id])
        await self._destroy(tenant, [delivery_id], [row["subject_id"] for row in rows])

    async def source_disconnected(self, tenant: str, source_id: str) -> None:
        """Its deliveries go within a day: time enough to connect it again, with the settings that let them be read."""
        await self._database.execute(_SQL["shorten"], tenant, source_id, self._clock.now() + DAY_US)

    async def expire(self) -> int:
        """Forgets deliveries past their retention or with a withdrawn post, and their keys; returns how many."""
        count = 0
        while rows := await self._database.fetch(_SQL["expired"], self._clock.now(), EXPIRED_AT_ONCE):
            of_tenant = defaultdict(list)
            for row in rows:
                of_tenant[row["tenant"]].append((row["delivery_id"], row["subject_id"]))
            for tenant, pairs in of_tenant.items():
                await self._destroy(tenant, [name for name, _ in pairs], [subject for _, subject in pairs])
            count += len(rows)
        return count

    async def _destroy(self, tenant: str, delivery_ids: Sequence[str], subjects: Sequence[str]) -> None:
        """The keys first: after a crash in between the rows are found again, and cannot be opened."""
        await self._keys.destroy(tenant, subjects)
        await self._database.execute(_SQL["release"], tenant, delivery_ids)

    async def select(self, tenant: str, wanted: Expression, after: tuple[int, str] | None, limit: int) -> list[Listed]:
        """What lies in quarantine and satisfies an expression, newest first, without its bytes."""
        values: list[object] = [tenant, *(after or (None, None))]
        statement = f"{_SQL['select']} and {where(wanted, _COLUMNS, bound(values))}"
        statement += f"\norder by d.received_at desc, d.delivery_id desc limit {limit:d}"
        return [Listed(*row.values()) for row in await self._database.fetch(statement, *values)]


_COLUMNS = {
    "source": "d.source_id",
    "reason": "d.reason",
    "payload_bytes": "d.payload_bytes::bigint",
    "received_at": "d.received_at",
}
"""What quarantined deliveries can be filtered by, and where it stands."""


def bytes_of(delivery: service_pb2.Delivery) -> bytes:
    """What is digested and shown of a delivery: the platform's bytes, a record's, or our form's deterministic ones."""
    if delivery.HasField("row"):
        return delivery.row.record
    if delivery.HasField("normalized_post"):
        return delivery.normalized_post.SerializeToString(deterministic=True)
    return delivery.payload
