"""What is known about one case, and the contacts it makes. Pure: knows no event encoding, no table and no clock.

A case is the set of its facts, in log order. Joining two cases unites their sets and splitting takes facts out again,
so no order of arrival can change the result: the contacts are computed from the set, never carried along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple, TypeAlias, get_args

import msgspec
from msgspec.structs import replace

EVENTS_PER_COMMIT = 1024
"""A commit holds at most 1,000 events; a reference is position * 1024 + index."""
PART = 64
"""Facts that leave a long case's row together; it keeps as many, and fewer than twice as many."""


def reference(position: int, index: int) -> int:
    """One number for an event of the log; references order as the log does."""
    return position * EVENTS_PER_COMMIT + index


class _Fact(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """Written down as its name and its fields. Against tuples: made and written in a third of the time."""


class Wrote(_Fact, frozen=True):
    """A customer's post that speaks to us, and where it came through; `origin` is "" or the case it came from.

    `at` is when it counts as offered: on the customer's clock, but not after it reached us. `published` is the
    customer's clock alone, which may be ahead of ours. It reached us `lag` microseconds after `at`.
    """

    ref: int
    at: int
    origin: str
    post: str
    direct: bool
    channel: str
    source: str
    desk: str
    published: int
    lag: int = 0
    language: str = ""
    """BCP 47 tag, "" where nobody knows."""


class Posted(_Fact, frozen=True):
    """A post of ours that answers the customer.

    `asked` is when the post it names was published, 0 when it names none. `at` is not before that, as far as our own
    clock allows; `early` says that the platform's clock had it so.
    """

    ref: int
    at: int
    origin: str
    post: str
    human: bool
    asked: int = 0
    early: bool = False


class Sent(_Fact, frozen=True):
    """A reply that went out through us; `post` is "" where the platform named none. `early`: the platform's clock had
    its question later.
    """

    ref: int
    at: int
    origin: str
    post: str
    human: bool
    agent: str
    early: bool = False


class Gone(_Fact, frozen=True):
    """A post is none of this case any more: one of ours that was withdrawn, or any that belongs elsewhere."""

    ref: int
    at: int
    origin: str
    post: str


class Queued(_Fact, frozen=True):
    """The case was lined up; `due` is when the first response was promised."""

    ref: int
    at: int
    origin: str
    queue: str
    due: int
    tier: str = ""
    """The customer's then, "" where nobody said."""


class Began(_Fact, frozen=True):
    """A customer's post opened the case, which was lined up at once: `Wrote` and `Queued` under one reference."""

    ref: int
    at: int
    origin: str
    post: str
    direct: bool
    channel: str
    source: str
    desk: str
    published: int
    queue: str
    due: int
    began: int
    """When it was lined up."""
    lag: int = 0
    language: str = ""
    tier: str = ""

    @property
    def wrote(self) -> Wrote:
        """That the customer wrote."""
        place = self.direct, self.channel, self.source, self.desk
        return Wrote(self.ref, self.at, self.origin, self.post, *place, self.published, self.lag, self.language)

    @property
    def promise(self) -> Queued:
        """What they were promised; it stays when the post turns out to belong elsewhere."""
        return Queued(self.ref, self.began, self.origin, self.queue, self.due, self.tier)


class Took(_Fact, frozen=True):
    """An agent took the case: accepted an offer, was assigned it, or `claimed` it; or took another one, into which this
    is joined, and this `along` with it.
    """

    ref: int
    at: int
    origin: str
    agent: str
    claimed: bool = False
    along: bool = False


class Offered(_Fact, frozen=True):
    """The case was offered to an agent."""

    ref: int
    at: int
    origin: str
    agent: str


class Unoffered(_Fact, frozen=True):
    """An offer ended, other than by being accepted: "declined", "expired" or "rescinded"."""

    ref: int
    at: int
    origin: str
    agent: str
    how: str


class LetGo(_Fact, frozen=True):
    """Who had the case has it no longer: "released" or "lapsed"."""

    ref: int
    at: int
    origin: str
    agent: str
    how: str


class Moved(_Fact, frozen=True):
    """The case belongs to a queue from now on; `agent` moved it, "" for none of them."""

    ref: int
    at: int
    origin: str
    agent: str
    queue: str


class Parked(_Fact, frozen=True):
    """Who has the case waits: for the customer, or for somebody else."""

    ref: int
    at: int
    origin: str
    for_customer: bool


class Interrupted(_Fact, frozen=True):
    """Who has the case works another one first, which interrupted it."""

    ref: int
    at: int
    origin: str


class Woke(_Fact, frozen=True):
    """Who has the case goes on with it."""

    ref: int
    at: int
    origin: str


class Delegated(_Fact, frozen=True):
    """Another department got a part of the case: a task, in its queue."""

    ref: int
    at: int
    origin: str
    task: str
    queue: str


class Delivered(_Fact, frozen=True):
    """A task is done, or there is no need of it any more."""

    ref: int
    at: int
    origin: str
    task: str


class Ended(_Fact, frozen=True):
    """A link showed that the case it came from is a part of this one: that one waits and is held no longer."""

    ref: int
    at: int
    origin: str


class Settled(_Fact, frozen=True):
    """An agent resolved the case."""

    ref: int
    at: int
    origin: str
    agent: str


class Reopened(_Fact, frozen=True):
    """The case began a new episode."""

    ref: int
    at: int
    origin: str


class Withdrew(_Fact, frozen=True):
    """The customer took it back."""

    ref: int
    at: int
    origin: str


Turning: TypeAlias = Began | Wrote | Posted | Sent | Gone | Queued | Took | Settled | Reopened | Withdrew
"""What makes contacts."""
Course: TypeAlias = Offered | Unoffered | LetGo | Moved | Parked | Interrupted | Woke | Delegated | Delivered | Ended
"""What tells how they went, and makes none."""
Fact: TypeAlias = Turning | Course
COURSE = frozenset(get_args(Course))
_by_ref = attrgetter("ref")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[Fact, ...]).decode


class Done(NamedTuple):
    """An act and the event that recorded it; agent "" when nobody is named. `early`: a clock had it before the question
    it answers.
    """

    at: int
    agent: str
    ref: int
    early: bool = False


class Episode(msgspec.Struct, frozen=True):
    """One contact: the deciding acts of one episode in which a customer wrote."""

    number: int
    start: Wrote
    accepted: Done | None
    answered_any: Done | None
    answered_human: Done | None
    resolved: Done | None
    reopened_at: int | None
    withdrawn: Done | None
    queued: Queued | None = None

    @property
    def skewed(self) -> bool:
        """Whether a clock had its first answer before its question; the wait counts as 0 then."""
        answers = (self.answered_any, self.answered_human)
        return any(one is not None and (one.early or one.at < self.start.published) for one in answers)


class Case(msgspec.Struct, frozen=True):
    """A case: where it came through, the case it has been joined into ("" when it stands alone), facts in log order.

    `desk` answers for it and `customer` is whose it is, "" while nobody has spoken. `agent` has it or was offered it,
    "" when nobody does, several with spaces between them where it is offered to several; it takes `weight` units of the
    capacity of each. Of a long case `facts` are the last ones; `before`
    counts those that stand before them, in parts of PART facts, and `earlier` has them where somebody needs all: a
    join.
    """

    channel: str = ""
    source: str = ""
    joined_into: str = ""
    desk: str = ""
    customer: str = ""
    agent: str = ""
    weight: int = 0
    facts: tuple[Fact, ...] = ()
    before: int = 0
    summary: str = ""
    """Of the facts before, as `running.dump_running` writes it."""
    earlier: tuple[Fact, ...] | None = None
    language: str = ""
    """Of the post it was opened for, a BCP 47 tag, "" where nobody knows."""
    last_at: int = 0
    """Not before anything that is known of it, also of what is gone."""
    regrouped: bool = False
    """Whether facts came or went otherwise than at the end, so that all of its rows are written anew."""

    @property
    def all_facts(self) -> tuple[Fact, ...]:
        """Every fact. Raises ValueError when those before were not loaded."""
        if not self.before:
            return self.facts
        if self.earlier is None:
            raise ValueError("the facts of a long case were not loaded")
        return (*self.earlier, *self.facts)

    def regrouped_with(self, facts: tuple[Fact, ...], joined_into: str = "") -> Case:
        """The case with other facts than it had."""
        return replace(self, joined_into=joined_into, facts=facts, before=0, summary="", earlier=None, regrouped=True)


def dump_facts(facts: Sequence[Fact]) -> str:
    """Facts as JSON: equal facts, equal text."""
    return _encode(facts).decode()


def load_facts(text: str) -> tuple[Fact, ...]:
    """The facts of `dump_facts`."""
    return _decode(text)


def last_moment(fact: Fact) -> int:
    """The latest time that a fact speaks of: what it tells may be older than when we heard of it."""
    if type(fact) is Began:
        return max(fact.began, fact.at + fact.lag)
    return fact.at + fact.lag if type(fact) is Wrote else fact.at


def with_fact(case: Case, fact: Fact) -> Case:
    """The case with one more fact; a fact it has already changes nothing."""
    facts = case.facts
    last_at = max(case.last_at, last_moment(fact))
    if not facts or facts[-1].ref < fact.ref:
        return replace(case, facts=(*facts, fact), last_at=last_at)
    if facts[-1].ref == fact.ref:
        return case
    if not case.before:
        return replace(case, facts=_united(facts, (fact,)), last_at=last_at)
    return replace(case.regrouped_with(_united(case.all_facts, (fact,)), case.joined_into), last_at=last_at)


def overflowing(facts: Sequence[Fact]) -> int:
    """How many of the first of these facts leave the row: whole parts, the same number however they came."""
    return max(0, len(facts) // PART - 1) * PART


def joined(case_id: str, case: Case, other_id: str, other: Case) -> tuple[Case, Case]:
    """Both cases after a link ended `other` in `case`: all facts are with the one, marked with where they came from."""
    moved = tuple(_moved(fact, other_id, case_id) for fact in other.all_facts)
    survivor = case.regrouped_with(_united(case.all_facts, moved), case.joined_into)
    survivor = replace(survivor, last_at=max(case.last_at, other.last_at))
    return survivor, replace(other.regrouped_with((), case_id), agent="", weight=0)


def _moved(fact: Fact, leaves: str, enters: str) -> Fact:
    origin = fact.origin or leaves
    return replace(fact, origin="" if origin == enters else origin)


def _united(facts: Sequence[Fact], more: Sequence[Fact]) -> tuple[Fact, ...]:
    return tuple(sorted({fact.ref: fact for fact in (*facts, *more)}.values(), key=_by_ref))


def episodes(facts: Sequence[Fact]) -> list[Episode]:
    """The contacts of a case, ascending by number; facts in log order.

    An episode ends when the case is reopened. A customer's post that arrives while the case is settled (resolved or
    withdrawn) belongs to the episode it reopens; an older one that reopens nothing stays with the one before.
    Resolving, reopening and withdrawing are acts on the case itself and do not come along from a case joined into it;
    its posts, answers and acceptances do.
    """
    first = _first_contact(facts)
    return _episodes(facts) if first is None else [first]


def _first_contact(facts: Sequence[Fact]) -> Episode | None:
    """The contact of a case with which nobody has done anything yet but offer and take it, as most are when they are
    written; None for any other case. One look at each fact instead of five.
    """
    start = took = queued = None
    for fact in facts:
        if type(fact) is Began:
            wrote = fact.wrote
            start = wrote if start is None or order(wrote) < order(start) else start
            queued = sooner(queued, fact.promise)
        elif type(fact) is Took:
            took = earlier(took, Done(fact.at, fact.agent, fact.ref))
        elif type(fact) is Queued:
            queued = sooner(queued, fact)
        elif type(fact) is Wrote:
            start = fact if start is None or order(fact) < order(start) else start
        elif type(fact) not in COURSE:
            return None
    return None if start is None else concluded(1, start, Acts(took, None, None, None, None, queued), None)


def order(post: Wrote) -> tuple[int, str, int]:
    """Which of a case's posts comes first."""
    return post.at, post.post, post.ref


def _episodes(facts: Sequence[Fact]) -> list[Episode]:
    facts = standing(facts)
    senders = {fact.post: fact for fact in facts if type(fact) is Sent and fact.post}
    ended, number, current, waiting, _ = phases(facts)
    found: list[Episode] = []
    for at, (part, reopened_at) in enumerate(ended, start=1):
        _conclude(found, at, part, senders, reopened_at)
    _conclude(found, number, [*current, *waiting], senders, None)
    return found


def standing(facts: Sequence[Fact]) -> Sequence[Fact]:
    """The facts, each thing that is said apart, without posts that are gone, unless they came back later, and without
    withdrawals that did not last.

    Who takes everything back and then goes on is the contact they would be had they gone on first: a withdrawal and the
    reopening after it undo each other.
    """
    facts = [one for fact in facts for one in ((fact.wrote, fact.promise) if type(fact) is Began else (fact,))]
    gone = {fact.post: fact.ref for fact in facts if type(fact) is Gone}
    undone: set[int] = set()
    withdrawn: list[int] = []
    for fact in facts:
        if type(fact) is Withdrew and not fact.origin:
            withdrawn.append(fact.ref)
        elif type(fact) is Reopened and not fact.origin and withdrawn:
            undone.update(withdrawn, (fact.ref,))
            withdrawn.clear()
    if not (gone or undone):
        return facts
    return [
        fact
        for fact in facts
        if fact.ref not in undone and (not isinstance(fact, Posted | Wrote) or fact.ref > gone.get(fact.post, -1))
    ]


Phases: TypeAlias = tuple[list[tuple[list[Fact], int]], int, list[Fact], list[Wrote], int | None]


def phases(facts: Sequence[Fact]) -> Phases:
    """(facts of each episode that ended and when it was reopened, number of the one under way, its facts, posts that
    came since it was settled, when that was).
    """
    ended: list[tuple[list[Fact], int]] = []
    current: list[Fact] = []
    waiting: list[Wrote] = []
    settled_at: int | None = None
    for fact in facts:
        if type(fact) is Wrote and settled_at is not None:
            waiting.append(fact)
        elif type(fact) is Reopened and not fact.origin:
            begin = _reopening(waiting, settled_at, fact)
            current.extend(post for post in waiting if post not in begin)
            ended.append((current, fact.at))
            current, waiting, settled_at = list(begin), [], None
        else:
            current.append(fact)
            if type(fact) in (Settled, Withdrew) and not fact.origin:
                settled_at = fact.at
    return ended, len(ended) + 1, current, waiting, settled_at


def _reopening(waiting: Sequence[Wrote], settled_at: int | None, reopened: Reopened) -> list[Wrote]:
    """Which posts to a settled case begin its next episode: those written after it was settled; where there is none
    (it was settled between writing and arrival), those that came with the reopening itself.
    """
    later = [post for post in waiting if settled_at is None or post.at > settled_at]
    position = reopened.ref // EVENTS_PER_COMMIT
    return later or [post for post in waiting if post.ref // EVENTS_PER_COMMIT == position]


def _conclude(
    found: list[Episode], number: int, facts: Sequence[Fact], senders: Mapping[str, Sent], reopened_at: int | None
) -> None:
    start: Wrote | None = None
    first_ref = 0
    for fact in facts:
        if type(fact) is Wrote:
            first_ref = fact.ref if start is None else min(first_ref, fact.ref)
            if start is None or (fact.at, fact.post, fact.ref) < (start.at, start.post, start.ref):
                start = fact
    if start is None:
        return
    first_any = first_human = took = resolved = withdrawn = queued = None
    for fact in facts:  # not by match: this is done for every fact whenever its case is written
        if type(fact) is Posted or type(fact) is Sent:
            done = answer_of(fact, start.at, first_ref, senders)
            if done is not None:
                first_any = earlier(first_any, done)
                if is_human(fact, senders):
                    first_human = earlier(first_human, done)
        elif type(fact) is Took:
            took = earlier(took, Done(fact.at, fact.agent, fact.ref))
        elif type(fact) is Queued:
            queued = sooner(queued, fact)
        elif type(fact) is Settled:
            if not fact.origin:
                resolved = Done(fact.at, fact.agent, fact.ref)
        elif type(fact) is Withdrew and not fact.origin:
            withdrawn = earlier(withdrawn, Done(fact.at, "", fact.ref))
    found.append(concluded(number, start, Acts(took, first_any, first_human, resolved, withdrawn, queued), reopened_at))


class Acts(NamedTuple):
    """What was done in an episode, each act by the clock of its event."""

    took: Done | None
    any: Done | None
    human: Done | None
    resolved: Done | None
    withdrawn: Done | None
    queued: Queued | None


def concluded(number: int, start: Wrote, acts: Acts, reopened_at: int | None) -> Episode:
    """The contact that a start and the acts after it make: no act is before the start."""

    def clamped(done: Done | None) -> Done | None:
        return done if done is None or done.at >= start.at else done._replace(at=start.at)

    took = clamped(acts.took)
    accepted = took if acts.human is None else earlier(took, acts.human)
    resolved, withdrawn = clamped(acts.resolved), clamped(acts.withdrawn)
    return Episode(number, start, accepted, acts.any, acts.human, resolved, reopened_at, withdrawn, acts.queued)


def answer_of(fact: Posted | Sent, start_at: int, first_ref: int, senders: Mapping[str, Sent]) -> Done | None:
    """What an answer does to a contact that starts at `start_at` and whose first post in the log is `first_ref`; None
    when it answers something before it.

    A post is none of its answers when it is earlier and names nothing of it. A reply through us follows in the log what
    the agent saw.
    """
    early, sender = fact.at < start_at, senders.get(fact.post)
    if isinstance(fact, Sent):
        follows, sender = fact.ref > first_ref, fact
    else:
        follows = fact.asked >= start_at
    if early and not follows:
        return None
    agent = "" if sender is None else sender.agent
    return Done(max(fact.at, start_at), agent, fact.ref, early or fact.early)


def is_human(fact: Posted | Sent, senders: Mapping[str, Sent]) -> bool:
    """Whether a person answered; of the echo of a reply the reply says it."""
    sender = fact if type(fact) is Sent else senders.get(fact.post)
    return fact.human if sender is None else sender.human


def sooner(known: Queued | None, fact: Queued) -> Queued:
    """The promise that is due first."""
    return fact if known is None or (fact.due, fact.ref) < (known.due, known.ref) else known


def earlier(known: Done | None, done: Done) -> Done:
    """The earlier act; of two at one time the one with a named agent, so that the order of arrival does not decide."""
    return done if known is None or _rank(done) < _rank(known) else known


def _rank(done: Done) -> tuple[int, bool, str, bool, int]:
    return done.at, not done.agent, done.agent, done.early, done.ref
