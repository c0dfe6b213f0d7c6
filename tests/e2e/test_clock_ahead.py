"""A platform whose clock is ahead of ours: what is done about its posts is done, as a report up to now says."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent_desk import Desk
from running_stack import RunningStack
from switchboard.ingest.v1 import service_pb2 as api
from switchboard.ingest.v1 import service_pb2_grpc

TENANT = "ahead"
X_TIME = "%a %b %d %H:%M:%S +0000 %Y"


def test_a_contact_from_a_clock_ahead_of_ours_is_offered_answered_and_resolved(
    stack: RunningStack, tmp_path: Path
) -> None:
    ahead = datetime.now(UTC) + timedelta(seconds=90)
    file = tmp_path / "ahead.json"
    author = {"id_str": "41", "screen_name": "ida", "name": "Ida"}
    post = {
        "id_str": "7100",
        "created_at": ahead.strftime(X_TIME),
        "text": "@ferry is the noon boat late?",
        "user": author,
    }
    file.write_text(json.dumps(post))
    source = ("--channel", "x", "--source", "ferry-x", "--owned", "8", "--owned", "ferry")
    with stack.channel("ingest") as channel, stack.channel("routing") as work:
        ingest = service_pb2_grpc.IngestServiceStub(channel)
        connected = api.Source(channel="x", owned_accounts=["8", "ferry"])
        ingest.CreateSource(
            api.CreateSourceRequest(parent=f"tenants/{TENANT}", source_id="ferry-x", source=connected), timeout=30
        )
        desk = Desk(work, TENANT, "kai")
        offers = desk.offers()
        stack.told("ingest", str(file), "--tenant", TENANT, *source)
        offer = next(offers)
        desk.accept(offer)
        desk.reply(offer.case, "It leaves on time.")
        desk.resolve(offer.case)
        offers.close()
    (row,) = stack.told("report", "--tenant", TENANT)["rows"]
    metrics = {name: row["metrics"][name]["value"] for name in ("offered", "accepted", "answered", "resolved")}
    assert metrics == {"offered": 1, "accepted": 1, "answered": 1, "resolved": 1}
    assert row["metrics"]["frt_human_mean"]["value"] == 0
    echo = {
        "id_str": "7101",
        "created_at": (ahead - timedelta(seconds=60)).strftime(X_TIME),
        "text": "@ida It leaves on time.",
        "in_reply_to_status_id_str": "7100",
        "user": {"id_str": "8", "screen_name": "ferry", "name": "Ferry"},
    }
    file.write_text(json.dumps(echo))
    stack.told("ingest", str(file), "--tenant", TENANT, *source)
    (again,) = stack.told("report", "--tenant", TENANT)["rows"]
    assert {name: again["metrics"][name]["value"] for name in metrics} == metrics
    assert again["metrics"]["frt_human_mean"]["value"] == 0
