"""Who looks at a case right now: said by those who look, heard by those who look, kept by nobody.

It goes over NATS without a stream behind it, on `view.<tenant>.<case>`: any replica's viewers hear of any other's. What
is lost is said again with the next beat, and whoever is not heard of any more has left. It is no fact: nothing is
decided by it, and nobody could say tomorrow who looked.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from enum import StrEnum
from typing import NamedTuple

import msgspec

Say = Callable[[str, bytes], Awaitable[None]]
"""Takes subject and payload; what is lost on the way is lost."""
Listen = Callable[[str, Callable[[bytes], None]], Awaitable[Callable[[], Awaitable[None]]]]
"""Takes a subject and who is told of each payload; returns what ends it."""

BEAT_S = 10.0
"""How often a viewer says that it is there; a stream says something as often."""
GONE_S = 35.0
"""After so long without a word somebody has left: three beats may be lost."""
WAITING_MAX = 200
"""Signs that wait for one viewer; further ones are lost, as any may be."""
VIEWERS_MAX = 100
"""Others that one viewer is told of."""


class Sign(StrEnum):
    """What a viewer says, and what is told of an agent."""

    ARRIVED = "arrived"
    PRESENT = "present"
    TYPING = "typing"
    LEFT = "left"


class Said(msgspec.Struct, frozen=True, array_like=True):
    """One sign. A stream is a viewer of its own: an agent may look from two windows."""

    viewer: str
    agent_id: str
    sign: Sign


class Seen(NamedTuple):
    """Another viewer, and when it was heard of last, in seconds of a monotonic clock."""

    agent_id: str
    at: float


class Company:
    """The others at one case, as one viewer hears of them. It knows no NATS and no time but what it is told."""

    def __init__(self, agent_id: str) -> None:
        self._agent_id = agent_id
        self._others: dict[str, Seen] = {}

    def hears(self, said: Said, now: float) -> Sign | None:
        """What is news of the agent who says it: PRESENT, TYPING or LEFT; None for nothing new, and of oneself."""
        if said.agent_id == self._agent_id:
            return None
        known = self._agents()
        match said.sign:
            case Sign.LEFT:
                gone = self._others.pop(said.viewer, None)
                return Sign.LEFT if gone is not None and gone.agent_id not in self._agents() else None
            case Sign.TYPING:
                return Sign.TYPING
            case _:
                if said.viewer in self._others or len(self._others) < VIEWERS_MAX:
                    self._others[said.viewer] = Seen(said.agent_id, now)
                return Sign.PRESENT if said.agent_id in self._agents() - known else None

    def misses(self, now: float) -> list[str]:
        """Agents of whom nothing was heard for too long; they have left."""
        known = self._agents()
        self._others = {viewer: seen for viewer, seen in self._others.items() if now - seen.at < GONE_S}
        return sorted(known - self._agents())

    def _agents(self) -> set[str]:
        return {seen.agent_id for seen in self._others.values()}


class Viewers:
    """Tells viewers of each other, whatever replica they are at."""

    def __init__(self, say: Say, listen: Listen, beat_s: float = BEAT_S) -> None:
        self._publish = say
        self._listen = listen
        self._beat_s = beat_s

    async def watch(self, tenant: str, case_id: str, agent_id: str) -> AsyncGenerator[tuple[str, Sign] | None, None]:
        """(agent, what is new of it) as it is heard, until the caller stops; None once this viewer is heard of, and at
        every beat.
        """
        me, company = secrets.token_hex(8), Company(agent_id)
        heard: asyncio.Queue[bytes] = asyncio.Queue(WAITING_MAX)

        def hear(payload: bytes) -> None:
            with suppress(asyncio.QueueFull):
                heard.put_nowait(payload)

        subject = _subject(tenant, case_id)
        stop = await self._listen(subject, hear)
        try:
            await self._say(subject, Said(me, agent_id, Sign.ARRIVED))
            yield None
            beat_at = time.monotonic() + self._beat_s
            while True:
                try:
                    async with asyncio.timeout(max(0.0, beat_at - time.monotonic())):
                        said = _read(await heard.get())
                except TimeoutError:
                    beat_at = time.monotonic() + self._beat_s
                    await self._say(subject, Said(me, agent_id, Sign.PRESENT))
                    for gone in company.misses(time.monotonic()):
                        yield gone, Sign.LEFT
                    yield None
                    continue
                if said is None or said.viewer == me:
                    continue
                if said.sign is Sign.ARRIVED:  # whoever comes is to hear who is there
                    await self._say(subject, Said(me, agent_id, Sign.PRESENT))
                news = company.hears(said, time.monotonic())
                if news is not None:
                    yield said.agent_id, news
        finally:
            await stop()
            await self._say(subject, Said(me, agent_id, Sign.LEFT))

    async def typing(self, tenant: str, case_id: str, agent_id: str) -> None:
        """Says that an agent writes something; to nobody where NATS is away."""
        await self._say(_subject(tenant, case_id), Said("", agent_id, Sign.TYPING))

    async def _say(self, subject: str, said: Said) -> None:
        await self._publish(subject, msgspec.msgpack.encode(said))


def _subject(tenant: str, case_id: str) -> str:
    return f"view.{tenant}.{case_id}"


def _read(data: bytes) -> Said | None:
    """A sign; None for bytes that are none."""
    try:
        return msgspec.msgpack.decode(data, type=Said)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
