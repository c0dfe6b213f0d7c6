"""A process forgets the keys of whoever the log says is erased. Which facts say so, it is told by the service.

Nobody's safety hangs on it: a vault asks its table at each look whether a key is still there. This takes what was
unwrapped out of memory too, so that nothing readable of an erased subject is left in a process.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass

from google.protobuf.message import DecodeError

from chassis.cancellation import raise_if_cancelled
from chassis.commits import Recorded
from chassis.layout import UnknownEvent
from chassis.log import Log
from chassis.tail import Tail
from chassis.vault import KeyVault


@dataclass(frozen=True, slots=True)
class Erasures:
    """The fact that says a subject is erased: its context, its full name, and where it names the subject."""

    context: str
    type: str
    subject_of: Callable[[Recorded], str]


async def forget_erased(vault: KeyVault, log: Log, tail: Tail, erasures: Erasures) -> None:
    """Follows the log from its end until cancelled; a vault that was just made holds no older key."""
    name = erasures.type.encode()  # few commits have it in their bytes, and no other is decoded here
    after = await log.last_position()
    async with aclosing(tail.of(after, erasures.context)) as batches:
        async for _, entries in batches:
            raise_if_cancelled()
            for entry in entries:
                if name not in entry.data:
                    continue
                try:
                    erased = [fact for fact in entry.events() if fact.type == erasures.type]
                    for fact in erased:
                        vault.forget(erasures.subject_of(fact), fact.tenant)
                except (DecodeError, UnknownEvent):
                    continue  # who reads the log for facts counts it; no key of ours is named in it
