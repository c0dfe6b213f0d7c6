"""What a failed call says: its code, its reason, and every detail of `google.rpc` it carries. Knows no service."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2 as known  # type: ignore[import-untyped]
from grpc_status import rpc_status  # type: ignore[import-untyped]


@dataclass
class Refusal:
    """A status, unpacked. `fields` are violations by field, `resource` is (type, name)."""

    code: str
    message: str
    reason: str = ""
    domain: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    resource: tuple[str, str] | None = None
    details: int = 0


def refused(call: Callable[[], Any]) -> Refusal:
    """Makes a call that must fail and unpacks how."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return unpacked(caught.value)


def unpacked(error: Any) -> Refusal:
    """What the error of a call says, whether the call waited or was awaited."""
    refusal = Refusal(error.code().name, error.details() or "")
    status = rpc_status.from_call(error)
    for detail in () if status is None else status.details:
        refusal.details += 1
        info, bad, resource = known.ErrorInfo(), known.BadRequest(), known.ResourceInfo()
        if detail.Unpack(info):
            refusal.reason, refusal.domain = info.reason, info.domain
        elif detail.Unpack(bad):
            refusal.fields = {violation.field: violation.description for violation in bad.field_violations}
        elif detail.Unpack(resource):
            refusal.resource = (resource.resource_type, resource.resource_name)
    return refusal
