"""A bank's calls of 1999 as its record tells them, and the agents who must have been there. Knows the format, no test.

What the record does not say is inferred. An agent who serves nobody while somebody waits is not there, or busy for up
to ten minutes with what comes after a call.
"""

import csv
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from routing.simulation.world import Shift, Staff, after

CALLS = Path("acd") / "anonymous_bank_feb1999" / "calls_feb_01_14.txt"
AFTER_CALL_S = 600
PRIORITY, REGULAR = "priority", "regular"


@dataclass(frozen=True, slots=True)
class Call:
    """A call that reached the queue or an agent; times in seconds of its day."""

    call_id: str
    kind: str
    """What it is about, such as PS."""
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


def days(path: Path) -> dict[str, list[Call]]:
    """The calls of each day, by its date as YYMMDD."""
    found: dict[str, list[Call]] = defaultdict(list)
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
            kind = row["type"]
            found[row["date"]].append(Call(call_id, kind, group, begins, waited, begins + waited, is_served, *agent))
    return found


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
