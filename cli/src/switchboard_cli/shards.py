"""`switchboard shards`: how the shards are, why one rests, and the order to wake it. It knows no event."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from switchboard_cli.connection import Targets, asynchronous, calling, json_option, reaches, refuse_misplaced
from switchboard_cli.failures import SERVICES, Failure
from switchboard_cli.hints import typed
from switchboard_cli.output import Group

if TYPE_CHECKING:
    from switchboard.log.v1.operations_pb2 import Shard

    from switchboard_cli.tables import Table


class Found(NamedTuple):
    """A shard and the service it belongs to."""

    service: str
    shard: "Shard"


@click.group(cls=Group, invoke_without_command=True)
@click.option("--tenant", default="", metavar="NAME", help="Only this tenant's.")
@json_option
@reaches
@click.pass_context
def shards(context: click.Context, *, tenant: str, as_json: bool, targets: Targets) -> None:
    """List the shards of all services, whichever replica owns them.

    A shard that failed three times in a row rests: its callers are told UNAVAILABLE, everybody else is served. Wake it
    once the cause is gone: `switchboard shards wake NAME`.
    """
    if context.invoked_subcommand is None:
        _print(tenant, as_json, targets)
    else:
        refuse_misplaced(context)


@asynchronous
async def _print(tenant: str, as_json: bool, targets: Targets) -> None:
    from switchboard.log.v1.operations_pb2 import ListShardsRequest
    from switchboard.log.v1.operations_pb2_grpc import OperationsServiceStub

    from switchboard_cli.names import document
    from switchboard_cli.output import console, print_json

    found: list[Found] = []
    away: Failure | None = None  # whoever looks here does so because something stands still: the others are shown
    for service in SERVICES:
        try:
            async with calling(targets, service, act="to list shards") as channel:
                request = ListShardsRequest(tenant=tenant)
                answer = await OperationsServiceStub(channel).ListShards(request, timeout=targets.timeout_s)
        except Failure as failure:
            away = away or failure
        else:
            found += [Found(service, shard) for shard in answer.shards]
    if away and not found:
        raise away
    if as_json:
        print_json([{"service": one.service, **document(one.shard)} for one in found])
    elif found:
        console().print(shards_table([one.shard for one in found]))
    else:
        console().print("there is no shard yet: one begins with its tenant", style="quiet")
    if away:
        raise away


@shards.command("wake")
@click.argument("name")
@json_option
@reaches
@asynchronous
async def wake(*, name: str, as_json: bool, targets: Targets) -> None:
    """Let the resting shard NAME read its state again and go on; harmless for one that does not rest."""
    from switchboard_cli.names import document
    from switchboard_cli.output import console, print_json

    shard = await _wake(targets, name)
    if as_json:
        print_json(document(shard))
    else:
        console().print(typed(f"{name} is awake: `switchboard shards` shows how it goes on"), style="good")


async def _wake(targets: Targets, name: str) -> "Shard":
    """Asks the service that has it. Raises Failure when none has, and when the one that may have it is away."""
    import grpc
    from switchboard.log.v1.operations_pb2 import WakeShardRequest
    from switchboard.log.v1.operations_pb2_grpc import OperationsServiceStub

    away: Failure | None = None
    for service in SERVICES:
        try:
            async with calling(targets, service, act="to wake a shard") as channel:
                request = WakeShardRequest(name=name)
                answer = await OperationsServiceStub(channel).WakeShard(request, timeout=targets.timeout_s)
                return answer.shard
        except Failure as failure:
            error: Any = failure.__cause__
            if not isinstance(error, grpc.RpcError) or error.code() is not grpc.StatusCode.NOT_FOUND:
                away = failure
    raise away or Failure(f"there is no shard {name}: `switchboard shards` lists them by name")


def shards_table(shown: "Sequence[Shard]") -> "Table":
    """For people; names are whole, so that they can be copied."""
    from rich.text import Text
    from switchboard.log.v1.operations_pb2 import ShardState

    from switchboard_cli.names import moment, word
    from switchboard_cli.output import table

    styles = {"resting": "bad", "recovering": "warn", "serving": "good"}
    made = table("shard", "state", "owner", "waiting", "why", right=(3,), whole=(0,))
    for shard in shown:
        state = word(ShardState, shard.state, "SHARD_STATE_")
        why = shard.failure
        if shard.HasField("resting_since"):
            why = f"{why}, {shard.failures} times; since {moment(shard, 'resting_since')}"
        made.add_row(shard.name, Text(state, styles.get(state, "")), shard.owner, str(shard.waiting), why)
    return made
