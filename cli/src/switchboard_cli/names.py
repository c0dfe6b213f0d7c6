"""Resource names as people type and read them: an id is enough, a full name is fine. It knows the pattern only."""

from datetime import UTC
from typing import Any


def full(tenant: str, collection: str, name: str) -> str:
    """`tenants/{tenant}/{collection}/{id}` of an id; a full name stays."""
    return name if name.startswith("tenants/") else f"tenants/{tenant}/{collection}/{name}"


def short(name: str) -> str:
    """The last part of a resource name."""
    return name.rpartition("/")[2]


def moment(message: Any, field: str) -> str:
    """A timestamp field for people, UTC to the second; "–" when it is absent."""
    from switchboard_cli.output import NOTHING

    if not message.HasField(field):
        return NOTHING
    return f"{getattr(message, field).ToDatetime(tzinfo=UTC):%Y-%m-%d %H:%M:%S}"


def word(enumeration: Any, number: int, prefix: str) -> str:
    """An enum value as a lower-case word: CASE_STATE_QUEUED is queued."""
    return str(enumeration.Name(number)).removeprefix(prefix).lower().replace("_", " ")


def document(message: Any) -> Any:
    """A message as JSON, with the names of the contract."""
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(message, preserving_proto_field_name=True)
