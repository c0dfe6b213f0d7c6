"""`switchboard jargon`: words of the house that customers do not understand, listed, set and deleted."""

from collections.abc import Callable
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
@json_option
@reaches
@click.pass_context
def jargon(context: click.Context, *, tenant: str, as_json: bool, targets: Targets) -> None:
    """List words that replies are better without, or set and delete one."""
    if context.invoked_subcommand is None:
        _list(tenant, as_json, targets)
    else:
        refuse_misplaced(context)


@asynchronous
async def _list(tenant: str, as_json: bool, targets: Targets) -> None:
    from switchboard.routing.v1.desk_pb2 import GetDeskPolicyRequest
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    from switchboard_cli.names import document
    from switchboard_cli.output import console, print_json, table

    async with calling(targets, "routing", act="to list jargon") as channel:
        request = GetDeskPolicyRequest(name=f"tenants/{tenant}/deskPolicy")
        terms = (await DeskServiceStub(channel).GetDeskPolicy(request, timeout=targets.timeout_s)).desk_policy.jargon
    if as_json:
        print_json([document(one) for one in terms])
        return
    if not terms:
        console().print(f"no jargon is known of tenant {tenant}", style="quiet")
        return
    shown = table("term", "instead")
    for one in terms:
        shown.add_row(one.term, one.instead)
    console().print(shown)


@jargon.command("set")
@click.argument("term")
@tenant_option
@click.option("--instead", default="", metavar="WORDS", help="What to say instead.")
@reaches
@asynchronous
async def set_term(*, term: str, tenant: str, instead: str, targets: Targets) -> None:
    """Say that TERM is a word of the house."""
    from switchboard.routing.v1.events_pb2 import JargonTerm

    from switchboard_cli.output import console

    def changed(known: list[Any]) -> list[Any]:
        others = [one for one in known if one.term.casefold() != term.casefold()]
        return [*others, JargonTerm(term=term, instead=instead)]

    await _change(tenant, targets, changed)
    console().print(f"'{term}' is jargon" + (f"; say '{instead}'" if instead else ""))


@jargon.command("delete")
@click.argument("term")
@tenant_option
@reaches
@asynchronous
async def delete_term(*, term: str, tenant: str, targets: Targets) -> None:
    """Say that TERM is a word like others."""
    from switchboard_cli.output import console

    await _change(tenant, targets, lambda known: [one for one in known if one.term.casefold() != term.casefold()])
    console().print(f"'{term}' is a word like others")


async def _change(tenant: str, targets: Targets, change: Callable[[list[Any]], list[Any]]) -> None:
    import uuid

    from google.protobuf.field_mask_pb2 import FieldMask
    from switchboard.routing.v1 import desk_pb2 as api
    from switchboard.routing.v1.desk_pb2_grpc import DeskServiceStub

    async with calling(targets, "routing", act="to change jargon") as channel:
        stub, name = DeskServiceStub(channel), f"tenants/{tenant}/deskPolicy"
        request = api.GetDeskPolicyRequest(name=name)
        known = (await stub.GetDeskPolicy(request, timeout=targets.timeout_s)).desk_policy.jargon
        update = api.UpdateDeskPolicyRequest(
            desk_policy=api.DeskPolicy(name=name, jargon=change(list(known))),
            update_mask=FieldMask(paths=["jargon"]),
            request_id=str(uuid.uuid4()),
        )
        await stub.UpdateDeskPolicy(update, timeout=targets.timeout_s)
