"""The words the facts of the `work` context are made of. Units and ranges are those of events.proto."""

from collections.abc import Iterable
from enum import IntEnum
from typing import Protocol, TypeVar

from chassis.clock import Instant
from msgspec import Struct


class Direction(IntEnum):
    """Which way a post goes; the numbers are the contract's."""

    UNSPECIFIED = 0
    INBOUND = 1
    OUTBOUND = 2


class AuthorKind(IntEnum):
    """Which side wrote a post; the numbers are the contract's."""

    UNSPECIFIED = 0
    CUSTOMER = 1
    BRAND_HUMAN = 2
    BRAND_BOT = 3
    OTHER = 4


class PostKind(IntEnum):
    """What sort of contact a post is; the numbers are the contract's."""

    UNSPECIFIED = 0
    POST = 1
    COMMENT = 2
    MENTION = 3
    DIRECT_MESSAGE = 4
    REVIEW = 5
    EMAIL = 6
    REPOST = 7


class PostRole(IntEnum):
    """What a post is to the case it hangs on."""

    UNSPECIFIED = 0
    CONTACT = 1
    ANSWER = 2
    CONTEXT = 3


class CaseOrigin(IntEnum):
    """How a case came to be."""

    UNSPECIFIED = 0
    POST = 1
    MANUAL = 2
    TASK = 3


class RescindReason(IntEnum):
    """Why an offer was taken back."""

    UNSPECIFIED = 0
    AGENT_LEFT = 1
    CASE_SETTLED = 2
    TAKEN = 3
    TRANSFERRED = 4
    FORBIDDEN = 5


class Presence(IntEnum):
    """Whether an agent takes work."""

    UNSPECIFIED = 0
    OFFLINE = 1
    AVAILABLE = 2
    BUSY = 3
    AWAY = 4


class Verdict(IntEnum):
    """What somebody thinks of an answer."""

    UNSPECIFIED = 0
    HELPFUL = 1
    NOT_HELPFUL = 2
    WITHDRAWN = 3


class WaitingFor(IntEnum):
    """Whom a pending case waits for."""

    UNSPECIFIED = 0
    CUSTOMER = 1
    THIRD_PARTY = 2
    INTERRUPTED = 3


class Ordering(IntEnum):
    """Which waiting case is served first."""

    UNSPECIFIED = 0
    FIFO = 1
    PRIORITY = 2
    EARLIEST_DEADLINE = 3
    BALANCED = 4


class Selection(IntEnum):
    """Which of several agents is offered a case."""

    UNSPECIFIED = 0
    LONGEST_IDLE = 1
    ROUND_ROBIN = 2
    LEAST_BUSY = 3
    LEAST_BUSY_SHARE = 4
    MOST_SKILLED = 5
    LEAST_SUFFICIENT = 6
    BEST_FIT = 7


class Skill(Struct, frozen=True, array_like=True, gc=False):
    """A skill and how much of it."""

    name: str
    level: int


class Requirement(Struct, frozen=True, array_like=True, gc=False):
    """What a case asks of an agent."""

    skill: str
    min_level: int
    hard: bool
    or_skills: tuple[str, ...] = ()
    """Skills that do as well."""


class ShiftPhase(IntEnum):
    """Where an agent's shift stands."""

    UNSPECIFIED = 0
    PLANNED = 1
    ON = 2
    CLOSING = 3


class WeeklyShift(Struct, frozen=True, array_like=True, gc=False):
    """Hours of one day of the week."""

    weekday: int
    start_minute: int
    end_minute: int


class ShiftException(Struct, frozen=True, array_like=True, gc=False):
    """A time that is otherwise than the weekly hours."""

    starts_at: Instant
    ends_at: Instant
    is_off: bool


class ShiftPlan(Struct, frozen=True, array_like=True, gc=False):
    """When an agent works."""

    time_zone: str
    weekly: tuple[WeeklyShift, ...] = ()
    exceptions: tuple[ShiftException, ...] = ()


class ChannelCapacity(Struct, frozen=True, array_like=True, gc=False):
    """How many units of one channel an agent works at a time."""

    channel: str
    units: int


class ChannelUnits(Struct, frozen=True, array_like=True, gc=False):
    """What a case takes of an agent, by its channel and by what sort of post began it."""

    channel: str
    kind: PostKind
    units: int


class ChannelKind(Struct, frozen=True, array_like=True, gc=False):
    """A channel, a kind of post, or both."""

    channel: str
    kind: PostKind


class Interrupts(Struct, frozen=True, array_like=True, gc=False):
    """What cases of a channel, or of a kind, may interrupt: a row of the interrupt matrix."""

    channel: str
    kind: PostKind
    interrupted: tuple[ChannelKind, ...]

    def covers(self, channel: str, kind: PostKind) -> bool:
        """Whether cases of this channel, begun by this kind of post, are among what may be interrupted."""
        return any(one.channel in ("", channel) and one.kind in (0, kind) for one in self.interrupted)


class _Placed(Protocol):
    @property
    def channel(self) -> str: ...
    @property
    def kind(self) -> PostKind: ...


P = TypeVar("P", bound=_Placed)


def most_exact(said: Iterable[P], channel: str, kind: PostKind) -> P | None:
    """What is said of a channel and a kind of post: of both, else of the channel, else of the kind."""
    by_place = {(one.channel, one.kind): one for one in said}
    for place in ((channel, kind), (channel, PostKind.UNSPECIFIED), ("", kind)):
        if place in by_place:
            return by_place[place]
    return None


class ClaimTerms(Struct, frozen=True, array_like=True, gc=False):
    """How the cases of a queue are claimed."""

    lease_s: int
    fall_through_s: int = 0
    fall_through_queue: str = ""
    append_agent_tag: bool = False
    reply_length_max: int = 0
    second_opinion_s: int = 0


class Vote(Struct, frozen=True, array_like=True, gc=False):
    """What one employee thinks of an answer."""

    agent_id: str
    verdict: Verdict
    is_expert: bool


class GivenAnswer(Struct, frozen=True, array_like=True, gc=False):
    """A reply that was given, as far as later ones are compared with it, and what is thought of it."""

    reply_id: str
    sketch: bytes
    agent_id: str = ""
    topics: tuple[str, ...] = ()
    votes: tuple[Vote, ...] = ()
    customer: Verdict = Verdict.UNSPECIFIED
    given_at: Instant | None = None


class GoodwillState(IntEnum):
    """Where a grant of goodwill stands."""

    UNSPECIFIED = 0
    GRANTED = 1
    WAITING = 2
    REFUSED = 3


class GoodwillGrant(Struct, frozen=True, array_like=True, gc=False):
    """What was granted a customer, or is to be, in whole minor units of a currency, or points."""

    grant_id: str
    agent_id: str
    unit: str
    amount: int
    reason: str
    state: GoodwillState
    at: Instant
    by_agent_id: str = ""
    decision_reason: str = ""
    decided_at: Instant | None = None


class GoodwillTerms(Struct, frozen=True, array_like=True, gc=False):
    """How much an agent may grant without being asked, in a case and in a day; "" is for any agent or queue."""

    agent_id: str
    queue: str
    unit: str
    per_case: int
    per_day: int


class JargonTerm(Struct, frozen=True, array_like=True, gc=False):
    """A word of the house that no customer understands, and what to say instead, "" for nothing."""

    term: str
    instead: str = ""


def together(ours: tuple[Requirement, ...], theirs: tuple[Requirement, ...]) -> tuple[Requirement, ...]:
    """Both lists by skill; where both name one, the stricter of each word holds."""
    merged = {r.skill: r for r in ours}
    for r in theirs:
        known = merged.get(r.skill, r)
        others = tuple([one for one in known.or_skills if one in r.or_skills])
        merged[r.skill] = Requirement(r.skill, max(r.min_level, known.min_level), r.hard or known.hard, others)
    return tuple(merged[skill] for skill in sorted(merged))


class AgentTerms(Struct, frozen=True, array_like=True, gc=False):
    """Which agents a case is for first, and which it is not for."""

    preferred_ids: tuple[str, ...] = ()
    preferred_s: int = 0
    forbidden_ids: tuple[str, ...] = ()
    said_at: Instant | None = None


def both(ours: AgentTerms | None, theirs: AgentTerms | None) -> AgentTerms | None:
    """What both say of agents: the latter's first ones, where it has some, and nobody whom either forbids."""
    if ours is None or theirs is None:
        return ours or theirs
    first = theirs if theirs.preferred_ids else ours
    forbidden = tuple(sorted({*ours.forbidden_ids, *theirs.forbidden_ids}))
    preferred = tuple([one for one in first.preferred_ids if one not in forbidden])
    return AgentTerms(preferred, first.preferred_s if preferred else 0, forbidden, first.said_at)


class GeoPoint(Struct, frozen=True, array_like=True, gc=False):
    """A point on the Earth, in degrees."""

    latitude: float
    longitude: float


class Place(Struct, frozen=True, array_like=True, gc=False):
    """A place of the house."""

    place_id: str
    point: GeoPoint


class Within(Struct, frozen=True, array_like=True, gc=False):
    """How near an agent is to be to a place."""

    place_id: str
    radius_km: int
    hard: bool


class Near(Struct, frozen=True, array_like=True, gc=False):
    """The same with where that place was when it was said."""

    place_id: str
    point: GeoPoint
    radius_km: int
    hard: bool


class Rule(Struct, frozen=True, array_like=True, gc=False):
    """What a policy makes of a case that begins to wait, where a condition holds."""

    rule_id: str
    condition: str
    queue: str = ""
    urgency: int | None = None
    weight: int = 0
    first_response_s: int = 0
    requirements: tuple[Requirement, ...] = ()
    stop: bool = False
    agent_terms: AgentTerms | None = None
    tier: str = ""
    within: Within | None = None
    is_uninterruptible: bool = False


class Relaxation(Struct, frozen=True, array_like=True, gc=False):
    """What cases that wait ask for less once they have waited so long: less of a skill, agents of other queues, who is
    farther away, or who speaks another language.
    """

    queue: str
    after_s: int
    skill: str = ""
    min_level: int = 0
    queues: tuple[str, ...] = ()
    lend_waiting_max: int | None = None
    radius_km: int | None = None
    language_level: int | None = None
    languages: tuple[str, ...] = ()


class EarnedLevel(Struct, frozen=True, array_like=True, gc=False):
    """From which votes a level of a skill is earned."""

    level: int
    min_votes: int
    percent: int


class SourceLabel(Struct, frozen=True, array_like=True, gc=False):
    """A label of a source."""

    key: str
    value: str


class TierHeadStart(Struct, frozen=True, array_like=True, gc=False):
    """How much earlier the cases of a tier stand in line."""

    tier: str
    head_start_s: int


class SkillWeight(Struct, frozen=True, array_like=True, gc=False):
    """How much a skill counts when the best fit is looked for."""

    skill: str
    weight: int


class Escalation(Struct, frozen=True, array_like=True, gc=False):
    """That a case was escalated: how often, and how the last time."""

    level: int
    agent_id: str
    from_queue: str
    reason: str
    escalated_at: Instant
