"""Parts of a case that other departments do: cases of their own, tied to it. Pure.

A task is offered, accepted, noted, moved, escalated and explained as a case is, because it is one. Here is only what
ties it to its case: it is closed with it, who has the case hears when it is done, and no task has tasks.
"""

from chassis.clock import MICROS, Instant
from chassis.errors import Rejected

from routing import commands, events
from routing.case_decider import (
    decide_case,
    find,
    known_agent,
    name,
    open_joined,
    refuse_task,
    rescind,
    resume,
    standing,
)
from routing.cases import TASKS_MAX, Accepted, Case, Joined, Pending, holder, is_apart, is_closed
from routing.commands import Reason
from routing.matching import Decision
from routing.terms import CaseOrigin, WaitingFor, together

CANCELLED, WITHDRAWN = "cancelled", "withdrawn"
"""Outcomes of tasks whose case was resolved, or taken back by its customer."""
TASK = "task"
"""The reason for which a case goes on that waited for a third party: its last task was closed."""


def create_task(decision: Decision, c: commands.CreateTask) -> None:
    """Another department gets its part of a case. Raises Rejected."""
    if c.agent_id:
        known_agent(decision, c.agent_id)
    if decision.case(c.task_id) is not None:
        raise Rejected(Reason.CASE_EXISTS, f"{name(c.task_id)} is there already", resource=f"cases/{c.task_id}")
    parent, shard = find(decision, c.case_id), decision.shard
    resource = f"cases/{parent.case_id}"
    refuse_task(parent, "create the task of that one")
    if is_closed(parent):
        what = "create the task of that one" if isinstance(parent.stage, Joined) else "reopen it to have tasks"
        raise Rejected(Reason.CASE_CLOSED, f"{name(parent.case_id)} {standing(parent)}; {what}", resource=resource)
    if not shard.has_queue(c.queue):
        raise Rejected(Reason.QUEUE_UNKNOWN, f"there is no queue {c.queue}", resource=f"queues/{c.queue}")
    if len(parent.tasks) >= TASKS_MAX:
        full = f"{name(parent.case_id)} has {TASKS_MAX} open tasks, which is as many as there may be; close one first"
        raise Rejected(Reason.TOO_MANY_TASKS, full, resource=resource)
    queue, place = (
        shard.queue(c.queue),
        (parent.identity_id, parent.language, c.weight, c.request_id, c.at, parent.desk),
    )
    due_at = Instant(c.at + queue.first_response_s * MICROS)
    asked = together(queue.requirements, c.requirements)
    decision.emit(
        events.CaseOpened(c.task_id, CaseOrigin.TASK, parent.direction, "", "", *place),
        events.TaskOpened(parent.case_id, c.task_id, c.queue, due_at, c.at, c.agent_id, c.reason),
        events.CaseQueued(c.task_id, c.queue, c.urgency, asked, due_at, c.at, c.at),
    )


def close_task(decision: Decision, c: commands.CloseTask) -> None:
    """Closes a task, whoever has it; a closed one is closed. Raises Rejected."""
    if c.agent_id:
        known_agent(decision, c.agent_id)
    task = find(decision, c.case_id)
    if not task.parent_id:
        detail = f"{name(c.case_id)} is no task; resolve it, as who has it"
        raise Rejected(Reason.NOT_TASK, detail, resource=f"cases/{c.case_id}")
    if not is_closed(task):
        _close(decision, task, c.agent_id, c.outcome)


def resolve_case(decision: Decision, c: commands.ResolveCase) -> None:
    """Settles a case with its tasks, or a task. Raises Rejected, naming tasks that are not to be cancelled with it."""
    case, before = find(decision, c.case_id), len(decision.events)
    cases = [case, *open_joined(decision, case)]
    decide_case(decision, c)
    if len(decision.events) == before:
        return
    open_ids = [task_id for one in cases for task_id in one.tasks]
    if open_ids and not c.cancel_tasks:
        raise Rejected(
            Reason.TASKS_OPEN,
            f"{name(c.case_id)} has open tasks ({', '.join(open_ids)}); close them first, or cancel_tasks with it",
            resource=f"cases/{c.case_id}",
            violations=tuple((f"cases/{task_id}", "is an open task") for task_id in open_ids),
        )
    for one in cases:
        close_tasks(decision, one, c.agent_id, CANCELLED)
    if case.parent_id:
        _tell(decision, case, c.agent_id, c.disposition)


def close_tasks(decision: Decision, case: Case, agent_id: str, outcome: str) -> None:
    """All tasks of a case end with it."""
    for task_id in case.tasks:
        task = decision.case(task_id)
        if task is not None and not is_closed(task):
            _close(decision, task, agent_id, outcome)


def _close(decision: Decision, task: Case, agent_id: str, outcome: str) -> None:
    rescind(decision, task)
    decision.emit(events.CaseResolved(task.case_id, agent_id, outcome, (), decision.at))
    _tell(decision, task, agent_id, outcome)


def _tell(decision: Decision, task: Case, agent_id: str, outcome: str) -> None:
    """A task was closed: its case has it no longer, and goes on when it waited for nothing else."""
    parent = decision.case(decision.shard.tasks.get(task.case_id, ""))
    if parent is None:
        return
    has = decision.case(parent.stage.into) if isinstance(parent.stage, Joined) and is_apart(parent) else parent
    told = holder(has) if has is not None and isinstance(has.stage, Accepted | Pending) else ""
    decision.emit(events.TaskClosed(parent.case_id, task.case_id, agent_id, outcome, decision.at, told))
    wait = parent.stage
    if isinstance(wait, Pending) and wait.waiting_for is WaitingFor.THIRD_PARTY and parent.tasks == (task.case_id,):
        resume(decision, parent, wait, TASK)
