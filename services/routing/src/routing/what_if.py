"""What another routing policy would be: what is wrong with it here, and what its rules would have made of cases that
began lately. It decides nothing and changes nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nlargest

from routing.agents import Policy
from routing.cases import Case, asked_near, asked_of
from routing.interrupting import FREES_NOTHING, makes_no_room
from routing.lines import asked_in, near_place
from routing.rules import Attributes, Shape, ready, shape
from routing.shard import Shard
from routing.terms import CaseOrigin, PostKind, Requirement, together

CASES_MAX = 200
"""Cases that are looked at. Against: the owner of the shard answers between two decisions."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What rules would have made of a case."""

    case_id: str
    rule_ids: tuple[str, ...]
    outcomes: tuple[str, ...]
    differences: tuple[str, ...]


def missing(shard: Shard, policy: Policy, where: str) -> list[tuple[str, str]]:
    """Everything that a policy names and that is not there, or that frees nobody, each with the field that says it."""
    found: list[tuple[str, str]] = []
    places = {place.place_id for place in policy.places}

    def look(field: str, kind: str, named: str, *, there: bool) -> None:
        if not there:
            found.append((field, f"names {kind} {named}, which is not there"))

    for number, rule in enumerate(policy.rules):
        field = f"{where}.rules[{number}]"
        if rule.queue:
            look(f"{field}.queue", "queue", rule.queue, there=shard.has_queue(rule.queue))
        terms = rule.agent_terms
        for agent_id in () if terms is None else (*terms.preferred_ids, *terms.forbidden_ids):
            look(f"{field}.agents", "agent", agent_id, there=agent_id in shard.agents)
        if rule.within is not None:
            look(f"{field}.within", "place", rule.within.place_id, there=rule.within.place_id in places)
    if makes_no_room(policy):
        found.append((f"{where}.interrupts", FREES_NOTHING))
    for number, step in enumerate(policy.relaxations):
        field = f"{where}.relaxations[{number}]"
        if step.queue:
            look(f"{field}.queue", "queue", step.queue, there=shard.has_queue(step.queue))
        for queue_id in step.queues:
            look(f"{field}.queues", "queue", queue_id, there=shard.has_queue(queue_id))
    return found


def foresee(shard: Shard, policy: Policy, count: int) -> list[Foreseen]:
    """What a policy's rules would have made of so many of the cases that began last, the latest first."""
    rules = ready(policy.rules)
    began = (case for case in shard.cases.values() if case.origin != CaseOrigin.TASK)
    found = []
    for case in nlargest(min(count, CASES_MAX), began, key=lambda case: (case.opened_at, case.case_id)):
        made = shape(rules, _known(shard, case))
        said = tuple(_said(shard, policy, case, made))
        outcomes = tuple([f"{word} {value}" for word, value, _ in said])
        differences = tuple([f"{word} {value} instead of {now}" for word, value, now in said if value != now])
        found.append(Foreseen(case.case_id, made.rule_ids, outcomes, differences))
    return found


def _known(shard: Shard, case: Case) -> Attributes:
    """What is known of a case, as when it began to wait; of a customer's posts the latest."""
    kind, reach = PostKind.UNSPECIFIED, 0
    post = shard.threads.find(case.latest_post_id) if case.latest_post_id else None
    sight = None if post is None else post.sight(case.desk)
    if post is not None and sight is not None:
        kind, reach = sight.kind, post.reach
    return Attributes(
        case.channel,
        case.source_id,
        case.desk,
        shard.queue_of_source(case.source_id),
        case.origin,
        case.direction,
        kind,
        case.language,
        case.identity_id,
        reach,
        shard.labels_of(case.source_id),
        case.tier,
    )


def _said(shard: Shard, policy: Policy, case: Case, made: Shape) -> Iterator[tuple[str, str, str]]:
    """(word, what rules would make of it, what it is) of each thing that they say."""
    if not made.rule_ids:
        return
    queue_id = shard.standing_queue(made.queue or shard.queue_of_source(case.source_id))
    if made.queue:
        yield "queue", queue_id, case.queue or "none"
    if made.urgency is not None:
        yield "urgency", str(made.urgency), str(case.urgency)
    if made.weight:
        yield "weight", str(made.weight), str(case.weight)
    if made.first_response_s:
        yield "first_response_s", str(made.first_response_s), str(_promised_s(case, made.first_response_s))
    tier = case.tier or made.tier
    if made.tier:
        yield "tier", made.tier, case.tier or "none"
    asked = together(asked_in(shard.queue(queue_id), case.language, tier), made.requirements)
    if made.requirements or asked != asked_of(case):
        yield "asks", _skills(asked), _skills(asked_of(case))
    if made.agent_terms is not None:
        now = case.agent_terms
        for word, would, is_now in (
            ("prefers", made.agent_terms.preferred_ids, () if now is None else now.preferred_ids),
            ("forbids", made.agent_terms.forbidden_ids, () if now is None else now.forbidden_ids),
        ):
            if would:
                yield word, " ".join(would), " ".join(is_now) or "nobody"
    if made.is_uninterruptible:
        yield "interruptible", "no", "no" if case.is_uninterruptible else "yes"
    near = near_place(policy, made.within)
    if near is not None:
        before = asked_near(case)
        there = "anywhere" if before is None else f"{before.radius_km} km of {before.place_id}"
        yield "within", f"{near.radius_km} km of {near.place_id}", there


def _promised_s(case: Case, otherwise: int) -> int:
    """The seconds that a case that waits was promised, or as many as otherwise where it does not wait any more."""
    if case.wait is None:
        return otherwise
    start = case.wait.waiting_since if case.owed_since is None else min(case.owed_since, case.wait.waiting_since)
    return round((case.wait.due_at - start) / 1_000_000)


def _skills(asked: tuple[Requirement, ...]) -> str:
    return " ".join(f"{one.skill}={one.min_level}{'' if one.hard else '?'}" for one in asked) or "nothing"
