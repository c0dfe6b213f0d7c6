"""What a page draws of a group of contacts: who still waits after how long, and how many wait at which time. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from kpi.metrics import estimators
from kpi.metrics.contact import Contact, observed
from kpi.metrics.first_response_km_median import part_human

POINTS_MIN, POINTS_MAX = 10, 1000
POINTS = 100
"""Points of a curve, where nobody says how many."""


class Survival(NamedTuple):
    """After so many microseconds: the share that waits longer, and how many were still followed just before."""

    us: int
    share: float
    at_risk: int


class Curves(NamedTuple):
    """Both curves of a group; the backlog as (when, how many wait then), microseconds."""

    contacts: int
    first_response: list[Survival]
    backlog: list[tuple[int, int]]


def curves_of(contacts: Sequence[Contact], until: int, points_max: int = POINTS) -> Curves:
    """The curves of contacts as they are known, where the observation closes at `until`: later acts have not happened.

    No curve has more points than `points_max`, which is POINTS_MIN or more.
    """
    followed = [part_human(one) for contact in contacts if (one := observed(contact, until)) is not None]
    sample = [estimators.Followed(part.us or 0, part.numerator) for part in followed]
    return Curves(len(sample), survival(sample, points_max), backlog(contacts, until, points_max))


def survival(sample: Sequence[estimators.Followed], points_max: int) -> list[Survival]:
    """The Kaplan-Meier estimate as steps: at 0, where it falls, and where the last one was followed to. Of more steps
    than there may be points, the first, the last, and those between after which a further equal share has gone.
    """
    if not sample:
        return []
    levels = points_max - 3
    shown, share, level = [Survival(0, 1.0, len(sample))], 1.0, levels
    table = estimators.risks(sample)
    for index, risk in enumerate(table):
        share *= (risk.at_risk - risk.happened) / risk.at_risk
        if len(table) <= levels or int(share * levels) < level or index == len(table) - 1:
            level = int(share * levels)
            shown.append(Survival(risk.time, share, risk.at_risk))
    last = max(one.time for one in sample)
    if last > shown[-1].us:
        shown.append(Survival(last, share, sum(one.time == last for one in sample)))
    return shown


def backlog(contacts: Sequence[Contact], until: int, points_max: int) -> list[tuple[int, int]]:
    """The metric `waiting`, observed until each of so many times at equal distances from the first start to `until`."""
    begun = sorted(contact.start for contact in contacts if contact.start <= until)
    if not begun:
        return []
    over = sorted(at for at in map(_over_at, contacts) if at is not None)
    since, steps = begun[0], points_max - 1
    times = dict.fromkeys(since + (until - since) * step // steps for step in range(points_max))
    return [(at, bisect_right(begun, at) - bisect_right(over, at)) for at in times]


def _over_at(contact: Contact) -> int | None:
    """When somebody stopped waiting for a first human answer, None while they wait."""
    acts = (contact.answered_human, contact.resolved)
    ends = [*(act.at for act in acts if act is not None), contact.reopened_at, contact.withdrawn_at]
    # Whoever wrote after the act that ended the wait had not begun to wait.
    return min((max(at, contact.start) for at in ends if at is not None), default=None)
