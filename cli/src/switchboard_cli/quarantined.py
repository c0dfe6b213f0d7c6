"""`switchboard quarantined`: what could not be read, why and where it stood, and the order to read it again.

It knows what ingest says about a delivery, not what is in one.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from switchboard_cli.connection import (
    Targets,
    asynchronous,
    calling,
    json_option,
    reaches,
    refuse_misplaced,
    tenant_option,
)
from switchboard_cli.failures import Failure
from switchboard_cli.output import Group

if TYPE_CHECKING:
    from switchboard.ingest.v1.post_pb2 import RowMapping
    from switchboard.ingest.v1.service_pb2 import QuarantinedDelivery

    from switchboard_cli.tables import Table

PAGE = 500
GONE = "GONE"
"""Counted like a result: it is in quarantine no more, or its bytes are past their time."""


class Asked(NamedTuple):
    """Which deliveries; of every source and for every reason where these are empty."""

    tenant: str
    source: str
    reason: str


@click.group(cls=Group, invoke_without_command=True)
@tenant_option
@click.option("--source", default="", metavar="ID", help="Only what came through this source.")
@click.option("--reason", default="", metavar="REASON", help="Only for this reason, such as ROUNDED_ID.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="At most so many.")
@json_option
@reaches
@click.pass_context
def quarantined(
    context: click.Context, *, tenant: str, source: str, reason: str, limit: int, as_json: bool, targets: Targets
) -> None:
    """List deliveries that could not be read, newest first: why, and where each stood.

    Have them read again once that is right: `switchboard quarantined requeue`.
    """
    if context.invoked_subcommand is None:
        _print(Asked(tenant, source, reason), limit, as_json=as_json, targets=targets)
    else:
        refuse_misplaced(context)


@asynchronous
async def _print(asked: Asked, limit: int, *, as_json: bool, targets: Targets) -> None:
    from switchboard_cli.names import document
    from switchboard_cli.output import console, print_json

    found, more = await _listed(targets, asked, limit)
    if as_json:
        shown = [document(one) for one in found]
        for one in shown:
            one.pop("payload", None)  # somebody's words; who needs them asks ListQuarantined
        print_json(shown)
    elif found:
        console().print(quarantined_table(found))
    else:
        console().print("nothing is in quarantine", style="good")
    if more:
        console(stderr=True).print(f"there is more than {limit}: raise --limit, or name a --source", style="warn")


@quarantined.command("requeue")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@tenant_option
@click.option("--source", default="", metavar="ID", help="All that came through this source.")
@click.option("--reason", default="", metavar="REASON", help="Of these only what is there for this reason.")
@click.option("--map", "mapping", metavar="NAME=COLUMN,...", help="Read rows of CSV files by this mapping, as ingest's "
              "--map says it; by the one they came with when it is not said.")  # fmt: skip
@click.option(
    "--time-format", "time_formats", multiple=True, default=("iso",), metavar="FORMAT", help="With --map, as in ingest."
)
@click.option("--time-zone", default="UTC", metavar="ZONE", help="With --map, as in ingest.")
@json_option
@reaches
@asynchronous
async def requeue(
    *,
    names: tuple[str, ...],
    tenant: str,
    source: str,
    reason: str,
    mapping: str | None,
    time_formats: Sequence[str],
    time_zone: str,
    as_json: bool,
    targets: Targets,
) -> None:
    """Read what lies in quarantine again: the deliveries named, or all of a --source.

    What can be read now is recorded and leaves the quarantine, a row of a CSV file with its reply; the rest stays, with
    the reason why. Exit code 1 when something stays. Waits until all read models have caught up.
    """
    from switchboard_cli.deliveries.mapping import MapError, mapping_of
    from switchboard_cli.names import full
    from switchboard_cli.output import console, print_json
    from switchboard_cli.projected import wait_until_projected

    if bool(names) is bool(source):
        raise click.UsageError("name deliveries, or give --source for all that came through it")
    try:
        by = mapping_of(mapping, time_formats, time_zone) if mapping else None
    except MapError as error:
        raise click.UsageError(str(error)) from error
    wanted = [full(tenant, "quarantined", name) for name in names]
    if source:
        found, _ = await _listed(targets, Asked(tenant, source, reason), 100_000)
        wanted = [one.name for one in found]
    results, stays = await _requeue(targets, wanted, by)
    if wanted:
        await wait_until_projected(targets, tenant, "", targets.timeout_s, quiet=as_json)
    if as_json:
        print_json({"results": dict(results), "reasons": dict(stays.most_common())})
    else:
        told = ", ".join(f"{number} {result}" for result, number in results.most_common()) or "there is nothing to read"
        console().print(told, style="warn" if stays else "good", markup=False)
    if stays:
        raise Failure(
            f"{sum(stays.values())} stay in quarantine ({', '.join(f'{n} {why}' for why, n in stays.most_common())}): "
            "`switchboard quarantined` shows each with its place"
        )


async def _requeue(
    targets: Targets, names: Sequence[str], mapping: "RowMapping | None"
) -> tuple[Counter[str], Counter[str]]:
    """(how many of each result, how many stay for each reason)"""
    import grpc
    from switchboard.ingest.v1.service_pb2 import RequeueQuarantinedRequest, Result
    from switchboard.ingest.v1.service_pb2_grpc import IngestServiceStub

    results: Counter[str] = Counter()
    stays: Counter[str] = Counter()
    async with calling(targets, "ingest", act="to read quarantined deliveries again") as channel:
        stub = IngestServiceStub(channel)
        for name in names:
            request = RequeueQuarantinedRequest(name=name, mapping=mapping)
            try:
                result = (await stub.RequeueQuarantined(request, timeout=targets.timeout_s)).result
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.NOT_FOUND or len(names) == 1:
                    raise
                results[GONE] += 1
                continue
            results[Result.Name(result.result).removeprefix("RESULT_")] += 1
            if result.reason:
                stays[result.reason] += 1
    return results, stays


async def _listed(targets: Targets, asked: Asked, limit: int) -> tuple[list["QuarantinedDelivery"], bool]:
    """What lies in quarantine, newest first, and whether there is more than `limit`."""
    from switchboard.ingest.v1.service_pb2 import ListQuarantinedRequest
    from switchboard.ingest.v1.service_pb2_grpc import IngestServiceStub

    conditions = [f'reason = "{asked.reason}"'] if asked.reason else []
    if asked.source:
        conditions.append(f'source = "tenants/{asked.tenant}/sources/{asked.source}"')
    request = ListQuarantinedRequest(parent=f"tenants/{asked.tenant}", filter=" AND ".join(conditions))
    found: list[QuarantinedDelivery] = []
    async with calling(targets, "ingest", act="to list what could not be read") as channel:
        stub: Any = IngestServiceStub(channel)
        while len(found) <= limit:
            request.page_size = min(PAGE, limit + 1 - len(found))
            answer = await stub.ListQuarantined(request, timeout=targets.timeout_s)
            found += answer.deliveries
            request.page_token = answer.next_page_token
            if not answer.next_page_token:
                break
    return found[:limit], len(found) > limit


def quarantined_table(found: Sequence["QuarantinedDelivery"]) -> "Table":
    """For people; names are whole, so that they can be copied."""
    from switchboard_cli.names import moment, short
    from switchboard_cli.output import table

    made = table("name", "source", "reason", "place", "detail", "received (UTC)", whole=(0, 5))
    for one in found:
        made.add_row(short(one.name), short(one.source), one.reason, one.place, one.detail, moment(one, "received_at"))
    return made
