"""Requests about agents as commands."""

import re
from typing import Any, assert_never
from unicodedata import category

from chassis.clock import MICROS, Instant
from chassis.errors import InvalidRequest
from chassis.requests import instant, time_zone
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from routing import commands
from routing.agents import CAPACITY_MAX
from routing.form import CHANNEL, SKILL, Form, mask_of, point_of
from routing.terms import ChannelCapacity, Presence, ShiftException, ShiftPlan, Skill, WeeklyShift

AgentRequest = (
    api.CreateAgentRequest
    | api.UpdateAgentRequest
    | api.DeleteAgentRequest
    | api.SetPresenceRequest
    | api.DrainAgentRequest
)
AgentCommand = (
    commands.RegisterAgent | commands.ChangeAgent | commands.DeleteAgent | commands.SetPresence | commands.DrainAgent
)
DRAIN_MAX_S = 7 * 86_400
WEEKLY_MAX, EXCEPTIONS_MAX = 50, 100
DAY_MIN = 1_440
CHANNELS_MAX = 20
"""Channels that an agent makes a difference of. Against: cases of each wait apart."""
_AGENT = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_TAG = re.compile(r"\S{0,20}")


def agent_command(form: Form, request: AgentRequest, now: Instant) -> AgentCommand:
    """The command that a request asks for; what is wrong with it, the form has."""
    match request:
        case api.CreateAgentRequest():
            tenant = form.tenant()
            agent_id = form.text("agent_id", _AGENT)
            given = _settings(form, request.agent, tenant)
            if not (given["shifts"].weekly or given["shifts"].exceptions):
                given["shifts"] = None
            return commands.RegisterAgent(agent_id, at=now, **given)
        case api.UpdateAgentRequest():
            tenant, agent_id = form.name("agent.name", "agents", request.agent.name)
            mask = mask_of(form, request.agent, request.update_mask)
            given = _settings(form, request.agent, tenant)
            changes = {name: value if name in mask else None for name, value in given.items()}
            is_nowhere = "location" in mask and given["location"] is None
            return commands.ChangeAgent(agent_id, at=now, is_nowhere=is_nowhere, **changes)
        case api.DeleteAgentRequest():
            return commands.DeleteAgent(form.name("name", "agents")[1], now)
        case api.SetPresenceRequest():
            if request.presence not in (1, 2, 3, 4):
                form.wrong("presence", "is OFFLINE, AVAILABLE, BUSY or AWAY")
            presence = Presence(request.presence if request.presence in (1, 2, 3, 4) else 0)
            if request.channels and presence != Presence.AVAILABLE:
                form.wrong("channels", "are for AVAILABLE only: an agent takes offers of them")
            if len(request.channels) > CHANNELS_MAX or any(CHANNEL.fullmatch(one) is None for one in request.channels):
                form.wrong("channels", f"are at most {CHANNELS_MAX} of the form {CHANNEL.pattern}")
            channels = tuple(sorted(set(request.channels)))
            return commands.SetPresence(form.name("name", "agents")[1], presence, now, channels)
        case api.DrainAgentRequest():
            until = form.take(lambda: instant(request, "until"), now) if request.HasField("until") else now
            if not now <= until <= now + DRAIN_MAX_S * MICROS:
                form.wrong("until", "is in the future, at most 7 days away, or absent for at once")
            return commands.DrainAgent(form.name("name", "agents")[1], until, now)
        case _:
            assert_never(request)


def _settings(form: Form, agent: api.Agent, tenant: str) -> dict[str, Any]:
    """The settings by name, those that are not given as they are by default."""
    if len(agent.display_name) > 100:
        form.wrong("agent.display_name", "has at most 100 code points")
    skills = {skill.name: Skill(skill.name, skill.level) for skill in agent.skills}
    if len(agent.skills) > 100 or len(skills) != len(agent.skills):
        form.wrong("agent.skills", "are at most 100, each named once")
    if any(SKILL.fullmatch(s.name) is None or not 0 <= s.level <= 5 for s in skills.values()):
        form.wrong("agent.skills", f"have a name of the form {SKILL.pattern} and a level of 0 to 5")
    if len(agent.pinned_skills) > 100 or any(SKILL.fullmatch(skill) is None for skill in agent.pinned_skills):
        form.wrong("agent.pinned_skills", f"are at most 100 of the form {SKILL.pattern}")
    if not 0 <= agent.capacity <= CAPACITY_MAX:
        form.wrong("agent.capacity", f"is 1 to {CAPACITY_MAX}, or 0 for 1")
    if len(agent.queues) > 100:
        form.wrong("agent.queues", "are at most 100")
    queues = tuple(sorted({form.of_tenant("agent.queues", "queues", tenant, queue) for queue in agent.queues}))
    limits = {one.channel: ChannelCapacity(one.channel, one.units) for one in agent.channel_capacity}
    if len(agent.channel_capacity) > CHANNELS_MAX or len(limits) != len(agent.channel_capacity):
        form.wrong("agent.channel_capacity", f"are at most {CHANNELS_MAX}, each channel named once")
    if any(CHANNEL.fullmatch(one.channel) is None or not 0 <= one.units <= CAPACITY_MAX for one in limits.values()):
        why = f"have a channel of the form {CHANNEL.pattern} and 0 to {CAPACITY_MAX} units"
        form.wrong("agent.channel_capacity", why)
    return {
        "display_name": agent.display_name,
        "skills": tuple(skills[name] for name in sorted(skills)),
        "capacity": agent.capacity or 1,
        "queues": queues,
        "channel_capacity": tuple(limits[channel] for channel in sorted(limits)),
        "shifts": _shifts(form, agent.shifts),
        "tag": _tag(form, agent),
        "pinned_skills": tuple(sorted(set(agent.pinned_skills))),
        "location": point_of(form, "agent.location", agent.location) if agent.HasField("location") else None,
    }


def _shifts(form: Form, plan: events_pb2.ShiftPlan) -> ShiftPlan:
    """When an agent works; without a time in it where it is whenever it is available."""
    weekly = [WeeklyShift(one.weekday, one.start_minute, one.end_minute) for one in plan.weekly]
    exceptions = []
    for one in plan.exceptions:
        try:
            starts_at, ends_at = instant(one, "starts_at"), instant(one, "ends_at")
        except InvalidRequest:
            form.wrong("agent.shifts.exceptions", "have a time each from when and until when")
            break
        exceptions.append(ShiftException(starts_at, ends_at, one.is_off))
    form.take(lambda: time_zone(plan.time_zone, "agent.shifts.time_zone"), None)
    if len(plan.weekly) > WEEKLY_MAX or len(plan.exceptions) > EXCEPTIONS_MAX:
        form.wrong("agent.shifts", f"has at most {WEEKLY_MAX} weekly hours and {EXCEPTIONS_MAX} exceptions")
    if any(not 1 <= w.weekday <= 7 or not 0 <= w.start_minute < DAY_MIN for w in weekly):
        form.wrong("agent.shifts.weekly", "have a weekday of 1 to 7 and begin at minute 0 to 1439 of it")
    if any(not 0 < w.end_minute - w.start_minute <= DAY_MIN for w in weekly):
        form.wrong("agent.shifts.weekly", "end 1 to 1440 minutes after they begin")
    if any(not 0 < one.ends_at - one.starts_at <= 366 * DAY_MIN * 60 * MICROS for one in exceptions):
        form.wrong("agent.shifts.exceptions", "end after they begin, at most 366 days")
    hours = sorted(weekly, key=lambda w: (w.weekday, w.start_minute, w.end_minute))
    times = sorted(exceptions, key=lambda one: (one.starts_at, one.ends_at, one.is_off))
    return ShiftPlan(plan.time_zone, tuple(hours), tuple(times))


def _tag(form: Form, agent: api.Agent) -> str:
    if _TAG.fullmatch(agent.tag) is None or any(category(one)[0] == "C" for one in agent.tag):
        form.wrong("agent.tag", "has at most 20 code points, none of them a space or a control character")
    return agent.tag
