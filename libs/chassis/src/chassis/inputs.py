"""Other people's facts as a shard takes them: read in order, turned into its own commands, or parked where that fails.

It knows the tail of the log and a service's reactions. What is decided upon them is the shard's matter.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chassis.cancellation import raise_if_cancelled
from chassis.commands import InputCommand, InputCommit, Origin
from chassis.commits import Entry, Recorded, events_of
from chassis.errors import Overloaded, Unavailable
from chassis.logs import where
from chassis.shard import ShardWriter
from chassis.tail import Tail

C = TypeVar("C")
React = Callable[[Recorded], C | None]

_AWAY_S = 0.5
"""Pause before reacting again when what reacting needs is away."""
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Inputs(Generic[C]):
    """Other people's facts that a shard turns into its own commands, exactly once; each leads to one or to none.

    Give `react`, or `prepare` when reacting needs something awaited first for the whole batch: it returns the `react`
    for it. An event for which either raises is parked, unless it is Unavailable or Overloaded: then all of it waits.
    """

    context: str
    react: React[C] | None = None
    prepare: Callable[[Sequence[Recorded]], Awaitable[React[C]]] | None = None

    async def reaction(self, events: Sequence[Recorded]) -> React[C]:
        """What reacts to these events. Raises what `prepare` raises."""
        if self.prepare is not None:
            return await self.prepare(events)
        assert self.react is not None, "inputs react, or prepare something that does"
        return self.react


async def feed(writer: ShardWriter[C, Any, Any], inputs: Inputs[C], tail: Tail) -> None:
    """Feeds a shard its inputs from where it has got to, until cancelled."""
    await writer.ready.wait()
    after, tenant = writer.input.position, writer.subject.tenant
    async with aclosing(tail.of(after, inputs.context, tenant)) as batches:
        async for upto, batch in batches:
            for commit in await _reacted(inputs, batch):
                await writer.feed(commit)
            await writer.read_inputs(upto)


async def command_of(inputs: Inputs[C], recorded: Recorded) -> InputCommand[C] | None:
    """What one event leads to: a command, being parked, or nothing. Raises Unavailable and Overloaded."""
    try:
        react = await inputs.reaction([recorded])
    except (Unavailable, Overloaded, TimeoutError):
        raise
    except Exception as error:  # noqa: BLE001  # it is parked
        return _parked(recorded, error)
    return _command(recorded, react)


async def _reacted(inputs: Inputs[C], batch: Sequence[Entry]) -> list[InputCommit[C]]:
    """What commits lead to, those left out that lead to nothing."""
    while True:
        raise_if_cancelled()
        try:
            try:
                react = await inputs.reaction(events_of(batch)) if batch else None
            except (Unavailable, Overloaded, TimeoutError):
                raise
            except Exception:  # noqa: BLE001  # one of the events is to blame; each is prepared for alone
                react = None
            commits = []
            for entry in batch:
                commands = []
                for recorded in entry.events():
                    found = await command_of(inputs, recorded) if react is None else _command(recorded, react)
                    if found is not None:
                        commands.append(found)
                if commands:
                    commits.append(InputCommit(entry.position, str(entry.subject), commands, len(entry.data)))
            return commits
        except (Unavailable, Overloaded, TimeoutError):
            await asyncio.sleep(_AWAY_S)


def _command(recorded: Recorded, react: React[C]) -> InputCommand[C] | None:
    try:
        command = react(recorded)
    except (Unavailable, Overloaded, TimeoutError):
        raise
    except Exception as error:  # noqa: BLE001  # it is parked
        return _parked(recorded, error)
    return None if command is None else InputCommand(recorded.index, recorded.type, _origin(recorded), command)


def _parked(recorded: Recorded, error: Exception) -> InputCommand[Any]:
    fields = {"position": recorded.position, "event_type": recorded.type, "error": type(error).__name__}
    _LOGGER.error("an input is parked", extra={"fields": fields | {"at": where(error.__traceback__)}})
    return InputCommand(recorded.index, recorded.type, _origin(recorded), None, type(error).__name__)


def _origin(recorded: Recorded) -> Origin:
    event, event_id = recorded.event, recorded.event_id
    return Origin("", event.correlation_id or event_id, event_id, event.traceparent)
