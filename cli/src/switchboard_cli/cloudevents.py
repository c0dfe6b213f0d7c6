"""Commits of the log as CloudEvents 1.0. It knows the envelope and the contracts' message types, and opens no seal."""

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.protobuf.any_pb2 import Any as AnyMessage
    from switchboard.log.v1.integrity_pb2 import ExportedCommit


def body_of(body: "AnyMessage") -> Any:
    """The fact as JSON; its bytes in base64 under `undecoded` when this command is older than the fact."""
    import base64

    from google.protobuf import descriptor_pool, message_factory
    from google.protobuf.json_format import MessageToDict
    from switchboard.crm.v1 import events_pb2 as _crm
    from switchboard.ingest.v1 import events_pb2 as _ingest
    from switchboard.routing.v1 import events_pb2 as _routing

    del _crm, _ingest, _routing  # imported so that the pool knows their messages
    name = body.type_url.rpartition("/")[2]
    try:
        descriptor = descriptor_pool.Default().FindMessageTypeByName(name)
    except KeyError:
        return {"undecoded": base64.b64encode(body.value).decode()}
    message = message_factory.GetMessageClass(descriptor)()
    message.ParseFromString(body.value)
    return MessageToDict(message, preserving_proto_field_name=True)


def as_cloudevents(exported: "ExportedCommit") -> "Iterator[dict[str, Any]]":
    """One CloudEvent per fact of the commit, in order. Extensions: position, correlationid, causationid, actor,
    traceparent; those that are empty are left out."""
    commit = exported.commit
    context = exported.subject.split(".")[1] if exported.subject.count(".") > 1 else ""
    for event in commit.events:
        described: dict[str, Any] = {
            "specversion": "1.0",
            "id": str(uuid.UUID(bytes=event.event_id)),
            "source": f"/switchboard/tenants/{commit.tenant}/{context}/{commit.shard}",
            "type": event.body.type_url.rpartition("/")[2],
            "time": event.occurred_at.ToJsonString(),
            "datacontenttype": "application/json",
            "position": exported.position,
        }
        for name, value in (("correlationid", event.correlation_id), ("causationid", event.causation_id)):
            if value:
                described[name] = str(uuid.UUID(bytes=value))
        if event.actor:
            described["actor"] = event.actor
        if event.traceparent:
            described["traceparent"] = event.traceparent
        described["data"] = body_of(event.body)
        yield described
