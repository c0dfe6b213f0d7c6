"""Requests as commands: those about cases are read here. What is malformed is refused with every violation at once;
whether something may be done is the decider's to say.
"""

import re
from unicodedata import category

from chassis.clock import MICROS, Instant
from chassis.errors import InvalidRequest
from chassis.identity import is_uuid
from chassis.requests import instant
from google.protobuf.message import Message
from switchboard.routing.v1 import service_pb2 as api

from routing import commands
from routing.agent_requests import agent_command
from routing.cases import URGENCY_MAX, WEIGHT_MAX, case_id_of
from routing.form import (
    CHANNEL,
    CODE,
    PLACE,
    REASON,
    TIER,
    Form,
    agent_terms_of,
    case_and_agent,
    check_text,
    point_of,
    requirements_of,
)
from routing.geo import RADIUS_MAX_KM
from routing.policy_requests import policy_command
from routing.queue_requests import queue_command
from routing.terms import Direction, Verdict, WaitingFor

DESK_MAX = 200
PEND_MAX_S = 90 * 86_400
_ETAG = re.compile(r"[0-9a-f]{16}|")
_TAG = re.compile(r"[a-z0-9_:-]{1,60}")


def tenant_of(request: Message) -> str:
    """The tenant a request is about. Raises InvalidRequest."""
    for field in ("name", "parent", "agent", "queue", "routing_policy", "canned_text", "desk_policy"):
        if field in request.DESCRIPTOR.fields_by_name:
            value = getattr(request, field)
            name: str = value if isinstance(value, str) else value.name
            found = re.match(r"tenants/([a-z][a-z0-9-]{0,39})(?:/|\Z)", name)
            if found is None:
                where = field if isinstance(value, str) else f"{field}.name"
                raise InvalidRequest([(where, "is a resource name that begins with tenants/{tenant}")])
            return found[1]
    raise TypeError(f"{request.DESCRIPTOR.full_name} names no tenant")


def command_of(request: Message, now: Instant) -> commands.Command:
    """The command a mutating request asks for. Raises InvalidRequest with every violation."""
    form = Form(request)
    request_id = form.request_id()
    command: commands.Command
    match request:
        case api.OpenCaseRequest():
            command = _open(form, request, request_id, now)
        case api.AcceptOfferRequest():
            command = commands.AcceptOffer(*case_and_agent(form), request.token, now)
        case api.DeclineOfferRequest():
            reason = form.text("reason", REASON)
            command = commands.DeclineOffer(*case_and_agent(form), request.token, reason, now)
        case api.ClaimCaseRequest():
            command = commands.ClaimCase(*case_and_agent(form), now)
        case api.RenewClaimRequest():
            command = commands.RenewClaim(*case_and_agent(form), request.token, now)
        case api.SecondClaimRequest():
            command = commands.SecondClaim(*case_and_agent(form), request.token, now)
        case api.VoteOnAnswerRequest():
            command = _vote(form, request, now)
        case api.ReleaseCaseRequest():
            command = commands.ReleaseCase(*case_and_agent(form), form.text("reason", REASON), now)
        case api.PendCaseRequest():
            until = form.take(lambda: instant(request, "until"), now)
            if not now < until <= now + PEND_MAX_S * MICROS and not form.violations:
                form.wrong("until", "is in the future, at most 90 days away")
            if request.waiting_for not in (1, 2):
                form.wrong("waiting_for", "is CUSTOMER or THIRD_PARTY")
            waiting_for = WaitingFor(request.waiting_for if request.waiting_for in (1, 2) else 0)
            command = commands.PendCase(*case_and_agent(form), waiting_for, until, now)
        case api.ResumeCaseRequest():
            command = commands.ResumeCase(*case_and_agent(form), now)
        case api.ResolveCaseRequest():
            tags = tuple(sorted(set(request.tags)))
            if len(tags) > 20 or any(_TAG.fullmatch(tag) is None for tag in tags):
                form.wrong("tags", f"are at most 20 of the form {_TAG.pattern}")
            disposition = form.text("disposition", CODE)
            command = commands.ResolveCase(*case_and_agent(form), disposition, tags, now, request.cancel_tasks)
        case api.ReopenCaseRequest():
            command = commands.ReopenCase(form.name("name", "cases")[1], form.text("reason", CODE), now)
        case api.TransferCaseRequest():
            command = _transfer(form, request, now)
        case api.ShapeCaseRequest():
            command = _shape(form, request, now)
        case api.EscalateCaseRequest():
            command = _escalate(form, request, now)
        case api.CreateTaskRequest():
            command = _task(form, request, request_id, now)
        case api.CloseTaskRequest():
            tenant, task_id = form.name("name", "cases")
            agent_id = form.optional("agent", "agents", tenant)
            command = commands.CloseTask(task_id, agent_id, form.text("outcome", CODE), now)
        case api.JoinCasesRequest():
            tenant, joined_case_id = form.name("name", "cases")
            case_id = form.of_tenant("into", "cases", tenant)
            if case_id and case_id == joined_case_id:
                form.wrong("into", "is another case than the one to join")
            command = commands.JoinCases(case_id, joined_case_id, form.optional("agent", "agents", tenant), now)
        case api.SplitCaseRequest():
            tenant, case_id = form.name("name", "cases")
            command = commands.SplitCase(case_id, form.optional("agent", "agents", tenant), now)
        case api.CreateAgentRequest() | api.UpdateAgentRequest() | api.DeleteAgentRequest():
            command = agent_command(form, request, now)
        case api.SetPresenceRequest() | api.DrainAgentRequest():
            command = agent_command(form, request, now)
        case api.CreateQueueRequest() | api.UpdateQueueRequest() | api.DeleteQueueRequest():
            command = queue_command(form, request, now)
        case api.UpdateRoutingPolicyRequest():
            command = policy_command(form, request, now)
        case _:
            raise TypeError(f"{request.DESCRIPTOR.full_name} asks for nothing")
    form.check()
    return command


def written(request: api.ReplyToCaseRequest | api.NoteCaseRequest) -> tuple[str, str, str, str]:
    """(case, agent, in_reply_to, request id) of a request with a text. Raises InvalidRequest."""
    form = Form(request)
    request_id = form.request_id()
    case_id, agent_id = case_and_agent(form)
    check_text(form, request.text)
    in_reply_to = ""
    if isinstance(request, api.ReplyToCaseRequest):
        in_reply_to = form.optional("in_reply_to", "posts", form.name("name", "cases")[0])
        form.text("barge_reason", REASON)
        form.text("etag", _ETAG)
    form.check()
    return case_id, agent_id, in_reply_to, request_id


def _vote(form: Form, request: api.VoteOnAnswerRequest, now: Instant) -> commands.VoteOnAnswer:
    if request.reply_id and not is_uuid(request.reply_id):
        form.wrong("reply_id", "is a UUID in lower case, or empty for the latest answer")
    if request.verdict not in (1, 2, 3):
        form.wrong("verdict", "is HELPFUL, NOT_HELPFUL or WITHDRAWN")
    verdict = Verdict(request.verdict if request.verdict in (1, 2, 3) else 0)
    return commands.VoteOnAnswer(*case_and_agent(form), request.reply_id, verdict, now)


def _transfer(form: Form, request: api.TransferCaseRequest, now: Instant) -> commands.TransferCase:
    tenant, case_id = form.name("name", "cases")
    urgency = request.urgency if request.HasField("urgency") else None
    if urgency is not None and not 0 <= urgency <= URGENCY_MAX:
        form.wrong("urgency", f"is 0 to {URGENCY_MAX}, or absent")
    if not request.queue and urgency is None:
        form.wrong("queue", "or urgency says what changes; one of them is required")
    agent_id, queue_id = form.optional("agent", "agents", tenant), form.optional("queue", "queues", tenant)
    return commands.TransferCase(case_id, agent_id, queue_id, urgency, form.text("reason", REASON), now)


def _shape(form: Form, request: api.ShapeCaseRequest, now: Instant) -> commands.ShapeCase:
    tenant, case_id = form.name("name", "cases")
    if not any(request.HasField(field) for field in ("agents", "tier", "within")):
        form.wrong("agents", "or tier, or within says what is said of the case; one of them is required")
    agent_id = form.optional("agent", "agents", tenant)
    terms = agent_terms_of(form, "agents", tenant, request.agents, now) if request.HasField("agents") else None
    tier = form.text("tier", TIER) if request.HasField("tier") else None
    within = _within(form, request.within) if request.HasField("within") else None
    return commands.ShapeCase(case_id, agent_id, terms, now, tier, within)


def _within(form: Form, given: api.CaseWithin) -> commands.CaseWithin:
    """Where an agent is to be; with nothing in it anywhere."""
    point = point_of(form, "within.point", given.point) if given.HasField("point") else None
    if not given.place_id and point is None:
        if given.radius_km or given.hard:
            form.wrong("within.place_id", "or point says near to what; without them it is empty, for anywhere")
        return commands.CaseWithin("", None, 0, False)
    if given.place_id and point is not None:
        form.wrong("within.point", "means the nearest place, and place_id names one; give one of them")
    if given.place_id and PLACE.fullmatch(given.place_id) is None:
        form.wrong("within.place_id", f"has the form {PLACE.pattern}")
    if not 1 <= given.radius_km <= RADIUS_MAX_KM:
        form.wrong("within.radius_km", f"is 1 to {RADIUS_MAX_KM}")
    return commands.CaseWithin(given.place_id, point, given.radius_km, given.hard)


def _escalate(form: Form, request: api.EscalateCaseRequest, now: Instant) -> commands.EscalateCase:
    tenant, case_id = form.name("name", "cases")
    urgency = request.urgency if request.HasField("urgency") else None
    if urgency is not None and not 0 <= urgency <= URGENCY_MAX:
        form.wrong("urgency", f"is 0 to {URGENCY_MAX}, or absent")
    agent_id, queue_id = form.optional("agent", "agents", tenant), form.optional("queue", "queues", tenant)
    return commands.EscalateCase(case_id, agent_id, queue_id, urgency, form.text("reason", CODE), now)


def _task(form: Form, request: api.CreateTaskRequest, request_id: str, now: Instant) -> commands.CreateTask:
    tenant, case_id = form.name("name", "cases")
    if not 0 <= request.urgency <= URGENCY_MAX:
        form.wrong("urgency", f"is 0 to {URGENCY_MAX}")
    if not 0 <= request.weight <= WEIGHT_MAX:
        form.wrong("weight", f"is 1 to {WEIGHT_MAX}, or 0 for 1")
    return commands.CreateTask(
        case_id,
        case_id_of(tenant, request_id),
        form.of_tenant("queue", "queues", tenant),
        form.text("reason", CODE),
        request.urgency,
        requirements_of(form, "requirements", request.requirements),
        request.weight or 1,
        form.optional("agent", "agents", tenant),
        request_id,
        now,
    )


_OF_THE_POST = (
    "channel",
    "source",
    "identity",
    "language",
    "direction",
    "weight",
    "requirements",
    "agents",
    "tier",
    "within",
)
_OF_A_POST = ("desk", "agent", "reason")


def _open(
    form: Form, request: api.OpenCaseRequest, request_id: str, now: Instant
) -> commands.OpenCase | commands.EscalatePost:
    tenant = form.tenant()
    if not 0 <= request.urgency <= URGENCY_MAX:
        form.wrong("urgency", f"is 0 to {URGENCY_MAX}")
    agent_id, reason = form.optional("agent", "agents", tenant), form.text("reason", REASON)
    if len(request.desk) > DESK_MAX or any(category(one)[0] == "C" for one in request.desk):
        form.wrong("desk", f"has at most {DESK_MAX} code points, none of them a control character")
    post_id = form.optional("post", "posts", tenant)
    for field in _OF_THE_POST if request.post else _OF_A_POST:
        if getattr(request, field) and (field not in ("agents", "within") or request.HasField(field)):
            form.wrong(field, "is the post's own; leave it empty" if request.post else "is for a post only")
    if request.post:
        queue_id = form.optional("queue", "queues", tenant)
        return commands.EscalatePost(post_id, request.desk, queue_id, request.urgency, agent_id, reason, now)
    if not 0 <= request.weight <= WEIGHT_MAX:
        form.wrong("weight", f"is 1 to {WEIGHT_MAX}, or 0 for what the policy says")
    if request.channel and CHANNEL.fullmatch(request.channel) is None:
        form.wrong("channel", "is a channel's name")
    if not re.fullmatch(r"[A-Za-z0-9-]{2,35}|", request.language):
        form.wrong("language", "is a BCP 47 tag")
    if request.direction not in (0, 1, 2):
        form.wrong("direction", "is INBOUND or OUTBOUND")
    return commands.OpenCase(
        case_id_of(tenant, request_id),
        form.optional("queue", "queues", tenant),
        request.channel,
        form.optional("source", "sources", tenant),
        "",
        form.optional("identity", "identities", tenant),
        request.language or "und",
        request.urgency,
        requirements_of(form, "requirements", request.requirements),
        request.weight,
        Direction.OUTBOUND if request.direction == 2 else Direction.INBOUND,
        request_id,
        now,
        agent_terms_of(form, "agents", tenant, request.agents, now) if request.HasField("agents") else None,
        form.text("tier", TIER),
        _within(form, request.within) if request.HasField("within") else None,
    )
