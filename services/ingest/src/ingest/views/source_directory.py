"""The directory of sources: each replica's own fold of all `sources` shards, so a delivery finds its source at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass

from chassis.commits import Entry
from chassis.errors import NotFound, Unavailable
from chassis.layout import UnknownEvent
from chassis.log import Log
from chassis.tenants import Tenants
from google.protobuf.message import DecodeError

from ingest.normalise import Account, folded
from ingest.sources import Source, Sources, desk_of, evolve, listening_of
from ingest.views.sources import CODEC

SHARD = "sources"
_SUBJECTS = f"ev.post.*.{SHARD}"


_LOGGER = logging.getLogger(__name__)


def _stepped_over(entry: Entry, broken: Exception) -> None:
    fields = {"subject": str(entry.subject), "position": entry.position, "error": type(broken).__name__}
    _LOGGER.error("something about sources in the log cannot be read and is stepped over", extra={"fields": fields})


@dataclass(frozen=True, slots=True)
class Connected:
    """A source and what adapters are told about it."""

    tenant: str
    source: Source
    account: Account
    desk: str
    is_listening: bool
    ours: Mapping[str, str]
    """Desks by the accounts that any source of the tenant owns on this channel and in this account scope, folded."""


def connections(tenant: str, sources: Sources) -> dict[str, Connected]:
    """The sources of a tenant by id, with what each knows of the others. An account that several own is the first's."""
    ours: dict[tuple[str, str], dict[str, str]] = {}
    found = {}
    for source_id, source in sorted(sources.connected.items()):
        settings = source.settings
        desk = desk_of(source_id, settings)
        owned = frozenset(folded(account) for account in settings.owned_accounts)
        platform = ours.setdefault((source.channel, source.account_scope), {})
        for account in owned:
            platform.setdefault(account, desk)
        told = Account(source.channel, source.account_scope, owned)
        found[source_id] = Connected(tenant, source, told, desk, listening_of(settings), platform)
    return found


class SourceDirectory:
    """Follows the `sources` shards of all tenants from the beginning of the log; sources are few."""

    def __init__(self, log: Log, tenants: Tenants) -> None:
        self._log = log
        self._tenants = tenants
        self._sources: dict[str, Sources] = {}
        self._connected: dict[str, dict[str, Connected]] = {}
        """By tenant and id; made anew after any change of the tenant's sources, for they share what is theirs."""
        self._position = 0
        self._moved = asyncio.Condition()
        tenants.on_change(self._forget_deleted)

    async def run(self) -> None:
        """Follows until cancelled."""
        async with aclosing(self._log.follow(self._position, _SUBJECTS)) as batches:
            async for batch in batches:
                for entry in batch:
                    self._apply(entry)
                async with self._moved:
                    self._moved.notify_all()

    def _apply(self, entry: Entry) -> None:
        """Takes in a commit. What cannot be read in it is stepped over: it must not stop the sources of everybody."""
        self._position = entry.position
        if entry.subject.tenant in self._tenants.deleted:
            return
        sources = self._sources.setdefault(entry.subject.tenant, Sources())
        try:
            events = entry.events()
        except (DecodeError, ValueError) as broken:
            _stepped_over(entry, broken)
            events = []
        for recorded in events:
            try:
                fact = CODEC.decode(recorded)
            except (DecodeError, KeyError, TypeError, UnknownEvent, ValueError) as broken:
                _stepped_over(entry, broken)
                continue
            evolve(sources, fact)
            self._connected.pop(entry.subject.tenant, None)

    def _forget_deleted(self) -> None:
        for tenant in self._tenants.deleted:
            self._sources.pop(tenant, None)
            self._connected.pop(tenant, None)

    def known(self, tenant: str, source_id: str) -> Connected | None:
        """The source as far as this replica has read; None when it has not read of one."""
        connected = self._connected.get(tenant)
        if connected is None:
            connected = self._connected[tenant] = connections(tenant, self._sources.get(tenant, Sources()))
        return connected.get(source_id)

    def naming(self, tenant: str, queue: str) -> list[str]:
        """The sources, as far as this replica has read, whose default queue is this one; sorted."""
        there = self._sources.get(tenant, Sources()).connected.values()
        return sorted(source.source_id for source in there if source.settings.default_queue == queue)

    async def require(self, tenant: str, source_id: str, timeout_s: float) -> Connected:
        """The source, also one connected a moment ago elsewhere. Raises NotFound (tenant or source) and Unavailable."""
        found = self.known(tenant, source_id)
        if found is None:
            await self._tenants.require(tenant)
            last = await self._log.last(f"ev.post.{tenant}.{SHARD}")
            if last is not None:
                await self.reached(last.position, timeout_s)
            found = self.known(tenant, source_id)
            if found is None:
                raise NotFound("source", f"tenants/{tenant}/sources/{source_id}")
        return found

    async def reached(self, position: int, timeout_s: float) -> None:
        """Waits until the directory includes a commit of a `sources` shard. Raises Unavailable after that."""
        try:
            async with asyncio.timeout(timeout_s), self._moved:
                await self._moved.wait_for(lambda: self._position >= position)
        except TimeoutError:
            raise Unavailable("the sources have not been read up to here yet; try again", 0.5) from None
