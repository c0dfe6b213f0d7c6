"""Watches that nobody reads: what fifty of each kind cost the services, and that the others are served meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psutil
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from running_stack import RunningStack
from switchboard.ingest.v1 import post_pb2, service_pb2_grpc
from switchboard.ingest.v1 import service_pb2 as ingest
from switchboard.kpi.v1 import service_pb2 as kpi
from switchboard.kpi.v1.service_pb2_grpc import KpiServiceStub
from switchboard.log.v1 import integrity_pb2, integrity_pb2_grpc
from switchboard.routing.v1 import service_pb2 as work
from switchboard.routing.v1.service_pb2_grpc import RoutingServiceStub

TENANT = "unread"
PARENT = f"tenants/{TENANT}"
AGENT = f"{PARENT}/agents/mia"
WATCHES = 50
MIB = 1 << 20
POSTS = 1_000
BATCH = 100
TEXT = "the ferry left without us " * 150
PATIENCE_S = 60


def send(api: Any, first: int) -> str:
    """POSTS further posts of 4 kB, each of an author of its own; the position of the last."""
    requests = []
    for begin in range(first, first + POSTS, BATCH):
        request = ingest.IngestPostsRequest(source=f"{PARENT}/sources/shop")
        for number in range(begin, begin + BATCH):
            post = post_pb2.NormalizedPost(
                external_id=f"p{number}",
                text=TEXT,
                author_kind=post_pb2.AUTHOR_KIND_CUSTOMER,
                published_at=Timestamp(seconds=1_790_000_000 + number),
            )
            post.author.external_id = f"a{number}"
            request.deliveries.add(normalized_post=post)
        requests.append(request)
    responses = list(api.IngestPosts(iter(requests), timeout=PATIENCE_S))
    assert sum(len(response.results) for response in responses) == POSTS
    return str(responses[-1].position)


def settled(stack: RunningStack, position: str) -> None:
    for service in ("ingest", "routing", "kpi"):
        with stack.channel(service) as channel:
            wait = integrity_pb2.WaitUntilRequest(position=position, tenant="" if service == "kpi" else TENANT)
            integrity_pb2_grpc.IntegrityServiceStub(channel).WaitUntil(wait, timeout=PATIENCE_S)


def memory(stack: RunningStack) -> dict[str, int]:
    """Resident bytes of the services."""
    return {name: psutil.Process(pid).memory_info().rss for name, pid in stack.pids().items()}


@pytest.fixture
def channels(stack: RunningStack) -> Iterator[dict[str, Any]]:
    with ExitStack() as opened:
        yield {name: opened.enter_context(stack.channel(name)) for name in ("ingest", "routing", "kpi")}


def test_fifty_unread_watches_of_each_kind_cost_at_most_a_mebibyte_each(
    stack: RunningStack, channels: dict[str, Any], record_property: Any
) -> None:
    api = service_pb2_grpc.IngestServiceStub(channels["ingest"])
    routing, board = RoutingServiceStub(channels["routing"]), KpiServiceStub(channels["kpi"])
    source = ingest.Source(channel="care", labels={"brand": "shop"})
    api.CreateSource(ingest.CreateSourceRequest(parent=PARENT, source_id="shop", source=source), timeout=PATIENCE_S)
    agent = work.CreateAgentRequest(parent=PARENT, agent_id="mia", request_id=str(uuid.uuid4()))
    routing.CreateAgent(agent, timeout=PATIENCE_S)
    for round_ in range(2):  # the second time everything that grows with work has grown
        settled(stack, send(api, round_ * POSTS))
    before = memory(stack)
    settled(stack, send(api, 2 * POSTS))
    without = {name: max(0, now - before[name]) for name, now in memory(stack).items()}

    kinds = {
        "ingest": [lambda: api.WatchPosts(ingest.WatchPostsRequest(parent=PARENT))],
        "routing": [
            lambda: routing.WatchCases(work.WatchCasesRequest(parent=PARENT)),
            lambda: routing.WatchOffers(work.WatchOffersRequest(agent=AGENT)),
        ],
        "kpi": [lambda: board.WatchWallboard(kpi.WatchWallboardRequest(parent=PARENT, group_by=["brand", "hour"]))],
    }
    before = memory(stack)
    calls = [start() for starts in kinds.values() for start in starts for _ in range(WATCHES)]
    settled(stack, send(api, 3 * POSTS))
    after = memory(stack)
    grown = {name: after[name] - before[name] - without[name] for name in kinds}
    for name, bytes_ in grown.items():
        record_property(f"MiB of {name}", round(bytes_ / MIB, 1))
    # Others are served, and one of those that did not read may begin to.
    assert routing.ListCases(work.ListCasesRequest(parent=PARENT, page_size=1), timeout=PATIENCE_S).cases
    assert next(iter(calls[0])).post.name
    for call in calls:
        call.cancel()
    for name, starts in kinds.items():
        assert grown[name] <= WATCHES * len(starts) * MIB, f"{name} grew by {grown[name] / MIB:.0f} MiB"
