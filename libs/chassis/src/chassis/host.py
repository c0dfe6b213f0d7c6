"""The shards of one context as far as this replica owns them, and the way of a request to its shard's owner.

It knows membership, the log and the shard machinery. What a request means is the service's `handle`.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import grpc
import nats.errors
from google.protobuf.message import Message
from switchboard.log.v1 import integrity_pb2, operations_pb2

from chassis.calls import deadline_s
from chassis.cancellation import raise_if_cancelled
from chassis.clock import Clock, to_timestamp
from chassis.commands import Unsent
from chassis.commits import Position, Subject
from chassis.decider import Decider
from chassis.errors import Moved, NotFound, StatusError, Unavailable
from chassis.forwarding import MOVING_S, Listener, forward
from chassis.inputs import Inputs, feed
from chassis.log import Log
from chassis.membership import Membership
from chassis.parked_inputs import list_parked, release
from chassis.recovery import SNAPSHOT_EVERY, BackingStore
from chassis.shard import ShardWriter
from chassis.shard_queue import QUEUE_MAX
from chassis.shard_state import SnapshotStore
from chassis.shard_verification import difference
from chassis.supervision import Supervision
from chassis.tail import Tail
from chassis.tenants import Tenants

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")
M = TypeVar("M", bound=Message)

_LOGGER = logging.getLogger(__name__)


@dataclass(slots=True)
class _Owned(Generic[C, S, E]):
    writer: ShardWriter[C, S, E]
    supervision: Supervision
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
        handle: Callable[[ShardWriter[C, S, E], Any], Awaitable[Message]],
        backing: BackingStore[C, S] | None = None,
        inputs: Inputs[C] | None = None,
        snapshot_every: int = SNAPSHOT_EVERY,
        queue_max: int = QUEUE_MAX,
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
        self._queue_max = queue_max
        self._codes = codes or {}
        self._owned: dict[tuple[str, str], _Owned[C, S, E]] = {}
        self._look_again = asyncio.Event()
        self._started = asyncio.Condition()
        membership.on_change(self._look_again.set)
        tenants.on_change(self._look_again.set)

    async def run(self) -> None:
        """Owns what is ours until cancelled. A shard that fails stands alone: `supervision` says what becomes of it."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                raise_if_cancelled()
                self._look_again.clear()
                await self._take_over(tasks)
                await self._look_again.wait()

    async def call(self, tenant: str, shard: str, request: Message | Unsent, response: type[M], *, known: int = 0) -> M:
        """Has a request executed by its shard's owner, here or elsewhere, within the caller's deadline. Where it
        follows from a fact of the shard, `known` is that fact's position: an owner that is behind it reads it first.
        `handle` is given an Unsent as it is where the owner is here, and its message elsewhere.

        Raises what `handle` raises (from elsewhere as StatusError), NotFound for an unknown tenant, Unavailable while
        the shard moves or rests, and TimeoutError when the deadline passes.
        """
        await self._tenants.require(tenant)
        answer = await self._at_owner(Subject(self.context, tenant, shard), request, known)
        if not isinstance(answer, response):
            raise TypeError(
                f"shard {shard} of {tenant} answered {type(answer).__name__} where {response.__name__} was due"
            )
        return answer

    async def _at_owner(self, subject: Subject, request: Message | Unsent, known: int) -> Message:
        """While ownership moves nobody answers for a moment, or who owned it says so; nothing was done then, so it is
        asked again.
        """
        give_up_at = time.monotonic() + min(deadline_s(), MOVING_S)
        while True:
            self._tenants.refuse_deleted(subject.tenant)
            refusal: Exception
            try:
                if self._membership.owns(str(subject)):
                    return await self._execute(await self._here(subject), request, known)
                message = request if isinstance(request, Message) else request.message()
                return await forward(self._log.nc, subject, message, known)
            except nats.errors.NoRespondersError:
                refusal = Unavailable(f"shard {subject} has no owner at the moment; try again", 0.5)
            except Moved as moved:
                refusal = moved
            except StatusError as refused:
                if refused.reason != Moved.REASON:
                    raise
                refusal = refused
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

    async def parked(self, tenant: str = "") -> list[operations_pb2.ParkedEvent]:
        """The inputs that the shards of a tenant, or of all known tenants, could not take, by shard and position."""
        found: list[operations_pb2.ParkedEvent] = []
        for of in [tenant] if tenant else sorted(self._tenants.known):
            for shard in self.shards:
                request = operations_pb2.ListParkedRequest()
                while True:
                    page = await self.call(of, shard, request, operations_pb2.ListParkedResponse)
                    found.extend(page.events)
                    if not page.next_page_token:
                        break
                    request.page_token = page.next_page_token
        return found

    async def release(self, subject: Subject, key: str) -> operations_pb2.ReleaseParkedResponse:
        """Takes a parked input again with today's code. Raises NotFound for one that is not parked."""
        request = operations_pb2.ReleaseParkedRequest(consumer=str(subject), key=key)
        return await self.call(subject.tenant, subject.shard, request, operations_pb2.ReleaseParkedResponse)

    def _description(self, owned: _Owned[C, S, E]) -> operations_pb2.Shard:
        writer, supervision = owned.writer, owned.supervision
        since = supervision.resting_since
        state = operations_pb2.SHARD_STATE_RECOVERING
        if since is not None:
            state = operations_pb2.SHARD_STATE_RESTING
        elif writer.ready.is_set():
            state = operations_pb2.SHARD_STATE_SERVING
        return operations_pb2.Shard(
            name=str(writer.subject),
            state=state,
            owner=self._membership.member,
            position=Position.encode(writer.position),
            input_position="" if self._inputs is None else Position.encode(writer.input.position),
            waiting=writer.depth,
            waiting_bytes=writer.queue.bytes,
            failures=supervision.failures,
            failure=supervision.failure,
            resting_since=None if since is None else to_timestamp(since),
        )

    async def differences(self) -> list[tuple[Subject, int, str | None]]:
        """I1 for every shard owned here: (subject, commits' last position, how live state and refolded state
        differ).
        """
        found: list[tuple[Subject, int, str | None]] = []
        for (tenant, shard), owned in sorted(self._owned.items()):
            subject, writer = Subject(self.context, tenant, shard), owned.writer
            if owned.supervision.resting_since is not None:
                found.append((subject, writer.position, f"the shard rests: {owned.supervision.failure}"))
            else:
                found.append((subject, *await difference(self._decider, self._log, writer)))
        return found

    async def _take_over(self, tasks: asyncio.TaskGroup) -> None:
        wanted = {
            (tenant, shard)
            for tenant in self._tenants.known
            for shard in self.shards
            if self._membership.owns(str(Subject(self.context, tenant, shard)))
        }
        for key in [key for key in self._owned if key not in wanted]:
            self._owned.pop(key).ends.set()
        for tenant, shard in sorted(wanted - self._owned.keys()):
            owned = self._new(Subject(self.context, tenant, shard))
            self._owned[tenant, shard] = owned
            tasks.create_task(self._own(owned), name=f"shard {owned.writer.subject}")
        async with self._started:
            self._started.notify_all()

    def _new(self, subject: Subject) -> _Owned[C, S, E]:
        writer = ShardWriter(
            subject,
            self._decider,
            self._log,
            self._clock,
            self._snapshots,
            backing=self._backing,
            queue_max=self._queue_max,
            snapshot_every=self._snapshot_every,
        )
        parts: list[Callable[[], Awaitable[None]]] = [writer.run]
        if (inputs := self._inputs) is not None:
            parts.append(lambda: feed(writer, inputs, self._tail))
        return _Owned(writer, Supervision(writer, parts, self._clock), asyncio.Event())

    async def _own(self, owned: _Owned[C, S, E]) -> None:
        """Everything one owned shard needs, until ownership ends; the round under way then is let finish."""
        supervised = asyncio.create_task(owned.supervision.run(), name=f"supervision {owned.writer.subject}")
        listener = Listener(
            self._log.nc, owned.writer.subject, lambda request, known: self._execute(owned, request, known), self._codes
        )
        try:
            await _opened(listener)
            await owned.ends.wait()
            await listener.drain()
            async with owned.writer.commit_lock:
                owned.supervision.cancel_parts()
                supervised.cancel()
            owned.writer.refuse(lambda: Moved(owned.writer.subject))
            await listener.finish()
        finally:
            supervised.cancel()
            await listener.close()
            await asyncio.gather(supervised, return_exceptions=True)

    async def _here(self, subject: Subject) -> _Owned[C, S, E]:
        """An owned shard, once it has been taken over."""
        key = (subject.tenant, subject.shard)
        async with asyncio.timeout(deadline_s()), self._started:
            await self._started.wait_for(
                lambda: (
                    key in self._owned
                    or not self._membership.owns(str(subject))
                    or subject.tenant in self._tenants.deleted
                )
            )
        if key not in self._owned:
            raise Moved(subject)
        return self._owned[key]

    async def _execute(self, owned: _Owned[C, S, E], request: Message | Unsent, known: int) -> Message:
        match request:
            case operations_pb2.ListShardsRequest():
                return self._description(owned)
            case operations_pb2.WakeShardRequest():
                owned.supervision.wake()
                return self._description(owned)
            case operations_pb2.ListParkedRequest():
                return list_parked(owned.writer, request.page_token)
        writer = owned.writer
        with writer.queue.admitted(request.ByteSize() if isinstance(request, Message) else request.size):
            async with asyncio.timeout(deadline_s()):
                await writer.until_ready()
                await writer.reached(known)
            match request:
                case integrity_pb2.WaitUntilRequest():
                    return await self._wait_until(writer, Position.decode(request.position, "position"))
                case operations_pb2.ReleaseParkedRequest():
                    return await release(writer, self._inputs, self._log, request.key)
                case _:
                    try:
                        return await self._handle(writer, request)
                    except NotFound:
                        async with asyncio.timeout(deadline_s()):
                            if not await writer.read_on():
                                raise
                    return await self._handle(writer, request)  # it is news to an owner that was deposed

    async def _wait_until(self, writer: ShardWriter[C, S, E], position: int) -> integrity_pb2.WaitUntilResponse:
        if self._inputs is not None:
            async with asyncio.timeout(deadline_s()):
                position = max(position, await writer.reached_input(position))
        return integrity_pb2.WaitUntilResponse(position=Position.encode(max(position, writer.position)))


async def _opened(listener: Listener) -> None:
    """Listens as soon as the connection lets it."""
    while True:
        raise_if_cancelled()
        try:
            await listener.open()
        except (TimeoutError, nats.errors.Error):
            _LOGGER.warning("a shard cannot listen yet; the connection is away")
            await asyncio.sleep(0.5)
        else:
            return
