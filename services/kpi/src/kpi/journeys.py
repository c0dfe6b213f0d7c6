"""What happened inside the contacts of a case: turns, stays in queues, offers, holdings and what interrupts them. Pure;
computed from the set of a case's facts as its contacts are, and knows no metric.

Of cases that a link joined each keeps the course it had until then; turns and answers are those of all together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import accumulate
from operator import attrgetter, itemgetter
from typing import NamedTuple

from kpi.episodes import (
    EVENTS_PER_COMMIT,
    Delegated,
    Delivered,
    Done,
    Ended,
    Fact,
    Interrupted,
    LetGo,
    Moved,
    Offered,
    Parked,
    Posted,
    Queued,
    Sent,
    Settled,
    Took,
    Unoffered,
    Withdrew,
    Woke,
    Wrote,
    answer_of,
    earlier,
    is_human,
    order,
    phases,
    standing,
)
from kpi.workload import Active, without, workloads


class Kind(Enum):
    """What a span is, and how it can end."""

    TURN = 1
    """A customer waits for a word: from the earliest unanswered post to the first human answer. "replied", "resolved",
    "withdrawn", "reopened".
    """
    LAG = 2
    """The post that began a turn is on its way to us."""
    STAY = 3
    """The case waits in a queue. "accepted", "moved" (a flow-out), "resolved", "withdrawn", "joined"."""
    OFFER = 4
    """An agent is reserved for it. "accepted", "declined", "expired", "rescinded", and as a stay."""
    HOLDING = 5
    """An agent has it. "resolved", "released", "lapsed", "moved", "reassigned", "requeued", "withdrawn", "joined"."""
    ALONG = 6
    """An agent has it with the case that somebody joined it into."""
    PARKED_FOR_CUSTOMER = 7
    """Its holder waits for the customer."""
    PARKED = 8
    """Its holder waits for somebody else."""
    TASK = 9
    """Another department has a part of it."""
    ANSWER = 10
    """A word of a human of ours; ends as it begins."""
    MOVE = 11
    """It goes from a queue to another, which is `how`; ends as it begins."""
    INTERRUPTED = 12
    """Its holder works another case first."""


class Span(NamedTuple):
    """Something that lasted, half open: microseconds, and references of the events at both ends. `end` None: it has not
    ended. `agent` is whose it is; of a turn or a stay who ended it. `queue` is the one the case was in then.
    """

    kind: Kind
    at: int
    ref: int
    agent: str
    queue: str
    end: int | None = None
    end_ref: int | None = None
    how: str = ""
    since: int = 0
    """Of a turn: when its first post was published, on the customer's clock alone."""


class Journey(NamedTuple):
    """The spans of one contact by when they began, and when it was resolved, withdrawn or reopened; None while none of
    these.
    """

    spans: tuple[Span, ...]
    closed_at: int | None
    workloads: Mapping[int, int] = {}
    """Of the holdings that ended, by reference, as `divided` has it; empty where nobody asked."""


_by_ref = attrgetter("ref")
_by_beginning = itemgetter(1, 2)
_PENDING = frozenset((Kind.PARKED, Kind.PARKED_FOR_CUSTOMER, Kind.INTERRUPTED))
_ENDED_BY_ANOTHER = frozenset((Kind.TURN, Kind.STAY))


def journeys(facts: Sequence[Fact]) -> dict[int, Journey]:
    """The journeys of a case by number of the episode; facts in log order."""
    facts = standing(facts)
    senders = {fact.post: fact for fact in facts if type(fact) is Sent and fact.post}
    ended, number, current, waiting, _ = phases(facts)
    queues: dict[str, str] = {}
    found: dict[int, Journey] = {}
    for at, (part, reopened_at) in enumerate(ended, start=1):
        found[at] = _journey(part, senders, queues, reopened_at)
    found[number] = _journey([*current, *waiting], senders, queues, None)
    return found


def observed_journey(journey: Journey, until: int) -> Journey:
    """The journey as it stood at `until`: what began later is not there, what ended later goes on."""
    spans = [span if span.end is None or span.end <= until else _going_on(span) for span in journey.spans]
    closed_at = journey.closed_at
    return Journey(
        tuple([span for span in spans if span.at <= until]),
        closed_at if closed_at is not None and closed_at <= until else None,
        journey.workloads,
    )


def active(journey: Journey, holding: Span, until: int) -> list[tuple[int, int]]:
    """When the agent of a holding could do something: it less the time pending, up to `until` while it goes on."""
    pending = [
        (span.at, until if span.end is None else span.end)
        for span in journey.spans
        if span.kind in _PENDING and span.agent == holding.agent
    ]
    return without(holding.at, until if holding.end is None else holding.end, pending)


def divided(cases: Iterable[tuple[str, Iterable[Journey]]], until: int) -> dict[str, dict[int, int]]:
    """How the time of agents is divided among what they held up to `until`: by case the share of each holding,
    microseconds by its reference. What one that ended has does not depend on what happened after its end.
    """
    held: dict[str, list[Active]] = defaultdict(list)
    for case_id, of_case in cases:
        for journey in of_case:
            for span in journey.spans:
                if span.kind is Kind.HOLDING:
                    held[span.agent].append(Active((case_id, span.ref), active(journey, span, until)))
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for of_agent in held.values():
        for (case_id, ref), us in workloads(of_agent).items():
            found[case_id][ref] = us
    return found


def _going_on(span: Span) -> Span:
    agent = "" if span.kind in _ENDED_BY_ANOTHER else span.agent
    return span._replace(end=None, end_ref=None, how="", agent=agent)


def _journey(
    facts: Sequence[Fact], senders: Mapping[str, Sent], queues: dict[str, str], reopened_at: int | None
) -> Journey:
    facts = sorted(facts, key=_by_ref)
    closings = [fact for fact in facts if isinstance(fact, Settled | Withdrew) and not fact.origin]
    turns = _turns(facts, senders, closings, reopened_at)
    course = _Course(queues, {turn.end_ref: turn.agent for turn in turns if turn.how == "replied"})
    for fact in facts:
        course.take(fact)
    spans = [*(span._replace(queue=course.queue_at(span.end_ref)) for span in turns), *_answers(facts, senders, course)]
    spans += course.spans()
    closed_at = closings[-1].at if closings else reopened_at
    return Journey(tuple(sorted(spans, key=_by_beginning)), closed_at)


def _turns(
    facts: Sequence[Fact],
    senders: Mapping[str, Sent],
    closings: Sequence[Settled | Withdrew],
    reopened_at: int | None,
) -> list[Span]:
    """Turns, and the lags of their first posts. An answer ends the turn of all that was written before it, and of all
    that had reached us when it was sent.
    """
    posts = sorted((fact for fact in facts if type(fact) is Wrote), key=order)
    first_refs = list(accumulate((post.ref for post in reversed(posts)), min))[::-1]
    answers = _Answers(facts, senders)
    found: list[Span] = []
    at = 0
    while at < len(posts):
        start = posts[at]
        turn = Span(Kind.TURN, start.at, start.ref, "", "", since=start.published)
        if start.lag:
            found.append(Span(Kind.LAG, start.at, start.ref, "", "", start.at + start.lag, start.ref))
        at += 1
        if (done := answers.first_to(start.at, first_refs[at - 1])) is not None:
            found.append(turn._replace(agent=done.agent, end=done.at, end_ref=done.ref, how="replied"))
            while at < len(posts) and (posts[at].at <= done.at or posts[at].ref < answers.seen_until(done)):
                at += 1
        elif (closing := next((one for one in closings if one.ref > start.ref), None)) is not None:
            how = "resolved" if type(closing) is Settled else "withdrawn"
            found.append(turn._replace(end=max(closing.at, start.at), end_ref=closing.ref, how=how))
            while at < len(posts) and posts[at].ref < closing.ref:
                at += 1
        else:
            if reopened_at is not None:
                turn = turn._replace(end=max(reopened_at, start.at), how="reopened")
            found.append(turn)
            break
    return found


class _Answers:
    """The human answers of an episode, each of which ends one turn at most; turns ask in their order."""

    def __init__(self, facts: Sequence[Fact], senders: Mapping[str, Sent]) -> None:
        said = (fact for fact in facts if isinstance(fact, Posted | Sent) and is_human(fact, senders))
        self._rest = sorted(said, key=lambda fact: (fact.at, fact.ref), reverse=True)
        self._senders = senders
        self._through_us = {fact.ref for fact in self._rest if type(fact) is Sent}

    def first_to(self, start_at: int, first_ref: int) -> Done | None:
        """The first answer to what starts then and there, as `answer_of` says it. What answers nothing of this turn
        answers nothing of a later one.
        """
        best: Done | None = None
        rest = self._rest
        while rest and (best is None or rest[-1].at <= best.at):
            done = answer_of(rest.pop(), start_at, first_ref, self._senders)
            best = best if done is None else earlier(best, done)
        return best

    def seen_until(self, done: Done) -> int:
        """The reference up to which its author had seen what was written, 0 where nobody knows."""
        return done.ref if done.ref in self._through_us else 0


def _answers(facts: Sequence[Fact], senders: Mapping[str, Sent], course: _Course) -> Iterator[Span]:
    """Every word of a human of ours once: a reply, not its echo."""
    for fact in facts:
        if isinstance(fact, Posted | Sent) and is_human(fact, senders):
            if type(fact) is Posted and fact.post in senders:
                continue
            agent = fact.agent if type(fact) is Sent else ""
            yield Span(Kind.ANSWER, fact.at, fact.ref, agent, course.queue_at(fact.ref), fact.at, fact.ref)


def _together(ref: int | None, other: int) -> bool:
    """Whether both events are of one commit."""
    return ref is not None and ref // EVENTS_PER_COMMIT == other // EVENTS_PER_COMMIT


class _Line:
    """What goes on with one case: itself, or one that a link joined into it."""

    def __init__(self, queue: str) -> None:
        self.queue = queue
        self.stay: Span | None = None
        self.held: Span | None = None
        self.claimed = False
        self.parked: Span | None = None
        self.offers: dict[str, Span] = {}
        self.tasks: dict[str, Span] = {}


class _Course:
    """Takes the facts of an episode in log order and makes the spans of its cases."""

    def __init__(self, queues: dict[str, str], replied: Mapping[int | None, str]) -> None:
        """`queues` are where the cases were before, and are after; `replied` who ended a turn, by reference."""
        self._queues = queues
        self._replied = replied
        self._lines: dict[str, _Line] = {}
        self._ended: list[Span] = []
        self._moves: list[tuple[int, str]] = []
        self._before = queues.get("", "")

    def queue_at(self, ref: int | None) -> str:
        """The queue after the fact `ref`; the last one for None."""
        index = len(self._moves) if ref is None else bisect_right(self._moves, ref, key=itemgetter(0))
        return self._moves[index - 1][1] if index else self._before

    def spans(self) -> Iterator[Span]:
        """All of them, those that go on included."""
        yield from self._ended
        for line in self._lines.values():
            going_on = (line.stay, line.held, line.parked, *line.offers.values(), *line.tasks.values())
            yield from (span for span in going_on if span is not None)

    def take(self, fact: Fact) -> None:
        """One more fact."""
        if type(fact) is Wrote:  # most are
            return
        line = self._lines.get(fact.origin)
        if line is None:
            line = self._lines[fact.origin] = _Line(self._queues.get(fact.origin, ""))
        match fact:
            case Queued():
                self._line_up(line, fact, fact.queue)
            case Moved():
                self._move(line, fact)
            case Offered() if fact.agent not in line.offers:
                line.offers[fact.agent] = Span(Kind.OFFER, fact.at, fact.ref, fact.agent, line.queue)
            case Unoffered():
                self._end(line.offers.pop(fact.agent, None), fact, fact.how)
            case Took():
                self._take(line, fact)
            case LetGo():
                self._let_go(line, fact)
            case Parked() if line.held is not None:
                self._end(line.parked, fact, "woke")
                kind = Kind.PARKED_FOR_CUSTOMER if fact.for_customer else Kind.PARKED
                line.parked = Span(kind, fact.at, fact.ref, line.held.agent, line.queue)
            case Interrupted() if line.held is not None:
                self._end(line.parked, fact, "woke")
                line.parked = Span(Kind.INTERRUPTED, fact.at, fact.ref, line.held.agent, line.queue)
            case Woke():
                self._end(line.parked, fact, "woke")
                line.parked = None
            case Delegated():
                line.tasks[fact.task] = Span(Kind.TASK, fact.at, fact.ref, "", fact.queue)
            case Delivered():
                self._end(line.tasks.pop(fact.task, None), fact, "delivered")
            case Posted() | Sent() if fact.ref in self._replied:
                for one in self._lines.values():  # the first human to act has accepted it
                    self._end(one.stay, fact, "accepted", self._replied[fact.ref])
                    one.stay = None
            case Settled():
                self._close(line, fact, "resolved")
            case Withdrew():
                self._close(line, fact, "withdrawn")
            case Ended():
                self._close_line(line, fact, "joined")
            case _:
                pass

    def _end(self, span: Span | None, fact: Fact, how: str, agent: str = "") -> None:
        if span is not None:
            agent = span.agent or agent
            self._ended.append(span._replace(end=max(fact.at, span.at), end_ref=fact.ref, how=how, agent=agent))

    def _put(self, line: _Line, fact: Fact, queue: str) -> None:
        line.queue = self._queues[fact.origin] = queue
        self._moves.append((fact.ref, queue))

    def _line_up(self, line: _Line, fact: Fact, queue: str) -> None:
        """It waits, and nobody has it; where it waited there already it still does."""
        self._release(line, fact, "requeued")
        if line.stay is not None and line.stay.queue != queue:
            self._end(line.stay, fact, "moved")
            line.stay = None
        if queue != line.queue:
            self._put(line, fact, queue)
        if line.stay is None:
            line.stay = Span(Kind.STAY, fact.at, fact.ref, "", queue)

    def _move(self, line: _Line, fact: Moved) -> None:
        if fact.queue == line.queue:
            return
        if line.queue:
            ends = fact.at, fact.ref, fact.agent, line.queue, fact.at, fact.ref
            self._ended.append(Span(Kind.MOVE, *ends, fact.queue))
        self._end(line.stay, fact, "moved")
        line.stay = None
        for index in range(len(self._ended) - 1, -1, -1):
            span = self._ended[index]
            if not _together(span.end_ref, fact.ref):
                break  # facts come in log order: what ended before this one's commit is of an earlier commit
            if span.kind is Kind.HOLDING and span.how == "released":
                self._ended[index] = span._replace(how="moved")  # given up in order to move it
        self._put(line, fact, fact.queue)

    def _take(self, line: _Line, fact: Took) -> None:
        self._end(line.offers.pop(fact.agent, None), fact, "accepted")
        self._end(line.stay, fact, "accepted", fact.agent)
        line.stay = None
        if line.held is not None and line.held.agent == fact.agent:
            return
        self._release(line, fact, "reassigned")
        kind = Kind.ALONG if fact.along else Kind.HOLDING
        line.held, line.claimed = Span(kind, fact.at, fact.ref, fact.agent, line.queue), fact.claimed

    def _let_go(self, line: _Line, fact: LetGo) -> None:
        held, claimed = line.held, line.claimed
        self._release(line, fact, fact.how)
        if held is not None and claimed and line.queue and not self._answered_since(held.ref):
            self._line_up(line, fact, line.queue)  # a claim leaves it in its place

    def _answered_since(self, ref: int) -> bool:
        return any(one is not None and one > ref for one in self._replied)

    def _release(self, line: _Line, fact: Fact, how: str) -> None:
        self._end(line.parked, fact, how)
        self._end(line.held, fact, how)
        line.parked = line.held = None

    def _close(self, line: _Line, fact: Fact, how: str) -> None:
        """The end of the case is the end of those that were joined into it."""
        for one in (line,) if fact.origin else tuple(self._lines.values()):
            self._close_line(one, fact, how)

    def _close_line(self, line: _Line, fact: Fact, how: str) -> None:
        self._release(line, fact, how)
        for span in (line.stay, *line.offers.values(), *line.tasks.values()):
            self._end(span, fact, how)
        line.stay = None
        line.offers.clear()
        line.tasks.clear()
