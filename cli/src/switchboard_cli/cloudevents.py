"""Commits of the log as CloudEvents 1.0. It knows the envelope and the contracts' message types, and opens no seal."""

import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.any_pb2 import Any as AnyMessage
    from switchboard.log.v1.integrity_pb2 import ExportedCommit


def body_of(body: "AnyMessage") -> Any:
    """The fact as JSON; its bytes in base64 under `undecoded` when this command is older than the fact, or it has what
    cannot be said in JSON, such as a time no calendar has.
    """
    import base64

    from chassis.layout import UnreadableEvent, decoded, pack, unpack
    from google.protobuf.json_format import Error, MessageToDict

    name = body.type_url.rpartition("/")[2]
    try:
        message = unpack(name, pack(decoded(name, body.value)))  # a service may have shown what it has no fields for
        return MessageToDict(message, preserving_proto_field_name=True)
    except (UnreadableEvent, Error, TypeError, ValueError, OverflowError, RecursionError):
        return {"undecoded": base64.b64encode(body.value).decode()}


def _id(value: bytes) -> str:
    """The text of a UUID; of other bytes, which no release of ours writes, their digits."""
    return str(uuid.UUID(bytes=value)) if len(value) == 16 else value.hex()


def as_cloudevents(exported: "ExportedCommit") -> "Iterator[dict[str, Any]]":
    """One CloudEvent per fact of the commit, in order. Extensions: position, correlationid, causationid, actor,
    traceparent; those that are empty are left out."""
    commit = exported.commit
    context = exported.subject.split(".")[1] if exported.subject.count(".") > 1 else ""
    for event in commit.events:
        described: dict[str, Any] = {
            "specversion": "1.0",
            "id": _id(event.event_id),
            "source": f"/switchboard/tenants/{commit.tenant}/{context}/{commit.shard}",
            "type": event.body.type_url.rpartition("/")[2],
            "datacontenttype": "application/json",
            "position": exported.position,
        }
        with suppress(ValueError):  # a time no calendar has
            described["time"] = event.occurred_at.ToJsonString()
        for name, value in (("correlationid", event.correlation_id), ("causationid", event.causation_id)):
            if value:
                described[name] = _id(value)
        if event.actor:
            described["actor"] = event.actor
        if event.traceparent:
            described["traceparent"] = event.traceparent
        described["data"] = body_of(event.body)
        yield described
