"""`switchboard rebuild`: after the log was restored from an older copy, makes services refill their tables from it."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import click
from chassis.errors import Unavailable
from chassis.rebuild import rebuild_service

from switchboard_cli.connection import StateDir, endpoints
from switchboard_cli.failures import Failure
from switchboard_cli.stack import SERVICES


@click.command()
@click.argument("services", nargs=-1, required=True, type=click.Choice([spec.name for spec in SERVICES]))
@click.option(
    "--state",
    type=StateDir(),
    default=Path(".switchboard"),
    show_default=True,
    help="The running stack; not used where SWITCHBOARD_NATS_URL and SWITCHBOARD_DATABASE_URL are set.",
)
def rebuild(services: Sequence[str], state: Path) -> None:
    """Empty the tables of services, which refill them from the log as it is now.

    For a log that is older than the tables, when no newer copy of it exists: what it lost is lost. Subject keys and
    quarantined bytes stay. Running services notice and begin anew.
    """
    nats_url, database_url = _servers(state)
    for service in services:
        try:
            click.echo(asyncio.run(rebuild_service(nats_url, database_url, service)))
        except (Unavailable, TimeoutError, OSError) as error:
            raise Failure(f"{service} is not rebuilt: {error or 'the servers took too long'}") from error


def _servers(state: Path) -> tuple[str, str]:
    given = os.environ.get("SWITCHBOARD_NATS_URL"), os.environ.get("SWITCHBOARD_DATABASE_URL")
    if given[0] and given[1]:
        return given[0], given[1]
    found = endpoints(state)
    if not {"nats", "database"} <= found.keys():
        raise Failure(
            f"no stack runs in {state}: start it with `switchboard up`, or set SWITCHBOARD_NATS_URL and"
            " SWITCHBOARD_DATABASE_URL"
        )
    return str(found["nats"]), str(found["database"])
