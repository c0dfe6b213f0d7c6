"""An agent takes, answers and settles; what the report says of it follows from the facts in the log by hand."""

import json
import os
import select
import signal
import subprocess
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from agent_desk import Desk
from care_deliveries import connect, delivery
from chassis import attributes
from funnel_by_hand import Answer, Contact, differences, metrics_of
from running_stack import COMMAND, PATIENCE_S, RunningStack
from switchboard.ingest.v1 import service_pb2, service_pb2_grpc
from tables_by_hand import micros

TENANT = "desk"
BRAND = "LumenCare"


def wrote(api: Any, name: str, author: str, at: int, session: str) -> None:
    """A customer's post through the API."""
    said = {"id": name, "author": author, "role": "customer", "at": at, "text": "hello?", "session": session}
    request = service_pb2.IngestPostRequest(source=f"tenants/{TENANT}/sources/lumencare", delivery=delivery(said))
    result = api.IngestPost(request, timeout=30).result
    assert service_pb2.Result.Name(result.result) == "RESULT_ACCEPTED"


def acts(facts: list[dict[str, Any]], kind: str) -> list[int]:
    """When facts of a kind happened, in log order."""
    moments = [fact["data"]["at"] for fact in facts if fact["type"].endswith(f".{kind}")]
    return [micros(datetime.fromisoformat(moment.replace("Z", "+00:00"))) for moment in moments]


def test_what_people_do_is_what_the_report_says(stack: RunningStack, tmp_path: Path) -> None:
    began = micros(datetime.now(UTC) - timedelta(minutes=50))
    minute = 60_000_000
    with stack.channel("ingest") as channel, stack.channel("routing") as work:
        posts = service_pb2_grpc.IngestServiceStub(channel)
        connect(posts, TENANT, [BRAND])
        starts = [began, began + 20 * minute, began + 40 * minute]
        for number, start in enumerate(starts):
            wrote(posts, f"post-{number}", f"customer-{number}", start, f"session-{number}")
        desk = Desk(work, TENANT, "mia")
        offers = desk.offers()
        for number, offer in zip(range(3), offers, strict=False):
            desk.accept(offer)
            desk.reply(offer.case, "We are on it.")
            if number < 2:
                desk.resolve(offer.case)
        offers.close()
        again = micros(datetime.now(UTC))
        wrote(posts, "post-again", "customer-0", again, "session-0")
    until = datetime.now(UTC) + timedelta(minutes=1)
    question = ("--tenant", TENANT, "--observed-until", until.isoformat())
    report = stack.told("report", *question)
    facts = stack.facts(TENANT)
    taken, sent, resolved = acts(facts, "OfferAccepted"), acts(facts, "ReplySent"), acts(facts, "CaseResolved")
    assert (len(taken), len(sent), len(resolved), len(acts(facts, "CaseReopened"))) == (3, 3, 2, 1)
    contacts = [
        Contact(
            starts[0],
            BRAND,
            (Answer(sent[0]),),
            taken_at=taken[0],
            resolved_at=resolved[0],
            reopened_at=acts(facts, "CaseReopened")[0],
        ),
        Contact(starts[1], BRAND, (Answer(sent[1]),), taken_at=taken[1], resolved_at=resolved[1]),
        Contact(starts[2], BRAND, (Answer(sent[2]),), taken_at=taken[2]),
        Contact(again, BRAND),
    ]
    (row,) = report["rows"]
    assert differences(row["metrics"], metrics_of(contacts, micros(until))) == []
    by_agent = stack.told("report", *question, "--by", "agent")["rows"]
    accepted = {row["group"]["agent"]: row["metrics"]["accepted"]["value"] for row in by_agent}
    assert accepted.get("mia", accepted.get(desk.agent)) == 3
    log = tmp_path / "desk.jsonl"
    log.write_text(stack.run("log", "export", "--tenant", TENANT), encoding="utf-8")
    simulated = subprocess.run([COMMAND, "simulate", log, "--json"], capture_output=True, text=True, check=True)
    again = json.loads(simulated.stdout)["recorded"]
    assert (again["offers"], again["differing"]) == (len(acts(facts, "CaseOffered")), 0)


FAULTS = {
    "switchboard.archive.unreadable",
    "switchboard.log.unreadable",
    "switchboard.loop.held",
    "switchboard.projection.parked",
    "switchboard.sealing.unreadable",
    "switchboard.shard.conflicts",
    "switchboard.shard.failures",
    "switchboard.shard.parked",
    "switchboard.shard.resting",
    "switchboard.tick.lateness",
    "switchboard.unforeseen",
}
"""Metrics of what does not happen, or not within a minute, on a quiet day."""


def test_a_days_work_leaves_every_metric_there_is(stack: RunningStack) -> None:
    with stack.channel("ingest") as channel, stack.channel("routing") as work:
        posts = service_pb2_grpc.IngestServiceStub(channel)
        connect(posts, TENANT, [BRAND])
        wrote(posts, "post-measured", "customer-measured", micros(datetime.now(UTC)), "session-measured")
        desk = Desk(work, TENANT, "ada")
        offers = desk.offers()
        desk.accept(next(offers))
        offers.close()
    stack.told("report", "--tenant", TENANT)
    scraped = ""
    for endpoint in stack.endpoints["metrics"].values():
        with urllib.request.urlopen(f"http://{endpoint}/metrics", timeout=10) as page:
            scraped += page.read().decode()
    measured = {line.split()[2] for line in scraped.splitlines() if line.startswith("# TYPE ")}
    missing = {
        name for name in attributes.METRICS if not any(one.startswith(name.replace(".", "_")) for one in measured)
    }
    assert missing <= FAULTS


def test_ctrl_c_leaves_the_wallboard_without_a_word(stack: RunningStack) -> None:
    with stack.channel("ingest") as channel:
        connect(service_pb2_grpc.IngestServiceStub(channel), TENANT, [BRAND])
    screen, terminal = os.openpty()
    command = [COMMAND, "top", "--tenant", TENANT, "--state", str(stack.state)]
    watching = subprocess.Popen(command, stdout=terminal, stderr=subprocess.PIPE, text=True)
    os.close(terminal)
    shown = b""
    while "● live".encode() not in shown:
        ready, _, _ = select.select([screen], [], [], PATIENCE_S)
        assert ready, shown[-2000:]
        shown += os.read(screen, 65_536)
    watching.send_signal(signal.SIGINT)
    _, said = watching.communicate(timeout=PATIENCE_S)
    os.close(screen)
    assert (watching.returncode, said) == (0, "")
