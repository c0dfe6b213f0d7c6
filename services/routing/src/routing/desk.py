"""DeskService: what an agent's client works with beside the cases, at any replica."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from chassis.clock import FIRST, Clock, Instant, to_timestamp
from chassis.commits import Position
from chassis.database import Database
from chassis.errors import NotFound
from chassis.forms import Judge, together
from chassis.host import ShardHost
from chassis.layout import message_of
from chassis.projection import Projection
from chassis.requests import page, parse_name
from chassis.serving import deadline_s
from chassis.tenants import Tenants
from chassis.vault import KeyVault
from google.protobuf.message import Message
from switchboard.log.v1.log_pb2 import READABILITY_ERASED
from switchboard.log.v1.log_structs import Sealed
from switchboard.routing.v1 import desk_pb2 as api
from switchboard.routing.v1 import desk_pb2_grpc
from switchboard.routing.v1 import service_pb2 as work

from routing import canned_requests, events, goodwill_requests, lint
from routing.canned import render
from routing.case_context import CaseContext, asked_beside
from routing.commands import Command
from routing.desk_handler import DRAFT, assigned, checked, discarded, saved, viewed
from routing.requests import tenant_of
from routing.servicer import SHARD, RoutingServicer
from routing.shard import Shard
from routing.terms import JargonTerm
from routing.viewers import Viewers
from routing.views.cases import get_case
from routing.views.drafts import Drafts, draft_of, drafts_of

M = TypeVar("M", bound=Message)
Context = Any
CANNED = api.CreateCannedTextRequest, api.UpdateCannedTextRequest, api.DeleteCannedTextRequest
Written = tuple[str, Instant, Sealed]
"""Who writes, when it was saved, the text."""


class DeskServicer(desk_pb2_grpc.DeskServiceServicer):
    """What callers reach; it finds cases as RoutingService does."""

    def __init__(
        self,
        *,
        host: ShardHost[Command, Shard, events.Event],
        database: Database,
        drafts: Projection[Drafts],
        vault: KeyVault,
        tenants: Tenants,
        routing: RoutingServicer,
        viewers: Viewers,
        beside: CaseContext,
        clock: Clock,
    ) -> None:
        self._host = host
        self._database = database
        self._drafts = drafts
        self._vault = vault
        self._tenants = tenants
        self._routing = routing
        self._viewers = viewers
        self._beside = beside
        self._clock = clock

    async def SaveDraft(self, request: api.SaveDraftRequest, context: Context) -> api.SaveDraftResponse:  # noqa: N802
        tenant, text = tenant_of(request), request.text.encode()
        case_id, agent_id = saved(request)
        case = await self._routing.case_of(tenant, case_id)
        subject = case.identity.rpartition("/")[2] or case_id
        key = (await self._vault.keys(tenant, [subject]))[subject]
        sealed = api.SealedDraft(
            name=request.name, agent=request.agent, text_length=len(request.text), request_id=request.request_id
        )
        if key is not None:
            sealed.text.MergeFrom(message_of(key.seal(text)))
            sealed.text_digest = key.digest(text)
        kept = await self._host.call(tenant, SHARD, sealed, api.SaveDraftResponse)
        await self._viewers.typing(tenant, case_id, agent_id)
        return kept

    async def GetDraft(self, request: api.GetDraftRequest, context: Context) -> api.GetDraftResponse:  # noqa: N802
        parts = parse_name(DRAFT, request.name)
        tenant, case_id = parts["tenant"], parts["case"]
        await self._reached(tenant, request.min_position)
        found = await draft_of(self._database, tenant, case_id, parts["draft"])
        shown = await self._opened(tenant, case_id, [] if found is None else [found])
        if not shown:
            await self._tenants.require(tenant)
            raise NotFound("draft", request.name)
        return api.GetDraftResponse(draft=shown[0])

    async def ListDrafts(  # noqa: N802
        self, request: api.ListDraftsRequest, context: Context
    ) -> api.ListDraftsResponse:
        parts, part = parse_name("tenants/{tenant}/cases/{id}", request.parent, "parent"), page(request)
        tenant, case_id = parts["tenant"], parts["id"]
        await self._reached(tenant, request.min_position)
        after = str(part.cursor[0]) if part.cursor else ""
        rows = await drafts_of(self._database, tenant, case_id, after, part.size + 1)
        if not rows and await get_case(self._database, tenant, case_id) is None:
            await self._tenants.require(tenant)
            raise NotFound("case", request.parent)
        listed, token = part.cut(rows, _cursor)
        shown, token = part.within(listed, await self._opened(tenant, case_id, listed), token, _cursor)
        return api.ListDraftsResponse(drafts=shown, next_page_token=token)

    async def DeleteDraft(  # noqa: N802
        self, request: api.DeleteDraftRequest, context: Context
    ) -> api.DeleteDraftResponse:
        return await self._host.call(tenant_of(request), SHARD, request, api.DeleteDraftResponse)

    async def CreateCannedText(  # noqa: N802
        self, request: api.CreateCannedTextRequest, context: Context
    ) -> api.CreateCannedTextResponse:
        canned_requests.command_of(request, FIRST)  # who asks for nothing right brings no tenant into being
        tenant = tenant_of(request)
        await self._tenants.ensure(tenant)
        return await self._host.call(tenant, SHARD, request, api.CreateCannedTextResponse)

    async def GetCannedText(  # noqa: N802
        self, request: api.GetCannedTextRequest, context: Context
    ) -> api.GetCannedTextResponse:
        return await self._read(request, request.min_position, api.GetCannedTextResponse)

    async def ListCannedTexts(  # noqa: N802
        self, request: api.ListCannedTextsRequest, context: Context
    ) -> api.ListCannedTextsResponse:
        return await self._read(request, request.min_position, api.ListCannedTextsResponse)

    async def UpdateCannedText(  # noqa: N802
        self, request: api.UpdateCannedTextRequest, context: Context
    ) -> api.UpdateCannedTextResponse:
        return await self._host.call(tenant_of(request), SHARD, request, api.UpdateCannedTextResponse)

    async def DeleteCannedText(  # noqa: N802
        self, request: api.DeleteCannedTextRequest, context: Context
    ) -> api.DeleteCannedTextResponse:
        return await self._host.call(tenant_of(request), SHARD, request, api.DeleteCannedTextResponse)

    async def RenderCannedText(  # noqa: N802
        self, request: api.RenderCannedTextRequest, context: Context
    ) -> api.RenderCannedTextResponse:
        tenant, said = tenant_of(request), canned_requests.rendering(request)
        asked = api.GetCannedTextRequest(name=request.name)
        found = await self._host.call(tenant, SHARD, asked, api.GetCannedTextResponse)
        case = await self._routing.case_of(tenant, request.case.rpartition("/")[2])
        agent_asked = work.GetAgentRequest(name=request.agent)
        agent = (await self._host.call(tenant, SHARD, agent_asked, work.GetAgentResponse)).agent
        values = {
            **said,
            "agent.display_name": agent.display_name,
            "case.id": case.name.rpartition("/")[2],
            "case.channel": case.channel,
            "case.desk": case.desk,
            "queue.display_name": await self._queue_called(tenant, case.queue),
        }
        text, missing = render(found.canned_text.text, values)
        return api.RenderCannedTextResponse(text=text, missing=missing)

    async def AssignCase(  # noqa: N802
        self, request: api.AssignCaseRequest, context: Context
    ) -> api.AssignCaseResponse:
        return await self._host.call(tenant_of(request), SHARD, request, api.AssignCaseResponse)

    async def GetCaseContext(  # noqa: N802
        self, request: api.GetCaseContextRequest, context: Context
    ) -> api.GetCaseContextResponse:
        tenant, name, known = tenant_of(request), request.name, request.min_position
        own, identities = name.rpartition("/")[2], asked_beside(request)
        case = await self._routing.case_of(tenant, own)
        aside = await self._host.call(tenant, SHARD, api.CaseAside(name=name, agent=request.agent), api.CaseAsideAnswer)
        if not known and not await self._beside.has(tenant, own):
            known = aside.position  # it was opened a moment ago, and the tables do not have it yet
        why = await self._routing.ExplainDecision(work.ExplainDecisionRequest(name=name), context)
        posts = await self._routing.ListCasePosts(work.ListCasePostsRequest(parent=name, min_position=known), context)
        drafts = await self.ListDrafts(api.ListDraftsRequest(parent=name, min_position=known), context)
        beside = self._beside
        await beside.reached(tenant, known)
        together = await beside.together(tenant, own)
        return api.GetCaseContextResponse(
            case=case,
            rank=why.rank,
            summary=why.summary,
            case_posts=posts.case_posts,
            next_post_page_token=posts.next_page_token,
            drafts=drafts.drafts,
            canned_texts=await self._fitting(case),
            customer_cases=await beside.customer_cases(tenant, case, identities, together),
            notes=await beside.notes(tenant, together),
            expected_wait=aside.expected_wait if aside.HasField("expected_wait") else None,
            goodwill=aside.goodwill if aside.HasField("goodwill") else await beside.goodwill(tenant, own),
            suggested_answers=await beside.suggestions(tenant, case, request.question),
            allowance=await beside.allowance(tenant, case, together, self._clock.now()),
        )

    async def GrantGoodwill(  # noqa: N802
        self, request: api.GrantGoodwillRequest, context: Context
    ) -> api.GrantGoodwillResponse:
        return await self._host.call(tenant_of(request), SHARD, request, api.GrantGoodwillResponse)

    async def ApproveGoodwill(  # noqa: N802
        self, request: api.ApproveGoodwillRequest, context: Context
    ) -> api.ApproveGoodwillResponse:
        return await self._host.call(tenant_of(request), SHARD, request, api.ApproveGoodwillResponse)

    async def RefuseGoodwill(  # noqa: N802
        self, request: api.RefuseGoodwillRequest, context: Context
    ) -> api.RefuseGoodwillResponse:
        return await self._host.call(tenant_of(request), SHARD, request, api.RefuseGoodwillResponse)

    async def CheckReply(  # noqa: N802
        self, request: api.CheckReplyRequest, context: Context
    ) -> api.CheckReplyResponse:
        tenant, (case_id, agent_id) = tenant_of(request), checked(request)
        case = await self._routing.case_of(tenant, case_id)
        await self._host.call(tenant, SHARD, work.GetAgentRequest(name=request.agent), work.GetAgentResponse)
        asked = api.GetDeskPolicyRequest(name=f"tenants/{tenant}/deskPolicy")
        policy = (await self._host.call(tenant, SHARD, asked, api.GetDeskPolicyResponse)).desk_policy
        seen = lint.Context(
            case.language,
            case.channel,
            await self._length_max(tenant, case.queue),
            [JargonTerm(one.term, one.instead) for one in policy.jargon],
            [(text.display_name or text.name.rpartition("/")[2], text.text) for text in await self._fitting(case)],
            await self._beside.answers_of(tenant, agent_id, case_id),
        )
        found = await asyncio.to_thread(lint.check, request.text, seen)
        return api.CheckReplyResponse(
            hints=[
                api.ReplyHint(
                    kind=f"REPLY_HINT_KIND_{hint.kind.name}", start=hint.start, end=hint.end, sentence=hint.sentence
                )
                for hint in found.hints
            ],
            score=found.score,
            reuse=found.reuse,
        )

    async def ListWaitingGoodwill(  # noqa: N802
        self, request: api.ListWaitingGoodwillRequest, context: Context
    ) -> api.ListWaitingGoodwillResponse:
        return await self._read(request, request.min_position, api.ListWaitingGoodwillResponse)

    async def GetDeskPolicy(  # noqa: N802
        self, request: api.GetDeskPolicyRequest, context: Context
    ) -> api.GetDeskPolicyResponse:
        return await self._read(request, request.min_position, api.GetDeskPolicyResponse)

    async def UpdateDeskPolicy(  # noqa: N802
        self, request: api.UpdateDeskPolicyRequest, context: Context
    ) -> api.UpdateDeskPolicyResponse:
        goodwill_requests.changing(request, FIRST)  # who asks for nothing right brings no tenant into being
        tenant = tenant_of(request)
        await self._tenants.ensure(tenant)
        return await self._host.call(tenant, SHARD, request, api.UpdateDeskPolicyResponse)

    async def ViewCase(  # noqa: N802
        self, request: api.ViewCaseRequest, context: Context
    ) -> AsyncIterator[api.ViewCaseResponse]:
        tenant, case_id, agent_id = tenant_of(request), *viewed(request)
        await self._routing.case_of(tenant, case_id)
        asked = work.GetAgentRequest(name=request.agent)
        await self._host.call(tenant, SHARD, asked, work.GetAgentResponse)
        async with aclosing(self._viewers.watch(tenant, case_id, agent_id)) as heard:
            async for news in heard:
                if news is None:
                    yield api.ViewCaseResponse()
                else:
                    other, sign = news
                    agent = f"tenants/{tenant}/agents/{other}"
                    yield api.ViewCaseResponse(agent=agent, viewing=f"VIEWING_{sign.name}")

    async def _queue_called(self, tenant: str, queue: str) -> str:
        """What people call the queue of a case; its id where it has no name, or was deleted."""
        if not queue:
            return ""
        found = await self._routing.if_remembered(tenant, work.GetQueueRequest(name=queue), work.GetQueueResponse)
        return ("" if found is None else found.queue.display_name) or queue.rpartition("/")[2]

    async def _fitting(self, case: work.Case) -> Sequence[api.CannedText]:
        """Canned texts for a case, the nearest first."""
        tenant, queue = case.name.split("/")[1], case.queue.rpartition("/")[2]
        fits = api.FittingTexts(parent=f"tenants/{tenant}", language=case.language, queue=queue)
        return (await self._host.call(tenant, SHARD, fits, api.ListCannedTextsResponse)).canned_texts

    async def _length_max(self, tenant: str, queue: str) -> int:
        """Characters that a queue lets a reply have, 0 where it says nothing."""
        if not queue:
            return 0
        found = await self._routing.if_remembered(tenant, work.GetQueueRequest(name=queue), work.GetQueueResponse)
        return 0 if found is None else found.queue.claim_mode.reply_length_max

    async def _read(self, request: Message, min_position: str, response: type[M]) -> M:
        """What the owner's memory says; its own facts it always has, those of others it may yet have to read."""
        tenant = tenant_of(request)
        if min_position:
            await self._host.caught_up(tenant, Position.decode(min_position))
        return await self._host.call(tenant, SHARD, request, response)

    async def _opened(self, tenant: str, case_id: str, rows: Sequence[Written]) -> list[api.Draft]:
        """The drafts with their texts; an erased customer's are no more, whatever the table still holds."""
        texts = await self._vault.open_all(tenant, [text for _, _, text in rows])
        place = f"tenants/{tenant}"
        return [
            api.Draft(
                name=f"{place}/cases/{case_id}/drafts/{agent_id}",
                agent=f"{place}/agents/{agent_id}",
                text="" if plain is None else plain.decode(errors="replace"),
                readability=readability,
                saved_at=to_timestamp(at),
            )
            for (agent_id, at, _), (plain, readability) in zip(rows, texts, strict=True)
            if readability != READABILITY_ERASED
        ]

    async def _reached(self, tenant: str, token: str) -> None:
        if token:
            await self._drafts.reached(Position.decode(token), deadline_s(), tenant)


def desk_judges(clock: Clock) -> Mapping[type[Message], Judge]:
    """What else is wrong with the form of requests about desks, by request type."""
    return {
        api.SaveDraftRequest: saved,
        api.DeleteDraftRequest: lambda request: discarded(request, clock.now()),
        api.ListDraftsRequest: page,
        api.ViewCaseRequest: viewed,
        api.CheckReplyRequest: checked,
        api.GrantGoodwillRequest: lambda asked: goodwill_requests.granting(asked, clock.now()),
        api.ApproveGoodwillRequest: lambda asked: goodwill_requests.deciding(asked, clock.now()),
        api.RefuseGoodwillRequest: lambda asked: goodwill_requests.deciding(asked, clock.now()),
        api.UpdateDeskPolicyRequest: lambda asked: goodwill_requests.changing(asked, clock.now()),
        api.ListWaitingGoodwillRequest: lambda asked: page(asked, (str, str)),
        api.GetCaseContextRequest: asked_beside,
        api.AssignCaseRequest: lambda request: assigned(request, clock.now()),
        **dict.fromkeys(CANNED, lambda request: canned_requests.command_of(request, clock.now())),
        api.ListCannedTextsRequest: lambda asked: together(lambda: page(asked), lambda: canned_requests.wanted(asked)),
        api.RenderCannedTextRequest: canned_requests.rendering,
    }


def _cursor(written: Written) -> tuple[str]:
    return (written[0],)
