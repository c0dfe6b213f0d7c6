"""What becomes of an agent's shift: planned, begun, in its last part, ended. Pure.

Each step is a fact that says when the next one is due, so time brings it as it brings everything (`timers.py`).
"""

from chassis.clock import MICROS, Instant

from routing import events
from routing.agents import Agent
from routing.leaving import leaves_at, rescind_offers
from routing.matching import Decision
from routing.shifts import next_shift
from routing.terms import Presence, ShiftPhase

SHIFT_ENDED = "shift_ended"
"""The reason of a presence that nobody asked for: the agent's shift is over."""


def plan_shift(decision: Decision, agent_id: str) -> None:
    """Which shift an agent is in or has next, after it was said when it works. Who is in none has no offers."""
    agent = decision.agent(agent_id)
    if agent is None or agent.shifts is None:
        return
    planned = _planned(decision, agent)
    if planned is not None:
        decision.emit(planned)
        if planned.phase == ShiftPhase.PLANNED:
            rescind_offers(decision, agent)


def move_on(decision: Decision, agent_id: str) -> int:
    """Time has brought the next step of a shift; returns how many facts and offers that can lead to.

    At its end the agent is offline, whatever it was (`SHIFT_ENDED`), and its open offers go back; what it has stays
    with it for as long as who is offline keeps it. Where the next one begins at that instant it goes on.
    """
    agent = decision.look_at(agent_id)
    if agent is None or agent.shifts is None:
        return 0
    before = len(decision.events)
    starts, ends, until = agent.shift_starts_at, agent.shift_ends_at, agent.offers_until
    if starts is not None and ends is not None and until is not None and decision.at < ends:
        phase = _phase(decision.at, starts, until)
        decision.emit(events.ShiftChanged(agent_id, phase, starts, ends, until, decision.at))
    else:
        planned = _planned(decision, agent)
        if planned is None or planned.phase == ShiftPhase.PLANNED:
            keeps_until = leaves_at(decision.shard, agent, Presence.OFFLINE, decision.at)
            gone = events.PresenceChanged(agent_id, Presence.OFFLINE, SHIFT_ENDED, decision.at, keeps_until)
            decision.emit(gone)
            rescind_offers(decision, agent)
        if planned is not None:
            decision.emit(planned)
    return 2 * (len(decision.events) - before) + agent.capacity


def _planned(decision: Decision, agent: Agent) -> events.ShiftChanged | None:
    """The shift an agent is in, or has next. None when it has no hours."""
    if agent.shifts is None:
        return None
    found = next_shift(agent.shifts, decision.at)
    if found is None:
        return events.ShiftChanged(agent.agent_id, ShiftPhase.PLANNED, None, None, None, decision.at)
    starts, ends = found
    until = max(starts, Instant(ends - decision.shard.policy.wind_down_s * MICROS))
    return events.ShiftChanged(agent.agent_id, _phase(decision.at, starts, until), starts, ends, until, decision.at)


def _phase(now: Instant, starts: Instant, until: Instant) -> ShiftPhase:
    if now < starts:
        return ShiftPhase.PLANNED
    return ShiftPhase.ON if now < until else ShiftPhase.CLOSING
