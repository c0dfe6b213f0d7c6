"""Schema changes in two halves, before (`pre`) and after (`post`) the new code; for what replay cannot rebuild.

Views do not need this: a changed view is a new table. What cannot be refilled from the log (subject keys, chassis
bookkeeping) changes by expanding first and contracting once no old code runs any more.
"""

import argparse
import asyncio
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from chassis.database import Connection, Database

MIGRATE_S = 300.0


class Phase(StrEnum):
    PRE = "pre"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Step:
    """One file `NNNN_pre_what_it_does.sql`; steps run in the order of their numbers, each once."""

    name: str
    phase: Phase
    sql: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


class MigrationError(Exception):
    """The files and the database disagree about what was done."""


_FILE = re.compile(r"\d{4}_(pre|post)_[a-z0-9_]+\Z")


def steps_in(directory: Path) -> tuple[Step, ...]:
    """All steps of a directory of SQL files, in order. ValueError for a file that is not named like a step."""
    steps = []
    for path in sorted(directory.glob("*.sql")):
        named = _FILE.match(path.stem)
        if named is None:
            raise ValueError(f"{path.name} is not named NNNN_pre_words.sql or NNNN_post_words.sql")
        steps.append(Step(path.stem, Phase(named[1]), path.read_text(encoding="utf-8")))
    return tuple(steps)


_READ_ONLY = """
do $$
declare
    other regrole;
begin
    for other in
        select distinct held.grantee from pg_class kept, aclexplode(kept.relacl) held
        where kept.oid = 'migrations'::regclass and held.grantee not in (0, kept.relowner)
            and held.privilege_type in ('INSERT', 'UPDATE')
    loop
        execute format('revoke insert, update on migrations from %s', other);
    end loop;
end
$$
"""
"""Who may use the tables of a schema reads what was done, and writes it nowhere."""


async def migrate(database: Database, steps: Sequence[Step], *, until: Phase = Phase.POST) -> list[str]:
    """Apply what is missing to the database's schema and return its names; idempotent, safe when many start at once.

    `Phase.PRE` stops after the last pending `pre` step: run it before the new code starts. A `post` step that stands
    before it belongs to the release that already runs and is applied on the way. All of it is one transaction.
    Raises MigrationError when an applied step was edited or is no longer there.
    """
    async with database.transaction(MIGRATE_S) as connection:
        await connection.execute(
            "select pg_advisory_xact_lock(hashtext('chassis.migrations'), hashtext($1))", database.schema
        )
        await connection.execute(
            "create table if not exists migrations"
            " (name text primary key, digest text not null, applied_at timestamptz not null default now())"
        )
        await connection.execute(_READ_ONLY)
        missing = await _missing(connection, steps)
        if until is Phase.PRE:
            last = max((index for index, step in enumerate(missing) if step.phase is Phase.PRE), default=-1)
            missing = missing[: last + 1]
        for step in missing:
            await connection.execute(step.sql)
            await connection.execute("insert into migrations (name, digest) values ($1, $2)", step.name, step.digest)
        return [step.name for step in missing]


async def pending(database: Database, steps: Sequence[Step]) -> list[str]:
    """Names of the `pre` steps that are missing: a service is not ready while there are any."""
    async with database.acquire() as connection:
        if await connection.fetchval("select to_regclass('migrations')") is None:
            return [step.name for step in steps if step.phase is Phase.PRE]
        return [step.name for step in await _missing(connection, steps) if step.phase is Phase.PRE]


async def waiting(database: Database, steps: Sequence[Step]) -> list[str]:
    """Names of the `post` steps that are missing."""
    async with database.acquire() as connection:
        return [step.name for step in await _missing(connection, steps) if step.phase is Phase.POST]


async def in_use(database: Database) -> bool:
    """Whether steps were applied before: older processes may run."""
    async with database.acquire() as connection:
        return await connection.fetchval("select to_regclass('migrations')") is not None


async def _missing(connection: Connection, steps: Sequence[Step]) -> list[Step]:
    applied = {row["name"]: row["digest"] for row in await connection.fetch("select name, digest from migrations")}
    known = {step.name: step.digest for step in steps}
    wrong = sorted(name for name in known.keys() & applied.keys() if known[name] != applied[name])
    if wrong:
        raise MigrationError(f"already applied, edited since: {', '.join(wrong)}; write a new step instead")
    # Names this code does not know come from a newer release: fine while it is rolled out or back.
    return [step for step in steps if step.name not in applied]


VAULT_SCHEMA = "vault"


@cache
def vault_steps() -> tuple[Step, ...]:
    """The table of subject keys."""
    return steps_in(Path(__file__).parent / "vault_migrations")


async def migrate_all(database_url: str, *, until: Phase = Phase.POST) -> list[str]:
    """Everything the chassis itself keeps that replay cannot rebuild."""
    async with Database(database_url, VAULT_SCHEMA, connections_max=1, application="migrations") as vault:
        return await migrate(vault, vault_steps(), until=until)


def main() -> None:
    """`python -m chassis.migrations URL_FILE [pre|post]`: the Job of a release. The URL comes from a secret file."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("url_file", type=Path)
    parser.add_argument("until", type=Phase, choices=list(Phase), default=Phase.POST, nargs="?")
    given = parser.parse_args()
    for name in asyncio.run(migrate_all(given.url_file.read_text().strip(), until=given.until)):
        print(f"applied {name}")  # noqa: T201 - a command line program


if __name__ == "__main__":
    main()
