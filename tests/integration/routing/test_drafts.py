"""Drafts on real servers: they outlive every process, and nobody reads them in the log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from chassis.log import Log
from chassis.tenants import Tenants
from switchboard.log.v1 import integrity_pb2_grpc
from switchboard.log.v1.log_pb2 import READABILITY_OPENED
from switchboard.routing.v1 import desk_pb2, desk_pb2_grpc, service_pb2_grpc
from switchboard.routing.v1 import service_pb2 as api

from tests.integration.routing.conftest import PLACE, TENANT, Ingest, Running, an_id, rid

LIMIT_S = 30
WORDS = "You will have it tomorrow, I asked the depot myself."


@asynccontextmanager
async def served(start: Callable[[], Any], log: Log, url: str, ingest: Ingest) -> AsyncIterator[tuple[Running, Any]]:
    """One process, and its desk."""
    async with start() as port, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stubs = service_pb2_grpc.RoutingServiceStub(channel), integrity_pb2_grpc.IntegrityServiceStub(channel)
        yield Running(*stubs, ingest, log, url), desk_pb2_grpc.DeskServiceStub(channel)


async def accepted(routing: Running, name: str, agent: str) -> str:
    """The name of a post's case, which the agent has."""
    await routing.ingest.post(name)
    case: api.Case = await routing.case_of(name)
    take = api.AcceptOfferRequest(name=case.name, agent=agent, token=case.offer.token, request_id=rid())
    await routing.api.AcceptOffer(take, timeout=LIMIT_S)
    return str(case.name)


async def listed(desk: Any, case: str, position: str = "") -> list[tuple[str, str]]:
    """(agent, text) of a case's drafts."""
    request = desk_pb2.ListDraftsRequest(parent=case, min_position=position)
    answer = await desk.ListDrafts(request, timeout=LIMIT_S)
    return [(draft.agent.rpartition("/")[2], draft.text) for draft in answer.drafts]


async def test_a_draft_outlives_the_process_is_seen_by_who_takes_over_and_ends_when_it_is_sent(
    start: Callable[[], Any], log: Log, database_url: str
) -> None:
    await Tenants(log).ensure(TENANT)
    ingest = Ingest(log)
    await ingest.connect("shop")
    async with served(start, log, database_url, ingest) as (routing, desk):
        mia = await routing.agent("mia")
        case = await accepted(routing, "p1", mia)
        save = desk_pb2.SaveDraftRequest(name=case, agent=mia, text="You will", request_id=rid())
        first = await desk.SaveDraft(save, timeout=LIMIT_S)
        assert await desk.SaveDraft(save, timeout=LIMIT_S) == first
        save.text = WORDS
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await desk.SaveDraft(save, timeout=LIMIT_S)
        assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS
        save.request_id = rid()
        saved = await desk.SaveDraft(save, timeout=LIMIT_S)
        assert saved.draft == f"{case}/drafts/mia"

    async with served(start, log, database_url, ingest) as (routing, desk):
        get = desk_pb2.GetDraftRequest(name=saved.draft, min_position=saved.position)
        draft = (await desk.GetDraft(get, timeout=LIMIT_S)).draft
        assert (draft.agent, draft.text, draft.readability) == (mia, WORDS, READABILITY_OPENED)

        ben = await routing.agent("ben")
        release = api.ReleaseCaseRequest(name=case, agent=mia, request_id=rid())
        given_back = await routing.api.ReleaseCase(release, timeout=LIMIT_S)
        assert given_back.case.offer.agent == ben
        take = api.AcceptOfferRequest(name=case, agent=ben, token=given_back.case.offer.token, request_id=rid())
        await routing.api.AcceptOffer(take, timeout=LIMIT_S)
        theirs = desk_pb2.SaveDraftRequest(name=case, agent=ben, text="Sorry!", request_id=rid())
        position = (await desk.SaveDraft(theirs, timeout=LIMIT_S)).position
        assert await listed(desk, case, position) == [("ben", "Sorry!"), ("mia", WORDS)]

        reply = api.ReplyToCaseRequest(name=case, agent=ben, text="Sorry! " + WORDS, request_id=rid())
        await routing.api.ReplyToCase(reply, timeout=LIMIT_S)
        assert await listed(desk, case, await routing.settled()) == [("mia", WORDS)]

        delete = desk_pb2.DeleteDraftRequest(name=saved.draft, request_id=rid())
        position = (await desk.DeleteDraft(delete, timeout=LIMIT_S)).position
        assert await listed(desk, case, position) == []
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await desk.GetDraft(get, timeout=LIMIT_S)
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await listed(desk, f"{PLACE}/cases/{an_id('nothing')}")
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND

    state = (await log.js.stream_info("EVENTS")).state
    for sequence in range(state.first_seq, state.last_seq + 1):
        assert b"tomorrow" not in ((await log.js.get_msg("EVENTS", sequence)).data or b"")
