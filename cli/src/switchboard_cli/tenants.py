"""`switchboard tenants`: whose data there is, what each says of itself, and its end. It knows no service's data."""

import asyncio
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, refuse_misplaced
from switchboard_cli.failures import Failure
from switchboard_cli.hints import typed
from switchboard_cli.output import Group

if TYPE_CHECKING:
    from switchboard.log.v1.tenants_pb2 import Tenant, TenantDeletion

SERVICE = "ingest"
"""Any service answers for all."""
LOOK_S = 0.25
WAIT_S = 300.0
"""How long a deletion is waited for. Against: a million rows take some seconds."""


def settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds an option per setting; one that is not given is None."""
    for option in reversed(
        (
            click.option("--display-name", metavar="TEXT", help="What people call it."),
            click.option(
                "--region",
                metavar="CODE",
                help="Country of phone numbers that say none, two letters such as DE; '' for none.",
            ),
            click.option("--time-zone", metavar="NAME", help="Its zone by the IANA name, such as Asia/Shanghai."),
        )
    ):
        command = option(command)
    return command


@click.group(cls=Group, invoke_without_command=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many.")
@click.option("--deleted", is_flag=True, help="Those that are deleted as well.")
@json_option
@reaches
@click.pass_context
def tenants(context: click.Context, *, limit: int, deleted: bool, as_json: bool, targets: Targets) -> None:
    """List the tenants, whose posts, cases, customers and numbers are kept apart from each other.

    A tenant comes into being with its first source, agent or queue, or with `switchboard tenants create ID`.
    """
    if context.invoked_subcommand is None:
        _list(limit, deleted, as_json, targets)
    else:
        refuse_misplaced(context)


@asynchronous
async def _list(limit: int, deleted: bool, as_json: bool, targets: Targets) -> None:
    from switchboard.log.v1.tenants_pb2 import ListTenantsRequest
    from switchboard.log.v1.tenants_pb2_grpc import TenantServiceStub

    from switchboard_cli.names import document, moment, short
    from switchboard_cli.output import console, print_json, say_cut, table
    from switchboard_cli.paging import first

    async with calling(targets, SERVICE, act="to list tenants") as channel:
        call = TenantServiceStub(channel).ListTenants
        page = await first(call, ListTenantsRequest(show_deleted=deleted), "tenants", limit, targets.timeout_s)
    if as_json:
        print_json([document(tenant) for tenant in page.items])
    elif not page.items:
        console().print("there is no tenant yet: one begins with its first source", style="quiet")
    else:
        heads = ("tenant", "called", "region", "time zone", *(("deleted (UTC)",) if deleted else ()))
        shown = table(*heads, whole=(0,))
        for tenant in page.items:
            row = [short(tenant.name), tenant.display_name, tenant.default_region or "–", tenant.time_zone or "–"]
            shown.add_row(*row, *((moment(tenant.deletion, "requested_at"),) if deleted else ()))
        console().print(shown)
    say_cut(page, "tenants")


@tenants.command("show")
@click.argument("tenant")
@json_option
@reaches
@asynchronous
async def show(*, tenant: str, as_json: bool, targets: Targets) -> None:
    """Show TENANT (its id) with its settings; of a deleted one the proof of its deletion."""
    from switchboard.log.v1.tenants_pb2 import GetTenantRequest
    from switchboard.log.v1.tenants_pb2_grpc import TenantServiceStub

    async with calling(targets, SERVICE, act=f"to show tenant {tenant}") as channel:
        request = GetTenantRequest(name=name_of(tenant))
        answer = await TenantServiceStub(channel).GetTenant(request, timeout=targets.timeout_s)
    _print(answer.tenant, as_json)


@tenants.command("create")
@click.argument("tenant")
@settings_options
@json_option
@reaches
@asynchronous
async def create(
    *,
    tenant: str,
    display_name: str | None,
    region: str | None,
    time_zone: str | None,
    as_json: bool,
    targets: Targets,
) -> None:
    """Bring TENANT (an id) into being; harmless for one that is there with these settings."""
    from switchboard.log.v1.tenants_pb2 import CreateTenantRequest
    from switchboard.log.v1.tenants_pb2_grpc import TenantServiceStub

    wanted, fields = said(display_name, region, time_zone)
    request = CreateTenantRequest(tenant_id=tenant, tenant=wanted if fields else None)
    async with calling(targets, SERVICE, act=f"to create tenant {tenant}") as channel:
        answer = await TenantServiceStub(channel).CreateTenant(request, timeout=targets.timeout_s)
    _print(answer.tenant, as_json)


@tenants.command("update")
@click.argument("tenant")
@settings_options
@json_option
@reaches
@asynchronous
async def update(
    *,
    tenant: str,
    display_name: str | None,
    region: str | None,
    time_zone: str | None,
    as_json: bool,
    targets: Targets,
) -> None:
    """Change settings of TENANT (its id); those that are not named stay. An empty value takes a setting back."""
    from google.protobuf.field_mask_pb2 import FieldMask
    from switchboard.log.v1.tenants_pb2 import UpdateTenantRequest
    from switchboard.log.v1.tenants_pb2_grpc import TenantServiceStub

    wanted, fields = said(display_name, region, time_zone)
    if not fields:
        raise click.UsageError("say what changes: --display-name, --region, --time-zone")
    wanted.name = name_of(tenant)
    request = UpdateTenantRequest(tenant=wanted, update_mask=FieldMask(paths=fields))
    async with calling(targets, SERVICE, act=f"to update tenant {tenant}") as channel:
        answer = await TenantServiceStub(channel).UpdateTenant(request, timeout=targets.timeout_s)
    _print(answer.tenant, as_json)


@tenants.command("delete")
@click.argument("tenant")
@click.option("--yes", is_flag=True, help="It cannot be taken back.")
@click.option("--by", default="", metavar="WHO", help="Who asks for it, for the record: an id or a ticket, no name.")
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=0),
    default=WAIT_S,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait until all services are through; it goes on without being waited for.",
)
@json_option
@reaches
@asynchronous
async def delete(*, tenant: str, yes: bool, by: str, wait_s: float, as_json: bool, targets: Targets) -> None:
    """Delete TENANT (its id) for ever, wait until it is gone, and show the proof.

    Nothing of it is answered or taken in from the first moment on, and its id is never used again. Every key of the
    people it knows is destroyed, so that what stays in the log cannot be read; every service deletes its rows. Run it
    again to see how far it is.
    """
    from switchboard.log.v1.tenants_pb2 import DeleteTenantRequest, GetTenantRequest
    from switchboard.log.v1.tenants_pb2_grpc import TenantServiceStub

    async with calling(targets, SERVICE, act=f"to delete tenant {tenant}") as channel:
        stub = TenantServiceStub(channel)
        there = (await stub.GetTenant(GetTenantRequest(name=name_of(tenant)), timeout=targets.timeout_s)).tenant
        if not there.HasField("deletion"):
            _confirm(tenant, there.display_name, yes)
        request = DeleteTenantRequest(name=name_of(tenant), requested_by=by)
        there = (await stub.DeleteTenant(request, timeout=targets.timeout_s)).tenant
        there = await _gone(stub, there, wait_s, quiet=as_json, timeout_s=targets.timeout_s)
    _print(there, as_json)
    if wait_s and (missing := _missing(there.deletion)):
        raise Failure(
            f"{', '.join(missing)} did not say within {wait_s:g} s that nothing is left: the deletion goes on when they"
            " are there; run the same again to see how far it is"
        )


def _confirm(tenant: str, display_name: str, yes: bool) -> None:
    """Raises UsageError unless somebody says that it is meant."""
    if yes:
        return
    called = f" ({display_name})" if display_name else ""
    told = (
        f"tenant {tenant}{called} would be deleted for ever, with its sources, posts, cases, agents, customers and"
        " numbers, and the keys of all people it knows; its id could not be used again"
    )
    if not (sys.stdin.isatty() and click.confirm(f"{told}. Delete it?", err=True)):
        raise click.UsageError(f"{told}; add --yes to do so")


async def _gone(stub: Any, there: "Tenant", wait_s: float, *, quiet: bool, timeout_s: float) -> "Tenant":
    """The tenant once every service is through, or as it is when the time is up."""
    from switchboard.log.v1.tenants_pb2 import GetTenantRequest

    from switchboard_cli.progress import steps_bar

    ends_at = asyncio.get_running_loop().time() + wait_s
    with steps_bar(quiet=quiet) as bar:
        shown = bar.add_task("services have deleted what they have", total=len(there.deletion.services))
        while (missing := _missing(there.deletion)) and asyncio.get_running_loop().time() < ends_at:
            bar.update(shown, completed=len(there.deletion.services) - len(missing))
            await asyncio.sleep(LOOK_S)
            there = (await stub.GetTenant(GetTenantRequest(name=there.name), timeout=timeout_s)).tenant
    return there


def _missing(deletion: "TenantDeletion") -> list[str]:
    return [one.service for one in deletion.services if not one.HasField("done_at")]


def name_of(tenant: str) -> str:
    """The resource name of an id; a full name stays."""
    return tenant if tenant.startswith("tenants/") else f"tenants/{tenant}"


def said(display_name: str | None, region: str | None, time_zone: str | None) -> tuple["Tenant", list[str]]:
    """The settings that were given, and the names of their fields; a region is understood in either case."""
    from switchboard.log.v1.tenants_pb2 import Tenant

    region = region if region is None else region.upper()
    given = {"display_name": display_name, "default_region": region, "time_zone": time_zone}
    wanted, fields = Tenant(), [field for field, value in given.items() if value is not None]
    for field in fields:
        setattr(wanted, field, given[field])
    return wanted, fields


def _print(tenant: "Tenant", as_json: bool) -> None:
    from switchboard_cli.names import document, short
    from switchboard_cli.output import console, print_json, table

    if as_json:
        print_json(document(tenant))
        return
    if tenant.HasField("deletion"):
        _prove(short(tenant.name), tenant.deletion)
        return
    shown = table("tenant", short(tenant.name), whole=(0, 1))
    shown.add_row("called", tenant.display_name or "–")
    shown.add_row("region of phone numbers", tenant.default_region or "–")
    shown.add_row("time zone", tenant.time_zone or "–")
    console().print(shown)


def _prove(tenant: str, deletion: "TenantDeletion") -> None:
    from switchboard_cli.names import moment
    from switchboard_cli.output import console, count, table

    by = f" by {deletion.requested_by}" if deletion.requested_by else ""
    console().print(f"tenant {tenant} was deleted at {moment(deletion, 'requested_at')} UTC{by}", style="head")
    shown = table("service", "rows deleted", "rows left", "keys destroyed", "done (UTC)", right=(1, 2, 3), whole=(0, 4))
    for one in deletion.services:
        if one.HasField("done_at"):
            rows = sum(table.rows for table in one.deleted)
            numbers = (count(rows), count(one.rows_left), count(one.keys_destroyed))
            shown.add_row(one.service, *numbers, moment(one, "done_at"))
        else:
            shown.add_row(one.service, "–", "–", "–", "under way")
    console().print(shown)
    if deletion.HasField("done_at"):
        console().print(typed("nothing is left; `switchboard log verify` recomputes it from the log"), style="good")
