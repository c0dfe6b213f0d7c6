"""What every service is put together from, opened in the right order. It chooses nothing: settings say where things
are.

A service's `main` opens an assembly, adds its shards and views, and serves. What is added here runs until the process
drains.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message
from switchboard.log.v1 import integrity_pb2_grpc, keys_pb2_grpc, operations_pb2_grpc, tenants_pb2_grpc

from chassis import parked_operations, tenant_operations
from chassis.admission import TenantAllowance
from chassis.cancellation import raise_if_cancelled
from chassis.commits import Recorded
from chassis.config import Settings
from chassis.database import Database
from chassis.decider import Decider
from chassis.erasures import Erasures, forget_erased
from chassis.errors import StorageExhausted, Unavailable
from chassis.findings import Check
from chassis.forms import Judge
from chassis.host import ShardHost
from chassis.inputs import Inputs
from chassis.integrity import IntegrityServicer
from chassis.key_operations import KeyServicer
from chassis.keyring import Keyring
from chassis.lineage import Lineage
from chassis.log import Log, connect
from chassis.membership import Membership
from chassis.message_limits import MessageLimits
from chassis.migrations import VAULT_SCHEMA, pending, vault_steps
from chassis.obligations import Obligation
from chassis.operations import JUDGES as OPERATIONS
from chassis.operations import OperationsServicer
from chassis.parked_operations import ParkedOperations, Release
from chassis.positions import Positions
from chassis.process import PROBE_EVERY_S, Process
from chassis.projection import Projection, Projector
from chassis.provisioning import Resources, table_findings
from chassis.purge import Purge
from chassis.reactor import Reactor
from chassis.recovery import BackingStore
from chassis.serving import Server, deadline_s
from chassis.shard import ShardWriter
from chassis.shard_operations import ShardOperations
from chassis.sink import Sink
from chassis.snapshots import PostgresSnapshots
from chassis.streams import ProvisioningError, stream_findings
from chassis.tail import Tail
from chassis.tenant_deletion import TenantDeletions
from chassis.tenant_operations import TenantServicer
from chassis.tenants import Tenants
from chassis.vault import KeyVault
from chassis.view import View

KEYS_EVERY_S = 5.0
"""How often the key file is held against the database while serving. Against: a lock on a table of a few rows."""

_LOGGER = logging.getLogger(__name__)
C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")
R = TypeVar("R")
Service = tuple[Callable[[Any, Any], None], object]
"""(registering function, servicer)."""


class Assembly:
    """The parts of one process; `open` makes it."""

    def __init__(
        self,
        process: Process,
        context: str,
        log: Log,
        database: Database,
        lineage: Lineage,
        *,
        resources: Resources,
        keyring: Keyring | None,
    ) -> None:
        settings = process.settings
        member = settings.member or f"{settings.service}-{secrets.token_hex(4)}"
        self.process = process
        self.context = context
        self.log = log
        self.database = database
        self.membership = Membership(log, settings.service, member)
        self.tenants = Tenants(log, TenantAllowance(settings.tenants_max, settings.caller_tenants_max), settings.clock)
        self._tail: Tail | None = None
        self._snapshots = PostgresSnapshots(database)
        self._hosts: list[ShardHost[Any, Any, Any]] = []
        self._reactors: list[Reactor] = []
        self._projections: list[Projector] = []
        self._releases: dict[str, Release] = {}
        """How each consumer that parks in the table takes events again."""
        self._keys: Database | None = None
        self._resources = resources
        self._lineage = lineage
        self._keyring = keyring

    @property
    def settings(self) -> Settings:
        """What the environment said."""
        return self.process.settings

    @property
    def tail(self) -> Tail:
        """The end of the log for watches and views; a service that has neither does not read it."""
        if self._tail is None:
            self._tail = Tail(self.log)
            self.process.loop("tail", self._tail.run)
        return self._tail

    @staticmethod
    async def open(
        process: Process,
        context: str,
        resources: Resources,
        *,
        fits: Sequence[Callable[[Log, Database], Awaitable[str | None]]] = (),
    ) -> Assembly:
        """Connects to the log and the database and begins to beat. `context` is the one whose events this service
        writes.

        Returns only when what the service needs is there and safe, when its key file is the database's, and when log
        and tables fit, as far as `lineage` and the service's own comparisons `fits` tell. Until then the process
        answers health checks and refuses all else with a sentence per finding; it does not end.
        """
        settings = process.settings
        nc = await connect(settings.nats_url, settings.service)
        process.on_close(nc.close)
        bulk = await connect(settings.nats_url, f"{settings.service}-bulk")
        process.on_close(bulk.close)
        log = Log(nc, bulk)
        database = await process.enter(
            Database(settings.database_url, settings.schema, application=settings.service, remaining_s=deadline_s)
        )
        lineage = Lineage(log, database, [partial(one, log, database) for one in fits])
        keyring = Keyring(database, settings.kek_file) if resources.vault and settings.kek_file is not None else None

        async def finding() -> str | None:
            found = await stream_findings(nc, resources.declared(settings), settings.log_replicas)
            found += await table_findings(database, resources)
            if keyring is not None and not found and (unfit := await keyring.finding()):
                return unfit
            return "; ".join(found) or await lineage.compare()

        await _sound(settings, finding, () if keyring is None else (_key_service(database, keyring),))
        log.guard = lineage.guard
        process.loop("lineage", lineage.watch)
        assembly = Assembly(process, context, log, database, lineage, resources=resources, keyring=keyring)
        process.loop("membership", assembly.membership.run)
        process.loop("tenants", assembly.tenants.run)
        process.on_leave(assembly.membership.leave)
        return assembly

    def vault(self, erasures: Erasures) -> KeyVault:
        """The keys of data subjects; those of whom `erasures` names leave this process's memory. Only for services
        whose settings were read with `sealing=True`.
        """
        assert self.settings.kek_file is not None, "read the settings with sealing=True"
        self._keys = self.database.sibling(VAULT_SCHEMA)
        vault = KeyVault(self.database, self.settings.kek_file)
        self.tenants.on_change(lambda: vault.forget_tenants(self.tenants.deleted))
        self.process.loop("erasures", lambda: forget_erased(vault, self.log, self.tail, erasures))
        return vault

    def host(
        self,
        shards: Sequence[str],
        decider: Decider[C, S, E],
        handle: Callable[[ShardWriter[C, S, E], Any], Awaitable[Message]],
        *,
        backing: BackingStore[C, S] | None = None,
        inputs: Inputs[C] | None = None,
        codes: Mapping[str, grpc.StatusCode] | None = None,
    ) -> ShardHost[C, S, E]:
        """Adds shards of this service's context and runs those this replica owns."""
        host = ShardHost(
            context=self.context,
            shards=shards,
            decider=decider,
            log=self.log,
            tail=self.tail,
            membership=self.membership,
            tenants=self.tenants,
            snapshots=self._snapshots,
            clock=self.settings.clock,
            handle=handle,
            backing=backing,
            inputs=inputs,
            queue_max=self.settings.queue_max,
            codes=codes,
        )
        self._hosts.append(host)
        self.process.loop(f"shards {'/'.join(shards)}", host.run)
        return host

    async def projection(self, view: View[R]) -> Projection[R]:
        """Adds a view: its rows follow the log."""
        projection = Projection(view, self.log, self.database, self.membership, self.tail, tenants=self.tenants)
        await self._project(projection)
        self._releases[view.name] = projection.release
        return projection

    async def projector(self, sink: Sink) -> Projector:
        """Adds a sink that is no view, in the same way."""
        projector = Projector(sink, self.log, self.database, self.membership, self.tail, tenants=self.tenants)
        await self._project(projector)
        return projector

    async def _project(self, projector: Projector) -> None:
        await projector.attach()
        self._projections.append(projector)
        self.process.loop(f"view {projector.name}", projector.run)

    async def reactor(
        self,
        name: str,
        act: Callable[[Recorded], Awaitable[None]],
        keys: Mapping[str, Callable[[Recorded], str]],
        *,
        context: str = "",
    ) -> Reactor:
        """Adds a reactor to facts of this service, or of another context: those `keys` names, in order per key."""
        reactor = Reactor(
            name,
            context or self.context,
            act,
            keys=keys,
            tail=self.tail,
            database=self.database,
            membership=self.membership,
            deleted=lambda: self.tenants.deleted,
        )
        await reactor.attach()
        self._releases[name] = reactor.release
        self._reactors.append(reactor)
        self.process.loop(f"reactor {name}", reactor.run)
        return reactor

    async def serve(
        self,
        *services: Service,
        codes: Mapping[str, grpc.StatusCode] | None = None,
        obligations: Sequence[Obligation] = (),
        checks: Sequence[tuple[str, str, Check]] = (),
        limits: MessageLimits | None = None,
        judges: Mapping[type[Message], Judge] | None = None,
        tokens: Mapping[str, Callable[[str], int]] | None = None,
    ) -> None:
        """Starts the server with these services (registering function, servicer) and with what every service
        answers. What the service owes, and further checks (invariant, subject, check), are verified with the rest.
        `limits` says what requests may carry, `judges` what else their form is; `tokens` reads position tokens of a
        form of their own, by the field's full name.
        """
        conditions = ("nats", "database", "log") if self._keys is None else ("nats", "database", "log", "schema")
        positions = Positions(self.log.last_position, tokens)
        server = Server(
            self.settings,
            codes={**tenant_operations.CODES, **(codes or {})},
            conditions=conditions,
            limits=limits,
            positions=positions,
            refuse_request=partial(tenant_operations.refuse, self.tenants),
            judges={**OPERATIONS, **parked_operations.JUDGES, **tenant_operations.JUDGES, **(judges or {})},
        )
        self.tenants.on_change(server.look_again)
        integrity = IntegrityServicer(
            context=self.context,
            log=self.log,
            database=self.database,
            hosts=self._hosts,
            projections=self._projections,
            reactors=self._reactors,
            obligations=obligations,
            checks=checks,
            settled=partial(self.tenants.settled, self.settings.service),
        )
        shards = ShardOperations(self._hosts)
        operations = OperationsServicer(
            shards=shards,
            parked=ParkedOperations(self.database, self._releases, shards),
            log=self.log,
        )
        self.process.loop("tenant deletions", self._deletions().run)
        for register, servicer in services:
            server.add(register, servicer)
        if self._keyring is not None:
            server.add(*_key_service(self.database, self._keyring))
            self.process.loop("probe keys", partial(self._keys_fit, server, self._keyring))
        server.add(integrity_pb2_grpc.add_IntegrityServiceServicer_to_server, integrity)
        server.add(operations_pb2_grpc.add_OperationsServiceServicer_to_server, operations)
        server.add(tenants_pb2_grpc.add_TenantServiceServicer_to_server, TenantServicer(self.tenants))
        self.process.probe(server, "nats", self._log_answers)
        self.process.probe(server, "database", self._database_answers)
        self.process.loop("probe log", partial(self._log_fits, server))
        if self._keys is not None:
            await self.process.enter(self._keys)
            self.process.probe(server, "schema", self._schema_is_there)
        await self.process.serve(server)

    def _deletions(self) -> TenantDeletions:
        """What this service does when a tenant is deleted."""
        resources = self._resources
        return TenantDeletions(
            self.settings.service,
            log=self.log,
            database=self.database,
            membership=self.membership,
            tenants=self.tenants,
            clock=self.settings.clock,
            purge=Purge(self.database, vault=resources.vault, kept=resources.emptied),
            shards=lambda: [(host.context, shard) for host in self._hosts for shard in host.shards],
            cursors=lambda tenant: [
                *(one.row_of(tenant) for one in self._projections),
                *(one.name for one in self._reactors),
            ],
            streams=[
                (stream.name, subject.partition(".")[0]) for stream in resources.streams for subject in stream.subjects
            ],
        )

    async def _log_fits(self, server: Server) -> None:
        while True:
            await server.health.set("log", self._lineage.finding is None, self._lineage.finding or "")
            await asyncio.sleep(PROBE_EVERY_S)

    async def _keys_fit(self, server: Server, keyring: Keyring) -> None:
        while True:
            raise_if_cancelled()
            with suppress(Unavailable, TimeoutError):  # away: what was found still stands
                found = await keyring.finding()
                await server.health.set("keys", found is None, found or "")
            await asyncio.sleep(KEYS_EVERY_S)

    async def _log_answers(self) -> bool:
        return bool(self.log.nc.is_connected)

    async def _database_answers(self) -> bool:
        try:
            return bool(await self.database.fetchval("select true"))
        except Unavailable:
            return False

    async def _schema_is_there(self) -> bool:
        """Whether the release's migrations have run; before that nothing could be sealed."""
        assert self._keys is not None
        try:
            return not await pending(self._keys, vault_steps())
        except Unavailable:
            return False


def _key_service(database: Database, keyring: Keyring) -> Service:
    return keys_pb2_grpc.add_KeyServiceServicer_to_server, KeyServicer(database, keyring)


async def _sound(
    settings: Settings, look: Callable[[], Awaitable[str | None]], helping: Sequence[Service] = ()
) -> None:
    """Returns when `look` finds nothing. Until then a server of its own says what keeps this process from serving, with
    the services that help to change that.
    """
    finding = await _finding(look)
    if finding is None:
        return
    server = Server(settings, conditions=("log",))
    for service in helping:
        server.add(*service)
    server.refuse(lambda: finding or "the service starts; try again")
    await server.start()
    said = ""
    try:
        while finding is not None:
            await server.health.set("log", False, finding)
            if finding != said:
                _LOGGER.error("the start waits for what was found", extra={"fields": {"finding": finding}})
                said = finding
            await asyncio.sleep(PROBE_EVERY_S)
            with suppress(Unavailable, TimeoutError, ProvisioningError):  # away: what was found still stands
                finding = await _finding(look)
    finally:
        await server.stop_now()


async def _finding(look: Callable[[], Awaitable[str | None]]) -> str | None:
    """What `look` finds; a disk that is full is found like anything else, and heals like it."""
    try:
        return await look()
    except StorageExhausted as full:
        return full.detail
