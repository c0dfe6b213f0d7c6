"""Making sure sources are there before deliveries go to them. Doing it twice is doing it once."""

import asyncio
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import grpc
from google.protobuf.field_mask_pb2 import FieldMask
from switchboard.ingest.v1 import service_pb2 as api

from switchboard_cli.deliveries.addressed import SourceSettings
from switchboard_cli.failures import Failure

if TYPE_CHECKING:
    from switchboard.ingest.v1.service_pb2_grpc import IngestServiceAsyncStub

TOGETHER_MAX = 32


async def ensure_sources(
    stub: "IngestServiceAsyncStub", tenant: str, wanted: Iterable[SourceSettings], timeout_s: float
) -> None:
    """Creates the sources that are missing, adds the owned accounts and labels that others lack, and declares the desk,
    and whether it listens, where that is wanted; returns when all of them can be read.

    Raises Failure when a source is of another channel, grpc.RpcError as the calls do.
    """
    there = await _listed(stub, tenant, timeout_s)
    room = asyncio.Semaphore(TOGETHER_MAX)

    async def one(settings: SourceSettings) -> None:
        name = f"tenants/{tenant}/sources/{settings.source_id}"
        async with room:
            known = there.get(name)
            if known is None:
                position = await _create(stub, tenant, settings, timeout_s)
            else:
                position = await _complete(stub, tenant, known, settings, timeout_s)
            if position:
                await stub.GetSource(api.GetSourceRequest(name=name, min_position=position), timeout=timeout_s)

    await asyncio.gather(*(one(settings) for settings in united(wanted)))


def united(wanted: Iterable[SourceSettings]) -> list[SourceSettings]:
    """One of each id, with the accounts and labels of all that name it; of two values of a label the later one."""
    found: dict[str, SourceSettings] = {}
    for settings in wanted:
        known = found.get(settings.source_id)
        if known is not None:
            accounts = accounts_of(known.owned_accounts, settings.owned_accounts)
            settings = replace(settings, owned_accounts=accounts, labels={**known.labels, **settings.labels})  # noqa: PLW2901
        found[settings.source_id] = settings
    return list(found.values())


def accounts_of(one: Sequence[str], other: Sequence[str] = ()) -> list[str]:
    """Both, compared without case and without the sign, lower case, sorted."""
    return sorted({account.lstrip("@").lower() for account in (*one, *other)})


async def _listed(stub: "IngestServiceAsyncStub", tenant: str, timeout_s: float) -> dict[str, api.Source]:
    """The sources there are by name; none where there is no tenant yet, for its first source brings it into being."""
    found: dict[str, api.Source] = {}
    token = ""
    while True:
        request = api.ListSourcesRequest(parent=f"tenants/{tenant}", page_size=1000, page_token=token)
        try:
            page = await stub.ListSources(request, timeout=timeout_s)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return {}
            raise
        found.update({source.name: source for source in page.sources})
        token = page.next_page_token
        if not token:
            return found


async def _complete(
    stub: "IngestServiceAsyncStub", tenant: str, there: api.Source, wanted: SourceSettings, timeout_s: float
) -> str:
    if there.channel != wanted.channel:
        raise Failure(
            f"source {wanted.source_id} of tenant {tenant} is of channel {there.channel}, not {wanted.channel}; "
            "choose another --source"
        )
    accounts = accounts_of(there.owned_accounts, wanted.owned_accounts)
    changed = api.Source(
        name=there.name,
        owned_accounts=accounts,
        labels={**there.labels, **wanted.labels},
        desk=wanted.desk or there.desk,
        listening=there.listening if wanted.listening is None else wanted.listening,
    )
    mask = FieldMask(paths=["owned_accounts", "labels"])
    if changed.desk != there.desk:
        mask.paths.append("desk")
    if wanted.listening is not None and (not there.HasField("listening") or changed.listening != there.listening):
        mask.paths.append("listening")
    if accounts == accounts_of(there.owned_accounts) and changed.labels == there.labels and len(mask.paths) == 2:
        return ""
    request = api.UpdateSourceRequest(source=changed, update_mask=mask, request_id=str(uuid.uuid4()))
    return (await stub.UpdateSource(request, timeout=timeout_s)).position


async def _create(stub: "IngestServiceAsyncStub", tenant: str, wanted: SourceSettings, timeout_s: float) -> str:
    source = api.Source(
        channel=wanted.channel,
        account_scope=wanted.account_scope,
        display_name=wanted.display_name,
        owned_accounts=accounts_of(wanted.owned_accounts),
        labels=dict(wanted.labels),
        desk=wanted.desk,
        listening=wanted.listening,
    )
    request = api.CreateSourceRequest(
        parent=f"tenants/{tenant}", source_id=wanted.source_id, source=source, request_id=str(uuid.uuid4())
    )
    return (await stub.CreateSource(request, timeout=timeout_s)).position
