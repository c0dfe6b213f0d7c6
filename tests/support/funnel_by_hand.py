"""The KPIs of a list of contacts, worked out from their published definitions in exact fractions, and the comparison.

It shares no line with the product: contracts.md and kpi.md say what each number means, and this says it again in the
plainest Python there is. Times are whole microseconds since 1970.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
TO_THE_MILLISECOND = Fraction(1, 2000)


@dataclass(frozen=True)
class Answer:
    """Something the brand said, and whether a person said it."""

    at: int
    human: bool = True


@dataclass(frozen=True)
class Contact:
    """A customer's matter: when it began, what the brand said in it, when it was taken, settled, and came back."""

    start: int
    brand: str
    answers: tuple[Answer, ...] = ()
    direct: bool = False
    taken_at: int | None = None
    resolved_at: int | None = None
    reopened_at: int | None = None


@dataclass(frozen=True)
class Measure:
    """A number with its parts; seconds where time is measured. None is "there is none"."""

    value: Fraction | None
    numerator: Fraction
    denominator: int | None


def metrics_of(contacts: Iterable[Contact], until: int) -> dict[str, Measure]:
    """Every metric id that follows from contacts like these, watched until an instant."""
    seen = [contact for contact in contacts if contact.start <= until]
    human = [_first(contact, until, human_only=True) for contact in seen]
    anyone = [_first(contact, until, human_only=False) for contact in seen]
    taken = [_taken(contact, answer, until) for contact, answer in zip(seen, human, strict=True)]
    settled = [contact.resolved_at is not None and contact.resolved_at <= until for contact in seen]
    came_back = [_came_back(contact, until) for contact in seen]
    resolved = [done and not again for done, again in zip(settled, came_back, strict=True)]
    ages = [until - contact.start for contact in seen]
    horizons = [DAY if contact.direct else 7 * DAY for contact in seen]
    offered, accepted = len(seen), sum(wait is not None for wait in taken)
    mature = [
        wait is None or wait > horizon
        for wait, age, horizon in zip(taken, ages, horizons, strict=True)
        if age >= horizon
    ]
    return {
        "offered": _count(offered),
        "accepted": _count(accepted),
        "answered": _count(sum(wait is not None for wait in human)),
        "resolved": _count(sum(resolved)),
        "pending": _count(offered - len(mature)),
        "waiting": _count(sum(wait is None and not done for wait, done in zip(human, settled, strict=True))),
        "abandonment": _share(mature),
        "frt_any_mean": _mean(anyone),
        "frt_any_km_median": _median(anyone, ages),
        "frt_human_mean": _mean(human),
        "frt_human_km_median": _median(human, ages),
        "answered_within_15m": _within(HOUR // 4, human, ages),
        "answered_within_1h": _within(HOUR, human, ages),
        "resolution_of_offered": _share(resolved),
        "resolution_of_accepted": _share(
            [done for done, wait in zip(resolved, taken, strict=True) if wait is not None]
        ),
        **_settled(seen, settled, came_back, until),
        **_nobody_withdrew(offered),
        **_who_answered(anyone, human),
        **_tails("any", anyone, ages),
        **_tails("human", human, ages),
        **_service_levels(seen, human, ages, until),
        "answered_share": _share([wait is not None for wait in human]),
        "abandonment_answered": _share(
            [
                wait is None or wait > horizon
                for wait, age, horizon in zip(human, ages, horizons, strict=True)
                if age >= horizon
            ]
        ),
    }


def _came_back(contact: Contact, until: int) -> bool:
    """Whether it was settled and reopened within three days."""
    done, again = contact.resolved_at, contact.reopened_at
    return done is not None and again is not None and again <= until and again - done <= 3 * DAY


def _settled(
    seen: Sequence[Contact], settled: Sequence[bool], came_back: Sequence[bool], until: int
) -> dict[str, Measure]:
    """What follows from who was settled, and whether that lasted."""
    old = [contact.resolved_at is not None and until - contact.resolved_at >= 3 * DAY for contact in seen]
    return {
        "resolutions": _count(sum(settled)),
        "reopen_rate": _share([again for done, again in zip(settled, came_back, strict=True) if done]),
        "confirmed": _count(sum(long and not again for long, again in zip(old, came_back, strict=True))),
    }


def _nobody_withdrew(offered: int) -> dict[str, Measure]:
    """What follows of contacts none of which was taken back."""
    share = _share([False] * offered)
    return {"abandonment_withdrawn": share, "abandonment_withdrawn_net": share, "abandoned_short": _count(0)}


def _who_answered(anyone: Sequence[int | None], human: Sequence[int | None]) -> dict[str, Measure]:
    """The part of machines in answering."""
    answered = [(first, person) for first, person in zip(anyone, human, strict=True) if first is not None]
    handed = [person - first for first, person in answered if person is not None and person > first]
    return {
        "human_reply_share": _share([person is not None for _, person in answered]),
        "machine_first_share": _share([person is None or person > first for first, person in answered]),
        "frt_after_machine_mean": _mean(handed),
    }


def _tails(who: str, waits: Sequence[int | None], ages: Sequence[int]) -> dict[str, Measure]:
    """Percentiles of the answered, and what Kaplan and Meier say of all."""
    known = sorted(wait for wait in waits if wait is not None)

    def at(percent: int) -> Measure:
        place = -(-percent * len(known) // 100)
        return Measure(Fraction(known[place - 1], SECOND) if known else None, Fraction(len(known)), len(known))

    curve = _curve(waits, ages)
    reached = [time for time, left in curve if left <= Fraction(1, 10)]
    area, since, left = Fraction(0), 0, Fraction(1)
    for time, after in curve:
        if time < DAY:
            area, since, left = area + left * (time - since), time, after
    area += left * (DAY - since)
    mean = area / SECOND if _seen_up_to(DAY, waits, ages, curve) else None
    return {
        f"frt_{who}_p50": at(50),
        f"frt_{who}_p90": at(90),
        f"frt_{who}_km_p90": Measure(
            Fraction(reached[0], SECOND) if reached else None, Fraction(len(known)), len(waits)
        ),
        f"frt_{who}_rmst_24h": Measure(mean, Fraction(len(known)), len(waits)),
    }


def _seen_up_to(
    time: int, waits: Sequence[int | None], ages: Sequence[int], curve: Sequence[tuple[int, Fraction]]
) -> bool:
    """Whether somebody was followed for so long, or everybody answered before."""
    followed = (age if wait is None else wait for wait, age in zip(waits, ages, strict=True))
    return any(end >= time for end in followed) or (bool(curve) and curve[-1][1] == 0)


def _service_levels(
    seen: Sequence[Contact], human: Sequence[int | None], ages: Sequence[int], until: int
) -> dict[str, Measure]:
    """The service levels of 15 minutes where nobody withdrew: what became of each contact, and which sets a variant
    counts.
    """
    limit = HOUR // 4
    became = []
    for contact, wait, age in zip(seen, human, ages, strict=True):
        done = contact.resolved_at
        left = None if done is None or done > until else max(0, done - contact.start)
        if wait is not None:
            became.append("met" if wait <= limit else "late")
        elif left is not None:
            became.append("left" if left <= limit else "left late")
        elif age >= limit:
            became.append("exceeded")

    def share(*against: str) -> Measure:
        return _share([one == "met" for one in became if one == "met" or one in against])

    levels = {}
    for variant in ("sl1", "sl2", "sl3", "sl4", "sl5", "sl6"):
        levels[f"{variant}_15m_completion"] = share("late")
        levels[f"{variant}_15m_event"] = share("late", "left late", "exceeded")
    for variant in ("sl7_left", "sl7_left_abandons", "sl7_left_abandons_short"):
        levels[f"{variant}_15m_completion"] = share("late", "left", "left late")
        levels[f"{variant}_15m_event"] = share("late", "left", "left late", "exceeded")
    curve = _curve(human, ages)
    still = [left for time, left in curve if time <= limit]
    answered = Fraction(sum(wait is not None for wait in human))
    within = 1 - (still[-1] if still else Fraction(1)) if _seen_up_to(limit, human, ages, curve) else None
    return {**levels, "sl8_15m_cohort": Measure(within, answered, len(seen))}


def by_brand(contacts: Iterable[Contact], until: int) -> dict[str, dict[str, Measure]]:
    """The same for every brand that had a contact by then."""
    groups: dict[str, list[Contact]] = {}
    for contact in contacts:
        if contact.start <= until:
            groups.setdefault(contact.brand, []).append(contact)
    return {brand: metrics_of(group, until) for brand, group in groups.items()}


def differences(reported: Mapping[str, Mapping[str, Any]], expected: Mapping[str, Measure]) -> list[str]:
    """What a row of `report --json` has otherwise: counts must be equal, times agree to the millisecond."""
    missing = set(expected) - set(reported)
    found = [f"no {name}" for name in sorted(missing)]
    for name, measure in expected.items():
        parts = reported.get(name, {})
        for part in ("value", "numerator", "denominator"):
            wanted, got = getattr(measure, part), parts.get(part)
            same = got is None if wanted is None else got is not None and _same(name, Fraction(got), Fraction(wanted))
            if not same:
                found.append(f"{name}.{part} is {got}, by hand {None if wanted is None else float(wanted)}")
    return found


def _same(name: str, got: Fraction, wanted: Fraction) -> bool:
    if wanted.denominator == 1 and not name.startswith("frt"):
        return got == wanted
    return abs(got - wanted) < (TO_THE_MILLISECOND if name.startswith("frt") else Fraction(1, 10**12))


def _first(contact: Contact, until: int, *, human_only: bool) -> int | None:
    """The wait for the first answer at or after the start, as known at `until`."""
    waits = [
        answer.at - contact.start
        for answer in contact.answers
        if contact.start <= answer.at <= until and (answer.human or not human_only)
    ]
    return min(waits, default=None)


def _taken(contact: Contact, answered: int | None, until: int) -> int | None:
    """How long until somebody took it: who answers has taken it."""
    took = contact.taken_at
    waits = [] if took is None or took > until else [took - contact.start]
    return min([*waits, *([] if answered is None else [answered])], default=None)


def _count(number: int) -> Measure:
    return Measure(Fraction(number), Fraction(number), None)


def _share(marks: Sequence[bool]) -> Measure:
    return Measure(Fraction(sum(marks), len(marks)) if marks else None, Fraction(sum(marks)), len(marks))


def _within(limit: int, waits: Sequence[int | None], ages: Sequence[int]) -> Measure:
    """Answered in time, of those answered at all or watched for that long."""
    judged = [
        wait is not None and wait <= limit
        for wait, age in zip(waits, ages, strict=True)
        if wait is not None or age >= limit
    ]
    return _share(judged)


def _mean(waits: Sequence[int | None]) -> Measure:
    known = [wait for wait in waits if wait is not None]
    total = Fraction(sum(known), SECOND)
    return Measure(total / len(known) if known else None, total, len(known))


def _median(waits: Sequence[int | None], ages: Sequence[int]) -> Measure:
    """Kaplan and Meier: the smallest t at which the product of (1 - d/n) has fallen to a half."""
    reached = [time for time, left in _curve(waits, ages) if left <= Fraction(1, 2)]
    middle = Fraction(reached[0], SECOND) if reached else None
    return Measure(middle, Fraction(sum(wait is not None for wait in waits)), len(waits))


def _curve(waits: Sequence[int | None], ages: Sequence[int]) -> list[tuple[int, Fraction]]:
    """(time, share that still waits after it) for each time at which somebody was answered."""
    answered = sorted(wait for wait in waits if wait is not None)
    followed = sorted(age if wait is None else wait for wait, age in zip(waits, ages, strict=True))
    left, curve = Fraction(1), []
    for time in sorted(set(answered)):
        at_risk = sum(end >= time for end in followed)
        left *= Fraction(at_risk - answered.count(time), at_risk)
        curve.append((time, left))
    return curve
