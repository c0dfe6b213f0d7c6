"""Making sure a source is there before deliveries go to it. Doing it twice is doing it once."""

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING

import grpc
from google.protobuf.field_mask_pb2 import FieldMask
from switchboard.ingest.v1 import service_pb2 as api

from switchboard_cli.deliveries.addressed import SourceSettings
from switchboard_cli.failures import Failure

if TYPE_CHECKING:
    from switchboard.ingest.v1.service_pb2_grpc import IngestServiceAsyncStub


async def ensure_source(stub: "IngestServiceAsyncStub", tenant: str, wanted: SourceSettings, timeout_s: float) -> str:
    """Creates the source, or adds the owned accounts and labels it lacks. Returns the position of what that wrote.

    Raises Failure when the source is of another channel, grpc.RpcError as the calls do.
    """
    name = f"tenants/{tenant}/sources/{wanted.source_id}"
    try:
        there = (await stub.GetSource(api.GetSourceRequest(name=name), timeout=timeout_s)).source
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.NOT_FOUND:
            raise
        return await _create(stub, tenant, wanted, timeout_s)
    if there.channel != wanted.channel:
        raise Failure(
            f"source {wanted.source_id} of tenant {tenant} is of channel {there.channel}, not {wanted.channel}; "
            "choose another --source"
        )
    changed = api.Source(
        name=name,
        owned_accounts=_united(there.owned_accounts, wanted.owned_accounts),
        labels={**there.labels, **wanted.labels},
    )
    if list(changed.owned_accounts) == sorted(there.owned_accounts) and changed.labels == there.labels:
        return ""
    mask = FieldMask(paths=["owned_accounts", "labels"])
    request = api.UpdateSourceRequest(source=changed, update_mask=mask, request_id=str(uuid.uuid4()))
    return (await stub.UpdateSource(request, timeout=timeout_s)).position


async def _create(stub: "IngestServiceAsyncStub", tenant: str, wanted: SourceSettings, timeout_s: float) -> str:
    source = api.Source(
        channel=wanted.channel,
        account_scope=wanted.account_scope,
        display_name=wanted.display_name,
        owned_accounts=_united((), wanted.owned_accounts),
        labels=dict(wanted.labels),
    )
    request = api.CreateSourceRequest(
        parent=f"tenants/{tenant}", source_id=wanted.source_id, source=source, request_id=str(uuid.uuid4())
    )
    return (await stub.CreateSource(request, timeout=timeout_s)).position


def _united(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """Both, compared without case and without the sign, lower case, sorted."""
    return sorted({account.lstrip("@").lower() for account in (*one, *other)})
