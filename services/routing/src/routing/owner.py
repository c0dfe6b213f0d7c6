"""What the owner of a shard does with a request, wherever it arrived: a command, or a look at its memory."""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from chassis.clock import Clock
from chassis.commands import Origin, Request, request_of
from chassis.commits import Position
from chassis.errors import NotFound, Rejected
from chassis.identity import uuid5, uuid_bytes
from chassis.requests import page, parse_name
from chassis.shard import ShardWriter
from google.protobuf.message import Message
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from routing import commands, events, wire
from routing.agents import DEFAULT_QUEUE, Agent, Queue
from routing.cases import Offered
from routing.commands import Command, Reason
from routing.explain import explain
from routing.requests import command_of, presence_of
from routing.shard import Shard
from routing.terms import Sealed

Writer = ShardWriter[Command, Shard, events.Event]

REPLIES = bytes.fromhex("8d3c0a5a7b0e5f0c9b1b64d2f9a35e27")
"""Namespace of replies and notes: named by the request that asked for them."""
_OF_CASE: dict[type[Message], type[Any]] = {
    api.OpenCaseRequest: api.OpenCaseResponse,
    api.AcceptOfferRequest: api.AcceptOfferResponse,
    api.DeclineOfferRequest: api.DeclineOfferResponse,
    api.ReleaseCaseRequest: api.ReleaseCaseResponse,
    api.PendCaseRequest: api.PendCaseResponse,
    api.ResumeCaseRequest: api.ResumeCaseResponse,
    api.ResolveCaseRequest: api.ResolveCaseResponse,
    api.ReopenCaseRequest: api.ReopenCaseResponse,
}
_OF_AGENT: dict[type[Message], type[Any]] = {
    api.CreateAgentRequest: api.CreateAgentResponse,
    api.UpdateAgentRequest: api.UpdateAgentResponse,
    api.SetPresenceRequest: api.SetPresenceResponse,
}
_OF_QUEUE: dict[type[Message], type[Any]] = {
    api.CreateQueueRequest: api.CreateQueueResponse,
    api.UpdateQueueRequest: api.UpdateQueueResponse,
}


class Owner:
    """Handles requests at the shard that owns them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._looks: dict[type[Message], Callable[[Writer, Any], Message]] = {
            api.GetCaseRequest: self._case,
            api.GetAgentRequest: self._agent,
            api.ListAgentsRequest: self._agents,
            api.GetQueueRequest: self._queue,
            api.ListQueuesRequest: self._queues,
            api.ExplainDecisionRequest: self._explain,
        }

    async def handle(self, writer: Writer, request: Message) -> Message:
        """The answer to a request. Raises what the decider and the checks of form raise."""
        look = self._looks.get(type(request))
        if look is not None:
            async with writer.commit_lock:  # what is shown is durable
                return look(writer, request)
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
        tenant, kind = writer.subject.tenant, type(request)

        def respond(shard: Shard, _: Sequence[events.Event]) -> Message:
            if kind in _OF_CASE:
                case = shard.cases[command.case_id]  # type: ignore[union-attr]
                response: Message = _OF_CASE[kind](case=wire.case_message(tenant, case))
            elif kind in _OF_AGENT:
                agent = shard.agents[command.agent_id]  # type: ignore[union-attr]
                response = _OF_AGENT[kind](agent=wire.agent_message(tenant, agent))
            else:
                queue = shard.queues[command.queue_id]  # type: ignore[union-attr]
                response = _OF_QUEUE[kind](queue=_queue_message(writer, shard, queue))
            return response

        return await _submit(writer, command, request_of(request), respond)

    async def _write(self, writer: Writer, asked: api.SealedText) -> Message:
        request = asked.reply if asked.HasField("reply") else asked.note
        tenant, now = writer.subject.tenant, self._clock.now()
        request_id = request.request_id
        text_id = uuid5(REPLIES, f"{tenant}/{request_id}")
        _, case_id = _case_of(request.name)
        agent_id = parse_name("tenants/{tenant}/agents/{id}", request.agent, "agent")["id"]
        text = None
        if asked.HasField("text"):
            text = Sealed(asked.text.subject_id, asked.text.nonce, asked.text.ciphertext)
        command: Command
        if isinstance(request, api.ReplyToCaseRequest):
            in_reply_to = request.in_reply_to.rpartition("/")[2]
            command = commands.ReplyToCase(case_id, agent_id, text_id, in_reply_to, text, asked.text_length, now)
        else:
            command = commands.NoteCase(case_id, agent_id, text_id, text, now)

        def respond(shard: Shard, _: Sequence[events.Event]) -> Message:
            case = wire.case_message(tenant, shard.cases[case_id])
            if asked.HasField("reply"):
                return api.ReplyToCaseResponse(case=case, reply_id=text_id)
            return api.NoteCaseResponse(case=case, note_id=text_id)

        return await _submit(writer, command, _request_of(asked, request_id), respond)

    async def _still_due(self, writer: Writer, asked: events_pb2.ReplyRequested) -> Message:
        """The reply itself while it waits to be sent. Raises Rejected once it is settled."""
        async with writer.commit_lock:  # what is said to be settled is durably so
            if asked.reply_id not in writer.state.unsent:
                raise Rejected(Reason.REPLY_SETTLED, f"reply {asked.reply_id} was sent or has failed")
        return asked

    def _case(self, writer: Writer, request: api.GetCaseRequest) -> Message:
        tenant, case_id = _case_of(request.name)
        case = writer.state.cases.get(case_id)
        if case is None:
            raise NotFound("case", request.name)
        return api.GetCaseResponse(case=wire.case_message(tenant, case))

    def _agent(self, writer: Writer, request: api.GetAgentRequest) -> Message:
        tenant, agent_id = _parts("agents", request.name)
        agent = writer.state.agents.get(agent_id)
        if agent is None:
            raise NotFound("agent", request.name)
        return api.GetAgentResponse(agent=wire.agent_message(tenant, agent))

    def _agents(self, writer: Writer, request: api.ListAgentsRequest) -> Message:
        part, presence = page(request), presence_of(request)
        after = part.cursor[0] if part.cursor else ""
        agents = writer.state.agents
        chosen: list[Agent] = [
            agents[agent_id]
            for agent_id in sorted(agents)
            if agent_id > str(after) and presence in (None, agents[agent_id].presence)
        ][: part.size + 1]
        shown, token = part.cut(chosen, lambda agent: (agent.agent_id,))
        tenant = writer.subject.tenant
        return api.ListAgentsResponse(agents=[wire.agent_message(tenant, a) for a in shown], next_page_token=token)

    def _queue(self, writer: Writer, request: api.GetQueueRequest) -> Message:
        _, queue_id = _parts("queues", request.name)
        queue = _all_queues(writer.state).get(queue_id)
        if queue is None:
            raise NotFound("queue", request.name)
        return api.GetQueueResponse(queue=_queue_message(writer, writer.state, queue))

    def _queues(self, writer: Writer, request: api.ListQueuesRequest) -> Message:
        part = page(request)
        after = part.cursor[0] if part.cursor else ""
        queues = _all_queues(writer.state)
        chosen: list[Queue] = [queues[q] for q in sorted(queues) if q > str(after)][: part.size + 1]
        shown, token = part.cut(chosen, lambda queue: (queue.queue_id,))
        messages = [_queue_message(writer, writer.state, queue) for queue in shown]
        return api.ListQueuesResponse(queues=messages, next_page_token=token)

    def _explain(self, writer: Writer, request: api.ExplainDecisionRequest) -> Message:
        tenant, case_id = _case_of(request.name)
        case = writer.state.cases.get(case_id)
        if case is None:
            raise NotFound("case", request.name)
        said = wire.explanation_message(tenant, case, explain(writer.state, case, self._clock.now()))
        said.position = Position.encode(writer.position)
        return said


async def _submit(
    writer: Writer,
    command: Command,
    request: Request | None,
    respond: Callable[[Shard, Sequence[events.Event]], Message],
) -> Message:
    agent_id = getattr(command, "agent_id", "")
    origin = Origin(f"agent/{agent_id}" if agent_id else "client")
    outcome = await writer.submit(command, origin=origin, request=request, respond=respond)
    assert outcome.response is not None, "every mutation responds"
    response: Any = type(outcome.response)()
    response.CopyFrom(outcome.response)
    response.position = Position.encode(outcome.position)
    answer: Message = response
    return answer


def _request_of(asked: api.SealedText, request_id: str) -> Request:
    """The idempotency key of a text: sealing it twice gives other bytes, its keyed digest stays."""
    bare = api.SealedText()
    bare.CopyFrom(asked)
    bare.ClearField("text")
    (bare.reply if asked.HasField("reply") else bare.note).ClearField("request_id")
    name = type(asked.reply if asked.HasField("reply") else asked.note).DESCRIPTOR.full_name
    digest = sha256(name.encode() + b"\0" + bare.SerializeToString(deterministic=True)).digest()
    return Request(uuid_bytes(request_id), digest)


def _all_queues(shard: Shard) -> dict[str, Queue]:
    """The queues there are; the default one is there before anybody creates it."""
    return {DEFAULT_QUEUE: Queue(DEFAULT_QUEUE), **shard.queues}


def _queue_message(writer: Writer, shard: Shard, queue: Queue) -> api.Queue:
    held = (shard.cases[case_id] for agent in shard.agents.values() for case_id, _ in agent.work)
    offered = sum(case.queue == queue.queue_id for case in held if isinstance(case.stage, Offered))
    return wire.queue_message(writer.subject.tenant, queue, shard.segments.waiting(queue.queue_id) + offered)


def _case_of(name: str) -> tuple[str, str]:
    return _parts("cases", name)


def _parts(kind: str, name: str) -> tuple[str, str]:
    found = parse_name(f"tenants/{{tenant}}/{kind}/{{id}}", name)
    return found["tenant"], found["id"]
