"""A bank's calls of 1999, let happen again: under its documented discipline the production decider makes customers of
each priority wait about as long as they really did.

The discipline: whoever has been longest in the queue is served first, and priority customers start with 90 seconds.
That is earliest deadline first where they are promised an answer 90 s sooner, and nobody is ever late.

Agents are inferred (bank.py). Who was served is patient for longer than it waited, by an exponential time (the mean is
all waiting over all who gave up). Who did not wait has lost its priority in the record, and is given one as often as
those who waited.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

import pytest
from routing.agents import Policy, Queue
from routing.simulation.chance import Exponential, quantile, uniform
from routing.simulation.driving import drive
from routing.simulation.world import Arrival, Shift, World, after

from tests.unit.routing.simulation.bank import CALLS, PRIORITY, REGULAR, Call, agents, days

DAYS = 2
"""The busiest ones."""
NOBODY_IS_LATE_S = 7200


def again(calls: Sequence[Call], head_start_s: int) -> World:
    """The day's calls and agents as a world."""
    waited = [call for call in calls if call.waited]
    priority_share = sum(call.group == PRIORITY for call in waited) / len(waited)
    gave_up = Counter(call.group for call in waited if not call.is_served)
    patience = {g: sum(c.waited for c in waited if c.group == g) / gave_up[g] for g in (PRIORITY, REGULAR)}
    staff, after_call = agents(calls)
    handled = [call.ends - call.answered + after_call.get(call.call_id, 0) for call in calls if call.is_served]
    arrivals = []
    for number, call in enumerate(sorted(calls, key=lambda call: call.call_id)):

        def drawn(purpose: str, name: str = call.call_id, number: int = number) -> float:
            return uniform(1, name, number, purpose)

        group = call.group or (PRIORITY if drawn("priority") < priority_share else REGULAR)
        if call.is_served:
            handling = call.ends - call.answered + after_call.get(call.call_id, 0)
            waits = call.waited + quantile(Exponential(patience[group]), drawn("patience"))
        else:
            handling = handled[int(drawn("handling") * len(handled))]
            waits = call.waited
        arrivals.append(Arrival(call.call_id, after(call.begins), group, group, max(1, handling), waits))
    queues = Queue(REGULAR, "", NOBODY_IS_LATE_S), Queue(PRIORITY, "", NOBODY_IS_LATE_S - head_start_s)
    arrivals.sort(key=lambda arrival: (arrival.at, arrival.case_id))
    return World(queues, tuple(staff), tuple(arrivals), Shift(after(0), after(2 * 86_400)))


def simulated(busiest: Sequence[Sequence[Call]], head_start_s: int) -> dict[str, float]:
    """Mean waits, of those who waited, by priority."""
    waits: dict[str, list[float]] = defaultdict(list)
    for calls in busiest:
        for contact in drive(again(calls, head_start_s), Policy()).contacts.values():
            assert contact.wait_s is not None, "somebody was left over"
            if contact.wait_s:
                waits[contact.arrival.group].append(contact.wait_s)
    return {group: fmean(found) for group, found in waits.items()}


def test_customers_of_each_priority_wait_as_long_as_they_did(shared_data: Path) -> None:
    busiest = sorted(days(shared_data / CALLS).values(), key=len, reverse=True)[:DAYS]
    really = {g: fmean(c.waited for day in busiest for c in day if c.group == g) for g in (PRIORITY, REGULAR)}
    found = simulated(busiest, head_start_s=90)
    assert really[PRIORITY] < really[REGULAR]
    assert found == {group: pytest.approx(wait, rel=0.15) for group, wait in really.items()}
    # It is the head start that does it: without one they wait longer than the others, as they are more patient.
    without = simulated(busiest, head_start_s=0)
    assert without[PRIORITY] > without[REGULAR]
