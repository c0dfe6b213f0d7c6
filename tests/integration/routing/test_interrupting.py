"""An interruption on real servers: what is heard, shown and explained of it, and that the log says the same again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chassis.log import Log
from chassis.tenants import Tenants
from google.protobuf.field_mask_pb2 import FieldMask
from switchboard.log.v1 import integrity_pb2
from switchboard.routing.v1 import desk_pb2 as desk_api
from switchboard.routing.v1 import events_pb2
from switchboard.routing.v1 import service_pb2 as api

from tests.integration.routing.conftest import PLACE, TENANT, Ingest, Running, rid
from tests.integration.routing.test_drafts import LIMIT_S, served


async def matrix(routing: Running) -> api.RoutingPolicy:
    """Calls interrupt letters."""
    row = events_pb2.Interrupts(channel="voice", interrupted=[events_pb2.ChannelKind(channel="email")])
    wanted = {"interrupts": [row], "interrupted_s": 600, "pending_percent": 25, "resume_percent": 125}
    policy = api.RoutingPolicy(name=f"{PLACE}/routingPolicy", **wanted)
    mask = FieldMask(paths=list(wanted))
    asked = api.UpdateRoutingPolicyRequest(routing_policy=policy, update_mask=mask, request_id=rid())
    changed: api.RoutingPolicy = (await routing.api.UpdateRoutingPolicy(asked, timeout=LIMIT_S)).routing_policy
    return changed


async def opened(routing: Running, channel: str) -> api.Case:
    """A case that somebody opens by hand."""
    asked = api.OpenCaseRequest(parent=PLACE, channel=channel, request_id=rid())
    found: api.Case = (await routing.api.OpenCase(asked, timeout=LIMIT_S)).case
    return found


async def accepted(routing: Running, case: api.Case) -> api.Case:
    """The case once who is offered it has taken it."""
    offer = case.offer
    asked = api.AcceptOfferRequest(name=case.name, agent=offer.agent, token=offer.token, request_id=rid())
    taken: api.Case = (await routing.api.AcceptOffer(asked, timeout=LIMIT_S)).case
    return taken


async def case_of(routing: Running, name: str, position: str) -> api.Case:
    """The case as the read model has it."""
    asked = api.GetCaseRequest(name=name, min_position=position)
    found: api.Case = (await routing.api.GetCase(asked, timeout=LIMIT_S)).case
    return found


async def test_a_call_says_what_it_would_interrupt_and_a_letter_what_it_waits_for_until_when_and_goes_on(
    routing: Running,
) -> None:
    shown = await matrix(routing)
    assert [row.channel for row in shown.interrupts] == ["voice"]
    mia = await routing.agent(capacity=1)
    letter = await accepted(routing, await opened(routing, "email"))
    call = await opened(routing, "voice")
    await routing.settled()
    watch = routing.api.WatchOffers(api.WatchOffersRequest(agent=mia), timeout=LIMIT_S)
    heard = await watch.read()
    assert (heard.offer.case, list(heard.offer.interrupts)) == (call.name, [letter.name])
    assert (await case_of(routing, letter.name, await routing.settled())).state == api.CASE_STATE_ACCEPTED

    call = await accepted(routing, call)
    assert list(call.interrupts) == [letter.name]
    waits = await case_of(routing, letter.name, await routing.settled())
    assert (waits.state, waits.waiting_for) == (api.CASE_STATE_PENDING, events_pb2.WAITING_FOR_INTERRUPTED)
    assert (waits.agent, waits.interrupted_by) == (mia, call.name)
    assert waits.pending_until.ToMicroseconds() - call.accepted_at.ToMicroseconds() == 600_000_000
    second = await opened(routing, "voice")
    asked = api.ExplainDecisionRequest(name=second.name)
    [candidate] = (await routing.api.ExplainDecision(asked, timeout=LIMIT_S)).candidates
    assert "is not interrupted again before" in candidate.explanation
    await routing.settled()
    asked = api.ExplainDecisionRequest(name=call.name, token=1)
    past = await routing.api.ExplainDecision(asked, timeout=LIMIT_S)
    assert list(past.offer.interrupts) == [letter.name]
    assert "would wait for it" in past.summary

    resolve = api.ResolveCaseRequest(name=call.name, agent=mia, disposition="solved", request_id=rid())
    position = (await routing.api.ResolveCase(resolve, timeout=LIMIT_S)).position
    assert (await case_of(routing, letter.name, position)).state == api.CASE_STATE_ACCEPTED
    while (heard := await watch.read()).change != api.OFFER_CHANGE_RESUMED:
        pass
    watch.cancel()
    assert (heard.offer.case, heard.offer.agent, heard.reason) == (letter.name, mia, "interruption_over")
    await routing.settled()
    request = integrity_pb2.VerifyIntegrityRequest()
    findings = [one async for one in routing.integrity.VerifyIntegrity(request, timeout=60)]
    assert [one.detail for one in findings if not one.ok] == []


async def test_a_cases_page_says_what_would_wait_before_it_is_accepted_and_what_waits_then(
    start: Callable[[], Any], log: Log, database_url: str
) -> None:
    await Tenants(log).ensure(TENANT)
    async with served(start, log, database_url, Ingest(log)) as (routing, desk):
        await matrix(routing)
        await routing.agent(capacity=1)
        letter = await accepted(routing, await opened(routing, "email"))
        call = await opened(routing, "voice")
        number = letter.name.rpartition("/")[2]

        asked = desk_api.GetCaseContextRequest(name=call.name, min_position=await routing.settled())
        page = await desk.GetCaseContext(asked, timeout=LIMIT_S)
        assert list(page.case.offer.interrupts) == [letter.name]
        assert f"once it is accepted, case {number} would wait for it" in page.summary
        await accepted(routing, call)
        asked.min_position = await routing.settled()
        page = await desk.GetCaseContext(asked, timeout=LIMIT_S)
        assert f"case {number} is with mia and waits for case {call.name.rpartition('/')[2]}, until" in page.summary
        asked.name = letter.name
        page = await desk.GetCaseContext(asked, timeout=LIMIT_S)
        assert page.case.interrupted_by == call.name
        assert page.case.HasField("pending_until")
