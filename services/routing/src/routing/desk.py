"""DeskService: what an agent's client works with beside the cases, at any replica."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from chassis.clock import Clock, Instant, to_timestamp
from chassis.commits import Position
from chassis.database import Database
from chassis.errors import NotFound
from chassis.forms import Judge
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

from routing import events
from routing.commands import Command
from routing.desk_handler import DRAFT, discarded, saved
from routing.handler import tenant_of
from routing.servicer import SHARD
from routing.shard import Shard
from routing.views.cases import get_case
from routing.views.drafts import Drafts, draft_of, drafts_of

Context = Any
Written = tuple[str, Instant, Sealed]
"""Who writes, when it was saved, the text."""


class DeskServicer(desk_pb2_grpc.DeskServiceServicer):
    """What callers reach. `customer_of` says whose a case is: (identity, source), "" where there is none."""

    def __init__(
        self,
        *,
        host: ShardHost[Command, Shard, events.Event],
        database: Database,
        drafts: Projection[Drafts],
        vault: KeyVault,
        tenants: Tenants,
        customer_of: Callable[[str, str], Awaitable[tuple[str, str]]],
    ) -> None:
        self._host = host
        self._database = database
        self._drafts = drafts
        self._vault = vault
        self._tenants = tenants
        self._customer_of = customer_of

    async def SaveDraft(self, request: api.SaveDraftRequest, context: Context) -> api.SaveDraftResponse:  # noqa: N802
        tenant, text = tenant_of(request), request.text.encode()
        case_id, _ = saved(request)
        customer, _ = await self._customer_of(tenant, case_id)
        subject = customer or case_id
        key = (await self._vault.keys(tenant, [subject]))[subject]
        sealed = api.SealedDraft(
            name=request.name, agent=request.agent, text_length=len(request.text), request_id=request.request_id
        )
        if key is not None:
            sealed.text.MergeFrom(message_of(key.seal(text)))
            sealed.text_digest = key.digest(text)
        return await self._host.call(tenant, SHARD, sealed, api.SaveDraftResponse)

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
    }


def _cursor(written: Written) -> tuple[str]:
    return (written[0],)
