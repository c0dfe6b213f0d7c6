"""Who may do what in PostgreSQL: one role per service that owns its schema and nothing else; and one that provisions.

    python -m chassis.roles ingest.main routing.main > roles.sql

prints the statements for what these modules declare, for who prepares a database by hand. Roles have no password here.
"""

import argparse
import importlib
import re
import sys
from dataclasses import dataclass
from typing import Final

from chassis.database import SCHEMA_LOCK, Connection, queries

PROVISIONER: Final = "migrations"
"""Owns the vault, creates what services need, and may act as each of them."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,50}\Z")
_SQL = queries(__file__, "roles.sql")
_HEAD = """-- What a PostgreSQL needs before the first release, made by `make roles`: one role per service, its schema,
-- and who may use the vault. Run it as a superuser in the database of Switchboard. Idempotent. Roles have no password:
-- pg_hba.conf says `hostssl ... cert`.
"""


@dataclass(frozen=True, slots=True)
class ServiceRole:
    """A service's role, the schema it owns, and whether it seals or opens personal values."""

    role: str
    schema: str
    vault: bool

    def __post_init__(self) -> None:
        """Raises ValueError for what is no name of ours."""
        for name in (self.role, self.schema):
            if not _NAME.match(name):
                raise ValueError(f"{name!r} is no name of a role or schema")

    def statements(self) -> list[str]:
        """What makes it so, for a superuser."""
        names = ("service", "sealer") if self.vault else ("service",)
        return [_SQL[name].replace("{role}", self.role).replace("{schema}", self.schema) for name in names]


def role_of(service: str) -> str:
    """The role of a service, such as crm_sync for crm-sync."""
    return service.replace("-", "_")


def provisioner() -> str:
    """The statements that every database needs once, for a superuser."""
    return _SQL["provisioner"]


async def make_roles(connection: Connection, own: ServiceRole) -> None:
    """Makes the roles as they should be, within a transaction of a superuser; idempotent."""
    for sql in (SCHEMA_LOCK, provisioner(), *own.statements()):
        await connection.execute(sql)


def main() -> None:
    """Prints the statements for these modules."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", nargs="+", help="a module that declares RESOURCES")
    found = [importlib.import_module(module).RESOURCES.role for module in parser.parse_args().module]
    statements = [provisioner(), *(sql for own in found for sql in own.statements())]
    sys.stdout.write("\n\n".join([_HEAD.rstrip(), *statements]) + "\n")


if __name__ == "__main__":
    main()
