"""Table `reply_quotas_v1`: how many replies to a post the platform allowed when the post came, where it counts them.

Of most posts no platform counts; those take no row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chassis.clock import Instant
from chassis.commits import Recorded
from chassis.database import Connection, Database, queries
from switchboard.ingest.v1 import events_pb2, events_structs

_SQL = queries(__file__, "quotas.sql")
NAME = "reply_quotas_v1"
_HANDLED = frozenset({events_structs.PostReceived.NAME})


class Quota(NamedTuple):
    """What a platform allowed."""

    replies_left: int
    received_at: Instant
    """As of when."""


class QuotasView:
    """Keeps the quotas of posts as they came. Keys are `<tenant>/<post id>`, none for a post without one."""

    name = NAME
    contexts = frozenset({"post"})
    handles = _HANDLED
    # Whatever else ingest may say, now or later, is about no quota.
    ignores = frozenset(one.full_name for one in events_pb2.DESCRIPTOR.message_types_by_name.values()) - _HANDLED
    schema = _SQL["schema"]
    dumps: Mapping[str, str] = {NAME: "tenant, post_id"}

    def keys(self, event: Recorded) -> Sequence[str]:
        """The post, where replies to it are counted."""
        return (f"{event.tenant}/{event.body.post_id}",) if event.body.reply_quota_left >= 0 else ()

    async def load(self, connection: Connection, keys: Sequence[str]) -> dict[str, Quota]:
        """Nothing: the fact says all there is."""
        return {}

    def fold(self, rows: dict[str, Quota], event: Recorded) -> None:
        """What a platform allowed."""
        post = event.body
        if post.reply_quota_left >= 0:
            rows[f"{event.tenant}/{post.post_id}"] = Quota(post.reply_quota_left, post.received_at)

    async def save(self, connection: Connection, rows: Mapping[str, Quota], touched: Sequence[str]) -> None:
        """One statement."""
        if touched:
            pairs = [key.partition("/") for key in touched]
            there = [(tenant, post_id, *rows[f"{tenant}/{post_id}"]) for tenant, _, post_id in pairs]
            await connection.execute(_SQL["save"], *zip(*there, strict=True))


async def quota_of(database: Database, tenant: str, post_id: str) -> Quota | None:
    """What the platform allowed when a post came, None where it counts no replies."""
    records = await database.fetch(_SQL["get"], tenant, post_id)
    return next((Quota(r["replies_left"], Instant(r["received_at"])) for r in records), None)
