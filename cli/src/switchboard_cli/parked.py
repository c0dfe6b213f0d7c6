"""`switchboard parked`: events that wait because somebody could not take them, and the order to take them again.

It knows consumers and keys, not what an event means.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, refuse_misplaced
from switchboard_cli.failures import SERVICES, Failure
from switchboard_cli.output import Group

if TYPE_CHECKING:
    from switchboard.log.v1.operations_pb2 import ParkedEvent, ReleaseParkedResponse

    from switchboard_cli.tables import Table

PAGE = 500


class Found(NamedTuple):
    """A parked event and the service that has it."""

    service: str
    event: "ParkedEvent"


class Line(NamedTuple):
    """What waits under one key of one consumer."""

    service: str
    consumer: str
    key: str
    events: int
    type: str
    error: str


@click.group(cls=Group, invoke_without_command=True)
@click.option("--consumer", default="", metavar="NAME", help="Only what this view, reactor or shard could not take.")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=1_000, show_default=True, help="At most so many events."
)
@json_option
@reaches
@click.pass_context
def parked(context: click.Context, *, consumer: str, limit: int, as_json: bool, targets: Targets) -> None:
    """List events that are parked, one line per key: later events of a key wait behind its first.

    Release them once the code is right: `switchboard parked release CONSUMER KEY`.
    """
    if context.invoked_subcommand is None:
        _print(consumer, limit, as_json, targets)
    else:
        refuse_misplaced(context)


@asynchronous
async def _print(consumer: str, limit: int, as_json: bool, targets: Targets) -> None:
    from switchboard_cli.names import document
    from switchboard_cli.output import console, print_json

    found, more, away = await list_parked(targets, consumer, limit)
    if away and not found:
        raise away
    if as_json:
        print_json([{"service": one.service, **document(one.event)} for one in found])
    elif found:
        console().print(parked_table(lines(found)))
    else:
        console().print("nothing is parked", style="good")
    if more:
        console(stderr=True).print(f"there is more than {limit}: raise --limit, or name a --consumer", style="warn")
    if away:
        raise away


@parked.command("release")
@click.argument("consumer")
@click.argument("key", required=False)
@click.option("--all", "every", is_flag=True, help="Every key of the consumer.")
@json_option
@reaches
@asynchronous
async def release(*, consumer: str, key: str | None, every: bool, as_json: bool, targets: Targets) -> None:
    """Take what is parked under KEY of CONSUMER again, in order, with the code as it is now.

    What still fails stays parked with what is behind it. Exit code 1 when something still waits.
    """
    from switchboard_cli.output import console, print_json

    if (key is None) is not every:
        raise click.UsageError("name one KEY, or give --all for every key of the consumer")
    keys = [key] if key is not None else await _keys(targets, consumer)
    released = waiting = 0
    for one in keys:
        answer = await _release(targets, consumer, one)
        released, waiting = released + answer.released, waiting + answer.waiting
    if as_json:
        print_json({"consumer": consumer, "released": released, "waiting": waiting})
    else:
        console().print(f"{released} went through, {waiting} still wait", style="warn" if waiting else "good")
    if waiting:
        raise Failure(
            f"{waiting} events of {consumer} still wait: see `switchboard parked --consumer {consumer}` for the error, "
            "and release again once it is repaired"
        )


async def list_parked(targets: Targets, consumer: str, limit: int) -> tuple[list[Found], bool, Failure | None]:
    """What is parked in all services that answer, whether there is more than `limit`, and who did not answer."""
    from switchboard.log.v1.operations_pb2 import ListParkedRequest
    from switchboard.log.v1.operations_pb2_grpc import OperationsServiceStub

    found: list[Found] = []
    away: Failure | None = None
    for service in SERVICES:
        request = ListParkedRequest(consumer=consumer)
        try:
            async with calling(targets, service, act="to list parked events") as channel:
                stub = OperationsServiceStub(channel)
                while len(found) <= limit:
                    request.page_size = min(PAGE, limit + 1 - len(found))
                    answer = await stub.ListParked(request, timeout=targets.timeout_s)
                    found += [Found(service, event) for event in answer.events]
                    request.page_token = answer.next_page_token
                    if not answer.next_page_token:
                        break
        except Failure as failure:
            away = away or failure
    return found[:limit], len(found) > limit, away


async def _keys(targets: Targets, consumer: str) -> list[str]:
    found, _, away = await list_parked(targets, consumer, 100_000)
    if away and not found:
        raise away
    return list(dict.fromkeys(one.event.key for one in found))


async def _release(targets: Targets, consumer: str, key: str) -> "ReleaseParkedResponse":
    """Asks the service that has it. Raises Failure when none has, and when the one that may have it is away."""
    import grpc
    from switchboard.log.v1.operations_pb2 import ReleaseParkedRequest
    from switchboard.log.v1.operations_pb2_grpc import OperationsServiceStub

    away: Failure | None = None
    for service in SERVICES:
        try:
            async with calling(targets, service, act="to release parked events") as channel:
                request = ReleaseParkedRequest(consumer=consumer, key=key)
                return await OperationsServiceStub(channel).ReleaseParked(request, timeout=targets.timeout_s)
        except Failure as failure:
            error: Any = failure.__cause__
            if not isinstance(error, grpc.RpcError) or error.code() is not grpc.StatusCode.NOT_FOUND:
                away = failure
    raise away or Failure(
        f"nothing is parked for {consumer} under {key}: `switchboard parked` lists the consumers and their keys"
    )


def lines(found: Iterable[Found]) -> list[Line]:
    """One line per key, with the type and error of its first event."""
    made: dict[tuple[str, str, str], Line] = {}
    for service, event in found:
        at = service, event.consumer, event.key
        known = made.get(at, Line(*at, 0, event.type.rpartition(".")[2], event.error))
        made[at] = known._replace(events=known.events + 1)
    return list(made.values())


def parked_table(shown: Sequence[Line]) -> "Table":
    """For people; keys are whole, so that they can be copied."""
    from switchboard_cli.output import table

    made = table("consumer", "key", "events", "first", "error", right=(2,), whole=(1,))
    for line in shown:
        made.add_row(line.consumer, line.key, str(line.events), line.type, line.error)
    return made
