"""What the owner of a shard reads from memory: cases, agents and queues as they are now, and why. It only reads."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from chassis.clock import Instant
from chassis.commits import Position
from chassis.errors import NotFound
from chassis.requests import page, parse_name
from chassis.shard import ShardWriter
from google.protobuf.message import Message
from switchboard.routing.v1 import service_pb2 as api

from routing import events, wire
from routing.agents import DEFAULT_QUEUE, Agent, Queue
from routing.cases import offers_of
from routing.commands import Command
from routing.explain import explain
from routing.filters import agents_wanted, queues_wanted
from routing.shard import Shard

Writer = ShardWriter[Command, Shard, events.Event]
POLICY = "tenants/{tenant}/routingPolicy"
"""The name of a tenant's one policy."""
FORWARDED_BYTES_MAX = 512 * 1024
"""Of a page that the owner answers. Against: a server's default limit for what one replica sends another is 1 MiB."""


def queue_message(tenant: str, shard: Shard, queue: Queue) -> api.Queue:
    """The queue, how many cases wait in it, and how many for a supervisor."""
    supervised = Counter(shard.supervised.values())
    return wire.queue_message(tenant, queue, _waiting(shard)[queue.queue_id], supervised[queue.queue_id])


def agent_message(tenant: str, shard: Shard, agent: Agent) -> api.Agent:
    """The agent, its load and what votes say of it."""
    return wire.agent_message(tenant, agent, shard.reputations.get(agent.agent_id, ()))


def _case(writer: Writer, request: api.GetCaseRequest, now: Instant) -> Message:
    tenant, case_id = _case_of(request.name)
    case = writer.state.cases.get(case_id)
    if case is None:
        raise NotFound("case", request.name)
    return api.GetCaseResponse(case=wire.case_message(tenant, case))


def _agent(writer: Writer, request: api.GetAgentRequest, now: Instant) -> Message:
    tenant, agent_id = _parts("agents", request.name)
    agent = writer.state.agents.get(agent_id)
    if agent is None:
        raise NotFound("agent", request.name)
    return api.GetAgentResponse(agent=agent_message(tenant, writer.state, agent))


def _agents(writer: Writer, request: api.ListAgentsRequest, now: Instant) -> Message:
    part, wanted = page(request), agents_wanted(request)
    after = part.cursor[0] if part.cursor else ""
    agents = writer.state.agents
    chosen: list[Agent] = [
        agents[agent_id] for agent_id in sorted(agents) if agent_id > str(after) and wanted(agents[agent_id])
    ][: part.size + 1]
    listed, token = part.cut(chosen, _agent_cursor)
    messages = [agent_message(writer.subject.tenant, writer.state, agent) for agent in listed]
    agents_of_page, token = part.within(listed, messages, token, _agent_cursor, FORWARDED_BYTES_MAX)
    return api.ListAgentsResponse(agents=agents_of_page, next_page_token=token)


def _queue(writer: Writer, request: api.GetQueueRequest, now: Instant) -> Message:
    _, queue_id = _parts("queues", request.name)
    queue = _all_queues(writer.state).get(queue_id)
    if queue is None:
        raise NotFound("queue", request.name)
    return api.GetQueueResponse(queue=queue_message(writer.subject.tenant, writer.state, queue))


def _queues(writer: Writer, request: api.ListQueuesRequest, now: Instant) -> Message:
    part, wanted = page(request), queues_wanted(request)
    after = part.cursor[0] if part.cursor else ""
    queues, waiting, tenant = _all_queues(writer.state), _waiting(writer.state), writer.subject.tenant
    chosen: list[Queue] = [
        queues[queue_id]
        for queue_id in sorted(queues)
        if queue_id > str(after) and wanted(queues[queue_id], waiting[queue_id])
    ][: part.size + 1]
    listed, token = part.cut(chosen, _queue_cursor)
    supervised = Counter(writer.state.supervised.values())
    messages = [wire.queue_message(tenant, q, waiting[q.queue_id], supervised[q.queue_id]) for q in listed]
    queues_of_page, token = part.within(listed, messages, token, _queue_cursor, FORWARDED_BYTES_MAX)
    return api.ListQueuesResponse(queues=queues_of_page, next_page_token=token)


def _agent_cursor(agent: Agent) -> tuple[str]:
    return (agent.agent_id,)


def _queue_cursor(queue: Queue) -> tuple[str]:
    return (queue.queue_id,)


def _policy(writer: Writer, request: api.GetRoutingPolicyRequest, now: Instant) -> Message:
    tenant = parse_name(POLICY, request.name)["tenant"]
    return api.GetRoutingPolicyResponse(routing_policy=wire.policy_message(tenant, writer.state.policy))


def _explain(writer: Writer, request: api.ExplainDecisionRequest, now: Instant) -> Message:
    tenant, case_id = _case_of(request.name)
    case = writer.state.cases.get(case_id)
    if case is None:
        raise NotFound("case", request.name)
    said = wire.explanation_message(tenant, case, explain(writer.state, case, now))
    said.position = Position.encode(writer.position)
    return said


READS: Mapping[type[Message], Callable[[Writer, Any, Instant], Message]] = {
    api.GetCaseRequest: _case,
    api.GetAgentRequest: _agent,
    api.ListAgentsRequest: _agents,
    api.GetQueueRequest: _queue,
    api.ListQueuesRequest: _queues,
    api.GetRoutingPolicyRequest: _policy,
    api.ExplainDecisionRequest: _explain,
}
"""What is answered at a moment at which everything in memory is durable. Raises NotFound and InvalidRequest."""


def _all_queues(shard: Shard) -> dict[str, Queue]:
    """The queues there are; the default one is there before anybody creates it."""
    known = {queue_id: queue for queue_id, queue in shard.queues.items() if shard.has_queue(queue_id)}
    return {DEFAULT_QUEUE: Queue(DEFAULT_QUEUE), **known}


def _waiting(shard: Shard) -> Counter[str]:
    """How many cases wait in each queue, offered ones included."""
    waiting: Counter[str] = Counter()
    for segment in shard.segments.by_key.values():
        waiting[segment.queue] += segment.count
    found = {held.case_id: shard.cases[held.case_id] for agent in shard.agents.values() for held in agent.work}
    waiting.update(case.queue for case in found.values() if offers_of(case))
    return waiting


def _case_of(name: str) -> tuple[str, str]:
    return _parts("cases", name)


def _parts(kind: str, name: str) -> tuple[str, str]:
    found = parse_name(f"tenants/{{tenant}}/{kind}/{{id}}", name)
    return found["tenant"], found["id"]
