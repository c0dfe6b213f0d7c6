"""Every method of every service, every field of its request, everything that should not stand there.

Given the running stack, when a field is hostile, then the call is answered or refused in time, never INTERNAL, and a
refusal says all that a refusal says: a declared reason, its fields, its resource in full, whether to come back.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import crm_sync.decider
import grpc
import hostile
import ingest.sources
import orjson
import pytest
import routing.commands
from chassis import errors
from chassis.annotations import REQUIRED, behaviors, fields_with
from chassis.commits import Position
from chassis.requests import page
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details
from grpc_status import rpc_status
from kpi.decider import Reason as CalendarReason
from running_stack import RunningStack
from switchboard.crm.v1 import service_pb2 as crm
from switchboard.ingest.v1 import post_pb2
from switchboard.ingest.v1 import service_pb2 as api
from switchboard.kpi.v1 import service_pb2 as kpi
from switchboard.log.v1 import integrity_pb2, operations_pb2, tenants_pb2
from switchboard.routing.v1 import desk_pb2, desk_pb2_grpc, events_pb2
from switchboard.routing.v1 import service_pb2 as work

TENANT = "fields"
PARENT = f"tenants/{TENANT}"
PATIENCE_S = 30
AT_ONCE = 8
REASONS = frozenset(
    str(reason)
    for enumeration in (
        errors.Reason,
        routing.commands.Reason,
        ingest.sources.Reason,
        crm_sync.decider.Reason,
        CalendarReason,
    )
    for reason in enumeration
)
SERVED: Mapping[str, tuple[Any, str]] = {
    "ingest": (api, "IngestService"),
    "routing": (work, "RoutingService"),
    "crm": (crm, "CustomerService"),
    "kpi": (kpi, "KpiService"),
}
BESIDE: Mapping[str, tuple[tuple[Any, str], ...]] = {"routing": ((desk_pb2, "DeskService"),)}
"""Further services of the same process."""
COMMON = (
    (integrity_pb2, "IntegrityService"),
    (operations_pb2, "OperationsService"),
    (tenants_pb2, "TenantService"),
)
NEVER = frozenset({"INTERNAL", "UNKNOWN", "DATA_LOSS", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "CANCELLED"})
ABOUT_RESOURCES = frozenset({"NOT_FOUND", "ALREADY_EXISTS", "FAILED_PRECONDITION"})
COME_BACK = frozenset({"UNAVAILABLE", "RESOURCE_EXHAUSTED", "ABORTED"})
RESOURCE = re.compile(r"tenants/[^/]+(?:/[A-Za-z]+/.+)?|ev\..+|[a-z_0-9]+")
"""Of a tenant; or a shard by its subject, or a consumer by its name."""
REASON = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")


@dataclass(frozen=True)
class Answer:
    """What a call led to; "" and nothing else when it was answered."""

    code: str = ""
    reason: str = ""
    domain: str = ""
    fields: tuple[str, ...] = ()
    resource: tuple[str, str] | None = None
    come_back: bool = False
    message: str = ""


@dataclass(frozen=True)
class Method:
    """One method, and how it is called on a channel."""

    service: str
    described: Any

    @property
    def name(self) -> str:
        return str(self.described.name)

    def call(self, channel: grpc.Channel, request: Message | bytes, within_s: float = PATIENCE_S) -> Answer:
        path = f"/{self.described.containing_service.full_name}/{self.name}"
        up, down = self.described.client_streaming, self.described.server_streaming
        make = getattr(channel, f"{'stream' if up else 'unary'}_{'stream' if down else 'unary'}")
        data = request if isinstance(request, bytes) else request.SerializeToString()
        call = make(path)(iter([data]) if up else data, timeout=within_s) if down else None
        try:
            if call is None:
                make(path)(data, timeout=within_s)
            else:
                next(iter(call), None)
                call.cancel()
        except grpc.RpcError as refused:
            return answer_of(refused)
        return Answer()


def answer_of(refused: Any) -> Answer:
    """A refusal, unpacked."""
    info, bad, resource, retry = details.ErrorInfo(), details.BadRequest(), details.ResourceInfo(), details.RetryInfo()
    named, again = False, False
    status = rpc_status.from_call(refused)
    for detail in () if status is None else status.details:
        detail.Unpack(info)
        detail.Unpack(bad)
        named = detail.Unpack(resource) or named
        again = detail.Unpack(retry) or again
    return Answer(
        refused.code().name,
        info.reason,
        info.domain,
        tuple(one.field for one in bad.field_violations),
        (resource.resource_type, resource.resource_name) if named else None,
        again,
        refused.details() or "",
    )


def complaint(answer: Answer) -> str:
    """What a refusal lacks, "" when it says all it has to."""
    if not answer.code:
        return ""
    if answer.code in NEVER:
        return "stands for bad input"
    declared = answer.reason in REASONS or answer.code == "NOT_FOUND"
    if answer.domain != "switchboard" or not declared or REASON.fullmatch(answer.reason) is None:
        return f"has no declared reason ({answer.domain} {answer.reason})"
    if answer.code in ("INVALID_ARGUMENT", "OUT_OF_RANGE") and not answer.fields:
        return "names no field"
    if answer.code in ABOUT_RESOURCES and answer.reason != errors.Reason.REQUEST_ID_REUSED:
        if answer.resource is None:
            return "names no resource"
        kind, name = answer.resource
        if RESOURCE.fullmatch(name) is None or re.fullmatch(r"[a-z]+(?: [a-z]+)?", kind) is None:
            return f"names its resource {kind!r} {name!r}"
        if answer.code == "NOT_FOUND" and answer.reason != errors.NotFound(kind, name).reason:
            return f"has another reason than any other method for no such {kind}"
    if (answer.code in COME_BACK) is not answer.come_back and answer.reason != errors.Reason.MESSAGE_TOO_LARGE:
        return "does not say whether to come back"
    return ""


def methods() -> Iterator[Method]:
    for served, (contract, service) in SERVED.items():
        for module, name in ((contract, service), *BESIDE.get(served, ()), *COMMON):
            described = module.DESCRIPTOR.services_by_name[name]
            yield from (Method(served, one) for one in described.methods)


METHODS = [pytest.param(one, id=f"{one.service} {one.name}") for one in methods()]


@dataclass
class World:
    """What there is in the tenant: one of each, by full name."""

    channels: dict[str, grpc.Channel]
    case: str = ""
    closed_case: str = ""
    post: str = ""
    identities: tuple[str, str] = ("", "")
    customer: str = ""
    quarantined: str = ""
    position: str = ""
    agent: str = f"{PARENT}/agents/mia"
    queue: str = f"{PARENT}/queues/vip"
    source: str = f"{PARENT}/sources/shop"

    def do(self, service: str, method: str, request: Message) -> Any:
        contract, name = SERVED[service] if method != "WaitUntil" else COMMON[0]
        described = contract.DESCRIPTOR.services_by_name[name].methods_by_name[method]
        answer = message_factory.GetMessageClass(described.output_type)
        path = f"/{described.containing_service.full_name}/{method}"
        call = self.channels[service].unary_unary(path, type(request).SerializeToString, answer.FromString)
        return call(request, timeout=PATIENCE_S)

    def names(self) -> tuple[str, ...]:
        """Names to try wherever a text may stand: of what there is, and of what there is not."""
        there = (self.case, self.agent, self.identities[0], self.post)
        kinds = ("cases", "agents", "queues", "posts", "sources", "customers", "identities", "quarantined")
        malformed = [f"{PARENT}/{kind}/not-a-uuid" for kind in kinds]
        missing = [f"{PARENT}/{kind}/{uuid.uuid4()}" for kind in ("cases", "identities", "customers")]
        return (*there, *malformed, *missing, f"{missing[0]}/", f"{PARENT}/cases/a:b")


def new_id() -> str:
    return str(uuid.uuid4())


def post(number: int, author: str) -> api.Delivery:
    normal = post_pb2.NormalizedPost(external_id=f"p{number}", text="hello", author_kind=post_pb2.AUTHOR_KIND_CUSTOMER)
    normal.author.external_id = author
    normal.published_at.GetCurrentTime()
    return api.Delivery(normalized_post=normal)


@pytest.fixture(scope="module")
def world(stack: RunningStack) -> Iterator[World]:
    channels = {}
    for service in SERVED:
        options = [("grpc.enable_http_proxy", 0), ("grpc.max_send_message_length", -1)]
        channels[service] = grpc.insecure_channel(stack.endpoints[service], options=options)
    made = World(channels)
    source = api.Source(channel="care", labels={"brand": "shop"})
    made.do("ingest", "CreateSource", api.CreateSourceRequest(parent=PARENT, source_id="shop", source=source))
    for number, author in enumerate(("ana", "bo", "cy")):
        request = api.IngestPostRequest(source=made.source, delivery=post(number, author))
        taken = made.do("ingest", "IngestPost", request)
    made.post = taken.result.posts[0].post
    broken = api.IngestPostRequest(source=made.source, delivery=api.Delivery(payload=b"{", content_type="text/html"))
    quarantined = made.do("ingest", "IngestPost", broken)
    made.quarantined, made.position = quarantined.result.quarantined, quarantined.position
    for service in ("routing", "crm", "kpi"):
        wait = integrity_pb2.WaitUntilRequest(position=made.position, tenant=TENANT)
        made.do(service, "WaitUntil", wait)
    cases = made.do("routing", "ListCases", work.ListCasesRequest(parent=PARENT)).cases
    made.case, made.closed_case = cases[0].name, cases[1].name
    made.identities = (cases[0].identity, cases[1].identity)
    made.customer = made.do("crm", "ListCustomers", crm.ListCustomersRequest(parent=PARENT)).customers[0].name
    agent = work.CreateAgentRequest(parent=PARENT, agent_id="mia", request_id=new_id())
    made.do("routing", "CreateAgent", agent)
    made.do("routing", "CreateQueue", work.CreateQueueRequest(parent=PARENT, queue_id="vip", request_id=new_id()))
    text = desk_pb2.CannedText(text="Hi {customer.handle}")
    desk_pb2_grpc.DeskServiceStub(channels["routing"]).CreateCannedText(
        desk_pb2.CreateCannedTextRequest(parent=PARENT, canned_text_id="hello", canned_text=text, request_id=new_id())
    )
    made.do("kpi", "CreateCalendar", kpi.CreateCalendarRequest(
        parent=PARENT, calendar_id="default", calendar=kpi.Calendar(time_zone="Asia/Shanghai"), request_id=new_id()
    ))  # fmt: skip
    yield made
    for channel in channels.values():
        channel.close()


def template(method: Method, world: World) -> Message:
    """A request that is right in itself; one that changes something for good is about what is not there."""
    request: Any = message_factory.GetMessageClass(method.described.input_type)()
    nobody = f"{PARENT}/customers/{uuid.uuid4()}"
    named = {
        "GetCase": world.case, "ExplainDecision": world.case, "ReopenCase": world.closed_case,
        "GetAgent": world.agent, "SetPresence": world.agent, "DrainAgent": world.agent,
        "GetQueue": world.queue, "GetPost": world.post,
        "GetRoutingPolicy": f"{PARENT}/routingPolicy",
        "GetCannedText": f"{PARENT}/cannedTexts/hello", "RenderCannedText": f"{PARENT}/cannedTexts/hello",
        "DeleteCannedText": f"{PARENT}/cannedTexts/gone",
        "GetCalendar": f"{PARENT}/calendars/default", "MeasureBusinessTime": f"{PARENT}/calendars/default",
        "ImportCalendarExceptions": f"{PARENT}/calendars/default",
        "GetDraft": f"{world.case}/drafts/mia", "DeleteDraft": f"{world.case}/drafts/mia",
        "DeleteAgent": f"{PARENT}/agents/gone", "DeleteQueue": f"{PARENT}/queues/gone",
        "GetSource": world.source, "DeleteSource": f"{PARENT}/sources/gone", "RequeueQuarantined": world.quarantined,
        "GetCustomer": world.customer, "ExplainAttribute": world.customer, "EraseSubject": nobody,
        "GetTenant": PARENT, "DeleteTenant": "tenants/nobody-made-this", "WakeShard": f"ev.work.{TENANT}.0",
    }  # fmt: skip
    parents = {
        "ListCaseEvents": world.case,
        "ListCasePosts": world.case,
        "ListDrafts": world.case,
        "ListAttributeValues": world.customer,
        "ListLinks": world.customer,
    }
    values: dict[str, Any] = {
        "parent": parents.get(method.name, PARENT),
        "request_id": new_id(),
        "identity_a": world.identities[0],
        "identity_b": world.identities[1],
        "source_id": "other",
        "agent_id": "leo",
        "queue_id": "low",
        "canned_text_id": "bye",
        "calendar_id": "office",
        "tenant_id": TENANT,
        "metric": "offered",
        "attribute": "email",
        "text": "good day",
        "disposition": "solved",
        "outcome": "done",
        "reason": "because",
        "invariants": ["I0"],
        "waiting_for": events_pb2.WAITING_FOR_CUSTOMER,
        "presence": events_pb2.PRESENCE_AWAY,
        "consumer": "nobody",
        "key": "nothing",
    }
    fields = request.DESCRIPTOR.fields_by_name
    if "name" in fields:
        request.name = named.get(method.name, world.case)
    for name, value in values.items():
        if name in fields and name != "source":
            if isinstance(value, list):
                getattr(request, name).extend(value)
            else:
                setattr(request, name, value)
    match request:
        case api.IngestPostsRequest():
            request.source = world.source
            request.deliveries.append(post(7, "ana"))
        case api.IngestPostRequest():
            request.source = world.source
            request.delivery.CopyFrom(post(8, "ana"))
        case api.CreateSourceRequest():
            request.source.channel = "care"
        case api.UpdateSourceRequest():
            request.source.name = world.source
        case crm.LookupCustomerRequest():
            request.identity = world.identities[0]
        case crm.AssertAttributesRequest():
            request.identity = world.identities[0]
            request.source = "shop"
            request.attributes.add(attribute="city", value="Ulm")
        case work.UpdateAgentRequest():
            request.agent.name = world.agent
        case kpi.CreateCalendarRequest():
            request.calendar.time_zone = "UTC"
        case kpi.UpdateCalendarRequest():
            request.calendar.name = f"{PARENT}/calendars/default"
        case kpi.ImportCalendarExceptionsRequest():
            event = b"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261225\r\nEND:VEVENT"
            request.ical = b"BEGIN:VCALENDAR\r\n" + event + b"\r\nEND:VCALENDAR\r\n"
        case kpi.RestateRequest():
            request.from_version = 1
        case kpi.MeasureBusinessTimeRequest():
            request.start_time.GetCurrentTime()
            request.business_time.seconds = 3_600
        case desk_pb2.CreateCannedTextRequest():
            request.canned_text.text = "Hi {customer.handle}"
        case desk_pb2.UpdateCannedTextRequest():
            request.canned_text.name = f"{PARENT}/cannedTexts/hello"
        case desk_pb2.RenderCannedTextRequest():
            request.case = world.case
        case desk_pb2.GrantGoodwillRequest():
            request.unit, request.amount = "EUR", 500
        case work.VoteOnAnswerRequest():
            request.verdict = events_pb2.VERDICT_HELPFUL
        case desk_pb2.ApproveGoodwillRequest() | desk_pb2.RefuseGoodwillRequest():
            request.name = f"{world.case}/goodwill/{uuid.uuid4()}"
        case desk_pb2.UpdateDeskPolicyRequest():
            request.desk_policy.name = f"{PARENT}/deskPolicy"
            request.desk_policy.goodwill_limits.add(unit="EUR", per_case=500, per_day=1_000)
        case desk_pb2.GetDeskPolicyRequest():
            request.name = f"{PARENT}/deskPolicy"
        case work.JoinCasesRequest():
            request.into = world.case.rpartition("/")[0] + "/" + str(uuid.uuid4())
        case work.CreateTaskRequest():
            request.queue = world.queue
        case work.TransferCaseRequest():
            request.queue = world.queue
            request.urgency = 1
        case (
            work.AcceptOfferRequest()
            | work.DeclineOfferRequest()
            | work.RenewClaimRequest()
            | work.SecondClaimRequest()
        ):
            request.token = 1
        case work.UpdateQueueRequest():
            request.queue.name = world.queue
        case work.ShapeCaseRequest():
            request.tier = "gold"
        case work.UpdateRoutingPolicyRequest() | work.CheckRoutingPolicyRequest():
            request.routing_policy.name = f"{PARENT}/routingPolicy"
        case tenants_pb2.UpdateTenantRequest():
            request.tenant.name = PARENT
        case work.PendCaseRequest():
            request.until.GetCurrentTime()
            request.until.seconds += 3600
    agent = fields.get("agent")
    if agent is not None and agent.message_type is None:
        request.agent = world.agent
    if isinstance(request, work.OpenCaseRequest):  # who opens a case by hand, and why, is asked of posts only
        request.ClearField("agent")
        request.ClearField("reason")
    return request


def refused_badly(method: Method, world: World, requests: Mapping[str, Message | bytes]) -> str:
    """What is wrong with the answers to these requests, a line each."""
    channel = world.channels[method.service]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda request: method.call(channel, request), requests.values()))
    return "\n".join(
        f"{method.name}: {what}: {found} ({answer.code} {answer.reason}: {answer.message[:120]})"
        for what, answer in zip(requests, answers, strict=True)
        if (found := complaint(answer))
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_hostile_field_is_refused_precisely(world: World, method: Method) -> None:
    right = method.call(world.channels[method.service], template(method, world))
    assert right.code in ("", *ABOUT_RESOURCES), f"the request is wrong before it is made so: {right}"
    requests: dict[str, Message | bytes] = {}
    for what, request in hostile.variants(template(method, world), world.names()):
        if "request_id" in request.DESCRIPTOR.fields_by_name and not what.startswith("request_id"):
            request.request_id = new_id()  # type: ignore[attr-defined]
        requests[what] = request
    wrong = refused_badly(method, world, requests)
    assert not wrong, wrong


@pytest.mark.parametrize("method", METHODS)
def test_every_field_that_is_wrong_in_form_is_named_at_once(world: World, method: Method) -> None:
    request: Any = template(method, world)
    chosen = {request.WhichOneof(one.name) for one in request.DESCRIPTOR.oneofs}
    texts = [one for one in request.DESCRIPTOR.fields if one.type == one.TYPE_STRING and not one.is_repeated]
    texts = [one for one in texts if one.containing_oneof is None or one.name in chosen]
    for field in texts:
        setattr(request, field.name, "\0")
    if not texts:
        return
    answer = method.call(world.channels[method.service], request)
    assert (answer.code, answer.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert {field.name for field in texts} <= set(answer.fields)


@pytest.mark.parametrize("method", METHODS)
def test_exactly_what_is_required_is_refused_when_it_is_missing(world: World, method: Method) -> None:
    """The contract's REQUIRED is what a caller meets: no more, no less."""
    right = template(method, world)
    for field, _ in right.ListFields():
        if field.containing_oneof is not None:
            continue
        request = type(right)()
        request.CopyFrom(right)
        request.ClearField(field.name)
        answer = method.call(world.channels[method.service], request)
        missed = answer.code == "INVALID_ARGUMENT" and field.name in answer.fields
        assert missed == (REQUIRED in behaviors(field)), f"{method.name} without {field.name}: {answer}"
    for name in fields_with(right.DESCRIPTOR, REQUIRED):
        assert name in {field.name for field, _ in right.ListFields()}, f"the template of {method.name} lacks {name}"


@pytest.mark.parametrize("method", METHODS)
def test_what_is_wrong_is_said_at_once_whoever_finds_it(world: World, method: Method) -> None:
    """Given a request that is wrong in length, form, page and rule, then one refusal names all of it."""
    request: Any = template(method, world)
    fields = request.DESCRIPTOR.fields_by_name
    wrong: dict[str, Any] = {
        "request_id": "no uuid", "page_size": -1, "page_token": "forged", "filter": "colour ~ red",
        "order_by": "colour",
        "min_position": "nowhere", "successor": "elsewhere", "disposition": "Not A Code", "agent_id": "NO",
        "urgency": 7,
        "queue_id": "NO", "canned_text_id": "NO", "source_id": "NO", "tenant_id": "No",
        "language": "x" * 99, "channel": "No Channel", "attribute": "NO",
        "time_zone": "Mars/Olympus", "display_name": "x" * 9_000,
    }  # fmt: skip
    chosen = {name: value for name, value in wrong.items() if name in fields}
    if method.name == "DeleteQueue":
        request.force = True
    for name, value in chosen.items():
        setattr(request, name, value)
    for name in fields_with(request.DESCRIPTOR, REQUIRED):
        if name not in chosen:
            request.ClearField(name)
            chosen[name] = None
    if not chosen:
        return
    answer = method.call(world.channels[method.service], request)
    assert (answer.code, answer.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST"), answer
    assert set(chosen) <= set(answer.fields)


@pytest.mark.parametrize("method", METHODS)
def test_half_a_character_is_no_message(world: World, method: Method) -> None:
    fields = [one for one in method.described.input_type.fields if one.type == one.TYPE_STRING]
    raw = {one.name: bytes([one.number << 3 | 2, 3]) + b"\xed\xa0\x80" for one in fields if one.number < 16}
    wrong = refused_badly(method, world, {**raw, "no message": b"\xff\xff\xff"})
    assert not wrong, wrong


PAGED = [one for one in METHODS if "page_token" in one.values[0].described.input_type.fields_by_name]


@pytest.mark.parametrize("method", PAGED)
def test_a_forged_page_token_is_refused_or_harmless(world: World, method: Method) -> None:
    """The token of a first page with its cursor exchanged: other types, other values, other lengths."""
    request: Any = template(method, world)
    request.page_size = 1
    described = method.described
    answer = message_factory.GetMessageClass(described.output_type)
    call = world.channels[method.service].unary_unary(
        f"/{described.containing_service.full_name}/{method.name}", type(request).SerializeToString, answer.FromString
    )
    token = call(request, timeout=PATIENCE_S).next_page_token or page(request).token_after(CURSORS[method.name])
    requests: dict[str, Message | bytes] = {}
    for what, forged in forgeries(token):
        made = type(request)()
        made.CopyFrom(request)
        made.page_token = forged
        requests[what] = made
    wrong = refused_badly(method, world, requests)
    assert not wrong, wrong


NOBODY = "00000000-0000-0000-0000-000000000000"
CURSORS: Mapping[str, tuple[str | int, ...]] = {
    "ListQuarantined": (0, NOBODY),
    "ListSources": ("a",),
    "ListAttributeValues": ("a", "a", "a", 0, "a"),
    "ListLinks": (NOBODY, NOBODY),
    "ListCasePosts": (0, NOBODY),
    "ListDrafts": ("a",),
    "ListCalendars": ("a",),
    "ListCannedTexts": ("a",),
    "ListWaitingGoodwill": (NOBODY, NOBODY),
    "ListUnattributedPosts": (0, NOBODY),
    "ExplainAttribute": (1,),
    "ListParked": ("a", "a", 1, 1),
    "ListTenants": ("a",),
}
"""What a token of these methods holds, whose second page is empty here."""


def forgeries(token: str) -> Iterator[tuple[str, str]]:
    values = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    numbers: tuple[Any, ...] = (2**63 - 1, -(2**63), 0, -1, 1 << 53)
    texts: tuple[Any, ...] = ("not-a-uuid", "", "\0", "x" * 900, "{}", "很", "00000000-0000-0000-0000-000000000000")
    others: tuple[Any, ...] = (None, True, 1.5, [], {}, 2**64 - 1, -1, "1", 10**12)
    for place in range(1, len(values)):
        for other in (*numbers, *texts, *others):
            made = [*values[:place], other, *values[place + 1 :]]
            yield f"{place} is {str(other)[:30]!r}", _token(made)
    yield "one value more", _token([*values, 1])
    yield "one value less", _token(values[:-1])
    yield "of another request", _token(["0" * 16, *values[1:]])
    yield "no list", base64.urlsafe_b64encode(b"7").decode()
    yield "deep", base64.urlsafe_b64encode(b"[" * 2_000 + b"]" * 2_000).decode().rstrip("=")


def _token(values: list[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


BEYOND = [
    pytest.param(method, field, id=f"{method.service} {method.name} {field}")
    for method in methods()
    for field in ("min_position", "as_of", "after", "position", "resume_token")
    if field in method.described.input_type.fields_by_name
]


@pytest.mark.parametrize(("method", "field"), BEYOND)
def test_a_token_beyond_the_end_of_the_log_is_out_of_range(world: World, method: Method, field: str) -> None:
    request = template(method, world)
    setattr(request, field, Position.encode(1 << 40))
    if isinstance(request, kpi.WatchWallboardRequest):
        request.resume_token = base64.urlsafe_b64encode((1 << 40).to_bytes(8, "big") + bytes(16)).decode()
    answer = method.call(world.channels[method.service], request)
    assert (answer.code, answer.reason, answer.fields) == ("OUT_OF_RANGE", "POSITION_OUT_OF_RANGE", (field,))


SHORT_S = (0.001, 0.003, 0.01)
"""Deadlines that pass on the way, while the call waits, or while it computes."""


@pytest.mark.parametrize("method", METHODS)
def test_a_deadline_that_passes_is_exceeded_and_nothing_else(world: World, method: Method) -> None:
    """What the server made of it is in its log, which the last test reads."""
    channel = world.channels[method.service]
    answers = [method.call(channel, template(method, world), within_s) for within_s in SHORT_S]
    # A server that gives up waiting just before its caller does says that something is away.
    assert {answer.code for answer in answers} <= {"", "DEADLINE_EXCEEDED", "UNAVAILABLE", *ABOUT_RESOURCES}


def test_every_method_and_no_other_is_tried(world: World) -> None:
    pool = descriptor_pool.Default()
    known = {one.described.containing_service.full_name for one in methods()}
    assert all(pool.FindServiceByName(name) for name in known)
    assert len({(one.service, one.described.full_name) for one in methods()}) == len(METHODS)


def test_nothing_of_this_failed_unforeseen(world: World, stack: RunningStack) -> None:
    assert "unforeseen" not in stack.complaints()
