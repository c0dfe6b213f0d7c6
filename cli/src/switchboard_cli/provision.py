"""`switchboard provision`: streams, buckets and tables of all services. What they are, each service declares."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from switchboard_cli.connection import StateDir, endpoints
from switchboard_cli.failures import Failure
from switchboard_cli.supervision import python

MODULES = ("ingest.main", "routing.main", "crm_sync.main", "kpi.main")
FINISH = "--finish"
PROVISION_S = 360.0
ALONE = ("SWITCHBOARD_SCHEMA", *(f"SWITCHBOARD_{name}_PORT" for name in ("INGEST", "ROUTING", "CRM_SYNC", "KPI")))
"""What is one service's alone. Four that run together each have a schema and a port of their own."""


def shared(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without what only one service may be told."""
    return {name: value for name, value in environment.items() if name not in ALONE}


@click.command()
@click.option(
    "--state",
    type=StateDir(),
    default=Path(".switchboard"),
    show_default=True,
    help="Directory of a running stack; its servers are used where the environment names none.",
)
@click.option("--finish", is_flag=True, help="An upgrade is through: no process of an older release runs any more.")
def provision(state: Path, *, finish: bool) -> None:
    """Create and change the streams, buckets and tables of all services; running it again is harmless.

    SWITCHBOARD_NATS_URL and SWITCHBOARD_DATABASE_URL name the servers, SWITCHBOARD_LOG_MAX_BYTES and
    SWITCHBOARD_LOG_REPLICAS what the log must have at least. Limits that were raised stay raised. What processes of an
    older release cannot stand waits for --finish.
    """
    environment = {**_servers_of(state), **shared({name: value for name, value in os.environ.items() if value})}
    done = asyncio.run(provisioned(environment, MODULES, finish=finish))
    click.echo("\n".join(done) if done else "everything is there")


def _servers_of(state: Path) -> dict[str, str]:
    found = endpoints(state)
    names = {"SWITCHBOARD_NATS_URL": "nats", "SWITCHBOARD_DATABASE_URL": "database"}
    return {variable: str(found[name]) for variable, name in names.items() if name in found}


async def provisioned(environment: Mapping[str, str], modules: Sequence[str], *, finish: bool = False) -> list[str]:
    """Provisions what these modules declare, in a process of its own; a sentence for each change. Raises Failure."""
    arguments = [*modules, FINISH] if finish else modules
    job = await asyncio.create_subprocess_exec(
        *python("chassis.provisioning"), *arguments,
        env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PROVISION_S):
            out, err = await job.communicate()
    except TimeoutError:
        raise Failure(f"provisioning took more than {PROVISION_S:g} s; see whether the servers answer") from None
    finally:
        if job.returncode is None:
            job.kill()
            await job.wait()
    if job.returncode != 0:
        told = err.decode().strip().replace("switchboard provision: ", "")
        # What it could not put into a sentence, an import that fails say, ends with one.
        raise Failure(told.splitlines()[-1] if "Traceback" in told else "; ".join(told.splitlines()))
    return out.decode().splitlines()
