"""Offers as they were decided: the shard as it was before one, read again from the log. It decides nothing.

Nothing is kept for it: what a decision was made of is in the facts before it, so the same policy finds the same again.
It costs what reading a shard's log from its beginning costs, in time and, for as long as it is looked at, in memory.
"""

import asyncio

from chassis.commits import Entry, Subject
from chassis.decider import Decider
from chassis.log import Log
from chassis.shard_state import ShardState, apply_commit
from switchboard.routing.v1 import events_structs

from routing import events
from routing.commands import Command
from routing.shard import Shard

_OFFERED = events_structs.CaseOffered.NAME


class PastOffers:
    """Finds what an offer was decided from."""

    def __init__(self, log: Log, decider: Decider[Command, Shard, events.Event], shard: str) -> None:
        self._log = log
        self._decider = decider
        self._shard = shard
        self._one_at_a_time = asyncio.Lock()
        """Against: each is a second shard in memory."""

    async def before(self, tenant: str, case_id: str, token: int) -> tuple[Shard, events.CaseOffered, int] | None:
        """(the shard before the offer, the offer, its commit's position); None when there was no such offer of a case
        that was there.
        """
        current = ShardState(self._decider.initial())
        async with self._one_at_a_time:
            async for batch in self._log.read(0, str(Subject("work", tenant, self._shard))):
                for entry in batch:
                    found = self._offered(entry, current.state, case_id, token)
                    if found is not None:
                        known = case_id in current.state.cases
                        return (current.state, found, entry.position) if known else None
                    apply_commit(self._decider, current, entry)
                    await asyncio.sleep(0)  # a commit takes milliseconds, and nobody waits for this
        return None

    def _offered(self, entry: Entry, shard: Shard, case_id: str, token: int) -> events.CaseOffered | None:
        """The offer, when this commit holds it; the shard has then what the commit says before it."""
        if all(event.type != _OFFERED for event in entry.commit.events):
            return None
        earlier: list[events.Event] = []
        for recorded in entry.events():
            fact = self._decider.decode(recorded)
            if isinstance(fact, events.CaseOffered) and (fact.case_id, fact.token) == (case_id, token):
                for one in earlier:
                    self._decider.evolve(shard, one)
                return fact
            earlier.append(fact)
        return None
