"""Fetches what a shard has forgotten: the read model as the shard's memory of dormant threads and cases.

Why relying on it is safe. A thread leaves memory when its cases are dormant and `keep_events` further facts have been
recorded, so nothing later than that has touched it. Before a batch is decided, every thread key and case id it names
that memory lacks, or may lose during this batch, is looked up here; and only after the read model has reached the
commit in which the shard had recorded all but the last `keep_events` of its facts. Hence whatever memory lacks is in
the read model, as it last was; and a thread that comes back is summed up in the log (`ThreadRecalled`, `CaseRecalled`)
before anything is decided about it. While nothing was ever forgotten, and nothing can be during this batch, nothing is
looked up.

A thread comes back whole, a very long one in parts: who names a post of it that is not there is looked up again.
"""

import asyncio
from collections.abc import Sequence

from chassis.commits import EVENTS_MAX, Subject
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.log import Log
from chassis.projection import Projection

from routing import commands, events
from routing.commands import Command
from routing.recall import recalled
from routing.shard import Fetched, Shard, dormant_since
from routing.views.case_tables import Row
from routing.views.cases import cases_of
from routing.views.threads import RECALL_MAX, Asked, led, recall_thread, threads_of_cases

REACHED_S = 30.0
"""How long one look waits for the read model before it says so and looks again."""
MARK_EVERY = 256
"""Facts between two remembered positions; it bounds what is remembered, and costs so much precision."""


class DormantCases:
    """The backing of routing's shards."""

    def __init__(self, log: Log, database: Database, projection: Projection[Row]) -> None:
        self._log = log
        self._database = database
        self._projection = projection

    async def position(self, tenant: str) -> int:
        """Never needed: routing's shards have snapshots of their own."""
        return max(0, self._projection.position_of(tenant))

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
                await self._projection.reached(await self._needed(tenant, state, lacking), REACHED_S, tenant)
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
        """A position at which the read model has whatever memory lacks; of a thread that memory has in part, now."""
        losable = _losable(state)
        reached = next((position for case_events, position in state.marks if case_events >= losable), None)
        if reached is not None and not lacking.partial:
            return reached
        last = await self._log.last(str(Subject("work", tenant, "0")))
        return 0 if last is None else last.position


def _losable(state: Shard) -> int:
    """The number of the latest fact whose case may be forgotten while one batch more is decided."""
    return state.case_events + EVENTS_MAX - state.keep_events


class Lacking:
    """What a batch names and memory lacks, or has only of a thread it may forget during this batch."""

    def __init__(self, state: Shard, losable: int) -> None:
        self._state = state
        self._losable = losable
        self.named: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        """Of each command the thread keys, and the authors whose cases they may be about."""
        self.case_ids: dict[str, int] = {}
        """Cases named by their ids, and how many posts of their thread come back at most."""
        self.partial: dict[str, dict[str, None]] = {}
        """Threads that memory has in part, and the authors whose cases may be what it lacks."""

    def __bool__(self) -> bool:
        return bool(self.named or self.case_ids)

    @property
    def keys(self) -> dict[str, None]:
        """All keys."""
        return dict.fromkeys(key for keys, _ in self.named for key in keys)

    def add(self, command: Command) -> None:
        """What one command names."""
        match command:
            case commands.AttachPost():
                parent = (command.parent,) if command.parent else ()
                self._add_keys((*command.thread_keys, *parent), (command.identity_id, *command.mentioned_ids))
            case commands.AliasPost():
                self._add_keys((command.post_id, *command.alias_ids), ())
            case commands.SightPost() | commands.DetachPost() | commands.EscalatePost():
                self._add_keys((command.post_id,), ())
            case (
                commands.SetSourceQueue()
                | commands.OpenCase()
                | commands.RegisterAgent()
                | commands.ChangeAgent()
                | commands.DeleteAgent()
                | commands.SetPresence()
                | commands.DrainAgent()
                | commands.CreateQueue()
                | commands.ChangeQueue()
                | commands.DeleteQueue()
                | commands.ChangePolicy()
                | commands.CreateCannedText()
                | commands.ChangeCannedText()
                | commands.DeleteCannedText()
                | commands.ChangeDeskPolicy()
                | commands.Tick()
            ):
                pass
            case commands.JoinCases():
                self._add_case(command.case_id, RECALL_MAX // 2)
                self._add_case(command.joined_case_id, RECALL_MAX // 2)
            case _:
                self._add_case(command.case_id, RECALL_MAX)
                if isinstance(command, commands.ReplyToCase) and command.in_reply_to:
                    self._add_keys((command.in_reply_to,), ())

    def _add_case(self, case_id: str, limit: int) -> None:
        if not self.in_memory(case_id):
            self.case_ids[case_id] = min(limit, self.case_ids.get(case_id, limit))

    def in_memory(self, case_id: str) -> bool:
        """Whether memory has the case and keeps it while the batch is decided."""
        thread = self._state.threads.of_case.get(case_id)
        return case_id in self._state.cases and self._stays(case_id if thread is None else thread.thread_id)

    def _stays(self, key: str) -> bool:
        return self._state.dormant.get(key, self._losable + 1) > self._losable

    def _add_keys(self, keys: tuple[str, ...], authors: tuple[str, ...]) -> None:
        lacking = []
        for key in keys:
            thread = self._state.threads.by_key.get(key)
            if thread is None or not self._stays(thread.thread_id):
                lacking.append(key)
            elif thread.is_partial:
                self.partial.setdefault(thread.thread_id, {}).update(dict.fromkeys(authors))
                lacking.append(key)
        if lacking:
            self.named.append((tuple(lacking), authors))


async def _fetch(database: Database, tenant: str, state: Shard, lacking: Lacking) -> None:
    """Looks up where everything leads, and what comes back of it."""
    fetched = state.fetched = Fetched()
    found = await led(database, tenant, lacking.keys)
    wanted: dict[str, Asked] = {}
    for keys, authors in lacking.named:
        threads = dict.fromkeys(found.threads[key] for key in keys if key in found.threads)
        for thread_id in threads:
            asked = wanted.setdefault(thread_id, Asked())
            mine = {key for key in keys if found.threads.get(key) == thread_id}
            asked.keys |= mine
            asked.posts |= {found.posts[key] for key in mine & found.posts.keys()}
            asked.authors |= {author for author in authors if author}
            asked.limit = min(asked.limit, max(1, RECALL_MAX // len(threads)))
    for thread_id, partial_authors in lacking.partial.items():
        asked = wanted.setdefault(thread_id, Asked())
        asked.authors |= {author for author in partial_authors if author}
        asked.limit = 1
    for case_id, thread_id in (await threads_of_cases(database, tenant, list(lacking.case_ids))).items():
        asked = wanted.setdefault(thread_id, Asked())
        asked.limit = min(asked.limit, lacking.case_ids[case_id])
    for thread_id, asked in wanted.items():
        facts = await recall_thread(database, tenant, thread_id, asked)
        fetched.recalls[thread_id] = facts
        for fact in facts:
            if isinstance(fact, events.ThreadRecalled):
                fetched.threads.thread_fact(fact)
            elif isinstance(fact, events.CaseRecalled):
                fetched.threads.opened(fact.case_id, thread_id, fact.desk, fact.identity_id)
                fetched.cases[fact.case_id] = recalled(fact)
    alone = [case_id for case_id in lacking.case_ids if case_id not in fetched.cases]
    if alone:
        cases = await cases_of(database, tenant, alone)
        fetched.cases.update((case.case_id, case) for case in cases)
