"""What a fact changes: one case or two, an agent or some. The only fold: shard, decision and read model use it.

Pure. Where cases and agents are kept is the caller's: whoever folds says how one is found, and keeps what comes of it.
"""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from routing import events
from routing.agents import Agent, ask, evolve_agent, release, reserve, reweigh, unreserve
from routing.cases import (
    Accepted,
    Broadcast,
    Case,
    Joined,
    Offered,
    Pending,
    alone,
    begun,
    evolve_case,
    holder,
    holders,
    opened,
)
from routing.joins import absorb, as_joined, gone_into, join_into, placed, with_joined
from routing.recall import recalled

CaseOf = Callable[[str], Case | None]
AgentOf = Callable[[str], Agent | None]

_HELD = frozenset({Offered, Broadcast, Accepted, Pending})
"""Stages in which the case takes an agent's capacity."""


CaseChange = tuple[Case | None, Case]
"""A case before a fact, None when it was not there (in memory), and after it."""


class Changes(Struct, frozen=True, gc=False):
    """Everything that is different after a fact; settings apart, which the fact carries whole."""

    cases: tuple[CaseChange, ...] = ()
    agents: tuple[Agent, ...] = ()


_NOTHING = Changes()


def changes(event: events.Event, case_of: CaseOf, agent_of: AgentOf) -> Changes:
    """What a fact makes of cases and agents. Never raises; a fact about a case nobody opened changes nothing."""
    match event:
        case events.CaseBegun():  # most facts are of these
            return Changes(((None, begun(event)),))
        case events.PostPlaced() | events.PostAttached() | events.CaseQueued() | events.CaseOffered():
            cases = case_changes(event, case_of)
        case (
            events.AgentRegistered()
            | events.AgentChanged()
            | events.SkillEarned()
            | events.PresenceChanged()
            | events.ShiftChanged()
            | events.AgentDeleted()
        ):
            agent = agent_of(event.agent_id) or Agent(event.agent_id)
            return Changes((), (evolve_agent(agent, event),))
        case (
            events.QueueChanged()
            | events.QueueDeleted()
            | events.QueueCleared()
            | events.SourceQueueChanged()
            | events.SourceLabelsChanged()
            | events.PolicyChanged()
            | events.PostThreaded()
            | events.PostAliased()
            | events.PostAddressed()
            | events.PostUnthreaded()
            | events.ThreadReviewed()
            | events.ThreadRecalled()
            | events.DraftSaved()
            | events.DraftDiscarded()
            | events.CannedTextChanged()
            | events.CannedTextDeleted()
            | events.DeskPolicyChanged()
        ):
            return _NOTHING
        case _:
            cases = case_changes(event, case_of)
    if not cases:
        return _NOTHING
    before, after = cases[0]  # of a join it is the case that ends whose agent is free
    if before is None or before.stage is after.stage:
        return Changes(cases)
    return Changes(cases, _agents(event, before, after, agent_of))


def case_changes(event: events.CaseEvent, case_of: CaseOf) -> tuple[CaseChange, ...]:
    """What a fact makes of cases; of a join first the case that ends. Nothing when a case it is about is not there."""
    match event:
        case events.CaseBegun():  # most facts are of these
            return ((None, begun(event)),)
        case events.PostPlaced() | events.PostAttached() | events.CaseQueued():
            before = case_of(event.case_id)
            return () if before is None else ((before, evolve_case(before, event)),)
        case events.CaseOpened():
            return ((None, opened(event)),)
        case events.CaseRecalled():
            return ((None, recalled(event)),)
        case events.CasesJoined():
            survivor, joined = case_of(event.case_id), case_of(event.joined_case_id)
            if survivor is None or joined is None:
                return ()
            if event.actor:
                return _joined_by(event, survivor, joined)
            gone = gone_into(joined, event.case_id, event.at)
            return (joined, gone), (survivor, absorb(survivor, joined, event))
        case events.JoinedCasePlaced():
            survivor = case_of(event.case_id)
            if survivor is None or all(one.case_id != event.joined_case_id for one in survivor.joined):
                return ()
            after = with_joined(survivor, event.joined_case_id, placed(event), keeps_limit=event.keeps_limit)
            return ((survivor, replace(after, updated_at=event.at)),)
        case events.TaskOpened():
            parent, task = case_of(event.case_id), case_of(event.task_id)
            if parent is None or task is None or parent is task:
                return ()
            return (parent, evolve_case(parent, event)), (task, replace(task, parent_id=event.case_id))
        case events.CaseSplit():
            survivor, joined = case_of(event.case_id), case_of(event.new_case_id)
            stage = None if joined is None else joined.stage
            if survivor is None or joined is None or not isinstance(stage, Joined) or stage.apart is None:
                return ()
            if stage.into != survivor.case_id:
                return ()
            own, left = replace(alone(joined), updated_at=event.at), with_joined(survivor, joined.case_id, None)
            return (joined, own), (survivor, replace(left, updated_at=event.at))
        case _:
            before = case_of(event.case_id)
            return () if before is None else ((before, evolve_case(before, event)),)


def is_first_offer(changed: Changes) -> bool:
    """Whether a fact that offers a case is the first of the offers that are open now. It alone counts as an offer made:
    the others take no turn from a case that nobody is offered.
    """
    before = changed.cases[0][0] if changed.cases else None
    return before is None or type(before.stage) is not Broadcast


def with_turn(changed: Changes, agent_id: str, turn: int) -> Changes:
    """The same, and that of the tenant's offers this one was made to the agent last."""
    agents = (replace(agent, turn=turn) if agent.agent_id == agent_id else agent for agent in changed.agents)
    return replace(changed, agents=tuple(agents))


def _joined_by(event: events.CasesJoined, survivor: Case, joined: Case) -> tuple[CaseChange, ...]:
    """Somebody joined two cases; not a case with itself, and none that is another's already."""
    if survivor.case_id == joined.case_id or isinstance(survivor.stage, Joined) or isinstance(joined.stage, Joined):
        return ()
    gone = join_into(joined, event)
    with_it = with_joined(survivor, gone.case_id, as_joined(gone))
    return (joined, gone), (survivor, replace(with_it, updated_at=event.at))


def _agents(event: events.CaseEvent, before: Case, after: Case, agent_of: AgentOf) -> tuple[Agent, ...]:
    """Agents whom it changes that a case goes from one stage to another."""
    if not (type(before.stage) in _HELD or type(after.stage) in _HELD):
        return ()
    if isinstance(before.stage, Broadcast) or isinstance(after.stage, Broadcast):
        return _agents_of_several(event, before, after, agent_of)
    had, has = holder(before), holder(after)
    winner = agent_of(has) if has else None
    if had == has and winner is not None and (type(before.stage) is Pending or type(after.stage) is Pending):
        if isinstance(after.stage, Pending):
            return (reweigh(winner, after.case_id, after.stage.percent, after.stage.interrupted_by),)
        return (reweigh(winner, after.case_id, 100),)
    if had == has:
        if winner is not None and isinstance(before.stage, Offered) and before.stage.interrupts:
            return (replace(reweigh(winner, after.case_id, 100), missed=0),)
        taken = isinstance(event, events.OfferAccepted) and winner is not None and winner.missed
        return (replace(winner, missed=0),) if taken and winner is not None else ()
    changed: tuple[Agent, ...] = ()
    loser = agent_of(had) if had else None
    if loser is not None:
        changed = (_let_go(event, before, loser),)
    if winner is not None:
        is_asked = type(after.stage) is Offered and after.stage.interrupts
        changed = (*changed, (ask if is_asked else reserve)(winner, after.case_id, after.weight, after.channel))
    return changed


def _agents_of_several(event: events.CaseEvent, before: Case, after: Case, agent_of: AgentOf) -> tuple[Agent, ...]:
    """The same of a case that was, or is, offered to several."""
    had, has = holders(before), holders(after)
    changed = []
    for agent_id in had:
        agent = agent_of(agent_id)
        if agent is None:
            continue
        if agent_id not in has:
            changed.append(_let_go(event, before, agent))
        elif isinstance(event, events.OfferAccepted) and agent.missed:
            changed.append(replace(agent, missed=0))
    for agent_id in has:
        agent = None if agent_id in had else agent_of(agent_id)
        if agent is not None:
            changed.append(reserve(agent, after.case_id, after.weight, after.channel))
    return tuple(changed)


def _let_go(event: events.CaseEvent, case: Case, agent: Agent) -> Agent:
    """The agent without the case."""
    if not isinstance(case.stage, Offered | Broadcast):
        return release(agent, case.case_id, event.at)
    match event:
        case events.OfferExpired(missed=missed):
            return replace(unreserve(agent, case.case_id), missed=missed)
        case events.OfferDeclined():
            return replace(unreserve(agent, case.case_id), missed=0)
        case _:
            return unreserve(agent, case.case_id)
