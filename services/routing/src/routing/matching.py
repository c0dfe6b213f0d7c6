"""What a decision makes of the shard before it is a fact, and the offers that follow from it.

Pure: the shard only changes when the facts are recorded. Before every decision no waiting case and ready agent suit
each other (or a cool-down keeps them apart). So after it only cases that have just begun to wait and agents who have
just got room can be matched, and nothing else is looked at.
"""

from collections import ChainMap, deque
from collections.abc import Collection, Iterator, Mapping

from chassis.clock import MICROS, Instant
from chassis.identity import uuid5
from msgspec.structs import replace

from routing import events
from routing.agents import Agent, Queue
from routing.cases import (
    Accepted,
    Broadcast,
    Case,
    Wait,
    again_at,
    is_refused_by_all,
    offer_to,
    place_in_line,
    place_of,
    urgency_of,
)
from routing.changes import changes, is_first_offer, with_turn
from routing.interrupting import row_of, to_interrupt
from routing.pairing import Pairing
from routing.policies import Crowd, OrderKey, preferred
from routing.segments import Segment
from routing.shard import Shard

_FREES_NOBODY = frozenset(
    {
        events.PostThreaded,
        events.PostAliased,
        events.PostAddressed,
        events.PostUnthreaded,
        events.ThreadReviewed,
        events.ThreadRecalled,
        events.PostAttached,
        events.PostPlaced,
        events.CaseReopened,
        events.CaseNoted,
        events.CaseResumed,
        events.ResolutionConfirmed,
        events.ReplyRequested,
        events.ReplySent,
        events.ReplyFailed,
        events.AnswerVoted,
        events.OfferAccepted,
        events.CaseAssigned,
        events.AgentRegistered,
        events.QueueChanged,
        events.QueueDeleted,
        events.QueueCleared,
        events.SourceQueueChanged,
        events.SourceLabelsChanged,
        events.CaseSupervised,
        events.DraftSaved,
        events.DraftDiscarded,
        events.CannedTextChanged,
        events.CannedTextDeleted,
        events.GoodwillGranted,
        events.GoodwillAsked,
        events.GoodwillApproved,
        events.GoodwillRefused,
        events.DeskPolicyChanged,
        events.CaseClaimed,
        events.ClaimRenewed,
        events.ClaimSeconded,
    }
)
"""Facts that neither give an agent room nor make a case wait."""

PAIRS_MAX = 32
"""Agents, and cases, that are looked at together. Against: pairing so many takes some milliseconds, and grows with the
cube.
"""
OFFERS = "5b3f0f3e-2f5c-5d0e-9a57-0d6f1f7a4f11"
"""Namespace of offer ids: an offer is named by its case and token."""


class Decision:
    """A shard with some facts on top that are decided and not recorded yet."""

    __slots__ = (
        "_agents",
        "_applied",
        "_cases",
        "_is_wide",
        "_known",
        "_offers",
        "at",
        "events",
        "is_matched",
        "recalled",
        "shard",
    )

    def __init__(self, shard: Shard, at: Instant) -> None:
        self.shard = shard
        self.at = at
        self.events: list[events.Event] = []
        self.is_matched = False
        """Whether every offer that can follow has been decided."""
        self.recalled: set[str] = set()
        """Threads that the facts so far bring back into memory."""
        self._cases: dict[str, Case] = {}
        self._agents: dict[str, Agent] = {}
        self._known: Mapping[str, Agent] | None = None
        self._applied = 0
        self._offers = 0
        self._is_wide = False
        """Whether a case that the facts so far have changed was offered to several then."""

    def emit(self, *facts: events.Event) -> None:
        """Decides facts. They take effect on the decision when somebody looks."""
        self.events.extend(facts)

    def case(self, case_id: str) -> Case | None:
        """A case as of the last fact decided."""
        self._catch_up()
        return self._find(case_id)

    def agent(self, agent_id: str) -> Agent | None:
        """An agent as of the last fact decided."""
        self._catch_up()
        return self._agents.get(agent_id) or self.shard.agents.get(agent_id)

    def look_at(self, agent_id: str) -> Agent | None:
        """An agent whom the offers to come are to reckon with, although no fact has changed it."""
        agent = self.agent(agent_id)
        if agent is not None:
            self._agents[agent_id] = agent
        return agent

    def could_take_more(self, agent: Agent) -> bool:
        """Whether something waits, untouched by this decision, that an agent could be offered now."""
        return agent.free > 0 and next(self._takeable(agent, floor_turn=False), None) is not None

    def attach(self, attached: events.PostAttached) -> None:
        """Decides that a post becomes part of a case, in one fact with its place where that was decided last."""
        told = self.events[-1] if self.events else None
        if not isinstance(told, events.PostThreaded) or told.post_id != attached.post_id:
            self.events.append(attached)
            return
        role, customer_id = attached.role, attached.customer_id
        owed, answers = attached.owed_since, attached.answers_published_at
        self.events[-1] = events.PostPlaced(attached.case_id, told, role, customer_id, owed, answers, attached.at)
        self._applied = min(self._applied, len(self.events) - 1)

    def offer_at_once(self, begun: events.CaseBegun) -> None:
        """Decides the offer that a new case makes possible, if it is all that has changed.

        Nobody who was ready suits what waited before, so only the new case can be matched, and with whoever is first
        among those who are ready for its kind. Where that is not known by looking, all is looked at.
        """
        segments = self.shard.segments
        if segments.rows:  # who is ready is not all who could be offered it
            self.is_matched = True
            self.match_up()
            return
        key = segments.key(begun.queue, begun.requirements, begun.weight, begun.post.channel)
        segment = segments.by_key.get(key)
        self.is_matched = True
        if segment is None:
            self.match_up()
        elif segment.ready:
            queue = self.shard.queue(begun.queue)
            if queue.offer_width > 1 or begun.agent_terms is not None or begun.near is not None:
                self.match_up()
                return
            self.events.append(self._offered(begun.case_id, segment.ready[0].agent_id, 1, begun.weight, queue))

    def match_up(self) -> None:
        """Decides every offer that has become possible."""
        rows = self.shard.segments.rows
        if not self._agents and not rows and self._leads_to_no_offer():
            return
        self._catch_up()
        if self.shard.segments.order.by_crowd:
            while self._meets_several() and self._pair_up():
                pass
        self._match_one_by_one()
        self._widen()
        if rows:
            self._interrupt()

    def _match_one_by_one(self) -> None:
        """Decides offers, each the first of all that are possible."""
        order = self.shard.segments.order
        while True:
            first: tuple[OrderKey, str] | None = None
            best: str | None = None
            floor_turn = order.is_floor_turn(self.shard.offers_made + self._offers)
            for case in self._cases.values():
                wait = place_in_line(case)
                if wait is not None:
                    place = order.place(wait, urgency_of(case), case.case_id, case.tier)
                    key = (order.key(*place, self.at, floor_turn, self._crowd(case, wait)), case.case_id)
                    if first is None or key < first:
                        agent_id = self._best_agent(case)
                        if agent_id is not None:
                            first, best = key, agent_id
            for agent in self._agents.values():
                if agent.free > 0:
                    theirs = min(self._takeable(agent, floor_turn), default=None)
                    if theirs is not None and (first is None or theirs < first):
                        first, best = theirs, None
            if first is None:
                break
            chosen = self._cases.get(first[1]) or self.shard.cases[first[1]]
            best = best or self._best_agent(chosen)
            if best is None:
                break
            self._offer(chosen, best)

    def _meets_several(self) -> bool:
        """Whether which agent takes one case may be a matter of which takes another."""
        waiting = sum(place_in_line(case) is not None for case in self._cases.values())
        return waiting + sum(agent.free > 0 for agent in self._agents.values()) > 1

    def _pair_up(self) -> bool:
        """Decides offers of several cases to several agents, one each: whoever is first is served if it can be, as many
        as can be, by those who rank best all together. Returns whether there were any.

        It looks at `PAIRS_MAX` agents at a time, and for each at as many cases of a line as there are agents: whoever
        would get a later one could have one of these instead.
        """
        order, made = self.shard.segments.order, self.shard.offers_made + self._offers
        free = sorted(agent.agent_id for agent in self._agents.values() if agent.free > 0)[:PAIRS_MAX]
        able: dict[str, set[str]] = {}
        by_turn: tuple[dict[str, OrderKey], dict[str, OrderKey]] = {}, {}
        for agent_id in free:
            for floor_turn, keys in enumerate(by_turn):
                for key, case_id in self._takeable(self._agents[agent_id], bool(floor_turn), len(free)):
                    keys[case_id] = key
                    able.setdefault(case_id, set()).add(agent_id)
        for case in self._cases.values():
            wait = place_in_line(case)
            if wait is not None:
                place = order.place(wait, urgency_of(case), case.case_id, case.tier)
                crowd = self._crowd(case, wait)
                for floor_turn, keys in enumerate(by_turn):
                    keys[case.case_id] = order.key(*place, self.at, bool(floor_turn), crowd)
        first, late_first = (deque(sorted(keys, key=keys.__getitem__)) for keys in by_turn)
        pairing, served, looked_at = Pairing(), list[Case](), set[str]()
        columns: dict[str, int] = {}
        while len(looked_at) < len(by_turn[0]) and len(served) < PAIRS_MAX:
            line = late_first if order.is_floor_turn(made + len(served)) else first
            case_id = line.popleft()
            if case_id in looked_at:
                continue
            looked_at.add(case_id)
            case = self._cases.get(case_id) or self.shard.cases[case_id]
            ranked = self._ranked(case, able.get(case_id))
            if pairing.add({columns.setdefault(one, len(columns)): cost for cost, one in enumerate(ranked)}):
                served.append(case)
        agents = list(columns)
        for row, column in pairing.pairs():
            self._offer(served[row], agents[column])
        return bool(served)

    def _ranked(self, case: Case, able: Collection[str] | None) -> list[str]:
        """Who could take a waiting case, the best first: of these, or of a case that this decision has touched at most
        `PAIRS_MAX` of all.
        """
        known = self.shard.segments.find(case)
        segment = known or self._segment_for(case)
        first, agents = list(preferred(self.shard.policy, case, self.at)), self._all_agents()
        if able is None:
            ready = [one.agent_id for one in known.ready] if known else self.shard.agents
            able = {*self._agents, *first, *ready}
        could = (agents[agent_id] for agent_id in able if agent_id in agents)
        may = [a for a in could if segment.is_open_to(a, case.channel) and self._may_be_offered(case, a.agent_id)]
        turn = {agent_id: number - len(first) for number, agent_id in enumerate(first)}
        ranked = sorted(may, key=lambda agent: (turn.get(agent.agent_id, 0), segment.rank(agent)))
        return [agent.agent_id for agent in ranked[:PAIRS_MAX]]

    def _widen(self) -> None:
        """Decides offers to more agents at once, where a case may have them and nobody waits for who is free: as for
        waiting cases, only what has been touched can be matched.
        """
        segments = self.shard.segments
        if not (self._is_wide or segments.has_thin):
            return
        order = segments.order
        while True:
            found: list[tuple[OrderKey, str, str]] = []
            for case in self._cases.values():
                wait = place_of(case)
                if wait is not None and isinstance(case.stage, Broadcast) and len(case.stage.offers) < case.stage.width:
                    agent_id = self._best_agent(case)
                    if agent_id is not None:
                        place = order.place(wait, urgency_of(case), case.case_id, case.tier)
                        found.append((order.key(*place, self.at, False), case.case_id, agent_id))
            for agent in self._agents.values():
                if agent.free > 0 and segments.has_thin:
                    found += [(*head, "") for head in self._widenable(agent)]
            if not found:
                return
            _, case_id, agent_id = min(found)
            chosen = self._cases.get(case_id) or self.shard.cases[case_id]
            best = agent_id or self._best_agent(chosen)
            if best is None:
                return
            self._offer(chosen, best)

    def _widenable(self, agent: Agent) -> Iterator[tuple[OrderKey, str]]:
        """The cases, untouched by this decision, that an agent could be offered beside others and that can be first."""

        def is_barred(case_id: str) -> bool:
            case = self.shard.cases[case_id]
            is_open = agent.room(case.channel) >= case.weight and self._may_be_offered(case, agent.agent_id)
            return case_id in self._cases or not is_open

        for segment in self.shard.segments.suited(agent):
            if segment.thin and agent.free >= segment.weight:
                yield from segment.thin_heads(self.at, is_barred)

    def _interrupt(self) -> None:
        """Decides offers for which agents would put something aside, of what may interrupt and nobody has room for: as
        for waiting cases, only what has been touched can be matched, and whoever has a case that was.
        """
        order = self.shard.segments.order
        while True:
            found: list[tuple[OrderKey, str, str]] = []
            floor_turn = order.is_floor_turn(self.shard.offers_made + self._offers)
            for case in self._cases.values():
                wait = place_in_line(case)
                if wait is not None and row_of(self.shard.segments.rows, case) is not None:
                    agent_id = self._best_to_interrupt(case)
                    if agent_id is not None:
                        place = order.place(wait, urgency_of(case), case.case_id, case.tier)
                        key = order.key(*place, self.at, floor_turn, self._crowd(case, wait))
                        found.append((key, case.case_id, agent_id))
            for agent in self._touched_agents():
                found += [(*head, "") for head in self._interrupting(agent, floor_turn)]
            if not found:
                return
            _, case_id, best = min(found)
            chosen = self._cases.get(case_id) or self.shard.cases[case_id]
            chosen_id = best or self._best_to_interrupt(chosen)
            if chosen_id is None:
                return
            self._offer(chosen, chosen_id, self._to_interrupt(chosen, self._all_agents()[chosen_id]))

    def _touched_agents(self) -> list[Agent]:
        """Who was touched by this decision, or has a case that was."""
        agents = self._all_agents()
        holding = (case.stage.agent_id for case in self._cases.values() if isinstance(case.stage, Accepted))
        return [agents[agent_id] for agent_id in dict.fromkeys((*self._agents, *holding)) if agent_id in agents]

    def _to_interrupt(self, case: Case, agent: Agent) -> tuple[str, ...]:
        """The agent's cases that would wait for a case that waits, none where they make no room."""
        return to_interrupt(self.shard.policy, agent, case, self._find, self.shard.queue)

    def _best_to_interrupt(self, case: Case) -> str | None:
        """The agent who would put something aside for a waiting case, None for nobody. Who has refused it is not asked
        that again.
        """
        segment, row = self.shard.segments.find(case) or self._segment_for(case), row_of(self.shard.segments.rows, case)
        if row is None:
            return None
        agents, refusers = self._all_agents(), {agent_id for agent_id, _ in case.refusals}
        ids = {agent.agent_id for agent in self._touched_agents()}
        ids.update(*(held for place, held in self.shard.interruptible.items() if row.covers(place.channel, place.kind)))
        first = {agent_id: number for number, agent_id in enumerate(preferred(self.shard.policy, case, self.at))}
        there = (agents[agent_id] for agent_id in ids - refusers if agent_id in agents)
        able = (agent for agent in there if not agent.interrupted_for and segment.has_present(agent, case.channel))
        ranked = sorted((first.get(agent.agent_id, len(first)), segment.rank(agent)) for agent in able)
        could = (rank.agent_id for _, rank in ranked if self._to_interrupt(case, agents[rank.agent_id]))
        return next(could, None)

    def _interrupting(self, agent: Agent, floor_turn: bool) -> Iterator[tuple[OrderKey, str]]:
        """The cases, untouched by this decision, that an agent would put something aside for and that can be first."""
        if agent.interrupted_for or not agent.work:
            return
        segments = self.shard.segments
        skip = {*self._cases, *(case_id for _, case_id in self.shard.refused.get(agent.agent_id, ()))}
        told = segments.tells_apart(agent)
        for segment in segments.suited(agent):
            if segment.row is None or not any(segment.waiting):
                continue
            waiting = [self.shard.cases[one.case_id] for line in segment.waiting for one in line[: 1 if told else None]]
            able = [case for case in waiting if segment.has_present(agent, case.channel)]
            could = {case.case_id for case in able if self._to_interrupt(case, agent)}
            if could:
                skip.update(case.case_id for case in waiting if not told and case.case_id not in could)
                yield from segment.heads(self.at, floor_turn, skip)

    def _before(self, case_id: str) -> tuple[int, str]:
        """The units and the channel of a case that the shard has."""
        case = self.shard.cases[case_id]
        return case.weight, case.channel

    def _leads_to_no_offer(self) -> bool:
        """Whether it is plain, without applying the facts, that none of them can lead to an offer."""
        kinds: dict[str, tuple[int, str]] = {}
        for event in self.events:
            match event:
                case events.CaseBegun():
                    kind = event.weight, event.post.channel
                    if self.shard.segments.has_ready(event.queue, event.requirements, *kind):
                        return False
                case events.CaseOpened() | events.CaseRecalled():
                    kinds[event.case_id] = event.weight, event.channel
                case events.CaseQueued():
                    weight, channel = kinds.get(event.case_id) or self._before(event.case_id)
                    weight = event.weight or weight
                    if self.shard.segments.has_ready(event.queue, event.requirements, weight, channel):
                        return False
                case events.CasePended(weight_percent=0 | 100):
                    pass
                case _ if type(event) not in _FREES_NOBODY:
                    return False
        return True

    def _offer(self, case: Case, agent_id: str, interrupts: tuple[str, ...] = ()) -> None:
        first_s, queue = preferred(self.shard.policy, case, self.at).get(agent_id, 0), self.shard.queue(case.queue)
        width = case.stage.width if isinstance(case.stage, Broadcast) else queue.offer_width
        if interrupts:
            width = 1  # who is to put something aside for it is asked alone
        offered = self._offered(
            case.case_id, agent_id, case.token + 1, case.weight, queue, first_s=first_s, width=width
        )
        self.emit(replace(offered, interrupts=interrupts) if interrupts else offered)
        self._catch_up()

    def _offered(
        self,
        case_id: str,
        agent_id: str,
        token: int,
        weight: int,
        queue: Queue,
        *,
        first_s: int = 0,
        width: int = 1,
    ) -> events.CaseOffered:
        policy, stands_s = self.shard.policy, queue.offer_timeout_s
        if first_s:
            stands_s = min(stands_s, first_s)
            width = 1  # who is asked first is asked alone
        expires_at = Instant(self.at + stands_s * MICROS)
        offer_id = uuid5(OFFERS, f"{case_id}/{token}")
        at_once = width if width > 1 else 0
        return events.CaseOffered(
            case_id, agent_id, offer_id, token, weight, expires_at, self.at, policy.version, first_s > 0, at_once
        )

    def _may_be_offered(self, case: Case, agent_id: str) -> bool:
        """Whether no cool-down keeps the agent from the case; nor, while others are asked, that it is asked as well or
        has refused.
        """
        if isinstance(case.stage, Broadcast):
            return offer_to(case, agent_id) is None and all(refuser != agent_id for refuser, _ in case.refusals)
        if not case.refusals:
            return True
        for refuser, at in case.refusals:
            if refuser == agent_id:
                cooldown_s, by_all = self.shard.policy.decline_cooldown_s, self._is_refused_by_all(case)
                return again_at(at, cooldown_s, by_all=by_all) <= self.at
        return True

    def _is_refused_by_all(self, case: Case) -> bool:
        """Whether everybody present who could take the case has refused it. Of one untouched it is what the shard
        knows; where this decision makes a difference to it, a timer is due at once.
        """
        segment, touched = self.shard.segments.find(case), self._agents
        if segment is not None and case.case_id not in self._cases:
            return segment.refused.get(case.case_id, False)
        if segment is None:
            segment = self._segment_for(case)
            there = (a for a in self.shard.agents.values() if segment.has_present(a, case.channel))
            present = {a.agent_id for a in there} - touched.keys()
        else:
            present = segment.present - touched.keys()
        present.update(a.agent_id for a in touched.values() if segment.has_present(a, case.channel))
        return is_refused_by_all(case, present)

    def _best_agent(self, case: Case) -> str | None:
        """The agent to offer a waiting case to, None when nobody can take it."""
        known = self.shard.segments.find(case)
        segment = known or self._segment_for(case)
        touched = self._agents
        for agent_id in preferred(self.shard.policy, case, self.at):
            first = self._all_agents().get(agent_id)
            if first is not None and segment.is_open_to(first, case.channel):
                return agent_id
        best = None
        if known is None:
            untouched = (a for a in self.shard.agents.values() if a.agent_id not in touched)
            able = (a for a in untouched if segment.is_open_to(a, case.channel))
            best = min(
                (segment.rank(a) for a in able if self._may_be_offered(case, a.agent_id)),
                default=None,
            )
        else:
            for ready in segment.ready:
                if ready.agent_id not in touched and self._may_be_offered(case, ready.agent_id):
                    best = ready
                    break
        for agent in touched.values():
            if segment.is_open_to(agent, case.channel) and self._may_be_offered(case, agent.agent_id):
                mine = segment.rank(agent)
                best = mine if best is None else min(best, mine)
        return None if best is None else best.agent_id

    def _segment_for(self, case: Case) -> Segment:
        """Where a case would wait that is the first of its kind."""
        segments = self.shard.segments
        return Segment(*segments.key_of(case), segments.order, self.shard.choice(case.queue))

    def _crowd(self, case: Case, wait: Wait) -> Crowd:
        """How crowded what a case asks for is, as it was before this decision."""
        shard = self.shard
        return shard.segments.crowd(case, wait, self.at, shard.agents.values(), shard.choice)

    def _takeable(self, agent: Agent, floor_turn: bool, most: int = 1) -> Iterator[tuple[OrderKey, str]]:
        """The cases, untouched by this decision, that an agent could take and that can be first; or so many of each
        line, where so many are served at once.
        """
        refused = self.shard.refused.get(agent.agent_id, ())
        skip = {*self._cases, *(case_id for again, case_id in refused if again > self.at)}
        free, is_limited = agent.free, agent.is_limited
        for segment in self.shard.segments.suited(agent):
            if any(segment.waiting) and free >= segment.weight:
                if is_limited and not self.shard.segments.tells_apart(agent):
                    # It makes a difference of a channel as the first: this once all cases are looked at.
                    skip.update(self._of_other_channels(segment, agent))
                elif is_limited and agent.room(segment.channel) < segment.weight:
                    continue
                yield from segment.heads(self.at, floor_turn, skip, most)

    def _of_other_channels(self, segment: Segment, agent: Agent) -> Iterator[str]:
        """The waiting cases of a segment that are of a channel the agent has no room in."""
        for line in segment.waiting:
            for waiting in line:
                if agent.room(self.shard.cases[waiting.case_id].channel) < segment.weight:
                    yield waiting.case_id

    def _catch_up(self) -> None:
        while self._applied < len(self.events):
            event = self.events[self._applied]
            self._applied += 1
            changed = changes(event, self._find, self._all_agents().get)
            if isinstance(event, events.CaseOffered):
                self._offers += is_first_offer(changed)
                changed = with_turn(changed, event.agent_id, self.shard.offers_made + self._offers)
            for _, case in changed.cases:
                self._cases[case.case_id] = case
                self._is_wide = self._is_wide or type(case.stage) is Broadcast
            for agent in changed.agents:
                self._agents[agent.agent_id] = agent

    def _find(self, case_id: str) -> Case | None:
        return self._cases.get(case_id) or self.shard.cases.get(case_id)

    def _all_agents(self) -> Mapping[str, Agent]:
        if self._known is None:
            self._known = ChainMap(self._agents, self.shard.agents)
        return self._known
