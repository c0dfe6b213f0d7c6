"""A case a level up and a thread out of its community, on real servers."""

from __future__ import annotations

import grpc
import pytest
from switchboard.routing.v1 import service_pb2 as api

from tests.integration.routing.conftest import PLACE, Running, an_id, rid

LIMIT_S = 60


async def make_queue(routing: Running, queue_id: str, **settings: object) -> str:
    queue = api.Queue(**settings)  # type: ignore[arg-type]  # as the test names them
    create = api.CreateQueueRequest(parent=PLACE, queue_id=queue_id, queue=queue, request_id=rid())
    return str((await routing.api.CreateQueue(create, timeout=LIMIT_S)).queue.name)


async def test_who_gets_an_escalated_case_sees_what_happened(routing: Running) -> None:
    upper = await make_queue(routing, "upper")
    await make_queue(routing, "default", escalates_to=upper)
    mia = await routing.agent()
    await routing.ingest.post("p1")
    before = await routing.case_of("p1")
    accept = api.AcceptOfferRequest(name=before.name, agent=mia, token=1, request_id=rid())
    await routing.api.AcceptOffer(accept, timeout=LIMIT_S)
    note = api.NoteCaseRequest(name=before.name, agent=mia, text="tried twice", request_id=rid())
    await routing.api.NoteCase(note, timeout=LIMIT_S)
    watch = routing.api.WatchOffers(api.WatchOffersRequest(agent=mia), timeout=LIMIT_S)
    while not (await watch.read()).resume_token:
        pass
    ask = api.EscalateCaseRequest(name=before.name, agent=mia, reason="too_hard", request_id=rid())
    answer = await routing.api.EscalateCase(ask, timeout=LIMIT_S)
    assert await routing.api.EscalateCase(ask, timeout=LIMIT_S) == answer, "asked twice, done once"
    while (told := await watch.read()).change != api.OFFER_CHANGE_RELEASED:
        pass
    assert (told.offer.case, told.reason) == (before.name, "escalated")
    watch.cancel()

    get = api.GetCaseRequest(name=before.name, min_position=answer.position)
    case = (await routing.api.GetCase(get, timeout=LIMIT_S)).case
    assert (case.queue, case.waiting_since) == (upper, answer.case.waiting_since)
    how = case.escalation
    assert (how.level, how.agent, how.from_queue, how.reason) == (1, mia, f"{PLACE}/queues/default", "too_hard")
    history = api.ListCaseEventsRequest(parent=case.name, min_position=answer.position)
    facts = [one.type.rpartition(".")[2] for one in (await routing.api.ListCaseEvents(history)).case_events]
    assert facts[-4:] == ["CaseNoted", "CaseReleased", "CaseEscalated", "CaseQueued"]


async def test_a_thread_is_taken_out_of_its_community_and_stays_out(routing: Running) -> None:
    care = await make_queue(routing, "care")
    quiet = {"is_addressed": False}
    await routing.ingest.post("p1", **quiet)
    await routing.ingest.post("c1", "p1", identity_id=an_id("somebody"), **quiet)
    await routing.settled()
    post = f"{PLACE}/posts/{an_id('p1')}"
    ask = api.OpenCaseRequest(parent=PLACE, post=post, queue=care, urgency=2, reason="unanswered", request_id=rid())
    answer = await routing.api.OpenCase(ask, timeout=LIMIT_S)
    case = answer.case
    assert (case.identity, case.queue, case.urgency) == (f"{PLACE}/identities/{an_id('customer')}", care, 2)
    assert (case.escalation.level, case.escalation.from_queue) == (1, "")
    await routing.ingest.post("p2", "c1", **quiet)
    await routing.settled()
    posts = await routing.posts_of(case.name)
    assert set(posts) == {f"{PLACE}/posts/{an_id(name)}" for name in ("p1", "c1", "p2")}
    again = api.OpenCaseRequest(parent=PLACE, post=post, request_id=rid())
    assert (await routing.api.OpenCase(again, timeout=LIMIT_S)).case.name == case.name
    nothing = api.OpenCaseRequest(parent=PLACE, post=f"{PLACE}/posts/{an_id('nothing')}", request_id=rid())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await routing.api.OpenCase(nothing, timeout=LIMIT_S)
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    mixed = api.OpenCaseRequest(parent=PLACE, post=post, channel="x", weight=2, request_id=rid())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await routing.api.OpenCase(mixed, timeout=LIMIT_S)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
