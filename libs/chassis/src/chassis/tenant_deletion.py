"""A service's part in the deletion of tenants: its shards are closed, what its tables hold goes, the log says so.

It begins when the log says that a tenant is deleted, and begins again wherever the process was ended. It knows the
service's shards and cursors by name only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

import asyncpg
import nats.errors
from nats.js.errors import Error as JetStreamError

from chassis.cancellation import raise_if_cancelled
from chassis.clock import Clock
from chassis.closing import close_shard
from chassis.commits import Subject
from chassis.database import Database
from chassis.errors import Overloaded, Unavailable
from chassis.log import Log
from chassis.logs import where
from chassis.membership import Membership
from chassis.purge import Purge
from chassis.tenants import LOOK_S, Tenants

RETRY_S = 1.0
CURSORS_EVERY_S = 0.1
SETTLE_S = 2 * LOOK_S
"""How long after all was deleted it is counted once more: whatever was under way in another replica when the tenant was
deleted has heard of it by then."""
_MAY_PASS = (Unavailable, Overloaded, TimeoutError, asyncpg.PostgresError, nats.errors.Error, JetStreamError)
_BEHIND = "select exists (select from projections where name = any($1::text[]) and position < $2)"

_LOGGER = logging.getLogger(__name__)


class TenantDeletions:
    """Deletes what one service has of deleted tenants, each on the replica that owns its deletion."""

    def __init__(
        self,
        service: str,
        *,
        log: Log,
        database: Database,
        membership: Membership,
        tenants: Tenants,
        clock: Clock,
        purge: Purge,
        shards: Callable[[], Sequence[tuple[str, str]]],
        cursors: Callable[[str], Sequence[str]],
        streams: Sequence[tuple[str, str]] = (),
        settle_s: float = SETTLE_S,
    ) -> None:
        """`shards` are (context, shard) of each tenant; `cursors` the rows of `projections` that say how far
        each reader of the log is for a tenant; `streams` are (name, first token of its subjects) whose second token is
        the tenant.
        """
        self.service = service
        self._log = log
        self._database = database
        self._membership = membership
        self._tenants = tenants
        self._clock = clock
        self._purge = purge
        self._shards = shards
        self._cursors = cursors
        self._streams = streams
        self._settle_s = settle_s
        self._forgotten: set[str] = set()

    async def run(self) -> None:
        """Until cancelled. One tenant after the other; what is away is waited for."""
        while True:
            raise_if_cancelled()
            pause_s = LOOK_S
            for tenant in sorted(self._tenants.deleted - self._forgotten):
                if not self._membership.owns(f"deletion.{tenant}"):
                    continue
                try:
                    await self.delete(tenant)
                except _MAY_PASS as error:
                    fields = {"tenant": tenant, "error": type(error).__name__}
                    _LOGGER.warning("the deletion of a tenant waits and goes on", extra={"fields": fields})
                    pause_s = RETRY_S
                except Exception as error:  # noqa: BLE001  # it stands still alone, and says so
                    fields = {"tenant": tenant, "error": type(error).__name__, "at": where(error.__traceback__)}
                    _LOGGER.error("the deletion of a tenant failed unforeseen", extra={"fields": fields})
                    pause_s = RETRY_S
            await asyncio.sleep(pause_s)

    async def delete(self, tenant: str) -> None:
        """Does what is left to do for a deleted tenant. Idempotent; any number may do it at once."""
        deletion = self._tenants.deletion(tenant)
        if deletion is not None and self.service not in deletion.purged:
            for context, shard in self._shards():
                await close_shard(self._log, Subject(context, tenant, shard), self._clock)
            await self._passed(tenant, deletion.position)
            await self._empty_streams(tenant)
            await self._purge.all_of(tenant)
            left = 1
            while left:
                raise_if_cancelled()
                await asyncio.sleep(self._settle_s)
                left = await self._purge.all_of(tenant)
            rows, keys = await self._purge.done(tenant)
            await self._tenants.purged(tenant, self.service, rows, keys)
            _LOGGER.info("a deleted tenant is gone from here", extra={"fields": {"tenant": tenant}})
        await self._purge.forget(tenant)
        self._forgotten.add(tenant)

    async def _passed(self, tenant: str, position: int) -> None:
        """Waits until every reader has passed the fact of the deletion: behind it none of them takes anything."""
        while await self._database.fetchval(_BEHIND, list(self._cursors(tenant)), position):
            raise_if_cancelled()
            await asyncio.sleep(CURSORS_EVERY_S)

    async def _empty_streams(self, tenant: str) -> None:
        for name, first in self._streams:
            info = await self._log.js.stream_info(name, subjects_filter=f"{first}.{tenant}.>")
            there = sum((info.state.subjects or {}).values())
            if there:
                await self._log.js.purge_stream(name, subject=f"{first}.{tenant}.>")
                await self._purge.add(tenant, f"stream {name}", there)
