"""How requests to crm-sync are read, and what is wrong with their form. It asks nobody and knows no table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chassis.clock import Clock
from chassis.errors import InvalidRequest
from chassis.filters import HAS, ORDERED, Field, parse, truth
from chassis.forms import Judge, together
from chassis.identity import is_uuid
from chassis.requests import Uuid, optional_instant, page, parse_name, request_uuid
from google.protobuf.message import Message
from switchboard.crm.v1 import service_pb2 as pb

from crm_sync.contact_points import is_region
from crm_sync.matching import contact_class
from crm_sync.naming import identity_id
from crm_sync.reactions import ATTRIBUTES_MAX, VALUE_BYTES_MAX, VALUES_BYTES_MAX

AHEAD_MAX_US = 86_400_000_000
"""How far in the future an observation may lie: a day, for clocks and zones that are wrong."""
_REGION = 'is a CLDR region such as "DE"'
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TOKEN = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def judges(clock: Clock) -> Mapping[type[Message], Judge]:
    """What is wrong with the form of requests, by their type, beyond what the contract says of their fields."""
    return {
        pb.LookupCustomerRequest: _looked_up,
        pb.GetCustomerRequest: lambda asked: name_of("customers", asked.name),
        pb.ListCustomersRequest: lambda asked: together(
            lambda: page(asked, (Uuid,)), lambda: parse(asked.filter, FIELDS)
        ),
        pb.ListAttributeValuesRequest: lambda asked: together(
            lambda: page(asked, (str, str, str, int, str)),
            lambda: name_of("customers", asked.parent, "parent"),
            lambda: parse(asked.filter, VALUE_FIELDS),
        ),
        pb.ListLinksRequest: lambda asked: together(
            lambda: page(asked, (Uuid, Uuid)), lambda: name_of("customers", asked.parent, "parent")
        ),
        pb.ExplainAttributeRequest: lambda asked: together(
            lambda: page(asked, (int,)),
            lambda: name_of("customers", asked.name),
            lambda: matches("attribute", asked.attribute, _ATTRIBUTE),
        ),
        pb.AssertAttributesRequest: lambda asked: assertion_of(asked, clock),
        **dict.fromkeys(
            (pb.LinkIdentitiesRequest, pb.UnlinkIdentitiesRequest, pb.ForbidLinkRequest, pb.ExplainLinkRequest),
            lambda asked: together(
                lambda: name_of("identities", asked.identity_a, "identity_a"),
                lambda: name_of("identities", asked.identity_b, "identity_b"),
            ),
        ),
        pb.EraseSubjectRequest: lambda asked: together(
            lambda: name_of("identities" if "/identities/" in asked.name else "customers", asked.name),
            lambda: matches("reason", asked.reason or "request", _TOKEN),
        ),
    }


def assertion_of(request: pb.AssertAttributesRequest, clock: Clock) -> tuple[str, str]:
    """(tenant, identity id) of a request that is in order. Raises InvalidRequest with everything that is not."""
    wrong: list[tuple[str, str]] = []
    tenant = parse_name("tenants/{tenant}", request.parent, "parent")["tenant"]
    subject = ""
    try:
        match request.WhichOneof("subject"):
            case "identity":
                subject = resource_of("identities", request.identity, "identity", tenant)
            case "identity_key":
                subject = identity_of(request.identity_key)
            case _:
                wrong.append(("subject", "one of identity, identity_key is required"))
        request_uuid(request.request_id)
        at = optional_instant(request, "observed_at")
        if at is not None and at > clock.now() + AHEAD_MAX_US:
            wrong.append(("observed_at", "is more than a day in the future"))
    except InvalidRequest as invalid:
        wrong.extend(invalid.violations)
    if _TOKEN.fullmatch(request.source) is None:
        wrong.append(("source", f"is {_TOKEN.pattern}"))
    if len(request.purpose.encode()) > 100 or not request.purpose.isprintable():
        wrong.append(("purpose", "is at most 100 bytes of printable text"))
    if not 1 <= len(request.attributes) <= ATTRIBUTES_MAX:
        wrong.append(("attributes", f"are 1 to {ATTRIBUTES_MAX}"))
    if sum(len(one.value.encode()) for one in request.attributes) > VALUES_BYTES_MAX:
        wrong.append(("attributes", f"have values of at most {VALUES_BYTES_MAX} bytes together"))
    seen: set[str] = set()
    for number, one in enumerate(request.attributes):
        field = f"attributes[{number}]"
        if _ATTRIBUTE.fullmatch(one.attribute) is None:
            wrong.append((f"{field}.attribute", f"is {_ATTRIBUTE.pattern}"))
        elif contact_class(one.attribute) is None:
            if one.attribute in seen:
                wrong.append((f"{field}.attribute", "is there twice and is no contact point"))
            seen.add(one.attribute)
        if len(one.value.encode()) > VALUE_BYTES_MAX:
            wrong.append((f"{field}.value", f"is at most {VALUE_BYTES_MAX} bytes"))
        if one.region and not is_region(one.region):
            wrong.append((f"{field}.region", _REGION))
        if not (one.confidence == 0 or 0.0005 <= one.confidence <= 1):  # false for NaN as well
            wrong.append((f"{field}.confidence", "is above 0 and at most 1"))
    if wrong:
        raise InvalidRequest(wrong)
    return tenant, subject


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= 1000):
        raise ValueError("is a number from 1 to 1000")
    return int(text)


FIELDS = {"identities": Field(_count, ORDERED), "channels": Field(operators=HAS)}
"""What customers can be filtered by; `views.customers` says where it stands."""
VALUE_FIELDS = {"attribute": Field(), "source": Field(), "verified": Field(truth)}
"""What a customer's values can be filtered by: what their rows are called as well."""


def _looked_up(request: pb.LookupCustomerRequest) -> None:
    match request.WhichOneof("by"):
        case "identity":
            name_of("identities", request.identity, "identity")
        case "identity_key":
            identity_of(request.identity_key)
        case "contact":
            if contact_class(request.contact.kind) is None:
                raise InvalidRequest([("contact.kind", 'is "email", "phone" or a login id class ending in "_id"')])
            if request.contact.region and not is_region(request.contact.region):
                raise InvalidRequest([("contact.region", _REGION)])
        case _:
            raise InvalidRequest([("by", "one of identity, identity_key, contact is required")])


def identity_of(key: pb.IdentityKey) -> str:
    wrong = [
        (f"identity_key.{field}", f"is {least} to 512 bytes")
        for field, text, least in (("account_scope", key.account_scope, 0), ("external_id", key.external_id, 1))
        if not least <= len(text.encode()) <= 512
    ]
    if _TOKEN.fullmatch(key.channel) is None:
        wrong.append(("identity_key.channel", f"is {_TOKEN.pattern}"))
    if wrong:
        raise InvalidRequest(wrong)
    return identity_id(key.channel, key.account_scope, key.external_id)


def resource_of(kind: str, name: str, field: str, tenant: str) -> str:
    theirs, found = name_of(kind, name, field)
    if theirs != tenant:
        raise InvalidRequest([(field, "is of another tenant")])
    return found


def name_of(kind: str, name: str, field: str = "name") -> tuple[str, str]:
    found = parse_name(f"tenants/{{tenant}}/{kind}/{{id}}", name, field)
    if not is_uuid(found["id"]):
        raise InvalidRequest([(field, f"the last part of a name of {kind} is a UUID in lower case")])
    return found["tenant"], found["id"]


def matches(field: str, text: str, pattern: re.Pattern[str]) -> None:
    if pattern.fullmatch(text) is None:
        raise InvalidRequest([(field, f"is {pattern.pattern}")])


def two_identities(request: Any) -> tuple[str, str, str]:
    tenant, a = name_of("identities", request.identity_a, "identity_a")
    return tenant, a, resource_of("identities", request.identity_b, "identity_b", tenant)


def mutation_of(request: Any) -> str:
    tenant, _, _ = two_identities(request)
    request_uuid(request.request_id)
    return tenant
