"""Agents accept, decline and miss offers all at once at several routing processes, which are killed -9; I6 and I7 hold.

SWITCHBOARD_OFFER_ACTS says how many accepts, declines and expiries there are to be, 300 unless it is set. The kills
come evenly among them. The longest run so far: 100,123 of them at four processes with 53 kills, on two cores that
others used as well (46,890 accepted, 41,458 declined, 11,775 missed, of 144,659 offers, 44,536 taken back; 46,295 cases
opened and resolved, 5,095 of them by way of a supervisor), in 1,825 seconds and 230 more to look at every prefix of the
log; one tenant offers to one agent at a time, the other to three.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import grpc.aio
import live_stack
import pytest
import storming
import witness
from switchboard.routing.v1 import service_pb2 as routing
from switchboard.routing.v1.events_pb2 import PRESENCE_AWAY
from switchboard_cli.deliveries.sending import Stopwatch

ACTS = int(os.environ.get("SWITCHBOARD_OFFER_ACTS", "300"))
PROCESSES = 3 if ACTS < 2_000 else 4
KILLS = 3 + ACTS // 2_000
TENANTS = ("offers-a", "offers-b")
WIDTHS = {"offers-a": 1, "offers-b": 3}
"""To how many agents at once a tenant's cases are offered."""
AGENTS = min(50, 6 + ACTS // 500)
CAPACITY = 3
OPENERS = 4
OPEN_MAX = 5 * AGENTS
"""Cases of a tenant that are under way at once: more than its agents have room for."""
QUEUE = {
    tenant: routing.Queue(offer_timeout_s=1, reply_timeout_s=5, supervise_after_returns=3, offer_width=width)
    for tenant, width in WIDTHS.items()
}
ENDINGS = ("OfferAccepted", "OfferDeclined", "OfferExpired")
PATIENCE_S = 120 + ACTS // 5


class Storm(storming.Storm):
    """What all agents do; once it is calm every offer is accepted, and every case resolved."""

    def __init__(self, processes: storming.Processes, chance: random.Random) -> None:
        super().__init__(processes, chance)
        self.opened: dict[str, set[str]] = {tenant: set() for tenant in TENANTS}
        self.resolved: dict[str, set[str]] = {tenant: set() for tenant in TENANTS}

    def under_way(self, *tenants: str) -> int:
        """How many cases of tenants are not resolved yet."""
        return sum(len(self.opened[tenant]) - len(self.resolved[tenant]) for tenant in tenants)

    async def open_cases(self, tenant: str) -> None:
        """As many as may be under way, until it is calm."""
        parent = f"tenants/{tenant}"
        while not self.is_calm:
            request = routing.OpenCaseRequest(parent=parent, weight=self.chance.choice((1, 1, 1, 2)))
            self.opened[tenant].add((await self.ask("OpenCase", request)).case.name)
            await self.until(lambda: self.is_calm or self.under_way(tenant) < OPEN_MAX)

    async def work(self, agent: str, rival: str) -> None:
        """One agent, who takes some offers, declines some and lets others lapse; the rival tries to take each."""
        async with asyncio.TaskGroup() as tasks:
            async for change in self.offers(agent):
                if change.change == routing.OFFER_CHANGE_OPEN:
                    tasks.create_task(self._answer(change.offer, agent, rival))
                elif change.change == routing.OFFER_CHANGE_EXPIRED:
                    await self.happened("OfferExpired")
                elif change.presence == PRESENCE_AWAY:
                    tasks.create_task(self.be_there(agent))

    async def supervise(self, tenant: str) -> None:
        """A supervisor, who sends back into line what has come back too often."""
        request = routing.WatchCasesRequest(parent=f"tenants/{tenant}", filter="state = SUPERVISED")
        while True:
            stub = self.chance.choice(self.processes.stubs)
            try:
                async for change in stub.WatchCases(request, wait_for_ready=True):
                    case = change.case
                    if case.state == routing.CASE_STATE_SUPERVISED:
                        move = routing.TransferCaseRequest(name=case.name, queue=case.queue)
                        await self.call("TransferCase", move)
            except grpc.aio.AioRpcError as error:
                storming.demand_again(error)

    async def _answer(self, offer: routing.Offer, agent: str, rival: str) -> None:
        accept = routing.AcceptOfferRequest(name=offer.case, agent=agent, token=offer.token)
        decline = routing.DeclineOfferRequest(name=offer.case, agent=agent, token=offer.token, reason="busy")
        stolen = routing.AcceptOfferRequest(name=offer.case, agent=rival, token=offer.token)
        wish = 0.0 if self.is_calm else self.chance.random()
        if wish < 0.4:
            taken = await self.call("AcceptOffer", accept)
        elif wish < 0.6:  # a desktop that answers twice, and somebody who is not asked
            stole, taken, declined = await asyncio.gather(
                self.call("AcceptOffer", stolen), self.call("AcceptOffer", accept), self.call("DeclineOffer", decline)
            )
            if WIDTHS[agent.split("/")[1]] == 1:  # else the rival may have it by an offer of its own
                assert not stole
            assert not (taken and declined)
            if declined:
                await self.happened("OfferDeclined")
        elif wish < 0.9:
            taken = not await self.call("DeclineOffer", decline)
            if not taken:
                await self.happened("OfferDeclined")
            return
        else:
            return
        if taken:
            await self.happened("OfferAccepted")
            resolve = routing.ResolveCaseRequest(name=offer.case, agent=agent, disposition="solved")
            if await self.call("ResolveCase", resolve):
                self.resolved[offer.case.split("/")[1]].add(offer.case)
                await self.happened("CaseResolved")


async def set_up(storm: Storm) -> list[tuple[str, str]]:
    """(agent, another one of its tenant), all of them there."""
    pairs = []
    for tenant in TENANTS:
        parent = f"tenants/{tenant}"
        await storm.call(
            "CreateQueue", routing.CreateQueueRequest(parent=parent, queue_id="default", queue=QUEUE[tenant])
        )
        names = [f"{parent}/agents/agent-{number}" for number in range(AGENTS)]
        for name in names:
            agent = routing.Agent(capacity=CAPACITY)
            agent_id = name.rpartition("/")[2]
            await storm.call("CreateAgent", routing.CreateAgentRequest(parent=parent, agent_id=agent_id, agent=agent))
            await storm.be_there(name)
        pairs += [(name, names[number - 1]) for number, name in enumerate(names)]
    return pairs


@pytest.mark.timeout(2 * PATIENCE_S)
async def test_who_has_what_is_never_in_doubt_and_no_case_is_lost_whoever_is_killed(
    state_dir: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(20_091_109)
    async with live_stack.LiveStack(state_dir) as stack:
        processes = storming.Processes(stack)
        await processes.start(PROCESSES - 1)
        storm = Storm(processes, chance)
        pairs = await set_up(storm)
        clock = Stopwatch()
        # An agent who fails ends the storm at once, and says why.
        async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as people:
            working = [people.create_task(storm.work(*pair)) for pair in pairs]
            working += [people.create_task(storm.supervise(tenant)) for tenant in TENANTS]
            opening = [people.create_task(storm.open_cases(tenant)) for tenant in TENANTS * OPENERS]
            for kill in range(KILLS):
                await storm.until(lambda kill=kill: storm.acts.total() >= ACTS * (kill + 1) // (KILLS + 1))  # type: ignore[misc]
                await processes.kill(kill % PROCESSES)
            await storm.until(lambda: sum(storm.acts[ending] for ending in ENDINGS) >= ACTS)
            storm.is_calm, stormy_s = True, clock.seconds()
            await asyncio.gather(*opening)
            await storm.until(lambda: not storm.under_way(*TENANTS))
            for task in working:
                task.cancel()
        settled_s = clock.seconds() - stormy_s
        await stack.caught_up(TENANTS[0])
        seen = {tenant: await witness.testify(stack.channel("kpi"), tenant) for tenant in TENANTS}
        findings = await stack.verify()
        await processes.stop()
        checked_s = clock.seconds() - stormy_s - settled_s

    assert [violation for one in seen.values() for violation in one.violations] == []
    assert [f"{f.invariant} {f.subject}: {f.detail}" for f in findings if not f.ok] == []
    facts: Counter[str] = sum((one.events for one in seen.values()), Counter())
    assert facts["CaseOpened"] == sum(map(len, storm.opened.values())) == facts["CaseResolved"]
    assert sum(facts[ending] for ending in ENDINGS) >= ACTS
    assert all(facts[one] for one in (*ENDINGS, "OfferRescinded", "CaseSupervised", "CaseTransferred"))
    assert {tenant: one.open_offers_max for tenant, one in seen.items()} == WIDTHS
    record_property("facts", {name: facts[name] for name in sorted(facts)})
    record_property("refused", dict(storm.refused))
    record_property("seconds", f"stormy {stormy_s:.0f}, settled {settled_s:.0f}, checked {checked_s:.0f}")
