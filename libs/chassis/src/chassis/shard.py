"""One shard: a queue of commands, a pure decider, and one guarded append for all that waits.

It knows the decider's functions and the log. It knows no network call of its own, no view, and nothing about which
service runs. A commit is decided against a state that runs ahead of the log while the append is under way; callers
hear nothing before it is durable. What a single command or input holds fails alone; whatever else fails ends `run`,
and `supervision` begins again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from google.protobuf.message import Message
from msgspec import structs

from chassis import telemetry
from chassis.batch import Batch, TooLarge, Undecidable
from chassis.calls import deadline_s
from chassis.cancellation import raise_if_cancelled
from chassis.clock import Clock
from chassis.commands import InputCommit, Origin, Outcome, PendingCommand, Request
from chassis.commits import Subject
from chassis.decider import Decider
from chassis.errors import Interrupted, Moved, RequestIdReused, TenantDeleted, Unavailable
from chassis.layout import decoded
from chassis.log import Conflict, Log, LogFull, OutcomeUnknown
from chassis.logs import where
from chassis.recovery import SNAPSHOT_EVERY, BackingStore, Recovery
from chassis.shard_queue import QUEUE_MAX, ShardQueue
from chassis.shard_state import InputPosition, Parked, Place, ShardState, SnapshotStore

C = TypeVar("C")
S = TypeVar("S")
E = TypeVar("E")

_LOGGER = logging.getLogger(__name__)
_DEPTH = telemetry.Instrument("switchboard.shard.queue.depth")
_TICK_LATE_S = telemetry.Instrument("switchboard.tick.lateness")
_PARKED = telemetry.Instrument("switchboard.shard.parked")
_LOOK_UP_S = 30.0
"""How long an idle shard sleeps at most; a clock that was set back or forth is noticed then."""
_AWAY_S = 0.2
"""Pause before asking again for something that is away."""


class EmptyTick(RuntimeError):
    """A tick was due and decided nothing, so it is due again at once and for ever."""


class ShardWriter(Generic[C, S, E]):
    """The single writer of one shard. `run` owns it; everybody else calls `submit` or `feed`."""

    def __init__(
        self,
        subject: Subject,
        decider: Decider[C, S, E],
        log: Log,
        clock: Clock,
        snapshots: SnapshotStore,
        *,
        backing: BackingStore[C, S] | None = None,
        queue_max: int = QUEUE_MAX,
        snapshot_every: int = SNAPSHOT_EVERY,
    ) -> None:
        self.subject = subject
        self._decider = decider
        self._log = log
        self._clock = clock
        self._backing = backing
        self._recovery: Recovery[S] = Recovery(subject, decider, log, snapshots, backing, every=snapshot_every)
        self.queue: ShardQueue[C, S, E] = ShardQueue(subject, queue_max)
        self._labels = {"switchboard.context": subject.context, "switchboard.shard": subject.shard}
        self._tenant_labels = self._labels | {"switchboard.tenant": subject.tenant}
        self._fed_position = 0
        self._read_position = 0
        self._known = 0
        self._refusal: Callable[[], Exception] | None = None
        self._advanced = asyncio.Condition()
        self._current: ShardState[S] = ShardState(decider.initial())
        self._durable_input = InputPosition()
        self.ready = asyncio.Event()
        """Set while the state is recovered and commands are being decided."""
        self._answering = asyncio.Event()
        self.commit_lock = asyncio.Lock()
        """Held while a batch is decided and appended; hold it to see state and log agree."""

    @property
    def state(self) -> S:
        """The state, possibly ahead of the log by the commit under way. Read only."""
        return self._current.state

    @property
    def parked(self) -> Parked:
        """The inputs that could not be taken. Read only."""
        return self._current.parked

    @property
    def position(self) -> int:
        """Position of the shard's last durable commit."""
        return self._current.position

    @property
    def input(self) -> InputPosition:
        """Up to where inputs are durably included."""
        return self._durable_input

    @property
    def depth(self) -> int:
        """Commands waiting; a commit of inputs counts as one."""
        return len(self.queue)

    async def submit(
        self,
        command: C | None,
        *,
        origin: Origin | None = None,
        request: Request | None = None,
        respond: Callable[[S, Sequence[E]], Message] | None = None,
        releases: Place | None = None,
    ) -> Outcome[E]:
        """Decides a command and waits until its events are durable.

        `respond` builds the answer right after the decision from the state it led to; with `request` that answer is
        kept in the commit and given again when the request is repeated. `releases` names the parked input a command
        comes from.

        Raises Rejected, RequestIdReused, InvalidRequest for what is more than a commit holds, Overloaded when the queue
        is full, Moved when the shard goes elsewhere, Resting, TimeoutError when the call's deadline passes first;
        nothing was done then. OutcomeUnknown and Interrupted say that it may have been. Repeating is always safe.
        """
        if self._refusal is not None:
            raise self._refusal()
        done: asyncio.Future[Outcome[E]] = asyncio.get_running_loop().create_future()
        origin = origin or Origin(traceparent=telemetry.inject())
        expires_at = time.monotonic() + deadline_s()
        self.queue.push(PendingCommand(command, origin, done, request, respond, releases, expires_at))
        outcome = await done
        if not outcome.in_log:
            return outcome
        assert request is not None, "only what has an id is found again"
        return replace(outcome, response=await self._answer_at(outcome.position, request))

    async def feed(self, inputs: InputCommit[C]) -> None:
        """Queues what a commit of inputs leads to, one after the other; waits for room instead of refusing."""
        await self.queue.feed(inputs)
        self._fed_position = inputs.position

    async def read_inputs(self, position: int) -> None:
        """Says that the log holds no inputs up to a position but those that were fed."""
        self._read_position = position
        async with self._advanced:
            self._advanced.notify_all()

    async def reached_input(self, position: int) -> int:
        """Waits until inputs up to a position are durably included; returns the shard's own position then."""

        def includes() -> bool:
            included = self._durable_input.position
            return included >= position or (self._read_position >= position and included >= self._fed_position)

        async with self._advanced:
            await self._advanced.wait_for(includes)
        return self.position

    async def reached(self, position: int) -> None:
        """Waits until the state includes the shard's own commit at a position; one that somebody else appended is read.

        Without it an owner whose shard has moved without its noticing would decide about a fact it does not know, and
        where it decides nothing no append would tell it. Raises Unavailable when the log has no such commit.
        """
        if self._current.position >= position:
            return
        self._known = max(self._known, position)
        self.queue.wake()
        async with self._advanced:
            await self._advanced.wait_for(lambda: self._current.position >= position or self._known < position)
        if self._current.position < position:
            raise Unavailable(f"shard {self.subject} is behind the log; try again", 0.25)

    async def read_on(self) -> bool:
        """Reads what others appended, and returns whether there was anything. Raises Unavailable."""
        if not await self._log.has_after(self.subject, self.position):
            return False
        last = await self._log.last(str(self.subject))
        if last is not None:
            await self.reached(last.position)
        return True

    async def until_ready(self) -> None:
        """Waits until commands are decided. Raises Moved and Resting when they will not be."""
        await self._answering.wait()
        if self._refusal is not None:
            raise self._refusal()

    def refuse(self, refusal: Callable[[], Exception] | None) -> None:
        """Refuses what waits and what comes, from now on; None takes it in again."""
        self._refusal = refusal
        if refusal is None:
            self._answering.clear()
        else:
            self.queue.refuse(refusal())
            self._answering.set()

    async def run(self) -> None:
        """Recovers, then decides until cancelled; what waits then is answered Moved. So that nothing is under way,
        cancel it while holding `commit_lock`. Raises what no single command or input is to blame for; callers that
        wait go on waiting then, for `run` to be called again.
        """
        try:
            await self._recover()
            while True:
                raise_if_cancelled()
                if self._current.closed:
                    await self._stay_closed()
                await self._wait()
                async with self.commit_lock:
                    if self._known > self._current.position:
                        await self._recover()
                    self._known = 0
                    await self._commit_batch()
                self._recovery.save_when_due(self._current, self._durable_input)
        except asyncio.CancelledError:
            self.refuse(lambda: Moved(self.subject))
            raise
        finally:
            self._recovery.stop()
            self.queue.drop_inputs()  # whoever fed them feeds them again
            self._fed_position = self._read_position = 0
            self.ready.clear()
            if self._refusal is None:
                self._answering.clear()

    async def _stay_closed(self) -> None:
        """Refuses everybody until cancelled: the tenant is deleted."""
        self.refuse(lambda: TenantDeleted(self.subject.tenant))
        await asyncio.Event().wait()

    async def _recover(self) -> None:
        self.ready.clear()
        self._answering.clear()
        while True:
            raise_if_cancelled()
            try:
                self._current = await self._recovery.state()
                break
            except (Unavailable, TimeoutError):
                await asyncio.sleep(_AWAY_S)
        self._durable_input = self._current.input
        self.ready.set()
        self._answering.set()

    async def _wait(self) -> None:
        while not len(self.queue) and self._known <= self._current.position:
            due = self._decider.next_due(self._current.state)
            wait_s = _LOOK_UP_S if due is None else min(self._clock.seconds_until(due), _LOOK_UP_S)
            if wait_s <= 0:
                return
            try:
                async with asyncio.timeout(wait_s):
                    await self.queue.wait()
            except TimeoutError:
                continue

    async def _commit_batch(self) -> None:
        decider, current = self._decider, self._current
        now = self._clock.now()
        _DEPTH.record(len(self.queue), self._tenant_labels)
        due = decider.next_due(current.state)
        tick = decider.tick(now) if decider.tick is not None and due is not None and due <= now else None
        taken = self.queue.take()
        if not await self._loaded(taken, tick):
            return
        batch = Batch(decider, current, self.subject, now)
        ticked = True
        try:
            if tick is not None and due is not None:
                _TICK_LATE_S.record((now - due) / 1e6, self._labels)
                ticked = batch.decide_tick(tick)
            used = batch.decide(taken)
            if decider.tick is not None:
                batch.decide_ticks(decider.tick(now))
            self.queue.put_back(taken[used:])
            del taken[used:]
            await self._append(batch, taken)
        except Undecidable as undecidable:
            await self._leave_out(undecidable, taken)
            return
        except (Conflict, OutcomeUnknown, LogFull, Unavailable) as not_now:
            self._take_back(taken, None if isinstance(not_now, Conflict) else not_now)
            await self._recover()
            return
        except BaseException:
            self._take_back(taken, Interrupted(self.subject))
            raise
        self.queue.learn(taken, len(batch.commit.events), batch.size)
        if self._backing is not None:
            self._backing.evict(current.state, current.position)
        if current.parked or batch.released:
            _PARKED.record(len(current.parked), self._tenant_labels)
        self._durable_input = max(self._durable_input, current.input)
        async with self._advanced:
            self._advanced.notify_all()
        if not ticked and (again := decider.next_due(current.state)) is not None and again <= now:
            raise EmptyTick

    async def _append(self, batch: Batch[C, S, E], taken: Sequence[PendingCommand[C, S, E] | InputCommit[C]]) -> None:
        """Makes durable what a round decided, and tells its callers. Where nothing is appended, nothing says that this
        state is the log's: an owner that was deposed and does not know it would refuse what its successor made
        possible. So the log is asked.
        """
        current = self._current
        if batch.empty:
            if batch.tells and await self._log.has_after(self.subject, current.position):
                raise Conflict
            batch.conclude(current.position)
            return
        data = batch.encode()
        current.position = await self._log.append(self.subject, batch.commit, current.position, data=data)
        batch.conclude(current.position)
        self._recovery.committed(len(batch.commit.events))

    async def _leave_out(
        self, undecidable: Undecidable, taken: Sequence[PendingCommand[C, S, E] | InputCommit[C]]
    ) -> None:
        """Lets one item fail alone: what was decided with it is decided again, on the state as the log has it."""
        item, error = undecidable.item, undecidable.error
        if item is None:  # time itself has no caller to refuse
            self._take_back(taken, None)
            raise error
        self._blame(item, error, undecidable.index)
        self._take_back(taken, None)
        await self._recover()

    def _blame(self, item: object, error: Exception, index: int) -> None:
        if isinstance(item, PendingCommand):
            item.refuse(error)
            kind = "command"
        else:
            assert isinstance(item, InputCommit)
            item.commands[index] = structs.replace(item.commands[index], command=None, failure=type(error).__name__)
            kind = item.commands[index].type
        if not isinstance(error, TooLarge):
            fields = {"subject": str(self.subject), "event_type": kind, "error": type(error).__name__}
            _LOGGER.error("a command failed unforeseen", extra={"fields": fields | {"at": where(error.__traceback__)}})

    async def _loaded(self, taken: Sequence[PendingCommand[C, S, E] | InputCommit[C]], tick: C | None) -> bool:
        """Brings what the round touches into memory. While the read model is away callers are told, and inputs wait."""
        if self._backing is None:
            return True
        commands = [command for item in taken for command in _commands_of(item)]
        if tick is not None:
            commands.append(tick)
        try:
            try:
                await self._backing.load(self.subject.tenant, self._current.state, commands)
            except (Unavailable, TimeoutError):
                raise
            except Exception:  # noqa: BLE001  # one of them is to blame; the others are not
                await self._load_each(self._backing, taken, tick)
        except (Unavailable, TimeoutError) as away:
            failure = away if isinstance(away, Unavailable) else Unavailable("the database is slow; try again", 1.0)
            self._take_back(taken, failure)
            await asyncio.sleep(_AWAY_S)
            return False
        except BaseException:
            self._take_back(taken, None)
            raise
        return True

    async def _load_each(
        self, backing: BackingStore[C, S], taken: Sequence[PendingCommand[C, S, E] | InputCommit[C]], tick: C | None
    ) -> None:
        tenant, state = self.subject.tenant, self._current.state
        if tick is not None:
            await backing.load(tenant, state, [tick])
        for item in taken:
            commands = [each.command for each in item.commands] if isinstance(item, InputCommit) else [item.command]
            for index, command in enumerate(commands):
                if command is None:
                    continue
                try:
                    await backing.load(tenant, state, [command])
                except (Unavailable, TimeoutError):
                    raise
                except Exception as error:  # noqa: BLE001  # it fails alone
                    self._blame(item, error, index)

    def _take_back(self, taken: Sequence[PendingCommand[C, S, E] | InputCommit[C]], failure: Exception | None) -> None:
        """Inputs wait; callers wait with them, or are told what keeps theirs from being decided."""
        if failure is not None:
            for item in taken:
                if isinstance(item, PendingCommand):
                    item.refuse(failure)
        self.queue.put_back([item for item in taken if failure is None or isinstance(item, InputCommit)])

    async def _answer_at(self, position: int, request: Request) -> Message:
        """What a request was answered, read where it stands in the log."""
        async with asyncio.timeout(deadline_s()):
            entry = await self._log.get(position)
        for answer in () if entry is None else entry.commit.answers:
            if answer.request_id == request.request_id:
                if answer.request_digest != request.digest:
                    raise RequestIdReused
                return decoded(answer.type, answer.value)
        raise Unavailable("the answer to this request_id cannot be read from the log", 5.0)


def _commands_of(item: PendingCommand[C, S, E] | InputCommit[C]) -> list[C]:
    if isinstance(item, InputCommit):
        return [each.command for each in item.commands if each.command is not None]
    return [] if item.command is None else [item.command]
