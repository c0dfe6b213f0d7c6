"""Fetches what a shard has forgotten: the read model as the shard's memory of dormant cases.

Why relying on it is safe. A case leaves memory when it is dormant and `keep_events` further case facts have been
recorded, so nothing later than that has touched it. Before a batch is decided, every thread key and case id it names
that memory lacks, or may lose during this batch, is looked up here; and only after the read model has reached the
commit in which the shard had recorded all but the last `keep_events` of its facts. Hence whatever memory lacks is in
the read model, as it last was; and a case that comes back is summed up in the log (`CaseRecalled`) before anything is
decided about it. While nothing was ever forgotten, and nothing can be during this batch, nothing is looked up.

A recalled case's earlier posts stay in the read model: a post that names one is looked up here as well, and when posts
are withdrawn, so are the contacts that are the latest after that.
"""

import asyncio
from collections.abc import Sequence

from chassis.commits import EVENTS_MAX, Subject
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.log import Log
from chassis.projection import Projection

from routing import commands
from routing.commands import Command
from routing.shard import Fetched, Shard, dormant_since
from routing.threads import went_on_in
from routing.views.cases import Row, cases_of, latest_of, threads_of

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

    async def position(self, tenant: str) -> int:
        """Never needed: routing's shards have snapshots of their own."""
        return max(0, self._projection.position)

    async def load(self, tenant: str, state: Shard, batch: Sequence[Command]) -> None:
        """Fetches what the batch names and memory lacks. Waits while the read model is away or behind."""
        state.fetched = Fetched()
        losable = _losable(state)
        if not state.forgotten:
            oldest = dormant_since(state)
            if oldest is None or oldest > losable:
                return
        lacking = Lacking(state, losable)
        for command in batch:
            lacking.add(command)
        if not lacking:
            return
        while True:
            try:
                await self._projection.reached(await self._needed(tenant, state, lacking), REACHED_S)
                await _fetch(self._database, tenant, state, lacking)
            except Unavailable:
                await asyncio.sleep(0.2)
            else:
                return

    def evict(self, state: Shard, position: int) -> None:
        """Remembers where the shard stood; forgetting itself is a function of the facts, see `shard.py`."""
        marks, losable = state.marks, _losable(state)
        if not marks or state.case_events - marks[-1][0] >= MARK_EVERY:
            marks.append((state.case_events, position))
        while len(marks) > 1 and marks[0][0] < losable:
            marks.popleft()

    async def _needed(self, tenant: str, state: Shard, lacking: "Lacking") -> int:
        """A position at which the read model has whatever memory lacks; where posts are withdrawn, everything."""
        losable = _losable(state)
        reached = next((position for case_events, position in state.marks if case_events >= losable), None)
        if reached is not None and not lacking.withdrawals:
            return reached
        last = await self._log.last(str(Subject("work", tenant, "0")))
        return 0 if last is None else last.position


def _losable(state: Shard) -> int:
    """The number of the latest fact whose case may be forgotten while one batch more is decided."""
    return state.case_events + EVENTS_MAX - state.keep_events


class Lacking:
    """What a batch names and memory lacks, or has only of a case it may forget during this batch."""

    def __init__(self, state: Shard, losable: int) -> None:
        self._state = state
        self._losable = losable
        self.keys: dict[str, None] = {}
        """Thread keys."""
        self.case_ids: dict[str, None] = {}
        """Cases named by their ids."""
        self.partial: dict[str, None] = {}
        """Cases in memory without their earlier posts."""
        self.withdrawals = 0
        """How many posts may be withdrawn from cases of which memory lacks posts."""

    def __bool__(self) -> bool:
        return bool(self.keys or self.case_ids)

    def add(self, command: Command) -> None:
        """What one command names."""
        match command:
            case commands.AttachPost(post_id=post_id, thread_keys=keys):
                for key in keys:
                    self._add_key(key, names_post=key == post_id)
            case commands.DetachPost(post_id=post_id):
                self._add_key(post_id, names_post=True)
                case_id = self._state.posts.cases.get(post_id, "")
                if post_id in self.keys or case_id in self.partial:
                    self.keys[post_id] = None
                    self.withdrawals += 1
            case (
                commands.SetSourceQueue()
                | commands.OpenCase()
                | commands.RegisterAgent()
                | commands.ChangeAgent()
                | commands.DeleteAgent()
                | commands.SetPresence()
                | commands.CreateQueue()
                | commands.ChangeQueue()
                | commands.DeleteQueue()
                | commands.Tick()
            ):
                pass
            case _:
                if not self.in_memory(command.case_id):
                    self.case_ids[command.case_id] = None

    def in_memory(self, case_id: str) -> bool:
        """Whether memory has the case and keeps it while the batch is decided."""
        state = self._state
        return case_id in state.cases and state.dormant.get(case_id, self._losable + 1) > self._losable

    def _add_key(self, key: str, *, names_post: bool) -> None:
        state = self._state
        case_id = state.posts.cases.get(key)
        if case_id is None or not self.in_memory(case_id):
            self.keys[key] = None
        elif state.cases[case_id].is_partial:
            self.partial[case_id] = None
            if names_post and key not in state.posts.posts:
                self.keys[key] = None


async def _fetch(database: Database, tenant: str, state: Shard, lacking: Lacking) -> None:
    threads, posts = await threads_of(database, tenant, list(lacking.keys)) if lacking.keys else ({}, {})
    fetched = state.fetched = Fetched(threads=threads, posts=posts)
    wanted = dict.fromkeys((*lacking.case_ids, *threads.values()))
    while True:
        wanted.update(dict.fromkeys([went_on_in(state, case_id) for case_id in wanted]))
        missing = [c for c in wanted if c not in fetched.cases and not lacking.in_memory(c)]
        found = await cases_of(database, tenant, missing) if missing else []
        fetched.cases.update((case.case_id, case) for case in found)
        if not found:
            break
    if lacking.withdrawals:
        for case_id in dict.fromkeys((*threads.values(), *lacking.partial)):
            fetched.latest[case_id] = await latest_of(database, tenant, case_id, lacking.withdrawals + 1)
