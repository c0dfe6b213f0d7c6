"""`switchboard goodwill`: what agents may grant by themselves, what they granted, what waits. It decides nothing.

Amounts are whole numbers of minor units, cents of EUR, or of points: what is typed is what is kept.
"""

from typing import Any

import click

from switchboard_cli.connection import (
    Targets,
    asynchronous,
    calling,
    json_option,
    reaches,
    refuse_misplaced,
    tenant_option,
)
from switchboard_cli.output import Group


@click.group(cls=Group, invoke_without_command=True)
@tenant_option
@click.option("--limit", type=click.IntRange(1, 1000), default=200, show_default=True, help="At most so many.")
@json_option
@reaches
@click.pass_context
def goodwill(context: click.Context, *, tenant: str, limit: int, as_json: bool, targets: Targets) -> None:
    """List what waits for somebody's word, or grant, approve, refuse, and set limits."""
    if context.invoked_subcommand is None:
        _list(tenant, limit, as_json, targets)
    else:
        refuse_misplaced(context)


@asynchronous
async def _list(tenant: str, limit: int, as_json: bool, targets: Targets) -> None:
    from switchboard.routing.v1.desk_pb2 import ListWaitingGoodwillRequest
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    from switchboard_cli.names import document, moment, short
    from switchboard_cli.output import console, print_json, say_cut, table
    from switchboard_cli.paging import first

    request = ListWaitingGoodwillRequest(parent=f"tenants/{tenant}")
    async with calling(targets, "routing", act="to list goodwill that waits") as channel:
        page = await first(DeskServiceStub(channel).ListWaitingGoodwill, request, "goodwill", limit, targets.timeout_s)
    say_cut(page, "requests")
    if as_json:
        print_json([document(one) for one in page.items])
        return
    if not page.items:
        console().print(f"no goodwill waits in tenant {tenant}", style="quiet")
        return
    shown = table("case", "goodwill", "agent", "amount", "reason", "asked at")
    for one in page.items:
        case = one.name.split("/")[3]
        shown.add_row(case, short(one.name), short(one.agent), _amount(one), one.reason, moment(one, "asked_at"))
    console().print(shown)


@goodwill.command("grant")
@click.argument("case")
@click.argument("agent")
@click.argument("amount", type=click.IntRange(min=1))
@click.argument("unit")
@tenant_option
@click.option("--reason", required=True, metavar="CODE", help="Why, such as 'late_delivery'.")
@click.option("--ask", is_flag=True, help="Let what is above the agent's limit wait for approval.")
@json_option
@reaches
@asynchronous
async def grant(
    *, case: str, agent: str, amount: int, unit: str, tenant: str, reason: str, ask: bool, as_json: bool,
    targets: Targets,
) -> None:  # fmt: skip
    """Grant the customer of CASE, which AGENT has, so many minor units (cents of EUR) or points.

    UNIT is an ISO 4217 code such as EUR, or points.
    """
    import uuid

    from switchboard.routing.v1.desk_pb2 import GrantGoodwillRequest
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    from switchboard_cli.names import full

    request = GrantGoodwillRequest(
        name=full(tenant, "cases", case),
        agent=full(tenant, "agents", agent),
        unit=unit,
        amount=amount,
        reason=reason,
        ask_approval=ask,
        request_id=str(uuid.uuid4()),
    )
    async with calling(targets, "routing", act=f"to grant {amount} {unit}") as channel:
        done = (await DeskServiceStub(channel).GrantGoodwill(request, timeout=targets.timeout_s)).goodwill
    _say(done, as_json)


@goodwill.command("approve")
@click.argument("case")
@click.argument("goodwill_id", metavar="GOODWILL")
@click.argument("agent")
@tenant_option
@click.option("--reason", required=True, metavar="CODE", help="Why, such as 'long_standing'.")
@json_option
@reaches
@asynchronous
async def approve(
    *, case: str, goodwill_id: str, agent: str, tenant: str, reason: str, as_json: bool, targets: Targets
) -> None:
    """Grant what waits as GOODWILL in CASE, as AGENT: not who asked for it."""
    import uuid

    from switchboard.routing.v1.desk_pb2 import ApproveGoodwillRequest
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    from switchboard_cli.names import full

    request = ApproveGoodwillRequest(
        name=full(tenant, f"cases/{case}/goodwill", goodwill_id),
        agent=full(tenant, "agents", agent),
        reason=reason,
        request_id=str(uuid.uuid4()),
    )
    async with calling(targets, "routing", act="to approve goodwill") as channel:
        done = (await DeskServiceStub(channel).ApproveGoodwill(request, timeout=targets.timeout_s)).goodwill
    _say(done, as_json)


@goodwill.command("refuse")
@click.argument("case")
@click.argument("goodwill_id", metavar="GOODWILL")
@click.argument("agent")
@tenant_option
@click.option("--reason", required=True, metavar="CODE", help="Why, such as 'too_much'.")
@json_option
@reaches
@asynchronous
async def refuse(
    *, case: str, goodwill_id: str, agent: str, tenant: str, reason: str, as_json: bool, targets: Targets
) -> None:
    """Say no to what waits as GOODWILL in CASE, as AGENT: not who asked for it."""
    import uuid

    from switchboard.routing.v1.desk_pb2 import RefuseGoodwillRequest
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    from switchboard_cli.names import full

    request = RefuseGoodwillRequest(
        name=full(tenant, f"cases/{case}/goodwill", goodwill_id),
        agent=full(tenant, "agents", agent),
        reason=reason,
        request_id=str(uuid.uuid4()),
    )
    async with calling(targets, "routing", act="to refuse goodwill") as channel:
        done = (await DeskServiceStub(channel).RefuseGoodwill(request, timeout=targets.timeout_s)).goodwill
    _say(done, as_json)


@goodwill.command("limits")
@tenant_option
@json_option
@reaches
@asynchronous
async def limits(*, tenant: str, as_json: bool, targets: Targets) -> None:
    """List what agents may grant by themselves."""
    from switchboard.routing.v1.desk_pb2 import GetDeskPolicyRequest
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    async with calling(targets, "routing", act="to list limits of goodwill") as channel:
        request = GetDeskPolicyRequest(name=f"tenants/{tenant}/deskPolicy")
        policy = (await DeskServiceStub(channel).GetDeskPolicy(request, timeout=targets.timeout_s)).desk_policy
    _show(policy, tenant, as_json)


@goodwill.command("limit")
@click.argument("unit")
@tenant_option
@click.option("--case", "per_case", type=click.IntRange(min=0), required=True, help="In one case, by whomever.")
@click.option("--day", "per_day", type=click.IntRange(min=0), required=True, help="By one agent within 24 hours.")
@click.option("--agent", default="", metavar="ID", help="For this agent; without it, for all.")
@click.option("--queue", default="", metavar="ID", help="In this queue; without it, in all.")
@json_option
@reaches
@asynchronous
async def limit_(
    *, unit: str, tenant: str, per_case: int, per_day: int, agent: str, queue: str, as_json: bool, targets: Targets
) -> None:
    """Set how many minor units (cents of EUR) or points of UNIT may be granted without approval.

    The nearest limit counts: of the agent in the queue, of the agent, of the queue, of all. 0 for both takes it away.
    """
    import uuid

    from google.protobuf.field_mask_pb2 import FieldMask
    from switchboard.routing.v1 import desk_pb2 as api
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    from switchboard_cli.names import full

    wanted = api.GoodwillLimit(
        agent=full(tenant, "agents", agent) if agent else "",
        queue=full(tenant, "queues", queue) if queue else "",
        unit=unit,
        per_case=per_case,
        per_day=per_day,
    )
    async with calling(targets, "routing", act=f"to set the limit of {unit}") as channel:
        stub, name = DeskServiceStub(channel), f"tenants/{tenant}/deskPolicy"
        request = api.GetDeskPolicyRequest(name=name)
        known = (await stub.GetDeskPolicy(request, timeout=targets.timeout_s)).desk_policy.goodwill_limits
        place = wanted.agent, wanted.queue, wanted.unit
        others = [one for one in known if (one.agent, one.queue, one.unit) != place]
        changed = others if per_case == per_day == 0 else [*others, wanted]
        update = api.UpdateDeskPolicyRequest(
            desk_policy=api.DeskPolicy(name=name, goodwill_limits=changed),
            update_mask=FieldMask(paths=["goodwill_limits"]),
            request_id=str(uuid.uuid4()),
        )
        policy = (await stub.UpdateDeskPolicy(update, timeout=targets.timeout_s)).desk_policy
    _show(policy, tenant, as_json)


def _show(policy: Any, tenant: str, as_json: bool) -> None:
    from switchboard_cli.names import document, short
    from switchboard_cli.output import console, print_json, table

    if as_json:
        print_json(document(policy))
        return
    if not policy.goodwill_limits:
        console().print(f"no agent of tenant {tenant} grants anything by itself", style="quiet")
        return
    shown = table("agent", "queue", "unit", "in a case", "in a day")
    for one in policy.goodwill_limits:
        whose = short(one.agent) or "all", short(one.queue) or "all"
        shown.add_row(*whose, one.unit, str(one.per_case), str(one.per_day))
    console().print(shown)


def _say(done: Any, as_json: bool) -> None:
    from switchboard.routing.v1.events_pb2 import GoodwillState

    from switchboard_cli.names import document, short, word
    from switchboard_cli.output import console, print_json

    if as_json:
        print_json(document(done))
        return
    state = word(GoodwillState, done.state, "GOODWILL_STATE_")
    console().print(f"{_amount(done)} are {state} in case {done.name.split('/')[3]}, as goodwill {short(done.name)}")


def _amount(one: Any) -> str:
    """An amount as it is counted."""
    return f"{one.amount} {one.unit}"
