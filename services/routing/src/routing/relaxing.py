"""What is decided when a waiting case is to ask for less: by its own time, or once a queue has room to lend. Pure."""

from collections.abc import Sequence

from routing import events
from routing.cases import Case, lenders_of, place_in_line
from routing.matching import Decision
from routing.relaxation import LendKey, Step, due_at, eased, farther, lends, next_step, relaxed


def relax(decision: Decision, case_id: str) -> None:
    """Takes every step that a case in line has waited long enough for, each a fact of its own."""
    shard = decision.shard
    if not shard.policy.relaxations:
        return
    while (case := decision.case(case_id)) is not None and (wait := place_in_line(case)) is not None:
        found = next_step(case, shard.steps_of(case.queue))
        if found is None or due_at(wait.waiting_since, found[1]) > decision.at:
            return
        _take(decision, case, found, lends(case, found[1]))


def lend(decision: Decision, key: LendKey) -> int:
    """Lets agents of a queue take cases of others that have waited long enough, the longest first, until so many wait
    for them as the step allows; returns how many facts and offers that can lead to.
    """
    shard, (number, queue) = decision.shard, key
    step = shard.policy.relaxations[number - 1]
    room = 1 + (step.lend_waiting_max or 0) - shard.segments.waiting_for(queue) - _lent(decision, queue)
    cost = 0
    for due, case_id in shard.lending.get(key, ())[: max(0, room)]:
        case = decision.case(case_id)
        if due > decision.at:
            break
        if case is not None and place_in_line(case) is not None and queue in lends(case, shard.step(number)):
            _take(decision, case, (number, shard.step(number)), (queue,))
            cost += 2
    return cost


def _lent(decision: Decision, queue: str) -> int:
    """How many cases this decision has lent a queue's agents to."""
    found: Sequence[events.RequirementRelaxed] = [
        event for event in decision.events if isinstance(event, events.RequirementRelaxed) and queue in event.queues
    ]
    known = (decision.shard.cases.get(event.case_id) for event in found)
    return sum(1 for case in known if case is not None and queue not in lenders_of(case))


def _take(decision: Decision, case: Case, step: Step, lent: tuple[str, ...]) -> None:
    number, what = step
    requirements, found = relaxed(case.requirements, what), eased(case.requirements, what)
    skill, level = what.skill, what.min_level
    if found is not None and not skill:
        asked, less = found
        skill, level = asked.skill, 0 if less is None else less.min_level
    queues = tuple(sorted({*lenders_of(case), *lent}))
    decision.emit(
        events.RequirementRelaxed(
            case.case_id,
            skill,
            level,
            number,
            decision.at,
            requirements,
            queues,
            decision.shard.policy.version,
            farther(case.near, what),
        )
    )
