"""What requests about posts and sources must look like, and what they can be filtered by."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from chassis.errors import InvalidRequest
from chassis.filters import HAS, ORDERED, Field, instant, member, whole
from chassis.identity import is_uuid
from chassis.masks import changed_fields
from chassis.message_limits import MessageLimits
from switchboard.ingest.v1 import post_pb2, service_pb2

from ingest.channels.rows import columns_of
from ingest.normalise import Unreadable

LIMITS = MessageLimits(unchecked=frozenset({"switchboard.ingest.v1.Delivery"}))
"""What requests may carry: a delivery that cannot be read is quarantined alone, the rest of its batch is taken."""
SOURCE_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}", re.ASCII)
CHANNEL = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
ORDERS: Mapping[str, tuple[str, bool]] = {
    "": ("published_at", True),
    "published_at desc": ("published_at", True),
    "published_at": ("published_at", False),
    "received_at desc": ("received_at", True),
    "received_at": ("received_at", False),
}
"""order_by -> (column, descending)."""
ACCOUNT_BYTES_MAX = 200
_LABEL = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
_QUEUE = re.compile(r"tenants/[a-z][a-z0-9-]{0,39}/queues/[a-z0-9][a-z0-9-]{0,62}|", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def source_violations(source: service_pb2.Source, place: str) -> list[tuple[str, str]]:
    """What is wrong with the settings of a source of `place`, `tenants/*`."""
    wrong = []
    if len(source.display_name) > 200 or "\0" in source.display_name:
        wrong.append(("source.display_name", "0 to 200 code points are expected"))
    if len(source.desk) > 200 or _CONTROL.search(source.desk):
        wrong.append(("source.desk", "0 to 200 code points without control characters are expected"))
    if len(source.owned_accounts) > 1000:
        wrong.append(("source.owned_accounts", "at most 1000 are expected"))
    for number, account in enumerate(source.owned_accounts[:1000]):
        plain = account.strip().removeprefix("@").lower()
        if not plain or len(plain.encode()) > ACCOUNT_BYTES_MAX or _CONTROL.search(account):
            wrong.append(
                (f"source.owned_accounts[{number}]", f"1 to {ACCOUNT_BYTES_MAX} bytes without control characters")
            )
    if len(source.labels) > 64:
        wrong.append(("source.labels", "at most 64 are expected"))
    for key, value in source.labels.items():
        if not _LABEL.fullmatch(key):
            wrong.append(("source.labels", f"a key is {_LABEL.pattern}"))
        if not 1 <= len(value) <= 200 or "\0" in value:
            wrong.append(("source.labels", "a value has 1 to 200 code points"))
    if len(source.secrets_ref.encode()) > 200 or _CONTROL.search(source.secrets_ref):
        wrong.append(("source.secrets_ref", "0 to 200 bytes without control characters are expected"))
    if not _QUEUE.fullmatch(source.default_queue):
        wrong.append(("source.default_queue", f"the name of a queue, {place}/queues/*, or nothing, is expected"))
    elif source.default_queue and not source.default_queue.startswith(f"{place}/queues/"):
        wrong.append(("source.default_queue", f"is of another tenant than {place}"))
    return wrong


def creation_violations(request: service_pb2.CreateSourceRequest) -> list[tuple[str, str]]:
    """What is wrong with a source to connect."""
    source = request.source
    wrong = source_violations(source, request.parent)
    if not SOURCE_ID.fullmatch(request.source_id):
        wrong.append(("source_id", f"{SOURCE_ID.pattern} is expected"))
    elif source.name not in ("", f"{request.parent}/sources/{request.source_id}"):
        wrong.append(("source.name", "does not agree with parent and source_id"))
    if not CHANNEL.fullmatch(source.channel):
        wrong.append(("source.channel", f"{CHANNEL.pattern} is expected"))
    if len(source.account_scope.encode()) > 200 or _CONTROL.search(source.account_scope):
        wrong.append(("source.account_scope", "0 to 200 bytes without control characters are expected"))
    return wrong


def change_violations(request: service_pb2.UpdateSourceRequest) -> list[tuple[str, str]]:
    """What is wrong with a change of a source."""
    wrong = source_violations(request.source, request.source.name.partition("/sources/")[0])
    return wrong + changed_fields(request.source, request.update_mask)[1]


def check_mapping(mapping: post_pb2.RowMapping) -> None:
    """Raises InvalidRequest for a mapping that nothing can be read by."""
    try:
        columns_of(mapping)
    except Unreadable as refusal:
        raise InvalidRequest([("mapping", refusal.detail)]) from None


def check_order(order_by: str, known: Collection[str]) -> None:
    """Raises InvalidRequest for an order that is not offered."""
    if order_by not in known:
        offered = ", ".join(sorted(order for order in known if order))
        raise InvalidRequest([("order_by", f"expected one of: {offered}")])


def id_of(tenant: str, collection: str, *, uuid: bool = False) -> Callable[[str], str]:
    """Reads an id, or a resource name of this tenant as its last segment, like every other service."""

    def read(name: str) -> str:
        prefix = f"tenants/{tenant}/{collection}/"
        last = name.removeprefix(prefix)
        if "/" in last or not last or (uuid and not is_uuid(last)):
            raise ValueError(f"is an id or a name {prefix}*")
        return last

    return read


def post_fields(tenant: str) -> dict[str, Field]:
    """What posts can be filtered by; `views.posts` says which columns that is."""
    return {
        "conversation": Field(id_of(tenant, "conversations", uuid=True)),
        "author": Field(id_of(tenant, "identities", uuid=True)),
        "source": Field(id_of(tenant, "sources")),
        "desks": Field(operators=HAS),
        "channel": Field(),
        "direction": Field(member(post_pb2.Direction.DESCRIPTOR)),
        "kind": Field(member(post_pb2.PostKind.DESCRIPTOR)),
        "published_at": Field(instant, ORDERED),
        "received_at": Field(instant, ORDERED),
    }


def quarantine_fields(tenant: str) -> dict[str, Field]:
    """What quarantined deliveries can be filtered by; `views.quarantined` says where it stands."""
    return {
        "source": Field(id_of(tenant, "sources")),
        "reason": Field(),
        "payload_bytes": Field(whole, ORDERED),
        "received_at": Field(instant, ORDERED),
    }


SOURCE_FIELDS = {
    "channel": Field(),
    "desk": Field(),
    "labels": Field(operators=HAS),
    "labels.": Field(),
    "owned_accounts": Field(str.lower, HAS),
}
"""What sources can be filtered by; `views.sources` says where it stands."""
