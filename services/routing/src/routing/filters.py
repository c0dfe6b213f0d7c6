"""What lists and watches are narrowed to: the fields a filter may name, and their values."""

from collections.abc import Callable, Mapping
from functools import partial

from chassis.filters import HAS, ORDERED, Expression, Field, holds, instant, member, parse, whole
from switchboard.ingest.v1 import post_pb2
from switchboard.routing.v1 import events_pb2, service_pb2

from routing.agents import Agent, Queue
from routing.terms import Presence

_STATES = frozenset(state.name.removeprefix("CASE_STATE_") for state in service_pb2.CaseState.DESCRIPTOR.values[1:])


def cases_wanted(request: service_pb2.ListCasesRequest | service_pb2.WatchCasesRequest) -> Expression:
    """The filter of a list or watch of cases; `views.cases` says where its fields stand. Raises InvalidRequest."""
    return parse(request.filter, _case_fields(request.parent))


def agents_wanted(request: service_pb2.ListAgentsRequest) -> Callable[[Agent], bool]:
    """Whether an agent is one of those that a list asks for. Raises InvalidRequest."""
    wanted = parse(request.filter, _agent_fields(request.parent))
    return lambda agent: holds(wanted, partial(_of_agent, agent))


def queues_wanted(request: service_pb2.ListQueuesRequest) -> Callable[[Queue, int], bool]:
    """Whether a queue, in which so many cases wait, is one of those that a list asks for. Raises InvalidRequest."""
    wanted = parse(request.filter, _QUEUE_FIELDS)
    return lambda queue, waiting: holds(wanted, partial(_of_queue, queue, waiting))


def posts_wanted(request: service_pb2.ListCasePostsRequest) -> Expression:
    """The filter of a list of a case's posts; `views.cases` says where its fields stand. Raises InvalidRequest."""
    return parse(request.filter, _POST_FIELDS)


def unattributed_wanted(request: service_pb2.ListUnattributedPostsRequest) -> Expression:
    """The filter of a list of posts that answer nobody; `views.threads` says where its fields stand.

    Raises InvalidRequest.
    """
    return parse(request.filter, _UNATTRIBUTED_FIELDS)


def _of_queue(queue: Queue, waiting: int, field: str) -> object:
    match field:
        case "display_name":
            return queue.display_name
        case "requirements":
            return [one.skill for one in queue.requirements]
        case "first_response_s":
            return queue.first_response_s
        case "offer_timeout_s":
            return queue.offer_timeout_s
        case _:
            return waiting


def _of_agent(agent: Agent, field: str) -> object:
    match field:
        case "presence":
            return agent.presence.name
        case "queues":
            return agent.queues
        case "skills":
            return [skill.name for skill in agent.skills]
        case "capacity":
            return agent.capacity
        case _:
            return agent.load


def _member(prefix: str, known: frozenset[str]) -> Callable[[str], str]:
    """Reads a member's name, with or without the enumeration's prefix."""

    def read(name: str) -> str:
        if (found := name.removeprefix(prefix)) not in known:
            raise ValueError(f"is one of {', '.join(sorted(known))}")
        return found

    return read


def _id(parent: str, kind: str) -> Callable[[str], str]:
    """Reads an id, or a resource name of this tenant as its last segment."""

    def read(name: str) -> str:
        prefix = f"{parent}/{kind}/"
        if "/" in name.removeprefix(prefix):
            raise ValueError(f"is an id or a name {prefix}*")
        return name.removeprefix(prefix)

    return read


def _case_fields(parent: str) -> Mapping[str, Field]:
    return {
        "state": Field(_member("CASE_STATE_", _STATES)),
        "queue": Field(_id(parent, "queues")),
        "agent": Field(_id(parent, "agents")),
        "channel": Field(),
        "source": Field(_id(parent, "sources")),
        "identity": Field(_id(parent, "identities")),
        "desk": Field(),
        "opened_at": Field(instant, ORDERED),
    }


def _agent_fields(parent: str) -> Mapping[str, Field]:
    return {
        "presence": Field(_member("PRESENCE_", frozenset(one.name for one in Presence if one))),
        "queues": Field(_id(parent, "queues"), HAS),
        "skills": Field(operators=HAS),
        "capacity": Field(whole, ORDERED),
        "load": Field(whole, ORDERED),
    }


_QUEUE_FIELDS: Mapping[str, Field] = {
    "display_name": Field(),
    "requirements": Field(operators=HAS),
    "first_response_s": Field(whole, ORDERED),
    "offer_timeout_s": Field(whole, ORDERED),
    "waiting": Field(whole, ORDERED),
}
_POST_FIELDS: Mapping[str, Field] = {
    "direction": Field(member(post_pb2.Direction.DESCRIPTOR)),
    "author_kind": Field(member(post_pb2.AuthorKind.DESCRIPTOR)),
    "role": Field(member(events_pb2.PostRole.DESCRIPTOR)),
    "published_at": Field(instant, ORDERED),
}
_UNATTRIBUTED_FIELDS: Mapping[str, Field] = {"desk": Field(), "published_at": Field(instant, ORDERED)}
