"""`switchboard customers`: who they are and where each value comes from. It knows how to print customers."""

import re
from typing import TYPE_CHECKING, Any

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, tenant_option

if TYPE_CHECKING:
    from switchboard.crm.v1.service_pb2 import Customer

    from switchboard_cli.tables import Table

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@click.command()
@click.argument("customer", required=False)
@tenant_option
@click.option("--filter", "conditions", default="", metavar="EXPRESSION", help="Such as 'identities>=2'.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="At most so many.")
@json_option
@reaches
@asynchronous
async def customers(
    *, customer: str | None, tenant: str, conditions: str, limit: int, as_json: bool, targets: Targets
) -> None:
    """List customers, or show CUSTOMER: an id, channel:account (weibo:6013390012), email:ADDRESS or phone:NUMBER."""
    from switchboard.crm.v1 import service_pb2 as api
    from switchboard.crm.v1.service_pb2_grpc import CustomerServiceStub

    from switchboard_cli.names import document, full
    from switchboard_cli.output import console, print_json, say_cut
    from switchboard_cli.paging import first

    async with calling(targets, "crm", act="to show customers") as channel:
        stub = CustomerServiceStub(channel)
        if customer is None:
            request = api.ListCustomersRequest(parent=f"tenants/{tenant}", filter=conditions)
            page = await first(stub.ListCustomers, request, "customers", limit, targets.timeout_s)
            found = page.items
            say_cut(page, "customers")
        elif UUID.fullmatch(customer) or customer.startswith("tenants/"):
            name = full(tenant, "customers", customer)
            found = [(await stub.GetCustomer(api.GetCustomerRequest(name=name), timeout=targets.timeout_s)).customer]
        else:
            found = [(await stub.LookupCustomer(_lookup(tenant, customer), timeout=targets.timeout_s)).customer]
    if as_json:
        print_json([document(each) for each in found] if customer is None else document(found[0]))
    elif not found:
        console().print(f"no such customers in tenant {tenant}", style="quiet")
    elif customer is None:
        _print_list(found)
    else:
        console().print(identity_table(found[0]))
        console().print(attribute_table(found[0]))


def _lookup(tenant: str, wanted: str) -> Any:
    from switchboard.crm.v1 import service_pb2 as api

    kind, colon, value = wanted.partition(":")
    if not colon or not kind or not value:
        raise click.BadParameter(f"{wanted!r} is no id, no channel:account and no kind:contact", param_hint="CUSTOMER")
    request = api.LookupCustomerRequest(parent=f"tenants/{tenant}")
    if kind in ("email", "phone") or kind.endswith("_id"):
        request.contact.kind, request.contact.value = kind, value
    else:
        request.identity_key.channel, request.identity_key.external_id = kind, value
    return request


def _print_list(found: list["Customer"]) -> None:
    from switchboard_cli.names import moment, short
    from switchboard_cli.output import console, table

    shown = table("customer", "known as", "identities", "attributes", "since (UTC)", right=(2, 3), whole=(0, 4))
    for each in found:
        handles = ", ".join(f"{identity.channel}:{identity.handle or '–'}" for identity in each.identities[:3])
        shown.add_row(short(each.name), handles, str(len(each.identities)), str(len(each.attributes)),
                      moment(each, "founded_at"))  # fmt: skip
    console().print(shown)


def identity_table(customer: "Customer") -> "Table":
    """The accounts a customer consists of."""
    from switchboard_cli.names import moment, short
    from switchboard_cli.output import table

    shown = table("channel", "account", "handle", "name", "first seen (UTC)", "identity", whole=(4, 5))
    for identity in customer.identities:
        shown.add_row(identity.channel, identity.external_id, identity.handle, identity.display_name,
                      moment(identity, "founded_at"), short(identity.name))  # fmt: skip
    return shown


def attribute_table(customer: "Customer") -> "Table":
    """The value shown of each attribute and where it comes from."""
    from switchboard_cli.names import moment
    from switchboard_cli.output import table

    shown = table(
        "attribute", "value", "proved", "said by", "since (UTC)", "candidates", "event", right=(5,), whole=(4, 6)
    )
    for value in customer.attributes:
        shown.add_row(
            value.attribute,
            value.value,
            "yes" if value.verified else "no",
            value.source,
            moment(value, "observed_at"),
            str(value.candidates),
            value.event_id,
        )
    return shown
