"""The key file of a state directory: where it is, and that none is made where servers were filled with another one."""

import os
from collections.abc import Mapping
from pathlib import Path

from chassis import keyfile
from chassis.database import Database
from chassis.keyring import unfit
from chassis.log import Log, connect

from switchboard_cli.failures import Failure

VARIABLE = "SWITCHBOARD_KEK_FILE"
NAME = "kek.jsonl"


def key_file(state: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """The one the environment names, else the state directory's."""
    return Path(environment.get(VARIABLE) or state / NAME)


async def ready(state: Path, environment: Mapping[str, str], nats_url: str, database_url: str) -> Path:
    """The key file, made in the state directory where there is none and nothing was sealed yet. Raises Failure where it
    is not the one that the database was filled with, or is missing and something was sealed, and Unavailable.
    """
    path = key_file(state, environment)
    async with Database(database_url, "public", connections_max=1, application="keys") as database:
        if (why := await unfit(database, path)) is not None:
            raise Failure(why)
    if path.exists():
        return path
    if environment.get(VARIABLE):
        raise Failure(f"{VARIABLE} names no file; `switchboard keys new` makes one, or unset it to have one in --state")
    if (end := await _log_end(nats_url)) > 0:
        raise Failure(
            f"there is no key file {path}, and the log has {end} commits already; put their file there, from its backup"
            ", and use the database that belongs to them. Only where they are gone for ever, with all that was sealed:"
            " `switchboard keys new`"
        )
    keyfile.create(path)
    return path


async def _log_end(nats_url: str) -> int:
    nc = await connect(nats_url, "keys")
    try:
        return await Log(nc).last_position()
    finally:
        await nc.close()
