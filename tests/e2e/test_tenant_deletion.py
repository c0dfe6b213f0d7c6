"""A tenant is deleted by the command: it is nowhere any more, all is refused, and another one notices nothing."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import uuid
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import nats
import pytest
from agent_desk import Desk
from google.rpc import error_details_pb2 as details
from grpc_status import rpc_status
from running_stack import RunningStack
from switchboard.crm.v1 import service_pb2 as crm
from switchboard.crm.v1.service_pb2_grpc import CustomerServiceStub
from switchboard.ingest.v1 import service_pb2 as api
from switchboard.ingest.v1.service_pb2_grpc import IngestServiceStub
from switchboard.kpi.v1 import service_pb2 as kpi
from switchboard.kpi.v1.service_pb2_grpc import KpiServiceStub
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc, tenants_pb2
from switchboard.log.v1.tenants_pb2_grpc import TenantServiceStub
from switchboard.routing.v1 import service_pb2 as work
from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

DOOMED, SPARED = "doomed-shop", "spared-shop"
CANARY = f"canary{uuid.uuid4().hex}"
PATIENCE_S = 60
SERVICES = {"crm-sync", "ingest", "kpi", "routing"}
MAY_NAME_IT = {"vault.deleted_tenants"}
"""Where the id stays, so that it is never used again."""


def filled(stack: RunningStack, tenant: str, posts: Path) -> None:
    """A bit of everything: posts, one that cannot be read, a case that was answered, a customer with a number."""
    stack.run("tenants", "create", tenant, "--display-name", f"The {tenant}", "--region", "DE")
    options = ("--channel", "x", "--source", f"{tenant}-x", "--owned", "acme", "--label", f"brand={tenant}")
    stack.run("ingest", str(posts), *options, "--tenant", tenant)
    with stack.channel("ingest") as channel:
        broken = api.Delivery(payload=f"{{{CANARY}".encode(), content_type="text/html")
        request = api.IngestPostRequest(source=f"tenants/{tenant}/sources/{tenant}-x", delivery=broken)
        IngestServiceStub(channel).IngestPost(request, timeout=PATIENCE_S)
    with stack.channel("routing") as channel:
        desk = Desk(channel, tenant, "mia")
        offers = desk.offers()
        offer = next(offers)
        offers.close()
        desk.accept(offer)
        desk.reply(offer.case, f"soon, {CANARY}")
    with stack.channel("crm") as channel:
        asserted = crm.AssertAttributesRequest(
            parent=f"tenants/{tenant}",
            identity_key=crm.IdentityKey(channel="shop", external_id=CANARY),
            source="shop",
            attributes=[crm.AttributeAssertion(attribute="phone", value="030 87654021", verified=True)],
            request_id=str(uuid.uuid4()),
        )
        position = CustomerServiceStub(channel).AssertAttributes(asserted, timeout=PATIENCE_S).position
    caught_up(stack, position, tenant)


def caught_up(stack: RunningStack, position: str, tenant: str) -> None:
    for service in ("ingest", "routing", "crm", "kpi"):
        with stack.channel(service) as channel:
            wait = integrity_pb2.WaitUntilRequest(position=position, tenant=tenant)
            position = integrity_pb2_grpc.IntegrityServiceStub(channel).WaitUntil(wait, timeout=PATIENCE_S).position


async def holding(url: str, *texts: str) -> dict[str, set[str]]:
    """The tables in which any row has one of these texts, as text or as bytes; which of them."""
    connection = await asyncpg.connect(url)
    try:
        found: dict[str, set[str]] = {}
        for row in await connection.fetch(
            "select table_schema || '.' || table_name as name from information_schema.tables"
            " where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')"
        ):
            for record in await connection.fetch(f"select t::text as everything from {row['name']} t"):
                for text in texts:
                    if text in record["everything"] or text.encode().hex() in record["everything"]:
                        found.setdefault(row["name"], set()).add(text)
        return found
    finally:
        await connection.close()


async def tables_of_tenants(url: str, tenant: str) -> dict[str, int]:
    """Rows of a tenant in every table that has a column for it, read from the catalogue."""
    connection = await asyncpg.connect(url)
    try:
        named = await connection.fetch(
            "select c.table_schema || '.' || c.table_name as name from information_schema.columns c"
            " join information_schema.tables t using (table_schema, table_name)"
            " where c.column_name = 'tenant' and t.table_type = 'BASE TABLE'"
        )
        return {
            row["name"]: await connection.fetchval(f"select count(*) from {row['name']} where tenant = $1", tenant)
            for row in named
        }
    finally:
        await connection.close()


async def outbox(url: str) -> list[str]:
    """The subjects of the replies on their way out."""
    client = await nats.connect(url)
    try:
        info = await client.jetstream().stream_info("OUTBOX", subjects_filter="out.>")
        return sorted(info.state.subjects or ())
    finally:
        await client.close()


def refusals(stack: RunningStack, tenant: str) -> dict[str, str]:
    """The reason with which each service refuses a question about a tenant, "" where it answers."""
    parent = f"tenants/{tenant}"
    calls: tuple[tuple[str, Any, str, Any], ...] = (
        ("ingest", IngestServiceStub, "ListPosts", api.ListPostsRequest(parent=parent)),
        ("ingest", IngestServiceStub, "CreateSource", api.CreateSourceRequest(
            parent=parent, source_id="again", source=api.Source(channel="x"))),
        ("routing", RoutingServiceStub, "ListCases", work.ListCasesRequest(parent=parent)),
        ("crm", CustomerServiceStub, "ListCustomers", crm.ListCustomersRequest(parent=parent)),
        ("kpi", KpiServiceStub, "QueryMetrics", kpi.QueryMetricsRequest(parent=parent)),
        ("kpi", TenantServiceStub, "CreateTenant", tenants_pb2.CreateTenantRequest(tenant_id=tenant)),
        ("crm", TenantServiceStub, "UpdateTenant", tenants_pb2.UpdateTenantRequest(tenant={"name": parent})),
    )  # fmt: skip
    found = {}
    for service, stub, method, request in calls:
        with stack.channel(service) as channel:
            try:
                getattr(stub(channel), method)(request, timeout=PATIENCE_S)
            except grpc.RpcError as refused:
                found[method] = reason_of(refused)
            else:
                found[method] = ""
    return found


def reason_of(refused: Any) -> str:
    info = details.ErrorInfo()
    for detail in rpc_status.from_call(refused).details:
        detail.Unpack(info)
    return str(info.reason)


def shown(stack: RunningStack, tenant: str) -> list[Any]:
    """What the command shows of a tenant."""
    lists = [stack.told(what, "--tenant", tenant) for what in ("cases", "customers", "agents", "quarantined")]
    return [*lists, stack.told("report", "--tenant", tenant, "--observed-until", "2026-03-03T00:00:00Z")["rows"]]


@pytest.fixture(scope="module")
def deleted(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Two tenants alike, of which one was deleted while a service was away and another one was killed at it."""
    posts = tmp_path_factory.mktemp("posts") / "posts.json"
    lines = [
        {
            "id_str": str(number), "created_at": "Mon Mar 02 09:00:00 +0000 2026", "text": f"@acme {CANARY} {number}",
            "user": {"id_str": f"7{number}", "screen_name": f"{CANARY}{number}"},
        }
        for number in range(1, 4)
    ]  # fmt: skip
    posts.write_text("\n".join(map(json.dumps, lines)))
    for tenant in (DOOMED, SPARED):
        filled(stack, tenant, posts)
    url = stack.endpoints["database"]
    before = {
        "holding": asyncio.run(holding(url, DOOMED)),
        "tables": asyncio.run(tables_of_tenants(url, DOOMED)),
        "outbox": asyncio.run(outbox(stack.endpoints["nats"])),
        "spared": shown(stack, SPARED),
        "ids": [
            one["name"].rpartition("/")[2]
            for what in ("cases", "quarantined")
            for one in stack.told(what, "--tenant", DOOMED)
        ],
    }
    told = stack.run("tenants", "delete", DOOMED, code=2)
    assert told == ""
    assert refusals(stack, SPARED)["ListPosts"] == ""
    with stack.channel("kpi") as channel:
        watching = kpi.WatchWallboardRequest(parent=f"tenants/{DOOMED}")
        watch = KpiServiceStub(channel).WatchWallboard(watching, timeout=PATIENCE_S)
        next(watch)
        os.kill(stack.pids()["crm"], signal.SIGKILL)
        begun = stack.told("tenants", "delete", DOOMED, "--yes", "--by", "ticket-7", "--wait", "0")
        os.kill(stack.pids()["routing"], signal.SIGKILL)
        proof = stack.told("tenants", "delete", DOOMED)
        with pytest.raises(grpc.RpcError) as ended:
            for _ in watch:
                pass
    return {**before, "begun": begun, "proof": proof, "watch": reason_of(ended.value)}


def test_the_proof_names_every_service_and_says_that_nothing_is_left(
    stack: RunningStack, deleted: dict[str, Any]
) -> None:
    proof = deleted["proof"]["deletion"]
    assert (proof["requested_by"], bool(proof["done_at"])) == ("ticket-7", True)
    assert {one["service"] for one in proof["services"]} == SERVICES
    assert "done_at" not in deleted["begun"]["deletion"], "who is away has not said that nothing is left"
    assert all(one["done_at"] and "rows_left" not in one for one in proof["services"])
    assert sum(int(one.get("keys_destroyed", 0)) for one in proof["services"]) >= 2, "tree and delivery"
    tables = [each for one in proof["services"] for each in one["deleted"]]
    rows = {re.sub(r"_v\d+", "", each["table"]): int(each["rows"]) for each in tables}  # whatever version they have
    assert rows["posts"] >= 3
    assert {"archive", "contacts", "cases", "customers_identities", "stream OUTBOX"} <= rows.keys()
    assert "display_name" not in deleted["proof"]
    assert stack.told("tenants", "show", DOOMED) == deleted["proof"]
    assert "nothing is left" in stack.run("tenants", "show", DOOMED)
    assert stack.told("tenants", "delete", DOOMED) == deleted["proof"], "asked again, it says how far it is"
    listed = [one["name"] for one in stack.told("tenants", "--limit", "1000")]
    assert f"tenants/{DOOMED}" not in listed
    assert f"tenants/{DOOMED}" in [one["name"] for one in stack.told("tenants", "--deleted", "--limit", "1000")]


def test_it_is_in_no_table_and_no_stream_that_is_not_the_log(stack: RunningStack, deleted: dict[str, Any]) -> None:
    url = stack.endpoints["database"]
    assert len(deleted["holding"]) > 15, "the search finds it while it is there"
    assert set(asyncio.run(holding(url, DOOMED))) <= MAY_NAME_IT
    assert len(deleted["ids"]) >= 3
    assert asyncio.run(holding(url, *deleted["ids"], *(one.replace("-", "") for one in deleted["ids"]))) == {}
    assert sum(deleted["tables"].values()) > 20
    left = {name: rows for name, rows in asyncio.run(tables_of_tenants(url, DOOMED)).items() if rows}
    assert left.keys() <= MAY_NAME_IT
    assert any(DOOMED in subject for subject in deleted["outbox"])
    assert [subject for subject in asyncio.run(outbox(stack.endpoints["nats"])) if DOOMED in subject] == []


def test_everything_of_it_is_refused_and_nothing_of_another_one(stack: RunningStack, deleted: dict[str, Any]) -> None:
    assert set(refusals(stack, DOOMED).values()) == {"TENANT_DELETED"}
    assert deleted["watch"] == "TENANT_DELETED", "who watched it is told so too"
    assert refusals(stack, SPARED)["ListCases"] == ""
    stack.run("tenants", "create", DOOMED, code=1)
    assert shown(stack, SPARED) == deleted["spared"]


def test_what_is_left_is_what_the_log_says(stack: RunningStack, deleted: dict[str, Any]) -> None:
    verified = stack.told("log", "verify")
    wrong = [finding for finding in verified["findings"] if not finding["ok"]]
    assert wrong == []
