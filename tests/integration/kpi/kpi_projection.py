"""Facts straight into the tables of kpi, without a log that is served: for tests of what is in the tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import kpi_facts as e
from chassis.commits import Entry, Subject, encode
from chassis.database import Database
from chassis.projection import Projection
from google.protobuf.message import Message
from kpi.views.contact_folds import Row
from kpi.views.contacts import Contacts


def entries(events: Sequence[Message], tenant: str = "acme") -> list[Entry]:
    found = []
    for position, body in enumerate(events, start=1):
        ours = type(body).DESCRIPTOR.file.package.startswith("switchboard.ingest")
        subject = Subject("post" if ours else "work", tenant, "0")
        data = encode(e.commit(tenant, "0", [body], str(position)))
        found.append(Entry(position, subject, data))
    return found


async def project(database: Database, log_entries: Sequence[Entry], batch: int) -> dict[str, list[str]]:
    """The tables after the entries went in by batches of this size, as PostgreSQL prints them."""
    log: Any = None  # entries are handed in
    projection: Projection[Row] = Projection(Contacts(), log, database)
    await projection.prepare()
    for at in range(0, len(log_entries), batch):
        await projection.apply(log_entries[at : at + batch])
    assert not await projection.parked()
    return {
        table: [row["line"] for row in await database.fetch(f"select t::text as line from {table} t order by {order}")]
        for table, order in Contacts.dumps.items()
    }
