"""Everything one tenant's routing keeps in memory, and how a fact changes it. It decides nothing.

Kept: every case that somebody or time is still going to act on, with its whole thread, all agents, queues and sources.
Forgotten: threads whose cases are all dormant (and manual cases, which have none), once `keep_events` further facts
have been recorded. Forgetting is itself a function of the facts, so a refolded shard forgets the same and equals the
live one (I1). What is forgotten is in the read model by then: `dormant_cases.py` makes sure of it before a decision
relies on the read model, and a thread that comes back does so by facts, `ThreadRecalled` and `CaseRecalled`.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chassis.clock import MICROS, Instant
from msgspec.structs import replace

from routing import events
from routing.agents import DEFAULT_QUEUE, Agent, Policy, Queue, gives_back_at, policy_of, queue_of
from routing.canned import CannedText, canned
from routing.cases import (
    Accepted,
    Broadcast,
    Case,
    Joined,
    Offered,
    Pending,
    Queued,
    Resolved,
    Wait,
    again_at,
    is_apart,
    is_dormant,
    is_refused_by_all,
    latest_answer,
    lenders_of,
    place_in_line,
    place_of,
)
from routing.changes import changes, is_first_offer, with_turn
from routing.goodwill import GRANTS_OF_DAY_MAX, DeskPolicy, Granted, desk_policy_of, of_the_day
from routing.interrupting import may_wait
from routing.policies import Choice, Unoffered, choice_of, order_of
from routing.relaxation import LendKey, Step, due_at, guarded, lend_text, next_step
from routing.reputation import Tally, counted, earned_of
from routing.rules import Rules, ready
from routing.segments import Segment, Segments
from routing.terms import ChannelKind, GivenAnswer, Relaxation, SourceLabel, Verdict
from routing.thread_index import ThreadIndex
from routing.timers import AGENT, CASE, EARN, LEAVES, LEND, QUEUE, SHIFT, Timers

KEEP_EVENTS = 20_000
"""How many facts of cases and threads a dormant thread outlives in memory: so far the read model may lag before anybody
waits for it."""

DEPARTURES_MAX = 50
"""How many departures of a queue are kept, the latest: a rate that is told from n of them errs by 1 / sqrt(n)."""
_INDEXED = frozenset({Queued, Offered, Broadcast, Accepted, Pending, Resolved})
"""Stages in which the case waits in a queue, or may have a timer."""


@dataclass(slots=True)
class Fetched:
    """What the read model says, about what a batch names and memory lacks. It is no part of the state."""

    cases: dict[str, Case] = field(default_factory=dict)
    threads: ThreadIndex = field(default_factory=ThreadIndex)
    recalls: dict[str, tuple[events.Event, ...]] = field(default_factory=dict)
    """Thread to the facts that bring it back."""


@dataclass(slots=True)
class Shard:
    """One tenant's open cases, agents, queues and sources, with the indexes over them."""

    keep_events: int = KEEP_EVENTS
    cases: dict[str, Case] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    queues: dict[str, Queue] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    """Source to queue, of sources that name one."""
    policy: Policy = field(default_factory=Policy)
    labels: dict[str, tuple[SourceLabel, ...]] = field(default_factory=dict, kw_only=True)
    """Source to its labels, of sources that have some."""
    rules: Rules = field(default=(), init=False, compare=False)
    """Derived: the policy's rules as they are asked."""
    steps: tuple[Step, ...] = field(default=(), init=False, compare=False)
    """Derived: the policy's steps, with the queues that their queues mean now."""
    lending: dict[LendKey, list[tuple[Instant, str]]] = field(default_factory=dict, init=False)
    """Derived: of each guarded step and queue that could lend, the cases in line that it could lend for, by when that
    is due.
    """
    lendable: dict[str, tuple[tuple[LendKey, Instant], ...]] = field(default_factory=dict, init=False)
    """Derived: case in line to where it stands in `lending`."""
    successors: dict[str, str] = field(default_factory=dict)
    """Deleted queue to the one that stands for it, "" for the default."""
    closing: dict[str, Instant] = field(default_factory=dict)
    """Deleted queues whose cases and agents are still on their way, by when they were deleted; queues whose cases are
    offered since then, and may not all have been.
    """
    dormant: dict[str, int] = field(default_factory=dict)
    """Threads and manual cases that are dormant, and the number of the fact that touched each last, oldest first."""
    case_events: int = 0
    """How many facts of cases and threads there have been."""
    offers_made: int = 0
    """How many times a case that nobody was offered was offered to somebody."""
    forgotten: int = 0
    """How often something was forgotten; while it is 0 the read model knows nothing that memory does not."""

    threads: ThreadIndex = field(default_factory=ThreadIndex)
    """Which posts there are, who answers whom, and what is to be looked at again."""
    canned: dict[str, CannedText] = field(default_factory=dict)
    """Texts of the house; no decision about a case looks at them."""
    desk_policy: DeskPolicy = field(default_factory=DeskPolicy)
    """What holds for agents' desks; no decision about where a case goes looks at it."""
    granted: dict[str, tuple[Granted, ...]] = field(default_factory=dict)
    """Agent to what it granted by itself on the day of its last grant."""
    reputations: dict[str, tuple[Tally, ...]] = field(default_factory=dict, kw_only=True)
    """Agent to what votes on its answers say, by topic."""
    segments: Segments = field(init=False)
    """Derived."""
    timers: Timers = field(default_factory=Timers)
    """Derived: when an offer lapses, an agent has done nothing with a case, a case has waited too long, a pending case
    wakes up, a resolution is confirmed; when an agent who is ready may first be offered again what it refused; and when
    a shift comes to its next step.
    """
    refused: dict[str, list[tuple[Instant, str]]] = field(default_factory=dict)
    """Derived: agent to the waiting cases it refused, by when each may be offered to it again."""
    dormant_order: deque[tuple[int, str]] = field(default_factory=deque)
    """Derived: the entries of `dormant` and some that have been overtaken, oldest first. The first of a dictionary
    whose first entries keep being deleted would be found by passing over all of those."""

    supervised: dict[str, str] = field(default_factory=dict)
    """Derived: case that waits for a supervisor to its queue."""
    joins: dict[str, str] = field(default_factory=dict)
    """Derived: case that somebody joined to the one it was joined into."""
    tasks: dict[str, str] = field(default_factory=dict)
    """Derived: open task to the case it is a part of, which is another one after a link joined that."""
    unsent: dict[str, str] = field(default_factory=dict)
    """Derived: reply that was asked for and not settled to the case it is with, which is another one after a join."""

    interrupted: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False)
    """Derived: case to those that it interrupted and that wait for it, by id."""
    interruptible: dict[ChannelKind, dict[str, int]] = field(default_factory=dict, init=False)
    """Derived, where the policy has cases interrupted: of each channel and kind, who has how many that may wait."""
    departures: dict[str, deque[Instant]] = field(default_factory=dict, init=False, compare=False)
    """Queue to when its latest cases were taken, ascending; nothing is decided by it, and after a restart it is told
    from the cases that are still there.
    """
    fetched: Fetched = field(default_factory=Fetched)
    """For the batch in hand."""
    marks: deque[tuple[int, int]] = field(default_factory=deque)
    """How many case facts there were at which position of the log, ascending; no part of the state either."""

    def __post_init__(self) -> None:
        self.rules, self.steps = ready(self.policy.rules), _steps(self)
        self.segments = Segments(order_of(self.policy), guarded=_guarded(self.steps), rows=self.policy.interrupts)

    def queue(self, queue_id: str) -> Queue:
        """A queue's settings; one nobody created has the default's."""
        known = self.queues.get(queue_id) or self.queues.get(DEFAULT_QUEUE)
        return known if known is not None else Queue(queue_id)

    def choice(self, queue_id: str) -> Choice:
        """How the cases of a queue choose an agent."""
        queue = self.queue(queue_id)
        choice = choice_of(self.policy, queue.selection)
        return choice if queue.claim_terms is None else Unoffered(choice)

    def step(self, number: int) -> Relaxation:
        """A step of the policy, with the queues that its queues mean now."""
        return self.steps[number - 1][1]

    def steps_of(self, queue_id: str) -> tuple[Step, ...]:
        """The steps that there are for cases of a queue."""
        return tuple([step for step in self.steps if step[1].queue in ("", queue_id)])

    def has_queue(self, queue_id: str) -> bool:
        """Whether there is such a queue; the default one always is."""
        return queue_id == DEFAULT_QUEUE or (queue_id in self.queues and queue_id not in self.successors)

    def standing_queue(self, queue_id: str) -> str:
        """The queue that an id means now: its own, the one that stands for it since it was deleted, or the default."""
        if not queue_id or self.has_queue(queue_id):
            return queue_id or DEFAULT_QUEUE
        seen: set[str] = set()  # facts of another version might send us round in circles
        while not self.has_queue(queue_id) and queue_id not in seen:
            seen.add(queue_id)
            queue_id = self.successors.get(queue_id, "")
        return queue_id if self.has_queue(queue_id) else DEFAULT_QUEUE

    def labels_of(self, source_id: str) -> Mapping[str, str]:
        """The labels of a source by their keys."""
        return {label.key: label.value for label in self.labels.get(source_id, ())}

    def queue_of_source(self, source_id: str) -> str:
        """The queue that new cases of a source go to."""
        return self.standing_queue(self.sources.get(source_id, ""))


def evolve(shard: Shard, event: events.Event) -> Shard:
    """What a fact makes of the shard; updates it in place and returns it. Never raises."""
    match event:  # what every post leads to comes first
        case events.PostThreaded():
            _touch_thread(shard, event)
        case (
            events.CaseBegun()
            | events.PostPlaced()
            | events.CaseOpened()
            | events.PostAttached()
            | events.CaseQueued()
            | events.CaseOffered()
            | events.CaseRecalled()
            | events.PostDetached()
            | events.CasesJoined()
        ):
            _change(shard, event)
        case events.ThreadReviewed():
            shard.threads.thread_fact(event)
        case events.PostAliased() | events.PostAddressed() | events.PostUnthreaded() | events.ThreadRecalled():
            _touch_thread(shard, event)
        case events.QueueChanged():
            before = shard.queue(event.queue_id)
            after = shard.queues[event.queue_id] = queue_of(event)
            if after.supervise_after_s != before.supervise_after_s:
                _set_limits(shard)
            if shard.successors.pop(event.queue_id, None) is not None or after.claim_terms is not None:
                _set_closing(shard, event.queue_id, None)
            if after.claim_terms != before.claim_terms:
                _change_claims(shard, after, event.at)
            elif shard.steps:
                refill(shard)
            elif event.selection is not before.selection:
                _rearrange(shard)
        case events.QueueDeleted() if event.queue_id != DEFAULT_QUEUE:
            shard.successors[event.queue_id] = event.successor
            _set_closing(shard, event.queue_id, event.at)
            if shard.steps:
                refill(shard)
        case events.QueueCleared():
            # Its settings stay: who waited in it last and comes back no longer asks for what it asked.
            _set_closing(shard, event.queue_id, None)
        case events.AgentDeleted():
            _change(shard, event)
            shard.agents.pop(event.agent_id, None)
            shard.granted.pop(event.agent_id, None)
            shard.reputations.pop(event.agent_id, None)
            shard.segments.forget_agent(event.agent_id)
            shard.timers.cancel((LEAVES, event.agent_id))
            shard.timers.cancel((EARN, event.agent_id))
        case events.SourceQueueChanged():
            if event.queue:
                shard.sources[event.source_id] = event.queue
            else:
                shard.sources.pop(event.source_id, None)
        case events.SourceLabelsChanged():
            if event.labels:
                shard.labels[event.source_id] = event.labels
            else:
                shard.labels.pop(event.source_id, None)
        case events.PolicyChanged():
            shard.policy = policy_of(event)
            refill(shard)
        case events.QueueDeleted():
            pass  # the default one is always there
        case events.CannedTextChanged():
            shard.canned[event.text_id] = canned(event)
        case events.CannedTextDeleted():
            shard.canned.pop(event.text_id, None)
        case events.DeskPolicyChanged():
            shard.desk_policy = desk_policy_of(event)
        case events.GoodwillGranted():
            _change(shard, event)
            day = of_the_day(shard.granted.get(event.agent_id, ()), event.at)
            shard.granted[event.agent_id] = (*day, Granted(event.unit, event.amount, event.at))[-GRANTS_OF_DAY_MAX:]
        case _:
            _change(shard, event)
    return shard


def _change(shard: Shard, event: events.Event) -> None:
    """What a fact about cases and agents makes of them, and of where cases hang."""
    changed = changes(event, shard.cases.get, shard.agents.get)
    match event:
        case events.CaseBegun():
            _absorbed(shard, event.post)
            shard.threads.begun(event)
        case events.PostPlaced() if changed.cases:
            _absorbed(shard, event.post)
            shard.threads.placed(event)
        case events.PostPlaced():
            _touch_thread(shard, event.post)
        case events.CaseOpened() | events.CaseRecalled():
            shard.threads.opened(event.case_id, event.thread_id, event.desk, event.identity_id)
        case events.PostAttached() if changed.cases:
            shard.threads.attached(event)
        case events.CaseOffered() if changed.cases:
            shard.offers_made += is_first_offer(changed)
            changed = with_turn(changed, event.agent_id, shard.offers_made)
        case events.PostDetached() if changed.cases:
            shard.threads.detached(event)
        case events.CasesJoined() if changed.cases:
            shard.threads.joined(event)
        case events.AnswerVoted():
            verdict = event.verdict if event.is_expert else Verdict.UNSPECIFIED
            answer = GivenAnswer(event.reply_id, b"", event.answered_by, event.topics, given_at=event.given_at)
            _count(shard, answer, verdict, event.replaced)
        case events.ResolutionConfirmed() | events.CaseReopened() if changed.cases:
            _count_customer(shard, *changed.cases[0])
        case _:
            pass
    for agent in changed.agents:
        _put_agent(shard, agent)
    for before, after in changed.cases:
        _place(shard, before, after)


def _count_customer(shard: Shard, before: Case | None, after: Case) -> None:
    """Counts what a customer has shown of the latest answer, unless it had before."""
    if before is None or before.answers is after.answers:
        return
    was, judged = latest_answer(before), latest_answer(after)
    if was is not None and judged is not None:
        _count(shard, judged, judged.customer, was.customer)


def _count(shard: Shard, answer: GivenAnswer, verdict: Verdict, replaced: Verdict) -> None:
    """Counts a vote for whose answer it is on, who is still there: an id may be somebody else's since."""
    agent = shard.agents.get(answer.agent_id)
    if agent is None or (answer.given_at is not None and answer.given_at < agent.registered_at):
        return
    tallies = counted(shard.reputations.get(agent.agent_id, ()), answer.topics, verdict, replaced)
    if tallies:
        shard.reputations[agent.agent_id] = tallies
    else:
        shard.reputations.pop(agent.agent_id, None)
    _set_earning(shard, agent)


def _place(shard: Shard, before: Case | None, after: Case) -> None:
    """Puts a case where its stage says, in every index, and forgets what has been dormant long enough."""
    case_id = after.case_id
    shard.cases[case_id] = after
    if after.accepted_at is not None and before is not None and after.accepted_at != before.accepted_at:
        _depart(shard, after.queue, after.accepted_at)
    if before is None or _index_differs(before, after):
        if before is not None and type(before.stage) in _INDEXED:
            _unindex(shard, before)
        if type(after.stage) in _INDEXED:
            _index(shard, after)
    if after.unsent is not (() if before is None else before.unsent):
        for reply in () if before is None else before.unsent:
            if shard.unsent.get(reply.reply_id) == case_id:
                del shard.unsent[reply.reply_id]
        shard.unsent.update((reply.reply_id, case_id) for reply in after.unsent)
    if after.tasks is not (() if before is None else before.tasks):
        for task_id in () if before is None else before.tasks:
            if shard.tasks.get(task_id) == case_id:
                del shard.tasks[task_id]
        shard.tasks.update((task_id, case_id) for task_id in after.tasks)
    if isinstance(after.stage, Joined) and is_apart(after):
        shard.joins[case_id] = after.stage.into
    else:
        shard.joins.pop(case_id, None)
    thread = shard.threads.of_case.get(case_id)
    awake = not is_dormant(after)
    if thread is None:
        _touch(shard, case_id, awake=awake)
    else:
        thread.awake += awake - (before is not None and not is_dormant(before))
        _touch(shard, thread.thread_id, awake=thread.awake > 0)


def _touch_thread(
    shard: Shard,
    event: events.PostThreaded
    | events.PostAliased
    | events.PostAddressed
    | events.PostUnthreaded
    | events.ThreadRecalled,
) -> None:
    thread = shard.threads.thread_fact(event)
    if isinstance(event, events.PostThreaded | events.PostAliased):
        _absorbed(shard, event)
    if thread is not None:
        _touch(shard, thread.thread_id, awake=thread.awake > 0)


def _absorbed(shard: Shard, event: events.PostThreaded | events.PostAliased) -> None:
    """Threads that are parts of another one are not dormant by themselves."""
    for thread_id in event.joined_thread_ids:
        shard.dormant.pop(thread_id, None)


def _touch(shard: Shard, key: str, *, awake: bool) -> None:
    """Counts a fact about a thread, or a case without one, and forgets what has been dormant long enough."""
    shard.case_events += 1
    dormant = shard.dormant
    if key in dormant:
        del dormant[key]
    if not awake:
        dormant[key] = shard.case_events
        shard.dormant_order.append((shard.case_events, key))
    forgotten = shard.case_events - shard.keep_events
    while shard.dormant_order and shard.dormant_order[0][0] <= forgotten and not shard.threads.todo:
        since, oldest = shard.dormant_order.popleft()
        if dormant.get(oldest) == since:
            _forget(shard, oldest)


def _index_differs(before: Case, after: Case) -> bool:
    return (
        before.stage is not after.stage
        or before.wait is not after.wait
        or before.refusals is not after.refusals
        or before.joined is not after.joined
        or before.requirements is not after.requirements
        or before.relaxed is not after.relaxed
        or before.agent_terms is not after.agent_terms
        or before.queue != after.queue
        or before.urgency != after.urgency
        or before.tier != after.tier
        or before.near is not after.near
        or before.weight != after.weight
        or before.was_interrupted is not after.was_interrupted
    )


def dormant_since(shard: Shard) -> int | None:
    """The number of the fact that last touched what is dormant longest, None when nothing is dormant."""
    order = shard.dormant_order
    while order and shard.dormant.get(order[0][1]) != order[0][0]:
        order.popleft()
    return order[0][0] if order else None


def _forget(shard: Shard, key: str) -> None:
    del shard.dormant[key]
    shard.forgotten += 1
    cases = list(shard.threads.forget(key)) if key in shard.threads.by_id else [key]
    for case_id in cases:
        shard.cases.pop(case_id, None)


def _index(shard: Shard, case: Case) -> None:
    key = (CASE, case.case_id)
    if shard.policy.interrupts and may_wait(case):
        _count_interruptible(shard, case, 1)
    match case.stage:
        case Queued() if (wait := place_in_line(case)) is not None:
            segment = shard.segments.put_case(case, wait, shard.agents.values(), shard.choice)
            if case.refusals:
                _put_refusals(shard, segment, case)
            if shard.steps:
                _put_lendable(shard, case, wait)
            if (until := due_in_line(shard, case)) is not None:
                shard.timers.set(key, until)
        case Queued(supervised=reason) if reason:
            shard.supervised[case.case_id] = case.queue
        case Offered(expires_at=at) | Pending(until=at):
            shard.timers.set(key, at)
            if isinstance(case.stage, Pending) and (by := case.stage.interrupted_by):
                shard.interrupted[by] = tuple(sorted({*shard.interrupted.get(by, ()), case.case_id}))
        case Broadcast(width, offers):
            shard.timers.set(key, min(offer.expires_at for offer in offers))
            if len(offers) < width and (wait := place_of(case)) is not None:
                shard.segments.put_thin(case, wait, shard.agents.values(), shard.choice)
        case Accepted(reply_due_at=due) if due is not None:
            shard.timers.set(key, due)
        case Accepted(lease=lease) if lease is not None:
            shard.timers.set(key, lease.expires_at)
        case Resolved(at=at):
            shard.timers.set(key, Instant(at + shard.policy.confirm_window_s * MICROS))
        case _:
            pass


def _unindex(shard: Shard, case: Case) -> None:
    if shard.policy.interrupts and may_wait(case):
        _count_interruptible(shard, case, -1)
    match case.stage:
        case Queued() if (wait := place_in_line(case)) is not None:
            segment = shard.segments.take_case(case, wait)
            if case.refusals:
                _take_refusals(shard, segment, case)
            if shard.steps:
                _take_lendable(shard, case)
            shard.timers.cancel((CASE, case.case_id))
        case Queued():
            shard.supervised.pop(case.case_id, None)
        case _:
            shard.timers.cancel((CASE, case.case_id))
            if isinstance(case.stage, Broadcast) and (wait := place_of(case)) is not None:
                shard.segments.take_thin(case, wait)
            if isinstance(case.stage, Pending) and (by := case.stage.interrupted_by):
                others = tuple([one for one in shard.interrupted.pop(by, ()) if one != case.case_id])
                shard.interrupted.update({by: others} if others else {})


def _count_interruptible(shard: Shard, case: Case, more: int) -> None:
    place, agent_id = ChannelKind(case.channel, case.kind), case.agent_id
    agents = shard.interruptible.setdefault(place, {})
    agents[agent_id] = agents.get(agent_id, 0) + more
    if not agents[agent_id]:
        del agents[agent_id]
    if not agents:
        del shard.interruptible[place]


def waits_until(shard: Shard, case: Case) -> Instant | None:
    """When a case in line has waited too long and a supervisor is to see it, None when it may wait for ever."""
    wait, limit_s = place_in_line(case), shard.queue(case.queue).supervise_after_s
    return None if wait is None or limit_s <= 0 else Instant(wait.waiting_since + limit_s * MICROS)


def falls_through_at(shard: Shard, case: Case) -> Instant | None:
    """When a case that waits, or is claimed, has been there to be claimed for too long; None when it may for ever."""
    terms, wait = shard.queue(case.queue).claim_terms, place_of(case)
    if terms is None or wait is None or terms.fall_through_s <= 0:
        return None
    return Instant(wait.waiting_since + terms.fall_through_s * MICROS)


def due_in_line(shard: Shard, case: Case) -> Instant | None:
    """When something follows for a case in line from that it waits: it asks for less, goes to another queue, or a
    supervisor is to see it.
    """
    times = [time for time in (waits_until(shard, case), falls_through_at(shard, case)) if time is not None]
    wait = place_in_line(case) if shard.steps else None
    found = None if wait is None else next_step(case, shard.steps_of(case.queue))
    if wait is not None and found is not None:
        times.append(due_at(wait.waiting_since, found[1]))
    return min(times, default=None)


def _put_lendable(shard: Shard, case: Case, wait: Wait) -> None:
    """Notes which queues could lend their agents for a case in line, and counts it where some do already."""
    keys = []
    for number, step, queue in guarded(case, shard.steps_of(case.queue)):
        key, due = (number, queue), due_at(wait.waiting_since, step)
        insort(shard.lending.setdefault(key, []), (due, case.case_id))
        keys.append((key, due))
    if keys:
        shard.lendable[case.case_id] = tuple(keys)
    _set_lending(shard, case, keys)


def _take_lendable(shard: Shard, case: Case) -> None:
    keys = shard.lendable.pop(case.case_id, ())
    for key, due in keys:
        cases = shard.lending[key]
        del cases[bisect_left(cases, (due, case.case_id))]
        if not cases:
            del shard.lending[key]
            shard.timers.cancel((LEND, lend_text(key)))
    _set_lending(shard, case, keys)


def _set_lending(shard: Shard, case: Case, keys: Sequence[tuple[LendKey, Instant]]) -> None:
    """Sets when each queue lends next that it concerns that a case came into line or left it: its guard decides whether
    it does, the case that has waited longest when.
    """
    counted = (case.queue, *lenders_of(case))
    found = {key for key, _ in keys} | {key for key in shard.lending if key[1] in counted}
    for key in found:
        cases, step = shard.lending.get(key), shard.step(key[0])
        if cases and shard.segments.waiting_for(key[1]) <= (step.lend_waiting_max or 0):
            shard.timers.set((LEND, lend_text(key)), cases[0][0])
        else:
            shard.timers.cancel((LEND, lend_text(key)))


def _steps(shard: Shard) -> tuple[Step, ...]:
    found = []
    for number, step in enumerate(shard.policy.relaxations, 1):
        mine = shard.standing_queue(step.queue) if step.queue else ""
        queues = tuple(sorted({shard.standing_queue(queue) for queue in step.queues}))
        found.append((number, replace(step, queue=mine, queues=queues)))
    return tuple(found)


def _guarded(steps: Sequence[Step]) -> frozenset[str]:
    """The queues that steps have a guard of."""
    return frozenset(queue for _, step in steps if step.lend_waiting_max is not None for queue in step.queues)


def _change_claims(shard: Shard, queue: Queue, at: Instant) -> None:
    """Whether anybody is offered a queue's cases is otherwise now, or until when they are there to be claimed."""
    refill(shard)
    if queue.claim_terms is None:
        _set_closing(shard, queue.queue_id, at)


def _set_limits(shard: Shard) -> None:
    """Sets anew until when each case in line may wait, after a queue's limit has changed."""
    for case_id in shard.segments.case_ids():
        until = due_in_line(shard, shard.cases[case_id])
        if until is None:
            shard.timers.cancel((CASE, case_id))
        else:
            shard.timers.set((CASE, case_id), until)


def _put_refusals(shard: Shard, segment: Segment, case: Case) -> None:
    by_all = segment.refused[case.case_id] = is_refused_by_all(case, segment.present)
    for agent_id, at in case.refusals:
        again = again_at(at, shard.policy.decline_cooldown_s, by_all=by_all)
        insort(shard.refused.setdefault(agent_id, []), (again, case.case_id))
        _set_cooldown(shard, agent_id)


def _take_refusals(shard: Shard, segment: Segment, case: Case) -> None:
    by_all = segment.refused.pop(case.case_id)
    for agent_id, at in case.refusals:
        again = again_at(at, shard.policy.decline_cooldown_s, by_all=by_all)
        cases = shard.refused[agent_id]
        del cases[bisect_left(cases, (again, case.case_id))]
        if not cases:
            del shard.refused[agent_id]
        _set_cooldown(shard, agent_id)


def _set_cooldown(shard: Shard, agent_id: str) -> None:
    """Sets the timer at which an agent who is ready may first be offered again something it refused."""
    agent, key = shard.agents.get(agent_id), (AGENT, agent_id)
    if agent is not None and agent.free > 0:
        for at, case_id in shard.refused.get(agent_id, ()):
            segment = shard.segments.find(shard.cases[case_id])
            if segment is not None and segment.is_open_to(agent, segment.channel):
                shard.timers.set(key, at)
                return
    shard.timers.cancel(key)


def _put_agent(shard: Shard, agent: Agent) -> None:
    if not shard.segments.tells_apart(agent):
        _rearrange(shard, agent.channels_named)
    before = shard.agents.get(agent.agent_id)
    if agent.shifts is not None or (before is not None and before.shifts is not None):
        _set_shift(shard, agent)
    shard.agents[agent.agent_id] = agent
    if agent.leaves_at is not None or (before is not None and before.leaves_at is not None):
        _set_leaving(shard, agent)
    if before is None or before.granted is not agent.granted or before.earned is not agent.earned:
        _set_earning(shard, agent)
    shard.segments.put_agent(agent)
    for segment in shard.segments.put_presence(agent):
        for case_id, by_all in list(segment.refused.items()):
            case = shard.cases[case_id]
            if by_all != is_refused_by_all(case, segment.present):
                _take_refusals(shard, segment, case)
                _put_refusals(shard, segment, case)
    _set_cooldown(shard, agent.agent_id)


def _set_earning(shard: Shard, agent: Agent) -> None:
    """What an agent has earned is decided at once where it is not what votes make of the policy."""
    key, steps = (EARN, agent.agent_id), shard.policy.earned_levels
    if earned_of(agent.granted, shard.reputations.get(agent.agent_id, ()), steps) == agent.earned:
        shard.timers.cancel(key)
    else:
        shard.timers.set(key, shard.policy.since)


def _set_leaving(shard: Shard, agent: Agent) -> None:
    """Sets the timer at which what an agent has goes back."""
    at = gives_back_at(agent)
    if at is None:
        shard.timers.cancel((LEAVES, agent.agent_id))
    else:
        shard.timers.set((LEAVES, agent.agent_id), at)


def _set_shift(shard: Shard, agent: Agent) -> None:
    """Sets the timer of an agent's shift, or takes it away."""
    key, due = (SHIFT, agent.agent_id), agent.shift_due
    if due is None:
        shard.timers.cancel(key)
    else:
        shard.timers.set(key, due)


def _set_closing(shard: Shard, queue_id: str, since: Instant | None) -> None:
    """What a deleted queue leaves behind is due at once, until it is cleared or there is such a queue again."""
    if since is None:
        shard.closing.pop(queue_id, None)
        shard.timers.cancel((QUEUE, queue_id))
    else:
        shard.closing[queue_id] = since
        shard.timers.set((QUEUE, queue_id), since)


def _channels(shard: Shard) -> frozenset[str]:
    """What agents make a difference of, and the interrupt matrix."""
    rows = {row.channel for row in shard.policy.interrupts} - {""}
    return frozenset(rows).union(*(agent.channels_named for agent in shard.agents.values() if agent.is_limited))


def _rearrange(shard: Shard, channels: frozenset[str] = frozenset()) -> None:
    """Builds anew who waits for whom, after what decides it has changed, or these channels are to be told apart."""
    waiting, thin = shard.segments.case_ids(), shard.segments.thin_ids()
    rows = shard.policy.interrupts
    shard.segments = Segments(order_of(shard.policy), _channels(shard) | channels, _guarded(shard.steps), rows)
    for agent in shard.agents.values():
        shard.segments.put_agent(agent)
        shard.segments.put_presence(agent)
    for case_id in waiting:
        case = shard.cases[case_id]
        wait = place_in_line(case)
        if wait is not None:
            segment = shard.segments.put_case(case, wait, shard.agents.values(), shard.choice)
            if case.refusals:
                segment.refused[case_id] = is_refused_by_all(case, segment.present)
    for case_id in thin:
        if (wait := place_of(shard.cases[case_id])) is not None:
            shard.segments.put_thin(shard.cases[case_id], wait, shard.agents.values(), shard.choice)


def _depart(shard: Shard, queue_id: str, at: Instant) -> None:
    left = shard.departures.get(queue_id)
    if left is None:
        left = shard.departures[queue_id] = deque(maxlen=DEPARTURES_MAX)
    left.append(at)


def refill(shard: Shard) -> Shard:
    """Builds every derived index anew from what is kept; for a shard that was just loaded."""
    shard.unsent = {reply.reply_id: case.case_id for case in shard.cases.values() for reply in case.unsent}
    shard.tasks = {task_id: case.case_id for case in shard.cases.values() for task_id in case.tasks}
    shard.joins = {
        case.case_id: case.stage.into
        for case in shard.cases.values()
        if isinstance(case.stage, Joined) and is_apart(case)
    }
    shard.rules, shard.steps = ready(shard.policy.rules), _steps(shard)
    shard.segments = Segments(order_of(shard.policy), _channels(shard), _guarded(shard.steps), shard.policy.interrupts)
    shard.timers, shard.interrupted, shard.interruptible = Timers(), {}, {}
    shard.refused, shard.supervised, shard.lending, shard.lendable = {}, {}, {}, {}
    shard.dormant_order = deque((since, case_id) for case_id, since in shard.dormant.items())
    for agent in shard.agents.values():
        shard.segments.put_agent(agent)
        shard.segments.put_presence(agent)
        _set_leaving(shard, agent)
        _set_shift(shard, agent)
        _set_earning(shard, agent)
    for thread in shard.threads.by_id.values():
        thread.awake = 0
    for case in shard.cases.values():
        _index(shard, case)
        thread_ = shard.threads.of_case.get(case.case_id)
        if thread_ is not None:
            thread_.awake += not is_dormant(case)
    for queue_id, since in shard.closing.items():
        shard.timers.set((QUEUE, queue_id), since)
    shard.departures = {}
    for at, queue_id in sorted([(one.accepted_at, one.queue) for one in shard.cases.values() if one.accepted_at]):
        _depart(shard, queue_id, at)
    return shard


def next_due(shard: Shard) -> Instant | None:
    """When time itself next changes something; a tick at that time always decides something.

    At once while something is to be looked at again; else an offer lapses, an agent has done nothing with a case, a
    case has waited too long, a pending case wakes, a resolution is confirmed, an agent who is ready may be offered
    again what it refused, who drains or is away leaves, a shift comes to its next step, a lease runs out, a case has
    been there to be claimed for too long, an agent has earned another level, or a queue that was deleted, or is claimed
    no more, has something left.
    """
    todo, timer = shard.threads.next_todo(), shard.timers.first()
    return timer if todo is None else todo if timer is None else min(todo, timer)
