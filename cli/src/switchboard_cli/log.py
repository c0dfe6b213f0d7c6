"""`switchboard log`: verify the running system, export the facts. It knows findings and commits, not deciders."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches
from switchboard_cli.failures import SERVICES, Failure
from switchboard_cli.output import Group

if TYPE_CHECKING:
    from switchboard.log.v1.integrity_pb2 import VerifyIntegrityResponse

    from switchboard_cli.tables import Table

SHOWN_MAX = 1_000
"""Rows of a table; more of them nobody reads."""

INVARIANTS = {
    "I1": "state = fold of the events, for every shard",
    "I2": "the log is gapless and its hash chain verifies",
    "I3": "a commit id appears at most once",
    "I4": "rows and position commit together",
    "I5": "replay from zero gives the same read models, byte for byte",
    "I9": "what was asked for came about in time: replies, erasures",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one service found about one thing."""

    service: str
    invariant: str
    subject: str
    ok: bool
    detail: str
    compared: int


@click.group(cls=Group)
def log() -> None:
    """Verify or export the event log."""


@log.command("verify")
@click.option("--invariant", "invariants", multiple=True, metavar="ID", help="Only these, such as I1; default all.")
@click.option("--verify-timeout", type=click.FloatRange(min=1), default=900.0, show_default=True, metavar="SECONDS",
              help="How long a service may take: it reads the whole log.")  # fmt: skip
@json_option
@reaches
@asynchronous
async def verify(*, invariants: Sequence[str], verify_timeout: float, as_json: bool, targets: Targets) -> None:
    """Recompute everything from the log and compare: invariants I1 to I5 and I9 of all four services.

    Exit code 1 when one does not hold.
    """
    from switchboard_cli.output import console, print_json

    findings = await verify_all(targets, invariants, verify_timeout, quiet=as_json)
    if as_json:
        print_json(
            {
                "ok": all(finding.ok for finding in findings),
                "findings": [
                    {"service": f.service, "invariant": f.invariant, "subject": f.subject, "ok": f.ok,
                     "compared": f.compared, "detail": f.detail}
                    for f in findings
                ],
            }
        )  # fmt: skip
    else:
        for invariant in dict.fromkeys(finding.invariant for finding in findings):
            console().print(f"{invariant}: {INVARIANTS.get(invariant, '')}", style="quiet")
        console().print(finding_table(findings))
    broken = [finding for finding in findings if not finding.ok]
    if broken:
        first = broken[0]
        raise Failure(
            f"{first.invariant} does not hold for {first.subject} of {first.service}"
            f"{f' and {len(broken) - 1} more' if len(broken) > 1 else ''}: {first.detail}"
        )
    if not findings:
        raise Failure("no service checked anything; name invariants the services know, such as I1")


async def verify_all(
    targets: Targets, invariants: Sequence[str], timeout_s: float, *, quiet: bool = True
) -> list[Finding]:
    """The findings of all services, which work at the same time. Raises Failure when one cannot be asked.

    Says how many there are so far, unless `quiet`.
    """
    from switchboard_cli.progress import steps_bar

    with steps_bar(quiet=quiet) as steps:
        answered = steps.add_task("", total=len(SERVICES))
        found: list[Finding] = []

        def told(finding: Finding) -> None:
            found.append(finding)
            steps.update(answered, description=f"{len(found)} checks done, the last {finding.invariant} of "
                         f"{finding.service}; services that have finished:")  # fmt: skip

        steps.update(answered, description="every service reads the whole log; services that have finished:")
        async with asyncio.TaskGroup() as group:
            for service in SERVICES:
                task = group.create_task(_verify(targets, service, invariants, timeout_s, told))
                task.add_done_callback(lambda _: steps.advance(answered))
    order = {service: number for number, service in enumerate(SERVICES)}
    return sorted(found, key=lambda one: (len(one.invariant), one.invariant, order[one.service]))


async def _verify(
    targets: Targets, service: str, invariants: Sequence[str], timeout_s: float, told: Callable[[Finding], None]
) -> None:
    from switchboard.log.v1.integrity_pb2 import VerifyIntegrityRequest
    from switchboard.log.v1.integrity_pb2_grpc import IntegrityServiceStub

    request = VerifyIntegrityRequest(invariants=invariants)
    async with calling(targets, service, act="to verify the log") as channel:
        async for answer in IntegrityServiceStub(channel).VerifyIntegrity(request, timeout=timeout_s):
            told(_finding(service, answer))


def _finding(service: str, answer: "VerifyIntegrityResponse") -> Finding:
    return Finding(service, answer.invariant, answer.subject, answer.ok, answer.detail, answer.compared)


def finding_table(findings: Sequence[Finding]) -> "Table":
    """One row per finding."""
    from rich.text import Text

    from switchboard_cli.output import count, table
    from switchboard_cli.tables import printable

    shown = table("", "service", "subject", "holds", "compared", "detail", right=(4,), whole=(2,))
    for finding in findings:
        holds = Text("yes", "good") if finding.ok else Text("NO", "bad")
        shown.add_row(
            Text(finding.invariant, "accent"), finding.service, finding.subject, holds, count(finding.compared),
            Text(printable(finding.detail), "quiet"),
        )  # fmt: skip
    return shown


@log.command("export")
@click.option("--after", default="", metavar="POSITION", help="Begin after this position; default the first commit.")
@click.option("--tenant", default="", help="Only this tenant's events; default all.")
@reaches
@asynchronous
async def export(*, after: str, tenant: str, targets: Targets) -> None:
    """Print every fact as a CloudEvent, one JSON object per line, in log order. Personal values stay sealed."""
    from switchboard.log.v1.integrity_pb2 import ExportLogRequest
    from switchboard.log.v1.integrity_pb2_grpc import IntegrityServiceStub

    from switchboard_cli.cloudevents import as_cloudevents
    from switchboard_cli.output import print_json

    request = ExportLogRequest(after=after, tenant=tenant)
    async with calling(targets, "ingest", act="to export the log") as channel:
        async for answer in IntegrityServiceStub(channel).ExportLog(request):
            for exported in answer.commits:
                for event in as_cloudevents(exported):
                    print_json(event)


@log.command("unreadable")
@click.option("--after", default="", metavar="POSITION", help="Begin after this position; default the first message.")
@json_option
@reaches
@asynchronous
async def unreadable(*, after: str, as_json: bool, targets: Targets) -> None:
    """List the messages of the log that are no commits: every reader steps over them.

    `sequence` is what NATS calls the position (`nats stream get EVENTS SEQUENCE` shows the message).
    """
    from chassis.commits import Position
    from switchboard.log.v1.operations_pb2 import ListUnreadableRequest
    from switchboard.log.v1.operations_pb2_grpc import OperationsServiceStub

    from switchboard_cli.output import console, count, print_json, table

    found = 0
    shown = table("sequence", "position", "subject", "bytes", "reason", right=(0, 3), whole=(1,))
    async with calling(targets, "kpi", act="to list what is unreadable") as channel:
        async for one in OperationsServiceStub(channel).ListUnreadable(ListUnreadableRequest(after=after)):
            found += 1
            sequence = Position.decode(one.position)
            if as_json:
                print_json(
                    {"sequence": sequence, "position": one.position, "subject": one.subject, "bytes": one.bytes,
                     "reason": one.reason}
                )  # fmt: skip
            elif found <= SHOWN_MAX:
                shown.add_row(count(sequence), one.position, one.subject, count(one.bytes), one.reason)
    if not as_json:
        console().print(shown if found else "every message of the log can be read")
        if found > SHOWN_MAX:
            console().print(f"and {found - SHOWN_MAX} more; --json prints all")
