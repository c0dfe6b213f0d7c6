"""What an agent's client shows beside a case, in one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from chassis.clock import MICROS, Instant, to_timestamp
from chassis.database import Database
from chassis.log import Log
from chassis.tenants import Tenants
from chassis.vault import KeyVault
from switchboard.routing.v1 import desk_pb2 as api
from switchboard.routing.v1 import service_pb2 as work

from tests.integration.routing.conftest import CLOCK, PLACE, TENANT, Ingest, an_id, rid
from tests.integration.routing.test_drafts import LIMIT_S, accepted, served


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


async def test_a_case_that_the_tables_do_not_have_yet_is_shown_as_soon_as_they_do(
    start: Callable[[], Any], log: Log, database_url: str
) -> None:
    await Tenants(log).ensure(TENANT)
    ingest = Ingest(log)
    async with served(start, log, database_url, ingest) as (routing, desk), Database(database_url, "routing") as tables:
        async with tables.transaction() as held:
            await held.execute("lock table cases_v9 in exclusive mode")
            opened = await routing.api.OpenCase(
                work.OpenCaseRequest(parent=PLACE, channel="x", language="en", request_id=rid()), timeout=LIMIT_S
            )
            asked = desk.GetCaseContext(api.GetCaseContextRequest(name=opened.case.name), timeout=LIMIT_S)
            shown = asyncio.ensure_future(asked)
            await asyncio.wait([shown], timeout=1.0)  # nothing says that it waits
            assert not shown.done()
        assert (await shown).case.name == opened.case.name


async def test_the_customers_other_cases_notes_and_what_the_platform_allows_are_shown(
    start: Callable[[], Any], log: Log, database_url: str
) -> None:
    await Tenants(log).ensure(TENANT)
    ingest = Ingest(log)
    await ingest.connect("shop")
    await ingest.connect("mail")
    async with served(start, log, database_url, ingest) as (routing, desk):
        mia = await routing.agent("mia", 5)
        before = await accepted(routing, "earlier", mia)
        note = work.NoteCaseRequest(name=before, agent=mia, text="A regular.", request_id=rid())
        await routing.api.NoteCase(note, timeout=LIMIT_S)
        settle = work.ResolveCaseRequest(name=before, agent=mia, disposition="solved", request_id=rid())
        await routing.api.ResolveCase(settle, timeout=LIMIT_S)
        await ingest.post("abroad", identity_id=an_id("elsewhere"), source_id="mail", desk="mail")
        elsewhere = (await routing.case_of("abroad")).name
        closes = to_timestamp(Instant(CLOCK.now() + 3600 * MICROS))
        await ingest.post("now", source_id="mail", desk="mail", reply_quota_left=2, reply_window_expires_at=closes)
        case = await routing.case_of("now")
        take = work.AcceptOfferRequest(name=case.name, agent=mia, token=case.offer.token, request_id=rid())
        await routing.api.AcceptOffer(take, timeout=LIMIT_S)
        for text in ("First.", "Second."):
            note = work.NoteCaseRequest(name=case.name, agent=mia, text=text, request_id=rid())
            position = (await routing.api.NoteCase(note, timeout=LIMIT_S)).position

        request = api.GetCaseContextRequest(name=case.name, min_position=position)
        shown = await desk.GetCaseContext(request, timeout=LIMIT_S)
        assert [(one.name, one.disposition) for one in shown.customer_cases] == [(before, "solved")]
        assert [(one.text, one.agent, one.case) for one in shown.notes] == [
            ("Second.", mia, case.name),
            ("First.", mia, case.name),
        ]
        assert not shown.HasField("expected_wait")
        assert (shown.allowance.replies_left, shown.allowance.open) == (2, True)
        assert shown.allowance.window_expires_at == closes

        for left in (1, 0):
            reply = work.ReplyToCaseRequest(name=case.name, agent=mia, text="Soon.", request_id=rid())
            request.min_position = (await routing.api.ReplyToCase(reply, timeout=LIMIT_S)).position
            request.identities[:] = [f"{PLACE}/identities/{an_id('elsewhere')}"]
            shown = await desk.GetCaseContext(request, timeout=LIMIT_S)
            assert (shown.allowance.replies_left, shown.allowance.open) == (left, left > 0)
            assert [one.name for one in shown.customer_cases] == [elsewhere, before]

        request = api.GetCaseContextRequest(name=before, min_position=request.min_position)
        shown = await desk.GetCaseContext(request, timeout=LIMIT_S)
        assert [one.name for one in shown.customer_cases] == [case.name]
        assert [one.text for one in shown.notes] == ["A regular."]
        assert not shown.allowance.HasField("replies_left")
        assert not shown.allowance.HasField("window_expires_at")


ANSWER = "Hello {}, please hold the power button for ten seconds until the light goes off, and it starts anew."


async def test_what_settled_other_cases_is_suggested_until_one_of_them_is_erased(
    start: Callable[[], Any], log: Log, database_url: str, kek_file: Path
) -> None:
    await Tenants(log).ensure(TENANT)
    ingest = Ingest(log)
    await ingest.connect("shop")
    people = {name: an_id(name) for name in ("Ann", "Ben", "Cem")}
    async with served(start, log, database_url, ingest) as (routing, desk):
        policy = work.RoutingPolicy(name=f"{PLACE}/routingPolicy", confirm_window_s=1)
        change = work.UpdateRoutingPolicyRequest(routing_policy=policy, request_id=rid())
        await routing.api.UpdateRoutingPolicy(change, timeout=LIMIT_S)
        mia = await routing.agent("mia", 9)
        for name, identity in people.items():
            await ingest.post(name, identity_id=identity)
            case = await routing.case_of(name)
            take = work.AcceptOfferRequest(name=case.name, agent=mia, token=case.offer.token, request_id=rid())
            await routing.api.AcceptOffer(take, timeout=LIMIT_S)
            note = work.NoteCaseRequest(name=case.name, agent=mia, text=f"{name} is in a hurry.", request_id=rid())
            await routing.api.NoteCase(note, timeout=LIMIT_S)
            for text in (ANSWER.format(name), "You're welcome!"):
                reply = work.ReplyToCaseRequest(name=case.name, agent=mia, text=text, request_id=rid())
                await routing.api.ReplyToCase(reply, timeout=LIMIT_S)
            await routing.settled()
            settle = work.ResolveCaseRequest(name=case.name, agent=mia, disposition="solved", request_id=rid())
            await routing.api.ResolveCase(settle, timeout=LIMIT_S)
        confirmed = set()
        async for seen in routing.api.WatchCases(
            work.WatchCasesRequest(parent=PLACE, filter="state = CONFIRMED"), timeout=LIMIT_S
        ):
            confirmed |= {seen.case.identity} - {""}
            if len(confirmed) == len(people):
                break
        await ingest.post("dan", identity_id=an_id("Dan"))
        case = await routing.case_of("dan")

        request = api.GetCaseContextRequest(name=case.name, question="It does not start.")
        (only,) = (await desk.GetCaseContext(request, timeout=LIMIT_S)).suggested_answers
        assert only.text == f"[…]{ANSWER.partition('{}')[2]}"
        assert (only.agent, only.customers, only.gaps) == (mia, 3, 1)
        assert only.case == (await routing.case_of("Cem")).name

        of_ann = api.GetCaseContextRequest(name=(await routing.case_of("Ann")).name)
        assert [one.text for one in (await desk.GetCaseContext(of_ann, timeout=LIMIT_S)).notes] == [
            "Ann is in a hurry."
        ]
        async with Database(database_url, "routing") as database:
            await KeyVault(database, kek_file).destroy(TENANT, people["Ann"])
        assert not (await desk.GetCaseContext(request, timeout=LIMIT_S)).suggested_answers
        assert not (await desk.GetCaseContext(of_ann, timeout=LIMIT_S)).notes
