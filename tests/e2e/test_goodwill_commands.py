"""Goodwill, jargon and hints at the command line: as the recipe has them, and as a person reads them."""

import json
import uuid

from agent_desk import Desk
from running_stack import PATIENCE_S, RunningStack
from switchboard.ingest.v1 import service_pb2 as api
from switchboard.ingest.v1 import service_pb2_grpc
from switchboard.routing.v1 import service_pb2 as work
from switchboard.routing.v1 import service_pb2_grpc as work_grpc

TENANT = "giving"
PARENT = f"tenants/{TENANT}"


def held_case(stack: RunningStack) -> str:
    """The id of a customer's case that mia has; sue is there as well."""
    with stack.channel("ingest") as posts, stack.channel("routing") as routing:
        ingest = service_pb2_grpc.IngestServiceStub(posts)
        source = api.Source(channel="x", listening=True)
        ingest.CreateSource(api.CreateSourceRequest(parent=PARENT, source_id="x", source=source), timeout=PATIENCE_S)
        status = {
            "id": 1, "created_at": "Mon Mar 02 08:00:00 +0000 2020", "text": "it is late",
            "user": {"id": 1, "screen_name": "u1"},
        }  # fmt: skip
        delivery = api.Delivery(payload=json.dumps(status).encode())
        ingest.IngestPost(api.IngestPostRequest(source=f"{PARENT}/sources/x", delivery=delivery), timeout=PATIENCE_S)
        desk = Desk(routing, TENANT, "mia")
        offers = desk.offers()
        offer = next(offers)
        offers.close()
        desk.accept(offer)
        sue = work.CreateAgentRequest(parent=PARENT, agent_id="sue", request_id=str(uuid.uuid4()))
        work_grpc.RoutingServiceStub(routing).CreateAgent(sue, timeout=PATIENCE_S)
        return offer.case.rpartition("/")[2]


def test_what_an_agent_may_give_is_set_granted_asked_for_and_decided(stack: RunningStack) -> None:
    case, of = held_case(stack), ("--tenant", TENANT)
    assert "grants anything by itself" in stack.run("goodwill", "limits", *of)
    stack.run("goodwill", "limit", "EUR", *of, "--case", "2000", "--day", "10000")
    stack.run("goodwill", "limit", "EUR", *of, "--agent", "mia", "--case", "1", "--day", "1")
    listed = stack.run("goodwill", "limit", "EUR", *of, "--agent", "mia", "--case", "0", "--day", "0")
    assert "2000" in listed
    assert "mia" not in listed

    grant = ("goodwill", "grant", case, "mia")
    assert "1500 EUR are granted" in stack.run(*grant, "1500", "EUR", *of, "--reason", "late_delivery")
    assert stack.run(*grant, "900", "EUR", *of, "--reason", "late_delivery", code=1) == ""
    for amount in ("900", "901"):
        asked = stack.run(*grant, amount, "EUR", *of, "--reason", "late_delivery", "--ask")
        assert f"{amount} EUR are waiting" in asked
    waiting = {one["amount"]: one["name"].rpartition("/")[2] for one in stack.told("goodwill", *of)}
    word = (case, waiting["900"], "sue", *of)
    assert "900 EUR are granted" in stack.run("goodwill", "approve", *word, "--reason", "a_regular")
    word = (case, waiting["901"], "sue", *of)
    assert "901 EUR are refused" in stack.run("goodwill", "refuse", *word, "--reason", "too_much")
    assert "no goodwill waits" in stack.run("goodwill", *of)

    assert "no jargon" in stack.run("jargon", *of)
    stack.run("jargon", "set", "SLA", *of, "--instead", "promise")
    assert "promise" in stack.run("jargon", *of)
    found = stack.told("check", case, "mia", "Our SLA, {customer.handle}!", *of)
    assert [hint["kind"].removeprefix("REPLY_HINT_KIND_") for hint in found["hints"]] == ["JARGON", "UNFILLED"]
    assert "say 'promise'" in stack.run("check", case, "mia", "Our SLA", *of)
    stack.run("jargon", "delete", "sla", *of)
    assert "score 1.00" in stack.run("check", case, "mia", "Our SLA", *of)
