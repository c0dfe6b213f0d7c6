"""What the owner's memory says beside a case, for whoever opens it. It only reads."""

from chassis.clock import Instant
from chassis.commits import Position
from chassis.requests import parse_name
from google.protobuf.message import Message
from switchboard.routing.v1 import desk_pb2 as api

from routing.cases import holder
from routing.goodwill_requests import standing
from routing.memory_reads import Writer
from routing.pace import expected_wait


def aside(writer: Writer, request: api.CaseAside, now: Instant) -> Message:
    """What is known; nothing of a case that memory does not hold."""
    shard = writer.state
    case = shard.cases.get(parse_name("tenants/{tenant}/cases/{id}", request.name)["id"])
    answer = api.CaseAsideAnswer(position=Position.encode(writer.position))
    wait = None if case is None else expected_wait(shard, case, now)
    if case is not None:
        agent_id = request.agent.rpartition("/")[2] or holder(case)
        answer.goodwill.CopyFrom(standing(writer.subject.tenant, shard, case, agent_id, now))
    if wait is not None:
        answer.expected_wait.duration_s = wait.duration_s
        answer.expected_wait.place = wait.place
        answer.expected_wait.taken = wait.taken
        answer.expected_wait.observed_s = wait.observed_s
    return answer
