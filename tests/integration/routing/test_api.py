"""RoutingService on real servers, as its callers see it."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from chassis.clock import MICROS, Instant, to_timestamp
from google.protobuf.field_mask_pb2 import FieldMask
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]
from switchboard.ingest.v1 import events_pb2 as posts
from switchboard.ingest.v1 import post_pb2
from switchboard.log.v1 import integrity_pb2
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from tests.integration.routing.conftest import CLOCK, PLACE, Running, an_id, received, rid

LIMIT_S = 30


def reason(error: grpc.aio.AioRpcError) -> str:
    """`ErrorInfo.reason` of a refusal."""
    details = dict(error.trailing_metadata() or ())["grpc-status-details-bin"]
    info = error_details_pb2.ErrorInfo()
    for detail in status_pb2.Status.FromString(details).details:
        if detail.Unpack(info):
            return str(info.reason)
    return ""


async def offered(routing: Running, name: str) -> api.Case:
    """The case of a post, which must be offered."""
    case: api.Case = await routing.case_of(name)
    assert case.state == api.CASE_STATE_OFFERED
    return case


async def test_a_post_becomes_a_case_is_offered_accepted_answered_and_resolved(routing: Running) -> None:
    mia = await routing.agent()
    await routing.ingest.post("p1")
    case = await offered(routing, "p1")
    assert case.offer.agent == mia

    accept = api.AcceptOfferRequest(name=case.name, agent=mia, token=case.offer.token, request_id=rid())
    accepted = await routing.api.AcceptOffer(accept, timeout=LIMIT_S)
    assert accepted.case.state == api.CASE_STATE_ACCEPTED

    reply = api.ReplyToCaseRequest(name=case.name, agent=mia, text="You will have it tomorrow.", request_id=rid())
    replied = await routing.api.ReplyToCase(reply, timeout=LIMIT_S)
    again = await routing.api.ReplyToCase(reply, timeout=LIMIT_S)
    assert again == replied

    sent = await _event(routing, case.name, "ReplySent")
    assert sent.reply_id == replied.reply_id
    outbox = await routing.log.js.get_last_msg("OUTBOX", "out.acme.shop")
    asked = events_pb2.ReplyRequested.FromString(outbox.data or b"")
    assert asked.reply_id == replied.reply_id
    assert asked.in_reply_to == an_id("p1")
    assert asked.text.subject_id == an_id("customer")
    assert b"tomorrow" not in (outbox.data or b"")

    resolve = api.ResolveCaseRequest(name=case.name, agent=mia, disposition="solved", request_id=rid())
    resolved = await routing.api.ResolveCase(resolve, timeout=LIMIT_S)
    shown = await routing.api.GetCase(
        api.GetCaseRequest(name=case.name, min_position=resolved.position), timeout=LIMIT_S
    )
    assert shown.case.state == api.CASE_STATE_RESOLVED
    assert shown.case == resolved.case
    assert shown.case.HasField("answered_at")
    agent = await routing.api.GetAgent(api.GetAgentRequest(name=mia), timeout=LIMIT_S)
    assert (agent.agent.load, list(agent.agent.cases)) == (0, [])


async def _event(routing: Running, case: str, kind: str) -> Any:
    """The first fact of a kind in a case's history, once it is there."""
    watch = routing.api.WatchCases(api.WatchCasesRequest(parent=PLACE), timeout=LIMIT_S)
    async for _ in watch:
        listed = await routing.api.ListCaseEvents(api.ListCaseEventsRequest(parent=case), timeout=LIMIT_S)
        for found in listed.case_events:
            if found.type.endswith(f".{kind}"):
                fact = getattr(events_pb2, kind)()
                found.event.body.Unpack(fact)
                watch.cancel()
                return fact
    raise AssertionError(f"no {kind}")


async def test_a_request_is_answered_once_and_its_id_is_not_for_another_body(routing: Running) -> None:
    create = api.CreateAgentRequest(parent=PLACE, agent_id="mia", agent=api.Agent(capacity=2), request_id=rid())
    first = await routing.api.CreateAgent(create, timeout=LIMIT_S)
    assert await routing.api.CreateAgent(create, timeout=LIMIT_S) == first
    create.agent.capacity = 3
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await routing.api.CreateAgent(create, timeout=LIMIT_S)
    assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS
    assert reason(refused.value) == "REQUEST_ID_REUSED"


async def test_a_refusal_says_why_and_a_malformed_request_everything_that_is_wrong(routing: Running) -> None:
    mia, ben = await routing.agent("mia"), await routing.agent("ben")
    await routing.ingest.post("p1")
    case = await offered(routing, "p1")
    other = mia if case.offer.agent == ben else ben
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await routing.api.AcceptOffer(
            api.AcceptOfferRequest(name=case.name, agent=other, token=1, request_id=rid()), timeout=LIMIT_S
        )
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert reason(refused.value) == "OFFER_GONE"
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await routing.api.ResolveCase(
            api.ResolveCaseRequest(name=case.name, agent="mia", disposition="Not A Code", request_id="x"),
            timeout=LIMIT_S,
        )
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    status = status_pb2.Status.FromString(dict(refused.value.trailing_metadata() or ())["grpc-status-details-bin"])
    bad = error_details_pb2.BadRequest()
    assert any(detail.Unpack(bad) for detail in status.details)
    assert {violation.field for violation in bad.field_violations} == {"agent", "disposition", "request_id"}
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await routing.api.GetCase(api.GetCaseRequest(name=f"{PLACE}/cases/{an_id('nothing')}"), timeout=LIMIT_S)
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await routing.api.ListCases(api.ListCasesRequest(parent="tenants/nobody"), timeout=LIMIT_S)
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_an_agent_hears_of_offers_and_comes_back_with_its_token(routing: Running) -> None:
    mia = await routing.agent(capacity=3)
    await routing.ingest.post("p1")
    await offered(routing, "p1")
    watch = routing.api.WatchOffers(api.WatchOffersRequest(agent=mia), timeout=LIMIT_S)
    first, end = await watch.read(), await watch.read()
    assert (first.change, first.snapshot) == (api.OFFER_CHANGE_OPEN, True)
    assert end.snapshot
    assert not end.HasField("offer")
    await routing.ingest.post("p2")
    second = await watch.read()
    assert (second.change, second.snapshot) == (api.OFFER_CHANGE_OPEN, False)
    watch.cancel()
    accept = api.AcceptOfferRequest(name=second.offer.case, agent=mia, token=second.offer.token, request_id=rid())
    await routing.api.AcceptOffer(accept, timeout=LIMIT_S)
    again = routing.api.WatchOffers(
        api.WatchOffersRequest(agent=mia, resume_token=second.resume_token), timeout=LIMIT_S
    )
    told = await again.read()
    assert (told.change, told.offer.case) == (api.OFFER_CHANGE_ACCEPTED, second.offer.case)
    again.cancel()


async def test_who_accepts_first_has_it_and_the_others_hear_that_it_is_taken(routing: Running) -> None:
    mia, ben = await routing.agent("mia"), await routing.agent("ben")
    wide = api.CreateQueueRequest(parent=PLACE, queue_id="default", queue=api.Queue(offer_width=3), request_id=rid())
    assert (await routing.api.CreateQueue(wide, timeout=LIMIT_S)).queue.offer_width == 3
    await routing.ingest.post("p1")
    case = await offered(routing, "p1")
    assert {one.agent for one in case.offers} == {mia, ben}
    assert case.offer == case.offers[0]
    assert len({one.token for one in case.offers}) == 2
    mine, theirs = sorted(case.offers, key=lambda one: one.agent == ben)
    watches = [routing.api.WatchOffers(api.WatchOffersRequest(agent=one), timeout=LIMIT_S) for one in (mia, ben)]
    for watch, expected in zip(watches, (mine, theirs), strict=True):
        assert (await watch.read()).offer == expected
        assert (await watch.read()).snapshot
    for agent in (mia, ben):
        both = api.ListCasesRequest(parent=PLACE, filter=f'state = OFFERED AND agent = "{agent}"')
        assert [one.name for one in (await routing.api.ListCases(both, timeout=LIMIT_S)).cases] == [case.name]
    nobody = api.ListCasesRequest(parent=PLACE, filter='agent != mia AND agent != ""')
    assert not (await routing.api.ListCases(nobody, timeout=LIMIT_S)).cases
    queues = await routing.api.ListQueues(api.ListQueuesRequest(parent=PLACE), timeout=LIMIT_S)
    assert [queue.waiting for queue in queues.queues] == [1]
    accept = api.AcceptOfferRequest(name=case.name, agent=ben, token=theirs.token, request_id=rid())
    taken = (await routing.api.AcceptOffer(accept, timeout=LIMIT_S)).case
    assert (taken.agent, taken.state, list(taken.offers)) == (ben, api.CASE_STATE_ACCEPTED, [])
    gone, won = await watches[0].read(), await watches[1].read()
    assert (gone.change, gone.reason, gone.offer.offer_id) == (api.OFFER_CHANGE_RESCINDED, "taken", mine.offer_id)
    assert won.change == api.OFFER_CHANGE_ACCEPTED
    late = api.AcceptOfferRequest(name=case.name, agent=mia, token=mine.token, request_id=rid())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await routing.api.AcceptOffer(late, timeout=LIMIT_S)
    assert reason(refused.value) == "OFFER_GONE"
    for watch in watches:
        watch.cancel()


async def test_an_offer_nobody_answers_expires_by_itself(routing: Running) -> None:
    mia = await routing.agent()
    await routing.api.CreateQueue(
        api.CreateQueueRequest(parent=PLACE, queue_id="default", queue=api.Queue(offer_timeout_s=1), request_id=rid()),
        timeout=LIMIT_S,
    )
    watch = routing.api.WatchOffers(api.WatchOffersRequest(agent=mia), timeout=LIMIT_S)
    await watch.read()
    await routing.ingest.post("p1")
    changes = [(await watch.read()).change for _ in range(2)]
    assert changes == [api.OFFER_CHANGE_OPEN, api.OFFER_CHANGE_EXPIRED]
    watch.cancel()
    assert (await routing.case_of("p1")).state == api.CASE_STATE_QUEUED


async def test_who_misses_offers_is_told_that_it_was_set_away_and_gets_none_until_it_is_back(routing: Running) -> None:
    mia = await routing.agent(capacity=3)
    await routing.api.CreateQueue(
        api.CreateQueueRequest(parent=PLACE, queue_id="default", queue=api.Queue(offer_timeout_s=1), request_id=rid()),
        timeout=LIMIT_S,
    )
    watch = routing.api.WatchOffers(api.WatchOffersRequest(agent=mia), timeout=LIMIT_S)
    await watch.read()
    await routing.ingest.say(*(received(f"p{n}") for n in range(3)))
    told = [await watch.read() for _ in range(7)]
    assert [one.change for one in told] == [api.OFFER_CHANGE_OPEN] * 3 + [api.OFFER_CHANGE_EXPIRED] * 3 + [0]
    assert (told[-1].presence, told[-1].reason) == (events_pb2.PRESENCE_AWAY, "missed_offers")
    assert not told[-1].HasField("offer")
    agent = (await routing.api.GetAgent(api.GetAgentRequest(name=mia), timeout=LIMIT_S)).agent
    assert (agent.presence, agent.presence_reason, list(agent.cases)) == (events_pb2.PRESENCE_AWAY, "missed_offers", [])
    patient = api.Queue(name=f"{PLACE}/queues/default", offer_timeout_s=60)
    await routing.api.UpdateQueue(api.UpdateQueueRequest(queue=patient, request_id=rid()), timeout=LIMIT_S)
    back = api.SetPresenceRequest(name=mia, presence=events_pb2.PRESENCE_AVAILABLE, request_id=rid())
    await routing.api.SetPresence(back, timeout=LIMIT_S)
    offer = await watch.read()
    assert offer.change == api.OFFER_CHANGE_OPEN
    case, token = offer.offer.case, offer.offer.token
    accept = api.AcceptOfferRequest(name=case, agent=mia, token=token, request_id=rid())
    await routing.api.AcceptOffer(accept, timeout=LIMIT_S)
    other = api.CreateQueueRequest(parent=PLACE, queue_id="vip", request_id=rid())
    await routing.api.CreateQueue(other, timeout=LIMIT_S)
    move = api.TransferCaseRequest(name=case, queue=f"{PLACE}/queues/vip", reason="for_vip", request_id=rid())
    await routing.api.TransferCase(move, timeout=LIMIT_S)
    while (change := await watch.read()).change != api.OFFER_CHANGE_RELEASED:
        pass
    assert (change.offer.case, change.reason) == (case, "for_vip")
    watch.cancel()


async def test_a_case_that_comes_back_too_often_is_listed_and_counted_until_a_supervisor_moves_it_on(
    routing: Running,
) -> None:
    mia = await routing.agent()
    queue = api.Queue(supervise_after_returns=1, reply_timeout_s=1)
    create = api.CreateQueueRequest(parent=PLACE, queue_id="default", queue=queue, request_id=rid())
    assert (await routing.api.CreateQueue(create, timeout=LIMIT_S)).queue.reply_timeout_s == 1
    watch = routing.api.WatchOffers(api.WatchOffersRequest(agent=mia), timeout=LIMIT_S)
    await watch.read()
    await routing.ingest.post("p1")
    offer = (await watch.read()).offer
    accept = api.AcceptOfferRequest(name=offer.case, agent=mia, token=offer.token, request_id=rid())
    assert (await routing.api.AcceptOffer(accept, timeout=LIMIT_S)).case.HasField("reply_due_at")
    while (told := await watch.read()).change != api.OFFER_CHANGE_RELEASED:
        pass
    assert (told.offer.case, told.reason) == (offer.case, "reply_timeout")
    get = api.GetQueueRequest(name=f"{PLACE}/queues/default")
    counted = (await routing.api.GetQueue(get, timeout=LIMIT_S)).queue
    assert (counted.waiting, counted.supervised) == (0, 1)
    await routing.settled()
    wanted = api.ListCasesRequest(parent=PLACE, filter="state = SUPERVISED")
    [case] = (await routing.api.ListCases(wanted, timeout=LIMIT_S)).cases
    assert (case.name, case.supervised_reason, case.returns) == (offer.case, "returned", 1)
    explain = api.ExplainDecisionRequest(name=case.name)
    said = await routing.api.ExplainDecision(explain, timeout=LIMIT_S)
    assert said.binding_constraint == api.CONSTRAINT_SUPERVISED
    move = api.TransferCaseRequest(name=case.name, queue=f"{PLACE}/queues/default", request_id=rid())
    moved = (await routing.api.TransferCase(move, timeout=LIMIT_S)).case
    assert (moved.state, moved.returns, moved.waiting_since) == (api.CASE_STATE_QUEUED, 0, case.waiting_since)
    watch.cancel()


async def test_cases_are_listed_by_filter_and_page(routing: Running) -> None:
    await routing.ingest.say(*(received(f"p{n}") for n in range(5)))
    await routing.ingest.say(received("other", source_id="weibo-shop", channel="weibo"))
    await routing.settled()
    names: list[str] = []
    token = ""
    while True:
        request = api.ListCasesRequest(
            parent=PLACE, page_size=2, page_token=token, filter="state = QUEUED AND channel = x"
        )
        page = await routing.api.ListCases(request, timeout=LIMIT_S)
        names += [case.name for case in page.cases]
        token = page.next_page_token
        if not token:
            break
    assert len(names) == len(set(names)) == 5
    for text, count in (
        ("channel = weibo OR channel = x", 6),
        ("channel != x", 1),
        ("NOT (state = QUEUED AND channel = x)", 1),
        ('queue = "" OR agent = ann', 0),
        ('opened_at < "2000-01-01T00:00:00Z"', 0),
        ("source = weibo-shop AND -state = IDLE", 1),
    ):
        narrowed = await routing.api.ListCases(api.ListCasesRequest(parent=PLACE, filter=text), timeout=LIMIT_S)
        assert len(narrowed.cases) == count, text
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await routing.api.ListCases(api.ListCasesRequest(parent=PLACE, filter="colour = red"), timeout=LIMIT_S)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_linked_posts_are_one_case_whose_history_includes_both(routing: Running) -> None:
    await routing.ingest.post("p1")
    await routing.ingest.post("p2")
    before = {(await routing.case_of(name)).name for name in ("p1", "p2")}
    assert len(before) == 2
    await routing.ingest.post("p3", "p1", "p2")
    case = await routing.case_of("p3")
    posts_of_it = await routing.posts_of(case.name, page_size=2)
    assert posts_of_it[-1] == case.latest_post == f"{PLACE}/posts/{an_id('p3')}"
    assert set(posts_of_it) == {f"{PLACE}/posts/{an_id(name)}" for name in ("p1", "p2", "p3")}
    assert len(posts_of_it) == case.post_count == 3
    (gone,) = before - {case.name}
    joined = await routing.api.GetCase(api.GetCaseRequest(name=gone), timeout=LIMIT_S)
    assert (joined.case.state, joined.case.joined_into) == (api.CASE_STATE_JOINED, case.name)
    assert await routing.posts_of(gone) == []
    history = await routing.api.ListCaseEvents(api.ListCaseEventsRequest(parent=case.name), timeout=LIMIT_S)
    assert {one.case for one in history.case_events} == before
    assert [one.type.rpartition(".")[2] for one in history.case_events][:2] == ["CaseBegun", "CaseBegun"]


async def test_a_source_sends_its_cases_to_its_queue_and_a_withdrawal_ends_them(routing: Running) -> None:
    queue = api.CreateQueueRequest(parent=PLACE, queue_id="care", request_id=rid())
    await routing.api.CreateQueue(queue, timeout=30)
    await routing.ingest.say(
        posts.SourceConnected(source_id="shop", channel="x", default_queue=f"{PLACE}/queues/care"), shard="sources"
    )
    await routing.ingest.post("p1")
    case = await routing.case_of("p1")
    assert case.queue == f"{PLACE}/queues/care"
    for narrowed, expected in (("waiting > 0", ["care"]), ("waiting = 0 OR requirements:tax", ["default"])):
        listed = await routing.api.ListQueues(api.ListQueuesRequest(parent=PLACE, filter=narrowed), timeout=LIMIT_S)
        assert [one.name for one in listed.queues] == [f"{PLACE}/queues/{queue_id}" for queue_id in expected]
    await routing.ingest.say(
        posts.PostWithdrawn(post_id=an_id("p1"), reason=posts.WITHDRAWAL_REASON_DELETED, source_id="shop")
    )
    await routing.settled()
    gone = await routing.api.GetCase(api.GetCaseRequest(name=case.name), timeout=LIMIT_S)
    assert gone.case.state == api.CASE_STATE_WITHDRAWN


async def test_a_policy_is_changed_by_version_and_offers_name_theirs(routing: Running) -> None:
    name = f"{PLACE}/routingPolicy"
    mia = await routing.agent(capacity=3)
    before = await routing.api.GetRoutingPolicy(api.GetRoutingPolicyRequest(name=name), timeout=LIMIT_S)
    assert (before.routing_policy.version, before.routing_policy.late_share) == (0, 5)
    assert before.routing_policy.ordering == events_pb2.ORDERING_EARLIEST_DEADLINE
    request_id = rid()
    for _ in range(2):  # the second is the first again
        wanted = api.RoutingPolicy(name=name, ordering=events_pb2.ORDERING_FIFO, decline_cooldown_s=5)
        asked = api.UpdateRoutingPolicyRequest(routing_policy=wanted, request_id=request_id)
        changed = await routing.api.UpdateRoutingPolicy(asked, timeout=LIMIT_S)
        assert (changed.routing_policy.version, changed.routing_policy.ordering) == (1, events_pb2.ORDERING_FIFO)
    least = api.UpdateQueueRequest(
        queue=api.Queue(name=f"{PLACE}/queues/default", selection=events_pb2.SELECTION_LEAST_BUSY), request_id=rid()
    )
    assert (await routing.api.UpdateQueue(least, timeout=LIMIT_S)).queue.selection == events_pb2.SELECTION_LEAST_BUSY
    await routing.ingest.post("p1")
    case = await routing.case_of("p1")
    assert case.offer.agent == mia
    said = await routing.api.ExplainDecision(api.ExplainDecisionRequest(name=case.name), timeout=LIMIT_S)
    assert said.policy_version == 1
    history = await routing.api.ListCaseEvents(api.ListCaseEventsRequest(parent=case.name), timeout=LIMIT_S)
    offer = events_pb2.CaseOffered()
    assert [one.event.body.Unpack(offer) for one in history.case_events].count(True) == 1
    assert (offer.policy_version, offer.is_preferred) == (1, False)


async def test_our_own_answer_on_the_platform_ends_the_wait_and_others_open_nothing(routing: Running) -> None:
    await routing.ingest.say(
        received("p1"),
        received(
            "b1",
            "p1",
            direction=post_pb2.DIRECTION_OUTBOUND,
            author_kind=post_pb2.AUTHOR_KIND_BRAND_HUMAN,
            published_at=to_timestamp(Instant(CLOCK.now() + 60 * MICROS)),
        ),
        received("o1", author_kind=post_pb2.AUTHOR_KIND_OTHER),
    )
    case = await routing.case_of("p1")
    assert case.state == api.CASE_STATE_IDLE
    assert case.HasField("answered_at")
    everything = await routing.api.ListCases(api.ListCasesRequest(parent=PLACE), timeout=LIMIT_S)
    assert len(everything.cases) == 1


async def test_cases_are_watched_from_a_snapshot_on(routing: Running) -> None:
    await routing.ingest.post("p1")
    await routing.settled()
    watch = routing.api.WatchCases(api.WatchCasesRequest(parent=PLACE, filter="state = QUEUED"), timeout=LIMIT_S)
    first, end = await watch.read(), await watch.read()
    assert first.snapshot
    assert end.resume_token
    mia = await routing.agent()
    change = await watch.read()
    assert (change.case.name, change.case.state) == (first.case.name, api.CASE_STATE_OFFERED)
    watch.cancel()
    assert change.case.offer.agent == mia


async def test_a_decision_is_explained(routing: Running) -> None:
    await routing.api.CreateQueue(
        api.CreateQueueRequest(
            parent=PLACE,
            queue_id="default",
            queue=api.Queue(requirements=[events_pb2.Requirement(skill="lang:zh", min_level=3, hard=True)]),
            request_id=rid(),
        ),
        timeout=LIMIT_S,
    )
    mia = await routing.agent()
    await routing.ingest.post("p1")
    case = await routing.case_of("p1")
    said = await routing.api.ExplainDecision(api.ExplainDecisionRequest(name=case.name), timeout=LIMIT_S)
    assert said.binding_constraint == api.CONSTRAINT_SKILL
    assert [(c.agent, c.eligible, c.explanation) for c in said.candidates] == [(mia, False, "lacks lang:zh")]
    assert said.rank == 1
    update = api.UpdateAgentRequest(
        agent=api.Agent(name=mia, skills=[events_pb2.Skill(name="lang:zh", level=4)]),
        update_mask=FieldMask(paths=["skills"]),
        request_id=rid(),
    )
    assert list((await routing.api.UpdateAgent(update, timeout=LIMIT_S)).agent.cases) == [case.name]


async def test_an_offer_is_explained_as_it_was_decided_long_after(routing: Running) -> None:
    mia = await routing.agent()
    await routing.ingest.post("p1")
    case = await routing.case_of("p1")
    assert case.offer.agent == mia
    noa = await routing.agent("noa", 3)
    decline = api.DeclineOfferRequest(name=case.name, agent=mia, token=1, reason="break", request_id=rid())
    moved = (await routing.api.DeclineOffer(decline, timeout=LIMIT_S)).case
    assert (moved.offer.agent, moved.offer.token) == (noa, 2)
    first, second = [
        await routing.api.ExplainDecision(api.ExplainDecisionRequest(name=case.name, token=token), timeout=LIMIT_S)
        for token in (1, 2)
    ]
    assert (first.offer, [one.agent for one in first.candidates]) == (case.offer, [mia])
    assert (second.offer, [one.agent for one in second.candidates]) == (moved.offer, [noa, mia])
    assert list(second.candidates[1].constraints) == [api.CONSTRAINT_COOLDOWN]
    assert [one.split(" s later")[0] for one in second.alternatives] == ["mia would have been offered it 300"]
    for token, code in ((3, grpc.StatusCode.NOT_FOUND), (-1, grpc.StatusCode.INVALID_ARGUMENT)):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await routing.api.ExplainDecision(api.ExplainDecisionRequest(name=case.name, token=token), timeout=LIMIT_S)
        assert refused.value.code() is code


async def test_a_manual_case_with_a_note_is_pended_resumed_released_and_reopened(routing: Running) -> None:
    mia = await routing.agent()
    opened = await routing.api.OpenCase(api.OpenCaseRequest(parent=PLACE, urgency=2, request_id=rid()), timeout=LIMIT_S)
    name = opened.case.name
    assert opened.case.offer.agent == mia
    token = opened.case.offer.token
    await routing.api.AcceptOffer(
        api.AcceptOfferRequest(name=name, agent=mia, token=token, request_id=rid()), timeout=LIMIT_S
    )
    note = api.NoteCaseRequest(name=name, agent=mia, text="called twice", request_id=rid())
    assert (await routing.api.NoteCase(note, timeout=LIMIT_S)).note_id
    until = to_timestamp(Instant(CLOCK.now() + 3600 * MICROS))
    pend = api.PendCaseRequest(name=name, agent=mia, waiting_for="WAITING_FOR_CUSTOMER", until=until, request_id=rid())
    assert (await routing.api.PendCase(pend, timeout=LIMIT_S)).case.state == api.CASE_STATE_PENDING
    resume = api.ResumeCaseRequest(name=name, agent=mia, request_id=rid())
    assert (await routing.api.ResumeCase(resume, timeout=LIMIT_S)).case.state == api.CASE_STATE_ACCEPTED
    resolve = api.ResolveCaseRequest(name=name, agent=mia, disposition="solved", tags=["b", "a"], request_id=rid())
    assert list((await routing.api.ResolveCase(resolve, timeout=LIMIT_S)).case.tags) == ["a", "b"]
    reopen = api.ReopenCaseRequest(name=name, reason="not_solved", request_id=rid())
    reopened = (await routing.api.ReopenCase(reopen, timeout=LIMIT_S)).case
    assert (reopened.episode, reopened.state) == (2, api.CASE_STATE_OFFERED)
    decline = api.DeclineOfferRequest(name=name, agent=mia, token=reopened.offer.token, reason="busy", request_id=rid())
    assert (await routing.api.DeclineOffer(decline, timeout=LIMIT_S)).case.state == api.CASE_STATE_QUEUED


async def test_state_and_tables_can_be_recomputed_from_the_log(routing: Running) -> None:
    mia = await routing.agent(capacity=5)
    await routing.ingest.say(*(received(f"p{n}", f"p{n % 3}") for n in range(12)))
    listed = await routing.settled()
    cases = await routing.api.ListCases(
        api.ListCasesRequest(parent=PLACE, filter="state = OFFERED", min_position=listed), timeout=LIMIT_S
    )
    for case in cases.cases[:2]:
        await routing.api.AcceptOffer(
            api.AcceptOfferRequest(name=case.name, agent=mia, token=case.offer.token, request_id=rid()),
            timeout=LIMIT_S,
        )
    await routing.settled()
    request = integrity_pb2.VerifyIntegrityRequest()
    findings = [one async for one in routing.integrity.VerifyIntegrity(request, timeout=60)]
    assert {one.invariant for one in findings} >= {"I1", "I2", "I3", "I4", "I5", "I9"}
    assert [one.detail for one in findings if not one.ok] == []


async def test_two_agents_who_accept_at_once_get_one_case(routing: Running) -> None:
    names = [await routing.agent(f"a{n}") for n in range(2)]
    await routing.ingest.post("p1")
    case = await offered(routing, "p1")
    answers = await asyncio.gather(
        *(
            routing.api.AcceptOffer(
                api.AcceptOfferRequest(name=case.name, agent=name, token=case.offer.token, request_id=rid()),
                timeout=LIMIT_S,
            )
            for name in names
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, grpc.aio.AioRpcError) for answer in answers) == 1


async def test_a_request_that_is_refused_for_its_form_brings_no_tenant_into_being(routing: Running) -> None:
    ghost = "tenants/ghost"
    for call, request in (
        (routing.api.CreateAgent, api.CreateAgentRequest(parent=ghost, agent_id="Not An Id", request_id=rid())),
        (routing.api.CreateQueue, api.CreateQueueRequest(parent=ghost, queue_id="vip", request_id="no uuid")),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(request, timeout=LIMIT_S)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await routing.api.ListAgents(api.ListAgentsRequest(parent=ghost), timeout=LIMIT_S)
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_post_of_another_version_is_parked_and_the_next_one_is_routed(routing: Running) -> None:
    await routing.ingest.say(received("odd", author_kind=40_000), received("older", direction=0), received("p1"))
    case = await routing.case_of("p1")
    assert case.state == api.CASE_STATE_QUEUED
    listed = await routing.api.ListCases(api.ListCasesRequest(parent=PLACE), timeout=LIMIT_S)
    assert [one.name for one in listed.cases] == [case.name]
