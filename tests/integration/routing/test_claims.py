"""Claims on real servers: from a queue's setting to a reply that leaves with its tag, and what everybody sees of it."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from switchboard.routing.v1 import service_pb2 as api
from switchboard.routing.v1.events_pb2 import VERDICT_HELPFUL

from tests.integration.routing.conftest import PLACE, Running, rid
from tests.integration.routing.test_replies import facts, sent

LIMIT_S = 30
GCM_TAG_BYTES = 16
WORDS = "Please restart the router and write again."


async def floor(routing: Running, **mode: Any) -> str:
    """A queue in claim mode that all posts of a source go to; who works it has a tag."""
    mode = {"append_agent_tag": True, "reply_length_max": 280, **mode}
    create = api.CreateQueueRequest(parent=PLACE, queue_id="floor", queue=api.Queue(claim_mode=mode), request_id=rid())
    queue = (await routing.api.CreateQueue(create, timeout=LIMIT_S)).queue
    assert queue.claim_mode.lease_s == 300
    update = api.UpdateQueueRequest(queue=api.Queue(name=f"{PLACE}/queues/default", claim_mode=mode), request_id=rid())
    await routing.api.UpdateQueue(update, timeout=LIMIT_S)
    return str(queue.name)


async def employee(routing: Running, agent_id: str, tag: str) -> str:
    """Somebody who is there, with a tag."""
    name = await routing.agent(agent_id, 2)
    update = api.UpdateAgentRequest(agent=api.Agent(name=name, tag=tag), request_id=rid())
    assert (await routing.api.UpdateAgent(update, timeout=LIMIT_S)).agent.tag == tag
    return name


async def claimed(routing: Running, case: str, agent: str) -> api.Case:
    """A case after its claim."""
    asked = api.ClaimCaseRequest(name=case, agent=agent, request_id=rid())
    answer: api.ClaimCaseResponse = await routing.api.ClaimCase(asked, timeout=LIMIT_S)
    return answer.case


async def reason(call: Any) -> str:
    """Why a call is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call
    for detail in rpc_status.from_call(refused.value).details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return str(info.reason)
    return ""


async def test_an_employee_claims_a_case_and_answers_under_their_tag_and_nobody_answers_the_same(
    routing: Running,
) -> None:
    await floor(routing)
    mia, ben = await employee(routing, "mia", "^MI"), await employee(routing, "ben", "^BE")
    await routing.ingest.post("p1")
    case = await routing.case_of("p1")
    assert case.state == api.CASE_STATE_QUEUED
    listed = await routing.api.ListCases(api.ListCasesRequest(parent=PLACE, filter="state = QUEUED"), timeout=LIMIT_S)
    assert [one.name for one in listed.cases] == [case.name]
    explained = api.ExplainDecisionRequest(name=case.name)
    assert "claim mode" in (await routing.api.ExplainDecision(explained, timeout=LIMIT_S)).summary

    mine = await claimed(routing, case.name, mia)
    assert (mine.state, mine.claim.agent, mine.claim.token) == (api.CASE_STATE_CLAIMED, mia, 1)
    assert mine.claim.signature == " ^MI"
    assert mine.waiting_since != mine.claim.claimed_at
    other = api.ClaimCaseRequest(name=case.name, agent=ben, request_id=rid())
    assert await reason(routing.api.ClaimCase(other, timeout=LIMIT_S)) == "CASE_CLAIMED"
    renew = api.RenewClaimRequest(name=case.name, agent=mia, token=1, request_id=rid())
    renewed = (await routing.api.RenewClaim(renew, timeout=LIMIT_S)).case
    assert renewed.claim.expires_at.ToNanoseconds() > mine.claim.expires_at.ToNanoseconds()

    ask = api.ReplyToCaseRequest(name=case.name, agent=mia, text=WORDS, claim_token=1, request_id=rid())
    answer = await routing.api.ReplyToCase(ask, timeout=LIMIT_S)
    assert answer.signature == " ^MI"
    assert await routing.api.ReplyToCase(ask, timeout=LIMIT_S) == answer
    position = await routing.settled()
    (asked,) = await facts(routing, "ReplyRequested")
    assert asked.body.text_length == len(WORDS + " ^MI")
    assert len(asked.body.text.ciphertext) == len(WORDS + " ^MI") + GCM_TAG_BYTES
    assert len(asked.body.sketch) % 4 == 0
    read = await routing.api.GetCase(api.GetCaseRequest(name=case.name, min_position=position), timeout=LIMIT_S)
    assert (read.case.state, read.case.claim.agent) == (api.CASE_STATE_CLAIMED, mia)

    release = api.ReleaseCaseRequest(name=case.name, agent=mia, request_id=rid())
    await routing.api.ReleaseCase(release, timeout=LIMIT_S)
    assert await routing.api.ReplyToCase(ask, timeout=LIMIT_S) == answer, "a repeated request knows no lease"
    await routing.ingest.post("p2", "p1")
    await routing.settled()
    assert (await claimed(routing, case.name, ben)).claim.token == 2
    again = api.ReplyToCaseRequest(name=case.name, agent=ben, text=f"Hi! {WORDS}", request_id=rid())
    assert await reason(routing.api.ReplyToCase(again, timeout=LIMIT_S)) == "SIMILAR_ANSWER"
    again.text = "x" * 277
    assert await reason(routing.api.ReplyToCase(again, timeout=LIMIT_S)) == "TEXT_TOO_LONG"
    again.text, again.force = WORDS, True
    assert (await routing.api.ReplyToCase(again, timeout=LIMIT_S)).signature == " ^BE"


async def test_a_queue_that_is_claimed_no_more_offers_what_waits(routing: Running) -> None:
    await floor(routing)
    mia = await employee(routing, "mia", "^MI")
    await routing.ingest.post("p1")
    case = await routing.case_of("p1")
    assert not case.HasField("offer")
    name = f"{PLACE}/queues/default"
    update = api.UpdateQueueRequest(queue=api.Queue(name=name), update_mask={"paths": ["claim_mode"]}, request_id=rid())
    queue = (await routing.api.UpdateQueue(update, timeout=LIMIT_S)).queue
    assert not queue.HasField("claim_mode")
    await routing.settled()
    offers = routing.api.WatchOffers(api.WatchOffersRequest(agent=mia), timeout=LIMIT_S)
    assert (await anext(aiter(offers))).offer.case == case.name
    offers.cancel()


async def test_who_lacks_something_hears_all_of_it(routing: Running) -> None:
    await floor(routing)
    mia = await routing.agent("mia")
    await routing.ingest.post("p1")
    case = await routing.case_of("p1")
    ask = api.ClaimCaseRequest(name=case.name, agent=mia, request_id=rid())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await routing.api.ClaimCase(ask, timeout=LIMIT_S)
    assert "has no tag, and queue default appends it" in (refused.value.details() or "")


async def test_whoever_serves_the_queue_says_whether_an_answer_helped(routing: Running) -> None:
    await floor(routing, append_agent_tag=False)
    mia, ben = await employee(routing, "mia", "^MI"), await employee(routing, "ben", "^BE")
    await routing.ingest.post("p1")
    case = await routing.case_of("p1")
    await claimed(routing, case.name, mia)
    ask = api.ReplyToCaseRequest(name=case.name, agent=mia, text=WORDS, request_id=rid())
    reply_id = (await routing.api.ReplyToCase(ask, timeout=LIMIT_S)).reply_id
    await sent(routing, reply_id)
    vote = api.VoteOnAnswerRequest(name=case.name, agent=ben, verdict=VERDICT_HELPFUL, request_id=rid())
    voted = await routing.api.VoteOnAnswer(vote, timeout=LIMIT_S)
    (answer,) = voted.case.answers
    assert (answer.reply_id, answer.agent, list(answer.topics)) == (reply_id, mia, ["queue:default"])
    assert [(one.agent, one.is_expert) for one in answer.votes] == [(ben, True)]
    assert await routing.api.VoteOnAnswer(vote, timeout=LIMIT_S) == voted
    read = await routing.api.GetCase(api.GetCaseRequest(name=case.name, min_position=voted.position), timeout=LIMIT_S)
    assert read.case.answers == voted.case.answers
    known = (await routing.api.GetAgent(api.GetAgentRequest(name=mia), timeout=LIMIT_S)).agent
    assert [(one.topic, one.helpful, one.not_helpful) for one in known.reputations] == [("queue:default", 1, 0)]
    assert known.reputations[0].score == pytest.approx(0.2065, abs=1e-4)
    own = api.VoteOnAnswerRequest(
        name=case.name, agent=mia, reply_id=reply_id, verdict=VERDICT_HELPFUL, request_id=rid()
    )
    assert await reason(routing.api.VoteOnAnswer(own, timeout=LIMIT_S)) == "VOTE_OWN"
    formless = api.VoteOnAnswerRequest(name=case.name, agent=ben, reply_id="r1", request_id=rid())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await routing.api.VoteOnAnswer(formless, timeout=LIMIT_S)
    assert all(field in str(refused.value.details()) for field in ("reply_id", "verdict"))
