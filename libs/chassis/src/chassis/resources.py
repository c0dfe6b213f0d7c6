"""The resource a refusal is about, named in full: `tenants/acme/cases/42` of type `case`, whoever refused.

Deciders know no tenant and often only an id; the call knows both. What a status says about a resource is completed
here, in the one place that every refusal passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import grpc
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

from chassis.errors import Reason, code_of, reason_of

_TENANTS = "tenants/"
_ABOUT_RESOURCES = frozenset(
    {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.FAILED_PRECONDITION}
)


def names_in(request: Message) -> Iterator[str]:
    """The resource names a request is about: its own texts, then the names of messages in it, in their order."""
    nested = []
    for described, value in request.ListFields():
        if described.is_repeated:
            continue
        if described.type == FieldDescriptor.TYPE_STRING and value.startswith(_TENANTS):
            yield value
        elif described.type == FieldDescriptor.TYPE_MESSAGE:
            nested.append(value)
    for message in nested:
        name = getattr(message, "name", "")
        if isinstance(name, str) and name.startswith(_TENANTS):
            yield name


def tenant_in(request: Message) -> str:
    """The tenant a request is about, "" when it names none."""
    name = next(names_in(request), "")
    return name.split("/", 2)[1] if name else ""


def type_of(name: str) -> str:
    """The type of a resource by its name: `case` for `tenants/acme/cases/42`, `canned text` of those in `cannedTexts`;
    "" for what is no such name.
    """
    parts = name.split("/")
    if len(parts) % 2 or not parts[-2].isalpha():
        return ""
    collection = re.sub("[A-Z]", lambda capital: f" {capital[0].lower()}", parts[-2])
    if collection.endswith("ies"):
        return collection[:-3] + "y"
    return collection.removesuffix("s")


def owner_of(name: str) -> str:
    """The tenant a resource is of, `tenants/acme`; "" for a name outside of tenants."""
    parts = name.split("/", 2)
    return "/".join(parts[:2]) if name.startswith(_TENANTS) else ""


def completed(status: Status, request: Message | None) -> Status:
    """The status with its resource named in full, and with one where its code demands it and the request names it."""
    if code_of(status) not in _ABOUT_RESOURCES or request is None or reason_of(status) == Reason.REQUEST_ID_REUSED:
        return status
    tenant = tenant_in(request)
    found = Status(code=status.code, message=status.message)
    named = False
    for detail in status.details:
        info, failure = details.ResourceInfo(), details.PreconditionFailure()
        if detail.Unpack(info):
            named = True
            info.resource_name = _full(info.resource_name, tenant) or _named(request)
            info.resource_type = type_of(info.resource_name) or info.resource_type
            info.owner = owner_of(info.resource_name)
            found.details.add().Pack(info)
        elif detail.Unpack(failure):
            for violation in failure.violations:
                violation.subject = _full(violation.subject, tenant) or _named(request)
            found.details.add().Pack(failure)
        else:
            found.details.add().CopyFrom(detail)
    if not named and (name := _named(request)):
        info = details.ResourceInfo(
            resource_type=type_of(name), resource_name=name, owner=owner_of(name), description=status.message
        )
        found.details.add().Pack(info)
    return found


def _full(name: str, tenant: str) -> str:
    if not name or not tenant or "/" not in name or name.startswith(_TENANTS):
        return name
    return f"{_TENANTS}{tenant}/{name}"


def _named(request: Message) -> str:
    """The first resource below a tenant that the request names, else the tenant, "" for neither."""
    names = list(names_in(request))
    return next((name for name in names if name.count("/") >= 3), names[0] if names else "")
