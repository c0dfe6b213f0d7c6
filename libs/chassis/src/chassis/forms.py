"""The form of a request, judged before anybody acts on it: everything that is wrong with it is said at once.

What the contract says of its fields holds here for every method alike: what is required is there, a resource name has
its pattern, all of them are of one tenant, a request id is a UUID, a page has a size. A service adds what it alone
knows of its requests, one function per request type. It knows no method and no resource.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from chassis.annotations import REQUIRED, behaviors, is_resource, patterns, reference
from chassis.errors import InvalidRequest
from chassis.requests import parse_name, request_uuid

REQUEST_ID = "request_id"
ANY = "*"
_TENANT = "switchboard/Tenant"

Violation = tuple[str, str]
Judge = Callable[[Any], object]
"""Reads a request as its service does. Raises InvalidRequest with everything that is wrong; its result is not used."""


class _Plan(NamedTuple):
    required: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    """(field, pattern) of single resource names."""
    nested: tuple[str, ...]
    """Fields whose messages have requirements of their own."""
    has_request_id: bool
    has_page_size: bool


def judged(request: Message, judges: Mapping[type[Message], Judge]) -> list[Violation]:
    """Everything that is wrong with a request, as (field, description); of one field what was found first."""
    wrong = dict[str, str]()
    _by_contract(request, "", wrong)
    judge = judges.get(type(request))
    found = list(wrong.items())
    if judge is not None:
        try:
            judge(request)
        except InvalidRequest as invalid:
            found += [each for each in invalid.violations if not _said(each[0], wrong)]
    return found


def together(*judges: Callable[[], object]) -> None:
    """Runs all of them. Raises InvalidRequest with what any of them finds wrong."""
    wrong: list[Violation] = []
    for judge in judges:
        try:
            judge()
        except InvalidRequest as invalid:
            wrong.extend(invalid.violations)
    if wrong:
        raise InvalidRequest(wrong)


def _said(field: str, wrong: Mapping[str, str]) -> bool:
    """Whether something was said of a field, or of the message it is in."""
    return any(field == one or field.startswith((f"{one}.", f"{one}[")) for one in wrong)


def _by_contract(message: Message, path: str, wrong: dict[str, str]) -> None:
    plan = _plan(message.DESCRIPTOR)
    for name in plan.required:
        if not _is_there(message, name):
            wrong[path + name] = "is required"
    tenant = ""
    for name, pattern in plan.names:
        value: str = getattr(message, name)
        if not value or path + name in wrong:
            continue
        try:
            theirs = parse_name(pattern, value, name)["tenant"]
        except InvalidRequest as invalid:
            wrong[path + name] = invalid.violations[0][1]
            continue
        if tenant and theirs != tenant:
            wrong[path + name] = f"is of another tenant than {tenant}"
        tenant = tenant or theirs
    if plan.has_request_id and getattr(message, REQUEST_ID) and path + REQUEST_ID not in wrong:
        try:
            request_uuid(getattr(message, REQUEST_ID))
        except InvalidRequest as invalid:
            wrong[path + REQUEST_ID] = invalid.violations[0][1]
    if plan.has_page_size and message.page_size < 0:  # type: ignore[attr-defined]
        wrong[f"{path}page_size"] = "must not be negative"
    for name in plan.nested:
        if message.HasField(name):
            _by_contract(getattr(message, name), f"{path}{name}.", wrong)


def _is_there(message: Message, name: str) -> bool:
    if message.DESCRIPTOR.fields_by_name[name].has_presence:
        return message.HasField(name)
    return bool(getattr(message, name))


@lru_cache(maxsize=512)
def _plan(described: Descriptor) -> _Plan:
    known = patterns(described.file)
    fields = sorted(described.fields, key=lambda field: field.number)
    texts = [field for field in fields if field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated]
    names = [(field.name, known[kind]) for field in texts if (kind := reference(field)) and kind != ANY]
    nested = [
        field.name
        for field in fields
        # A resource's own requirements are those of its creation; an update says less. Its service judges it.
        if field.message_type is not None and not field.is_repeated and _asks(field.message_type)
    ]
    return _Plan(
        tuple(field.name for field in fields if REQUIRED in behaviors(field)),
        tuple(sorted(names, key=lambda name: name[1] != known.get(_TENANT, ""))),
        tuple(nested),
        REQUEST_ID in described.fields_by_name,
        "page_size" in described.fields_by_name,
    )


def _asks(described: Descriptor) -> bool:
    return not is_resource(described) and any(REQUIRED in behaviors(field) for field in described.fields)
