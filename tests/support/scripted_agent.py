"""Somebody at work, as a script: signs in, listens to offers through every lost connection, and acts on cases.

It speaks to the gRPC API alone.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import grpc.aio
from house import House
from switchboard.routing.v1 import service_pb2 as work

ALWAYS = {"weekly": [{"weekday": day, "start_minute": 0, "end_minute": 1440} for day in range(1, 8)]}
"""A shift that never ends."""


class ScriptedAgent:
    """One agent of a house. What it hears is kept in its order."""

    def __init__(self, house: House, agent_id: str) -> None:
        self.house = house
        self.agent_id = agent_id
        self.name = house.name("agents", agent_id)
        self.heard: list[Any] = []
        self.lost_lines = 0
        self.position = ""
        """Of its last act: what it reads from there on shows that."""
        self._news = asyncio.Condition()
        self._token = ""
        self._line: Any = None
        self._listening: asyncio.Task[None] | None = None

    async def sign_in(self, *queues: str, **settings: Any) -> None:
        """Registers with a shift, and is there from now on."""
        served = [self.house.name("queues", one) for one in queues]
        agent = {"display_name": self.agent_id.title(), "capacity": 1, "shifts": ALWAYS, "queues": served, **settings}
        await self.house.ask("CreateAgent", agent_id=self.agent_id, agent=agent)
        await self.presence("AVAILABLE")
        self.listen()

    def listen(self) -> None:
        """Hears of offers from now on, until `leave`."""
        self._listening = asyncio.create_task(self._listen(), name=f"offers of {self.agent_id}")

    async def presence(self, presence: str) -> None:
        await self.house.ask("SetPresence", name=self.name, presence=f"PRESENCE_{presence}")

    async def leave(self) -> None:
        """Hangs up for good."""
        if self._listening is not None:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening

    def lose_the_line(self) -> None:
        """The connection breaks; what is heard then goes on where it broke off."""
        if self._line is not None:
            self.lost_lines += 1
            self._line.cancel()

    async def _listen(self) -> None:
        while True:
            _, self._line = self.house.call("WatchOffers", agent=self.name, resume_token=self._token, within_s=600)
            try:
                async for said in self._line:
                    self._token = said.resume_token or self._token
                    async with self._news:
                        self.heard.append(said)
                        self._news.notify_all()
            except asyncio.CancelledError:
                if asyncio.current_task().cancelling():  # type: ignore[union-attr]
                    raise
            except grpc.aio.AioRpcError as broken:
                if broken.code() not in (grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE):
                    raise

    async def hears(self, wanted: Callable[[Any], bool], after: int = 0, patience_s: float = 60.0) -> Any:
        """The first thing it is told that is wanted, of those after so many."""
        at = after
        async with asyncio.timeout(patience_s), self._news:
            while True:
                while at < len(self.heard):
                    at += 1
                    if wanted(self.heard[at - 1]):
                        return self.heard[at - 1]
                await self._news.wait()

    async def offered(self, case: str, after: int = 0) -> Any:
        """The offer of a case."""
        opened = work.OFFER_CHANGE_OPEN
        return (await self.hears(lambda one: one.change == opened and one.offer.case == case, after)).offer

    async def told(self, case: str, change: str, after: int = 0) -> Any:
        """What it is told of a case: EXPIRED, RELEASED, ASSIGNED, ..."""
        wanted = work.OfferChange.Value(f"OFFER_CHANGE_{change}")
        return await self.hears(lambda one: one.change == wanted and one.offer.case == case, after)

    async def act(self, method: str, case: str, /, **fields: Any) -> Any:
        """Does something to a case under its own name; the case as it is then."""
        answer = await self.house.ask(method, name=case, agent=self.name, **fields)
        self.position = answer.position
        return getattr(answer, "case", answer)

    async def take(self, case: str, after: int = 0) -> Any:
        """Accepts the case when it is offered."""
        offer = await self.offered(case, after)
        return await self.act("AcceptOffer", case, token=offer.token)

    async def has_answered(self, case: str) -> None:
        """Waits until the reply to a case it has is on its way to the customer."""
        _, watch = self.house.call("WatchCases", filter=f"state = ACCEPTED AND agent = {self.agent_id}")
        async for change in watch:
            if change.case.name == case and change.case.HasField("answered_at"):
                break
        watch.cancel()

    async def settle(self, case: str, text: str = "We are on it, and will write again within the hour.") -> None:
        """Answers and resolves a case it has."""
        await self.act("ReplyToCase", case, text=text)
        await self.act("ResolveCase", case, disposition="solved")

    async def refused(self, reason: str, method: str, case: str, /, *says: str, **fields: Any) -> Any:
        """What it does to a case and is refused."""
        return await self.house.refused(reason, method, *says, name=case, agent=self.name, **fields)
