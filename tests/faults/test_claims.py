"""Employees claim, renew, let lapse, reply, give back, second and vote all at once at several routing processes, which
are killed -9: a case has one lease and one answer, and none is lost.

SWITCHBOARD_CLAIM_ACTS says how many claims there are to be, 60 unless it is set. The kills come evenly among them.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import live_stack
import pytest
import storming
import witness
from switchboard.ingest.v1 import service_pb2 as ingest
from switchboard.ingest.v1.service_pb2_grpc import IngestServiceStub
from switchboard.routing.v1 import service_pb2 as routing
from switchboard.routing.v1.events_pb2 import (
    PRESENCE_AWAY,
    VERDICT_HELPFUL,
    VERDICT_NOT_HELPFUL,
    VERDICT_WITHDRAWN,
)
from switchboard_cli.deliveries.sending import Stopwatch

ACTS = int(os.environ.get("SWITCHBOARD_CLAIM_ACTS", "60"))
PROCESSES = 3 if ACTS < 2_000 else 4
KILLS = 3 + ACTS // 2_000
TENANTS = ("claims-a", "claims-b")
EMPLOYEES = min(20, 5 + ACTS // 500)
OPEN_MAX = 2 * EMPLOYEES
"""Cases of a tenant that nobody has answered, at once."""
MODES = {
    "claims-a": {"lease_s": 1, "fall_through_s": 4},
    "claims-b": {"lease_s": 1, "fall_through_s": 6, "append_agent_tag": True, "second_opinion_s": 1},
}
VERDICTS = (VERDICT_HELPFUL, VERDICT_HELPFUL, VERDICT_NOT_HELPFUL, VERDICT_WITHDRAWN)
ENDS_LEASE = ("ClaimLapsed", "CaseReleased", "CaseResolved")
SETTLED_S = 60
PATIENCE_S = 120 + SETTLED_S + ACTS // 2


class Floor(storming.Storm):
    """What all employees do."""

    def __init__(self, processes: storming.Processes, chance: random.Random) -> None:
        super().__init__(processes, chance)
        self.opened: dict[str, list[str]] = {tenant: [] for tenant in TENANTS}
        self.answered: dict[str, list[str]] = {tenant: [] for tenant in TENANTS}
        self._tokens: Counter[str] = Counter()

    def unanswered(self, tenant: str) -> list[str]:
        answered = set(self.answered[tenant])
        return [case for case in self.opened[tenant] if case not in answered]

    async def open_cases(self, tenant: str) -> None:
        """As many as may wait for an answer, until it is calm."""
        place = f"tenants/{tenant}"
        while not self.is_calm:
            request = routing.OpenCaseRequest(
                parent=place,
                queue=f"{place}/queues/floor",
                source=f"{place}/sources/shop",
                identity=f"{place}/identities/{uuid4()}",
            )
            self.opened[tenant].append((await self.ask("OpenCase", request)).case.name)
            await self.happened("CaseOpened")
            await self.until(lambda: self.is_calm or len(self.unanswered(tenant)) < OPEN_MAX)

    async def work(self, agent: str, colleague: str) -> None:
        """One employee, who claims whatever there is and goes on with it in one way or another."""
        tenant = agent.split("/")[1]
        while True:
            await self.until(lambda: bool(self.unanswered(tenant)))
            case = self.chance.choice(self.unanswered(tenant))
            claimed = await self.ask("ClaimCase", routing.ClaimCaseRequest(name=case, agent=agent))
            if claimed is None:
                await asyncio.sleep(0.1)  # others have it, or it is on its way to the skilled
                continue
            token = claimed.case.claim.token
            if token > self._tokens[case]:  # else it has the case still, and claiming twice is claiming once
                self._tokens[case] = token
                await self.happened("CaseClaimed")
            await self._go_on(case, agent, colleague, token)

    async def _go_on(self, case: str, agent: str, colleague: str, token: int) -> None:
        mine: dict[str, Any] = {"name": case, "agent": agent}
        wish = 1.0 if self.is_calm else self.chance.random()
        if wish < 0.2:
            return  # it lapses
        if wish < 0.35:
            await self.call("ReleaseCase", routing.ReleaseCaseRequest(**mine))
            return
        if wish < 0.55 and not await self.call("RenewClaim", routing.RenewClaimRequest(**mine, token=token)):
            return
        second = routing.SecondClaimRequest(name=case, agent=colleague, token=token)
        if MODES[case.split("/")[1]].get("second_opinion_s") and self.chance.random() < 0.8:
            await self.call("SecondClaim", second)
        stolen = routing.ReplyToCaseRequest(name=case, agent=colleague, text="Me too.", claim_token=token)
        reply = routing.ReplyToCaseRequest(**mine, text=f"Your code is {uuid4()}.", claim_token=token)
        reply.request_id = str(uuid4())
        one, other, stole = await asyncio.gather(  # a desktop that asks twice, and somebody who has no lease
            self.ask("ReplyToCase", reply), self.ask("ReplyToCase", reply), self.ask("ReplyToCase", stolen)
        )
        assert stole is None
        replied = one or other
        if replied is None:
            return  # too late, or nobody has seconded it
        assert {each.reply_id for each in (one, other) if each is not None} == {replied.reply_id}
        await self._has_answered(case)
        if self.chance.random() < 0.5:
            await self.call("ResolveCase", routing.ResolveCaseRequest(**mine, disposition="solved"))
        await self.vote(colleague)

    async def _has_answered(self, case: str) -> None:
        self.answered[case.split("/")[1]].append(case)
        await self.happened("ReplyRequested")

    async def vote(self, voter: str) -> None:
        """Somebody says what it thinks of an answer, and perhaps something else after that."""
        case = self.chance.choice(self.answered[voter.split("/")[1]])
        for verdict in self.chance.sample(VERDICTS, 2):
            asked = routing.VoteOnAnswerRequest(name=case, agent=voter, verdict=verdict)
            if await self.call("VoteOnAnswer", asked):
                await self.happened("AnswerVoted")

    async def left(self) -> list[str]:
        """What stands where nobody has answered, in words."""
        said = []
        for tenant in TENANTS:
            skilled = routing.GetAgentRequest(name=f"tenants/{tenant}/agents/skilled")
            said.append(str((await self.ask("GetAgent", skilled)).agent))
            for case in self.unanswered(tenant):
                said.append(str((await self.ask("GetCase", routing.GetCaseRequest(name=case))).case))
        return said

    async def be_skilled(self, agent: str) -> None:
        """One who is offered what nobody on the floor has answered."""
        async with asyncio.TaskGroup() as tasks:
            async for change in self.offers(agent):
                if change.change == routing.OFFER_CHANGE_OPEN:
                    tasks.create_task(self._take(change.offer, agent))
                elif change.presence == PRESENCE_AWAY:
                    tasks.create_task(self.be_there(agent))

    async def _take(self, offer: routing.Offer, agent: str) -> None:
        mine: dict[str, Any] = {"name": offer.case, "agent": agent}
        if not await self.call("AcceptOffer", routing.AcceptOfferRequest(**mine, token=offer.token)):
            return
        reply = routing.ReplyToCaseRequest(**mine, text=f"We are sorry. Your code is {uuid4()}.")
        if await self.call("ReplyToCase", reply):
            await self._has_answered(offer.case)
        await self.call("ResolveCase", routing.ResolveCaseRequest(**mine, disposition="solved"))


async def set_up(floor: Floor, stack: live_stack.LiveStack) -> list[tuple[str, str]]:
    """(employee, another one of its tenant), all of them there."""
    pairs = []
    for tenant in TENANTS:
        place = f"tenants/{tenant}"
        skilled = routing.Queue(offer_timeout_s=5)
        await floor.ask("CreateQueue", routing.CreateQueueRequest(parent=place, queue_id="skilled", queue=skilled))
        mode = routing.ClaimMode(**MODES[tenant], fall_through_queue=f"{place}/queues/skilled")
        queue = routing.Queue(claim_mode=mode, requirements=[{"skill": "router", "min_level": 1, "hard": True}])
        await floor.ask("CreateQueue", routing.CreateQueueRequest(parent=place, queue_id="floor", queue=queue))
        policy = routing.RoutingPolicy(name=f"{place}/routingPolicy")
        policy.earned_levels.add(level=3, min_votes=3, percent=20)
        await floor.ask("UpdateRoutingPolicy", routing.UpdateRoutingPolicyRequest(routing_policy=policy))
        names = [f"{place}/agents/agent-{number}" for number in range(EMPLOYEES)]
        for name in [*names, f"{place}/agents/skilled"]:
            agent_id = name.rpartition("/")[2]
            served = "skilled" if agent_id == "skilled" else "floor"
            agent = routing.Agent(capacity=3, queues=[f"{place}/queues/{served}"], tag=f"^{agent_id}")
            agent.skills.add(name="router", level=1)
            await floor.ask("CreateAgent", routing.CreateAgentRequest(parent=place, agent_id=agent_id, agent=agent))
            await floor.be_there(name)
        pairs += [(name, names[number - 1]) for number, name in enumerate(names)]
        source = ingest.Source(channel="care", listening=True)
        connect = ingest.CreateSourceRequest(parent=place, source_id="shop", source=source, request_id=str(uuid4()))
        await IngestServiceStub(stack.channel("ingest")).CreateSource(connect, timeout=30)
    return pairs


@dataclass
class Seen:
    """What an exported log says of claims."""

    violations: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    votes: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    """(answer, voter) to (whose answer it was on, what counts)."""

    def tallies(self) -> dict[str, tuple[int, int]]:
        """Agent to votes that it helped, and that it did not."""
        found: Counter[tuple[str, int]] = Counter(self.votes.values())
        return {
            agent: (found[agent, VERDICT_HELPFUL], found[agent, VERDICT_NOT_HELPFUL])
            for agent, verdict in found
            if verdict in (VERDICT_HELPFUL, VERDICT_NOT_HELPFUL)
        }


async def seen_in(stack: live_stack.LiveStack, tenant: str) -> Seen:
    """Leases, answers and votes at every prefix."""
    seen = Seen()
    leases: dict[str, tuple[str, int, int]] = {}
    held: dict[str, str] = {}
    async for commit in witness.export(stack.channel("kpi"), tenant):
        for kind, body in witness.facts(commit):
            match kind:
                case "CaseClaimed":
                    if body.case_id in leases or body.case_id in held:
                        seen.violations.append(f"{body.case_id} has two leases")
                    leases[body.case_id] = body.agent_id, body.token, body.expires_at.ToMicroseconds()
                case "ClaimRenewed":
                    if leases.get(body.case_id, ("", 0, 0))[:2] != (body.agent_id, body.token):
                        seen.violations.append(f"{body.case_id} was renewed by who has it not")
                    leases[body.case_id] = body.agent_id, body.token, body.expires_at.ToMicroseconds()
                case "OfferAccepted":
                    held[body.case_id] = body.agent_id
                case "ReplyRequested":
                    seen.asked[body.case_id] += 1
                    agent, _, until = leases.get(body.case_id, (held.get(body.case_id, ""), 0, 0))
                    late = body.case_id in leases and body.at.ToMicroseconds() >= until
                    if agent != body.agent_id or late:
                        seen.violations.append(f"{body.case_id} was answered by who has it not (any more)")
                case "ReplySent":
                    seen.sent[body.case_id] += 1
                case "AnswerVoted":
                    counts = body.verdict if body.is_expert else VERDICT_WITHDRAWN
                    seen.votes[body.reply_id, body.agent_id] = body.answered_by, counts
                    if body.agent_id == body.answered_by:
                        seen.violations.append(f"{body.agent_id} voted on its own answer")
                case _ if kind in ENDS_LEASE:
                    leases.pop(body.case_id, None)
                    held.pop(body.case_id, None)
                case _:
                    pass
    return seen


@pytest.mark.timeout(2 * PATIENCE_S)
async def test_a_case_has_one_lease_and_one_answer_and_none_is_lost_whoever_is_killed(
    state_dir: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(20_090_721)
    async with live_stack.LiveStack(state_dir) as stack:
        processes = storming.Processes(stack)
        await processes.start(PROCESSES - 1)
        floor = Floor(processes, chance)
        pairs = await set_up(floor, stack)
        clock = Stopwatch()
        working = [asyncio.create_task(floor.work(*pair)) for pair in pairs]
        working += [asyncio.create_task(floor.be_skilled(f"tenants/{tenant}/agents/skilled")) for tenant in TENANTS]
        opening = [asyncio.create_task(floor.open_cases(tenant)) for tenant in TENANTS]
        async with asyncio.timeout(PATIENCE_S):
            for kill in range(KILLS):
                so_many = ACTS * (kill + 1) // (KILLS + 1)
                await floor.until(lambda so_many=so_many: floor.acts["CaseClaimed"] >= so_many)  # type: ignore[misc]
                await processes.kill(kill % PROCESSES)
            await floor.until(lambda: floor.acts["CaseClaimed"] >= ACTS)
            floor.is_calm, stormy_s = True, clock.seconds()
            async with floor.progress:
                floor.progress.notify_all()
            await asyncio.gather(*opening)
            all_answered = floor.until(lambda: not any(floor.unanswered(tenant) for tenant in TENANTS))
            try:
                await asyncio.wait_for(all_answered, SETTLED_S)
            except TimeoutError:
                pytest.fail("\n".join(await floor.left()))
        settled_s = clock.seconds() - stormy_s
        for task in working:
            assert not task.done(), task
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
        for tenant in TENANTS:
            await stack.caught_up(tenant)
        testimonies = {tenant: await witness.testify(stack.channel("kpi"), tenant) for tenant in TENANTS}
        seen = {tenant: await seen_in(stack, tenant) for tenant in TENANTS}
        agents = [(await floor.ask("GetAgent", routing.GetAgentRequest(name=name))).agent for name, _ in pairs]
        findings = await stack.verify()
        await processes.stop()

    assert [one for each in testimonies.values() for one in each.violations] == []
    assert [one for each in seen.values() for one in each.violations] == []
    assert [f"{f.invariant} {f.subject}: {f.detail}" for f in findings if not f.ok] == []
    for tenant in TENANTS:
        opened = Counter(case.rpartition("/")[2] for case in floor.opened[tenant])
        assert seen[tenant].asked == opened, "each case is answered once"
        assert seen[tenant].sent == opened, "and its answer leaves once"
    counted = {
        agent.name: tuple((one.helpful, one.not_helpful) for one in agent.reputations if one.topic == "router")
        for agent in agents
    }
    by_hand = {tenant: seen[tenant].tallies() for tenant in TENANTS}
    for name, tallies in counted.items():
        expected = by_hand[name.split("/")[1]].get(name.rpartition("/")[2])
        assert tallies == (() if expected is None else (expected,)), name
    facts: Counter[str] = sum((one.events for one in testimonies.values()), Counter())
    assert facts["CaseClaimed"] >= ACTS
    assert all(facts[one] for one in ("ClaimLapsed", "ClaimRenewed", "ClaimSeconded", "CaseReleased", "AnswerVoted"))
    record_property("facts", {name: facts[name] for name in sorted(facts)})
    record_property("refused", dict(floor.refused))
    record_property("seconds", f"stormy {stormy_s:.0f}, settled {settled_s:.0f}")
