"""Goodwill on real servers: granted within a limit, asked for above it, shown beside the case and in its history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from chassis.log import Log
from chassis.tenants import Tenants
from switchboard.routing.v1 import desk_pb2 as api
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as work

from tests.integration.routing.conftest import PLACE, TENANT, Ingest, rid
from tests.integration.routing.test_drafts import LIMIT_S, accepted, served

GRANTED, WAITING = events_pb2.GOODWILL_STATE_GRANTED, events_pb2.GOODWILL_STATE_WAITING


async def test_what_an_agent_grants_is_shown_counted_and_audited(
    start: Callable[[], Any], log: Log, database_url: str
) -> None:
    await Tenants(log).ensure(TENANT)
    ingest = Ingest(log)
    await ingest.connect("shop")
    async with served(start, log, database_url, ingest) as (routing, desk):
        mia = await routing.agent("mia")
        register = work.CreateAgentRequest(parent=PLACE, agent_id="sue", request_id=rid())
        sue = (await routing.api.CreateAgent(register, timeout=LIMIT_S)).agent.name
        name = f"{PLACE}/deskPolicy"
        known = await desk.GetDeskPolicy(api.GetDeskPolicyRequest(name=name), timeout=LIMIT_S)
        assert known.desk_policy == api.DeskPolicy(name=name)
        limit = api.GoodwillLimit(unit="EUR", per_case=2_000, per_day=5_000)
        policy = api.DeskPolicy(name=name, goodwill_limits=[limit], goodwill_approvers=[sue])
        change = api.UpdateDeskPolicyRequest(desk_policy=policy, request_id=rid())
        changed = await desk.UpdateDeskPolicy(change, timeout=LIMIT_S)
        assert list(changed.desk_policy.goodwill_limits) == [limit]

        case = await accepted(routing, "p1", mia)
        ask = api.GrantGoodwillRequest(
            name=case, agent=mia, unit="EUR", amount=1_500, reason="late_delivery", request_id=rid()
        )
        first = await desk.GrantGoodwill(ask, timeout=LIMIT_S)
        assert (first.goodwill.state, first.goodwill.amount, first.goodwill.agent) == (GRANTED, 1_500, mia)
        assert await desk.GrantGoodwill(ask, timeout=LIMIT_S) == first

        ask.request_id = rid()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await desk.GrantGoodwill(ask, timeout=LIMIT_S)
        assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert "500 EUR are left" in str(refused.value.details())
        ask.request_id, ask.ask_approval = rid(), True
        asked = (await desk.GrantGoodwill(ask, timeout=LIMIT_S)).goodwill
        assert asked.state == WAITING
        waiting = await desk.ListWaitingGoodwill(api.ListWaitingGoodwillRequest(parent=PLACE), timeout=LIMIT_S)
        assert list(waiting.goodwill) == [asked]

        own = api.ApproveGoodwillRequest(name=asked.name, agent=mia, reason="please", request_id=rid())
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await desk.ApproveGoodwill(own, timeout=LIMIT_S)
        assert "somebody else decides it" in str(refused.value.details())
        approve = api.ApproveGoodwillRequest(name=asked.name, agent=sue, reason="a_regular", request_id=rid())
        done = await desk.ApproveGoodwill(approve, timeout=LIMIT_S)
        assert (done.goodwill.state, done.goodwill.decided_by) == (GRANTED, sue)
        waiting = await desk.ListWaitingGoodwill(api.ListWaitingGoodwillRequest(parent=PLACE), timeout=LIMIT_S)
        assert not waiting.goodwill

        shown = await desk.GetCaseContext(api.GetCaseContextRequest(name=case), timeout=LIMIT_S)
        assert list(shown.goodwill.goodwill) == [first.goodwill, done.goodwill]
        assert shown.goodwill.agent == mia
        (allowance,) = shown.goodwill.allowances
        assert (allowance.case_used, allowance.day_used, allowance.left) == (1_500, 1_500, 500)
        theirs = await desk.GetCaseContext(api.GetCaseContextRequest(name=case, agent=sue), timeout=LIMIT_S)
        assert (theirs.goodwill.agent, theirs.goodwill.allowances[0].day_used) == (sue, 0)

        history = work.ListCaseEventsRequest(parent=case, min_position=done.position)
        told = [one.type for one in (await routing.api.ListCaseEvents(history, timeout=LIMIT_S)).case_events]
        assert [one.rpartition(".")[2] for one in told if "Goodwill" in one] == [
            "GoodwillGranted",
            "GoodwillAsked",
            "GoodwillApproved",
        ]
