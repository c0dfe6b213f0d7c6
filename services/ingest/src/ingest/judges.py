"""What is wrong with the form of ingest's requests, all of it at once. It reads them as their handlers do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chassis.errors import InvalidRequest
from chassis.filters import parse
from chassis.forms import Judge, together
from chassis.requests import Uuid, page
from google.protobuf.message import Message
from switchboard.ingest.v1 import service_pb2 as api

from ingest.checks import (
    ORDERS,
    SOURCE_FIELDS,
    change_violations,
    check_order,
    creation_violations,
    post_fields,
    quarantine_fields,
)
from ingest.intake import check_batch


def _found(violations: Callable[[Any], list[tuple[str, str]]]) -> Judge:
    def judge(request: Any) -> None:
        if wrong := violations(request):
            raise InvalidRequest(wrong)

    return judge


def _tenant(request: Any) -> str:
    return str(request.parent).removeprefix("tenants/")


JUDGES: Mapping[type[Message], Judge] = {
    api.IngestPostsRequest: lambda asked: check_batch(asked.deliveries, "deliveries"),
    api.CreateSourceRequest: _found(creation_violations),
    api.UpdateSourceRequest: _found(change_violations),
    api.ListPostsRequest: lambda asked: together(
        lambda: page(asked, (int, Uuid)),
        lambda: parse(asked.filter, post_fields(_tenant(asked))),
        lambda: check_order(asked.order_by, ORDERS),
    ),
    api.WatchPostsRequest: lambda asked: parse(asked.filter, post_fields(_tenant(asked))),
    api.ListSourcesRequest: lambda asked: together(
        lambda: page(asked, (str,)),
        lambda: parse(asked.filter, SOURCE_FIELDS),
        lambda: check_order(asked.order_by, ("", "name")),
    ),
    api.ListQuarantinedRequest: lambda asked: together(
        lambda: page(asked, (int, Uuid)),
        lambda: parse(asked.filter, quarantine_fields(_tenant(asked))),
        lambda: check_order(asked.order_by, ("", "received_at desc")),
    ),
}
"""By request type; what the contract says of its fields is judged for all of them."""
