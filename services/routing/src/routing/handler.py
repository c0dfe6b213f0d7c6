"""A request at the owner of its shard: it becomes a command, and what comes of that is the answer."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from chassis.clock import Clock, Instant, from_timestamp
from chassis.commands import Origin, Request, request_of
from chassis.commits import Position
from chassis.errors import Rejected
from chassis.identity import uuid5, uuid_bytes
from chassis.layout import struct_of
from chassis.message_limits import MessageLimits
from chassis.requests import parse_name
from google.protobuf.message import Message
from msgspec import structs
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from routing import commands, events, wire
from routing.canned import TEXT_MAX as CANNED_MAX
from routing.commands import Command, Reason
from routing.escalation import case_id_of_post
from routing.form import TEXT_MAX
from routing.memory_reads import READS, Writer, agent_message, queue_message
from routing.policy_check import check_policy
from routing.requests import command_of
from routing.shard import Shard
from routing.sources import Sources

REPLIES = bytes.fromhex("8d3c0a5a7b0e5f0c9b1b64d2f9a35e27")
"""Namespace of replies and notes: named by the request that asked for them."""
LIMITS = MessageLimits(
    texts={
        "switchboard.routing.v1.ReplyToCaseRequest.text": 4 * TEXT_MAX,
        "switchboard.routing.v1.NoteCaseRequest.text": 4 * TEXT_MAX,
        "switchboard.routing.v1.SaveDraftRequest.text": 4 * TEXT_MAX,
        "switchboard.routing.v1.CheckReplyRequest.text": 4 * TEXT_MAX,
        "switchboard.routing.v1.GetCaseContextRequest.question": 4 * TEXT_MAX,
        "switchboard.routing.v1.CannedText.text": 4 * CANNED_MAX,
    }
)
"""What requests may carry beyond the usual: every code point of a text takes up to four bytes."""


_READS: Mapping[type[Message], Callable[[Writer, Any, Instant], Message]] = {
    **READS,
    api.CheckRoutingPolicyRequest: check_policy,
}


class Handler:
    """Handles requests at the shard that owns them."""

    def __init__(self, clock: Clock, sources: Sources) -> None:
        self._clock = clock
        self._sources = sources

    async def handle(self, writer: Writer, request: Message) -> Message:
        """The answer to a request. Raises what the decider and the checks of form raise."""
        read = _READS.get(type(request))
        if read is not None:
            async with writer.commit_lock:  # what is told is durable
                return read(writer, request, self._clock.now())
        match request:
            case api.SealedText():
                return await self._write(writer, request)
            case events_pb2.ReplyRequested():
                return await self._still_due(writer, request)
            case events_pb2.ReplySent():
                asked_at = from_timestamp(request.asked_at) if request.HasField("asked_at") else None
                reply = request.case_id, request.reply_id, request.post_id
                sent = commands.RecordSent(*reply, self._clock.now(), asked_at)
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
                sealed.platform_length,
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
            response.agent.CopyFrom(agent_message(tenant, shard, shard.agents[about.agent_id]))
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
    bare.ClearField("platform_length")
    (bare.reply if sealed.HasField("reply") else bare.note).ClearField("request_id")
    name = type(sealed.reply if sealed.HasField("reply") else sealed.note).DESCRIPTOR.full_name
    digest = sha256(name.encode() + b"\0" + bare.SerializeToString(deterministic=True)).digest()
    return Request(uuid_bytes(request_id), digest)
