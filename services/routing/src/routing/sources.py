"""The sources that replies go out through: which are connected, on which channel.

Sources are ingest's. Routing knows them from the log, and asks nobody.
"""

from __future__ import annotations

from chassis.database import Database
from chassis.log import Log
from chassis.projection import Projection
from chassis.serving import deadline_s

from routing.views import sources

_SUBJECT = "ev.post.{}.sources"
"""Where all facts about a tenant's sources are."""


class Sources:
    """Which sources there are, at least as of the call."""

    def __init__(self, log: Log, database: Database, view: Projection[sources.SourceRow]) -> None:
        self._log = log
        self._database = database
        self._view = view

    async def channel_of(self, tenant: str, source_id: str) -> str:
        """The channel of a source, "" when there is no such source.

        It waits for the tenant's last fact about sources, not for the end of the log: sources change rarely, posts
        come all the time.
        """
        last = await self._log.last(_SUBJECT.format(tenant))
        if last is None:
            return ""
        await self._view.reached(last.position, deadline_s(), tenant)
        return await sources.channel_of(self._database, tenant, source_id) or ""
