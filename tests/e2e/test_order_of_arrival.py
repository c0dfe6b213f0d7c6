"""The same deliveries in any order make the same report: cases are found, joined and clocked by what posts say."""

import csv
import json
import random
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import platform_json_by_hand as platforms
import pytest
import tables_by_hand as tables
from funnel_by_hand import differences, metrics_of
from running_stack import RunningStack
from switchboard.ingest.v1 import service_pb2 as api
from switchboard.ingest.v1 import service_pb2_grpc
from switchboard.routing.v1 import service_pb2 as work
from switchboard.routing.v1 import service_pb2_grpc as routing_grpc

OWN = Path(__file__).resolve().parent.parent / "fixtures" / "e2e"
ORDERS = ["backwards", "shuffled 1", "shuffled 2", "shuffled 3"]
UNTIL = "2020-03-30T00:00:00+00:00"
UNTIL_US = 1_585_526_400_000_000


def ordered(things: list[str], order: str) -> list[str]:
    match order.split():
        case ["backwards"]:
            return things[::-1]
        case [_, seed]:
            return random.Random(int(seed)).sample(things, len(things))
    raise AssertionError(order)


@pytest.mark.parametrize("order", ORDERS)
def test_posts_of_a_platform_one_at_a_time(stack: RunningStack, order: str) -> None:
    statuses = [json.dumps(one) for one in json.loads((OWN / "x_statuses.json").read_text(encoding="utf-8"))]
    lines = (OWN / "x_stream.jsonl").read_text(encoding="utf-8").splitlines()
    tenant = f"order-{order.replace(' ', '-')}"
    with stack.channel("ingest") as channel:
        ingest = service_pb2_grpc.IngestServiceStub(channel)
        source = api.Source(channel="x", owned_accounts=["77", "ferryline"], labels={"brand": "Ferry Line"})
        ingest.CreateSource(api.CreateSourceRequest(parent=f"tenants/{tenant}", source_id="x", source=source))
        batches = [
            api.IngestPostsRequest(source=f"tenants/{tenant}/sources/x", deliveries=[api.Delivery(payload=each)])
            for each in (one.encode() for one in ordered([*statuses, *lines], order))
        ]
        assert len(list(ingest.IngestPosts(iter(batches), timeout=60))) == len(batches)
    (row,) = stack.told("report", "--tenant", tenant, "--observed-until", UNTIL)["rows"]
    files = [OWN / "x_statuses.json", OWN / "x_stream.jsonl"]
    by_hand = platforms.read(files, platforms.x_post, "Ferry Line", frozenset({"77", "ferryline"}))
    assert differences(row["metrics"], metrics_of(by_hand.contacts, UNTIL_US)) == []


def a_version(customer: int, own: int, text: str, chain: list[int]) -> str:
    """A status of a customer, the `own`th version of their post, a minute after the one before."""
    first = (1_579_000_000_000 + customer * 3_600_000 - 1_288_834_974_657) << 22
    ids = [str(first + (at * 60_000 << 22)) for at in range(2)]
    created = datetime.fromtimestamp(1_579_000_000 + customer * 3600 + own * 60, UTC)
    history = {"edit_history": {"initial_tweet_id": ids[0], "edit_tweet_ids": [ids[at] for at in chain]}}
    status = {"id_str": ids[own], "text": text, "user": {"id_str": f"9{customer:03}", "screen_name": f"c{customer}"}}
    status["created_at"] = created.strftime("%a %b %d %H:%M:%S +0000 %Y")
    return json.dumps(status | (history if chain else {}))


def test_versions_of_a_post_with_and_without_their_chain(stack: RunningStack) -> None:
    orders = [(old, order) for old in ("the old words", "@ferryline old") for order in permutations(range(3))]
    tenant, customers = "order-versions", len(orders)
    with stack.channel("ingest") as channel, stack.channel("routing") as routing:
        ingest = service_pb2_grpc.IngestServiceStub(channel)
        source = api.Source(channel="x", owned_accounts=["77", "ferryline"], labels={"brand": "Ferry Line"})
        ingest.CreateSource(api.CreateSourceRequest(parent=f"tenants/{tenant}", source_id="x", source=source))
        position = ""
        for customer, (old, order) in enumerate(orders):
            new = "@ferryline the new words"
            chained = a_version(customer, 1, new, [0, 1])
            copies = [a_version(customer, 0, old, [0, 1]), a_version(customer, 1, new, []), chained]
            said = [copies[at] for at in (*order, order[0])]
            batches = [
                api.IngestPostsRequest(source=f"tenants/{tenant}/sources/x", deliveries=[api.Delivery(payload=each)])
                for each in (one.encode() for one in said)
            ]
            for answer in ingest.IngestPosts(iter(batches), timeout=60):
                position = answer.position
        posts = ingest.ListPosts(api.ListPostsRequest(parent=f"tenants/{tenant}", min_position=position)).posts
        there = [post.text for post in posts if not post.HasField("withdrawn_at")]
        assert there == ["@ferryline the new words"] * customers
        (row,) = stack.told("report", "--tenant", tenant, "--observed-until", UNTIL)["rows"]
        assert row["metrics"]["offered"]["value"] == customers
        stub = routing_grpc.RoutingServiceStub(routing)
        cases = stub.ListCases(work.ListCasesRequest(parent=f"tenants/{tenant}")).cases
        assert [case.state for case in cases] == [work.CASE_STATE_QUEUED] * customers


@pytest.mark.parametrize("order", ["shuffled 4"])
def test_rows_of_a_file(stack: RunningStack, tmp_path: Path, order: str) -> None:
    with (OWN / "threads.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    texts = {json.dumps(row): row for row in rows}
    mixed = tmp_path / "threads.csv"
    with mixed.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *(texts[key] for key in ordered(list(texts), order))])
    tenant = f"rows-{order.replace(' ', '-')}"
    stack.told("ingest", str(mixed), "--channel", "twcs", "--tenant", tenant, "--allow-quarantine")
    (row,) = stack.told("report", "--tenant", tenant, "--observed-until", UNTIL)["rows"]
    by_hand = tables.twcs(OWN / "threads.csv")
    assert differences(row["metrics"], metrics_of(by_hand.contacts, UNTIL_US)) == []
