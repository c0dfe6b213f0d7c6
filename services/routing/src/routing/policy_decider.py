"""What may become of the tenant's routing policy: it changes, and every change has its version. Pure."""

from collections.abc import Iterable

from chassis.errors import Rejected
from msgspec.structs import asdict, replace

from routing import commands, events
from routing.agents import Policy
from routing.commands import Reason
from routing.interrupting import FREES_NOTHING, makes_no_room
from routing.matching import Decision


def known_places(policy: Policy, place_ids: Iterable[str]) -> None:
    """Raises Rejected, naming each, when some of these are no places of a policy."""
    there = {place.place_id for place in policy.places}
    unknown = [place_id for place_id in dict.fromkeys(place_ids) if place_id not in there]
    if unknown:
        detail = f"the policy has no place {' or '.join(unknown)}; name it among its places"
        raise Rejected(Reason.PLACE_UNKNOWN, detail, resource=f"places/{unknown[0]}")


def with_changes(policy: Policy, c: commands.ChangePolicy) -> Policy:
    """The policy as somebody wants it."""
    wanted = {name: value for name, value in asdict(c).items() if name != "at" and value is not None}
    return replace(policy, **wanted)


def change_policy(decision: Decision, c: commands.ChangePolicy) -> None:
    """Decides another policy, unless it is so already. No offer follows: it suits nobody who did not suit before, and
    rules are for cases to come.
    """
    policy = decision.shard.policy
    changed = with_changes(policy, c)
    if makes_no_room(changed):
        raise Rejected(Reason.INTERRUPTION_FREES_NOTHING, f"the policy's interrupts {FREES_NOTHING}")
    known_places(changed, (rule.within.place_id for rule in changed.rules if rule.within is not None))
    if changed != policy:
        decision.emit(
            events.PolicyChanged(
                policy.version + 1,
                changed.max_missed_offers,
                changed.decline_cooldown_s,
                changed.confirm_window_s,
                c.at,
                changed.ordering,
                changed.selection,
                changed.late_share,
                changed.urgency_head_start_s,
                changed.skill_weights,
                changed.preferred_s,
                changed.absence_s,
                changed.channel_units,
                changed.pending_percent,
                changed.resume_percent,
                changed.wind_down_s,
                changed.rules,
                changed.relaxations,
                changed.tier_head_starts,
                changed.earned_levels,
                changed.places,
                changed.rescue_s,
                changed.interrupts,
                changed.interrupted_s,
            )
        )
