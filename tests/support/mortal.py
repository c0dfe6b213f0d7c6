"""A process's worth of machinery that may be killed at any moment: its own connections, its own place among members."""

import asyncio
from collections.abc import Coroutine
from typing import Any
from uuid import uuid4

from chassis.database import Database
from chassis.log import Log
from chassis.membership import Membership


class Mortal:
    """What runs is `work`'s, which begins when it is a member."""

    def __init__(self, log: Log, service: str, url: str, connections_max: int) -> None:
        self._log = log
        self._database = Database(url, "tally", connections_max=connections_max)
        self.membership = Membership(log, service, uuid4().hex)
        self._task: asyncio.Task[None] | None = None

    async def live(self, work: Coroutine[Any, Any, None]) -> None:
        """Becomes a member and works."""
        await self.membership._beat()
        self._task = asyncio.create_task(work)

    async def give_up(self) -> None:
        """Leaves the others all it has, and goes on living for a while."""
        await self.membership.leave()

    async def kill(self) -> None:
        """Nothing of it reaches the database from now on; its heartbeat is over."""
        assert self._database._pool
        self._database._pool.terminate()
        assert self._task
        self._task.cancel()
        await self.expire()
        await self.end()

    async def expire(self) -> None:
        """What NATS does with a heartbeat that does not come: the others do not count it, while it may well live and
        believe that it owns what it owned.
        """
        subject = f"$KV.{self.membership._bucket}.{self.membership.member}"
        await self._log.js.purge_stream(f"KV_{self.membership._bucket}", subject=subject)

    async def end(self) -> None:
        """Over, unless it was before by itself."""
        assert self._task
        assert not self._task.done() or self._task.cancelled(), self._task
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._database.close()
