"""Brings back what a shard has forgotten: the read model as the shard's memory of dormant cases.

Why relying on it is safe. A case leaves memory when it is dormant and `keep_events` further case facts have been
recorded, so nothing later than that has touched it. Before a batch is decided, every thread key and case id it names
that memory lacks, or may lose during this batch, is looked up here; and only after the read model has reached the
commit in which the shard had recorded all but the last `keep_events` of its facts. Hence whatever memory lacks is in
the read model, as it last was; and what is brought back is repeated in the log (`CaseRecalled`) before anything is
decided about it. While nothing was ever forgotten, and nothing can be during this batch, nothing is looked up.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

from chassis.commits import EVENTS_MAX, Subject
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.log import Log
from chassis.projection import Projection

from routing import commands
from routing.commands import Command
from routing.shard import Shard, dormant_since
from routing.views.cases import Row, cases_of, threads_of

REACHED_S = 30.0
"""How long one look waits for the read model before it says so and looks again."""
MARK_EVERY = 256
"""Case facts between two remembered positions; it bounds what is remembered, and costs so much precision."""


class DormantCases:
    """The backing of routing's shards."""

    def __init__(self, log: Log, database: Database, projection: Projection[Row]) -> None:
        self._log = log
        self._database = database
        self._projection = projection
        self._marks: dict[str, deque[tuple[int, int]]] = {}
        """Per tenant: how many case facts there were at which position, ascending."""
        self._shards: dict[str, Shard] = {}

    async def position(self, tenant: str) -> int:
        """Never needed: routing's shards have snapshots of their own."""
        return max(0, self._projection.position)

    async def load(self, tenant: str, state: Shard, batch: Sequence[Command]) -> None:
        """Lends the shard what the batch names and memory lacks. Waits while the read model is away or behind."""
        state.loaned, state.loaned_threads = {}, {}
        if self._shards.get(tenant) is not state:
            self._shards[tenant] = state
            self._marks[tenant] = deque()
        losable = state.case_events + EVENTS_MAX - state.keep_events
        if not state.forgotten:
            oldest = dormant_since(state)
            if oldest is None or oldest > losable:
                return
        keys, named = _missing(state, batch, losable)
        if not keys and not named:
            return
        while True:
            try:
                await self._projection.reached(await self._needed(tenant, losable), REACHED_S)
                threads = await threads_of(self._database, tenant, keys) if keys else {}
                case_ids = [*named, *threads.values()]
                cases = await cases_of(self._database, tenant, case_ids) if case_ids else []
            except Unavailable:
                await asyncio.sleep(0.2)
            else:
                break
        state.loaned_threads = threads
        state.loaned = {case.case_id: case for case in cases}

    def evict(self, state: Shard, position: int) -> None:
        """Remembers where the shard stood; forgetting itself is a function of the facts, see `shard.py`."""
        for tenant, known in self._shards.items():
            if known is state:
                marks = self._marks[tenant]
                if not marks or state.case_events - marks[-1][0] >= MARK_EVERY:
                    marks.append((state.case_events, position))

    async def _needed(self, tenant: str, losable: int) -> int:
        """A position at which the shard had recorded at least this many case facts."""
        marks = self._marks[tenant]
        while len(marks) > 1 and marks[0][0] < losable:
            marks.popleft()
        if marks and marks[0][0] >= losable:
            return marks[0][1]
        last = await self._log.last(str(Subject("work", tenant, "0")))
        return 0 if last is None else last.position


def _missing(state: Shard, batch: Sequence[Command], losable: int) -> tuple[list[str], list[str]]:
    """Thread keys and case ids that memory lacks, or has only of a case it may forget during this batch."""
    keys: dict[str, None] = {}
    case_ids: dict[str, None] = {}
    for command in batch:
        match command:
            case commands.AttachPost(thread_keys=named):
                for key in named:
                    case_id = state.threads.get(key)
                    if case_id is None or state.dormant.get(case_id, losable + 1) <= losable:
                        keys[key] = None
            case commands.DetachPost(post_id=key):
                case_id = state.threads.get(key)
                if case_id is None or state.dormant.get(case_id, losable + 1) <= losable:
                    keys[key] = None
            case (
                commands.SetSourceQueue()
                | commands.OpenCase()
                | commands.RegisterAgent()
                | commands.ChangeAgent()
                | commands.SetPresence()
                | commands.CreateQueue()
                | commands.ChangeQueue()
                | commands.Tick()
            ):
                pass
            case _:
                case_id = command.case_id
                if case_id not in state.cases or state.dormant.get(case_id, losable + 1) <= losable:
                    case_ids[case_id] = None
    return list(keys), list(case_ids)
