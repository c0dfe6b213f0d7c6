"""How long a case in line will wait, from its place in its queue and the pace at which that queue's cases were taken.

The queue-length estimator: what stands before a case and the case itself, over the rate at which cases leave the line
(W. Whitt, "Predicting queueing delays", Management Science 45(6), 1999; R. Ibrahim and W. Whitt, "Real-time delay
estimation based on delay history", Manufacturing & Service Operations Management 11(3), 2009). The rate is that of the
latest departures: from the first of n to now n - 1 more left; a case that came back is one of those that stand in line.
It assumes that as many people go on at the same pace, and that nobody leaves the line by itself; where it would have to
guess, it says nothing. Pure.
"""

from dataclasses import dataclass

from chassis.clock import MICROS, Instant

from routing.cases import Case, place_in_line
from routing.explain import place
from routing.policies import serves
from routing.shard import Shard
from routing.terms import Presence

OBSERVED_S = 3_600
"""Departures are looked at for so long: what was an hour ago says little of now."""
OBSERVED_MIN = 5
"""With fewer it would be off by half and more, and nothing is said."""
SPAN_MIN_S = 60
"""Departures that are closer together are a burst and no pace."""


@dataclass(frozen=True, slots=True)
class ExpectedWait:
    """How long, and what it is told from."""

    duration_s: int
    place: int
    """Place in the line of its queue, from 1."""
    taken: int
    """How many cases of the queue were taken while it was looked at."""
    observed_s: int


def expected_wait(shard: Shard, case: Case, now: Instant) -> ExpectedWait | None:
    """How long a case will wait, None when it is in no line, or nothing is known that it could be told from."""
    if place_in_line(case) is None or shard.queue(case.queue).claim_terms is not None:
        return None
    there = (agent for agent in shard.agents.values() if agent.presence in (Presence.AVAILABLE, Presence.BUSY))
    if not any(serves(agent, case.queue) for agent in there):
        return None  # whatever the pace was, it is over
    since = now - OBSERVED_S * MICROS
    left = [at for at in shard.departures.get(case.queue, ()) if since < at <= now]
    if len(left) < OBSERVED_MIN:
        return None
    span_s = (now - left[0]) // MICROS
    if span_s < SPAN_MIN_S:
        return None
    line = place(shard, case, now, case.queue)
    return ExpectedWait(line * span_s // (len(left) - 1), line, len(left), span_s)
