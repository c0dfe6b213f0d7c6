"""Sources that cases are opened for and answered through, on real servers: only those that are connected."""

from __future__ import annotations

import grpc
import pytest
from switchboard.routing.v1 import service_pb2 as api

from tests.integration.routing.conftest import PLACE, Running, an_id, rid
from tests.integration.routing.test_api import LIMIT_S, reason
from tests.integration.routing.test_replies import accepted


def opening(source: str, channel: str = "") -> api.OpenCaseRequest:
    """A case by hand whose replies go out through a source."""
    identity = f"{PLACE}/identities/{an_id('customer')}"
    source = f"{PLACE}/sources/{source}"
    return api.OpenCaseRequest(parent=PLACE, source=source, channel=channel, identity=identity, request_id=rid())


async def refusal_of(routing: Running, request: api.OpenCaseRequest) -> tuple[grpc.StatusCode, str]:
    """How a case is refused."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await routing.api.OpenCase(request, timeout=LIMIT_S)
    return refused.value.code(), reason(refused.value)


async def test_a_case_is_opened_for_a_source_that_is_connected_at_this_moment_and_has_its_channel(
    routing: Running,
) -> None:
    unknown = (grpc.StatusCode.NOT_FOUND, "SOURCE_UNKNOWN")
    assert await refusal_of(routing, opening("nope-such", "hmm")) == unknown
    assert await refusal_of(routing, opening("later")) == unknown
    await routing.ingest.connect("later", "weibo")
    asked = opening("later")
    opened = await routing.api.OpenCase(asked, timeout=LIMIT_S)
    assert opened.case.channel == "weibo"
    assert await refusal_of(routing, opening("later", "x")) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "CHANNEL_DIFFERS",
    )
    await routing.ingest.disconnect("later")
    assert await refusal_of(routing, opening("later")) == unknown
    assert await routing.api.OpenCase(asked, timeout=LIMIT_S) == opened, "what was done stays answered"


async def test_no_reply_goes_out_through_a_source_that_is_gone(routing: Running) -> None:
    mia = await routing.agent()
    case = await accepted(routing, mia, "p1")
    await routing.ingest.disconnect("shop")
    asked = api.ReplyToCaseRequest(name=case, agent=mia, text="It is on its way.", request_id=rid())
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await routing.api.ReplyToCase(asked, timeout=LIMIT_S)
    assert (refused.value.code(), reason(refused.value)) == (grpc.StatusCode.NOT_FOUND, "SOURCE_UNKNOWN")
    await routing.ingest.connect("shop")
    assert (await routing.api.ReplyToCase(asked, timeout=LIMIT_S)).reply_id
