"""A bank's calls of 1999, let happen again: under its documented discipline the production decider makes customers of
each priority wait about as long as they really did.

The discipline: whoever has been longest in the queue is served first, and priority customers start with 90 seconds.
That is earliest deadline first where they are promised an answer 90 s sooner, and nobody is ever late.

What the record does not say is inferred. An agent who serves nobody while somebody waits is not there, or busy for up
to ten minutes with what comes after a call. Who was served is patient for longer than it waited, by an exponential time
(the mean is all waiting over all who gave up). Who did not wait has lost its priority in the record, and is given one
as often as those who waited.
"""

import csv
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import pytest
from routing.agents import Policy, Queue
from routing.simulation.chance import Exponential, quantile, uniform
from routing.simulation.driving import drive
from routing.simulation.world import Arrival, Shift, Staff, World, after

DAYS = 2
"""The busiest ones."""
AFTER_CALL_S = 600
NOBODY_IS_LATE_S = 7200
PRIORITY, REGULAR = "priority", "regular"


@dataclass(frozen=True, slots=True)
class Call:
    """A call that reached the queue or an agent; times in seconds of its day."""

    call_id: str
    group: str
    """"" where the record lost it."""
    begins: int
    waited: int
    leaves: int
    """The queue, to an agent or for good."""
    is_served: bool
    answered: int
    """Some records have an agent begin long before the caller has left the queue: the agent's time is right."""
    ends: int
    server: str


def second(clock: str) -> int:
    """Seconds since midnight of hours:minutes:seconds."""
    hours, minutes, seconds = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def busiest_days(path: Path) -> Sequence[Sequence[Call]]:
    """The calls of each day, the days with most calls first."""
    days: dict[str, list[Call]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            waited, is_served = int(row["q_time"]), row["outcome"] == "AGENT"
            if row["outcome"] == "PHANTOM" or not (is_served or waited):
                continue
            group = "" if not waited else PRIORITY if row["priority"] == "2" else REGULAR
            begins = second(row["q_start"] if waited else row["ser_start"])
            server = row["server"] if is_served and row["server"] != "NO_SERVER" else ""
            call_id = f"{row['date']}-{row['vru+line']}-{row['call_id']}"
            agent = second(row["ser_start"]), second(row["ser_start"]) + int(row["ser_time"]), server
            days[row["date"]].append(Call(call_id, group, begins, waited, begins + waited, is_served, *agent))
    return sorted(days.values(), key=len, reverse=True)


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


def agents(calls: Sequence[Call]) -> tuple[list[Staff], dict[str, int]]:
    """(when each agent was there, seconds after a call that it was busy for)."""
    left_queue = sorted(call.leaves for call in calls if call.waited)
    served: dict[str, list[Call]] = defaultdict(list)
    for call in sorted(calls, key=lambda call: call.answered):
        if call.server:
            served[call.server].append(call)
    staff, after_call = [], {}
    for server, theirs in sorted(served.items()):
        shifts, begins = [], theirs[0].answered
        for call, following in pairwise(theirs):
            ready = following.answered
            if not following.waited:  # it was ready before: since nobody waited any more
                place = bisect_left(left_queue, following.answered)
                ready = left_queue[place - 1] if place else call.ends
            idle = max(0, ready - call.ends)
            if idle <= AFTER_CALL_S:
                after_call[call.call_id] = idle
            else:
                shifts.append((begins, call.ends))
                begins = ready
        shifts.append((begins, theirs[-1].ends))
        staff.append(Staff(server, tuple(Shift(after(a), after(b)) for a, b in shifts if a < b)))
    return staff, after_call


def simulated(days: Sequence[Sequence[Call]], head_start_s: int) -> dict[str, float]:
    """Mean waits, of those who waited, by priority."""
    waits: dict[str, list[float]] = defaultdict(list)
    for calls in days:
        for contact in drive(again(calls, head_start_s), Policy()).contacts.values():
            assert contact.wait_s is not None, "somebody was left over"
            if contact.wait_s:
                waits[contact.arrival.group].append(contact.wait_s)
    return {group: fmean(found) for group, found in waits.items()}


def test_customers_of_each_priority_wait_as_long_as_they_did(shared_data: Path) -> None:
    days = busiest_days(shared_data / "acd" / "anonymous_bank_feb1999" / "calls_feb_01_14.txt")[:DAYS]
    really = {g: fmean(c.waited for day in days for c in day if c.group == g) for g in (PRIORITY, REGULAR)}
    found = simulated(days, head_start_s=90)
    assert really[PRIORITY] < really[REGULAR]
    assert found == {group: pytest.approx(wait, rel=0.15) for group, wait in really.items()}
    # It is the head start that does it: without one they wait longer than the others, as they are more patient.
    without = simulated(days, head_start_s=0)
    assert without[PRIORITY] > without[REGULAR]
