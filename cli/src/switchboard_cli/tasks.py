"""`switchboard task open` and `close`: another department's part of a case. It knows how to ask, no more."""

from typing import TYPE_CHECKING

import click

from switchboard_cli.acts import case_after
from switchboard_cli.connection import Targets, asynchronous, json_option, reaches, tenant_option
from switchboard_cli.joins import agent_option
from switchboard_cli.output import Group

if TYPE_CHECKING:
    from switchboard.routing.v1.service_pb2 import Case


@click.group(cls=Group)
def task() -> None:
    """Give another department its part of a case, or close that."""


@task.command("open")
@click.argument("case")
@click.argument("queue")
@tenant_option
@click.option("--reason", default="task", show_default=True, metavar="CODE", help="What is asked, like check_refund.")
@click.option("--urgency", type=click.IntRange(0, 3), default=0, show_default=True, help="0 can wait, 3 is a crisis.")
@agent_option
@json_option
@reaches
@asynchronous
async def open_(
    *, case: str, queue: str, tenant: str, reason: str, urgency: int, agent: str, as_json: bool, targets: Targets
) -> None:
    """Give the department of QUEUE its part of CASE (their ids), with a clock of its own."""
    from switchboard.routing.v1.service_pb2 import CreateTaskRequest

    from switchboard_cli.names import full

    request = CreateTaskRequest(
        name=full(tenant, "cases", case),
        queue=full(tenant, "queues", queue),
        reason=reason,
        urgency=urgency,
        agent=full(tenant, "agents", agent) if agent else "",
    )
    _say(await case_after(targets, request, "open a task of case"), as_json=as_json)


@task.command("close")
@click.argument("case")
@tenant_option
@click.option("--outcome", default="done", show_default=True, metavar="CODE", help="How it ended, such as cancelled.")
@agent_option
@json_option
@reaches
@asynchronous
async def close(*, case: str, tenant: str, outcome: str, agent: str, as_json: bool, targets: Targets) -> None:
    """Close the task CASE (its id), whoever has it."""
    from switchboard.routing.v1.service_pb2 import CloseTaskRequest

    from switchboard_cli.names import full

    request = CloseTaskRequest(
        name=full(tenant, "cases", case),
        outcome=outcome,
        agent=full(tenant, "agents", agent) if agent else "",
    )
    _say(await case_after(targets, request, "close task"), as_json=as_json)


def _say(found: "Case", *, as_json: bool) -> None:
    from switchboard.routing.v1.service_pb2 import CaseState

    from switchboard_cli.names import document, short, word
    from switchboard_cli.output import console, print_json

    if as_json:
        print_json(document(found))
        return
    state = word(CaseState, found.state, "CASE_STATE_")
    console().print(f"task {short(found.name)} is {state}, in queue {short(found.queue)}{tasks_of(found)}")


def tasks_of(case: "Case") -> str:
    """The rest of a sentence about a case: what it is a task of, or its open tasks; "" for neither."""
    from switchboard_cli.names import short

    if case.task_of:
        return f"; a task of case {short(case.task_of)}"
    if case.open_tasks:
        return f"; open tasks: {', '.join(short(name) for name in case.open_tasks)}"
    return ""
