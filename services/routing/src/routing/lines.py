"""Where a case waits that waits for the first time, and for whom: what its source, its queue and the tenant's rules
make of it. Pure. Where it waits again it goes where it was, and rules are not asked.
"""

from msgspec import Struct

from routing import commands, events
from routing.agents import Policy, Queue, units_of
from routing.cases import Case
from routing.geo import nearest
from routing.rules import Attributes, shape
from routing.shard import Shard
from routing.terms import AgentTerms, CaseOrigin, Near, PostKind, Requirement, Within, both, together

NO_LANGUAGE = frozenset({"und", "mul", "zxx"})
"""Primary subtags of ISO 639 that name no single language."""


class Line(Struct, frozen=True, gc=False):
    """Where it waits."""

    queue: str
    urgency: int
    weight: int
    requirements: tuple[Requirement, ...]
    first_response_s: int
    rule_ids: tuple[str, ...] = ()
    policy_version: int = 0
    agent_terms: AgentTerms | None = None
    tier: str = ""
    near: Near | None = None
    is_uninterruptible: bool = False


def near_place(policy: Policy, within: Within | None) -> Near | None:
    """Where an agent is to be, with where the place is now; None for anywhere, or where there is no such place."""
    for place in policy.places if within is not None else ():
        if within is not None and place.place_id == within.place_id:
            return Near(place.place_id, place.point, within.radius_km, within.hard)
    return None


def near_said(policy: Policy, said: commands.CaseWithin | None) -> Near | None:
    """The same as somebody says it of one case; the point itself goes nowhere."""
    if said is None:
        return None
    found = None if said.point is None else nearest(policy.places, said.point)
    place_id = said.place_id or ("" if found is None else found.place_id)
    return near_place(policy, Within(place_id, said.radius_km, said.hard))


def asked_in(queue: Queue, language: str, tier: str = "") -> tuple[Requirement, ...]:
    """What a queue asks for of a case in a language (a BCP 47 tag), of a customer of a tier, those included where the
    queue wants them. Tags of no language, or of several, ask for none; nor does no tier.
    """
    asked = queue.requirements
    if queue.tier_level > 0 and tier:
        asked = together(asked, (Requirement(f"tier:{tier}", queue.tier_level, hard=True),))
    if queue.language_level <= 0:
        return asked
    primary = language.partition("-")[0].lower()
    if primary in NO_LANGUAGE or not (primary.isascii() and primary.isalpha()):
        return asked
    return together(asked, (Requirement(f"lang:{primary}", queue.language_level, hard=True),))


def line_of_post(shard: Shard, told: events.PostThreaded, urgency: int) -> Line:
    """Where the case waits that a customer's post opens."""
    queue_id, weight = shard.queue_of_source(told.source_id), units_of(shard.policy, told.channel, told.kind)
    if not shard.rules:
        queue = shard.queue(queue_id)
        return Line(queue_id, urgency, weight, asked_in(queue, told.language), queue.first_response_s)
    known = Attributes(
        told.channel,
        told.source_id,
        told.desk,
        queue_id,
        CaseOrigin.POST,
        told.direction,
        told.kind,
        told.language,
        told.identity_id,
        told.reach,
        shard.labels_of(told.source_id),
    )
    return _shaped(shard, known, urgency, weight)


def line_of_case(shard: Shard, case: Case, urgency: int, kind: PostKind, reach: int) -> Line:
    """Where a case waits that was opened before and never waited, with weight 0 where it takes what it took; what made
    it wait is a post of this kind and reach, UNSPECIFIED and 0 without one.
    """
    queue_id = shard.queue_of_source(case.source_id)
    if not shard.rules:
        queue = shard.queue(queue_id)
        return Line(queue_id, urgency, 0, asked_in(queue, case.language, case.tier), queue.first_response_s)
    known = Attributes(
        case.channel,
        case.source_id,
        case.desk,
        queue_id,
        case.origin,
        case.direction,
        kind,
        case.language,
        case.identity_id,
        reach,
        shard.labels_of(case.source_id),
        case.tier,
    )
    return _shaped(shard, known, urgency, 0)


def line_of_request(shard: Shard, c: commands.OpenCase) -> Line:
    """Where a case waits that somebody opens by hand: in the queue they say, else where rules send it. What they ask of
    an agent is asked beside the rest; of urgency and weight the larger counts.
    """
    queue_id, channel = c.queue or shard.queue_of_source(c.source_id), c.channel or c.source_channel
    weight = c.weight or units_of(shard.policy, channel, PostKind.UNSPECIFIED)
    if c.queue or not shard.rules:
        queue = shard.queue(queue_id)
        asked, said = together(asked_in(queue, c.language, c.tier), c.requirements), queue.first_response_s
        near = near_said(shard.policy, c.within)
        return Line(queue_id, c.urgency, weight, asked, said, agent_terms=c.agent_terms, tier=c.tier, near=near)
    known = Attributes(
        channel,
        c.source_id,
        "",
        queue_id,
        CaseOrigin.MANUAL,
        c.direction,
        PostKind.UNSPECIFIED,
        c.language,
        c.identity_id,
        0,
        shard.labels_of(c.source_id),
        c.tier,
    )
    line = _shaped(shard, known, 0, weight)
    return Line(
        line.queue,
        max(line.urgency, c.urgency),
        max(line.weight, c.weight),
        together(line.requirements, c.requirements),
        line.first_response_s,
        line.rule_ids,
        line.policy_version,
        both(line.agent_terms, c.agent_terms),
        line.tier,
        near_said(shard.policy, c.within) or line.near,
        line.is_uninterruptible,
    )


def _shaped(shard: Shard, known: Attributes, urgency: int, weight: int) -> Line:
    made = shape(shard.rules, known)
    queue_id = shard.standing_queue(made.queue) if made.queue else known.queue
    queue = shard.queue(queue_id)
    tier = known.tier or made.tier
    asked = asked_in(queue, known.language, tier)
    return Line(
        queue_id,
        urgency if made.urgency is None else made.urgency,
        made.weight or weight,
        together(asked, made.requirements) if made.requirements else asked,
        made.first_response_s or queue.first_response_s,
        made.rule_ids,
        shard.policy.version if made.rule_ids else 0,
        made.agent_terms,
        tier,
        near_place(shard.policy, made.within),
        made.is_uninterruptible,
    )
