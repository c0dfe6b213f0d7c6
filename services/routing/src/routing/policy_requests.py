"""The request for another routing policy as a command."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from chassis.clock import Instant
from chassis.requests import parse_name
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from routing import commands
from routing.agents import LEVEL_MAX, Policy
from routing.cases import URGENCY_MAX, WEIGHT_MAX
from routing.form import CHANNEL, PLACE, SKILL, TIER, Form, agent_terms_of, mask_of, one_of, point_of, requirements_of
from routing.geo import RADIUS_MAX_KM
from routing.memory_reads import POLICY
from routing.relaxation import LENDERS_MAX, STEPS_MAX
from routing.rules import RULES_MAX, wrong_in
from routing.terms import (
    AgentTerms,
    ChannelKind,
    ChannelUnits,
    EarnedLevel,
    Interrupts,
    Ordering,
    Place,
    PostKind,
    Relaxation,
    Rule,
    Selection,
    SkillWeight,
    TierHeadStart,
    Within,
)

_RANGES = {
    "late_share": (2, 100, ", or 0 for 5"),
    "urgency_head_start_s": (1, 86_400, ", or 0 for 1800"),
    "rescue_s": (1, 86_400, ", or 0 for 120"),
    "preferred_s": (0, 86_400, ""),
    "max_missed_offers": (1, 100, ", or 0 for 3"),
    "decline_cooldown_s": (1, 86_400, ", or 0 for 300"),
    "confirm_window_s": (1, 2_592_000, ", or 0 for 86400"),
    "absence_s": (1, 604_800, ", or 0 for ever"),
    "pending_percent": (1, 100, ", or 0 for 100"),
    "resume_percent": (100, 1_000, ", or 0 for 100"),
    "wind_down_s": (0, 86_400, ""),
    "interrupted_s": (1, 86_400, ", or 0 for 900"),
}
"""Of each number: least, most, and what 0 stands for."""
TIERS_MAX = 10
"""Tiers with a head start. Against: each makes four lines more of every kind of case."""
PLACES_MAX = 200
"""Against: waiting cases of each stand apart."""
ROWS_MAX = 100
"""Rows of the interrupt matrix, and channels and kinds of one."""
_CHANNEL_KIND = f"a channel of the form {CHANNEL.pattern}, a kind of post, or both"
_LANGUAGE = re.compile(r"[a-z]{2,8}")
_RULE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


def policy_command(
    form: Form, request: api.UpdateRoutingPolicyRequest | api.CheckRoutingPolicyRequest, now: Instant
) -> commands.ChangePolicy:
    """The command that the request asks for; what is wrong with it, the form has."""
    named = request.routing_policy.name
    found = form.take(lambda: parse_name(POLICY, named, "routing_policy.name"), dict[str, str]())
    mask = mask_of(form, request.routing_policy, request.update_mask)
    given = _settings(form, request.routing_policy, found.get("tenant", ""))
    return commands.ChangePolicy(now, **{name: given[name] for name in mask if name in given})


def _settings(form: Form, policy: api.RoutingPolicy, tenant: str) -> dict[str, Any]:
    """The settings by name, those that are not given as they are without a policy."""
    usual = Policy()
    for name, (least, most, given) in _RANGES.items():
        value = getattr(policy, name)
        if not least <= value <= most and (value != 0 or not given):
            form.wrong(f"routing_policy.{name}", f"is {least} to {most}{given}")
    weights = {one.skill: SkillWeight(one.skill, one.weight) for one in policy.skill_weights}
    if len(policy.skill_weights) > 100 or len(weights) != len(policy.skill_weights):
        form.wrong("routing_policy.skill_weights", "are at most 100, each skill named once")
    if any(SKILL.fullmatch(one.skill) is None or not 1 <= one.weight <= 10 for one in weights.values()):
        form.wrong("routing_policy.skill_weights", f"have a skill of the form {SKILL.pattern} and a weight of 1 to 10")
    units = [
        ChannelUnits(one.channel, one_of(form, PostKind, "routing_policy.channel_units", one.kind), one.units)
        for one in policy.channel_units
    ]
    if len(units) > 100 or len({(one.channel, one.kind) for one in units}) != len(units):
        form.wrong("routing_policy.channel_units", "are at most 100, each pair of channel and kind named once")
    if any(_is_nothing(one) for one in units):
        form.wrong("routing_policy.channel_units", f"have {_CHANNEL_KIND}")
    if any(not 1 <= one.units <= WEIGHT_MAX for one in units):
        form.wrong("routing_policy.channel_units", f"have 1 to {WEIGHT_MAX} units")
    return {
        "channel_units": tuple(sorted(units, key=lambda one: (one.channel, one.kind))),
        "ordering": one_of(form, Ordering, "routing_policy.ordering", policy.ordering) or usual.ordering,
        "selection": one_of(form, Selection, "routing_policy.selection", policy.selection) or usual.selection,
        "late_share": policy.late_share or usual.late_share,
        "urgency_head_start_s": policy.urgency_head_start_s or usual.urgency_head_start_s,
        "rescue_s": policy.rescue_s or usual.rescue_s,
        "skill_weights": tuple(weights[skill] for skill in sorted(weights)),
        "preferred_s": policy.preferred_s,
        "max_missed_offers": policy.max_missed_offers or usual.max_missed_offers,
        "decline_cooldown_s": policy.decline_cooldown_s or usual.decline_cooldown_s,
        "confirm_window_s": policy.confirm_window_s or usual.confirm_window_s,
        "absence_s": policy.absence_s,
        "pending_percent": policy.pending_percent or usual.pending_percent,
        "resume_percent": policy.resume_percent or usual.resume_percent,
        "wind_down_s": policy.wind_down_s,
        "rules": _rules(form, "routing_policy.rules", policy.rules, tenant),
        "tier_head_starts": _head_starts(form, "routing_policy.tier_head_starts", policy.tier_head_starts),
        "places": _places(form, "routing_policy.places", policy.places),
        "relaxations": _steps(form, "routing_policy.relaxations", policy.relaxations, tenant),
        "earned_levels": _earned(form, policy.earned_levels),
        "interrupts": _interrupts(form, "routing_policy.interrupts", policy.interrupts),
        "interrupted_s": policy.interrupted_s or usual.interrupted_s,
    }


def _is_nothing(one: ChannelUnits | ChannelKind | Interrupts) -> bool:
    """Whether it is no channel and no kind of post, or a channel of another form."""
    return not (one.channel or one.kind) or (one.channel != "" and CHANNEL.fullmatch(one.channel) is None)


def _interrupts(form: Form, field: str, given: Sequence[events_pb2.Interrupts]) -> tuple[Interrupts, ...]:
    """The rows of the interrupt matrix, by channel and kind."""
    rows = []
    for number, row in enumerate(given):
        where = f"{field}[{number}]"
        named = [
            ChannelKind(one.channel, one_of(form, PostKind, f"{where}.interrupted", one.kind))
            for one in row.interrupted
        ]
        if not 1 <= len(named) <= ROWS_MAX or len(set(named)) != len(named):
            form.wrong(f"{where}.interrupted", f"are 1 to {ROWS_MAX}, each pair of channel and kind named once")
        if any(_is_nothing(one) for one in named):
            form.wrong(f"{where}.interrupted", f"have {_CHANNEL_KIND}")
        kind = one_of(form, PostKind, f"{where}.kind", row.kind)
        made = Interrupts(row.channel, kind, tuple(sorted(named, key=lambda one: (one.channel, one.kind))))
        if _is_nothing(made):
            form.wrong(where, f"has {_CHANNEL_KIND}")
        rows.append(made)
    if len(rows) > ROWS_MAX or len({(row.channel, row.kind) for row in rows}) != len(rows):
        form.wrong(field, f"are at most {ROWS_MAX}, each pair of channel and kind named once")
    return tuple(sorted(rows, key=lambda row: (row.channel, row.kind)))


def _head_starts(form: Form, field: str, given: Sequence[events_pb2.TierHeadStart]) -> tuple[TierHeadStart, ...]:
    """How much earlier tiers stand in line, by tier."""
    found = {one.tier: TierHeadStart(one.tier, one.head_start_s) for one in given}
    if len(given) > TIERS_MAX or len(found) != len(given):
        form.wrong(field, f"are at most {TIERS_MAX}, each tier named once")
    if any(not one.tier or TIER.fullmatch(one.tier) is None or not 1 <= one.head_start_s <= 86_400 for one in given):
        form.wrong(field, f"have a tier of the form {TIER.pattern.rstrip('|')} and 1 to 86400 seconds")
    return tuple(found[tier] for tier in sorted(found))


def _earned(form: Form, given: Sequence[events_pb2.EarnedLevel]) -> tuple[EarnedLevel, ...]:
    """From which votes levels are earned, the least first."""
    field, steps = "routing_policy.earned_levels", [EarnedLevel(one.level, one.min_votes, one.percent) for one in given]
    if len(steps) > LEVEL_MAX or any(not 1 <= one.level <= LEVEL_MAX for one in steps):
        form.wrong(field, f"are at most {LEVEL_MAX}, of a level of 1 to {LEVEL_MAX}")
    if any(not 1 <= one.min_votes <= 100_000 or not 1 <= one.percent <= 99 for one in steps):
        form.wrong(field, "have 1 to 100000 min_votes and 1 to 99 percent")
    pairs = list(pairwise(steps))
    if any(one.level >= other.level for one, other in pairs):
        form.wrong(field, "stand in the order of their levels, each once")
    if any(one.min_votes > other.min_votes or one.percent > other.percent for one, other in pairs):
        form.wrong(field, "ask for no fewer votes, and no less percent, of a higher level")
    return tuple(steps)


def _places(form: Form, field: str, given: Sequence[events_pb2.Place]) -> tuple[Place, ...]:
    """The places of the house, by id."""
    found = {one.place_id: Place(one.place_id, point_of(form, f"{field}.point", one.point)) for one in given}
    if len(given) > PLACES_MAX or len(found) != len(given):
        form.wrong(field, f"are at most {PLACES_MAX}, each named once")
    if any(PLACE.fullmatch(one.place_id) is None or not one.HasField("point") for one in given):
        form.wrong(field, f"have an id of the form {PLACE.pattern} and a point")
    return tuple(found[place_id] for place_id in sorted(found))


def _within(form: Form, field: str, given: events_pb2.Within) -> Within:
    if PLACE.fullmatch(given.place_id) is None:
        form.wrong(f"{field}.place_id", f"has the form {PLACE.pattern}")
    if not 1 <= given.radius_km <= RADIUS_MAX_KM:
        form.wrong(f"{field}.radius_km", f"is 1 to {RADIUS_MAX_KM}")
    return Within(given.place_id, given.radius_km, given.hard)


def _steps(form: Form, field: str, given: Sequence[api.RelaxationStep], tenant: str) -> tuple[Relaxation, ...]:
    """The steps of relaxation in their order."""
    if len(given) > STEPS_MAX:
        form.wrong(field, f"are at most {STEPS_MAX}")
        return ()
    if list(given) != sorted(given, key=lambda step: step.after_s):
        form.wrong(field, "stand in the order of after_s")
    return tuple(_step(form, f"{field}[{number}]", step, tenant) for number, step in enumerate(given))


def _step(form: Form, field: str, step: api.RelaxationStep, tenant: str) -> Relaxation:
    if not 1 <= step.after_s <= 2_592_000:
        form.wrong(f"{field}.after_s", "is 1 to 2592000")
    said = bool(step.skill), bool(step.queues), bool(step.languages)
    if sum(said) + step.HasField("radius_km") + step.HasField("language_level") != 1:
        form.wrong(field, "says one of skill, queues, radius_km, language_level and languages")
    if not 0 <= step.language_level <= 4:
        form.wrong(f"{field}.language_level", "is 0 to 4")
    if len(step.languages) > LENDERS_MAX or any(_LANGUAGE.fullmatch(one) is None for one in step.languages):
        form.wrong(f"{field}.languages", f"are at most {LENDERS_MAX} of the form {_LANGUAGE.pattern}")
    if not 0 <= step.radius_km <= RADIUS_MAX_KM:
        form.wrong(f"{field}.radius_km", f"is 1 to {RADIUS_MAX_KM}, or 0 for anywhere")
    if step.skill and SKILL.fullmatch(step.skill) is None:
        form.wrong(f"{field}.skill", f"has the form {SKILL.pattern}")
    if not 0 <= step.min_level <= (4 if step.skill else 0):
        form.wrong(f"{field}.min_level", "is 0 to 4, of a skill")
    if len(step.queues) > LENDERS_MAX:
        form.wrong(f"{field}.queues", f"are at most {LENDERS_MAX}")
    guard = step.lend_waiting_max if step.HasField("lend_waiting_max") else None
    if guard is not None and not (step.queues and 0 <= guard <= 1_000):
        form.wrong(f"{field}.lend_waiting_max", "is 0 to 1000, of queues, or absent")
    radius_km = step.radius_km if step.HasField("radius_km") else None
    language_level = step.language_level if step.HasField("language_level") else None
    spoken = language_level, tuple(sorted({*step.languages}))
    mine = form.of_tenant(f"{field}.queue", "queues", tenant, step.queue) if step.queue else ""
    queues = sorted({form.of_tenant(f"{field}.queues", "queues", tenant, queue) for queue in step.queues})
    return Relaxation(mine, step.after_s, step.skill, step.min_level, tuple(queues), guard, radius_km, *spoken)


def _rules(form: Form, field: str, given: Sequence[api.RequirementRule], tenant: str) -> tuple[Rule, ...]:
    """The rules in their order."""
    if len(given) > RULES_MAX:
        form.wrong(field, f"are at most {RULES_MAX}")
        return ()
    if len({rule.rule_id for rule in given}) != len(given):
        form.wrong(field, "have each an id of its own")
    found = tuple(_rule(form, f"{field}[{number}]", rule, tenant) for number, rule in enumerate(given))
    for place, why in wrong_in(found, field):
        form.wrong(place, why)
    return found


def _rule(form: Form, field: str, rule: api.RequirementRule, tenant: str) -> Rule:
    if _RULE.fullmatch(rule.rule_id) is None:
        form.wrong(f"{field}.rule_id", f"has the form {_RULE.pattern}")
    urgency = rule.urgency if rule.HasField("urgency") else None
    if urgency is not None and not 0 <= urgency <= URGENCY_MAX:
        form.wrong(f"{field}.urgency", f"is 0 to {URGENCY_MAX}, or absent for what it would be")
    if not 0 <= rule.weight <= WEIGHT_MAX:
        form.wrong(f"{field}.weight", f"is 1 to {WEIGHT_MAX}, or 0 for what it would be")
    if not 0 <= rule.first_response_s <= 2_592_000:
        form.wrong(f"{field}.first_response_s", "is 1 to 2592000, or 0 for what its queue says")
    queue = form.of_tenant(f"{field}.queue", "queues", tenant, rule.queue) if rule.queue else ""
    requirements = requirements_of(form, f"{field}.requirements", rule.requirements)
    agents = agent_terms_of(form, f"{field}.agents", tenant, rule.agents, None) if rule.HasField("agents") else None
    if agents == AgentTerms():
        form.wrong(f"{field}.agents", "names an agent at least, or is left out")
    if TIER.fullmatch(rule.tier) is None:
        form.wrong(f"{field}.tier", f"has the form {TIER.pattern}")
    within = _within(form, f"{field}.within", rule.within) if rule.HasField("within") else None
    numbers = urgency, rule.weight, rule.first_response_s
    made = Rule(
        rule.rule_id,
        rule.condition,
        queue,
        *numbers,
        requirements,
        rule.stop,
        agents,
        rule.tier,
        within,
        rule.uninterruptible,
    )
    if made == Rule(rule.rule_id, rule.condition):
        what = "queue, urgency, weight, first_response_s, requirements, agents, tier, within, uninterruptible or stop"
        form.wrong(field, f"makes nothing of a case; say {what}")
    return made
