"""What may become of the tenant's routing policy: it changes, and every change has its version. Pure."""

from msgspec.structs import asdict, replace

from routing import commands, events
from routing.matching import Decision


def change_policy(decision: Decision, c: commands.ChangePolicy) -> None:
    """Decides another policy, unless it is so already. No offer follows: it suits nobody who did not suit before, and
    rules are for cases to come.
    """
    policy = decision.shard.policy
    wanted = {name: value for name, value in asdict(c).items() if name != "at" and value is not None}
    changed = replace(policy, **wanted)
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
            )
        )
