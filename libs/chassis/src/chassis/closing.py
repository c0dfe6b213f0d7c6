"""The last commit of a shard: its tenant is deleted, and whoever decides for it hears so at its next append.

It needs no owner: the log's guard lets one commit through at a time, and behind this one nobody appends.
"""

from __future__ import annotations

from switchboard.log.v1 import tenants_pb2

from chassis.cancellation import raise_if_cancelled
from chassis.clock import Clock
from chassis.commits import SHARD_CLOSED, Entry, Subject
from chassis.log import Conflict, Log
from chassis.tenant_facts import commit_of


def closes(entry: Entry) -> bool:
    """Whether a commit is the last one of its shard."""
    return any(recorded.type == SHARD_CLOSED for recorded in entry.recorded())


async def close_shard(log: Log, subject: Subject, clock: Clock) -> None:
    """Appends it, unless it is there. Idempotent; any number may do it at once. Raises as `Log.append` does."""
    while True:
        raise_if_cancelled()
        last = await log.last(str(subject))
        if last is not None and closes(last):
            return
        commit = commit_of(subject, [tenants_pb2.ShardClosed()], clock.now())
        try:
            await log.append(subject, commit, 0 if last is None else last.position)
        except Conflict:
            continue  # the shard decided something first
