"""One scenario under several policies, replication by replication, and what is to be said of it as one document.

Times are in seconds, shares 0 to 1. An estimate is the mean over replications; the truth is within `half_width` of it
with the probability `confidence`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from routing.simulation.driving import Run, drive
from routing.simulation.inference import CONFIDENCE, Estimate, difference, estimate
from routing.simulation.measuring import Measures, at_share, counted, curve, measure, waits
from routing.simulation.scenario import Named
from routing.simulation.world import World

POINTS = 61
"""Of a curve. Against: what fits beside its labels into a terminal of 80 columns."""


@dataclass(slots=True)
class Tried:
    """A policy in every replication."""

    name: str
    runs: list[dict[str, Measures]] = field(default_factory=list)
    """By group of customers; "" is everybody."""
    waits: list[float] = field(default_factory=list)
    """Of all replications: how long each waited until it was accepted."""
    arrived: int = 0

    def add(self, run: Run) -> None:
        """One replication more."""
        contacts = counted(run)
        self.runs.append(measure(run))
        self.waits += waits(contact for contact in contacts if contact.accepted_at is not None)
        self.waits.sort()
        self.arrived += len(contacts)


def compare(
    worlds: Callable[[int], World], seeds: Sequence[int], policies: Sequence[Named], done: Callable[[], None]
) -> list[Tried]:
    """Lets the world of each seed happen under each policy; says after each that it is done."""
    tried = [Tried(named.name) for named in policies]
    for seed in seeds:
        world = worlds(seed)
        for named, one in zip(policies, tried, strict=True):
            one.add(drive(world, named.policy))
            done()
    return tried


def document(tried: Sequence[Tried], seeds: Sequence[int]) -> dict[str, Any]:
    """Everything that was found; null where there is no value."""
    longest = max((at_share(one.waits, 0.99) for one in tried if one.waits), default=0.0)
    points = [longest * number / (POINTS - 1) for number in range(POINTS)]
    return {
        "seeds": list(seeds),
        "confidence": CONFIDENCE,
        "policies": [
            {
                "policy": one.name,
                "rows": _rows(one.runs, partial(estimates, one.runs)),
                "accepted_within": {"seconds": points, "share": _accepted_within(one, points)},
            }
            for one in tried
        ],
        "differences": [
            {
                "policy": ours.name,
                "against": theirs.name,
                "rows": _rows(ours.runs, partial(paired, ours.runs, theirs.runs)),
            }
            for number, theirs in enumerate(tried)
            for ours in tried[number + 1 :]
        ],
    }


def estimates(runs: Sequence[Mapping[str, Measures]], group: str, measure: str) -> Estimate | None:
    """A measure over the replications that have it, None where none has."""
    values = [run[group][measure] for run in runs if measure in run.get(group, {})]
    return estimate(values) if values else None


def paired(
    ours: Sequence[Mapping[str, Measures]], theirs: Sequence[Mapping[str, Measures]], group: str, measure: str
) -> Estimate | None:
    """Ours minus theirs over the replications in which both have the measure."""
    both = [
        (a[group][measure], b[group][measure])
        for a, b in zip(ours, theirs, strict=True)
        if measure in a.get(group, {}) and measure in b.get(group, {})
    ]
    return difference([a for a, _ in both], [b for _, b in both]) if both else None


def _rows(runs: Sequence[Mapping[str, Measures]], found: Callable[[str, str], Estimate | None]) -> list[dict[str, Any]]:
    """What is found of each group and measure there is; `customers` is null for everybody."""
    return [
        {
            "customers": group or None,
            "measures": {name: _estimate(found(group, name)) for name in _measures(runs, group)},
        }
        for group in sorted({group for run in runs for group in run})
    ]


def _measures(runs: Sequence[Mapping[str, Measures]], group: str) -> list[str]:
    """Those that some replication has, in their order."""
    return list(dict.fromkeys(name for run in runs for name in run.get(group, {})))


def _estimate(found: Estimate | None) -> dict[str, float | None] | None:
    return None if found is None else {"mean": found.mean, "half_width": found.half_width}


def _accepted_within(one: Tried, points: Sequence[float]) -> list[float]:
    return [share * len(one.waits) / max(1, one.arrived) for share in curve(one.waits, points)]
