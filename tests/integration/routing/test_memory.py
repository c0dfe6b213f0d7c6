"""What a routing process keeps over its own end, and what it finds again that it had forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import grpc
import pytest
from chassis.log import Log
from chassis.tenants import Tenants
from routing import main
from routing.shard import Shard
from switchboard.ingest.v1 import events_pb2, post_pb2
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc
from switchboard.routing.v1 import service_pb2 as api
from switchboard.routing.v1 import service_pb2_grpc

from tests.integration.routing.conftest import PLACE, TENANT, Ingest, Running, an_id, received, rid

OURS = {"direction": post_pb2.DIRECTION_OUTBOUND, "author_kind": post_pb2.AUTHOR_KIND_BRAND_HUMAN}
KEPT = 1_500


@pytest.fixture
async def running(database_url: str, log: Log) -> Callable[[int], Running]:
    await Tenants(log).ensure(TENANT)
    ingest = Ingest(log)

    def made(channel: Any) -> Running:
        return Running(
            service_pb2_grpc.RoutingServiceStub(channel),
            integrity_pb2_grpc.IntegrityServiceStub(channel),
            ingest,
            log,
            database_url,
        )

    return made


async def test_a_new_process_goes_on_where_the_last_one_stopped(
    start: Callable[[], Any], running: Callable[[Any], Running]
) -> None:
    async with start() as port, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        routing = running(channel)
        mia = await routing.agent(capacity=2)
        await routing.ingest.post("p1")
        case = await routing.case_of("p1")
    await routing.ingest.post("p2")  # while nobody routes
    async with start() as port, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        routing = running(channel)
        later = await routing.case_of("p2")
        assert later.state == api.CASE_STATE_OFFERED
        accept = api.AcceptOfferRequest(name=case.name, agent=mia, token=case.offer.token, request_id=rid())
        accepted = await routing.api.AcceptOffer(accept, timeout=30)
        assert accepted.case.state == api.CASE_STATE_ACCEPTED
        agent = (await routing.api.GetAgent(api.GetAgentRequest(name=mia), timeout=30)).agent
        assert (agent.load, sorted(agent.cases)) == (2, sorted([case.name, later.name]))


async def test_a_late_post_finds_the_case_that_memory_has_forgotten(
    start: Callable[[], Any], running: Callable[[Any], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "ROUTING", replace(main.ROUTING, initial=partial(Shard, keep_events=KEPT)))
    async with start() as port, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        routing = running(channel)
        await routing.ingest.say(received("p0"), received("b0", "p0", **OURS))
        await routing.ingest.say(received("o0"), received("b1", "o0", **OURS))
        first, other = await routing.case_of("b0"), await routing.case_of("b1")
        for part in range(4):
            await routing.ingest.say(*(received(f"f{part}-{n}", **OURS) for n in range(400)))
        await routing.settled()
        said = await routing.api.ExplainDecision(api.ExplainDecisionRequest(name=first.name), timeout=30)
        assert said.position == ""  # nobody's memory holds it
        assert said.summary.endswith("waits for nobody")
        late = await routing.ingest.post("late", "b0")
        assert late
        end = await routing.settled()
        found = await routing.api.GetCase(api.GetCaseRequest(name=first.name, min_position=end), timeout=30)
        assert set(await routing.posts_of(first.name)) == {
            f"{PLACE}/posts/{an_id(name)}" for name in ("p0", "b0", "late")
        }
        assert found.case.state == api.CASE_STATE_QUEUED
        join = api.JoinCasesRequest(
            name=other.name, into=first.name, request_id=rid()
        )  # nobody remembers the other one
        joined = await routing.api.JoinCases(join, timeout=30)
        assert list(joined.case.joined_cases) == [other.name]
        split = api.SplitCaseRequest(name=other.name, request_id=rid())
        assert (await routing.api.SplitCase(split, timeout=30)).case.state == api.CASE_STATE_IDLE
        request = integrity_pb2.VerifyIntegrityRequest(invariants=["I1", "I5"])
        findings = [one async for one in routing.integrity.VerifyIntegrity(request, timeout=60)]
        assert findings
        assert [one.detail for one in findings if not one.ok] == []


async def test_a_case_of_3000_posts_is_recalled_and_its_earlier_posts_are_still_known(
    start: Callable[[], Any], running: Callable[[Any], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "ROUTING", replace(main.ROUTING, initial=partial(Shard, keep_events=KEPT)))
    async with start() as port, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        routing = running(channel)
        await routing.ingest.say(received("q0"), received("q1", "q0"), received("b0", "q0", **OURS))
        for part in range(3):
            await routing.ingest.say(
                *(received(f"c{part}-{n}", "q0", conversation_id=an_id("thread"), **OURS) for n in range(1000))
            )
        first = await routing.case_of("q0")
        for part in range(4):
            await routing.ingest.say(*(received(f"f{part}-{n}", **OURS) for n in range(400)))
        await routing.settled()
        said = await routing.api.ExplainDecision(api.ExplainDecisionRequest(name=first.name), timeout=30)
        assert said.position == ""  # nobody's memory holds it

        await routing.ingest.post("late", "c1-7")
        end = await routing.settled()
        found = (await routing.api.GetCase(api.GetCaseRequest(name=first.name, min_position=end), timeout=30)).case
        assert (found.state, found.post_count) == (api.CASE_STATE_QUEUED, 3004)
        assert found.latest_post == f"{PLACE}/posts/{an_id('late')}"

        withdrawn = [
            events_pb2.PostWithdrawn(post_id=an_id(name), reason=events_pb2.WITHDRAWAL_REASON_DELETED, source_id="shop")
            for name in ("late", "q1", "q1")
        ]
        await routing.ingest.say(received("c0-0", "q0", **OURS), *withdrawn)  # the first again: it is known
        end = await routing.settled()
        found = (await routing.api.GetCase(api.GetCaseRequest(name=first.name, min_position=end), timeout=30)).case
        assert (found.state, found.post_count) == (api.CASE_STATE_IDLE, 3002)
        assert found.latest_post == f"{PLACE}/posts/{an_id('q0')}"
        request = integrity_pb2.VerifyIntegrityRequest(invariants=["I1", "I5"])
        findings = [one async for one in routing.integrity.VerifyIntegrity(request, timeout=60)]
        assert findings
        assert [one.detail for one in findings if not one.ok] == []


async def test_a_thread_that_memory_has_forgotten_is_taken_out_of_its_community(
    start: Callable[[], Any], running: Callable[[Any], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "ROUTING", replace(main.ROUTING, initial=partial(Shard, keep_events=KEPT)))
    async with start() as port, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        routing = running(channel)
        idea = received("c1", "p1", is_addressed=False, identity_id=an_id("somebody"))
        await routing.ingest.say(received("p1", is_addressed=False), idea)
        for part in range(4):
            await routing.ingest.say(*(received(f"f{part}-{n}", **OURS) for n in range(400)))
        await routing.settled()
        ask = api.OpenCaseRequest(parent=PLACE, post=f"{PLACE}/posts/{an_id('p1')}", request_id=rid())
        case = (await routing.api.OpenCase(ask, timeout=30)).case
        assert case.identity == f"{PLACE}/identities/{an_id('customer')}"
        await routing.settled()
        assert set(await routing.posts_of(case.name)) == {f"{PLACE}/posts/{an_id(name)}" for name in ("p1", "c1")}
