"""Every Update method of the running stack, found in the contracts: what is not said stays as it is."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from chassis.annotations import OUTPUT_ONLY, changeable, fields_with
from google.protobuf import message_factory
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details
from grpc_status import rpc_status
from running_stack import RunningStack
from switchboard.crm.v1 import service_pb2 as crm
from switchboard.ingest.v1 import service_pb2 as ingest
from switchboard.kpi.v1 import events_pb2 as kpi_events
from switchboard.kpi.v1 import service_pb2 as kpi
from switchboard.log.v1 import tenants_pb2
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as routing

PARENT = "tenants/updates"
CONTRACTS: tuple[tuple[str, Any], ...] = (
    ("ingest", ingest),
    ("routing", routing),
    ("crm", crm),
    ("kpi", kpi),
    ("crm", tenants_pb2),
)
SKILLED = [{"name": "lang:en", "level": 3}]
ASKING = [{"skill": "vip", "min_level": 2}]
FIRST: Mapping[str, Callable[[], Message]] = {
    "Source": lambda: ingest.Source(
        channel="care", display_name="One", owned_accounts=["acme"], labels={"brand": "Acme"}, secrets_ref="s",
        desk="acme", listening=True,
        default_queue=f"{PARENT}/queues/vip",
    ),
    "Agent": lambda: routing.Agent(display_name="Mia", skills=SKILLED, capacity=3, queues=[f"{PARENT}/queues/vip"],
        channel_capacity=[{"channel": "chat", "units": 2}],
        shifts={"time_zone": "Europe/Berlin", "weekly": [{"weekday": 1, "start_minute": 540, "end_minute": 1020}]},
        tag="^MI", pinned_skills=["lang:en"],
    ),
    "Queue": lambda: routing.Queue(
        display_name="VIP", first_response_s=60, offer_timeout_s=30, requirements=ASKING,
        selection=events_pb2.SELECTION_LONGEST_IDLE,
        reply_timeout_s=300, supervise_after_returns=5, supervise_after_s=7_200,
        language_level=3, offer_width=3, tier_level=2,
        escalates_to=f"{PARENT}/queues/default", claim_mode=routing.ClaimMode(lease_s=120),
    ),
    "Calendar": lambda: kpi.Calendar(
        display_name="Office", time_zone="Europe/Berlin",
        weekly=[{"weekday": 1, "start_minute": 540, "end_minute": 1020}],
        exceptions=[{
            "start": "2026-12-24T00:00", "end": "2026-12-27T00:00", "kind": kpi_events.EXCEPTION_KIND_CLOSED,
            "display_name": "Christmas",
        }],
    ),
    "Tenant": lambda: tenants_pb2.Tenant(display_name="Acme", default_region="DE", time_zone="Europe/Berlin"),
}  # fmt: skip
"""What each resource is created as, every field that may be changed populated."""
SECOND: Mapping[str, Callable[[], Message]] = {
    "Source": lambda: ingest.Source(
        display_name="Two", owned_accounts=["acme_help"], labels={"industry": "air"}, secrets_ref="t",
        desk="other", listening=False,
        default_queue=f"{PARENT}/queues/default",
    ),
    "Agent": lambda: routing.Agent(display_name="Leo", skills=[{"name": "vip", "level": 1}], capacity=5,
        queues=[f"{PARENT}/queues/default"], channel_capacity=[{"channel": "voice", "units": 1}],
        shifts={"time_zone": "UTC", "weekly": [{"weekday": 7, "start_minute": 0, "end_minute": 60}]}, tag="^LE",
        pinned_skills=["vip"],
    ),
    "Queue": lambda: routing.Queue(
        display_name="Slow", first_response_s=61, offer_timeout_s=31, requirements=[{"skill": "tax", "min_level": 1}],
        selection=events_pb2.SELECTION_ROUND_ROBIN,
        reply_timeout_s=301, supervise_after_returns=6, supervise_after_s=7_201,
        language_level=4, offer_width=2, tier_level=3,
        escalates_to=f"{PARENT}/queues/vip", claim_mode=routing.ClaimMode(lease_s=240, second_opinion_s=60),
        uninterruptible=True,
    ),
    "Calendar": lambda: kpi.Calendar(
        display_name="Night", time_zone="Asia/Shanghai",
        weekly=[{"weekday": 7, "start_minute": 1320, "end_minute": 1800}],
        exceptions=[{
            "start": "2027-01-01T00:00", "end": "2027-01-02T00:00", "kind": kpi_events.EXCEPTION_KIND_OPEN,
            "display_name": "New Year",
        }],
    ),
    "Tenant": lambda: tenants_pb2.Tenant(display_name="Umbrella", default_region="CN", time_zone="Asia/Shanghai"),
}  # fmt: skip
"""The same with another value everywhere."""


@dataclass(frozen=True)
class Update:
    """One Update method and how its resource is made and read."""

    service: str
    described: Any

    @property
    def kind(self) -> str:
        return str(self.described.name.removeprefix("Update"))

    @property
    def field(self) -> str:
        return self.kind.lower()

    def call(self, stack: RunningStack, verb: str, **fields: Any) -> Any:
        described = self.described.containing_service.methods_by_name[verb + self.kind]
        request: Any = message_factory.GetMessageClass(described.input_type)(**fields)
        if "request_id" in described.input_type.fields_by_name:
            request.request_id = str(uuid.uuid4())
        if verb == "Create" and "parent" in described.input_type.fields_by_name:
            request.parent = PARENT
        answer = message_factory.GetMessageClass(described.output_type)
        with stack.channel(self.service) as channel:
            path = f"/{described.containing_service.full_name}/{described.name}"
            made = channel.unary_unary(path, type(request).SerializeToString, answer.FromString)(request, timeout=30)
        return getattr(made, self.field)

    def created(self, stack: RunningStack) -> Any:
        given = {f"{self.field}_id": f"u-{uuid.uuid4().hex[:20]}", self.field: FIRST[self.kind]()}
        return self.call(stack, "Create", **given)

    def updated(self, stack: RunningStack, resource: Any, *paths: str) -> Any:
        return self.call(stack, "Update", **{self.field: resource, "update_mask": {"paths": paths}})


def updates() -> Iterator[Update]:
    """Of what can be created; a tenant's one routing policy is always there."""
    for service, contract in CONTRACTS:
        for described in contract.DESCRIPTOR.services_by_name.values():
            made = {one.name.removeprefix("Create") for one in described.methods if one.name.startswith("Create")}
            found = (Update(service, one) for one in described.methods if one.name.startswith("Update"))
            yield from (one for one in found if one.kind in made)


UPDATES = [pytest.param(one, id=one.described.name) for one in updates()]


@pytest.fixture(autouse=True, scope="module")
def a_queue(stack: RunningStack) -> None:
    with stack.channel("routing") as channel:
        request = routing.CreateQueueRequest(parent=PARENT, queue_id="vip", request_id=str(uuid.uuid4()))
        path = "/switchboard.routing.v1.RoutingService/CreateQueue"
        channel.unary_unary(path, type(request).SerializeToString, None)(request, timeout=30)


def settings(resource: Any) -> dict[str, Any]:
    """What may be changed about a resource, comparable."""
    bare = type(resource)()
    bare.CopyFrom(resource)
    for field in [field.name for field, _ in bare.ListFields()]:
        if field not in changeable(bare.DESCRIPTOR):
            bare.ClearField(field)
    return {field.name: str(value) for field, value in bare.ListFields()}


@pytest.mark.parametrize("update", UPDATES)
def test_without_a_mask_a_field_that_is_not_sent_stays(stack: RunningStack, update: Update) -> None:
    for field in changeable(FIRST[update.kind]().DESCRIPTOR):
        before = update.created(stack)
        sent = type(before)(name=before.name, **{field: getattr(SECOND[update.kind](), field)})
        after = update.updated(stack, sent)
        assert settings(after) == {**settings(before), **settings(sent)}
        assert settings(after) != settings(before)


@pytest.mark.parametrize("update", UPDATES)
def test_what_was_read_can_be_sent_back_and_changes_nothing(stack: RunningStack, update: Update) -> None:
    before = update.created(stack)
    assert update.updated(stack, before) == before


@pytest.mark.parametrize("update", UPDATES)
def test_a_star_replaces_everything(stack: RunningStack, update: Update) -> None:
    before = update.created(stack)
    after = update.updated(stack, type(before)(name=before.name), "*")
    fixed = {"channel": "care"} if update.kind == "Source" else {}
    given = {f"{update.field}_id": f"b-{uuid.uuid4().hex[:20]}", update.field: fixed}
    bare = settings(update.call(stack, "Create", **given))
    if update.kind == "Source":  # its name is shown where it is given no other
        bare["display_name"] = before.name.rpartition("/")[2]
    assert settings(after) == bare


@pytest.mark.parametrize("update", UPDATES)
def test_paths_there_are_not_are_refused_each_by_its_name(stack: RunningStack, update: Update) -> None:
    before = update.created(stack)
    paths = ["colour", *fields_with(before.DESCRIPTOR, OUTPUT_ONLY)]
    with pytest.raises(grpc.RpcError) as refused:
        update.updated(stack, before, *paths)
    bad = details.BadRequest()
    for detail in rpc_status.from_call(refused.value).details:
        detail.Unpack(bad)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert [(one.field, one.description.split()[0]) for one in bad.field_violations] == [
        ("update_mask", path) for path in paths
    ]
