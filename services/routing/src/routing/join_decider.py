"""Joining cases as somebody's act, and taking it back; and what joined cases are to each other in between. Pure.

Everything that is decided about a joined case is decided as if it stood alone; only offers are not made of it. Where it
waits is told to the case it was joined into (`carry`), which waits, and is offered, for both.
"""

from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from chassis.errors import Rejected

from routing import commands, events
from routing.case_decider import find, give_back, known_agent, line_up, name, queue_up, rescind, resume, standing
from routing.cases import (
    JOINED_MAX,
    Accepted,
    Case,
    Confirmed,
    Idle,
    Joined,
    JoinedCase,
    Pending,
    Queued,
    Withdrawn,
    alone,
    holder,
    is_apart,
    is_closed,
    offers_of,
    place_of,
    wants_agent,
)
from routing.commands import Reason
from routing.joins import as_joined, with_joined
from routing.matching import Decision

JOINED = "joined"
"""The reason of what an agent gives up, and of a case that is taken up again, because cases were joined."""


def join_cases(decision: Decision, c: commands.JoinCases) -> None:
    """Joins a case into another. Raises Rejected."""
    if c.agent_id:
        known_agent(decision, c.agent_id)
    joined, survivor = find(decision, c.joined_case_id), find(decision, c.case_id)
    if is_apart(joined) and isinstance(joined.stage, Joined) and joined.stage.into == survivor.case_id:
        return
    obstacle = _obstacle(joined, survivor)
    if obstacle is not None:
        _refuse(*obstacle)
    _join(decision, joined, survivor, _actor(c.agent_id))


def _join(decision: Decision, joined: Case, survivor: Case, actor: str) -> None:
    rescind(decision, joined)
    if isinstance(joined.stage, Accepted | Pending):
        give_back(decision, joined, holder(joined), JOINED, is_joined=True)
    gone = decision.case(joined.case_id) or joined
    waits = isinstance(gone.stage, Queued)
    decision.emit(
        events.CasesJoined(
            survivor.case_id,
            gone.case_id,
            "",
            decision.at,
            actor=actor,
            agent_id=_also(survivor) if waits else "",
        )
    )
    if waits:
        _wake(decision, survivor)


def _obstacle(joined: Case, survivor: Case) -> tuple[Case, Reason, str] | None:
    """(case, reason, sentence) why cases cannot be joined: one is not open, or another join stands in the way."""
    if joined.case_id == survivor.case_id:
        return joined, Reason.CASE_JOINED, "is not joined into itself; name the case it is to go on in"
    for case in (joined, survivor):
        if case.parent_id:
            return case, Reason.IS_TASK, f"is a task of {name(case.parent_id)}; join that one"
        if isinstance(case.stage, Joined):
            what = "split it first" if case is joined else f"join into {name(case.stage.into)}, or split it first"
            return case, Reason.CASE_JOINED, f"{standing(case)} already; {what}"
        if is_closed(case):
            return case, Reason.CASE_CLOSED, f"{standing(case)}; only open cases are joined, so reopen it first"
    if joined.joined:
        others = ", ".join(one.case_id for one in joined.joined)
        what = f"join {name(survivor.case_id)} into it, or split those first"
        return joined, Reason.CASE_HAS_JOINED, f"has cases joined into it itself ({others}); {what}"
    if len(survivor.joined) >= JOINED_MAX:
        full = f"has {JOINED_MAX} cases joined into it, which is as many as there may be; split one first"
        return survivor, Reason.TOO_MANY_JOINED, full
    return None


def split_case(decision: Decision, c: commands.SplitCase) -> None:
    """Takes a join back. Raises Rejected when there is none that somebody made."""
    if c.agent_id:
        known_agent(decision, c.agent_id)
    case = find(decision, c.case_id)
    if not is_apart(case) or not isinstance(case.stage, Joined):
        why = "was not joined into another case by anybody; there is nothing to split"
        if isinstance(case.stage, Joined):
            why = f"is one with {name(case.stage.into)}, as a link showed; which nobody can take back"
        elif case.joined:
            others = ", ".join(one.case_id for one in case.joined)
            why = f"was not joined itself; split what was joined into it ({others})"
        _refuse(case, Reason.NOT_JOINED, why)
    part(decision, case, _actor(c.agent_id))


def part(decision: Decision, case: Case, actor: str = "") -> None:
    """A joined case goes its own way again, in its own place."""
    stage = case.stage
    survivor = decision.case(stage.into) if isinstance(stage, Joined) else None
    if survivor is None:
        return
    left = with_joined(survivor, case.case_id, None)
    if offers_of(survivor) and place_of(left) is None:
        rescind(decision, survivor)
    decision.emit(events.CaseSplit(survivor.case_id, case.case_id, (), actor, decision.at))
    own = alone(case)
    standing_queue = decision.shard.standing_queue(own.queue)
    if isinstance(own.stage, Queued) and own.wait is not None and standing_queue != own.queue:
        line_up(decision, own, standing_queue, own.urgency, own.wait.waiting_since)


class Act(NamedTuple):
    """What somebody had joined of a case that ends: it into another, or another, "" for itself, into it."""

    into: str
    joined: str
    actor: str


def part_from_all(decision: Decision, case: Case) -> list[Act]:
    """A case that comes to its end is joined into none, and none into it; what somebody had joined."""
    acts = []
    if isinstance(case.stage, Joined) and is_apart(case):
        acts.append(Act(case.stage.into, "", case.stage.actor))
        part(decision, case)
    for one in case.joined:
        other = decision.case(one.case_id)
        if other is not None and isinstance(other.stage, Joined):
            acts.append(Act("", one.case_id, other.stage.actor))
            part(decision, other)
    return acts


def renew(decision: Decision, case_id: str, acts: Sequence[Act]) -> None:
    """What somebody had joined of a case that a link shows to be this one is joined with this one, unless something
    stands in the way; who has a case keeps it.
    """
    for act in acts:
        case = decision.case(case_id)
        root = case.stage.into if case is not None and isinstance(case.stage, Joined) else case_id
        survivor = decision.case(root if act.joined else act.into)
        joined = decision.case(act.joined or case_id)
        if survivor is None or joined is None or isinstance(joined.stage, Accepted | Pending):
            continue
        if _obstacle(joined, survivor) is None:
            _join(decision, joined, survivor, act.actor)


def carry(decision: Decision) -> None:
    """What has been decided about joined cases, told to those they were joined into; and what that means for them."""
    for event in tuple(decision.events):
        if isinstance(event, events.ReplyRequested | events.CaseNoted):
            _acted(decision, event)
    ids = dict.fromkeys(getattr(event, "case_id", "") for event in decision.events)
    for case_id in ids:
        case = decision.case(case_id)
        if case is not None and is_apart(case):
            _tell(decision, case)
        elif case is not None and case.joined:
            _go_on(decision, case)


def _acted(decision: Decision, act: events.ReplyRequested | events.CaseNoted) -> None:
    """Whoever has a case and does something with one that is joined into it has done something with what it has."""
    joined = decision.case(act.case_id)
    stage = None if joined is None else joined.stage
    survivor = decision.case(stage.into) if isinstance(stage, Joined) else None
    if joined is None or survivor is None or not isinstance(survivor.stage, Accepted):
        return
    if survivor.stage.reply_due_at is not None and survivor.stage.agent_id == act.agent_id:
        decision.emit(_placed(decision, survivor, as_joined(joined), keeps_limit=False))


def _tell(decision: Decision, case: Case) -> None:
    survivor = decision.case(case.stage.into) if isinstance(case.stage, Joined) else None
    if survivor is None:
        return
    now = as_joined(case)
    if now.wait is not None and is_closed(survivor):
        part(decision, case)  # what is settled takes nobody in
        return
    if now in survivor.joined:
        _go_on(decision, survivor)
        return
    if offers_of(survivor) and place_of(with_joined(survivor, case.case_id, now)) is None:
        rescind(decision, survivor)
    decision.emit(_placed(decision, survivor, now))
    if now.wait is not None:
        _wake(decision, survivor)
    _go_on(decision, decision.case(survivor.case_id) or survivor)


def _placed(
    decision: Decision, survivor: Case, joined: JoinedCase, *, keeps_limit: bool = True
) -> events.JoinedCasePlaced:
    wait = joined.wait
    return events.JoinedCasePlaced(
        survivor.case_id,
        joined.case_id,
        None if wait is None else wait.waiting_since,
        None if wait is None else wait.due_at,
        None if wait is None else wait.deadline,
        joined.urgency,
        "" if wait is None else _also(survivor),
        decision.at,
        keeps_limit,
    )


def _go_on(decision: Decision, survivor: Case) -> None:
    """What it means for a case how those stand that are joined into it."""
    if isinstance(survivor.stage, Confirmed | Withdrawn):
        part_from_all(decision, survivor)
    elif isinstance(survivor.stage, Idle) and wants_agent(survivor):
        queue_up(decision, survivor)


def _wake(decision: Decision, survivor: Case) -> None:
    """Something joined into a case waits that did not, or not there: whoever has it is to see that."""
    if isinstance(survivor.stage, Pending) and not survivor.stage.interrupted_by:
        resume(decision, survivor, survivor.stage, JOINED)


def _also(survivor: Case) -> str:
    """Who has the case that goes on, and so has what is joined into it."""
    return holder(survivor) if isinstance(survivor.stage, Accepted | Pending) else ""


def _actor(agent_id: str) -> str:
    return f"agent/{agent_id}" if agent_id else "client"


def _refuse(case: Case, reason: Reason, detail: str) -> NoReturn:
    raise Rejected(reason, f"{name(case.case_id)} {detail}", resource=f"cases/{case.case_id}")
