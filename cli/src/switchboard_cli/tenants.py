"""`switchboard tenants`: whose data there is, and what each says of itself. It knows no service's data."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, refuse_misplaced

if TYPE_CHECKING:
    from switchboard.log.v1.tenants_pb2 import Tenant

SERVICE = "ingest"
"""Any service answers for all."""


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


@click.group(invoke_without_command=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many.")
@json_option
@reaches
@click.pass_context
def tenants(context: click.Context, *, limit: int, as_json: bool, targets: Targets) -> None:
    """List the tenants, whose posts, cases, customers and numbers are kept apart from each other.

    A tenant comes into being with its first source, agent or queue, or with `switchboard tenants create ID`.
    """
    if context.invoked_subcommand is None:
        _list(limit, as_json, targets)
    else:
        refuse_misplaced(context)


@asynchronous
async def _list(limit: int, as_json: bool, targets: Targets) -> None:
    from switchboard.log.v1.tenants_pb2 import ListTenantsRequest
    from switchboard.log.v1.tenants_pb2_grpc import TenantServiceStub

    from switchboard_cli.names import document, short
    from switchboard_cli.output import console, print_json, say_cut, table
    from switchboard_cli.paging import first

    async with calling(targets, SERVICE, act="to list tenants") as channel:
        call = TenantServiceStub(channel).ListTenants
        page = await first(call, ListTenantsRequest(), "tenants", limit, targets.timeout_s)
    if as_json:
        print_json([document(tenant) for tenant in page.items])
    elif not page.items:
        console().print("there is no tenant yet: one begins with its first source", style="quiet")
    else:
        shown = table("tenant", "called", "region", "time zone", whole=(0,))
        for tenant in page.items:
            shown.add_row(
                short(tenant.name), tenant.display_name, tenant.default_region or "–", tenant.time_zone or "–"
            )
        console().print(shown)
    say_cut(page, "tenants")


@tenants.command("show")
@click.argument("tenant")
@json_option
@reaches
@asynchronous
async def show(*, tenant: str, as_json: bool, targets: Targets) -> None:
    """Show TENANT (its id) with its settings."""
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


def name_of(tenant: str) -> str:
    """The resource name of an id; a full name stays."""
    return tenant if tenant.startswith("tenants/") else f"tenants/{tenant}"


def said(display_name: str | None, region: str | None, time_zone: str | None) -> tuple["Tenant", list[str]]:
    """The settings that were given, and the names of their fields; a region is understood in either case."""
    from switchboard.log.v1.tenants_pb2 import Tenant

    region = region if region is None else region.upper()
    given = {"display_name": display_name, "default_region": region, "time_zone": time_zone}
    fields = [field for field, value in given.items() if value is not None]
    return Tenant(**{field: given[field] for field in fields}), fields


def _print(tenant: "Tenant", as_json: bool) -> None:
    from switchboard_cli.names import document, short
    from switchboard_cli.output import console, print_json, table

    if as_json:
        print_json(document(tenant))
        return
    shown = table("tenant", short(tenant.name), whole=(0, 1))
    shown.add_row("called", tenant.display_name or "–")
    shown.add_row("region of phone numbers", tenant.default_region or "–")
    shown.add_row("time zone", tenant.time_zone or "–")
    console().print(shown)
