"""A text that its author took back is looked for everywhere: in every read of every service, every table, every stream.

The same search finds it before the withdrawal, so it would find it after.
"""

import asyncio
import base64
import json
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import nats
import pytest
from agent_desk import Desk
from google.protobuf import message_factory
from google.protobuf.timestamp_pb2 import Timestamp
from running_stack import RunningStack
from switchboard.crm.v1 import service_pb2 as crm
from switchboard.crm.v1 import service_pb2_grpc as crm_grpc
from switchboard.ingest.v1 import post_pb2
from switchboard.ingest.v1 import service_pb2 as api
from switchboard.ingest.v1 import service_pb2_grpc as ingest_grpc
from switchboard.kpi.v1 import service_pb2 as kpi
from switchboard.kpi.v1 import service_pb2_grpc as kpi_grpc
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc, operations_pb2
from switchboard.routing.v1 import desk_pb2, desk_pb2_grpc
from switchboard.routing.v1 import service_pb2 as work
from switchboard.routing.v1 import service_pb2_grpc as work_grpc

TENANT = "taken-back"
PARENT = f"tenants/{TENANT}"
CANARY = f"canary{uuid.uuid4().hex}"
PATIENCE_S = 60
SERVED: Mapping[str, tuple[Any, str]] = {
    "ingest": (api, "IngestService"),
    "routing": (work, "RoutingService"),
    "crm": (crm, "CustomerService"),
    "kpi": (kpi, "KpiService"),
}
BESIDE: Mapping[str, tuple[tuple[Any, str], ...]] = {"routing": ((desk_pb2, "DeskService"),)}
"""Further services of the same process."""
COMMON = ((integrity_pb2, "IntegrityService"), (operations_pb2, "OperationsService"))
READS = ("Get", "List", "Watch", "Lookup", "Explain", "Query", "Export")
SHOWS_POSTS = {"GetPost", "ListPosts", "WatchPosts"}
SHOWS_PROFILES = {"GetCustomer", "ListCustomers", "LookupCustomer", "ListAttributeValues", "ExplainAttribute"}
WATCHED_S = 2.0


def said(number: int, *, revision: int = 0, gone: bool = False) -> api.Delivery:
    """A post that holds the text wherever a post can hold one, or the news that it is gone."""
    if gone:
        post = post_pb2.NormalizedPost(external_id=f"t{number}", withdrawal_reason="deleted")
        post.withdrawn_at.GetCurrentTime()
        return api.Delivery(normalized_post=post)
    return api.Delivery(
        normalized_post=post_pb2.NormalizedPost(
            external_id=f"t{number}",
            revision=revision,
            kind=post_pb2.POST_KIND_DIRECT_MESSAGE,
            author=post_pb2.Author(external_id="mara", handle="mara"),
            text=f"my number is {CANARY} #{CANARY} {revision}",
            subject=CANARY,
            entities=[post_pb2.Entity(kind=post_pb2.ENTITY_KIND_HASHTAG, start=0, end=2, value=CANARY)],
            media=[post_pb2.Media(uri=f"https://example.org/{CANARY}", alt_text=CANARY)],
            location=post_pb2.Location(place=CANARY),
            published_at=Timestamp(seconds=int(time.time()) - 60),
        )
    )


def methods(service: str) -> Iterator[Any]:
    """The reading methods a service offers."""
    for module, name in (SERVED[service], *BESIDE.get(service, ()), *COMMON):
        for method in module.DESCRIPTOR.services_by_name[name].methods:
            if method.name.startswith(READS):
                yield method


def requests(method: Any, names: Mapping[str, str]) -> Iterator[Any]:
    """The same question about everything there is of the tenant."""
    plain = {
        "metric": "offered", "attribute": "display_name", "identity": names["identity"], "tenant": TENANT,
        "identity_a": names["identity"], "identity_b": names["identity"], "agent": names["agent"],
    }  # fmt: skip
    for about in (PARENT,) if method.server_streaming else (PARENT, *names.values()):
        request = message_factory.GetMessageClass(method.input_type)()
        fields = request.DESCRIPTOR.fields_by_name
        for field in ("parent", "name"):
            if field in fields:
                setattr(request, field, about)
        for field, value in plain.items():
            if field in fields:
                setattr(request, field, value)
        if "metrics" in fields:
            request.metrics.append("offered")
        yield request


def answers(stack: RunningStack, names: Mapping[str, str]) -> dict[str, bytes]:
    """All that each reading method answers, by its name; it is empty for one that answers nothing."""
    found: dict[str, bytes] = {}
    for service in SERVED:
        with stack.channel(service) as channel:
            for method in methods(service):
                path = f"/{method.containing_service.full_name}/{method.name}"
                common = method.containing_service.name in {name for _, name in COMMON}
                key = f"{service}.{method.name}" if common else method.name
                found.setdefault(key, b"")
                for request in requests(method, names):
                    data = request.SerializeToString()
                    try:
                        if method.server_streaming:
                            for part in watched(channel.unary_stream(path)(data, timeout=PATIENCE_S)):
                                found[key] += part
                        else:
                            found[key] += channel.unary_unary(path)(data, timeout=PATIENCE_S) or b"-"
                    except grpc.RpcError:  # no such thing, or a watch whose time is up
                        continue
    return found


def watched(call: Any) -> Iterator[bytes]:
    """What a stream says until it ends, or says nothing more for a while after its first word."""
    quiet = threading.Timer(WATCHED_S, call.cancel)
    for part in call:
        yield part
        quiet.cancel()
        quiet = threading.Timer(WATCHED_S, call.cancel)
        quiet.start()
    quiet.cancel()


async def tables(url: str) -> dict[str, str]:
    """Every row of every table of every schema as text, bytes as hexadecimal digits."""
    connection = await asyncpg.connect(url)
    try:
        listed = await connection.fetch(
            "select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema')"
        )
        found = {}
        for row in listed:
            everything = await connection.fetch(f"select t::text as everything from {row['name']} t")
            found[row["name"]] = "\n".join(one["everything"] for one in everything)
        return found
    finally:
        await connection.close()


async def streams(url: str) -> dict[str, bytes]:
    """Every message of every stream and bucket."""
    client = await nats.connect(url)
    try:
        stream = client.jetstream()
        found = {}
        for info in await stream.streams_info():
            data = b""
            for sequence in range(max(1, info.state.first_seq), info.state.last_seq + 1):
                try:
                    data += (await stream.get_msg(info.config.name, sequence)).data or b""
                except nats.js.errors.NotFoundError:
                    continue
            found[info.config.name] = data
        return found
    finally:
        await client.close()


def written(stack: RunningStack) -> str:
    """What the services' logs say."""
    return "".join(path.read_text(errors="replace") for path in sorted((stack.state / "logs").glob("*")))


def caught_up(stack: RunningStack, position: str) -> None:
    for service in ("ingest", "routing", "crm", "kpi"):
        with stack.channel(service) as channel:
            wait = integrity_pb2.WaitUntilRequest(position=position, tenant=TENANT)
            position = integrity_pb2_grpc.IntegrityServiceStub(channel).WaitUntil(wait, timeout=PATIENCE_S).position


@pytest.fixture(scope="module")
def database(stack: RunningStack) -> str:
    return str(json.loads(Path(stack.state / "endpoints.json").read_text())["database"])


def test_what_was_taken_back_is_nowhere(stack: RunningStack, database: str) -> None:
    with stack.channel("ingest") as channel, stack.channel("routing") as routing:
        ingest = ingest_grpc.IngestServiceStub(channel)
        source = api.Source(channel="letters", labels={"brand": "shop"})
        ingest.CreateSource(api.CreateSourceRequest(parent=PARENT, source_id="shop", source=source))

        def take(delivery: api.Delivery) -> api.IngestPostResponse:
            request = api.IngestPostRequest(source=f"{PARENT}/sources/shop", delivery=delivery)
            return ingest.IngestPost(request, timeout=PATIENCE_S)

        taken = take(said(1))
        position = take(said(1, revision=1)).position
        caught_up(stack, position)
        desk = Desk(routing, TENANT, "mia")
        offers = desk.offers()
        offer = next(offers)
        offers.close()
        desk.accept(offer)
        case = work_grpc.RoutingServiceStub(routing).GetCase(work.GetCaseRequest(name=offer.case)).case
        draft = desk_pb2.SaveDraftRequest(
            name=offer.case, agent=desk.agent, text="good day", request_id=str(uuid.uuid4())
        )
        drafted = desk_pb2_grpc.DeskServiceStub(routing).SaveDraft(draft, timeout=PATIENCE_S)
        canned = desk_pb2.CreateCannedTextRequest(
            parent=PARENT, canned_text_id="hi", canned_text=desk_pb2.CannedText(text="hi"), request_id=str(uuid.uuid4())
        )
        text = desk_pb2_grpc.DeskServiceStub(routing).CreateCannedText(canned, timeout=PATIENCE_S).canned_text.name
        with stack.channel("crm") as customers:
            listing = crm.ListCustomersRequest(parent=PARENT, min_position=position)
            stub = crm_grpc.CustomerServiceStub(customers)
            customer = stub.ListCustomers(listing, timeout=PATIENCE_S).customers[0].name
        hours = kpi.CreateCalendarRequest(
            parent=PARENT, calendar_id="default", calendar=kpi.Calendar(), request_id=str(uuid.uuid4())
        )
        with stack.channel("kpi") as numbers:
            calendar = kpi_grpc.KpiServiceStub(numbers).CreateCalendar(hours, timeout=PATIENCE_S).calendar.name
        names = {
            "post": taken.result.posts[0].post, "case": offer.case, "identity": case.identity, "agent": desk.agent,
            "calendar": calendar,
            "customer": customer, "source": f"{PARENT}/sources/shop", "queue": case.queue,
            "policy": f"{PARENT}/routingPolicy", "draft": drafted.draft, "text": text, "desk": f"{PARENT}/deskPolicy",
        }  # fmt: skip
        before = answers(stack, names)
        assert {name for name, data in before.items() if CANARY.encode() in data} == SHOWS_POSTS

        position = take(said(1, gone=True)).position
        take(said(2, gone=True))
        take(said(2))
        position = take(said(1, revision=2)).position
        caught_up(stack, position)

    after = answers(stack, names)
    assert after.keys() == before.keys()
    silent = {name.rpartition(".")[2] for name, data in after.items() if not data}
    assert silent <= {"ListUnreadable", "GetDraft"}, "all else answers; nothing is drafted to who took all back"
    assert [name for name, data in after.items() if CANARY.encode() in data] == []

    exported = stack.run("log", "export", "--tenant", TENANT)
    assert CANARY not in exported
    assert base64.b64encode(CANARY.encode()).decode().rstrip("=")[:-1] not in exported
    facts = [json.loads(line) for line in exported.splitlines()]
    sealed = [
        base64.b64decode(fact["data"]["personal"]["ciphertext"]).hex()
        for fact in facts
        if fact["type"].endswith(("PostReceived", "PostEdited"))
    ]
    assert len(sealed) == 2, "what came after the withdrawal is in no fact"
    held = asyncio.run(tables(database))
    assert len(held) > 20
    assert [name for name, rows in held.items() if CANARY in rows or CANARY.encode().hex() in rows] == []
    kept = {name for name, rows in held.items() if any(one in rows for one in sealed)}
    assert {name for name in kept if "archive" not in name} == set(), "the archive is the log itself"
    messages = asyncio.run(streams(stack.endpoints["nats"]))
    assert [name for name, data in messages.items() if CANARY.encode() in data] == []
    assert CANARY not in written(stack)


SHOWN = f"shown{uuid.uuid4().hex}"


def status(number: int) -> api.Delivery:
    """A post of an account that shows the word wherever a profile can show one."""
    user = {"id_str": "907", "screen_name": SHOWN[:15], "name": SHOWN, "description": SHOWN, "location": SHOWN}
    said = {"id_str": str(number), "created_at": "Mon Mar 02 09:00:00 +0000 2026", "text": "@shop help", "user": user}
    return api.Delivery(payload=json.dumps(said).encode())


def test_what_an_account_showed_is_nowhere_once_it_is_gone(stack: RunningStack, database: str) -> None:
    with stack.channel("ingest") as channel, stack.channel("crm") as customers:
        ingest = ingest_grpc.IngestServiceStub(channel)
        source = api.Source(channel="x", owned_accounts=["shop"], labels={"brand": "shop"})
        ingest.CreateSource(api.CreateSourceRequest(parent=PARENT, source_id="birds", source=source))

        def take(delivery: api.Delivery) -> api.IngestPostResponse:
            request = api.IngestPostRequest(source=f"{PARENT}/sources/birds", delivery=delivery)
            return ingest.IngestPost(request, timeout=PATIENCE_S)

        taken = take(status(1))
        caught_up(stack, taken.position)
        stub = crm_grpc.CustomerServiceStub(customers)
        listed = stub.ListCustomers(crm.ListCustomersRequest(parent=PARENT), timeout=PATIENCE_S).customers
        (one,) = [each for each in listed if each.identities[0].display_name == SHOWN]
        identity = one.identities[0].name
        names = {
            "post": taken.result.posts[0].post, "identity": identity, "customer": one.name,
            "agent": f"{PARENT}/agents/x",
        }  # fmt: skip
        before = answers(stack, names)
        assert {name for name, data in before.items() if SHOWN.encode() in data} == SHOWS_PROFILES | SHOWS_POSTS

        gone = {"user_delete": {"id_str": "907"}}
        position = take(api.Delivery(payload=json.dumps(gone).encode())).position
        caught_up(stack, position)
        after = answers(stack, names)
        assert [name for name, data in after.items() if SHOWN.encode() in data] == []
        assert {name for name, data in after.items() if data} >= SHOWS_PROFILES, "the customer is still counted"

        facts = [json.loads(line) for line in stack.run("log", "export", "--tenant", TENANT).splitlines()]
        own = [fact["data"] for fact in facts if fact["data"].get("identity_id") == identity.rpartition("/")[2]]
        sealed = [base64.b64decode(one["content"]["ciphertext"]).hex() for one in own if "content" in one]
        assert sealed
        held = asyncio.run(tables(database))
        kept = {name for name, rows in held.items() if SHOWN in rows or any(one in rows for one in sealed)}
        assert {name for name in kept if "archive" not in name} == set()
        assert SHOWN not in written(stack)

        caught_up(stack, take(status(3)).position)  # published before the account was gone
        assert SHOWN.encode() not in b"".join(answers(stack, names).values())
