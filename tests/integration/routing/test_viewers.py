"""Agents who look at one case at two replicas hear of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
import pytest
from chassis.log import Log
from chassis.tenants import Tenants
from switchboard.routing.v1 import desk_pb2 as api

from tests.integration.routing.conftest import PLACE, TENANT, Ingest, an_id, rid
from tests.integration.routing.test_drafts import LIMIT_S, accepted, served


async def news(view: Any) -> tuple[str, Any]:
    """(agent, what is new of it): the next that is said of anybody."""
    while True:
        response = await view.read()
        if response.agent:
            return response.agent.rpartition("/")[2], response.viewing


async def test_who_looks_writes_and_leaves_is_seen_at_the_other_replica_and_stands_in_no_log(
    start: Callable[[], Any], log: Log, database_url: str
) -> None:
    await Tenants(log).ensure(TENANT)
    ingest = Ingest(log)
    await ingest.connect("shop")
    async with served(start, log, database_url, ingest) as (routing, one):
        mia = await routing.agent("mia")
        case = await accepted(routing, "p1", mia)
        ben = await routing.agent("ben")
        before = await log.last_position()
        async with served(start, log, database_url, ingest) as (_, other):

            def look(desk: Any, agent: str) -> Any:
                return desk.ViewCase(api.ViewCaseRequest(name=case, agent=agent), timeout=LIMIT_S)

            mine = look(one, mia)
            assert await mine.read() == api.ViewCaseResponse()
            theirs = look(other, ben)
            assert await theirs.read() == api.ViewCaseResponse()
            assert await news(mine) == ("ben", api.VIEWING_PRESENT)
            assert await news(theirs) == ("mia", api.VIEWING_PRESENT)
            assert await log.last_position() == before

            draft = api.SaveDraftRequest(name=case, agent=ben, text="I would say", request_id=rid())
            await other.SaveDraft(draft, timeout=LIMIT_S)
            assert await news(mine) == ("ben", api.VIEWING_TYPING)
            theirs.cancel()
            assert await news(mine) == ("ben", api.VIEWING_LEFT)
            mine.cancel()

            nothing = api.ViewCaseRequest(name=f"{PLACE}/cases/{an_id('nothing')}", agent=mia)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await one.ViewCase(nothing, timeout=LIMIT_S).read()
            assert refused.value.code() is grpc.StatusCode.NOT_FOUND
