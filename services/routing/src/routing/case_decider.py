"""What an agent, or a channel on its behalf, may do to one case, and what comes of it. Pure."""

from collections.abc import Collection, Iterable
from typing import assert_never

from chassis.clock import MICROS, Instant, to_datetime
from chassis.errors import Rejected

from routing import commands, events
from routing.agents import DEFAULT_QUEUE, Agent, Held
from routing.cases import (
    BY_HAND,
    UNSENT_MAX,
    Accepted,
    Broadcast,
    Case,
    Confirmed,
    Idle,
    Joined,
    Lease,
    Offered,
    Pending,
    Queued,
    Resolved,
    Withdrawn,
    accepted_token,
    alone,
    asked_near,
    asked_of,
    etag,
    evolve_case,
    forbidden_of,
    holder,
    is_apart,
    is_closed,
    lease_of,
    needs_agent,
    offer_to,
    offers_of,
    owes,
    place_in_line,
    place_of,
    wants_agent,
    window_of,
)
from routing.commands import CaseCommand, Reason
from routing.contacts import contact_after
from routing.interrupting import fewest
from routing.lengths import length_max
from routing.lines import asked_in, line_of_case
from routing.matching import Decision
from routing.relaxing import relax
from routing.remembering import customers_of, find_post, present, threads_of
from routing.shard import Shard, falls_through_at, waits_until
from routing.similarity import SIMILAR_FROM, resemblance
from routing.terms import AuthorKind, PostKind, Requirement, RescindReason, WaitingFor, both, together

NO_ROOM = "no_room"
"""The reason of a release that nobody asked for: a pending case was to go on, and its agent had no room for it."""
INTERRUPTION_OVER = "interruption_over"
"""The reason for which an interrupted case goes on when what interrupted it is done."""
REPLY_TIMEOUT = "reply_timeout"
"""The reason of a release that nobody asked for: the agent did nothing with the case in time."""
FORBIDDEN = "forbidden"
"""The reason of the release that an agent hears of who had a case that is not for it."""
UNCLAIMED = "unclaimed"
"""The reason of a transfer that nobody asked for: the case was there to be claimed for too long."""


def decide_case(decision: Decision, command: CaseCommand) -> None:
    """Decides what is asked of one case. Raises Rejected."""
    match command:
        case commands.RecordSent() | commands.RecordFailed():
            _settle(decision, command)
            return
        case _:
            case = find(decision, command.case_id)
    match command:
        case commands.AcceptOffer():
            _accept(decision, case, command)
        case commands.DeclineOffer():
            offer = _open_offer(case, command)
            decision.emit(
                events.OfferDeclined(case.case_id, command.agent_id, offer.offer_id, command.reason, command.at)
            )
            wait_on(decision, case.case_id)
        case commands.ReleaseCase():
            demand_holder(case, command.agent_id)
            if isinstance(case.stage, Pending):
                put_back(decision, case, command.reason)
            else:
                give_back(decision, case, command.agent_id, command.reason)
        case commands.ReplyToCase():
            _reply(decision, case, command)
        case commands.NoteCase():
            known_agent(decision, command.agent_id)
            if command.text is None:
                raise _erased(case)
            decision.emit(events.CaseNoted(case.case_id, command.note_id, command.agent_id, command.text, command.at))
        case commands.SaveDraft():
            _save_draft(decision, case, command)
        case commands.DiscardDraft():
            known_agent(decision, command.agent_id)
            decision.emit(events.DraftDiscarded(case.case_id, command.agent_id, command.at))
        case commands.PendCase():
            demand_holder(case, command.agent_id)
            if lease_of(case) is not None:
                detail = f"{name(case.case_id)} {standing(case)}; a lease does not wait: reply to it, or give it back"
                raise Rejected(Reason.CASE_CLAIMED, detail, resource=f"cases/{case.case_id}")
            _pend(decision, case, command)
        case commands.ResumeCase():
            demand_holder(case, command.agent_id)
            if not isinstance(case.stage, Pending):
                detail = f"{name(case.case_id)} is not waiting for anybody; go on with it as it is"
                raise Rejected(Reason.NOT_PENDING, detail)
            _demand_room(decision, case, command.agent_id)
            decision.emit(events.CaseResumed(case.case_id, "agent", command.at, command.agent_id))
        case commands.ResolveCase():
            if isinstance(case.stage, Resolved) and case.agent_id == command.agent_id:
                return
            demand_holder(case, command.agent_id)
            for one in (case, *open_joined(decision, case)):
                decision.emit(
                    events.CaseResolved(one.case_id, command.agent_id, command.disposition, command.tags, command.at)
                )
        case commands.ReopenCase():
            refuse_task(case, "what is closed of it stays so, and more is another task of that one")
            if not isinstance(case.stage, Resolved | Confirmed):
                detail = f"{name(case.case_id)} {standing(case)}; only a resolved case is reopened"
                raise Rejected(Reason.NOT_RESOLVED, detail)
            decision.emit(events.CaseReopened(case.case_id, command.reason, case.episode + 1, command.at))
            queue_up(decision, case)
        case commands.TransferCase():
            _transfer(decision, case, command)
        case _:
            assert_never(command)


def refuse_task(case: Case, fix: str) -> None:
    """Raises Rejected, with what to do instead, for a task."""
    if case.parent_id:
        detail = f"{name(case.case_id)} is a task of {name(case.parent_id)}; {fix}"
        raise Rejected(Reason.IS_TASK, detail, resource=f"cases/{case.case_id}")


def _save_draft(decision: Decision, case: Case, command: commands.SaveDraft) -> None:
    """Whoever has the case: who takes it over, or helps, writes before it is theirs."""
    known_agent(decision, command.agent_id)
    if is_closed(alone(case)):
        detail = f"{name(case.case_id)} {standing(case)}, and nothing more is written there"
        raise Rejected(Reason.CASE_CLOSED, detail, resource=f"cases/{case.case_id}")
    if command.text is None:
        raise _erased(case)
    decision.emit(events.DraftSaved(case.case_id, command.agent_id, command.text, command.text_length, command.at))


def _erased(case: Case) -> Rejected:
    detail = f"the customer of {name(case.case_id)} was erased, and nothing is written of them; resolve it"
    return Rejected(Reason.CUSTOMER_ERASED, detail)


def find(decision: Decision, case_id: str) -> Case:
    """The case as it is by now, a lease that has run out being over; brought back into memory when it was forgotten.
    Raises Rejected when there is none.
    """
    case = present(decision, case_id)
    if case is None:
        raise Rejected(Reason.CASE_UNKNOWN, f"there is no {name(case_id)}", resource=f"cases/{case_id}")
    lease = lease_of(case)
    if lease is not None and lease.expires_at <= decision.at:
        lapse(decision, case)
        return decision.case(case_id) or case
    return case


def known_agent(decision: Decision, agent_id: str) -> Agent:
    """The agent. Raises Rejected when there is none."""
    agent = decision.agent(agent_id)
    if agent is None:
        raise Rejected(Reason.AGENT_UNKNOWN, f"there is no agent {agent_id}", resource=f"agents/{agent_id}")
    return agent


def known_agents(decision: Decision, agent_ids: Iterable[str]) -> None:
    """Raises Rejected, naming each, when some of these agents are not there."""
    unknown = [agent_id for agent_id in dict.fromkeys(agent_ids) if decision.agent(agent_id) is None]
    if unknown:
        detail = f"there is no agent {' or '.join(unknown)}"
        raise Rejected(Reason.AGENT_UNKNOWN, detail, resource=f"agents/{unknown[0]}")


def queue_up(
    decision: Decision, case: Case, urgency: int = 0, kind: PostKind = PostKind.UNSPECIFIED, reach: int = 0
) -> None:
    """Lines a case up where it was before, or where its source and the rules say, which may ask of what kind the post
    is that makes it wait and how far that reaches; its clock runs from what it waits for.
    """
    shard = decision.shard
    if not case.queue and not _waits_for_joined(case):
        _queue_first(decision, case, urgency, kind, reach)
        return
    queue_id = shard.standing_queue(case.queue) if case.queue else shard.queue_of_source(case.source_id)
    queue, requirements = shard.queue(queue_id), _requirements_in(shard, case, queue_id)
    if _waits_for_joined(case):
        _queue_for_joined(decision, case, queue_id, requirements)
        return
    start = decision.at if case.owed_since is None else min(case.owed_since, decision.at)
    decision.emit(
        events.CaseQueued(
            case.case_id,
            queue_id,
            max(case.urgency, urgency),
            requirements,
            Instant(start + queue.first_response_s * MICROS),
            decision.at,
            decision.at,
        )
    )


def _queue_first(decision: Decision, case: Case, urgency: int, kind: PostKind, reach: int) -> None:
    """Lines up a case that never waited."""
    line = line_of_case(decision.shard, case, max(case.urgency, urgency), kind, reach)
    start = decision.at if case.owed_since is None else min(case.owed_since, decision.at)
    decision.emit(
        events.CaseQueued(
            case.case_id,
            line.queue,
            line.urgency,
            line.requirements,
            Instant(start + line.first_response_s * MICROS),
            decision.at,
            decision.at,
            weight=line.weight,
            rule_ids=line.rule_ids,
            policy_version=line.policy_version,
            agent_terms=both(case.agent_terms, line.agent_terms),
            tier=line.tier,
            near=asked_near(case) or line.near,
            is_uninterruptible=line.is_uninterruptible,
        )
    )


def _requirements_in(shard: Shard, case: Case, queue_id: str) -> tuple[Requirement, ...]:
    """In another queue it asks for what that asks, and for what was asked of it beyond its old one."""
    return asked_of(case) if queue_id == case.queue else asked_anew(shard, case, queue_id, case.tier)


def asked_anew(shard: Shard, case: Case, queue_id: str, tier: str) -> tuple[Requirement, ...]:
    """What a queue asks of a case that is of a tier there, and what was asked of the case beyond its queue and tier."""
    before = asked_in(shard.queue(case.queue), case.language, case.tier) if case.queue else ()
    own = tuple(requirement for requirement in asked_of(case) if requirement not in before)
    return together(asked_in(shard.queue(queue_id), case.language, tier), own)


def _waits_for_joined(case: Case) -> bool:
    """Whether it is only what is joined into it that waits."""
    return case.wait is None and not owes(case) and place_of(case) is not None


def _queue_for_joined(decision: Decision, case: Case, queue_id: str, requirements: tuple[Requirement, ...]) -> None:
    place = place_of(case)
    if place is not None:
        times = place.due_at, place.waiting_since, decision.at
        decision.emit(events.CaseQueued(case.case_id, queue_id, case.urgency, requirements, *times, for_joined=True))


def give_back(decision: Decision, case: Case, agent_id: str, reason: str, *, is_joined: bool = False) -> None:
    """An agent no longer has a case; it waits again where somebody is owed something."""
    decision.emit(events.CaseReleased(case.case_id, agent_id, reason, decision.at, is_joined=is_joined))
    if wants_agent(case):
        _stand_again(decision, case)


def lapse(decision: Decision, case: Case) -> None:
    """A lease is over: the case waits again, in its old place."""
    decision.emit(events.ClaimLapsed(case.case_id, holder(case), case.token, decision.at))
    if wants_agent(case):
        _stand_again(decision, case)


def _stand_again(decision: Decision, case: Case) -> None:
    """A case that came back waits again. One that was claimed does so already, unless it had been answered."""
    after = decision.case(case.case_id) or case
    if isinstance(after.stage, Idle):
        queue_up(decision, after)
    wait_on(decision, case.case_id)


def fall_through(decision: Decision, case_id: str) -> bool:
    """Whether a case was there to be claimed for too long; then it goes to those who are offered such cases, in its
    place, or waits for a supervisor where its queue names none by now.
    """
    case, shard = decision.case(case_id), decision.shard
    falls_at = None if case is None or place_in_line(case) is None else falls_through_at(shard, case)
    terms = None if case is None else shard.queue(case.queue).claim_terms
    if case is None or terms is None or falls_at is None or falls_at > decision.at:
        return False
    queue_id = shard.standing_queue(terms.fall_through_queue)
    if shard.queue(queue_id).claim_terms is not None:
        decision.emit(events.CaseSupervised(case_id, case.queue, "waited", case.returns, decision.at))
    else:
        move(decision, case, queue_id, case.urgency, reason=UNCLAIMED)
    return True


def put_back(decision: Decision, case: Case, reason: str) -> None:
    """The agent who has a case leaves: it waits again, in its place, where somebody is owed something or it was to wake
    up to somebody. An interrupted one is what it was before.
    """
    is_asked = isinstance(case.stage, Pending) and not case.stage.interrupted_by
    decision.emit(events.CaseReleased(case.case_id, holder(case), reason, decision.at, is_asked))
    left = decision.case(case.case_id) or case
    if wants_agent(left) or is_asked:
        if isinstance(left.stage, Idle):  # a claimed one stands in its place
            queue_id = decision.shard.standing_queue(case.queue)
            line_up(decision, left, queue_id, case.urgency, waits_since(case, decision.at))
        wait_on(decision, case.case_id)


def take_from(decision: Decision, case: Case, agent_ids: Collection[str]) -> None:
    """A case is not for these agents any more: open offers to them are taken back, and who has it gives it up."""
    for offer in offers_of(case):
        if offer.agent_id in agent_ids:
            rescind_one(decision, case, offer, RescindReason.FORBIDDEN)
    if isinstance(case.stage, Accepted | Pending) and holder(case) in agent_ids:
        put_back(decision, decision.case(case.case_id) or case, FORBIDDEN)


def waits_since(case: Case, at: Instant) -> Instant:
    """Since when somebody has waited for a case that is not settled, by our clock; from now on where nobody has."""
    stage, place = alone(case).stage, place_of(case)
    if isinstance(stage, Queued | Offered | Broadcast) and place is not None:
        return (case.wait or place).waiting_since
    if isinstance(stage, Accepted) and case.wait is not None:  # claimed, it keeps its place
        return case.wait.waiting_since
    if isinstance(stage, Accepted | Pending) and stage.waiting_since is not None:
        return stage.waiting_since
    if case.owed_since is not None:
        return Instant(min(case.owed_since, at))
    if case.origin in BY_HAND and case.answered_until is None:
        return case.opened_at
    return at


def resume(decision: Decision, case: Case, held: Pending, reason: str) -> None:
    """A pending case goes on with its agent; where that has no room for all of it, it waits in line, and first for that
    agent; one that was interrupted in its old place.
    """
    agent = decision.agent(held.agent_id)
    if agent is None or agent.may_resume(case.case_id, decision.shard.policy.resume_percent):
        decision.emit(events.CaseResumed(case.case_id, reason, decision.at, held.agent_id))
        return
    decision.emit(events.CaseReleased(case.case_id, held.agent_id, NO_ROOM, decision.at, is_crowded_out=True))
    left = decision.case(case.case_id) or case
    if not held.interrupted_by:
        queue_up(decision, left)
        return
    line_up(decision, left, decision.shard.standing_queue(case.queue), case.urgency, waits_since(case, decision.at))
    wait_on(decision, case.case_id)


def come_back(decision: Decision) -> None:
    """What was interrupted goes on once the case that interrupted it has left its agent's hands; and once that waits
    itself, where there is room for all.
    """
    interrupted = decision.shard.interrupted
    for event in tuple(decision.events):
        for by in (getattr(event, "case_id", ""), getattr(event, "joined_case_id", "")):
            for case_id in interrupted.get(by, ()):
                case = decision.case(case_id)
                if case is not None and isinstance(case.stage, Pending) and case.stage.interrupted_by == by:
                    _come_back(decision, case, case.stage)


def _come_back(decision: Decision, case: Case, held: Pending) -> None:
    first, agent = decision.case(held.interrupted_by), decision.agent(held.agent_id)
    if first is not None and agent is not None and holder(first) == held.agent_id:
        percent = decision.shard.policy.resume_percent
        if not (isinstance(first.stage, Pending) and agent.may_resume(case.case_id, percent)):
            return
    resume(decision, case, held, INTERRUPTION_OVER)


def take_back(decision: Decision, case: Case, held: Accepted) -> None:
    """An agent has done nothing with a case in time: it waits again, in its old place."""
    decision.emit(events.CaseReleased(case.case_id, held.agent_id, REPLY_TIMEOUT, decision.at))
    if wants_agent(case):
        queue_id = decision.shard.standing_queue(case.queue)
        line_up(decision, case, queue_id, case.urgency, held.waiting_since or decision.at)
        wait_on(decision, case.case_id)


def wait_on(decision: Decision, case_id: str) -> None:
    """What it means for a case that it waits, still or again: it asks for less by now, or it is a supervisor's."""
    relax(decision, case_id)
    supervise(decision, case_id)


def supervise(decision: Decision, case_id: str) -> None:
    """A waiting case that has come back too often, or has waited too long, is a supervisor's."""
    case, shard = decision.case(case_id), decision.shard
    if case is None or place_in_line(case) is None:
        return
    returns_max, until = shard.queue(case.queue).supervise_after_returns, waits_until(shard, case)
    if 0 < returns_max <= case.returns:
        decision.emit(events.CaseSupervised(case_id, case.queue, "returned", case.returns, decision.at))
    elif until is not None and until <= decision.at:
        decision.emit(events.CaseSupervised(case_id, case.queue, "waited", case.returns, decision.at))


def move(decision: Decision, case: Case, queue_id: str, urgency: int, *, reason: str, agent_id: str = "") -> None:
    """Moves an open case; where it waits, it waits in its new queue for what that asks, from when it began to wait."""
    place = place_of(case) if isinstance(alone(case).stage, Queued | Offered | Broadcast) else None
    if queue_id != case.queue:
        rescind(decision, case, RescindReason.TRANSFERRED)
    decision.emit(events.CaseTransferred(case.case_id, agent_id, queue_id, reason, decision.at, urgency))
    if place is not None and queue_id != case.queue:
        line_up(decision, case, queue_id, urgency, (case.wait or place).waiting_since)


def line_up(decision: Decision, case: Case, queue_id: str, urgency: int, waiting_since: Instant) -> None:
    """Lines a case up in a queue since when it waits, at another urgency."""
    shard = decision.shard
    queue, requirements = shard.queue(queue_id), _requirements_in(shard, case, queue_id)
    if _waits_for_joined(case):
        _queue_for_joined(decision, case, queue_id, requirements)
        return
    start = waiting_since if case.owed_since is None else min(case.owed_since, waiting_since)
    decision.emit(
        events.CaseQueued(
            case.case_id,
            queue_id,
            urgency,
            requirements,
            Instant(start + queue.first_response_s * MICROS),
            waiting_since,
            decision.at,
        )
    )


def name(case_id: str) -> str:
    """How a case is called in a sentence."""
    return f"case {case_id}"


def standing(case: Case) -> str:
    """Where a case stands, as the rest of a sentence that begins with its name."""
    match case.stage:
        case Idle():
            return "waits for nobody"
        case Queued(supervised="returned"):
            times = "once" if case.returns == 1 else f"{case.returns} times"
            return f"waits for a supervisor in queue {case.queue}, because it came back {times}"
        case Queued(supervised=reason) if reason:
            return f"waits for a supervisor in queue {case.queue}, because nobody has taken it for too long"
        case Queued():
            return f"waits in queue {case.queue}"
        case Offered(agent_id=agent_id):
            return f"is offered to {agent_id}"
        case Broadcast(offers=offers):
            *others, last = sorted(offer.agent_id for offer in offers)
            return f"is offered to {', '.join(others)} and {last}" if others else f"is offered to {last}"
        case Accepted(agent_id=agent_id, lease=lease) if lease is not None:
            return f"is claimed by {agent_id} until {to_datetime(lease.expires_at):%Y-%m-%d %H:%M:%S} UTC"
        case Pending(agent_id=agent_id, interrupted_by=by, until=until) if by:
            latest = f"{to_datetime(until):%Y-%m-%d %H:%M:%S} UTC"
            return f"is with {agent_id} and waits for {name(by)}, until {latest} at most"
        case Accepted(agent_id=agent_id) | Pending(agent_id=agent_id):
            return f"is with {agent_id}"
        case Resolved() | Confirmed():
            return "is resolved"
        case Withdrawn():
            return "was withdrawn by the customer"
        case Joined(into=into):
            return f"went on in {name(into)}"
        case _:
            assert_never(case.stage)


def open_joined(decision: Decision, case: Case) -> list[Case]:
    """What is joined into a case and not settled by itself."""
    found = (decision.case(joined.case_id) for joined in case.joined)
    return [one for one in found if one is not None and not is_closed(alone(one))]


def demand_holder(case: Case, agent_id: str) -> None:
    """Raises Rejected unless this agent has accepted the case."""
    if isinstance(case.stage, Accepted | Pending) and holder(case) == agent_id:
        return
    if is_closed(case):
        reason, fix = Reason.CASE_CLOSED, "go on in that one" if isinstance(case.stage, Joined) else "reopen it first"
    else:
        reason, fix = Reason.NOT_YOURS, "take it when it is offered, or have it given to you (AssignCase)"
    detail = f"{name(case.case_id)} {standing(case)}, not with {agent_id}; {fix}"
    raise Rejected(reason, detail, resource=f"cases/{case.case_id}")


def _demand_permitted(case: Case, agent_id: str) -> None:
    """Raises Rejected when a case is not for this agent, who answers it without having been given it."""
    if agent_id in forbidden_of(case):
        detail = f"{name(case.case_id)} is not for {agent_id}; let somebody else answer it, or change whom it is for"
        raise Rejected(Reason.AGENT_FORBIDDEN, detail, resource=f"agents/{agent_id}")


def demand_lease(case: Case, agent_id: str, token: int) -> Lease:
    """The live lease that a token fences. Raises Rejected when it is over, or another one."""
    lease = lease_of(case)
    if lease is not None and case.agent_id == agent_id and case.token == token:
        return lease
    raise Rejected(
        Reason.CLAIM_GONE,
        f"claim {token} of {name(case.case_id)} by {agent_id} is over or was never made: it {standing(case)};"
        " claim it again once it waits",
        resource=f"cases/{case.case_id}",
    )


def _open_offer(case: Case, command: commands.AcceptOffer | commands.DeclineOffer) -> Offered:
    """The offer a token fences. Raises Rejected when it is gone: expired, rescinded, taken, or another one's."""
    offer = offer_to(case, command.agent_id)
    if offer is not None and command.at < offer.expires_at:
        if offer.token == command.token:
            return offer
        raise Rejected(
            Reason.OFFER_TOKEN_STALE,
            f"{name(case.case_id)} is offered to {command.agent_id} with token {offer.token}, not {command.token}",
            resource=f"cases/{case.case_id}",
        )
    raise Rejected(
        Reason.OFFER_GONE,
        f"offer {command.token} of {name(case.case_id)} to {command.agent_id} is no longer open: it {standing(case)};"
        " wait for the next offer",
        resource=f"cases/{case.case_id}",
    )


def _demand_room(decision: Decision, case: Case, agent_id: str) -> None:
    """Raises Rejected when an agent has no room for all of a case that takes a part of its units while it waits."""
    agent = known_agent(decision, agent_id)
    if not agent.may_resume(case.case_id, decision.shard.policy.resume_percent):
        raise _full(agent, case)


def _full(agent: Agent, case: Case) -> Rejected:
    return Rejected(
        Reason.AGENT_FULL,
        f"agent {agent.agent_id} has {agent.load} of {agent.capacity} units in use and no room for the {case.weight} of"
        f" {name(case.case_id)}; settle, pend or release something first, or release this one",
        resource=f"agents/{agent.agent_id}",
    )


def _pend(decision: Decision, case: Case, command: commands.PendCase) -> None:
    percent = decision.shard.policy.pending_percent if command.waiting_for == WaitingFor.CUSTOMER else 100
    asked = Pending(command.agent_id, command.waiting_for, command.until, percent, accepted_token(case))
    if case.stage == asked:
        return
    if percent == 100:
        _demand_room(decision, case, command.agent_id)
    waits = command.waiting_for, command.until, command.at, percent
    decision.emit(events.CasePended(case.case_id, command.agent_id, *waits))


def _transfer(decision: Decision, case: Case, command: commands.TransferCase) -> None:
    """Moves a case where somebody says; an agent who has it gives it up when it goes to another queue."""
    if command.agent_id:
        known_agent(decision, command.agent_id)
    if is_closed(case):
        what = "move that one" if isinstance(case.stage, Joined) else "reopen it to move it"
        raise Rejected(
            Reason.CASE_CLOSED,
            f"{name(case.case_id)} {standing(case)}; {what}",
            resource=f"cases/{case.case_id}",
        )
    shard = decision.shard
    if command.queue and not shard.has_queue(command.queue):
        detail = f"there is no queue {command.queue}"
        raise Rejected(Reason.QUEUE_UNKNOWN, detail, resource=f"queues/{command.queue}")
    queue_id = command.queue or case.queue or shard.queue_of_source(case.source_id)
    urgency = case.urgency if command.urgency is None else command.urgency
    is_supervised = isinstance(case.stage, Queued) and case.stage.supervised
    if (queue_id, urgency) == (case.queue, case.urgency) and not is_supervised:
        return
    goes = queue_id != case.queue
    held = isinstance(case.stage, Accepted | Pending)
    if goes and held:
        decision.emit(events.CaseReleased(case.case_id, holder(case), command.reason or "transferred", command.at))
        case = decision.case(case.case_id) or case  # a claimed one stands in its place
    move(decision, case, queue_id, urgency, reason=command.reason, agent_id=command.agent_id)
    if goes and isinstance(case.stage, Idle):
        line_up(decision, case, queue_id, urgency, command.at)


def reply_due(decision: Decision, case: Case) -> Instant | None:
    """Until when whoever has a case from now on is to act, None without limit."""
    limit_s = decision.shard.queue(case.queue).reply_timeout_s
    return Instant(decision.at + limit_s * MICROS) if limit_s > 0 else None


def _accept(decision: Decision, case: Case, command: commands.AcceptOffer) -> None:
    if holder(case) == command.agent_id and 0 < command.token == accepted_token(case):
        return
    offer = _open_offer(case, command)
    for other in offers_of(case):
        if other is not offer:
            rescind_one(decision, case, other, RescindReason.TAKEN)
    also = tuple(joined.case_id for joined in case.joined if joined.wait is not None)
    aside = _to_put_aside(decision, case, offer) if offer.interrupts else ()
    policy, at, interrupted = decision.shard.policy, command.at, WaitingFor.INTERRUPTED
    until = Instant(at + policy.interrupted_s * MICROS)
    for one in aside:
        waits = interrupted, until, at, policy.pending_percent, case.case_id
        decision.emit(events.CasePended(one, offer.agent_id, *waits))
    told = offer.agent_id, offer.offer_id, command.token, at, also, reply_due(decision, case), aside
    decision.emit(events.OfferAccepted(case.case_id, *told))


def _to_put_aside(decision: Decision, case: Case, offer: Offered) -> tuple[str, ...]:
    """The agent's cases, of those its offer names, that have to wait for the one it accepts: none where it has room by
    now. Raises Rejected when there is no room even so.
    """
    agent, policy = known_agent(decision, offer.agent_id), decision.shard.policy
    new = Held(case.case_id, case.weight, case.channel)
    if agent.fits(new, 100):
        return ()
    named = (decision.case(case_id) for case_id in offer.interrupts)
    theirs = [
        one
        for one in named
        if one is not None and isinstance(one.stage, Accepted) and holder(one) == offer.agent_id and not lease_of(one)
    ]
    aside = fewest(policy, agent, new, theirs)
    if not aside and not agent.fits(new, policy.resume_percent):
        raise _full(agent, case)
    return aside


def _reply(decision: Decision, case: Case, command: commands.ReplyToCase) -> None:
    """Whoever has a case replies in those joined into it as well: to their customer, not to its own."""
    into = find(decision, case.stage.into) if isinstance(case.stage, Joined) and is_apart(case) else None
    barges = bool(command.barge_reason) and holder(into or case) not in ("", command.agent_id)
    if barges and isinstance((into or case).stage, Accepted | Pending):
        known_agent(decision, command.agent_id)
    else:
        demand_holder(into or case, command.agent_id)
        barges = False
    if barges or into is not None:
        _demand_permitted(case, command.agent_id)
    if any(unsent.reply_id == command.reply_id for unsent in case.unsent):
        return
    _demand_unchanged(case, command)
    refuse_task(case, "reply to the customer from that one")
    if not case.identity_id:
        raise Rejected(Reason.NO_CUSTOMER, f"{name(case.case_id)} has no customer to reply to; note it (NoteCase)")
    if not case.source_id:
        detail = f"{name(case.case_id)} has no source a reply could go out through; note it (NoteCase)"
        raise Rejected(Reason.NO_SOURCE, detail)
    if not command.source_is_connected:
        lost = f"source {case.source_id} of {name(case.case_id)} is not connected"
        detail = f"{lost}, and replies go out through it; connect it again"
        raise Rejected(Reason.SOURCE_UNKNOWN, detail, resource=f"sources/{case.source_id}")
    if command.text is None:
        raise _erased(case)
    if len(case.unsent) >= UNSENT_MAX:
        detail = f"{name(case.case_id)} has {UNSENT_MAX} replies on their way; wait until the channel takes them"
        raise Rejected(Reason.REPLIES_UNSENT, detail)
    if command.at >= (until := window_of(case)):
        raise Rejected(
            Reason.WINDOW_CLOSED,
            f"the platform has taken no replies to {name(case.case_id)} since"
            f" {to_datetime(until):%Y-%m-%d %H:%M:%S} UTC; wait until its customer writes again, or resolve it",
        )
    _demand_leave(decision, into or case, case, command)
    question, published_at = _question(decision, case, command.in_reply_to)
    _demand_length(decision, case, question, command)
    decision.emit(
        events.ReplyRequested(
            case.case_id,
            command.reply_id,
            command.agent_id,
            question,
            AuthorKind.BRAND_HUMAN,
            command.text_length,
            command.text,
            case.source_id,
            command.at,
            published_at,
            command.barge_reason if barges else "",
            command.sketch,
            topics_of(case),
        )
    )


def topics_of(case: Case) -> tuple[str, ...]:
    """What a vote on an answer to a case is about: no language is a topic, and without one its queue is."""
    skills = tuple(one.skill for one in asked_of(case) if not one.skill.startswith("lang:"))
    return skills or (f"queue:{case.queue or DEFAULT_QUEUE}",)


def _demand_unchanged(case: Case, command: commands.ReplyToCase) -> None:
    """Raises Rejected when something was said in the case that whoever replies has not seen."""
    if not command.etag or command.etag == etag(case):
        return
    others = sorted({unsent.agent_id for unsent in case.unsent} - {command.agent_id})
    on_their_way = f"; {' and '.join(others)} has a reply on its way" if others else ""
    raise Rejected(
        Reason.CASE_CHANGED,
        f"something was said in {name(case.case_id)} since etag {command.etag}{on_their_way}; read it, then reply with"
        f" etag {etag(case)}, or with none",
        resource=f"cases/{case.case_id}",
    )


def _demand_leave(decision: Decision, held: Case, case: Case, command: commands.ReplyToCase) -> None:
    """Raises Rejected where a reply to a case may not leave under the lease that the case, or that it was joined into,
    is held by.
    """
    if command.claim_token:
        demand_lease(held, command.agent_id, command.claim_token)
    lease, terms = lease_of(held), decision.shard.queue(held.queue).claim_terms
    if lease is None:
        return
    is_alone = command.agent_id == held.agent_id and not lease.seconded_by  # who barges in is a second one
    if lease.opinion_due_at is not None and is_alone and command.at < lease.opinion_due_at:
        raise Rejected(
            Reason.OPINION_MISSING,
            f"a reply to {name(case.case_id)} needs a second employee's opinion (SecondClaim) until"
            f" {to_datetime(lease.opinion_due_at):%Y-%m-%d %H:%M:%S} UTC",
        )
    length_max = 0 if terms is None else terms.reply_length_max
    if 0 < length_max < command.text_length:
        detail = f"the reply has {command.text_length} code points with its tag; queue {held.queue} takes {length_max}"
        raise Rejected(Reason.TEXT_TOO_LONG, detail, resource=f"queues/{held.queue}")
    if command.force or not command.sketch:
        return
    for answer in case.answers:
        if resemblance(answer.sketch, command.sketch) >= SIMILAR_FROM:
            raise Rejected(
                Reason.SIMILAR_ANSWER,
                f"reply {answer.reply_id} of {name(case.case_id)} said nearly the same; change the text, or set force",
            )


def _demand_length(decision: Decision, case: Case, question: str, command: commands.ReplyToCase) -> None:
    """Raises Rejected for a reply that is longer than its platform takes, as that counts: it would only fail later."""
    post = find_post(decision, question) if question else None
    is_private = post is not None and any(sight.kind == PostKind.DIRECT_MESSAGE for sight in post.sights)
    most = length_max(case.channel, decision.shard.labels_of(case.source_id), is_private=is_private)
    length = command.text_length if is_private else command.platform_length or command.text_length
    if 0 < most < length:
        what = "a direct message" if is_private else "a public reply"
        raise Rejected(
            Reason.TEXT_TOO_LONG,
            f"the reply to {name(case.case_id)} counts {length} on {case.channel or 'its channel'} with its tag, and"
            f" {what} takes {most} there; shorten it by {length - most}",
            resource=f"sources/{case.source_id}",
        )


def _question(decision: Decision, case: Case, in_reply_to: str) -> tuple[str, Instant | None]:
    """(the customer's post that a reply answers, when it was published). Raises Rejected for another's post."""
    if not in_reply_to:
        return case.latest_post_id, case.latest_published_at
    threads = threads_of(decision, (in_reply_to,))
    hung = decision.shard.threads.of_case.get(case.case_id) or decision.shard.fetched.threads.of_case.get(case.case_id)
    theirs = {customer.identity_id for customer in customers_of(decision, [case.case_id])}
    post = find_post(decision, in_reply_to)
    its_own = hung is not None and any(thread.thread_id == hung.thread_id for thread in threads)
    if post is None or not its_own or not post.by_customer or post.identity_id not in theirs:
        raise Rejected(
            Reason.NOT_THE_CUSTOMERS,
            f"post {in_reply_to} is not one that the customer of {name(case.case_id)} wrote in its thread;"
            " leave in_reply_to empty to answer their latest one"
            + ("; a case that was joined into it is answered by a reply of its own" if case.joined else ""),
            resource=f"posts/{in_reply_to}",
        )
    return post.post_id, post.published_at


def _settle(decision: Decision, command: commands.RecordSent | commands.RecordFailed) -> None:
    """Says of a reply that waits how it ended, to the case it is with by now. One that does not wait is settled."""
    case_id = decision.shard.unsent.get(command.reply_id)
    if case_id is None:
        return
    case = find(decision, case_id)
    if isinstance(command, commands.RecordSent):
        _sent(decision, case, command)
    else:
        _failed(decision, case, command)


def _sent(decision: Decision, case: Case, command: commands.RecordSent) -> None:
    """A reply was taken; an open offer of a case it answers is taken back."""
    for reply in case.unsent:
        if reply.reply_id == command.reply_id:
            owed = case.owed_since
            if owed is not None and reply.author_kind == AuthorKind.BRAND_HUMAN:
                said_at = command.at if command.asked_at is None else command.asked_at
                until = max(said_at, case.answered_until or said_at, reply.answers_published_at or said_at)
                owed = contact_after(customers_of(decision, [case.case_id]), until)
            sent = events.ReplySent(
                case.case_id,
                reply.reply_id,
                reply.agent_id,
                reply.author_kind,
                command.post_id,
                command.at,
                owed,
                reply.answers_published_at,
                command.asked_at,
            )
            after = evolve_case(case, sent)
            if not needs_agent(after):
                rescind(decision, case)
            decision.emit(sent)
            if isinstance(alone(after).stage, Idle) and wants_agent(after):
                queue_up(decision, after)


def _failed(decision: Decision, case: Case, command: commands.RecordFailed) -> None:
    """A reply was refused; a case that was given back because of it waits again."""
    for reply in case.unsent:
        if reply.reply_id == command.reply_id:
            decision.emit(events.ReplyFailed(case.case_id, reply.reply_id, reply.agent_id, command.reason, command.at))
            if isinstance(alone(case).stage, Idle) and needs_agent(case):
                queue_up(decision, case)


def rescind(decision: Decision, case: Case, reason: RescindReason = RescindReason.CASE_SETTLED) -> None:
    """Takes back every open offer of a case, because it needs nobody any more unless another reason is given."""
    for offer in offers_of(case):
        rescind_one(decision, case, offer, reason)


def rescind_one(decision: Decision, case: Case, offer: Offered, reason: RescindReason) -> None:
    """Takes back one open offer of a case."""
    decision.emit(events.OfferRescinded(case.case_id, offer.agent_id, offer.offer_id, reason, decision.at))
