"""A shift's work: many customers write, a dozen agents answer, and nobody sleeps.

What becomes of a case follows from its number alone, so a day can be worked again. It speaks to the gRPC API alone.
"""

import asyncio
import csv
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc.aio
from day_scenes import connected, deleted, ends, room
from house import ACCOUNT, House
from refusals import unpacked
from scripted_agent import ScriptedAgent
from switchboard.routing.v1 import service_pb2 as work

BATCH = 50
"""Posts that a platform hands over at once."""
DECLINED_EVERY = 23
LINE_BREAKS_EVERY = 40
"""Offers, and what an agent hears, after which it declines, and loses its connection."""
FRONT, FREIGHT, SECOND, BACK = "front", "freight", "second-line", "accounts"
MADE_UP = (
    "the ferry left without us",
    "where is my bag?",
    "can I take my dog on the night ferry",
    "your counter is closed and nobody tells us why",
    "thank you for the quick help yesterday, one more question",
)


def said(shared_data: Path | None) -> Iterator[str]:
    """What customers write, for ever: what people wrote to companies where the data is at hand, otherwise made up."""
    if shared_data is None:
        return itertools.cycle(MADE_UP)
    with (shared_data / "conversations" / "twcs" / "twcs_half.csv").open(newline="", encoding="utf-8") as file:
        texts = [row["text"].replace("@", "") for row in csv.DictReader(file) if row["inbound"] == "True"]
    return itertools.cycle(texts)


@dataclass
class Matter:
    """One customer's matter: which it is, and what was written last."""

    number: int
    source: str
    author: int
    status: int
    is_begun: bool = False


@dataclass
class Shift:
    """Everybody who works it, and what is left to do."""

    house: House
    texts: Iterator[str]
    matters: dict[str, Matter] = field(default_factory=dict)
    """By the name of a post of theirs."""
    settled: set[int] = field(default_factory=set)
    opened: int = 0
    agents: list[ScriptedAgent] = field(default_factory=list)
    declined: int = 0
    came_too_late: int = 0
    _known: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def begin(self) -> None:
        """Twelve agents sign in: eight for everybody, four who know freight as well; and those upstairs."""
        house = self.house
        await house.ask("CreateQueue", queue_id=SECOND, queue={"first_response_s": 7200})
        await house.ask("CreateQueue", queue_id=BACK, queue={"first_response_s": 600})
        await room(house, FRONT, escalates_to=house.name("queues", SECOND))
        await house.ask("CreateQueue", queue_id=FREIGHT, queue={"requirements": [{"skill": "freight", "min_level": 2}]})
        await connected(house, FREIGHT)
        knows = {"skills": [{"name": "freight", "level": 3}]}
        staff: list[tuple[str, tuple[str, ...], dict[str, Any]]] = [
            *((f"front-{number}", (FRONT,), {}) for number in range(8)),
            *((f"freight-{number}", (FRONT, FREIGHT), knows) for number in range(2)),
            *((f"senior-{number}", (SECOND, FREIGHT), knows) for number in range(2)),
            ("accounts", (BACK,), {}),
        ]
        for agent_id, queues, settings in staff:
            one = ScriptedAgent(house, agent_id)
            await one.sign_in(*queues, capacity=3, **settings)
            self.agents.append(one)

    async def go_on(self, many: int) -> None:
        """So many customers write while everybody works, until all of it is settled."""
        async with asyncio.TaskGroup() as everybody:
            at_work = [everybody.create_task(self.work(one), name=one.agent_id) for one in self.agents]
            await self._arrive(many)
            async with self._known:
                await self._known.wait_for(lambda: len(self.settled) == self.opened)
            for one in at_work:
                one.cancel()

    async def _arrive(self, many: int) -> None:
        """One matter each: every fifth about freight."""
        for first in range(0, many, BATCH):
            numbers = range(first, min(first + BATCH, many))
            self.opened += len(numbers)
            for source in (FRONT, FREIGHT):
                batch = []
                for number in numbers:
                    if (number % 5 == 4) is (source == FREIGHT):
                        status, payload = self.house.status(self._text(), 100_000 + number)
                        batch.append((Matter(number, source, 100_000 + number, status), payload))
                if batch:
                    names, _ = await self.house.posted(source, *(payload for _, payload in batch))
                    async with self._known:
                        self.matters |= {name: one for name, (one, _) in zip(names, batch, strict=True)}
                        self._known.notify_all()

    async def end(self) -> None:
        """Everybody signs off."""
        for one in self.agents:
            await self.house.ask("DrainAgent", name=one.name)
            await one.leave()

    async def work(self, one: ScriptedAgent) -> None:
        """Does what comes, until cancelled; several at once, as many as the agent has room for."""
        async with asyncio.TaskGroup() as hands:
            at = 0
            for offers in itertools.count(1):
                heard = await one.hears(lambda said: said.change == work.OFFER_CHANGE_OPEN, at, patience_s=600)
                at = one.heard.index(heard, at) + 1
                if at % LINE_BREAKS_EVERY == 0:
                    one.lose_the_line()
                hands.create_task(self._answer(one, heard.offer, declines=offers % DECLINED_EVERY == 0))

    async def _answer(self, one: ScriptedAgent, offer: Any, *, declines: bool) -> None:
        try:
            if declines:
                self.declined += 1
                await one.act("DeclineOffer", offer.case, token=offer.token, reason="on_the_phone")
                return
            case = await one.act("AcceptOffer", offer.case, token=offer.token)
        except grpc.aio.AioRpcError as refused:
            if unpacked(refused).reason != "OFFER_GONE":
                raise
            self.came_too_late += 1
            return
        if case.task_of:
            await one.act("NoteCase", case.name, text="Paid back today.")
            await one.act("ResolveCase", case.name, disposition="done")
            return
        async with self._known:
            await self._known.wait_for(lambda: case.latest_post in self.matters)
        matter = self.matters[case.latest_post]
        self.house.book.took(case.name)
        begun, matter.is_begun = matter.is_begun, True
        if begun:
            await one.settle(case.name)
            await self._done(matter)
        elif await self._first(one, case, matter):
            await self._done(matter)

    async def _first(self, one: ScriptedAgent, case: Any, matter: Matter) -> bool:
        """What is done with a case the first time somebody has it; whether it is settled with that."""
        name, book = case.name, self.house.book
        match matter.number % 25:
            case 0:
                await one.act("ReplyToCase", name, text="Please send us your ticket.")
                await one.has_answered(name)
                await one.act("ResolveCase", name, disposition="solved")
                await self._writes_again(name, matter)
                return False
            case 1:
                _, position = await self.house.posted(matter.source, deleted(matter.status, matter.author))
                await self.house.settled(position)
                book.stands(name, "WITHDRAWN")
                return True
            case 2:
                until = datetime.now(UTC) + timedelta(hours=1)
                await one.act("ReplyToCase", name, text="Which ferry was it?")
                await one.act("PendCase", name, waiting_for="WAITING_FOR_CUSTOMER", until=until)
                await self._writes_again(name, matter)
            case 3:
                await one.act("TransferCase", name, queue=self.house.name("queues", SECOND), reason="not_mine")
                return False
            case 5:
                await self._writes_again(name, matter)
                says = ends(name), "reply with etag"
                await one.refused("CASE_CHANGED", "ReplyToCase", name, *says, text="As I said", etag=case.etag)
            case 6:
                saved = await one.act("SaveDraft", name, text="I have asked the harb")
                one.lose_the_line()
                await self.house.ask("GetDraft", name=saved.draft, min_position=saved.position)
            case 7:
                rendered = {"name": self.house.name("cannedTexts", "greeting"), "agent": one.name}
                text = await self.house.ask("RenderCannedText", case=name, customer_handle="you", **rendered)
                await one.settle(name, text.text)
                return True
            case 8 if matter.source == FRONT:
                await one.act("EscalateCase", name, reason="needs_engineer")
                return False
            case 10:
                await self.house.ask("GetCaseContext", name=name, min_position=one.position)
                await one.act("NoteCase", name, text="Rang the harbour, no answer.")
            case 11:
                told = len(one.heard)
                await one.act("CreateTask", name, queue=self.house.name("queues", BACK), reason="check_refund")
                await one.told(name, "TASK_CLOSED", told)
            case 12:
                until = datetime.now(UTC) + timedelta(hours=1)
                await one.act("PendCase", name, waiting_for="WAITING_FOR_THIRD_PARTY", until=until)
                await one.act("ResumeCase", name)
            case 13:
                await one.act("ReleaseCase", name, reason="shift_over")
                return False
            case _:
                pass
        await one.settle(name)
        return True

    async def _writes_again(self, case: str, matter: Matter) -> None:
        """The customer goes on, in the same thread."""
        self.house.book.wrote(case)
        matter.status, payload = self.house.status(self._text(), matter.author, matter.status)
        (name,), position = await self.house.posted(matter.source, payload)
        async with self._known:
            self.matters[name] = matter
            self._known.notify_all()
        if self.house.book.entries[case].state == "ACCEPTED":
            await self.house.settled(position)

    async def _done(self, matter: Matter) -> None:
        async with self._known:
            self.settled.add(matter.number)
            self._known.notify_all()

    def _text(self) -> str:
        return f"@{ACCOUNT} {next(self.texts)}"[:270]
