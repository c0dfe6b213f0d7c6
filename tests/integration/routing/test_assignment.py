"""What a supervisor does by hand, on real servers, as everybody concerned hears of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from chassis.log import Log
from chassis.tenants import Tenants
from switchboard.routing.v1 import desk_pb2, events_pb2
from switchboard.routing.v1 import service_pb2 as api

from tests.integration.routing.conftest import TENANT, Ingest, rid
from tests.integration.routing.test_api import reason
from tests.integration.routing.test_drafts import LIMIT_S, accepted, served


async def heard(watch: Any, change: Any) -> api.WatchOffersResponse:
    """The next change of this kind."""
    async for response in watch:
        if response.change == change:
            watch.cancel()
            return response
    raise AssertionError("the watch ended")


async def test_a_case_is_given_to_another_who_is_told_and_answered_from_beside_with_a_reason(
    start: Callable[[], Any], log: Log, database_url: str
) -> None:
    await Tenants(log).ensure(TENANT)
    ingest = Ingest(log)
    await ingest.connect("shop")

    async def refused(call: Any, request: Any) -> str:
        try:
            await call(request, timeout=LIMIT_S)
        except grpc.aio.AioRpcError as refusal:
            return reason(refusal)
        raise AssertionError("it was not refused")

    async with served(start, log, database_url, ingest) as (routing, desk):
        mia = await routing.agent("mia")
        case = await accepted(routing, "p1", mia)
        ben = await routing.agent("ben")
        eve = await routing.agent("eve", capacity=2)
        token = await routing.settled()
        watches = [
            routing.api.WatchOffers(api.WatchOffersRequest(agent=one, resume_token=token), timeout=LIMIT_S)
            for one in (mia, ben)
        ]

        offline = await routing.api.CreateAgent(
            api.CreateAgentRequest(parent=f"tenants/{TENANT}", agent_id="leo", request_id=rid()), timeout=LIMIT_S
        )
        assign = desk_pb2.AssignCaseRequest(
            name=case, agent=offline.agent.name, supervisor=eve, reason="ill", request_id=rid()
        )
        assert await refused(desk.AssignCase, assign) == "AGENT_OFFLINE"
        assign.agent, assign.request_id = ben, rid()
        given = await desk.AssignCase(assign, timeout=LIMIT_S)
        assert await desk.AssignCase(assign, timeout=LIMIT_S) == given
        assert (given.case.agent, given.case.state) == (ben, api.CASE_STATE_ACCEPTED)
        taken = await heard(watches[0], api.OFFER_CHANGE_RELEASED)
        got = await heard(watches[1], api.OFFER_CHANGE_ASSIGNED)
        assert (taken.reason, taken.offer.case) == ("reassigned", case)
        assert (got.reason, got.offer.case) == ("ill", case)

        reply = api.ReplyToCaseRequest(name=case, agent=mia, text="hi", etag=given.case.etag, request_id=rid())
        assert await refused(routing.api.ReplyToCase, reply) == "NOT_YOURS"
        reply.agent, reply.barge_reason = eve, "complaint"
        await routing.api.ReplyToCase(reply, timeout=LIMIT_S)
        late = api.ReplyToCaseRequest(name=case, agent=ben, text="ho", etag=given.case.etag, request_id=rid())
        assert await refused(routing.api.ReplyToCase, late) == "CASE_CHANGED"
        now = await routing.api.GetCase(
            api.GetCaseRequest(name=case, min_position=await routing.settled()), timeout=LIMIT_S
        )
        late.etag, late.request_id = now.case.etag, rid()
        await routing.api.ReplyToCase(late, timeout=LIMIT_S)

        listed = await routing.api.ListCaseEvents(
            api.ListCaseEventsRequest(parent=case, min_position=await routing.settled()), timeout=LIMIT_S
        )
        asked = []
        for found in listed.case_events:
            fact = events_pb2.ReplyRequested()
            if found.event.body.Unpack(fact):
                asked.append((fact.agent_id, fact.barge_reason))
        assert asked == [("eve", "complaint"), ("ben", "")]


async def test_whom_a_case_is_not_for_hears_that_its_offer_is_taken_back_and_the_next_gets_one(
    start: Callable[[], Any], log: Log, database_url: str
) -> None:
    await Tenants(log).ensure(TENANT)
    ingest = Ingest(log)
    await ingest.connect("shop")
    async with served(start, log, database_url, ingest) as (routing, _):
        mia = await routing.agent("mia")
        token = await routing.settled()
        watch = routing.api.WatchOffers(api.WatchOffersRequest(agent=mia, resume_token=token), timeout=LIMIT_S)
        opens = api.OpenCaseRequest(parent=f"tenants/{TENANT}", request_id=rid())
        case = (await routing.api.OpenCase(opens, timeout=LIMIT_S)).case
        assert case.offer.agent == mia
        ben = await routing.agent("ben")

        says = api.ShapeCaseRequest(name=case.name, request_id=rid(), agents=api.CaseAgents(forbidden=[mia]))
        shaped = await routing.api.ShapeCase(says, timeout=LIMIT_S)
        assert await routing.api.ShapeCase(says, timeout=LIMIT_S) == shaped
        assert (shaped.case.offer.agent, list(shaped.case.agents.forbidden)) == (ben, [mia])
        assert (await heard(watch, api.OFFER_CHANGE_RESCINDED)).reason == "forbidden"

        why = await routing.api.ExplainDecision(api.ExplainDecisionRequest(name=case.name), timeout=LIMIT_S)
        assert {one.agent: one.constraint for one in why.candidates}[mia] == api.CONSTRAINT_FORBIDDEN
        ruled = api.RoutingPolicy(
            name=f"tenants/{TENANT}/routingPolicy",
            rules=[api.RequirementRule(rule_id="first", agents=api.CaseAgents(preferred=[f"{mia}-gone"]))],
        )
        update = api.UpdateRoutingPolicyRequest(routing_policy=ruled, request_id=rid())
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await routing.api.UpdateRoutingPolicy(update, timeout=LIMIT_S)
        assert (reason(refused.value), refused.value.code()) == ("AGENT_UNKNOWN", grpc.StatusCode.NOT_FOUND)
