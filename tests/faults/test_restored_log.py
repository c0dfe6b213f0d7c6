"""NATS is restored from a copy that is older than the tables: nothing is accepted that nobody could read, no process
crash-loops, and the sentence that says so names a way out that works."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from running_stack import PATIENCE_S, RunningStack
from switchboard.ingest.v1 import post_pb2
from switchboard.ingest.v1 import service_pb2 as api
from switchboard.ingest.v1.service_pb2_grpc import IngestServiceStub
from waiting import until

TENANT = "restored"
SOURCE = f"tenants/{TENANT}/sources/web"
SERVICES = ("ingest", "routing", "crm", "kpi")


def ingested(stack: RunningStack, first: int, count: int) -> tuple[list[str], str]:
    """Hands over posts; the names of those that were acknowledged, and where to read them."""
    posts = [
        post_pb2.NormalizedPost(
            external_id=f"post-{number}",
            author=post_pb2.Author(external_id="mia"),
            text=f"number {number}",
            published_at=Timestamp(seconds=1_760_000_000 + number),
        )
        for number in range(first, first + count)
    ]
    request = api.IngestPostsRequest(source=SOURCE, deliveries=[api.Delivery(normalized_post=post) for post in posts])
    with stack.channel("ingest") as channel:
        [answer] = IngestServiceStub(channel).IngestPosts(iter([request]), timeout=60)
    assert {result.result for result in answer.results} == {api.RESULT_ACCEPTED}
    return [post.post for result in answer.results for post in result.posts], answer.position


def readable(stack: RunningStack, names: list[str], position: str) -> int:
    """How many of these posts can be read at a position."""
    with stack.channel("ingest") as channel:
        stub = IngestServiceStub(channel)
        return sum(
            stub.GetPost(api.GetPostRequest(name=name, min_position=position), timeout=30).post.name == name
            for name in names
        )


def test_a_restored_log_that_is_older_than_the_tables_is_refused_until_somebody_chose(
    state_dir: Path, record_property: Callable[[str, object], None]
) -> None:
    stack = RunningStack(state_dir / "state")
    store = stack.state / "nats" / "store"
    stack.start()
    with stack.channel("ingest") as channel:
        IngestServiceStub(channel).CreateSource(
            api.CreateSourceRequest(parent=f"tenants/{TENANT}", source_id="web", source=api.Source(channel="x")),
            timeout=60,
        )
    before, _ = ingested(stack, 0, 40)
    assert stack.stop() == 0
    shutil.copytree(store, state_dir / "copy")
    stack.start()
    assert readable(stack, *ingested(stack, 40, 40)) == 40
    assert stack.stop() == 0
    shutil.rmtree(store)
    shutil.copytree(state_dir / "copy", store)

    starting = threading.Thread(target=stack.start)
    starting.start()
    try:
        for service in SERVICES:
            refusal = f"{service} does not serve: the log is older than the tables: "
            until(lambda refusal=refusal: refusal in stack.said, PATIENCE_S)  # type: ignore[misc]
        pids = (stack.state / "processes.json").read_text()
        stack.endpoints = json.loads((stack.state / "endpoints.json").read_text())
        with pytest.raises(grpc.RpcError) as refused:
            ingested(stack, 80, 1)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        assert "restore NATS from a copy that reaches" in str(refused.value.details())
        assert (stack.state / "processes.json").read_text() == pids
        assert "starting it again" not in stack.said
        assert "trying again" not in stack.said.rpartition("does not serve")[0]

        stack.run("rebuild", *SERVICES)
        starting.join(PATIENCE_S)
        assert not starting.is_alive()
        after, position = ingested(stack, 80, 40)
        found = readable(stack, before + after, position)
        assert found == 80
        record_property("posts accepted and readable", found)
        stack.run("log", "verify")
    finally:
        stopped = stack.stop()
    assert stopped == 0
