"""What an agent's client shows beside a case, in one answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from chassis.log import Log
from chassis.tenants import Tenants
from switchboard.routing.v1 import desk_pb2 as api
from switchboard.routing.v1 import service_pb2 as work

from tests.integration.routing.conftest import PLACE, TENANT, Ingest, an_id, rid
from tests.integration.routing.test_drafts import LIMIT_S, served


async def test_all_that_is_shown_beside_a_case_comes_in_one_answer(
    start: Callable[[], Any], log: Log, database_url: str
) -> None:
    await Tenants(log).ensure(TENANT)
    ingest = Ingest(log)
    await ingest.connect("shop")
    async with served(start, log, database_url, ingest) as (routing, desk):
        await ingest.post("p0", identity_id=an_id("another"))
        await ingest.post("p1")
        await ingest.post("p2", "p1")
        case = await routing.case_of("p2")
        register = work.CreateAgentRequest(parent=PLACE, agent_id="mia", request_id=rid())
        mia = (await routing.api.CreateAgent(register, timeout=LIMIT_S)).agent.name
        vip = work.CreateQueueRequest(parent=PLACE, queue_id="vip", request_id=rid())
        await routing.api.CreateQueue(vip, timeout=LIMIT_S)
        for text_id, language, queues in (
            ("any", "", []),
            ("here", "en", ["default"]),
            ("no", "de", []),
            ("vip", "", ["vip"]),
        ):
            text = api.CannedText(text="Hi", language=language, queues=[f"{PLACE}/queues/{queue}" for queue in queues])
            create = api.CreateCannedTextRequest(
                parent=PLACE, canned_text_id=text_id, canned_text=text, request_id=rid()
            )
            await desk.CreateCannedText(create, timeout=LIMIT_S)
        draft = api.SaveDraftRequest(name=case.name, agent=mia, text="We are", request_id=rid())
        saved = await desk.SaveDraft(draft, timeout=LIMIT_S)

        request = api.GetCaseContextRequest(name=case.name, min_position=saved.position)
        shown = await desk.GetCaseContext(request, timeout=LIMIT_S)
        assert shown.case == case
        assert shown.rank == 2
        assert "waits in queue default: most agents are not available" in shown.summary
        assert [post.post for post in shown.case_posts] == [f"{PLACE}/posts/{an_id(name)}" for name in ("p1", "p2")]
        assert [(one.agent, one.text) for one in shown.drafts] == [(mia, "We are")]
        assert [text.name.rpartition("/")[2] for text in shown.canned_texts] == ["here", "any"]

        request.name = f"{PLACE}/cases/{an_id('nothing')}"
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await desk.GetCaseContext(request, timeout=LIMIT_S)
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND
