"""How much goodwill an agent may grant by itself, and how much of that is left. Pure; it decides nothing.

Amounts are whole numbers of a unit: minor units of a currency (cents of EUR), or points. Nothing is converted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chassis.clock import MICROS, Instant
from msgspec import Struct

from routing import events
from routing.terms import GoodwillGrant, GoodwillState, GoodwillTerms, JargonTerm

DAY_S = 86_400
"""What a day's limit is of: the last so many seconds, wherever anybody is."""
GRANTS_OF_DAY_MAX = 200
"""Grants of an agent in a day. Against: they are in memory for so long, to be counted."""


Whose = tuple[str, str]
"""An agent, and the queue of a case that it has."""


class DeskPolicy(Struct, frozen=True, array_like=True, gc=False):
    """What a tenant says of its agents' desks."""

    limits: tuple[GoodwillTerms, ...] = ()
    """By agent, queue and unit; no two of one."""
    approvers: tuple[str, ...] = ()
    """Who may approve what is above a limit; anybody but who asked, where there are none."""
    jargon: tuple[JargonTerm, ...] = ()
    updated_at: Instant = Instant(0)


class Granted(Struct, frozen=True, array_like=True, gc=False):
    """What an agent granted by itself, as far as its day is concerned."""

    unit: str
    amount: int
    at: Instant


@dataclass(frozen=True, slots=True)
class Limit:
    """What an agent may grant in a case, of one unit."""

    unit: str
    per_case: int
    per_day: int
    case_used: int
    day_used: int

    @property
    def left(self) -> int:
        """What it may grant now."""
        return max(0, min(self.per_case - self.case_used, self.per_day - self.day_used))


def desk_policy_of(event: events.DeskPolicyChanged) -> DeskPolicy:
    """The settings as a fact has them."""
    return DeskPolicy(event.limits, event.approvers, event.jargon, event.at)


def limit_of(
    policy: DeskPolicy, whose: Whose, unit: str, grants: Iterable[GoodwillGrant], day: Iterable[Granted]
) -> Limit:
    """An agent's limit in a case, with what was used of it; nothing where no limit is for it.

    The nearest counts: one of the agent in this queue, of the agent, of the queue, of everybody. What somebody approved
    takes nothing of it.
    """
    agent_id, queue = whose
    near = [one for one in policy.limits if one.unit == unit and one.agent_id in ("", agent_id)]
    near = [one for one in near if one.queue in ("", queue)]
    terms = max(near, key=lambda one: (bool(one.agent_id), bool(one.queue)), default=GoodwillTerms("", "", unit, 0, 0))
    own = [one for one in grants if one.unit == unit and one.state is GoodwillState.GRANTED and not one.by_agent_id]
    case_used, day_used = sum(one.amount for one in own), sum(one.amount for one in day if one.unit == unit)
    return Limit(unit, terms.per_case, terms.per_day, case_used, day_used)


def limits_of(policy: DeskPolicy, whose: Whose, grants: Sequence[GoodwillGrant], day: Sequence[Granted]) -> list[Limit]:
    """An agent's limits in a case, by unit, of all units that there are limits for."""
    units = sorted({one.unit for one in policy.limits})
    return [limit_of(policy, whose, unit, grants, day) for unit in units]


def of_the_day(granted: Iterable[Granted], now: Instant) -> tuple[Granted, ...]:
    """What still counts of what an agent granted."""
    since = now - DAY_S * MICROS
    return tuple([one for one in granted if one.at > since])
