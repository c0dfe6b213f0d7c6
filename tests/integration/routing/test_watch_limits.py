"""Watches of routing: pages, bookmarks, and how far back a token reads."""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from chassis import tail as tails
from chassis import watches
from chassis.commits import Position
from google.rpc import error_details_pb2 as details
from grpc_status import rpc_status
from routing import servicer
from switchboard.routing.v1 import service_pb2 as api

LIMIT_S = 60
TENANT = "acme"
PLACE = f"tenants/{TENANT}"


def watch(routing: Any, kind: str, agent: str, token: str = "") -> Any:
    if kind == "WatchCases":
        return routing.api.WatchCases(api.WatchCasesRequest(parent=PLACE, resume_token=token), timeout=LIMIT_S)
    return routing.api.WatchOffers(api.WatchOffersRequest(agent=agent, resume_token=token), timeout=LIMIT_S)


async def snapshot_of(stream: Any) -> tuple[list[Any], str]:
    """(what was there, the token that ends the snapshot)."""
    there = []
    while not (message := await stream.read()).resume_token:
        there.append(message)
    return there, message.resume_token


@pytest.mark.parametrize("kind", ["WatchCases", "WatchOffers"])
async def test_a_watch_in_which_nothing_happens_gets_a_fresh_token(
    routing: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(watches, "BOOKMARK_S", 0.05)
    mia = await routing.agent()
    stream = watch(routing, kind, mia)
    _, token = await snapshot_of(stream)
    for _ in range(2):
        moved = await routing.ingest.post(f"an answer to nobody {token}", direction="DIRECTION_OUTBOUND")
        while Position.decode(token) < Position.decode(moved):
            message = await stream.read()
            assert Position.decode(message.resume_token) >= Position.decode(token)
            token = message.resume_token
    stream.cancel()
    again = watch(routing, kind, mia, token)
    await routing.ingest.post("hello")
    assert (await again.read()).resume_token
    again.cancel()


@pytest.mark.parametrize("kind", ["WatchCases", "WatchOffers"])
async def test_a_token_that_lies_too_far_back_says_begin_again(
    routing: Any, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    mia = await routing.agent()
    stream = watch(routing, kind, mia)
    _, token = await snapshot_of(stream)
    stream.cancel()
    monkeypatch.setattr(tails, "BEHIND_MAX", 2)
    for number in range(4):
        await routing.ingest.post(f"post {number}")
    await routing.settled()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await watch(routing, kind, mia, token).read()
    status = rpc_status.from_call(caught.value)
    info = details.ErrorInfo()
    assert status is not None
    assert any(detail.Unpack(info) for detail in status.details)
    assert (caught.value.code().name, info.reason) == ("OUT_OF_RANGE", "RESUME_TOKEN_EXPIRED")
    fresh = watch(routing, kind, mia)
    assert (await snapshot_of(fresh))[1], "without it the watch begins with a snapshot"
    fresh.cancel()


async def test_the_snapshot_of_cases_comes_in_pages_and_leaves_none_out(
    routing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    list_cases = servicer.list_cases

    async def counted(*arguments: Any) -> Any:
        asked.append(arguments[-1])
        return await list_cases(*arguments)

    monkeypatch.setattr(servicer, "SNAPSHOT_PAGE", 3)
    monkeypatch.setattr(servicer, "list_cases", counted)
    for number in range(7):
        await routing.ingest.post(f"post {number}", identity_id=f"00000000-0000-4000-8000-00000000000{number}")
    await routing.settled()
    stream = watch(routing, "WatchCases", "")
    there, _ = await snapshot_of(stream)
    assert len({message.case.name for message in there}) == 7
    assert asked == [3, 3, 3], "no list of all of them"
    stream.cancel()
