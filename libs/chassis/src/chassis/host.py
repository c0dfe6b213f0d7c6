"""Runs the shards this replica owns, feeds them their inputs, and takes a request to its shard's owner wherever it
arrived.

It knows membership, the log and the shard machinery. What a request means is the service's `handle`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from itertools import zip_longest
from typing import Generic, TypeVar

import grpc
import nats.errors
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from switchboard.log.v1 import integrity_pb2, operations_pb2

from chassis import telemetry
from chassis.batch import InputCommands, Origin
from chassis.cancellation import raise_if_cancelled
from chassis.clock import Clock
from chassis.commits import Entry, Position, Recorded, Subject, events_of, unpacked
from chassis.decider import Decider
from chassis.errors import Moved, StatusError, Unavailable, to_status
from chassis.log import Log
from chassis.membership import Membership
from chassis.serving import deadline_s
from chassis.shard import SNAPSHOT_EVERY, BackingStore, ShardWriter
from chassis.shard_state import SnapshotStore, refold
from chassis.tail import Tail
from chassis.tenants import Tenants

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")
M = TypeVar("M", bound=Message)

MOVING_S = 6.0
"""How long a call waits for a shard without an owner. Against: a dead member is noticed after 5 s."""
REFOLDS_MAX = 8
"""How often a verification catches up with a shard before it has it wait for the rest."""
REFOLDED_HELD = 500
"""Positions of the log that are little enough to be refolded while the shard waits."""
FORWARDED_MAX = 256
"""Forwarded requests one shard works on at a time; more wait in NATS's buffer of this connection."""


@dataclass(frozen=True, slots=True)
class Inputs(Generic[C]):
    """Other people's facts that a shard turns into its own commands, exactly once; each leads to one or to none.

    Give `react`, or `prepare` when reacting needs something awaited first for the whole batch: it returns the `react`
    for it.
    """

    context: str
    react: Callable[[Recorded], C | None] | None = None
    prepare: Callable[[Sequence[Recorded]], Awaitable[Callable[[Recorded], C | None]]] | None = None


@dataclass(slots=True)
class _Active(Generic[C, S, E]):
    writer: ShardWriter[C, S, E]
    ends: asyncio.Event
    """Set when this replica does not own the shard any more."""


class ShardHost(Generic[C, S, E]):
    """The shards of one context, as far as this replica owns them."""

    def __init__(
        self,
        *,
        context: str,
        shards: Sequence[str],
        decider: Decider[C, S, E],
        log: Log,
        tail: Tail,
        membership: Membership,
        tenants: Tenants,
        snapshots: SnapshotStore,
        clock: Clock,
        handle: Callable[[ShardWriter[C, S, E], Message], Awaitable[Message]],
        backing: BackingStore[C, S] | None = None,
        inputs: Inputs[C] | None = None,
        snapshot_every: int = SNAPSHOT_EVERY,
        codes: Mapping[str, grpc.StatusCode] | None = None,
    ) -> None:
        self.context = context
        self.shards = tuple(shards)
        self._decider = decider
        self._log = log
        self._tail = tail
        self._membership = membership
        self._tenants = tenants
        self._snapshots = snapshots
        self._clock = clock
        self._handle = handle
        self._backing = backing
        self._inputs = inputs
        self._snapshot_every = snapshot_every
        self._codes = codes or {}
        self._active: dict[tuple[str, str], _Active[C, S, E]] = {}
        self._look_again = asyncio.Event()
        self._started = asyncio.Condition()
        membership.on_change(self._look_again.set)
        tenants.on_change(self._look_again.set)

    async def run(self) -> None:
        """Owns what is ours until cancelled; a shard that fails ends the process."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                raise_if_cancelled()
                self._look_again.clear()
                await self._take_over(tasks)
                await self._look_again.wait()

    async def call(self, tenant: str, shard: str, request: Message, response: type[M], *, known: int = 0) -> M:
        """Has a request executed by its shard's owner, here or elsewhere, within the caller's deadline. Where it
        follows from a fact of the shard, `known` is that fact's position: an owner that is behind it reads it first.

        Raises what `handle` raises (from elsewhere as StatusError), NotFound for an unknown tenant, and Unavailable
        while the shard moves.
        """
        await self._tenants.require(tenant)
        answer = await self._at_owner(Subject(self.context, tenant, shard), request, known)
        if not isinstance(answer, response):
            raise TypeError(
                f"shard {shard} of {tenant} answered {type(answer).__name__} where {response.__name__} was due"
            )
        return answer

    async def _at_owner(self, subject: Subject, request: Message, known: int) -> Message:
        """While ownership moves nobody answers for a moment, or who owned it says so; nothing was done then, so it is
        asked again.
        """
        give_up_at = time.monotonic() + min(deadline_s(), MOVING_S)
        while True:
            refusal: Exception
            try:
                if self._membership.owns(str(subject)):
                    return await self._execute(await self._writer(subject), request, known)
                return await self._forward(subject, request, known)
            except nats.errors.NoRespondersError:
                refusal = Unavailable(f"shard {subject} has no owner at the moment; try again", 0.5)
            except Moved as moved:
                refusal = moved
            except StatusError as told:
                if told.reason != Moved.REASON:
                    raise
                refusal = told
            if time.monotonic() > give_up_at:
                raise refusal
            await asyncio.sleep(0.05)

    async def caught_up(self, tenant: str, position: int) -> int:
        """Waits until all of a tenant's shards include their inputs up to a position; returns where their own commits
        end.
        """
        request = integrity_pb2.WaitUntilRequest(position=Position.encode(position), tenant=tenant)
        reached = [await self.call(tenant, shard, request, integrity_pb2.WaitUntilResponse) for shard in self.shards]
        return max((Position.decode(answer.position) for answer in reached), default=position)

    async def describe(self, tenant: str = "") -> list[operations_pb2.Shard]:
        """How each shard of a tenant, or of all known tenants, is, as its owner says."""
        request = operations_pb2.ListShardsRequest(tenant=tenant)
        return [
            await self.call(of, shard, request, operations_pb2.Shard)
            for of in ([tenant] if tenant else sorted(self._tenants.known))
            for shard in self.shards
        ]

    def _description(self, writer: ShardWriter[C, S, E]) -> operations_pb2.Shard:
        recovered = writer.ready.is_set()
        return operations_pb2.Shard(
            name=str(writer.subject),
            state=operations_pb2.SHARD_STATE_SERVING if recovered else operations_pb2.SHARD_STATE_RECOVERING,
            owner=self._membership.member,
            position=Position.encode(writer.position),
            input_position="" if self._inputs is None else Position.encode(writer.input.position),
            waiting=writer.depth,
        )

    async def differences(self) -> list[tuple[Subject, int, str | None]]:
        """I1 for every shard owned here: (subject, commits' last position, how live state and refolded state
        differ).
        """
        found = []
        for (tenant, shard), active in sorted(self._active.items()):
            subject = Subject(self.context, tenant, shard)
            found.append((subject, *await self._difference(subject, active.writer)))
        return found

    async def _difference(self, subject: Subject, writer: ShardWriter[C, S, E]) -> tuple[int, str | None]:
        """Refolds beside the shard, and again what came meanwhile, until so little is left that it may wait for it."""
        again = await refold(self._decider, self._log, subject)
        for _ in range(REFOLDS_MAX):
            before = again.position
            again = await refold(self._decider, self._log, subject, onto=again)
            if again.position - before <= REFOLDED_HELD:
                break
        async with asyncio.timeout(MOVING_S):
            await writer.reached(again.position)  # whose shard has moved without its noticing learns it now
        differs, dump = self._decider.differs, self._decider.dump
        async with writer.commit_lock:
            again = await refold(self._decider, self._log, subject, writer.position, onto=again)
            if differs is not None:
                return again.position, differs(writer.state, again.state)
            assert dump is not None, "a decider says how states are compared: dump or differs"
            live, refolded = dump(writer.state), dump(again.state)  # as they are now, whatever becomes of the shard
        for one, other in zip_longest(live, refolded):
            if one != other:
                return again.position, "live state and refolded state differ"
            await asyncio.sleep(0)
        return again.position, None

    async def _take_over(self, tasks: asyncio.TaskGroup) -> None:
        wanted = {
            (tenant, shard)
            for tenant in self._tenants.known
            for shard in self.shards
            if self._membership.owns(str(Subject(self.context, tenant, shard)))
        }
        for key in [key for key in self._active if key not in wanted]:
            self._active.pop(key).ends.set()
        for tenant, shard in sorted(wanted - self._active.keys()):
            writer = ShardWriter(
                Subject(self.context, tenant, shard),
                self._decider,
                self._log,
                self._clock,
                self._snapshots,
                backing=self._backing,
                snapshot_every=self._snapshot_every,
            )
            ends = asyncio.Event()
            self._active[tenant, shard] = _Active(writer, ends)
            tasks.create_task(self._own(writer, ends), name=f"shard {writer.subject}")
        async with self._started:
            self._started.notify_all()

    async def _own(self, writer: ShardWriter[C, S, E], ends: asyncio.Event) -> None:
        """Everything one owned shard needs, until ownership ends; the round under way then is let finish."""
        subject = writer.subject
        name = f"cmd.{subject.context}.{subject.tenant}.{subject.shard}"
        async with asyncio.TaskGroup() as tasks:
            working = [tasks.create_task(writer.run(), name=f"writer {subject}")]
            if self._inputs is not None:
                working.append(tasks.create_task(self._feed(writer, self._inputs), name=f"inputs {subject}"))
            in_hand = asyncio.Semaphore(FORWARDED_MAX)

            async def take(message: Msg) -> None:
                await in_hand.acquire()
                task = tasks.create_task(self._answer(writer, message))
                task.add_done_callback(lambda _: in_hand.release())

            # While a shard moves two replicas listen; the group sees to it that only one of them is asked.
            subscription = await self._log.nc.subscribe(name, "owner", cb=take)
            try:
                raise_if_cancelled()
                await ends.wait()
            except asyncio.CancelledError:
                with suppress(nats.errors.Error):
                    await subscription.unsubscribe()
                raise
            await _drained(subscription)
            async with writer.commit_lock:
                for task in working:
                    task.cancel()

    async def _feed(self, writer: ShardWriter[C, S, E], inputs: Inputs[C]) -> None:
        await writer.ready.wait()
        after, tenant = writer.input.position, writer.subject.tenant
        async with aclosing(self._tail.of(after, inputs.context, tenant)) as batches:
            async for upto, batch in batches:
                if batch:
                    react = inputs.react if inputs.prepare is None else await inputs.prepare(events_of(batch))
                    assert react is not None, "inputs react, or prepare something that does"
                    for entry in batch:
                        if steps := _steps(entry, react):
                            await writer.feed(InputCommands(entry.position, steps))
                await writer.read_inputs(upto)

    async def _writer(self, subject: Subject) -> ShardWriter[C, S, E]:
        """The writer of an owned shard, once it is ready."""
        key = (subject.tenant, subject.shard)
        try:
            async with asyncio.timeout(deadline_s()):
                async with self._started:
                    await self._started.wait_for(lambda: key in self._active or not self._membership.owns(str(subject)))
                if key not in self._active:
                    raise Moved(subject)
                writer = self._active[key].writer
                await writer.ready.wait()
                return writer
        except TimeoutError:
            raise Unavailable(f"shard {subject} is being recovered; try again", 1.0) from None

    async def _execute(self, writer: ShardWriter[C, S, E], request: Message, known: int) -> Message:
        if writer.position < known:
            async with asyncio.timeout(deadline_s()):
                await writer.reached(known)
        if isinstance(request, operations_pb2.ListShardsRequest | operations_pb2.WakeShardRequest):
            return self._description(writer)
        if isinstance(request, integrity_pb2.WaitUntilRequest):
            return await self._wait_until(writer, Position.decode(request.position, "position"))
        return await self._handle(writer, request)

    async def _wait_until(self, writer: ShardWriter[C, S, E], position: int) -> integrity_pb2.WaitUntilResponse:
        if self._inputs is not None:
            try:
                async with asyncio.timeout(deadline_s()):
                    position = max(position, await writer.reached_input(position))
            except TimeoutError:
                raise Unavailable(f"shard {writer.subject} has not caught up yet; try again", 1.0) from None
        return integrity_pb2.WaitUntilResponse(position=Position.encode(max(position, writer.position)))

    async def _forward(self, subject: Subject, request: Message, known: int) -> Message:
        packed = AnyMessage()
        packed.Pack(request)
        timeout_s = deadline_s()
        headers = {"Deadline-Seconds": f"{timeout_s:.3f}", "Known-Position": str(known)}
        if traceparent := telemetry.inject():
            headers["traceparent"] = traceparent
        name = f"cmd.{subject.context}.{subject.tenant}.{subject.shard}"
        try:
            reply = await self._log.nc.request(name, packed.SerializeToString(), timeout=timeout_s, headers=headers)
        except nats.errors.NoRespondersError:
            raise
        except (TimeoutError, nats.errors.Error):
            raise Unavailable(f"the owner of shard {subject} did not answer in time; try again", 0.5) from None
        if reply.headers and "Refused" in reply.headers:
            raise StatusError(Status.FromString(reply.data))
        return unpacked(AnyMessage.FromString(reply.data))

    async def _answer(self, writer: ShardWriter[C, S, E], message: Msg) -> None:
        """Executes one forwarded request and answers it, refusals included."""
        headers = message.headers or {}
        packed_request = AnyMessage.FromString(message.data)
        name = packed_request.TypeName()
        with telemetry.server_span(name, headers.get("traceparent", ""), "nats"):
            try:
                async with asyncio.timeout(float(headers.get("Deadline-Seconds", "30"))):
                    await writer.ready.wait()
                    answer = await self._execute(
                        writer, unpacked(packed_request), int(headers.get("Known-Position", "0"))
                    )
                packed = AnyMessage()
                packed.Pack(answer)
                await _reply(self._log.nc, message, packed.SerializeToString(), refused=False)
            except TimeoutError:
                return  # the caller has stopped waiting
            except Exception as refusal:  # noqa: BLE001  # crosses the wire as a status, as it would from a local call
                await _reply(self._log.nc, message, to_status(refusal, self._codes).SerializeToString(), refused=True)


async def _drained(subscription: Subscription) -> None:
    """Takes no more requests; those that have come are handed over."""
    draining = asyncio.ensure_future(subscription.drain())  # type: ignore[no-untyped-call]
    try:
        await asyncio.wait((draining,), timeout=MOVING_S)
    finally:
        # Who is cancelled here leaves it a moment: the client miscounts its pings when a flush is cut off.
        await asyncio.wait((draining,), timeout=0.5)
        draining.cancel()
        await asyncio.gather(draining, return_exceptions=True)


def _steps(entry: Entry, react: Callable[[Recorded], C | None]) -> list[tuple[int, Origin, C]]:
    steps = []
    for recorded in entry.events():
        if (command := react(recorded)) is not None:
            event = recorded.event
            origin = Origin("", event.correlation_id or event.event_id, event.event_id, event.traceparent)
            steps.append((recorded.index, origin, command))
    return steps


async def _reply(nc: Client, message: Msg, data: bytes, *, refused: bool) -> None:
    await nc.publish(message.reply, data, headers={"Refused": "1"} if refused else None)
