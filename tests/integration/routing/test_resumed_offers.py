"""Given a watch of offers on real servers, when it ends after any of its messages and goes on with that one's token,
then both parts together are the watch that never ended.
"""

from __future__ import annotations

from typing import Any

from switchboard.routing.v1 import service_pb2 as api

from tests.integration.routing.conftest import PLACE, Running, received, rid

LIMIT_S = 60
POSTS = 5


def customers(names: list[str]) -> list[Any]:
    """A post each of customers of their own."""
    return [received(name, identity_id=f"00000000-0000-4000-8000-{number:012}") for number, name in enumerate(names)]


async def read(routing: Running, agent: str, token: str, count: int) -> list[Any]:
    watch = routing.api.WatchOffers(api.WatchOffersRequest(agent=agent, resume_token=token), timeout=LIMIT_S)
    messages = [await watch.read() for _ in range(count)]
    watch.cancel()
    return messages


async def test_a_watch_that_is_cut_after_any_message_goes_on_with_the_next(routing: Running) -> None:
    mia = await routing.agent(capacity=POSTS)
    (end,) = await read(routing, mia, "", 1)
    live = routing.api.WatchOffers(api.WatchOffersRequest(agent=mia, resume_token=end.resume_token), timeout=LIMIT_S)
    await routing.ingest.say(*customers([f"p{number}" for number in range(POSTS)]))
    whole = [await live.read() for _ in range(POSTS)]
    away = api.SetPresenceRequest(name=mia, presence="PRESENCE_AWAY", request_id=rid())
    await routing.api.SetPresence(away, timeout=LIMIT_S)
    back = api.SetPresenceRequest(name=mia, presence="PRESENCE_AVAILABLE", request_id=rid())
    await routing.api.SetPresence(back, timeout=LIMIT_S)
    whole += [await live.read() for _ in range(2 * POSTS)]
    live.cancel()

    assert [one.change for one in whole] == (
        [api.OFFER_CHANGE_OPEN] * POSTS + [api.OFFER_CHANGE_RESCINDED] * POSTS + [api.OFFER_CHANGE_OPEN] * POSTS
    )
    assert len({one.resume_token.partition(".")[0] for one in whole}) < len(whole), "commits hold several of them"
    for place, message in enumerate([end, *whole[:-1]]):
        rest = await read(routing, mia, message.resume_token, len(whole) - place)
        assert rest == whole[place:], f"cut after {place}"
    await routing.settled()
    (present,) = await read(routing, mia, "", 1)
    assert present.offer.case.startswith(PLACE), "without a token it begins with what is open"
