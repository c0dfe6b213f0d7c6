"""What one run is worth: service level, waits, abandonment, occupancy, fairness. It knows one run, and no other.

Only who arrived while it was counted counts, and of agents' time only what lies in it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence

from chassis.clock import MICROS

from routing.simulation.driving import Contact, Run
from routing.simulation.world import Shift

Measures = Mapping[str, float]
"""By name; one that has no value in this run, such as a mean over nobody, is not there."""

QUANTILES = (0.5, 0.9, 0.95)


def measure(run: Run) -> dict[str, Measures]:
    """The measures of everybody under "", and those of each group of customers under its name."""
    contacts = counted(run)
    groups: dict[str, list[Contact]] = {}
    for contact in contacts:
        groups.setdefault(contact.arrival.group, []).append(contact)
    return {
        "": {**_of_contacts(contacts), **_of_agents(run)},
        **{group: _of_contacts(theirs) for group, theirs in sorted(groups.items())},
    }


def counted(run: Run) -> list[Contact]:
    """Who arrived while it was counted."""
    start, end = run.world.counted.start, run.world.counted.end
    return [contact for contact in run.contacts.values() if start <= contact.arrival.at < end]


def waits(contacts: Iterable[Contact]) -> list[float]:
    """How long each waited until it was accepted or gave up, in seconds, ascending."""
    return sorted(wait for contact in contacts if (wait := contact.wait_s) is not None)


def at_share(ascending: Sequence[float], share: float) -> float:
    """The least of some values that at least a share of them does not exceed."""
    return ascending[max(0, math.ceil(share * len(ascending)) - 1)]


def jain(values: Sequence[float]) -> float | None:
    """Jain's fairness index, (sum x)^2 / (n sum x^2): 1 when all are equal, 1/n when one has all; None when nobody has
    any (Jain, Chiu, Hawe, DEC-TR-301, 1984).
    """
    squares = sum(value * value for value in values)
    return sum(values) ** 2 / (len(values) * squares) if squares > 0 else None


def _of_contacts(contacts: Sequence[Contact]) -> dict[str, float]:
    """`service_level` is of all who came, so whoever gave up or is left over was not served in time."""
    found: dict[str, float] = {"arrived": len(contacts)}
    if not contacts:
        return found
    kept = [c for c in contacts if c.accepted_at is not None and _waited(c) <= c.target_s]
    accepted = waits(c for c in contacts if c.accepted_at is not None)
    found["service_level"] = len(kept) / len(contacts)
    found["abandoned"] = sum(c.gave_up_at is not None for c in contacts) / len(contacts)
    found["left_over"] = sum(c.wait_s is None for c in contacts) / len(contacts)
    everybody = waits(contacts)
    if everybody:
        found["waited"] = sum(wait > 0 for wait in everybody) / len(everybody)
        found["mean_wait_s"] = sum(everybody) / len(everybody)
        found |= {f"p{share * 100:.0f}_wait_s": at_share(everybody, share) for share in QUANTILES}
    if accepted:
        found["mean_speed_of_answer_s"] = sum(accepted) / len(accepted)
    handled = [(c.ended_at - c.accepted_at) / MICROS for c in contacts if c.ended_at and c.accepted_at]
    if handled:
        found["mean_handling_s"] = sum(handled) / len(handled)
    return found


def _waited(contact: Contact) -> float:
    return contact.wait_s or 0.0


def _of_agents(run: Run) -> dict[str, float]:
    """Occupancy of all units of all agents while they were there, and how evenly it is spread over agents."""
    window = run.world.counted
    there = {one.agent_id: one.capacity * _overlap(one.shifts, window) for one in run.world.staff}
    busy = dict.fromkeys(there, 0.0)
    for contact in run.contacts.values():
        if contact.accepted_at is not None and contact.ended_at is not None:
            at_work = (Shift(contact.accepted_at, contact.ended_at),)
            busy[contact.agent_id] += contact.arrival.weight * _overlap(at_work, window)
    present = [agent_id for agent_id, units_s in there.items() if units_s > 0]
    found = {}
    if present:
        found["occupancy"] = sum(busy.values()) / sum(there.values())
        fairness = jain([busy[agent_id] / there[agent_id] for agent_id in present])
        if fairness is not None:
            found["fairness"] = fairness
    return found


def _overlap(shifts: Iterable[Shift], window: Shift) -> float:
    """Seconds of some shifts that lie in a window."""
    return sum(max(0, min(s.end, window.end) - max(s.start, window.start)) for s in shifts) / MICROS


def curve(ascending: Sequence[float], points: Sequence[float]) -> list[float]:
    """At each of some ascending points the share of ascending values that do not exceed it."""
    shares, at = [], 0
    for point in points:
        while at < len(ascending) and ascending[at] <= point:
            at += 1
        shares.append(at / len(ascending) if ascending else 0.0)
    return shares
