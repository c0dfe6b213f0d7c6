"""RoutingService: requests in, commands and queries, responses out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

import grpc
from chassis.clock import FIRST
from chassis.commits import Entry, Position, Recorded
from chassis.database import Database
from chassis.errors import NotFound, StatusError
from chassis.filters import Expression
from chassis.host import ShardHost
from chassis.layout import UnreadableEvent, message_of
from chassis.log import Log
from chassis.projection import Projection
from chassis.requests import Int32, Uuid, page, parse_name
from chassis.serving import deadline_s
from chassis.tail import Tail
from chassis.tenants import Tenants
from chassis.vault import KeyVault
from chassis.watches import Changes, Shown
from google.protobuf.message import DecodeError, Message
from switchboard.routing.v1 import events_structs, service_pb2_grpc
from switchboard.routing.v1 import service_pb2 as api

from routing import events
from routing.case_decider import name as called
from routing.case_decider import standing
from routing.cases import Case
from routing.commands import Command, Reason
from routing.explain import explain_offer
from routing.filters import cases_wanted, posts_wanted, unattributed_wanted
from routing.lengths import length_of
from routing.offers import Offers
from routing.past_offers import PastOffers
from routing.requests import command_of, tenant_of, written
from routing.shard import Shard
from routing.similarity import sketch
from routing.sources import Sources
from routing.views.case_tables import Row
from routing.views.cases import CASE_FACTS, cases_of, get_case, list_cases, matches, places_of, position, posts_of
from routing.views.threads import list_unattributed
from routing.wire import (
    case_event_message,
    case_message,
    past_explanation_message,
    post_message,
    unattributed_message,
)

M = TypeVar("M", bound=Message)
Context = Any

SHARD = "0"
SNAPSHOT_PAGE = 100
"""Cases of a snapshot that are in memory at a time."""
CATCH_UP_S = 30.0
"""How long a watch waits for the read model before it ends."""

CODES: Mapping[str, grpc.StatusCode] = {
    Reason.AGENT_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Reason.AGENT_UNKNOWN: grpc.StatusCode.NOT_FOUND,
    Reason.ANSWER_UNKNOWN: grpc.StatusCode.NOT_FOUND,
    Reason.CANNED_TEXT_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Reason.CANNED_TEXT_UNKNOWN: grpc.StatusCode.NOT_FOUND,
    Reason.CASE_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Reason.CASE_UNKNOWN: grpc.StatusCode.NOT_FOUND,
    Reason.GOODWILL_UNKNOWN: grpc.StatusCode.NOT_FOUND,
    Reason.PLACE_UNKNOWN: grpc.StatusCode.NOT_FOUND,
    Reason.POST_UNKNOWN: grpc.StatusCode.NOT_FOUND,
    Reason.QUEUE_EXISTS: grpc.StatusCode.ALREADY_EXISTS,
    Reason.QUEUE_UNKNOWN: grpc.StatusCode.NOT_FOUND,
    Reason.SOURCE_UNKNOWN: grpc.StatusCode.NOT_FOUND,
}
"""Reasons and their status codes; the others are FAILED_PRECONDITION."""


class RoutingServicer(service_pb2_grpc.RoutingServiceServicer):
    """What callers reach, at any replica."""

    def __init__(
        self,
        *,
        host: ShardHost[Command, Shard, events.Event],
        database: Database,
        projection: Projection[Row],
        log: Log,
        tail: Tail,
        offers: Offers,
        past_offers: PastOffers,
        sources: Sources,
        vault: KeyVault,
        tenants: Tenants,
    ) -> None:
        self._host = host
        self._database = database
        self._projection = projection
        self._log = log
        self._tail = tail
        self._offers = offers
        self._past_offers = past_offers
        self._sources = sources
        self._vault = vault
        self._tenants = tenants

    # Reads of the read model.

    async def GetCase(self, request: api.GetCaseRequest, context: Context) -> api.GetCaseResponse:  # noqa: N802
        tenant, case_id = _case_name(request.name)
        await self._reached(tenant, request.min_position)
        return api.GetCaseResponse(case=case_message(tenant, await self._case(tenant, case_id)))

    async def ListCases(self, request: api.ListCasesRequest, context: Context) -> api.ListCasesResponse:  # noqa: N802
        part, wanted = page(request, (int, str)), cases_wanted(request)
        tenant = _tenant(request.parent)
        await self._tenants.require(tenant)
        await self._reached(tenant, request.min_position)
        after = (int(part.cursor[0]), str(part.cursor[1])) if part.cursor else None
        found = await list_cases(self._database, tenant, wanted, after, part.size + 1)
        shown, token = part.cut(found, _case_cursor)
        cases, token = part.within(shown, [case_message(tenant, c) for c in shown], token, _case_cursor)
        return api.ListCasesResponse(cases=cases, next_page_token=token)

    async def ListCasePosts(  # noqa: N802
        self, request: api.ListCasePostsRequest, context: Context
    ) -> api.ListCasePostsResponse:
        tenant, case_id = _case_name(request.parent, "parent")
        part, wanted = page(request, (int, Uuid)), posts_wanted(request)
        await self._reached(tenant, request.min_position)
        await self._case(tenant, case_id)
        after = (int(part.cursor[0]), str(part.cursor[1])) if part.cursor else None
        found = await posts_of(self._database, tenant, case_id, wanted, after=after, limit=part.size + 1)
        shown, token = part.cut(found, lambda post: (int(post.published_at), post.post_id))
        return api.ListCasePostsResponse(case_posts=[post_message(tenant, p) for p in shown], next_page_token=token)

    async def ListUnattributedPosts(  # noqa: N802
        self, request: api.ListUnattributedPostsRequest, context: Context
    ) -> api.ListUnattributedPostsResponse:
        tenant, part, wanted = _tenant(request.parent), page(request, (int, Uuid)), unattributed_wanted(request)
        await self._tenants.require(tenant)
        await self._reached(tenant, request.min_position)
        after = (int(part.cursor[0]), str(part.cursor[1])) if part.cursor else None
        found = await list_unattributed(self._database, tenant, wanted, after, part.size + 1)
        shown, token = part.cut(found, lambda one: (int(one.post.published_at), one.post.post_id))
        posts = [unattributed_message(tenant, one) for one in shown]
        return api.ListUnattributedPostsResponse(unattributed_posts=posts, next_page_token=token)

    async def ListCaseEvents(  # noqa: N802
        self, request: api.ListCaseEventsRequest, context: Context
    ) -> api.ListCaseEventsResponse:
        tenant, case_id = _case_name(request.parent, "parent")
        part = page(request, (int, Int32))
        await self._reached(tenant, request.min_position)
        await self._case(tenant, case_id)
        after = (int(part.cursor[0]), int(part.cursor[1])) if part.cursor else (0, 0)
        places = await places_of(self._database, tenant, case_id, after, part.size + 1)
        shown, token = part.cut(places, tuple)
        found, token = part.within(shown, await self._events(tenant, case_id, shown), token, tuple)
        return api.ListCaseEventsResponse(case_events=found, next_page_token=token)

    async def WatchCases(  # noqa: N802
        self, request: api.WatchCasesRequest, context: Context
    ) -> AsyncIterator[api.WatchCasesResponse]:
        tenant, wanted = _tenant(request.parent), cases_wanted(request)
        await self._tenants.require(tenant)
        shown: Shown = Shown(resumed=bool(request.resume_token))
        if request.resume_token:
            after = Position.decode(request.resume_token, "resume_token")
        else:
            async with self._database.acquire() as connection:
                after = await position(connection, tenant)
            async with aclosing(self._present(tenant, wanted)) as cases:
                async for case in cases:
                    shown.note(case.case_id, True)
                    yield api.WatchCasesResponse(case=case_message(tenant, case), snapshot=True)
            yield api.WatchCasesResponse(snapshot=True, resume_token=Position.encode(after))
        watch = Changes(self._tail, "work", tenant, after, change_of=_changed)
        async with aclosing(watch.portions()) as portions:
            async for changed, reached in portions:
                if not changed:
                    yield api.WatchCasesResponse(resume_token=Position.encode(reached))
                    continue
                await self._projection.reached(max(at for at, _ in changed), CATCH_UP_S, tenant)
                ids = dict.fromkeys(case_id for _, case_ids in changed for case_id in case_ids)
                messages = await self._matching(tenant, wanted, ids, shown)
                for number, message in enumerate(messages, 1):
                    token = reached if number == len(messages) else after
                    yield api.WatchCasesResponse(case=message, resume_token=Position.encode(token))
                    watch.given(token)
                after = reached

    async def _matching(self, tenant: str, wanted: Expression, ids: Iterable[str], shown: Shown) -> list[api.Case]:
        """Those of these cases that match now, or that the watch has shown as they did."""
        messages = []
        for case in await cases_of(self._database, tenant, list(ids)):
            key, matching = case.case_id, matches(wanted, case)
            if matching or key in shown:
                messages.append(case_message(tenant, case))
            shown.note(key, matching)
        return messages

    async def WatchOffers(  # noqa: N802
        self, request: api.WatchOffersRequest, context: Context
    ) -> AsyncIterator[api.WatchOffersResponse]:
        found = parse_name("tenants/{tenant}/agents/{id}", request.agent, "agent")
        tenant, agent_id = found["tenant"], found["id"]
        await self._call_owner(tenant, api.GetAgentRequest(name=request.agent), api.GetAgentResponse)
        async with aclosing(self._offers.watch(tenant, agent_id, request.resume_token)) as changes:
            async for change in changes:
                yield change

    # Texts: sealed here, before they travel to the owner.

    async def ReplyToCase(  # noqa: N802
        self, request: api.ReplyToCaseRequest, context: Context
    ) -> api.ReplyToCaseResponse:
        return await self._write(request, api.ReplyToCaseResponse)

    async def NoteCase(self, request: api.NoteCaseRequest, context: Context) -> api.NoteCaseResponse:  # noqa: N802
        return await self._write(request, api.NoteCaseResponse)

    # Everything else is the owner's: its memory is what is true now.

    async def OpenCase(self, request: api.OpenCaseRequest, context: Context) -> api.OpenCaseResponse:  # noqa: N802
        return await self._call_owner(tenant_of(request), request, api.OpenCaseResponse)

    async def AcceptOffer(  # noqa: N802
        self, request: api.AcceptOfferRequest, context: Context
    ) -> api.AcceptOfferResponse:
        return await self._call_owner(tenant_of(request), request, api.AcceptOfferResponse)

    async def DeclineOffer(  # noqa: N802
        self, request: api.DeclineOfferRequest, context: Context
    ) -> api.DeclineOfferResponse:
        return await self._call_owner(tenant_of(request), request, api.DeclineOfferResponse)

    async def ClaimCase(self, request: api.ClaimCaseRequest, context: Context) -> api.ClaimCaseResponse:  # noqa: N802
        return await self._call_owner(tenant_of(request), request, api.ClaimCaseResponse)

    async def RenewClaim(self, request: api.RenewClaimRequest, context: Context) -> api.RenewClaimResponse:  # noqa: N802
        return await self._call_owner(tenant_of(request), request, api.RenewClaimResponse)

    async def SecondClaim(  # noqa: N802
        self, request: api.SecondClaimRequest, context: Context
    ) -> api.SecondClaimResponse:
        return await self._call_owner(tenant_of(request), request, api.SecondClaimResponse)

    async def VoteOnAnswer(  # noqa: N802
        self, request: api.VoteOnAnswerRequest, context: Context
    ) -> api.VoteOnAnswerResponse:
        return await self._call_owner(tenant_of(request), request, api.VoteOnAnswerResponse)

    async def ReleaseCase(  # noqa: N802
        self, request: api.ReleaseCaseRequest, context: Context
    ) -> api.ReleaseCaseResponse:
        return await self._call_owner(tenant_of(request), request, api.ReleaseCaseResponse)

    async def PendCase(self, request: api.PendCaseRequest, context: Context) -> api.PendCaseResponse:  # noqa: N802
        return await self._call_owner(tenant_of(request), request, api.PendCaseResponse)

    async def ResumeCase(self, request: api.ResumeCaseRequest, context: Context) -> api.ResumeCaseResponse:  # noqa: N802
        return await self._call_owner(tenant_of(request), request, api.ResumeCaseResponse)

    async def ResolveCase(  # noqa: N802
        self, request: api.ResolveCaseRequest, context: Context
    ) -> api.ResolveCaseResponse:
        return await self._call_owner(tenant_of(request), request, api.ResolveCaseResponse)

    async def ReopenCase(self, request: api.ReopenCaseRequest, context: Context) -> api.ReopenCaseResponse:  # noqa: N802
        return await self._call_owner(tenant_of(request), request, api.ReopenCaseResponse)

    async def TransferCase(  # noqa: N802
        self, request: api.TransferCaseRequest, context: Context
    ) -> api.TransferCaseResponse:
        return await self._call_owner(tenant_of(request), request, api.TransferCaseResponse)

    async def ShapeCase(self, request: api.ShapeCaseRequest, context: Context) -> api.ShapeCaseResponse:  # noqa: N802
        return await self._call_owner(tenant_of(request), request, api.ShapeCaseResponse)

    async def EscalateCase(  # noqa: N802
        self, request: api.EscalateCaseRequest, context: Context
    ) -> api.EscalateCaseResponse:
        return await self._call_owner(tenant_of(request), request, api.EscalateCaseResponse)

    async def CreateTask(self, request: api.CreateTaskRequest, context: Context) -> api.CreateTaskResponse:  # noqa: N802
        return await self._call_owner(tenant_of(request), request, api.CreateTaskResponse)

    async def CloseTask(self, request: api.CloseTaskRequest, context: Context) -> api.CloseTaskResponse:  # noqa: N802
        return await self._call_owner(tenant_of(request), request, api.CloseTaskResponse)

    async def JoinCases(self, request: api.JoinCasesRequest, context: Context) -> api.JoinCasesResponse:  # noqa: N802
        return await self._call_owner(tenant_of(request), request, api.JoinCasesResponse)

    async def SplitCase(self, request: api.SplitCaseRequest, context: Context) -> api.SplitCaseResponse:  # noqa: N802
        return await self._call_owner(tenant_of(request), request, api.SplitCaseResponse)

    async def CreateAgent(  # noqa: N802
        self, request: api.CreateAgentRequest, context: Context
    ) -> api.CreateAgentResponse:
        return await self._call_owner(await self._founded(request), request, api.CreateAgentResponse)

    async def GetAgent(self, request: api.GetAgentRequest, context: Context) -> api.GetAgentResponse:  # noqa: N802
        await self._reached_inputs(tenant_of(request), request.min_position)
        return await self._call_owner(tenant_of(request), request, api.GetAgentResponse)

    async def ListAgents(self, request: api.ListAgentsRequest, context: Context) -> api.ListAgentsResponse:  # noqa: N802
        await self._reached_inputs(tenant_of(request), request.min_position)
        return await self._call_owner(tenant_of(request), request, api.ListAgentsResponse)

    async def UpdateAgent(  # noqa: N802
        self, request: api.UpdateAgentRequest, context: Context
    ) -> api.UpdateAgentResponse:
        return await self._call_owner(tenant_of(request), request, api.UpdateAgentResponse)

    async def DeleteAgent(  # noqa: N802
        self, request: api.DeleteAgentRequest, context: Context
    ) -> api.DeleteAgentResponse:
        return await self._call_owner(tenant_of(request), request, api.DeleteAgentResponse)

    async def SetPresence(  # noqa: N802
        self, request: api.SetPresenceRequest, context: Context
    ) -> api.SetPresenceResponse:
        return await self._call_owner(tenant_of(request), request, api.SetPresenceResponse)

    async def DrainAgent(self, request: api.DrainAgentRequest, context: Context) -> api.DrainAgentResponse:  # noqa: N802
        return await self._call_owner(tenant_of(request), request, api.DrainAgentResponse)

    async def CreateQueue(  # noqa: N802
        self, request: api.CreateQueueRequest, context: Context
    ) -> api.CreateQueueResponse:
        return await self._call_owner(await self._founded(request), request, api.CreateQueueResponse)

    async def GetQueue(self, request: api.GetQueueRequest, context: Context) -> api.GetQueueResponse:  # noqa: N802
        await self._reached_inputs(tenant_of(request), request.min_position)
        return await self._call_owner(tenant_of(request), request, api.GetQueueResponse)

    async def ListQueues(self, request: api.ListQueuesRequest, context: Context) -> api.ListQueuesResponse:  # noqa: N802
        await self._reached_inputs(tenant_of(request), request.min_position)
        return await self._call_owner(tenant_of(request), request, api.ListQueuesResponse)

    async def UpdateQueue(  # noqa: N802
        self, request: api.UpdateQueueRequest, context: Context
    ) -> api.UpdateQueueResponse:
        return await self._call_owner(tenant_of(request), request, api.UpdateQueueResponse)

    async def DeleteQueue(  # noqa: N802
        self, request: api.DeleteQueueRequest, context: Context
    ) -> api.DeleteQueueResponse:
        return await self._call_owner(tenant_of(request), request, api.DeleteQueueResponse)

    async def GetRoutingPolicy(  # noqa: N802
        self, request: api.GetRoutingPolicyRequest, context: Context
    ) -> api.GetRoutingPolicyResponse:
        await self._reached_inputs(tenant_of(request), request.min_position)
        return await self._call_owner(tenant_of(request), request, api.GetRoutingPolicyResponse)

    async def UpdateRoutingPolicy(  # noqa: N802
        self, request: api.UpdateRoutingPolicyRequest, context: Context
    ) -> api.UpdateRoutingPolicyResponse:
        return await self._call_owner(tenant_of(request), request, api.UpdateRoutingPolicyResponse)

    async def CheckRoutingPolicy(  # noqa: N802
        self, request: api.CheckRoutingPolicyRequest, context: Context
    ) -> api.CheckRoutingPolicyResponse:
        return await self._call_owner(tenant_of(request), request, api.CheckRoutingPolicyResponse)

    async def ExplainDecision(  # noqa: N802
        self, request: api.ExplainDecisionRequest, context: Context
    ) -> api.ExplainDecisionResponse:
        tenant, case_id = _case_name(request.name)
        if request.token:
            return await self._explain_offer(tenant, case_id, request.token)
        said = await self.if_remembered(tenant, request, api.ExplainDecisionResponse)
        if said is not None:
            return said
        case = await self._case(tenant, case_id)
        summary = f"{called(case_id)} {standing(case)}"
        return api.ExplainDecisionResponse(state=case_message(tenant, case).state, summary=summary)

    async def _explain_offer(self, tenant: str, case_id: str, token: int) -> api.ExplainDecisionResponse:
        await self._case(tenant, case_id)  # what there never was need not be looked for in all of the log
        found = await self._past_offers.before(tenant, case_id, token)
        if found is None:
            raise NotFound("offer", f"tenants/{tenant}/cases/{case_id}/offers/{token}")
        shard, offered, at = found
        said = past_explanation_message(tenant, shard.cases[case_id], offered, explain_offer(shard, offered))
        said.position = Position.encode(at)
        return said

    async def _founded(self, request: Message) -> str:
        """The tenant of a request that brings it into being, unless the request would be refused for its form."""
        command_of(request, FIRST)
        tenant = tenant_of(request)
        await self._tenants.ensure(tenant)
        return tenant

    async def _call_owner(self, tenant: str, request: Message, response: type[M]) -> M:
        return await self._host.call(tenant, SHARD, request, response)

    async def _write(self, request: api.ReplyToCaseRequest | api.NoteCaseRequest, response: type[M]) -> M:
        tenant, text = tenant_of(request), request.text
        case_id, _, _, _ = written(request)
        case = await self.case_of(tenant, case_id)
        source = case.source.rpartition("/")[2]
        subject = case.identity.rpartition("/")[2] or case_id
        key = (await self._vault.keys(tenant, [subject]))[subject]
        sealed = api.SealedText(text_length=len(text))
        if isinstance(request, api.ReplyToCaseRequest):
            sealed.reply.CopyFrom(request)
            sealed.reply.ClearField("text")
            sealed.source_gone = bool(source) and not await self._sources.channel_of(tenant, source)
            claim = await self._claim_of(tenant, case)
            if claim is not None and key is not None:
                sealed.signature = claim.signature if claim.agent == request.agent else ""
                sealed.sketch = sketch(text, key.digester())
            sealed.platform_length = length_of(case.channel, text + sealed.signature)
        else:
            sealed.note.CopyFrom(request)
            sealed.note.ClearField("text")
        if key is not None:
            sealed.text.MergeFrom(message_of(key.seal((text + sealed.signature).encode())))
            sealed.text_digest = key.digest(text.encode())
        return await self._call_owner(tenant, sealed, response)

    async def case_of(self, tenant: str, case_id: str) -> api.Case:
        """A case; memory knows it first, the read model for longer. Raises NotFound."""
        request = api.GetCaseRequest(name=f"tenants/{tenant}/cases/{case_id}")
        found = await self.if_remembered(tenant, request, api.GetCaseResponse)
        return case_message(tenant, await self._case(tenant, case_id)) if found is None else found.case

    async def _claim_of(self, tenant: str, case: api.Case) -> api.Claim | None:
        """What a case is claimed under, or the one that it was joined into: whoever has that replies in both."""
        held: api.Case | None = case
        if case.joined_into:
            request = api.GetCaseRequest(name=case.joined_into)
            found = await self.if_remembered(tenant, request, api.GetCaseResponse)
            held = None if found is None else found.case
        return held.claim if held is not None and held.HasField("claim") else None

    async def if_remembered(self, tenant: str, request: Message, response: type[M]) -> M | None:
        """What the owner says about a case, None when its memory does not hold it."""
        try:
            return await self._call_owner(tenant, request, response)
        except NotFound:
            return None
        except StatusError as refused:
            if refused.code is not grpc.StatusCode.NOT_FOUND:
                raise
            return None

    async def _case(self, tenant: str, case_id: str) -> Case:
        case = await get_case(self._database, tenant, case_id)
        if case is None:
            await self._tenants.require(tenant)
            raise NotFound("case", f"tenants/{tenant}/cases/{case_id}")
        return case

    async def _reached(self, tenant: str, token: str) -> None:
        if token:
            await self._projection.reached(Position.decode(token), deadline_s(), tenant)

    async def _reached_inputs(self, tenant: str, token: str) -> None:
        """Its own facts the owner's memory always has; those of others it may yet have to read."""
        if token:
            await self._host.caught_up(tenant, Position.decode(token))

    async def _present(self, tenant: str, wanted: Expression) -> AsyncGenerator[Case, None]:
        """The cases as they are, page by page: one that changes in between comes as a change as well."""
        after: tuple[int, str] | None = None
        while True:
            part = await list_cases(self._database, tenant, wanted, after, SNAPSHOT_PAGE)
            for case in part:
                yield case
            if len(part) < SNAPSHOT_PAGE:
                return
            after = (int(part[-1].opened_at), part[-1].case_id)

    async def _events(self, tenant: str, case_id: str, places: Sequence[tuple[int, int]]) -> list[api.CaseEvent]:
        entry: Entry | None = None
        messages = []
        for place in places:
            if entry is None or entry.position != place[0]:
                entry = await self._log.get(place[0])
            messages.append(case_event_message(tenant, case_id, place, entry))
        return messages


def _case_cursor(case: Case) -> tuple[int, str]:
    return int(case.opened_at), case.case_id


def _changed(recorded: Recorded) -> tuple[int, tuple[str, ...]] | None:
    """(where, the cases a fact is about); None for one that is about none."""
    if recorded.type not in CASE_FACTS:
        return None
    try:
        body: Any = recorded.body
    except (DecodeError, UnreadableEvent):
        return None
    if isinstance(body, events_structs.CasesJoined):
        return recorded.position, (body.case_id, body.joined_case_id)
    if isinstance(body, events_structs.TaskOpened | events_structs.TaskClosed):
        return recorded.position, (body.case_id, body.task_id)
    if isinstance(body, events_structs.CaseSplit):
        return recorded.position, (body.case_id, body.new_case_id)
    return recorded.position, (body.case_id,)


def _case_name(name: str, field: str = "name") -> tuple[str, str]:
    found = parse_name("tenants/{tenant}/cases/{id}", name, field)
    return found["tenant"], found["id"]


def _tenant(parent: str) -> str:
    return parse_name("tenants/{tenant}", parent, "parent")["tenant"]
