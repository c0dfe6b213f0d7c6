"""I1 for one shard: its live state against the one that the log gives again. It changes nothing."""

from __future__ import annotations

import asyncio
from itertools import zip_longest
from typing import Any, TypeVar

from chassis.decider import Decider
from chassis.errors import Unavailable
from chassis.log import Log
from chassis.logs import where
from chassis.shard import ShardWriter
from chassis.shard_state import refold

S = TypeVar("S")

REFOLDS_MAX = 8
"""How often a verification catches up with a shard before it has it wait for the rest."""
REFOLDED_HELD = 500
"""Positions of the log that are little enough to be refolded while the shard waits."""
REACHED_S = 6.0
"""How long the shard may take to learn of its own last commit."""


async def difference(
    decider: Decider[Any, S, Any], log: Log, writer: ShardWriter[Any, S, Any]
) -> tuple[int, str | None]:
    """(the position compared at, how the states differ or None); what cannot be recomputed is a difference too.

    Raises Unavailable and TimeoutError when log or shard do not answer.
    """
    try:
        return await _difference(decider, log, writer)
    except (Unavailable, TimeoutError):
        raise
    except Exception as error:  # noqa: BLE001  # a finding, not a failure
        return writer.position, f"cannot be recomputed: {type(error).__name__} at {where(error.__traceback__)}"


async def _difference(
    decider: Decider[Any, S, Any], log: Log, writer: ShardWriter[Any, S, Any]
) -> tuple[int, str | None]:
    """Refolds beside the shard, and again what came meanwhile, until so little is left that it may wait for it."""
    subject = writer.subject
    again = await refold(decider, log, subject)
    for _ in range(REFOLDS_MAX):
        before = again.position
        again = await refold(decider, log, subject, onto=again)
        if again.position - before <= REFOLDED_HELD:
            break
    async with asyncio.timeout(REACHED_S):
        await writer.reached(again.position)  # whose shard has moved without its noticing learns it now
    differs, dump = decider.differs, decider.dump
    async with writer.commit_lock:
        again = await refold(decider, log, subject, writer.position, onto=again)
        if writer.parked != again.parked:
            return again.position, "what is parked differs from what the log says is parked"
        if differs is not None:
            return again.position, differs(writer.state, again.state)
        assert dump is not None, "a decider says how states are compared: dump or differs"
        live, refolded = dump(writer.state), dump(again.state)  # as they are now, whatever becomes of the shard
    for one, other in zip_longest(live, refolded):
        if one != other:
            return again.position, "live state and refolded state differ"
        await asyncio.sleep(0)
    return again.position, None
