"""An agent leaves, on real servers: its desktop hears of it, and somebody else has what it had."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from tests.integration.routing.conftest import Running, rid

LIMIT_S = 60


async def told_of_leaving(watch: Any, count: int) -> list[Any]:
    """What it hears of its presence and of cases that it has no longer."""
    told: list[Any] = []
    while len(told) < count:
        message = await watch.read()
        if message.presence or message.change == api.OFFER_CHANGE_RELEASED:
            told.append(message)
    return told


async def test_who_drains_finishes_or_gives_back_and_is_offline(routing: Running) -> None:
    mia = await routing.agent()
    await routing.ingest.post("p1")
    case = await routing.case_of("p1")
    accept = api.AcceptOfferRequest(name=case.name, agent=mia, token=1, request_id=rid())
    await routing.api.AcceptOffer(accept, timeout=LIMIT_S)
    watch = routing.api.WatchOffers(api.WatchOffersRequest(agent=mia), timeout=LIMIT_S)
    while not (await watch.read()).resume_token:
        pass
    ask = api.DrainAgentRequest(name=mia, request_id=rid())
    ask.until.FromDatetime(datetime.now(UTC) + timedelta(hours=1))
    drains = (await routing.api.DrainAgent(ask, timeout=LIMIT_S)).agent
    assert (drains.presence, drains.presence_reason, drains.leaves_at) == (events_pb2.PRESENCE_BUSY, "drain", ask.until)
    leo = await routing.agent("leo")
    now = api.DrainAgentRequest(name=mia, request_id=rid())
    gone = (await routing.api.DrainAgent(now, timeout=LIMIT_S)).agent
    assert (gone.presence, gone.presence_reason, list(gone.cases)) == (events_pb2.PRESENCE_OFFLINE, "drained", [])
    told = await told_of_leaving(watch, 3)
    assert [(one.presence, one.reason) for one in told[:2]] == [
        (events_pb2.PRESENCE_BUSY, "drain"),
        (events_pb2.PRESENCE_OFFLINE, "drained"),
    ]
    assert (told[2].change, told[2].reason, told[2].offer.case) == (api.OFFER_CHANGE_RELEASED, "drained", case.name)
    watch.cancel()
    agent = (await routing.api.GetAgent(api.GetAgentRequest(name=leo), timeout=LIMIT_S)).agent
    assert list(agent.cases) == [case.name]


async def test_what_somebody_has_who_is_gone_comes_back_when_the_policy_says(routing: Running) -> None:
    policy = api.RoutingPolicy(name="tenants/acme/routingPolicy", absence_s=1)
    update = api.UpdateRoutingPolicyRequest(routing_policy=policy, request_id=rid())
    assert (await routing.api.UpdateRoutingPolicy(update, timeout=LIMIT_S)).routing_policy.absence_s == 1
    mia = await routing.agent()
    await routing.ingest.post("p1")
    case = await routing.case_of("p1")
    accept = api.AcceptOfferRequest(name=case.name, agent=mia, token=1, request_id=rid())
    await routing.api.AcceptOffer(accept, timeout=LIMIT_S)
    watch = routing.api.WatchOffers(api.WatchOffersRequest(agent=mia), timeout=LIMIT_S)
    while not (await watch.read()).resume_token:
        pass
    away = api.SetPresenceRequest(name=mia, presence="PRESENCE_AWAY", request_id=rid())
    assert (await routing.api.SetPresence(away, timeout=LIMIT_S)).agent.HasField("leaves_at")
    told = await told_of_leaving(watch, 2)
    assert (told[0].presence, told[0].reason) == (events_pb2.PRESENCE_OFFLINE, "absent")
    assert (told[1].change, told[1].reason) == (api.OFFER_CHANGE_RELEASED, "absent")
    watch.cancel()
