"""The bank's two weeks of calls as one run, so that they are counted and judged as a recorded log is.

`python -m tests.unit.routing.staffing.bank_weeks SHARED_DATA` prints how the forecast did.
"""

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from chassis.clock import MICROS, Instant
from chassis.zones import zone
from routing.agents import Queue
from routing.simulation.driving import Contact, Run
from routing.simulation.world import START, Arrival, Shift, Staff, World, after
from routing.staffing.backtesting import judge, split, with_who_was_there
from routing.staffing.demand import History, Kind, history

from tests.unit.routing.simulation.bank import CALLS, Call, agents, days

TARGET_S = 20
DAY_S = 86_400


def as_run(by_day: Mapping[str, Sequence[Call]]) -> Run:
    """Every call as it was: when it came, how long it waited, whether it was served, what its agent was busy for. Wall
    clocks are taken for UTC.
    """
    contacts: dict[str, Contact] = {}
    shifts: dict[str, list[Shift]] = defaultdict(list)
    for day, calls in sorted(by_day.items()):
        midnight = _midnight(day)
        staff, after_call = agents(calls)
        for one in staff:
            shifts[one.agent_id] += [Shift(_moved(s.start, midnight), _moved(s.end, midnight)) for s in one.shifts]
        for call in calls:
            busy_s = call.ends - call.answered + after_call.get(call.call_id, 0)
            arrival = Arrival(call.call_id, after(call.begins, midnight), call.kind, call.kind, busy_s)
            leaves, ends = after(call.leaves, midnight), after(call.leaves + busy_s, midnight)
            if call.is_served:
                contact = Contact(arrival, TARGET_S, call.server, accepted_at=leaves, ended_at=ends)
            else:
                contact = Contact(arrival, TARGET_S, gave_up_at=leaves)
            contacts[call.call_id] = contact
    queues = tuple(Queue(kind, "", TARGET_S) for kind in sorted({c.arrival.group for c in contacts.values()}))
    staff = [Staff(name, tuple(theirs)) for name, theirs in sorted(shifts.items())]
    counted = Shift(_midnight(min(by_day)), after(DAY_S, _midnight(max(by_day))))
    return Run(World(queues, tuple(staff), (), counted), contacts)


def _midnight(day: str) -> Instant:
    return Instant(int(datetime.strptime(f"19{day}", "%Y%m%d").replace(tzinfo=UTC).timestamp()) * MICROS)


def _moved(at: Instant, midnight: Instant) -> Instant:
    """What a day's record has as seconds after START."""
    return Instant(midnight + at - START)


def main(shared_data: Path) -> None:
    """Prints the second week as it is forecast from the first: the numbers of docs/numbers.md."""
    parts = split(history(as_run(days(shared_data / CALLS)), zone("UTC")))
    assert parts is not None
    told = [f"{'calls':12}{'came':>7}{'expected':>10}{'in interval':>13}{'missed by':>11}{'yesterday':>11}{'mean':>7}"]
    for kind in (None, *parts[0].kinds):
        first, second = (_of_kind(part, kind) for part in parts)
        judged = judge(first, second)
        assert judged is not None
        missed = f"{judged.wape:>11.3f}{judged.wape_yesterday:>11.3f}{judged.wape_mean:>7.3f}"
        name = str(kind or "all")
        told.append(f"{name:12}{judged.arrived:>7}{judged.expected:>10.0f}{judged.covered:>13.3f}{missed}")
    told += [f"Erlang A, second week: {with_who_was_there(*parts)}"]
    told += [f"Erlang A, first week, by its own times: {with_who_was_there(parts[0], parts[0])}"]
    sys.stdout.write("\n".join(told) + "\n")


def _of_kind(week: History, kind: Kind | None) -> History:
    return week if kind is None else replace(week, kinds={kind: week.kinds[kind]})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
