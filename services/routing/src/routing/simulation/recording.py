"""A recorded log: the facts of one tenant's work as `switchboard log export` writes them, one CloudEvent a line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from chassis.commits import Event, Position, Recorded, Subject
from chassis.errors import InvalidRequest
from chassis.layout import UnreadableEvent, message_class, pack
from google.protobuf.json_format import ParseDict, ParseError
from msgspec import Raw

from routing import events
from routing.agents import NEVER
from routing.views.cases import CODEC

CONTEXT = "work"
_OURS = "switchboard.routing."


class BadRecording(ValueError):
    """A file that is no recorded log; the message is a sentence for whoever has it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact and what the log says of it."""

    position: int
    origin: tuple[str, ...]
    """Who asked, and for what: what one command leads to has it in common. Empty words where time itself did."""
    event: events.Event


def read_recording(lines: Iterable[bytes], tenant: str = "") -> list[Fact]:
    """The facts of the tenant's `work`, in log order; of the only one there is where none is named.

    Raises BadRecording.
    """
    facts: list[Fact] = []
    tenants: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        told = _object(number, line)
        of_tenant, context = _source(number, told)
        if context != CONTEXT or (tenant and of_tenant != tenant):
            continue
        tenants.add(of_tenant)
        if len(tenants) > 1:
            named = " and ".join(sorted(tenants))
            raise BadRecording(f"it has the facts of {named}; say whose are meant with --tenant")
        if str(told.get("type")).startswith(_OURS):
            facts.append(_fact(number, told, of_tenant))
    if not facts:
        whose = f"of tenant {tenant} " if tenant else ""
        raise BadRecording(f"it has no facts {whose}about cases; write it with `switchboard log export --tenant NAME`")
    return facts


def _object(number: int, line: bytes) -> dict[str, Any]:
    try:
        told = orjson.loads(line)
    except orjson.JSONDecodeError:
        told = None
    if not isinstance(told, dict):
        raise BadRecording(f"line {number} is no JSON object; write the file with `switchboard log export` again")
    return told


def _source(number: int, told: dict[str, Any]) -> tuple[str, str]:
    """(tenant, context) of /switchboard/tenants/TENANT/CONTEXT/SHARD."""
    parts = str(told.get("source")).split("/")
    if len(parts) < 6 or parts[1:3] != ["switchboard", "tenants"]:
        raise BadRecording(f"line {number} is no fact of a log of ours; write the file with `switchboard log export`")
    return parts[3], parts[4]


def _fact(number: int, told: dict[str, Any], tenant: str) -> Fact:
    name = str(told["type"])
    try:
        position = Position.decode(str(told.get("position")))
        message = ParseDict(told["data"], message_class(name)())
        subject = Subject(CONTEXT, tenant, "0")
        event = Event(NEVER, name, Raw(pack(message)))
        decoded = CODEC.decode(Recorded.of(position, number, subject, event))
    except (UnreadableEvent, ParseError, InvalidRequest, LookupError, ValueError, TypeError, AttributeError):
        kind = name.rpartition(".")[2]
        raise BadRecording(
            f"line {number} is no {kind} that this release can read; export the log with the release that simulates"
        ) from None
    words = (str(told.get(word) or "") for word in ("actor", "correlationid", "causationid", "traceparent"))
    return Fact(position, tuple(words), decoded)


def decisions(facts: Iterable[Fact]) -> Iterator[list[Fact]]:
    """What was decided at once, as far as it can be told: same commit, origin and time, and offers come last."""
    group: list[Fact] = []
    for fact in facts:
        if group:
            last = group[-1]
            same = (last.position, last.origin, last.event.at) == (fact.position, fact.origin, fact.event.at)
            asked_again = isinstance(last.event, events.CaseOffered) and not isinstance(fact.event, events.CaseOffered)
            if not same or (asked_again and any(fact.origin)):
                yield group
                group = []
        group.append(fact)
    if group:
        yield group
