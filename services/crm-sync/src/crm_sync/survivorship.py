"""Which of several values of an attribute is shown. Pure: a maximum over a total order, so arrival order cannot matter.

The order needs no clock. Confidence decays by half in every half-life H, so at any moment t two candidates compare as
`c1 * 2^((o1 - t)/H)` with `c2 * 2^((o2 - t)/H)`; t cancels out, and in logarithms the comparison is
`o1 + H * log2(c1)` with `o2 + H * log2(c2)`. That sum is a candidate's *freshness*: half the confidence is worth
being one half-life older. It is computed in whole microseconds from a table, so it is the same number everywhere.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from crm_sync.matching import contact_class

_DAY_US = 86_400_000_000


class Mode(IntEnum):
    """How one value of several is chosen."""

    VERIFIED_FIRST = 1
    SOURCE_PRIORITY = 2
    MOST_RECENT = 3
    SET_UNION = 4


class DecidedBy(IntEnum):
    """What put a candidate behind a better one."""

    FIRST = 0
    VERIFIED = 1
    SOURCE_RANK = 2
    FRESHNESS = 3
    OBSERVED_AT = 4
    EVENT_ID = 5


@dataclass(frozen=True, slots=True)
class Rule:
    """How an attribute is chosen; `half_life_days` is 0 where age does not matter."""

    mode: Mode
    half_life_days: int
    ranks: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One value as far as choosing looks at it. `value` only tells equal from different (a digest), never empty."""

    value: bytes
    verified: bool
    source: str
    confidence_permille: int
    observed_at: int
    """Microseconds since 1970."""
    event_id: bytes
    identity_id: str
    """With the event id and the value it makes the order total: no two candidates are equal in all three."""


_RANKS: Mapping[str, int] = {"agent": 50, "crm": 40, "shop": 30}
_OTHER_SYSTEM = 20
_PROFILE = 10
"""What people write into their own profiles: sources named "source/...", that is, posts."""

_RULES: Mapping[str, Rule] = {
    "location": Rule(Mode.MOST_RECENT, 0, _RANKS),
    "description": Rule(Mode.MOST_RECENT, 0, _RANKS),
    "url": Rule(Mode.MOST_RECENT, 0, _RANKS),
    "verified": Rule(Mode.MOST_RECENT, 0, _RANKS),
    "language": Rule(Mode.MOST_RECENT, 0, _RANKS),
    "segment": Rule(Mode.SOURCE_PRIORITY, 365, _RANKS),
    "tier": Rule(Mode.SOURCE_PRIORITY, 365, _RANKS),
}
_CONTACT = Rule(Mode.SET_UNION, 730, _RANKS)
_DEFAULT = Rule(Mode.VERIFIED_FIRST, 365, _RANKS)


def rule(attribute: str) -> Rule:
    """The rule of an attribute; names, birthdays and whatever is not listed go by VERIFIED_FIRST."""
    return _RULES.get(attribute) or (_DEFAULT if contact_class(attribute) is None else _CONTACT)


def kept(attribute: str) -> bool:
    """Whether an observed attribute is worth remembering: counters change with every post and describe the moment."""
    return not attribute.endswith("_count")


def said(value: str) -> str:
    """The value without outer blanks; "" says nothing and never overwrites anything."""
    return value.strip()


def rank(attribute: str, source: str) -> int:
    """Rank of a source for an attribute, the higher the more it is believed."""
    known = rule(attribute).ranks.get(source)
    return known if known is not None else _PROFILE if source.startswith("source/") else _OTHER_SYSTEM


_LOG2 = [0.0, *(math.log2(permille / 1000) for permille in range(1, 1001))]


def freshness(candidate: Candidate, half_life_days: int) -> int:
    """Observed-at minus half-lives for missing confidence, in microseconds; 0 where age does not matter."""
    if half_life_days == 0:
        return 0
    return candidate.observed_at + round(_LOG2[candidate.confidence_permille] * half_life_days * _DAY_US)


_Part = Callable[[Candidate, str, Rule], int]
_PARTS: Mapping[DecidedBy, _Part] = {
    DecidedBy.VERIFIED: lambda c, _, __: int(c.verified),
    DecidedBy.SOURCE_RANK: lambda c, attribute, _: rank(attribute, c.source),
    DecidedBy.FRESHNESS: lambda c, _, rule: freshness(c, rule.half_life_days),
    DecidedBy.OBSERVED_AT: lambda c, _, __: c.observed_at,
}
_VERIFIED_FIRST = (DecidedBy.VERIFIED, DecidedBy.SOURCE_RANK, DecidedBy.FRESHNESS, DecidedBy.OBSERVED_AT)
_ORDER: Mapping[Mode, Sequence[DecidedBy]] = {
    Mode.VERIFIED_FIRST: _VERIFIED_FIRST,
    Mode.SET_UNION: _VERIFIED_FIRST,
    Mode.SOURCE_PRIORITY: (
        DecidedBy.SOURCE_RANK,
        DecidedBy.VERIFIED,
        DecidedBy.FRESHNESS,
        DecidedBy.OBSERVED_AT,
    ),
    Mode.MOST_RECENT: (DecidedBy.OBSERVED_AT, DecidedBy.VERIFIED, DecidedBy.SOURCE_RANK),
}


def order_key(attribute: str, candidate: Candidate) -> tuple[int | bytes | str, ...]:
    """The place of a candidate in the total order of its attribute; the largest is shown."""
    how = rule(attribute)
    parts = [_PARTS[by](candidate, attribute, how) for by in _ORDER[how.mode]]
    return (*parts, candidate.event_id, candidate.identity_id, candidate.value)


def ranked(attribute: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    """All candidates, best first; nothing is lost."""
    return sorted(candidates, key=lambda c: order_key(attribute, c), reverse=True)


def winners(attribute: str, best_first: Sequence[Candidate]) -> list[Candidate]:
    """What is shown: the best one, or for contact points the best one of each different value."""
    if rule(attribute).mode is not Mode.SET_UNION:
        return list(best_first[:1])
    shown: dict[bytes, Candidate] = {}
    for candidate in best_first:
        shown.setdefault(candidate.value, candidate)
    return list(shown.values())


def decided_by(attribute: str, better: Candidate, behind: Candidate) -> DecidedBy:
    """The first part of the order in which two neighbours differ."""
    how = rule(attribute)
    for by in _ORDER[how.mode]:
        part = _PARTS[by]
        if part(better, attribute, how) != part(behind, attribute, how):
            return by
    return DecidedBy.EVENT_ID
