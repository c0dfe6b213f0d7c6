"""What lists and watches are narrowed to: the fields a filter may name, and their values."""

from collections.abc import Callable, Mapping

from chassis.filters import Field, parse
from switchboard.routing.v1 import service_pb2

from routing.terms import Presence
from routing.views.cases import Filter

_STATES = frozenset(state.name.removeprefix("CASE_STATE_") for state in service_pb2.CaseState.DESCRIPTOR.values[1:])


def filter_of(request: service_pb2.ListCasesRequest | service_pb2.WatchCasesRequest) -> Filter:
    """The filter of a list or watch. Raises InvalidRequest."""
    return Filter(**{one.field: str(one.value) for one in parse(request.filter, _case_fields(request.parent))})


def presence_of(request: service_pb2.ListAgentsRequest) -> Presence | None:
    """The presence agents are narrowed to, None for all. Raises InvalidRequest."""
    return next((Presence[str(one.value)] for one in parse(request.filter, _AGENT_FIELDS)), None)


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
    }


_AGENT_FIELDS = {"presence": Field(_member("PRESENCE_", frozenset(one.name for one in Presence if one)))}
