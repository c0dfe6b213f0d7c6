"""What is said of a reply on real servers, with the tenant's words, the house's texts and what others were told."""

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

from tests.integration.routing.conftest import PLACE, TENANT, Ingest, an_id, rid
from tests.integration.routing.test_drafts import LIMIT_S, accepted, served

SAID = "We have sent the parcel this morning and it will be there tomorrow before noon."


async def test_a_reply_is_looked_at_and_sent_all_the_same(
    start: Callable[[], Any], log: Log, database_url: str
) -> None:
    await Tenants(log).ensure(TENANT)
    ingest = Ingest(log)
    await ingest.connect("shop")
    async with served(start, log, database_url, ingest) as (routing, desk):
        mia = await routing.agent("mia", 5)
        term = events_pb2.JargonTerm(term="SLA", instead="promise")
        policy = api.DeskPolicy(name=f"{PLACE}/deskPolicy", jargon=[term])
        await desk.UpdateDeskPolicy(api.UpdateDeskPolicyRequest(desk_policy=policy, request_id=rid()), timeout=LIMIT_S)
        canned = api.CannedText(text="Hold the power button for ten seconds until it starts anew.")
        create = api.CreateCannedTextRequest(
            parent=PLACE, canned_text_id="restart", canned_text=canned, request_id=rid()
        )
        await desk.CreateCannedText(create, timeout=LIMIT_S)
        await ingest.post("other", identity_id=an_id("other"))
        other = await routing.case_of("other")
        take = work.AcceptOfferRequest(name=other.name, agent=mia, token=other.offer.token, request_id=rid())
        await routing.api.AcceptOffer(take, timeout=LIMIT_S)
        reply = work.ReplyToCaseRequest(name=other.name, agent=mia, text=SAID, request_id=rid())
        await routing.api.ReplyToCase(reply, timeout=LIMIT_S)
        case = await accepted(routing, "p1", mia)
        await routing.settled()

        async def kinds(text: str) -> list[str]:
            request = api.CheckReplyRequest(name=case, agent=mia, text=text)
            found = await desk.CheckReply(request, timeout=LIMIT_S)
            assert (found.score == 1) == (not found.hints)
            return [api.ReplyHintKind.Name(hint.kind).removeprefix("REPLY_HINT_KIND_") for hint in found.hints]

        assert await kinds("Thank you for your patience, Ann: it is there.") == []
        assert await kinds("Our SLA, {customer.handle}!") == ["JARGON", "UNFILLED"]
        assert await kinds(canned.text) == ["TEMPLATE"]
        assert await kinds(SAID) == ["TEMPLATE"]
        assert await kinds("x" * 281) == ["TOO_LONG"]
        reply = work.ReplyToCaseRequest(name=case, agent=mia, text="Our SLA, […]!", request_id=rid())
        assert (await routing.api.ReplyToCase(reply, timeout=LIMIT_S)).reply_id

        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await desk.CheckReply(
                api.CheckReplyRequest(name=case, agent=f"{PLACE}/agents/eve", text="a"), timeout=LIMIT_S
            )
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND
