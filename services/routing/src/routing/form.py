"""What is wrong with a request, all of it at once; and the forms that several requests have in common."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import TypeVar
from unicodedata import category

from chassis.clock import Instant
from chassis.errors import InvalidRequest
from chassis.identity import is_uuid
from chassis.masks import changed_fields
from chassis.requests import parse_name, request_uuid
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from routing.terms import AgentTerms, GeoPoint, Requirement

T = TypeVar("T")
E = TypeVar("E", bound=IntEnum)

TEXT_MAX = 10_000
"""Code points of a text that a person writes."""
PREFERRED_MAX, FORBIDDEN_MAX = 10, 20
"""Agents whom a case is for first, and whom it is not for."""
PREFERRED_S, PREFERRED_S_MAX = 300, 86_400
"""How long the former are asked first where nobody says, and at most."""
SKILL = re.compile(r"[a-z0-9][a-zA-Z0-9:._-]{0,62}")
CHANNEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
REASON = re.compile(r"[a-z0-9_]{0,60}")
CODE = re.compile(r"[a-z0-9_]{1,60}")
PLACE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
TIER = re.compile(r"[a-z0-9][a-z0-9_-]{0,30}|")
_SOURCE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Form:
    """Collects what is wrong with one request."""

    def __init__(self, request: Message) -> None:
        self.request = request
        self.violations: list[tuple[str, str]] = []

    def wrong(self, field: str, why: str) -> None:
        """Remembers a violation."""
        self.violations.append((field, why))

    def take(self, read: Callable[[], T], default: T) -> T:
        """What `read` reads, or the default when it refuses."""
        try:
            return read()
        except InvalidRequest as invalid:
            self.violations.extend(invalid.violations)
            return default

    def name(self, field: str, kind: str, value: str | None = None) -> tuple[str, str]:
        """(tenant, id) of a resource name."""
        text: str = getattr(self.request, field) if value is None else value
        nothing: dict[str, str] = {}
        found = self.take(lambda: parse_name(f"tenants/{{tenant}}/{kind}/{{id}}", text, field), nothing)
        return found.get("tenant", ""), found.get("id", "")

    def parts(self, field: str, pattern: str) -> dict[str, str]:
        """The variables of a resource name of this pattern, all "" when it is another one."""
        text: str = getattr(self.request, field)
        nothing: dict[str, str] = {}
        return defaultdict(str, self.take(lambda: parse_name(pattern, text, field), nothing))

    def tenant(self, field: str = "parent") -> str:
        """The tenant of `tenants/*`."""
        text: str = getattr(self.request, field)
        nothing: dict[str, str] = {}
        return self.take(lambda: parse_name("tenants/{tenant}", text, field), nothing).get("tenant", "")

    def optional(self, field: str, kind: str, tenant: str) -> str:
        """The id of a resource of the same tenant, "" when not given.

        Only its form is judged: keys are kept under an identity, replies go out under a source.
        """
        if not getattr(self.request, field):
            return ""
        found = self.of_tenant(field, kind, tenant)
        if kind in ("identities", "posts") and found and not is_uuid(found):
            self.wrong(field, f"the last part of a name of {kind} is a UUID in lower case")
        elif kind == "sources" and found and _SOURCE.fullmatch(found) is None:
            self.wrong(field, f"the last part of a name of {kind} has the form {_SOURCE.pattern}")
        return found

    def of_tenant(self, field: str, kind: str, tenant: str, value: str | None = None) -> str:
        """The id of a resource of the same tenant."""
        theirs, found = self.name(field, kind, value)
        if theirs and tenant and theirs != tenant:
            self.wrong(field, f"is of another tenant than {tenant}")
        return found

    def text(self, field: str, pattern: re.Pattern[str]) -> str:
        """Text of a form."""
        value: str = getattr(self.request, field)
        if pattern.fullmatch(value) is None:
            self.wrong(field, f"has the form {pattern.pattern}")
        return value

    def request_id(self) -> str:
        """The request's id, required."""
        return self.take(lambda: request_uuid(self.request.request_id), "")  # type: ignore[attr-defined]

    def check(self) -> None:
        """Raises InvalidRequest with everything that was wrong."""
        if self.violations:
            raise InvalidRequest(self.violations)


def check_text(form: Form, text: str, field: str = "text", longest: int = TEXT_MAX) -> None:
    """Judges a text that a person wrote."""
    if not 1 <= len(text) <= longest or _is_blank(text):
        form.wrong(field, f"has 1 to {longest} code points, one at least that can be seen")


def _is_blank(text: str) -> bool:
    """Whether nothing can be seen of a text: it is of separators, control and format characters alone."""
    return all(category(character)[0] in "ZC" for character in text)


def case_and_agent(form: Form) -> tuple[str, str]:
    """The case and the agent that a request names."""
    tenant, case_id = form.name("name", "cases")
    return case_id, form.of_tenant("agent", "agents", tenant)


def one_of(form: Form, kind: type[E], field: str, value: int) -> E:
    """A value of an enumeration; its zero when it is none of them."""
    if value in set(kind):
        return kind(value)
    form.wrong(field, f"is one of {', '.join(one.name for one in kind)}")
    return kind(0)


def requirements_of(form: Form, field: str, messages: Iterable[events_pb2.Requirement]) -> tuple[Requirement, ...]:
    """What is asked of an agent, by skill."""
    given = list(messages)
    wanted = {r.skill: Requirement(r.skill, r.min_level, r.hard, tuple(sorted({*r.or_skills}))) for r in given}
    if len(given) > 20 or len(wanted) != len(given):
        form.wrong(field, "are at most 20, each skill named once")
    if any(SKILL.fullmatch(r.skill) is None or not 1 <= r.min_level <= 5 for r in wanted.values()):
        form.wrong(field, f"have a skill of the form {SKILL.pattern} and a least level of 1 to 5")
    if any(len(r.or_skills) > 10 or any(SKILL.fullmatch(one) is None for one in r.or_skills) for r in wanted.values()):
        form.wrong(field, f"have at most 10 or_skills each, of the form {SKILL.pattern}")
    return tuple(wanted[skill] for skill in sorted(wanted))


def agent_terms_of(form: Form, field: str, tenant: str, given: api.CaseAgents, said_at: Instant | None) -> AgentTerms:
    """Which agents a case is for first, and which it is not for."""
    preferred, forbidden = [
        [form.of_tenant(f"{field}.{which}", "agents", tenant, one) for one in named]
        for which, named in (("preferred", given.preferred), ("forbidden", given.forbidden))
    ]
    for which, named, most in (("preferred", preferred, PREFERRED_MAX), ("forbidden", forbidden, FORBIDDEN_MAX)):
        if len(named) > most or len(set(named)) != len(named):
            form.wrong(f"{field}.{which}", f"are at most {most}, each named once")
    if both := sorted({*preferred} & {*forbidden} - {""}):
        form.wrong(f"{field}.forbidden", f"and preferred name {' and '.join(both)}; an agent is one of them")
    if not 0 <= given.preferred_s <= PREFERRED_S_MAX:
        form.wrong(f"{field}.preferred_s", f"is 1 to {PREFERRED_S_MAX}, or 0 for {PREFERRED_S}")
    if given.preferred_s and not preferred:
        form.wrong(f"{field}.preferred_s", "is how long the preferred are asked first; name some")
    first_s = (given.preferred_s or PREFERRED_S) if preferred else 0
    return AgentTerms(tuple(preferred), first_s, tuple(sorted(forbidden)), said_at)


def point_of(form: Form, field: str, given: events_pb2.GeoPoint) -> GeoPoint:
    """A point on the Earth."""
    if not (-90 <= given.latitude <= 90 and -180 <= given.longitude <= 180):
        form.wrong(field, "has a latitude of -90 to 90 and a longitude of -180 to 180 degrees")
        return GeoPoint(0.0, 0.0)
    return GeoPoint(given.latitude, given.longitude)


def mask_of(form: Form, resource: Message, mask: FieldMask) -> tuple[str, ...]:
    """The fields that an update changes."""
    fields, wrong = changed_fields(resource, mask)
    form.violations.extend(wrong)
    return fields
