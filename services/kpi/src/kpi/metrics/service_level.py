"""sl1, sl2, sl3, sl4, sl5, sl6, sl7, sl8: the service levels of the field side by side, on two bases.

Formula: with `a` answered, `b` abandoned, `f` left, `s` abandoned short, and `a_T`, `b_T` those within the threshold T:
`sl1 = a_T/(a+b)`, abandons count against; `sl2 = a_T/(a+b-b_T)`, abandons within T are ignored;
`sl3 = (a_T+b_T)/(a+b)`, abandons within T count as met; `sl4 = a_T/a`, the answered only;
`sl5 = (a_T+s)/(a+b)`, short abandons are forgiven; `sl6 = a_T/(a+b-s)`, short abandons are removed;
`sl7 = a_T/(a+f [+(b-s)] [+s])`, those who left count against, abandons and short ones by two switches;
`sl8 = 1 - S(T)`, Kaplan-Meier over all who were offered. Without those who left, the switches of sl7 make sl4 (both
off), sl6 (short ones off) and sl1 (both on).
Unit: a share, 0 to 1.
Edge cases: the sets are disjoint, so that a switch takes nothing away twice. Answered is a first human answer;
abandoned is withdrawn before it, and who is withdrawn and answered at one instant is answered; left is settled without
an answer. Every withdrawal is a deletion, so that a short one, of 60 seconds or less, may be of a public post too.
Exactly at T is within T. On the *completion* basis who still waits is on neither side; on the *event* basis a contact
is booked when it is answered, abandoned or left, or when it reaches T, whichever is first: beyond T all are one set and
count against, also for sl4. T is on the customer's calendar clock. sl8 has no value where nobody was followed up to T.
Source: ICMI, *Service Level Calculations* (sl1 to sl6); Genesys Cloud, *service level* (sl7, completion basis); Cisco
Unified Contact Center, *service level type* (sl1 to sl3, event basis).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from kpi.metrics import first_response_km_median
from kpi.metrics.contact import MINUTE, Contact
from kpi.metrics.metric import IN, OUT, SECOND, Agent, Definition, Metric, Part, Unit, ratio
from kpi.metrics.waits import km_within

SHORT = 60 * SECOND
"""Who withdraws within so long hardly waited."""
SOURCE = "docs/metrics.md#service-level"


class Booking(StrEnum):
    """When a contact counts: when it is completed, or already when it reaches the threshold."""

    COMPLETION = "completion"
    EVENT = "event"


class Outcome(IntEnum):
    """What became of a contact, seen from a threshold; one of them, whichever was first."""

    ANSWERED = 1
    ANSWERED_LATE = 2
    SHORT_ABANDON = 3
    ABANDONED = 4
    ABANDONED_LATE = 5
    LEFT = 6
    LEFT_LATE = 7
    WAITING_BEYOND = 8
    SHORT_ABANDON_LATE = 9
    """Where the threshold is shorter than a short abandon."""


SHORT_ABANDONS = frozenset((Outcome.SHORT_ABANDON, Outcome.SHORT_ABANDON_LATE))
LATE = frozenset(
    (
        Outcome.ANSWERED_LATE,
        Outcome.ABANDONED_LATE,
        Outcome.SHORT_ABANDON_LATE,
        Outcome.LEFT_LATE,
        Outcome.WAITING_BEYOND,
    )
)
"""What the event basis books when the threshold is reached, before anybody knows which it will be."""


def outcome(contact: Contact, threshold: int, short: int = SHORT) -> Outcome | None:
    """What became of an observed contact; None while it waits and is younger than the threshold (microseconds)."""
    ended_at = _ended_at(contact)
    if ended_at is None:
        return Outcome.WAITING_BEYOND if contact.waited(contact.until) >= threshold else None
    waited = contact.waited(ended_at)
    in_time = waited <= threshold
    if _is_answered(contact):
        return Outcome.ANSWERED if in_time else Outcome.ANSWERED_LATE
    if contact.withdrawn_at is None:
        return Outcome.LEFT if in_time else Outcome.LEFT_LATE
    if waited <= short:
        return Outcome.SHORT_ABANDON if in_time else Outcome.SHORT_ABANDON_LATE
    return Outcome.ABANDONED if in_time else Outcome.ABANDONED_LATE


def _is_answered(contact: Contact) -> bool:
    answer, withdrawn_at = contact.answered_human, contact.withdrawn_at
    return answer is not None and (withdrawn_at is None or answer.at <= withdrawn_at)


def _ended_at(contact: Contact) -> int | None:
    """When it was answered, withdrawn or settled; None while it waits."""
    if contact.answered_human is not None and _is_answered(contact):
        return contact.answered_human.at
    if contact.withdrawn_at is not None:
        return contact.withdrawn_at
    return contact.reopened_at if contact.settled is None else contact.settled.at


ANSWERS: Mapping[Outcome, Part | None] = {Outcome.ANSWERED: IN, Outcome.ANSWERED_LATE: OUT}
LATE_ABANDONS: Mapping[Outcome, Part | None] = {
    **ANSWERS,
    Outcome.ABANDONED_LATE: OUT,
    Outcome.SHORT_ABANDON_LATE: OUT,
}
ABANDONS: Mapping[Outcome, Part | None] = {**LATE_ABANDONS, Outcome.SHORT_ABANDON: OUT, Outcome.ABANDONED: OUT}
RULES: Mapping[str, tuple[str, Mapping[Outcome, Part | None]]] = {
    "sl1": ("abandons count against", ABANDONS),
    "sl2": ("abandons within the threshold ignored", LATE_ABANDONS),
    "sl3": (
        "abandons within the threshold count as met",
        {**ABANDONS, Outcome.SHORT_ABANDON: IN, Outcome.ABANDONED: IN},
    ),
    "sl4": ("answered only", ANSWERS),
    "sl5": ("short abandons forgiven as met", {**ABANDONS, **dict.fromkeys(SHORT_ABANDONS, IN)}),
    "sl6": ("short abandons removed", {**ABANDONS, **dict.fromkeys(SHORT_ABANDONS, None)}),
}


def switched(*, abandons: bool, short: bool, left: bool) -> Mapping[Outcome, Part | None]:
    """The rule of sl7: which of three disjoint sets count against, abandons but for the short ones, those, who left."""
    rule = dict(ANSWERS)
    if abandons:
        rule |= {Outcome.ABANDONED: OUT, Outcome.ABANDONED_LATE: OUT}
    if short:
        rule |= dict.fromkeys(SHORT_ABANDONS, OUT)
    if left:
        rule |= {Outcome.LEFT: OUT, Outcome.LEFT_LATE: OUT}
    return rule


SWITCHED: Mapping[str, tuple[str, Mapping[Outcome, Part | None]]] = {
    "sl7_left": ("who left counts against, no abandon", switched(abandons=False, short=False, left=True)),
    "sl7_left_abandons": (
        "who left and abandons count against, no short abandon",
        switched(abandons=True, short=False, left=True),
    ),
    "sl7_left_abandons_short": (
        "who left, abandons and short abandons count against",
        switched(abandons=True, short=True, left=True),
    ),
}


def part_by(
    rule: Mapping[Outcome, Part | None], booking: Booking, threshold: int, short: int = SHORT
) -> Callable[[Contact], Part | None]:
    """The arithmetic of a rule; threshold and the length of a short abandon in microseconds."""
    parts = {**rule, **dict.fromkeys(LATE, OUT)} if booking is Booking.EVENT else rule

    def part(contact: Contact) -> Part | None:
        became = outcome(contact, threshold, short)
        return None if became is None else parts.get(became)

    return part


def booked_at(booking: Booking, threshold: int) -> Callable[[Contact], int | None]:
    """When an observed contact is booked; None while it is not."""

    def at(contact: Contact) -> int | None:
        ended_at = _ended_at(contact)
        if booking is Booking.COMPLETION:
            return ended_at
        reached = contact.since + threshold
        return min(reached, contact.until if ended_at is None else ended_at)

    return at


BOOKED = {
    Booking.COMPLETION: "Booked when it is answered, abandoned or left; who still waits is on neither side.",
    Booking.EVENT: "Booked when it is answered, abandoned or left, or reaches the threshold, whichever is first.",
}


@dataclass(frozen=True, slots=True)
class Threshold:
    """How long an answer may take, microseconds, and what that is called in an id."""

    us: int
    words: str

    def level(self, id_: str, what: str, rule: Mapping[Outcome, Part | None], booking: Booking) -> Metric:
        """The service level of a rule."""
        return Metric(
            Definition(
                id=f"{id_}_{self.words}_{booking}",
                version=1,
                name=f"Service level {id_[2]}, {what}, {self.words}, {booking} basis",
                description=f"Share of contacts that met the threshold: {what}. {BOOKED[booking]}",
                unit=Unit.RATIO,
                numerator=f"contacts that count as answered within {self.words}",
                denominator="contacts that count",
                source=SOURCE,
                agent=Agent.HUMAN_ANSWERER,
                parameters=(("short_abandon", SHORT), ("threshold", self.us)),
            ),
            part_by(rule, booking, self.us),
            ratio,
            booked_at(booking, self.us),
        )

    def of_all(self) -> Metric:
        """The probability of an answer in time, over all who were offered."""
        return Metric(
            Definition(
                id=f"sl8_{self.words}_cohort",
                version=1,
                name=f"Service level 8, all who were offered, {self.words}",
                description=(
                    "The probability of a first human answer within the threshold, by Kaplan-Meier over all contacts: "
                    "who still waits or withdrew was followed so long without one."
                ),
                unit=Unit.RATIO,
                numerator="contacts answered by a human",
                denominator="contacts followed",
                source=SOURCE,
                agent=Agent.HUMAN_ANSWERER,
                parameters=(("threshold", self.us),),
            ),
            first_response_km_median.part_human,
            km_within(self.us),
        )

    def variants(self) -> tuple[Metric, ...]:
        """Every service level there is."""
        rules = {**RULES, **SWITCHED}.items()
        levels = [self.level(id_, what, rule, booking) for id_, (what, rule) in rules for booking in Booking]
        return (*levels, self.of_all())


METRICS = Threshold(15 * MINUTE, "15m").variants()
