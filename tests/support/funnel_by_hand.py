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
    """A customer's matter: when it began, what the brand said in it, who took and who settled it."""

    start: int
    brand: str
    answers: tuple[Answer, ...] = ()
    direct: bool = False
    taken_at: int | None = None
    resolved_at: int | None = None


@dataclass(frozen=True)
class Measure:
    """A number with its parts; seconds where time is measured. None is "there is none"."""

    value: Fraction | None
    numerator: Fraction
    denominator: int | None


def metrics_of(contacts: Iterable[Contact], until: int) -> dict[str, Measure]:
    """Every metric id that follows from contacts, watched until an instant; `on_time` follows from queues."""
    seen = [contact for contact in contacts if contact.start <= until]
    human = [_first(contact, until, human_only=True) for contact in seen]
    anyone = [_first(contact, until, human_only=False) for contact in seen]
    taken = [_taken(contact, answer, until) for contact, answer in zip(seen, human, strict=True)]
    resolved = [contact.resolved_at is not None and contact.resolved_at <= until for contact in seen]
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
        "waiting": _count(sum(wait is None and not done for wait, done in zip(human, resolved, strict=True))),
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
    }


def by_brand(contacts: Iterable[Contact], until: int) -> dict[str, dict[str, Measure]]:
    """The same for every brand that had a contact by then."""
    groups: dict[str, list[Contact]] = {}
    for contact in contacts:
        if contact.start <= until:
            groups.setdefault(contact.brand, []).append(contact)
    return {brand: metrics_of(group, until) for brand, group in groups.items()}


def differences(reported: Mapping[str, Mapping[str, Any]], expected: Mapping[str, Measure]) -> list[str]:
    """What a row of `report --json` has otherwise: counts must be equal, times agree to the millisecond."""
    there = set(reported) - {"on_time"}
    found = [] if there == set(expected) else [f"metrics {there ^ set(expected)}"]
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
    answered = sorted(wait for wait in waits if wait is not None)
    followed = sorted(age if wait is None else wait for wait, age in zip(waits, ages, strict=True))
    left, middle = Fraction(1), None
    for time in sorted(set(answered)):
        at_risk = sum(end >= time for end in followed)
        left *= Fraction(at_risk - answered.count(time), at_risk)
        if left <= Fraction(1, 2):
            middle = Fraction(time, SECOND)
            break
    return Measure(middle, Fraction(len(answered)), len(waits))
