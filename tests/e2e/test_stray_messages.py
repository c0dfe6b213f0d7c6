"""Messages that are no commits, on a running stack: nobody ends, everybody goes on, an operator finds them by name."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import nats
import pytest
from chassis.commits import NO_COMMIT, NO_SHARD, STREAM
from running_stack import RunningStack
from switchboard.ingest.v1 import service_pb2 as api
from switchboard.ingest.v1 import service_pb2_grpc

TENANT = "strayed"
STRAY = [
    ("ev.test", NO_SHARD),
    *((f"ev.{context}.{TENANT}.0", NO_COMMIT) for context in ("post", "work", "crm", "kpi")),
    (f"ev.post.{TENANT}.sources", NO_COMMIT),
    (f"ev.work.{TENANT}.0.more", NO_SHARD),
]


async def publish(url: str) -> list[int]:
    """Every stray message, into a log that takes all subjects as an earlier release declared it; their sequences."""
    nc = await nats.connect(url)

    async def subjects(*wanted: str) -> None:
        info = json.loads((await nc.request(f"$JS.API.STREAM.INFO.{STREAM}", b"{}")).data)
        config = info["config"] | {"subjects": wanted}
        await nc.request(f"$JS.API.STREAM.UPDATE.{STREAM}", json.dumps(config).encode())

    await subjects("ev.>")
    sequences = [(await nc.jetstream().publish(subject, b"hello")).seq for subject, _ in STRAY]
    await subjects("ev.*.*.*")
    await nc.close()
    return sequences


@pytest.fixture(scope="module")
def ingest(stack: RunningStack) -> Iterator[Any]:
    with stack.channel("ingest") as channel:
        yield service_pb2_grpc.IngestServiceStub(channel)


def connect_and_post(ingest: Any, number: int) -> str:
    """A source and one post of it: both kinds of shard of `post` write, and `work` and `crm` follow; its position."""
    name, parent = f"x{number}", f"tenants/{TENANT}"
    source = api.Source(channel="x")
    ingest.CreateSource(api.CreateSourceRequest(parent=parent, source_id=name, source=source), timeout=30)
    said = {"id": number, "created_at": "Mon Mar 02 08:00:00 +0000 2020", "text": "the ferry left without us",
            "user": {"id": 60 + number, "screen_name": f"ana{number}"}}  # fmt: skip
    delivery = api.Delivery(payload=json.dumps(said).encode(), content_type="application/json")
    answer = ingest.IngestPost(api.IngestPostRequest(source=f"{parent}/sources/{name}", delivery=delivery), timeout=30)
    position: str = answer.position
    return position


def test_no_service_ends_and_everything_goes_on(stack: RunningStack, ingest: Any) -> None:
    connect_and_post(ingest, 1)
    before = stack.pids()
    sequences = asyncio.run(publish(stack.endpoints["nats"]))
    connect_and_post(ingest, 2)
    connect_and_post(ingest, 3)

    found = [json.loads(line) for line in stack.run("log", "unreadable", "--json").splitlines()]
    ours = [one for one in found if one["sequence"] in sequences]
    assert [(one["subject"], one["reason"], one["bytes"]) for one in ours] == [(*each, 5) for each in STRAY]
    verified = stack.told("log", "verify")
    assert verified["ok"], [one for one in verified["findings"] if not one["ok"]]
    assert any("are no commits" in one["detail"] for one in verified["findings"] if one["invariant"] == "I2")
    facts = stack.facts(TENANT)
    assert sum(fact["type"].endswith("CaseBegun") for fact in facts) == 3
    assert stack.pids() == before, "the same processes as before"


def test_who_looks_while_a_service_is_away_is_shown_what_the_others_have(stack: RunningStack, ingest: Any) -> None:
    connect_and_post(ingest, 4)
    listed = stack.run("shards", "--json", "--kpi", "127.0.0.1:1", "--ingest", "127.0.0.1:1", code=1)
    assert {one["service"] for one in json.loads(listed)} >= {"routing", "crm"}
