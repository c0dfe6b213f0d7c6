"""The rules of a policy: which hold for a case that begins to wait, and what they make of it together. Pure.

A condition is a filter as lists have it, read once for each version of a policy and made a function of what is known
then. What is known comes from facts alone, so the same facts give the same answer whenever somebody asks; what
customers write is sealed, and routing does not have it.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter

from chassis.errors import InvalidRequest
from chassis.filters import (
    EQUAL,
    EVERYTHING,
    HAS,
    ORDERED,
    Condition,
    Field,
    compiled,
    conditions,
    language_ranges,
    one_of,
    parse,
    whole,
)
from msgspec import Struct

from routing.terms import AgentTerms, CaseOrigin, Direction, PostKind, Requirement, Rule, Within, both, together

RULES_MAX = 50
CONDITION_BYTES_MAX = 1024
"""Of one condition. Against: all of a policy is in one fact."""
REQUIREMENTS_MAX = 100
"""Of all rules together. Against: each case is asked all that hold for it, in a fact."""
CONDITIONS_MAX = 200
"""Of all rules together. Against: each takes a tenth of a microsecond of every case that begins to wait."""
COMPILED_MAX = 256
"""Lists of rules that are kept ready, for all tenants of a process."""


class Attributes(Struct, frozen=True, gc=False):
    """What is known of a case when it begins to wait, as conditions name it."""

    channel: str
    source: str
    desk: str
    queue: str
    """Where it would go without rules."""
    origin: CaseOrigin
    direction: Direction
    kind: PostKind
    """Of the post that makes it wait, UNSPECIFIED without one."""
    language: str
    identity: str
    reach: int
    """Of that post, 0 when unknown."""
    labels: Mapping[str, str]
    """Of its source."""
    tier: str = ""
    """Of its customer, as whoever opened it says."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Its language, and all it is a variant of."""
        return language_ranges(self.language)


class Shape(Struct, frozen=True, gc=False):
    """What rules make of a case together; what they leave open is "", None or 0."""

    rule_ids: tuple[str, ...] = ()
    queue: str = ""
    urgency: int | None = None
    weight: int = 0
    first_response_s: int = 0
    requirements: tuple[Requirement, ...] = ()
    agent_terms: AgentTerms | None = None
    tier: str = ""
    within: Within | None = None
    is_uninterruptible: bool = False


UNSHAPED = Shape()
"""What no rule makes of a case."""
Rules = tuple[tuple[Callable[[Attributes], bool], Rule], ...]
"""Rules that can be asked, in their order."""


def _id(kind: str) -> Callable[[str], str]:
    """Reads an id, or a resource name as its last segment."""

    def read(name: str) -> str:
        parts = name.split("/")
        if len(parts) not in (1, 4) or (len(parts) == 4 and (parts[0], parts[2]) != ("tenants", kind)):
            raise ValueError(f"is an id or a name tenants/*/{kind}/*")
        return parts[-1]

    return read


FIELDS: Mapping[str, Field] = {
    "channel": Field(),
    "source": Field(_id("sources")),
    "desk": Field(),
    "queue": Field(_id("queues")),
    "origin": Field(one_of(CaseOrigin, "CASE_ORIGIN_")),
    "direction": Field(one_of(Direction, "DIRECTION_")),
    "kind": Field(one_of(PostKind, "POST_KIND_")),
    "language": Field(str.lower, EQUAL | HAS),
    "identity": Field(_id("identities")),
    "reach": Field(whole, ORDERED),
    "tier": Field(),
    "labels": Field(operators=HAS),
    "labels.": Field(),
}
"""What conditions are about."""


def wrong_in(rules: Sequence[Rule], where: str) -> list[tuple[str, str]]:
    """Everything that is wrong with the conditions of rules, and with all of them together, each with the field of the
    request it is about: `where` is what that calls the list.
    """
    wrong: list[tuple[str, str]] = []
    count = 0
    for number, rule in enumerate(rules):
        field = f"{where}[{number}].condition"
        if len(rule.condition.encode("utf-8", "surrogatepass")) > CONDITION_BYTES_MAX:
            wrong.append((field, f"is at most {CONDITION_BYTES_MAX} bytes"))
            continue
        try:
            count += sum(1 for _ in conditions(parse(rule.condition, FIELDS, field)))
        except InvalidRequest as invalid:
            wrong.extend(invalid.violations)
    asked = sum(len(rule.requirements) for rule in rules)
    if asked > REQUIREMENTS_MAX:
        wrong.append((where, f"have {asked} requirements all together, and {REQUIREMENTS_MAX} are the most"))
    if count > CONDITIONS_MAX:
        wrong.append((where, f"have {count} conditions all together, and {CONDITIONS_MAX} are the most"))
    return wrong


@lru_cache(COMPILED_MAX)
def ready(rules: tuple[Rule, ...]) -> Rules:
    """The rules as they are asked. One that another version wrote and this one cannot read never holds."""
    found = []
    for rule in rules:
        try:
            said = parse(rule.condition, FIELDS)
        except InvalidRequest:
            continue
        found.append((_always if said is EVERYTHING else compiled(said, _reader), rule))
    return tuple(found)


def shape(rules: Rules, case: Attributes) -> Shape:
    """What the rules that hold make of a case: the last word of each, and all they ask of an agent."""
    ids: list[str] = []
    queue, urgency, weight, first_response_s = "", None, 0, 0
    requirements: tuple[Requirement, ...] = ()
    agent_terms: AgentTerms | None = None
    tier, within, is_uninterruptible = "", None, False
    for holds, rule in rules:
        if not holds(case):
            continue
        ids.append(rule.rule_id)
        queue = rule.queue or queue
        urgency = urgency if rule.urgency is None else rule.urgency
        weight = rule.weight or weight
        first_response_s = rule.first_response_s or first_response_s
        if rule.requirements:
            requirements = together(requirements, rule.requirements)
        agent_terms, tier = both(agent_terms, rule.agent_terms), rule.tier or tier
        within = rule.within or within
        is_uninterruptible = is_uninterruptible or rule.is_uninterruptible
        if rule.stop:
            break
    if not ids:
        return UNSHAPED
    said = agent_terms, tier, within, is_uninterruptible
    return Shape(tuple(ids), queue, urgency, weight, first_response_s, requirements, *said)


def _always(case: Attributes) -> bool:
    return True


def _reader(condition: Condition) -> Callable[[Attributes], object]:
    """How what a condition compares is read of a case."""
    name, _, key = condition.field.partition(".")
    if key:
        return lambda case: case.labels.get(key)
    if name == "language":
        return _languages if condition.operator == ":" else _language
    return attrgetter(name)


def _languages(case: Attributes) -> tuple[str, ...]:
    return case.languages


def _language(case: Attributes) -> str:
    return case.language.lower()
