"""What lists and watches are narrowed to: the fields a filter may name, and their values."""

from collections.abc import Callable, Mapping
from functools import partial

from chassis.filters import HAS, ORDERED, Expression, Field, holds, instant, parse
from switchboard.routing.v1 import service_pb2

from routing.agents import Agent
from routing.terms import Presence

_STATES = frozenset(state.name.removeprefix("CASE_STATE_") for state in service_pb2.CaseState.DESCRIPTOR.values[1:])


def cases_wanted(request: service_pb2.ListCasesRequest | service_pb2.WatchCasesRequest) -> Expression:
    """The filter of a list or watch of cases; `views.cases` says where its fields stand. Raises InvalidRequest."""
    return parse(request.filter, _case_fields(request.parent))


def agents_wanted(request: service_pb2.ListAgentsRequest) -> Callable[[Agent], bool]:
    """Whether an agent is one of those that a list asks for. Raises InvalidRequest."""
    wanted = parse(request.filter, _agent_fields(request.parent))
    return lambda agent: holds(wanted, partial(_of_agent, agent))


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


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise ValueError("is a whole number, 0 or more")
    return int(text)


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
        "capacity": Field(_number, ORDERED),
        "load": Field(_number, ORDERED),
    }
