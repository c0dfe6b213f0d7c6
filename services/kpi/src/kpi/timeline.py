"""The moments of a case that promises are held against, from what happened inside its contacts. Pure.

Turns, stays and holdings are those of `journeys`, so a first reply is what the contacts call answered. What a case is
about (urgency, tier, language, labels) is given: the facts of a case do not say it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from chassis.clock import FIRST, Instant
from msgspec.structs import replace

from kpi.episodes import Fact, Settled, Withdrew, phases, standing
from kpi.journeys import Journey, Kind, Span, journeys
from kpi.sla.moments import CaseNow, Happened, Moment, State, WaitingFor

_AT_ONCE = frozenset({Kind.ANSWER, Kind.MOVE})
"""What ends as it begins."""
_GIVEN_BACK = frozenset({"released", "lapsed", "requeued"})
_PARKED = {
    Kind.PARKED_FOR_CUSTOMER: WaitingFor.CUSTOMER,
    Kind.PARKED: WaitingFor.THIRD_PARTY,
    Kind.INTERRUPTED: WaitingFor.INTERRUPTED,
}


def timeline(facts: Sequence[Fact], about: CaseNow) -> list[Moment]:
    """The moments of a case in order; facts in log order, `about` what they do not say. The `ref` of a moment is twice
    the reference of its event, and one more where that ends what a later one began, as clocks that disagree have it.
    """
    ended, _, current, waiting, _ = phases(standing(facts))
    parts = [*(part for part, _ in ended), [*current, *waiting]]
    inside = journeys(facts)
    found: list[Moment] = []
    queue = about.queue
    for number, part in enumerate(parts, start=1):
        closings = [fact for fact in part if isinstance(fact, Settled | Withdrew) and not fact.origin]
        not_before = found[-1].at if found else FIRST
        episode = _Episode(replace(about, episode=number, queue=queue))
        found.extend(episode.moments(inside[number], closings, not_before, reopened=number > 1))
        queue = episode.queue
    return found


Change = Callable[["_Episode"], Happened | None]


class _Episode:
    """How a case stands within an episode, as its moments go by."""

    def __init__(self, about: CaseNow) -> None:
        self._about = about
        self.queue = about.queue
        self.closed: State | None = None
        self.owed_since: Instant | None = None
        self.replied = False
        self.agents: list[str] = []
        self.waiting_for: list[WaitingFor] = []
        self.stays = 0
        self.offers = 0

    def moments(
        self, journey: Journey, closings: Sequence[Settled | Withdrew], not_before: Instant, *, reopened: bool
    ) -> Iterator[Moment]:
        """Its moments; none before `not_before`, when the episode before it was over."""
        changes: dict[tuple[Instant, int], list[Change]] = defaultdict(list)
        for span in journey.spans:
            begins = Instant(max(span.at, not_before)), 2 * span.ref
            changes[begins].append(_begins(span, begins[0]))
            if span.end is not None and span.kind not in _AT_ONCE:
                ends = Instant(max(span.end, not_before)), 2 * (span.ref if span.end_ref is None else span.end_ref)
                changes[ends if ends > begins else (begins[0], begins[1] + 1)].append(_ends(span))
        for closing in closings:
            changes[Instant(max(closing.at, not_before)), 2 * closing.ref].append(_closes(closing))
        for at, ref in sorted(changes):
            happened = [one for one in (change(self) for change in changes[at, ref]) if one is not None]
            if reopened:
                happened.append(Happened.REOPENED)
                reopened = False
            yield Moment(at, ref, self._now(), tuple(sorted(set(happened))))

    def _now(self) -> CaseNow:
        return replace(
            self._about,
            state=self._state(),
            queue=self.queue,
            agent=self.agents[-1] if self.agents else "",
            waiting_for=self.waiting_for[-1] if self.waiting_for else WaitingFor.UNSPECIFIED,
            replied=self.replied,
            owed_since=self.owed_since,
        )

    def _state(self) -> State:
        if self.closed is not None:
            return self.closed
        if self.waiting_for:
            return State.PENDING
        if self.agents:
            return State.ACCEPTED
        if self.offers:
            return State.OFFERED
        return State.QUEUED if self.stays else State.IDLE


def _begins(span: Span, at: Instant) -> Change:
    """What a case is from the beginning of a span on."""

    def change(case: _Episode) -> Happened | None:
        match span.kind:
            case Kind.TURN:
                case.owed_since = at
                return Happened.CUSTOMER_WROTE
            case Kind.STAY:
                case.stays, case.queue = case.stays + 1, span.queue
                return Happened.QUEUED
            case Kind.OFFER:
                case.offers += 1
            case Kind.HOLDING | Kind.ALONG:
                case.agents.append(span.agent)
                return Happened.TAKEN
            case Kind.PARKED_FOR_CUSTOMER | Kind.PARKED | Kind.INTERRUPTED:
                case.waiting_for.append(_PARKED[span.kind])
                return Happened.PENDED
            case Kind.MOVE:
                case.queue = span.how
                return Happened.TRANSFERRED
            case Kind.ANSWER:
                return Happened.REPLIED
            case _:
                pass
        return None

    return change


def _ends(span: Span) -> Change:
    """What a case is from the end of a span on."""

    def change(case: _Episode) -> Happened | None:
        match span.kind:
            case Kind.TURN:
                case.owed_since = None
                if span.how == "replied":
                    case.replied = True
                    return Happened.REPLIED
            case Kind.STAY:
                case.stays -= 1
            case Kind.OFFER:
                case.offers -= 1
            case Kind.HOLDING | Kind.ALONG:
                case.agents.remove(span.agent)
                return Happened.RELEASED if span.how in _GIVEN_BACK else None
            case Kind.PARKED_FOR_CUSTOMER | Kind.PARKED | Kind.INTERRUPTED:
                case.waiting_for.remove(_PARKED[span.kind])
                return Happened.RESUMED if span.how == "woke" else None
            case _:
                pass
        return None

    return change


def _closes(closing: Settled | Withdrew) -> Change:
    """What a case is once it is settled."""

    def change(case: _Episode) -> Happened:
        resolved = type(closing) is Settled
        case.closed = State.RESOLVED if resolved else State.WITHDRAWN
        return Happened.RESOLVED if resolved else Happened.WITHDRAWN

    return change
