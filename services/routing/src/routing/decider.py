"""What routing decides: given what is asked and what is known, which facts follow. Pure; it knows no IO and no time.

Deciding twice is harmless: what is so already is not decided again. Every decision ends with the offers it made
possible, so a case never waits while somebody who could take it is free.
"""

from collections.abc import Sequence

from chassis.clock import MICROS, Instant
from chassis.errors import Rejected
from msgspec.structs import replace

from routing import commands, events
from routing.agents import BY_AGENT, MISSED_OFFERS, agent_changed
from routing.assignment import assign_case
from routing.canned_decider import change_text, create_text, delete_text
from routing.case_decider import (
    come_back,
    decide_case,
    fall_through,
    known_agent,
    known_agents,
    lapse,
    put_back,
    resume,
    take_back,
    wait_on,
)
from routing.cases import Accepted, Broadcast, Case, Offered, Pending, Queued, Resolved, offers_of
from routing.claim_decider import claim_case, renew_claim, second_claim
from routing.commands import Command, Reason
from routing.escalation import escalate_case, escalate_post
from routing.goodwill_decider import change_desk_policy, decide_goodwill, grant_goodwill
from routing.join_decider import carry, join_cases, split_case
from routing.leaving import drain_agent, leave, leaves_at, rescind_offers
from routing.lines import line_of_request
from routing.matching import Decision
from routing.policy_decider import change_policy
from routing.queue_decider import (
    change_queue,
    clear,
    create_queue,
    delete_queue,
    known_queue,
    known_queues,
    offer_again,
)
from routing.relaxation import lend_key
from routing.relaxing import lend
from routing.shaping import known_place, shape_case
from routing.shard import Shard
from routing.shift_decider import move_on, plan_shift
from routing.tasks import close_task, create_task, resolve_case
from routing.terms import CaseOrigin, Presence
from routing.threads import alias_post, attach_post, detach_post, review, sight_post
from routing.timers import AGENT, EARN, LEAVES, LEND, QUEUE, SHIFT
from routing.vote_decider import earn, vote_on_answer

PORTION = 200
"""Facts one tick leads to, roughly: what is due beyond that stays due, and the next tick goes on with it at once. With
the most that one timer and the offers it makes possible can add (an agent is set away who had a hundred offers), that
is below half of what a commit holds.
"""


def decide(command: Command, shard: Shard) -> Sequence[events.Event]:
    """The facts a command leads to, none when it changes nothing. Raises Rejected."""
    decision = Decision(shard, command.at)
    match command:
        case commands.AttachPost():
            attach_post(decision, command)
        case commands.SightPost():
            sight_post(decision, command)
        case commands.AliasPost():
            alias_post(decision, command)
        case commands.DetachPost():
            detach_post(decision, command)
        case commands.SetSourceQueue(source_id, queue, at):
            if shard.sources.get(source_id, "") != queue:
                decision.emit(events.SourceQueueChanged(source_id, queue, at))
            if shard.labels.get(source_id, ()) != command.labels:
                decision.emit(events.SourceLabelsChanged(source_id, command.labels, at))
        case commands.OpenCase():
            _open(decision, command)
        case commands.ShapeCase():
            shape_case(decision, command)
        case commands.EscalateCase():
            escalate_case(decision, command)
        case commands.EscalatePost():
            escalate_post(decision, command)
        case commands.AssignCase():
            assign_case(decision, command)
        case commands.CreateTask():
            create_task(decision, command)
        case commands.CloseTask():
            close_task(decision, command)
        case commands.ResolveCase():
            resolve_case(decision, command)
        case commands.JoinCases():
            join_cases(decision, command)
        case commands.SplitCase():
            split_case(decision, command)
        case commands.ClaimCase():
            claim_case(decision, command)
        case commands.RenewClaim():
            renew_claim(decision, command)
        case commands.SecondClaim():
            second_claim(decision, command)
        case commands.VoteOnAnswer():
            vote_on_answer(decision, command)
        case commands.RegisterAgent():
            _register(decision, command)
        case commands.ChangeAgent():
            _change_agent(decision, command)
        case commands.DeleteAgent():
            _delete_agent(decision, command)
        case commands.SetPresence():
            _set_presence(decision, command)
        case commands.DrainAgent():
            drain_agent(decision, command)
        case commands.CreateQueue():
            create_queue(decision, command)
        case commands.ChangeQueue():
            change_queue(decision, command)
        case commands.DeleteQueue():
            delete_queue(decision, command)
        case commands.ChangePolicy():
            known_queues(shard, queues_named(command))
            known_agents(decision, agents_named(command))
            change_policy(decision, command)
        case commands.GrantGoodwill():
            grant_goodwill(decision, command)
        case commands.DecideGoodwill():
            decide_goodwill(decision, command)
        case commands.ChangeDeskPolicy():
            change_desk_policy(decision, command)
        case commands.CreateCannedText():
            create_text(decision, command)
        case commands.ChangeCannedText():
            change_text(decision, command)
        case commands.DeleteCannedText():
            delete_text(decision, command)
        case commands.Tick():
            _tick(decision)
        case _:
            decide_case(decision, command)
    if shard.joins or isinstance(command, commands.JoinCases):
        carry(decision)
    if shard.interrupted:
        come_back(decision)
    if not decision.is_matched:
        decision.match_up()
    return decision.events


def queues_named(c: commands.ChangePolicy) -> tuple[str, ...]:
    """The queues that rules and steps of a policy name."""
    steps = c.relaxations or ()
    named = {rule.queue for rule in c.rules or ()} | {step.queue for step in steps}
    return tuple(sorted(named.union(*(step.queues for step in steps)) - {""}))


def agents_named(c: commands.ChangePolicy) -> tuple[str, ...]:
    """The agents that rules of a policy name."""
    terms = [rule.agent_terms for rule in c.rules or () if rule.agent_terms is not None]
    return tuple(sorted({one for said in terms for one in (*said.preferred_ids, *said.forbidden_ids)}))


def _open(decision: Decision, c: commands.OpenCase) -> None:
    if decision.case(c.case_id) is not None:
        raise Rejected(Reason.CASE_EXISTS, f"case {c.case_id} is there already", resource=f"cases/{c.case_id}")
    if c.queue:
        known_queue(decision.shard, c.queue)
    if c.agent_terms is not None:
        known_agents(decision, (*c.agent_terms.preferred_ids, *c.agent_terms.forbidden_ids))
    if c.within is not None:
        known_place(decision, c.within)
    if c.source_id and not c.source_channel:
        detail = f"there is no source {c.source_id}; connect it first, or leave source empty"
        raise Rejected(Reason.SOURCE_UNKNOWN, detail, resource=f"sources/{c.source_id}")
    if c.source_id and c.channel and c.channel != c.source_channel:
        detail = f"source {c.source_id} is one of channel {c.source_channel}, not of {c.channel}; leave channel empty"
        raise Rejected(Reason.CHANNEL_DIFFERS, detail, resource=f"sources/{c.source_id}")
    line, channel = line_of_request(decision.shard, c), c.channel or c.source_channel
    decision.emit(
        events.CaseOpened(
            c.case_id,
            CaseOrigin.MANUAL,
            c.direction,
            channel,
            c.source_id,
            c.identity_id,
            c.language,
            line.weight,
            c.request_id,
            c.at,
        ),
        events.CaseQueued(
            c.case_id,
            line.queue,
            line.urgency,
            line.requirements,
            Instant(c.at + line.first_response_s * MICROS),
            c.at,
            c.at,
            rule_ids=line.rule_ids,
            policy_version=line.policy_version,
            agent_terms=line.agent_terms,
            tier=line.tier,
            near=line.near,
            is_uninterruptible=line.is_uninterruptible,
        ),
    )


def _register(decision: Decision, c: commands.RegisterAgent) -> None:
    if c.agent_id in decision.shard.agents:
        detail = f"agent {c.agent_id} is there already; change it with UpdateAgent, or take another id"
        raise Rejected(Reason.AGENT_EXISTS, detail, resource=f"agents/{c.agent_id}")
    known_queues(decision.shard, c.queues)
    settings = c.display_name, c.skills, c.capacity, c.queues, c.at, c.channel_capacity, c.shifts, c.tag
    decision.emit(events.AgentRegistered(c.agent_id, *settings, c.pinned_skills, c.location))
    plan_shift(decision, c.agent_id)


_NO_SETTINGS = ("agent_id", "at", "is_nowhere")


def _change_agent(decision: Decision, c: commands.ChangeAgent) -> None:
    agent = known_agent(decision, c.agent_id)
    known_queues(decision.shard, c.queues or ())
    given = (
        ("granted" if name == "skills" else name, getattr(c, name))
        for name in c.__struct_fields__
        if name not in _NO_SETTINGS
    )
    wanted = {name: value for name, value in given if value is not None}
    if c.shifts is not None and not (c.shifts.weekly or c.shifts.exceptions):
        wanted["shifts"] = None
    if c.is_nowhere:
        wanted["location"] = None
    changed = replace(agent, **wanted)
    allowed = min(agent.load, agent.capacity)  # who was given more by hand may be changed all the same
    too_much = [f"{agent.load} units in use, more than {changed.capacity}"] if changed.capacity < allowed else []
    for limit in changed.channel_capacity:
        if limit.units < (load := agent.load_of(limit.channel)):
            too_much.append(f"{load} units of channel {limit.channel} in use, more than {limit.units}")
    if too_much:
        detail = f"agent {c.agent_id} has {', and '.join(too_much)}; settle or release something first"
        raise Rejected(Reason.CAPACITY_IN_USE, detail, resource=f"agents/{c.agent_id}")
    if changed != agent:
        decision.emit(agent_changed(changed, c.at))
        if changed.shifts != agent.shifts:
            plan_shift(decision, c.agent_id)


def _delete_agent(decision: Decision, c: commands.DeleteAgent) -> None:
    """Offers are taken back and accepted cases given back, before the agent is gone."""
    agent = known_agent(decision, c.agent_id)
    rescind_offers(decision, agent)
    for held in agent.work:
        case = decision.case(held.case_id)
        if case is not None and isinstance(case.stage, Accepted | Pending):
            put_back(decision, case, "agent_deleted")
    decision.emit(events.AgentDeleted(c.agent_id, c.at))


def _set_presence(decision: Decision, c: commands.SetPresence) -> None:
    agent = known_agent(decision, c.agent_id)
    if (agent.presence, agent.channels) == (c.presence, c.channels) and not agent.missed:
        return
    until = leaves_at(decision.shard, agent, c.presence, c.at)
    decision.emit(events.PresenceChanged(c.agent_id, c.presence, BY_AGENT, c.at, until, c.channels))
    if c.presence != Presence.AVAILABLE:
        rescind_offers(decision, agent)
    elif c.channels:
        rescind_offers(decision, agent, but_of=c.channels)


def _tick(decision: Decision) -> None:
    """What is to be looked at again; then what time brings, the earliest first, until it is enough for one decision."""
    if decision.shard.threads.todo:
        review(decision)
        return
    room = PORTION
    for kind, key in decision.shard.timers.due(decision.at):
        if kind == QUEUE and decision.shard.has_queue(key):
            room -= offer_again(decision, key, room)
        elif kind == QUEUE:
            room -= clear(decision, key, decision.shard.standing_queue(key), room)
        elif kind == LEAVES:
            before = len(decision.events)
            leave(decision, key)
            room -= 2 * (len(decision.events) - before)
        elif kind == SHIFT:
            room -= move_on(decision, key)
        elif kind == LEND:
            room -= lend(decision, lend_key(key))
        elif kind == EARN:
            room -= earn(decision, key)
        else:
            room -= _cool_down(decision, key) if kind == AGENT else _time_is_up(decision, key)
        if room <= 0:
            return


def _cool_down(decision: Decision, agent_id: str) -> int:
    """An agent who is ready may be offered again what it refused; returns how many offers that can lead to."""
    agent = decision.look_at(agent_id)
    return 0 if agent is None else agent.free


def _time_is_up(decision: Decision, case_id: str) -> int:
    """What its timer means for a case; returns how many facts and offers that can lead to."""
    case, before = decision.case(case_id), len(decision.events)
    if case is None:
        return 0
    match case.stage:
        case Offered() | Broadcast():
            lapsed = _expire_due(decision, case)
            freed = max(1, lapsed) * case.weight
            return 2 * (len(decision.events) - before) + freed  # whoever waits again and every unit that is free
        case Accepted(reply_due_at=due) if due is not None:
            take_back(decision, case, case.stage)
            return 2 * (len(decision.events) - before) + case.weight
        case Accepted(lease=lease) if lease is not None:
            lapse(decision, case)
            return 2 * (len(decision.events) - before) + case.weight
        case Queued():
            if not fall_through(decision, case_id):
                wait_on(decision, case_id)  # unless it was rescinded a moment ago, because its agent was set away
            return 1 + len(decision.events) - before
        case Pending():
            resume(decision, case, case.stage, "timer")
            return len(decision.events) - before + case.weight
        case Resolved():
            decision.emit(events.ResolutionConfirmed(case_id, decision.at))
        case _:
            pass
    return 1


def _expire_due(decision: Decision, case: Case) -> int:
    """The offers of a case that have lapsed do so, as long as one more is not too much for one decision; returns how
    many.
    """
    count, before = 0, len(decision.events)
    for offer in offers_of(case):
        if offer.expires_at <= decision.at:
            _expire(decision, case.case_id, offer)
            count += 1
            if len(decision.events) - before >= PORTION // 2:
                break
    return count


def _expire(decision: Decision, case_id: str, offer: Offered) -> None:
    """An offer lapses; an agent who has missed too many in a row is set away, so that it holds up no work."""
    agent = decision.agent(offer.agent_id)
    missed = 1 if agent is None else agent.missed + 1
    decision.emit(events.OfferExpired(case_id, offer.agent_id, offer.offer_id, missed, decision.at))
    wait_on(decision, case_id)
    if agent is not None and missed >= decision.shard.policy.max_missed_offers and agent.presence == Presence.AVAILABLE:
        until = leaves_at(decision.shard, agent, Presence.AWAY, decision.at)
        decision.emit(events.PresenceChanged(offer.agent_id, Presence.AWAY, MISSED_OFFERS, decision.at, until))
        rescind_offers(decision, decision.agent(offer.agent_id) or agent)
