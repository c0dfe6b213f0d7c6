"""Making sure of sources: where there is no tenant yet, the first source brings it into being."""

from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from switchboard.ingest.v1 import service_pb2 as api
from switchboard_cli.deliveries.addressed import SourceSettings
from switchboard_cli.sources import ensure_sources


class Ingest:
    """What ingest answers about sources: NOT_FOUND for a tenant until its first source is there."""

    def __init__(self, broken: grpc.StatusCode | None = None) -> None:
        self.sources: dict[str, api.Source] = {}
        self.broken = broken

    async def ListSources(self, request: api.ListSourcesRequest, **_: float) -> Message:
        code = self.broken or (None if self.sources else grpc.StatusCode.NOT_FOUND)
        if code is not None:
            empty: Any = grpc.aio.Metadata()
            raise grpc.aio.AioRpcError(code, empty, empty)
        return api.ListSourcesResponse(sources=self.sources.values())

    async def CreateSource(self, request: api.CreateSourceRequest, **_: float) -> Message:
        name = f"{request.parent}/sources/{request.source_id}"
        source = api.Source()
        source.CopyFrom(request.source)
        source.name = name
        self.sources[name] = source
        return api.CreateSourceResponse(source=source, position="1")

    async def UpdateSource(self, request: api.UpdateSourceRequest, **_: float) -> Message:
        source = self.sources[request.source.name]
        for path in request.update_mask.paths:
            source.ClearField(path)
        request.update_mask.MergeMessage(request.source, source)
        return api.UpdateSourceResponse(source=source, position="2")

    async def GetSource(self, request: api.GetSourceRequest, **_: float) -> Message:
        return api.GetSourceResponse(source=self.sources[request.name])


async def test_the_first_source_of_a_new_tenant_is_created() -> None:
    ingest: Any = Ingest()
    wanted = [SourceSettings("acme-x", "x", labels={"brand": "Acme"}), SourceSettings("acme-weibo", "weibo")]
    await ensure_sources(ingest, "acme", wanted, 1.0)
    assert set(ingest.sources) == {"tenants/acme/sources/acme-x", "tenants/acme/sources/acme-weibo"}
    await ensure_sources(ingest, "acme", wanted, 1.0)
    assert len(ingest.sources) == 2


async def test_another_refusal_is_not_taken_for_a_new_tenant() -> None:
    ingest: Any = Ingest(broken=grpc.StatusCode.PERMISSION_DENIED)
    with pytest.raises(grpc.aio.AioRpcError):
        await ensure_sources(ingest, "acme", [SourceSettings("acme-x", "x")], 1.0)
    assert not ingest.sources


async def test_who_answers_for_a_source_is_declared_where_it_is_given_and_stays_where_it_is_not() -> None:
    ingest: Any = Ingest()
    name = "tenants/acme/sources/acme-x"
    await ensure_sources(ingest, "acme", [SourceSettings("acme-x", "x")], 1.0)
    assert (ingest.sources[name].desk, ingest.sources[name].HasField("listening")) == ("", False)
    await ensure_sources(ingest, "acme", [SourceSettings("acme-x", "x", desk="care", listening=False)], 1.0)
    assert (ingest.sources[name].desk, ingest.sources[name].HasField("listening")) == ("care", True)
    await ensure_sources(ingest, "acme", [SourceSettings("acme-x", "x", owned_accounts=["acme"])], 1.0)
    assert (ingest.sources[name].desk, ingest.sources[name].owned_accounts) == ("care", ["acme"])
