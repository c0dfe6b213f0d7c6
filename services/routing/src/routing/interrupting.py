"""Which of an agent's cases wait for another one that nobody has room for, by the policy's interrupt matrix. Pure; it
knows one agent and its cases, and not who else there is.

A customer's answer is put off once: who was interrupted is interrupted again, and interrupts others, only after its
customer was answered. An agent has one interruption at a time. So none leads to another, and none goes round.
"""

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from routing.agents import Agent, Held, Policy, Queue
from routing.cases import Accepted, Case, Pending, urgency_of
from routing.terms import Interrupts, PostKind, most_exact

INTERRUPTED_MAX = 10
"""Cases that one interrupts at most. Against: taking them all up again is part of one decision."""
FREES_NOTHING = "frees nobody while a case that waits takes all of its units; set pending_percent below 100"


def makes_no_room(policy: Policy) -> bool:
    """Whether a policy has cases interrupted and nothing gained by it."""
    return bool(policy.interrupts) and policy.pending_percent >= 100


def row_of(rows: Sequence[Interrupts], case: Case) -> Interrupts | None:
    """What a case may interrupt, None for nothing."""
    return None if case.was_interrupted or not rows else most_exact(rows, case.channel, case.kind)


def may_wait(case: Case) -> bool:
    """Whether a case that an agent has may be interrupted by any other, whatever the matrix and its queue say."""
    stage = case.stage
    if not isinstance(stage, Accepted) or stage.lease is not None or stage.interrupts:
        return False
    return not (case.is_uninterruptible or case.was_interrupted)


def why_not(case: Case, row: Interrupts, queue: Queue) -> str:
    """Why a case that an agent has is not interrupted for one of a row, as the rest of a sentence; "" where it is."""
    stage = case.stage
    if isinstance(stage, Pending):
        return "waits already"
    if not isinstance(stage, Accepted):
        return "is not accepted yet"
    if stage.lease is not None:
        return "is claimed"
    if stage.interrupts:
        return "has interrupted others itself"
    if not row.covers(case.channel, case.kind):
        return f"is none that {named(row.channel, row.kind)} interrupts"
    if case.is_uninterruptible or queue.is_uninterruptible:
        return "is not interruptible"
    if case.was_interrupted:
        return "was interrupted before, and its customer is not answered since"
    return ""


def named(channel: str, kind: PostKind) -> str:
    """What cases of a channel and a kind are called."""
    what = kind.name.lower().replace("_", " ") if kind else ""
    return " ".join(one for one in (channel, what) if one) or "work without a channel"


def to_interrupt(
    policy: Policy,
    agent: Agent,
    case: Case,
    case_of: Callable[[str], Case | None],
    queue_of: Callable[[str], Queue],
) -> tuple[str, ...]:
    """The agent's cases that would wait for a case that waits, the least urgent first, of those the one taken last;
    none where that makes no room.
    """
    row = row_of(policy.interrupts, case)
    if row is None or agent.interrupted_for:
        return ()
    new = Held(case.case_id, case.weight, case.channel)
    held = (case_of(one.case_id) for one in agent.work)
    may = [one for one in held if one is not None and not why_not(one, row, queue_of(one.queue))]
    return fewest(policy, agent, new, sorted(may, key=_least_first))


def fewest(policy: Policy, agent: Agent, new: Held, cases: Iterable[Case]) -> tuple[str, ...]:
    """Of these cases of an agent, as few as have to wait for a new one, the first before others; at least one, and none
    where it does not fit even so.
    """
    chosen: list[str] = []
    for case in cases:
        chosen.append(case.case_id)
        if _fits(policy, agent, new, chosen):
            break
        if len(chosen) == INTERRUPTED_MAX:
            return ()
    else:
        return ()
    for case_id in tuple(chosen[:-1]):
        others = [one for one in chosen if one != case_id]
        if _fits(policy, agent, new, others):
            chosen = others
    return tuple(chosen)


def _fits(policy: Policy, agent: Agent, new: Held, aside: Sequence[str]) -> bool:
    """Whether there is room for a case while others wait, up to the limit of what may go on."""
    part = policy.pending_percent
    work = [replace(one, percent=min(one.percent, part)) if one.case_id in aside else one for one in agent.work]
    return replace(agent, work=tuple(work)).fits(new, policy.resume_percent)


def _least_first(case: Case) -> tuple[int, int, str]:
    return urgency_of(case), -(case.accepted_at or 0), case.case_id
