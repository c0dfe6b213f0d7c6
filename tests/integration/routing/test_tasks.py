"""A task on real servers: another department does it, who has the case hears of it, and it is in both histories."""

from __future__ import annotations

import grpc
import pytest
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from tests.integration.routing.conftest import PLACE, Running, rid
from tests.integration.routing.test_escalation import make_queue

LIMIT_S = 60


async def test_a_department_does_its_part_and_who_has_the_case_hears_of_it(routing: Running) -> None:
    books = await make_queue(routing, "books", first_response_s=600)
    mia = await routing.agent()
    await routing.ingest.post("p1")
    case = await routing.case_of("p1")
    accept = api.AcceptOfferRequest(name=case.name, agent=mia, token=1, request_id=rid())
    await routing.api.AcceptOffer(accept, timeout=LIMIT_S)
    eve = await routing.agent("eve")
    ask = api.CreateTaskRequest(name=case.name, queue=books, reason="check_refund", agent=mia, request_id=rid())
    answer = await routing.api.CreateTask(ask, timeout=LIMIT_S)
    assert await routing.api.CreateTask(ask, timeout=LIMIT_S) == answer, "asked twice, done once"
    task = answer.case
    assert (task.origin, task.task_of, task.queue) == (events_pb2.CASE_ORIGIN_TASK, case.name, books)
    assert task.due_at.ToSeconds() - task.opened_at.ToSeconds() == 600
    assert (task.offer.agent, task.identity) == (eve, case.identity)

    settle = api.ResolveCaseRequest(name=case.name, agent=mia, disposition="solved", request_id=rid())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await routing.api.ResolveCase(settle, timeout=LIMIT_S)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert task.name.rpartition("/")[2] in str(refused.value.details())

    watch = routing.api.WatchOffers(api.WatchOffersRequest(agent=mia), timeout=LIMIT_S)
    while not (await watch.read()).resume_token:
        pass
    take = api.AcceptOfferRequest(name=task.name, agent=eve, token=task.offer.token, request_id=rid())
    await routing.api.AcceptOffer(take, timeout=LIMIT_S)
    note = api.NoteCaseRequest(name=task.name, agent=eve, text="it was paid twice", request_id=rid())
    await routing.api.NoteCase(note, timeout=LIMIT_S)
    done = api.ResolveCaseRequest(name=task.name, agent=eve, disposition="refunded", request_id=rid())
    position = (await routing.api.ResolveCase(done, timeout=LIMIT_S)).position
    while (told := await watch.read()).change != api.OFFER_CHANGE_TASK_CLOSED:
        pass
    assert (told.offer.case, told.task, told.reason) == (case.name, task.name, "refunded")
    watch.cancel()

    read = api.GetCaseRequest(name=case.name, min_position=position)
    assert list((await routing.api.GetCase(read, timeout=LIMIT_S)).case.open_tasks) == []
    for name in (case.name, task.name):
        listed = await routing.api.ListCaseEvents(api.ListCaseEventsRequest(parent=name), timeout=LIMIT_S)
        kinds = [one.type.rpartition(".")[2] for one in listed.case_events]
        assert {"TaskOpened", "OfferAccepted"} <= set(kinds)
    assert await routing.posts_of(task.name) == []
    assert (await routing.api.ResolveCase(settle, timeout=LIMIT_S)).case.state == api.CASE_STATE_RESOLVED
    again = api.CloseTaskRequest(name=task.name, outcome="late", request_id=rid())
    assert (await routing.api.CloseTask(again, timeout=LIMIT_S)).case.disposition == "refunded"
    assert task.name.startswith(PLACE)
