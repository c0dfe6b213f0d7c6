"""Canned texts on real servers, as their callers see them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
from chassis.log import Log
from chassis.tenants import Tenants
from google.protobuf.field_mask_pb2 import FieldMask
from switchboard.routing.v1 import desk_pb2 as api

from tests.integration.routing.conftest import PLACE, TENANT, Ingest, rid
from tests.integration.routing.test_api import reason
from tests.integration.routing.test_drafts import LIMIT_S, accepted, served


async def test_a_text_is_kept_rendered_for_a_case_and_outlives_the_process(
    start: Callable[[], Any], log: Log, database_url: str
) -> None:
    await Tenants(log).ensure(TENANT)
    ingest = Ingest(log)
    await ingest.connect("shop")

    async def refused(call: Any, request: Any) -> str:
        try:
            await call(request, timeout=LIMIT_S)
        except grpc.aio.AioRpcError as refusal:
            return reason(refusal)
        raise AssertionError("it was not refused")

    async with served(start, log, database_url, ingest) as (_, desk):
        text = api.CannedText(text="Hi {customer.handle}!", queues=[f"{PLACE}/queues/default"])
        create = api.CreateCannedTextRequest(parent=PLACE, canned_text_id="hello", canned_text=text, request_id=rid())
        created = await desk.CreateCannedText(create, timeout=LIMIT_S)
        assert await desk.CreateCannedText(create, timeout=LIMIT_S) == created
        create.request_id = rid()
        assert await refused(desk.CreateCannedText, create) == "CANNED_TEXT_EXISTS"
        name = created.canned_text.name
        change = api.UpdateCannedTextRequest(
            canned_text=api.CannedText(
                name=name, text="Hi {customer.handle}, {agent.display_name} of {case.desk} here."
            ),
            update_mask=FieldMask(paths=["text"]),
            request_id=rid(),
        )
        changed = await desk.UpdateCannedText(change, timeout=LIMIT_S)
        assert list(changed.canned_text.variables) == ["customer.handle", "agent.display_name", "case.desk"]
        assert list(changed.canned_text.queues) == [f"{PLACE}/queues/default"]

    async with served(start, log, database_url, ingest) as (routing, desk):
        get = api.GetCannedTextRequest(name=name, min_position=changed.position)
        assert (await desk.GetCannedText(get, timeout=LIMIT_S)).canned_text == changed.canned_text
        listed = await desk.ListCannedTexts(
            api.ListCannedTextsRequest(parent=PLACE, filter="queues:default"), timeout=LIMIT_S
        )
        assert list(listed.canned_texts) == [changed.canned_text]

        mia = await routing.agent("mia")
        case = await accepted(routing, "p1", mia)
        render = api.RenderCannedTextRequest(name=name, case=case, agent=mia)
        rendered = await desk.RenderCannedText(render, timeout=LIMIT_S)
        assert rendered.text == "Hi {customer.handle}, Mia of shop here."
        assert list(rendered.missing) == ["customer.handle"]
        render.customer_handle = "@{case.id}"
        rendered = await desk.RenderCannedText(render, timeout=LIMIT_S)
        assert rendered == api.RenderCannedTextResponse(text="Hi @{case.id}, Mia of shop here.")
        render.agent = f"{PLACE}/agents/nobody"
        assert await refused(desk.RenderCannedText, render) == "AGENT_UNKNOWN"

        delete = api.DeleteCannedTextRequest(name=name, request_id=rid())
        await desk.DeleteCannedText(delete, timeout=LIMIT_S)
        assert await refused(desk.GetCannedText, get) == "CANNED_TEXT_UNKNOWN"
        delete.request_id = rid()
        assert await refused(desk.DeleteCannedText, delete) == "CANNED_TEXT_UNKNOWN"
