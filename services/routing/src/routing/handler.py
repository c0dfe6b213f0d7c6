"""A request at the owner of its shard: its form is judged, it becomes a command, and what comes of that is the answer.

What is malformed is refused with every violation at once; whether something may be done is the decider's to say.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from hashlib import sha256
from typing import Any, TypeVar
from unicodedata import category

from chassis.clock import MICROS, Clock, Instant
from chassis.commands import Origin, Request, request_of
from chassis.commits import Position
from chassis.errors import InvalidRequest, Rejected
from chassis.identity import is_uuid, uuid5, uuid_bytes
from chassis.layout import struct_of
from chassis.masks import changed_fields
from chassis.message_limits import MessageLimits
from chassis.requests import instant, parse_name, request_uuid, time_zone
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from msgspec import structs
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from routing import commands, events, wire
from routing.agents import CAPACITY_MAX, DEFAULT_QUEUE, OFFER_WIDTH_MAX, Policy
from routing.canned import TEXT_MAX as CANNED_MAX
from routing.cases import URGENCY_MAX, WEIGHT_MAX, case_id_of
from routing.commands import Command, Reason
from routing.escalation import case_id_of_post
from routing.memory_reads import POLICY, READS, Writer, queue_message
from routing.relaxation import LENDERS_MAX, STEPS_MAX
from routing.rules import RULES_MAX, wrong_in
from routing.shard import Shard
from routing.sources import Sources
from routing.terms import (
    ChannelCapacity,
    ChannelUnits,
    ClaimTerms,
    Direction,
    Ordering,
    PostKind,
    Presence,
    Relaxation,
    Requirement,
    Rule,
    Selection,
    ShiftException,
    ShiftPlan,
    Skill,
    SkillWeight,
    WaitingFor,
    WeeklyShift,
)

T = TypeVar("T")
E = TypeVar("E", bound=IntEnum)

REPLIES = bytes.fromhex("8d3c0a5a7b0e5f0c9b1b64d2f9a35e27")
"""Namespace of replies and notes: named by the request that asked for them."""
TEXT_MAX = 10_000
LIMITS = MessageLimits(
    texts={
        "switchboard.routing.v1.ReplyToCaseRequest.text": 4 * TEXT_MAX,
        "switchboard.routing.v1.NoteCaseRequest.text": 4 * TEXT_MAX,
        "switchboard.routing.v1.SaveDraftRequest.text": 4 * TEXT_MAX,
        "switchboard.routing.v1.CannedText.text": 4 * CANNED_MAX,
    }
)
"""What requests may carry beyond the usual: every code point of a text takes up to four bytes."""
DESK_MAX = 200
DRAIN_MAX_S = 7 * 86_400
WEEKLY_MAX, EXCEPTIONS_MAX = 50, 100
DAY_MIN = 1_440
CHANNELS_MAX = 20
"""Channels that an agent makes a difference of. Against: cases of each wait apart."""
PEND_MAX_S = 90 * 86_400
LEASE_S = 300
"""How long a claim holds where its queue does not say."""
_POLICY_RANGES = {
    "late_share": (2, 100, ", or 0 for 5"),
    "urgency_head_start_s": (1, 86_400, ", or 0 for 1800"),
    "preferred_s": (0, 86_400, ""),
    "max_missed_offers": (1, 100, ", or 0 for 3"),
    "decline_cooldown_s": (1, 86_400, ", or 0 for 300"),
    "confirm_window_s": (1, 2_592_000, ", or 0 for 86400"),
    "absence_s": (1, 604_800, ", or 0 for ever"),
    "pending_percent": (1, 100, ", or 0 for 100"),
    "resume_percent": (100, 1_000, ", or 0 for 100"),
    "wind_down_s": (0, 86_400, ""),
}
"""Of each number: least, most, and what 0 stands for."""
_SKILL = re.compile(r"[a-z0-9][a-zA-Z0-9:._-]{0,62}")
_AGENT = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_QUEUE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SOURCE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_RULE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_REASON = re.compile(r"[a-z0-9_]{0,60}")
_CODE = re.compile(r"[a-z0-9_]{1,60}")
_ETAG = re.compile(r"[0-9a-f]{16}|")
_AGENT_TAG = re.compile(r"\S{0,20}")
_TAG = re.compile(r"[a-z0-9_:-]{1,60}")


class Handler:
    """Handles requests at the shard that owns them."""

    def __init__(self, clock: Clock, sources: Sources) -> None:
        self._clock = clock
        self._sources = sources

    async def handle(self, writer: Writer, request: Message) -> Message:
        """The answer to a request. Raises what the decider and the checks of form raise."""
        read = READS.get(type(request))
        if read is not None:
            async with writer.commit_lock:  # what is told is durable
                return read(writer, request, self._clock.now())
        match request:
            case api.SealedText():
                return await self._write(writer, request)
            case events_pb2.ReplyRequested():
                return await self._still_due(writer, request)
            case events_pb2.ReplySent():
                sent = commands.RecordSent(request.case_id, request.reply_id, request.post_id, self._clock.now())
                await writer.submit(sent, origin=Origin("service/routing"))
                return request
            case _:
                return await self._mutate(writer, request)

    async def _mutate(self, writer: Writer, request: Message) -> Message:
        command = command_of(request, self._clock.now())
        tenant = writer.subject.tenant
        if isinstance(command, commands.OpenCase) and command.source_id:
            channel = await self._sources.channel_of(tenant, command.source_id)
            command = structs.replace(command, source_channel=channel)

        def respond(shard: Shard, _: Sequence[events.Event]) -> Message:
            return _answer(request, command, tenant, shard)

        return await submit(writer, command, request_of(request), respond)

    async def _write(self, writer: Writer, sealed: api.SealedText) -> Message:
        request = sealed.reply if sealed.HasField("reply") else sealed.note
        tenant, now = writer.subject.tenant, self._clock.now()
        request_id = request.request_id
        text_id = uuid5(REPLIES, f"{tenant}/{request_id}")
        case_id = parse_name("tenants/{tenant}/cases/{id}", request.name)["id"]
        agent_id = parse_name("tenants/{tenant}/agents/{id}", request.agent, "agent")["id"]
        text = None
        if sealed.HasField("text"):
            text = struct_of(sealed.text)
        command: Command
        if isinstance(request, api.ReplyToCaseRequest):
            in_reply_to = request.in_reply_to.rpartition("/")[2]
            asked = case_id, agent_id, text_id, in_reply_to, text, sealed.text_length + len(sealed.signature)
            command = commands.ReplyToCase(
                *asked,
                not sealed.source_gone,
                now,
                request.barge_reason,
                request.etag,
                request.claim_token,
                sealed.sketch,
                request.force,
            )
        else:
            command = commands.NoteCase(case_id, agent_id, text_id, text, now)

        def respond(shard: Shard, _: Sequence[events.Event]) -> Message:
            case = wire.case_message(tenant, shard.cases.get(case_id) or shard.fetched.cases[case_id])
            if sealed.HasField("reply"):
                return api.ReplyToCaseResponse(case=case, reply_id=text_id, signature=sealed.signature)
            return api.NoteCaseResponse(case=case, note_id=text_id)

        return await submit(writer, command, _request_of(sealed, request_id), respond)

    async def _still_due(self, writer: Writer, requested: events_pb2.ReplyRequested) -> Message:
        """The reply itself while it waits to be sent. Raises Rejected once it is settled."""
        async with writer.commit_lock:  # what is said to be settled is durably so
            if requested.reply_id not in writer.state.unsent:
                raise Rejected(Reason.REPLY_SETTLED, f"reply {requested.reply_id} was sent or has failed")
        return requested


def _answer(request: Message, command: Command, tenant: str, shard: Shard) -> Message:
    """The answer to a mutation: the case, agent, queue or policy it was about, as it is now."""
    response: Any = getattr(api, type(request).__name__.removesuffix("Request") + "Response")()
    about: Any = command
    if isinstance(command, commands.EscalatePost):
        case_id = case_id_of_post(shard, command.post_id, command.desk)
        return api.OpenCaseResponse(case=wire.case_message(tenant, shard.cases[case_id]))
    match [
        field for field in ("case", "agent", "queue", "routing_policy") if field in response.DESCRIPTOR.fields_by_name
    ]:
        case ["case"]:
            shown = about.task_id if isinstance(command, commands.CreateTask) else about.case_id
            response.case.CopyFrom(wire.case_message(tenant, shard.cases[shown]))
        case []:
            pass  # what was deleted is not shown
        case ["agent"]:
            response.agent.CopyFrom(wire.agent_message(tenant, shard.agents[about.agent_id]))
        case ["routing_policy"]:
            response.routing_policy.CopyFrom(wire.policy_message(tenant, shard.policy))
        case _:
            response.queue.CopyFrom(queue_message(tenant, shard, shard.queues[about.queue_id]))
    answer: Message = response
    return answer


async def submit(
    writer: Writer,
    command: Command,
    request: Request | None,
    respond: Callable[[Shard, Sequence[events.Event]], Message],
) -> Message:
    """Has a command decided; its answer says where that stands in the log."""
    agent_id = getattr(command, "agent_id", "")
    origin = Origin(f"agent/{agent_id}" if agent_id else "client")
    outcome = await writer.submit(command, origin=origin, request=request, respond=respond)
    assert outcome.response is not None, "every mutation responds"
    response: Any = type(outcome.response)()
    response.CopyFrom(outcome.response)
    response.position = Position.encode(outcome.position)
    answer: Message = response
    return answer


def _request_of(sealed: api.SealedText, request_id: str) -> Request:
    """The idempotency key of a text: sealing it twice gives other bytes, its keyed digest stays."""
    bare = api.SealedText()
    bare.CopyFrom(sealed)
    bare.ClearField("text")
    bare.ClearField("source_gone")
    bare.ClearField("signature")
    bare.ClearField("sketch")
    (bare.reply if sealed.HasField("reply") else bare.note).ClearField("request_id")
    name = type(sealed.reply if sealed.HasField("reply") else sealed.note).DESCRIPTOR.full_name
    digest = sha256(name.encode() + b"\0" + bare.SerializeToString(deterministic=True)).digest()
    return Request(uuid_bytes(request_id), digest)


class Form:
    """Collects what is wrong with one request."""

    def __init__(self, request: Message) -> None:
        self.request = request
        self.violations: list[tuple[str, str]] = []

    def wrong(self, field: str, why: str) -> None:
        """Remembers a violation."""
        self.violations.append((field, why))

    def take(self, read: Callable[[], T], default: T) -> T:
        """What `read` reads, or the default when it refuses."""
        try:
            return read()
        except InvalidRequest as invalid:
            self.violations.extend(invalid.violations)
            return default

    def name(self, field: str, kind: str, value: str | None = None) -> tuple[str, str]:
        """(tenant, id) of a resource name."""
        text: str = getattr(self.request, field) if value is None else value
        nothing: dict[str, str] = {}
        found = self.take(lambda: parse_name(f"tenants/{{tenant}}/{kind}/{{id}}", text, field), nothing)
        return found.get("tenant", ""), found.get("id", "")

    def parts(self, field: str, pattern: str) -> dict[str, str]:
        """The variables of a resource name of this pattern, all "" when it is another one."""
        text: str = getattr(self.request, field)
        nothing: dict[str, str] = {}
        return defaultdict(str, self.take(lambda: parse_name(pattern, text, field), nothing))

    def tenant(self, field: str = "parent") -> str:
        """The tenant of `tenants/*`."""
        text: str = getattr(self.request, field)
        nothing: dict[str, str] = {}
        return self.take(lambda: parse_name("tenants/{tenant}", text, field), nothing).get("tenant", "")

    def optional(self, field: str, kind: str, tenant: str) -> str:
        """The id of a resource of the same tenant, "" when not given.

        Only its form is judged: keys are kept under an identity, replies go out under a source.
        """
        if not getattr(self.request, field):
            return ""
        found = self.of_tenant(field, kind, tenant)
        if kind in ("identities", "posts") and found and not is_uuid(found):
            self.wrong(field, f"the last part of a name of {kind} is a UUID in lower case")
        elif kind == "sources" and found and _SOURCE.fullmatch(found) is None:
            self.wrong(field, f"the last part of a name of {kind} has the form {_SOURCE.pattern}")
        return found

    def of_tenant(self, field: str, kind: str, tenant: str, value: str | None = None) -> str:
        """The id of a resource of the same tenant."""
        theirs, found = self.name(field, kind, value)
        if theirs and tenant and theirs != tenant:
            self.wrong(field, f"is of another tenant than {tenant}")
        return found

    def text(self, field: str, pattern: re.Pattern[str]) -> str:
        """Text of a form."""
        value: str = getattr(self.request, field)
        if pattern.fullmatch(value) is None:
            self.wrong(field, f"has the form {pattern.pattern}")
        return value

    def request_id(self) -> str:
        """The request's id, required."""
        return self.take(lambda: request_uuid(self.request.request_id), "")  # type: ignore[attr-defined]

    def check(self) -> None:
        """Raises InvalidRequest with everything that was wrong."""
        if self.violations:
            raise InvalidRequest(self.violations)


def tenant_of(request: Message) -> str:
    """The tenant a request is about. Raises InvalidRequest."""
    for field in ("name", "parent", "agent", "queue", "routing_policy", "canned_text"):
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
            reason = form.text("reason", _REASON)
            command = commands.DeclineOffer(*case_and_agent(form), request.token, reason, now)
        case api.ClaimCaseRequest():
            command = commands.ClaimCase(*case_and_agent(form), now)
        case api.RenewClaimRequest():
            command = commands.RenewClaim(*case_and_agent(form), request.token, now)
        case api.SecondClaimRequest():
            command = commands.SecondClaim(*case_and_agent(form), request.token, now)
        case api.ReleaseCaseRequest():
            command = commands.ReleaseCase(*case_and_agent(form), form.text("reason", _REASON), now)
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
            disposition = form.text("disposition", _CODE)
            command = commands.ResolveCase(*case_and_agent(form), disposition, tags, now, request.cancel_tasks)
        case api.ReopenCaseRequest():
            command = commands.ReopenCase(form.name("name", "cases")[1], form.text("reason", _CODE), now)
        case api.TransferCaseRequest():
            command = _transfer(form, request, now)
        case api.EscalateCaseRequest():
            command = _escalate(form, request, now)
        case api.CreateTaskRequest():
            command = _task(form, request, request_id, now)
        case api.CloseTaskRequest():
            tenant, task_id = form.name("name", "cases")
            agent_id = form.optional("agent", "agents", tenant)
            command = commands.CloseTask(task_id, agent_id, form.text("outcome", _CODE), now)
        case api.JoinCasesRequest():
            tenant, joined_case_id = form.name("name", "cases")
            case_id = form.of_tenant("into", "cases", tenant)
            if case_id and case_id == joined_case_id:
                form.wrong("into", "is another case than the one to join")
            command = commands.JoinCases(case_id, joined_case_id, form.optional("agent", "agents", tenant), now)
        case api.SplitCaseRequest():
            tenant, case_id = form.name("name", "cases")
            command = commands.SplitCase(case_id, form.optional("agent", "agents", tenant), now)
        case api.CreateAgentRequest():
            tenant = form.tenant()
            agent_id = form.text("agent_id", _AGENT)
            given = _agent(form, request.agent, tenant)
            if not (given["shifts"].weekly or given["shifts"].exceptions):
                given["shifts"] = None
            command = commands.RegisterAgent(agent_id, at=now, **given)
        case api.UpdateAgentRequest():
            tenant, agent_id = form.name("agent.name", "agents", request.agent.name)
            mask = _mask(form, request.agent, request.update_mask)
            given = _agent(form, request.agent, tenant)
            changes = {name: value if name in mask else None for name, value in given.items()}
            command = commands.ChangeAgent(agent_id, at=now, **changes)
        case api.DeleteAgentRequest():
            command = commands.DeleteAgent(form.name("name", "agents")[1], now)
        case api.SetPresenceRequest():
            if request.presence not in (1, 2, 3, 4):
                form.wrong("presence", "is OFFLINE, AVAILABLE, BUSY or AWAY")
            presence = Presence(request.presence if request.presence in (1, 2, 3, 4) else 0)
            if request.channels and presence != Presence.AVAILABLE:
                form.wrong("channels", "are for AVAILABLE only: an agent takes offers of them")
            if len(request.channels) > CHANNELS_MAX or any(_CHANNEL.fullmatch(one) is None for one in request.channels):
                form.wrong("channels", f"are at most {CHANNELS_MAX} of the form {_CHANNEL.pattern}")
            channels = tuple(sorted(set(request.channels)))
            command = commands.SetPresence(form.name("name", "agents")[1], presence, now, channels)
        case api.DrainAgentRequest():
            until = form.take(lambda: instant(request, "until"), now) if request.HasField("until") else now
            if not now <= until <= now + DRAIN_MAX_S * MICROS:
                form.wrong("until", "is in the future, at most 7 days away, or absent for at once")
            command = commands.DrainAgent(form.name("name", "agents")[1], until, now)
        case api.CreateQueueRequest():
            tenant = form.tenant()
            queue_id = form.text("queue_id", _QUEUE)
            shown, first_response_s, offer_timeout_s, requirements, limits, selection = _queue(form, request.queue)
            settings = shown, first_response_s, offer_timeout_s, requirements
            above, level = _above(form, request.queue, tenant), _language_level(form, request.queue)
            width, terms = request.queue.offer_width or 1, _claim_terms(form, request.queue, tenant)
            told = queue_id, *settings, now, *limits
            command = commands.CreateQueue(*told, selection, above, level, width, terms)
        case api.UpdateQueueRequest():
            tenant, queue_id = form.name("queue.name", "queues", request.queue.name)
            mask = _mask(form, request.queue, request.update_mask)
            shown, first_response_s, offer_timeout_s, requirements, limits, selection = _queue(form, request.queue)
            reply_timeout_s, returns, waiting_s = limits
            terms = _claim_terms(form, request.queue, tenant)
            command = commands.ChangeQueue(
                queue_id,
                shown if "display_name" in mask else None,
                first_response_s if "first_response_s" in mask else None,
                offer_timeout_s if "offer_timeout_s" in mask else None,
                requirements if "requirements" in mask else None,
                now,
                reply_timeout_s if "reply_timeout_s" in mask else None,
                returns if "supervise_after_returns" in mask else None,
                waiting_s if "supervise_after_s" in mask else None,
                selection if "selection" in mask else None,
                _above(form, request.queue, tenant) if "escalates_to" in mask else None,
                _language_level(form, request.queue) if "language_level" in mask else None,
                (request.queue.offer_width or 1) if "offer_width" in mask else None,
                terms if "claim_mode" in mask else None,
                "claim_mode" in mask and terms is None,
            )
        case api.DeleteQueueRequest():
            tenant, queue_id = form.name("name", "queues")
            successor = form.optional("successor", "queues", tenant)
            if successor and not request.force:
                form.wrong("successor", "is for a deletion with force only")
            if successor and successor == queue_id:
                form.wrong("successor", "is another queue than the one to delete")
            command = commands.DeleteQueue(queue_id, request.force, successor or DEFAULT_QUEUE, now)
        case api.UpdateRoutingPolicyRequest():
            named = request.routing_policy.name
            found = form.take(lambda: parse_name(POLICY, named, "routing_policy.name"), dict[str, str]())
            mask = _mask(form, request.routing_policy, request.update_mask)
            given = _policy(form, request.routing_policy, found.get("tenant", ""))
            command = commands.ChangePolicy(now, **{name: given[name] for name in mask if name in given})
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
        form.text("barge_reason", _REASON)
        form.text("etag", _ETAG)
    form.check()
    return case_id, agent_id, in_reply_to, request_id


def check_text(form: Form, text: str, field: str = "text", longest: int = TEXT_MAX) -> None:
    """Judges a text that a person wrote."""
    if not 1 <= len(text) <= longest or _is_blank(text):
        form.wrong(field, f"has 1 to {longest} code points, one at least that can be seen")


def _is_blank(text: str) -> bool:
    """Whether nothing can be seen of a text: it is of separators, control and format characters alone."""
    return all(category(character)[0] in "ZC" for character in text)


def case_and_agent(form: Form) -> tuple[str, str]:
    """The case and the agent that a request names."""
    tenant, case_id = form.name("name", "cases")
    return case_id, form.of_tenant("agent", "agents", tenant)


def _transfer(form: Form, request: api.TransferCaseRequest, now: Instant) -> commands.TransferCase:
    tenant, case_id = form.name("name", "cases")
    urgency = request.urgency if request.HasField("urgency") else None
    if urgency is not None and not 0 <= urgency <= URGENCY_MAX:
        form.wrong("urgency", f"is 0 to {URGENCY_MAX}, or absent")
    if not request.queue and urgency is None:
        form.wrong("queue", "or urgency says what changes; one of them is required")
    agent_id, queue_id = form.optional("agent", "agents", tenant), form.optional("queue", "queues", tenant)
    return commands.TransferCase(case_id, agent_id, queue_id, urgency, form.text("reason", _REASON), now)


def _escalate(form: Form, request: api.EscalateCaseRequest, now: Instant) -> commands.EscalateCase:
    tenant, case_id = form.name("name", "cases")
    urgency = request.urgency if request.HasField("urgency") else None
    if urgency is not None and not 0 <= urgency <= URGENCY_MAX:
        form.wrong("urgency", f"is 0 to {URGENCY_MAX}, or absent")
    agent_id, queue_id = form.optional("agent", "agents", tenant), form.optional("queue", "queues", tenant)
    return commands.EscalateCase(case_id, agent_id, queue_id, urgency, form.text("reason", _CODE), now)


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
        form.text("reason", _CODE),
        request.urgency,
        _requirements(form, "requirements", request.requirements),
        request.weight or 1,
        form.optional("agent", "agents", tenant),
        request_id,
        now,
    )


_OF_THE_POST = ("channel", "source", "identity", "language", "direction", "weight", "requirements")
_OF_A_POST = ("desk", "agent", "reason")


def _open(
    form: Form, request: api.OpenCaseRequest, request_id: str, now: Instant
) -> commands.OpenCase | commands.EscalatePost:
    tenant = form.tenant()
    if not 0 <= request.urgency <= URGENCY_MAX:
        form.wrong("urgency", f"is 0 to {URGENCY_MAX}")
    agent_id, reason = form.optional("agent", "agents", tenant), form.text("reason", _REASON)
    if len(request.desk) > DESK_MAX or any(category(one)[0] == "C" for one in request.desk):
        form.wrong("desk", f"has at most {DESK_MAX} code points, none of them a control character")
    post_id = form.optional("post", "posts", tenant)
    for field in _OF_THE_POST if request.post else _OF_A_POST:
        if getattr(request, field):
            form.wrong(field, "is the post's own; leave it empty" if request.post else "is for a post only")
    if request.post:
        queue_id = form.optional("queue", "queues", tenant)
        return commands.EscalatePost(post_id, request.desk, queue_id, request.urgency, agent_id, reason, now)
    if not 0 <= request.weight <= WEIGHT_MAX:
        form.wrong("weight", f"is 1 to {WEIGHT_MAX}, or 0 for what the policy says")
    if request.channel and _CHANNEL.fullmatch(request.channel) is None:
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
        _requirements(form, "requirements", request.requirements),
        request.weight,
        Direction.OUTBOUND if request.direction == 2 else Direction.INBOUND,
        request_id,
        now,
    )


def _agent(form: Form, agent: api.Agent, tenant: str) -> dict[str, Any]:
    """The settings by name, those that are not given as they are by default."""
    if len(agent.display_name) > 100:
        form.wrong("agent.display_name", "has at most 100 code points")
    skills = {skill.name: Skill(skill.name, skill.level) for skill in agent.skills}
    if len(agent.skills) > 100 or len(skills) != len(agent.skills):
        form.wrong("agent.skills", "are at most 100, each named once")
    if any(_SKILL.fullmatch(s.name) is None or not 0 <= s.level <= 5 for s in skills.values()):
        form.wrong("agent.skills", f"have a name of the form {_SKILL.pattern} and a level of 0 to 5")
    if not 0 <= agent.capacity <= CAPACITY_MAX:
        form.wrong("agent.capacity", f"is 1 to {CAPACITY_MAX}, or 0 for 1")
    if len(agent.queues) > 100:
        form.wrong("agent.queues", "are at most 100")
    queues = tuple(sorted({form.of_tenant("agent.queues", "queues", tenant, queue) for queue in agent.queues}))
    limits = {one.channel: ChannelCapacity(one.channel, one.units) for one in agent.channel_capacity}
    if len(agent.channel_capacity) > CHANNELS_MAX or len(limits) != len(agent.channel_capacity):
        form.wrong("agent.channel_capacity", f"are at most {CHANNELS_MAX}, each channel named once")
    if any(_CHANNEL.fullmatch(one.channel) is None or not 0 <= one.units <= CAPACITY_MAX for one in limits.values()):
        why = f"have a channel of the form {_CHANNEL.pattern} and 0 to {CAPACITY_MAX} units"
        form.wrong("agent.channel_capacity", why)
    return {
        "display_name": agent.display_name,
        "skills": tuple(skills[name] for name in sorted(skills)),
        "capacity": agent.capacity or 1,
        "queues": queues,
        "channel_capacity": tuple(limits[channel] for channel in sorted(limits)),
        "shifts": _shifts(form, agent.shifts),
        "tag": _agent_tag(form, agent),
    }


def _shifts(form: Form, plan: events_pb2.ShiftPlan) -> ShiftPlan:
    """When an agent works; without a time in it where it is whenever it is available."""
    weekly = [WeeklyShift(one.weekday, one.start_minute, one.end_minute) for one in plan.weekly]
    exceptions = []
    for one in plan.exceptions:
        try:
            starts_at, ends_at = instant(one, "starts_at"), instant(one, "ends_at")
        except InvalidRequest:
            form.wrong("agent.shifts.exceptions", "have a time each from when and until when")
            break
        exceptions.append(ShiftException(starts_at, ends_at, one.is_off))
    form.take(lambda: time_zone(plan.time_zone, "agent.shifts.time_zone"), None)
    if len(plan.weekly) > WEEKLY_MAX or len(plan.exceptions) > EXCEPTIONS_MAX:
        form.wrong("agent.shifts", f"has at most {WEEKLY_MAX} weekly hours and {EXCEPTIONS_MAX} exceptions")
    if any(not 1 <= w.weekday <= 7 or not 0 <= w.start_minute < DAY_MIN for w in weekly):
        form.wrong("agent.shifts.weekly", "have a weekday of 1 to 7 and begin at minute 0 to 1439 of it")
    if any(not 0 < w.end_minute - w.start_minute <= DAY_MIN for w in weekly):
        form.wrong("agent.shifts.weekly", "end 1 to 1440 minutes after they begin")
    if any(not 0 < one.ends_at - one.starts_at <= 366 * DAY_MIN * 60 * MICROS for one in exceptions):
        form.wrong("agent.shifts.exceptions", "end after they begin, at most 366 days")
    hours = sorted(weekly, key=lambda w: (w.weekday, w.start_minute, w.end_minute))
    times = sorted(exceptions, key=lambda one: (one.starts_at, one.ends_at, one.is_off))
    return ShiftPlan(plan.time_zone, tuple(hours), tuple(times))


def _queue(
    form: Form, queue: api.Queue
) -> tuple[str, int, int, tuple[Requirement, ...], tuple[int, int, int], Selection]:
    if len(queue.display_name) > 100:
        form.wrong("queue.display_name", "has at most 100 code points")
    if not 0 <= queue.first_response_s <= 2_592_000:
        form.wrong("queue.first_response_s", "is 1 to 2592000, or 0 for 3600")
    if not 0 <= queue.offer_timeout_s <= 86_400:
        form.wrong("queue.offer_timeout_s", "is 1 to 86400, or 0 for 60")
    for field in ("reply_timeout_s", "supervise_after_s"):
        if not 0 <= getattr(queue, field) <= 2_592_000:
            form.wrong(f"queue.{field}", "is 1 to 2592000, or 0 for no limit")
    if not 0 <= queue.supervise_after_returns <= 1000:
        form.wrong("queue.supervise_after_returns", "is 1 to 1000, or 0 for no limit")
    if not 0 <= queue.offer_width <= OFFER_WIDTH_MAX:
        form.wrong("queue.offer_width", f"is 1 to {OFFER_WIDTH_MAX}, or 0 for 1")
    requirements = _requirements(form, "queue.requirements", queue.requirements)
    limits = queue.reply_timeout_s, queue.supervise_after_returns, queue.supervise_after_s
    selection = _one_of(form, Selection, "queue.selection", queue.selection)
    first_response_s, offer_timeout_s = queue.first_response_s or 3600, queue.offer_timeout_s or 60
    return queue.display_name, first_response_s, offer_timeout_s, requirements, limits, selection


def _language_level(form: Form, queue: api.Queue) -> int:
    """At which level a queue's cases ask for their language."""
    if not 0 <= queue.language_level <= 5:
        form.wrong("queue.language_level", "is 1 to 5, or 0 for not at all")
    return queue.language_level


def _above(form: Form, queue: api.Queue, tenant: str) -> str:
    """The id of the queue that a queue escalates to."""
    if not queue.escalates_to:
        return ""
    return form.of_tenant("queue.escalates_to", "queues", tenant, queue.escalates_to)


def _agent_tag(form: Form, agent: api.Agent) -> str:
    if _AGENT_TAG.fullmatch(agent.tag) is None or any(category(one)[0] == "C" for one in agent.tag):
        form.wrong("agent.tag", "has at most 20 code points, none of them a space or a control character")
    return agent.tag


def _claim_terms(form: Form, queue: api.Queue, tenant: str) -> ClaimTerms | None:
    """How a queue's cases are claimed, None where they are offered."""
    if not queue.HasField("claim_mode"):
        return None
    mode, where = queue.claim_mode, "queue.claim_mode"
    for field, most, none in (
        ("lease_s", 86_400, "for 300"),
        ("fall_through_s", 2_592_000, "for no limit"),
        ("reply_length_max", TEXT_MAX, f"for {TEXT_MAX}"),
        ("second_opinion_s", 86_400, "for no second opinion"),
    ):
        if not 0 <= getattr(mode, field) <= most:
            form.wrong(f"{where}.{field}", f"is 1 to {most}, or 0 {none}")
    goes = ""
    if mode.fall_through_queue:
        goes = form.of_tenant(f"{where}.fall_through_queue", "queues", tenant, mode.fall_through_queue)
    if bool(mode.fall_through_queue) != bool(mode.fall_through_s):
        form.wrong(f"{where}.fall_through_queue", "and fall_through_s are given together: where to, and when")
    lease_s = mode.lease_s or LEASE_S
    limits = mode.append_agent_tag, mode.reply_length_max, mode.second_opinion_s
    return ClaimTerms(lease_s, mode.fall_through_s, goes, *limits)


def _policy(form: Form, policy: api.RoutingPolicy, tenant: str) -> dict[str, Any]:
    """The settings by name, those that are not given as they are without a policy."""
    usual = Policy()
    for name, (least, most, given) in _POLICY_RANGES.items():
        value = getattr(policy, name)
        if not least <= value <= most and (value != 0 or not given):
            form.wrong(f"routing_policy.{name}", f"is {least} to {most}{given}")
    weights = {one.skill: SkillWeight(one.skill, one.weight) for one in policy.skill_weights}
    if len(policy.skill_weights) > 100 or len(weights) != len(policy.skill_weights):
        form.wrong("routing_policy.skill_weights", "are at most 100, each skill named once")
    if any(_SKILL.fullmatch(one.skill) is None or not 1 <= one.weight <= 10 for one in weights.values()):
        form.wrong("routing_policy.skill_weights", f"have a skill of the form {_SKILL.pattern} and a weight of 1 to 10")
    units = [
        ChannelUnits(one.channel, _one_of(form, PostKind, "routing_policy.channel_units", one.kind), one.units)
        for one in policy.channel_units
    ]
    if len(units) > 100 or len({(one.channel, one.kind) for one in units}) != len(units):
        form.wrong("routing_policy.channel_units", "are at most 100, each pair of channel and kind named once")
    if any((one.channel and _CHANNEL.fullmatch(one.channel) is None) or not (one.channel or one.kind) for one in units):
        why = f"have a channel of the form {_CHANNEL.pattern}, a kind of post, or both"
        form.wrong("routing_policy.channel_units", why)
    if any(not 1 <= one.units <= WEIGHT_MAX for one in units):
        form.wrong("routing_policy.channel_units", f"have 1 to {WEIGHT_MAX} units")
    return {
        "channel_units": tuple(sorted(units, key=lambda one: (one.channel, one.kind))),
        "ordering": _one_of(form, Ordering, "routing_policy.ordering", policy.ordering) or usual.ordering,
        "selection": _one_of(form, Selection, "routing_policy.selection", policy.selection) or usual.selection,
        "late_share": policy.late_share or usual.late_share,
        "urgency_head_start_s": policy.urgency_head_start_s or usual.urgency_head_start_s,
        "skill_weights": tuple(weights[skill] for skill in sorted(weights)),
        "preferred_s": policy.preferred_s,
        "max_missed_offers": policy.max_missed_offers or usual.max_missed_offers,
        "decline_cooldown_s": policy.decline_cooldown_s or usual.decline_cooldown_s,
        "confirm_window_s": policy.confirm_window_s or usual.confirm_window_s,
        "absence_s": policy.absence_s,
        "pending_percent": policy.pending_percent or usual.pending_percent,
        "resume_percent": policy.resume_percent or usual.resume_percent,
        "wind_down_s": policy.wind_down_s,
        "rules": _rules(form, "routing_policy.rules", policy.rules, tenant),
        "relaxations": _steps(form, "routing_policy.relaxations", policy.relaxations, tenant),
    }


def _steps(form: Form, field: str, given: Sequence[api.RelaxationStep], tenant: str) -> tuple[Relaxation, ...]:
    """The steps of relaxation in their order."""
    if len(given) > STEPS_MAX:
        form.wrong(field, f"are at most {STEPS_MAX}")
        return ()
    if list(given) != sorted(given, key=lambda step: step.after_s):
        form.wrong(field, "stand in the order of after_s")
    return tuple(_step(form, f"{field}[{number}]", step, tenant) for number, step in enumerate(given))


def _step(form: Form, field: str, step: api.RelaxationStep, tenant: str) -> Relaxation:
    if not 1 <= step.after_s <= 2_592_000:
        form.wrong(f"{field}.after_s", "is 1 to 2592000")
    if bool(step.skill) == bool(step.queues):
        form.wrong(field, "says skill, or queues, and not both")
    if step.skill and _SKILL.fullmatch(step.skill) is None:
        form.wrong(f"{field}.skill", f"has the form {_SKILL.pattern}")
    if not 0 <= step.min_level <= (4 if step.skill else 0):
        form.wrong(f"{field}.min_level", "is 0 to 4, of a skill")
    if len(step.queues) > LENDERS_MAX:
        form.wrong(f"{field}.queues", f"are at most {LENDERS_MAX}")
    guard = step.lend_waiting_max if step.HasField("lend_waiting_max") else None
    if guard is not None and not (step.queues and 0 <= guard <= 1_000):
        form.wrong(f"{field}.lend_waiting_max", "is 0 to 1000, of queues, or absent")
    mine = form.of_tenant(f"{field}.queue", "queues", tenant, step.queue) if step.queue else ""
    queues = sorted({form.of_tenant(f"{field}.queues", "queues", tenant, queue) for queue in step.queues})
    return Relaxation(mine, step.after_s, step.skill, step.min_level, tuple(queues), guard)


def _rules(form: Form, field: str, given: Sequence[api.RequirementRule], tenant: str) -> tuple[Rule, ...]:
    """The rules in their order."""
    if len(given) > RULES_MAX:
        form.wrong(field, f"are at most {RULES_MAX}")
        return ()
    if len({rule.rule_id for rule in given}) != len(given):
        form.wrong(field, "have each an id of its own")
    found = tuple(_rule(form, f"{field}[{number}]", rule, tenant) for number, rule in enumerate(given))
    for place, why in wrong_in(found, field):
        form.wrong(place, why)
    return found


def _rule(form: Form, field: str, rule: api.RequirementRule, tenant: str) -> Rule:
    if _RULE.fullmatch(rule.rule_id) is None:
        form.wrong(f"{field}.rule_id", f"has the form {_RULE.pattern}")
    urgency = rule.urgency if rule.HasField("urgency") else None
    if urgency is not None and not 0 <= urgency <= URGENCY_MAX:
        form.wrong(f"{field}.urgency", f"is 0 to {URGENCY_MAX}, or absent for what it would be")
    if not 0 <= rule.weight <= WEIGHT_MAX:
        form.wrong(f"{field}.weight", f"is 1 to {WEIGHT_MAX}, or 0 for what it would be")
    if not 0 <= rule.first_response_s <= 2_592_000:
        form.wrong(f"{field}.first_response_s", "is 1 to 2592000, or 0 for what its queue says")
    queue = form.of_tenant(f"{field}.queue", "queues", tenant, rule.queue) if rule.queue else ""
    requirements = _requirements(form, f"{field}.requirements", rule.requirements)
    made = Rule(
        rule.rule_id, rule.condition, queue, urgency, rule.weight, rule.first_response_s, requirements, rule.stop
    )
    if made == Rule(rule.rule_id, rule.condition):
        form.wrong(field, "makes nothing of a case; say queue, urgency, weight, first_response_s, requirements or stop")
    return made


def _one_of(form: Form, kind: type[E], field: str, value: int) -> E:
    """A value of an enumeration; its zero when it is none of them."""
    if value in set(kind):
        return kind(value)
    form.wrong(field, f"is one of {', '.join(one.name for one in kind)}")
    return kind(0)


def _requirements(form: Form, field: str, messages: Iterable[events_pb2.Requirement]) -> tuple[Requirement, ...]:
    given = list(messages)
    wanted = {r.skill: Requirement(r.skill, r.min_level, r.hard) for r in given}
    if len(given) > 20 or len(wanted) != len(given):
        form.wrong(field, "are at most 20, each skill named once")
    if any(_SKILL.fullmatch(r.skill) is None or not 1 <= r.min_level <= 5 for r in wanted.values()):
        form.wrong(field, f"have a skill of the form {_SKILL.pattern} and a least level of 1 to 5")
    return tuple(wanted[skill] for skill in sorted(wanted))


def _mask(form: Form, resource: Message, mask: FieldMask) -> tuple[str, ...]:
    fields, wrong = changed_fields(resource, mask)
    form.violations.extend(wrong)
    return fields
