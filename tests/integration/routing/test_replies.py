"""Replies on real servers: each leaves once and is said to have been sent, whatever is full, gone or done again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
from chassis.commits import Recorded, events_of
from switchboard.routing.v1 import service_pb2 as api

from tests.integration.routing.conftest import Running, rid

LIMIT_S = 30


async def accepted(routing: Running, agent: str, post: str, **fields: Any) -> str:
    """A case of a post that an agent has accepted; its name."""
    await routing.ingest.post(post, **fields)
    case = await routing.case_of(post)
    accept = api.AcceptOfferRequest(name=case.name, agent=agent, token=case.offer.token, request_id=rid())
    await routing.api.AcceptOffer(accept, timeout=LIMIT_S)
    return str(case.name)


async def reply(routing: Running, agent: str, case: str) -> str:
    """Asks for a reply; its id."""
    asked = api.ReplyToCaseRequest(name=case, agent=agent, text="It is on its way.", request_id=rid())
    return str((await routing.api.ReplyToCase(asked, timeout=LIMIT_S)).reply_id)


async def facts(routing: Running, kind: str) -> list[Recorded]:
    """All facts of a kind in the log."""
    return [
        event
        async for batch in routing.log.read(subject_filter="ev.work.>")
        for event in events_of(batch)
        if event.type.endswith(f".{kind}")
    ]


async def until(holds: Callable[[], Any]) -> None:
    """Waits for something that another process's worth of work brings about."""
    async with asyncio.timeout(60):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def sent(routing: Running, *reply_ids: str) -> None:
    """Waits until these replies were sent."""

    async def all_sent() -> bool:
        return {fact.body.reply_id for fact in await facts(routing, "ReplySent")} >= set(reply_ids)

    await until(all_sent)


async def handed_over(routing: Running) -> int:
    """Messages on the way to the channels' senders."""
    return int((await routing.log.js.stream_info("OUTBOX")).state.messages)


async def test_an_outbox_that_is_full_is_waited_for_and_heals(routing: Running) -> None:
    mia = await routing.agent()
    case = await accepted(routing, mia, "p1")
    outbox = (await routing.log.js.stream_info("OUTBOX")).config
    full = outbox.evolve(max_bytes=1, discard="new")
    await routing.log.js.update_stream(full)
    reply_id = await reply(routing, mia, case)
    await routing.settled()
    assert await handed_over(routing) == 0
    assert await facts(routing, "ReplySent") == []
    await routing.log.js.update_stream(outbox)
    await sent(routing, reply_id)
    assert await handed_over(routing) == 1


async def test_a_reply_of_a_case_that_is_joined_into_another_is_sent(routing: Running) -> None:
    mia = await routing.agent(capacity=2)
    first, second = await accepted(routing, mia, "p1"), await accepted(routing, mia, "p2")
    outbox = (await routing.log.js.stream_info("OUTBOX")).config
    await routing.log.js.update_stream(outbox.evolve(max_bytes=1, discard="new"))
    replies = [await reply(routing, mia, first), await reply(routing, mia, second)]
    await routing.ingest.post("p3", "p1", "p2")
    await routing.settled()
    assert len(await facts(routing, "CasesJoined")) == 1
    await routing.log.js.update_stream(outbox)
    await sent(routing, *replies)


async def test_a_reply_that_was_sent_is_not_handed_over_again_when_its_fact_is_read_again(
    routing: Running, start: Callable[[], Any]
) -> None:
    mia = await routing.agent(capacity=4)
    replies = []
    for post in ("p1", "p2", "p3"):
        replies.append(await reply(routing, mia, await accepted(routing, mia, post)))
    await sent(routing, *replies)
    await routing.log.js.purge_stream("OUTBOX")  # as when the senders took them, and the window of repeats is over
    outbox = (await routing.log.js.stream_info("OUTBOX")).config
    await routing.log.js.delete_stream("OUTBOX")
    await routing.log.js.add_stream(outbox)
    database = await asyncpg.connect(routing.database_url)
    await database.execute("update routing.projections set position = 0 where name = 'routing_replies'")
    last = (await facts(routing, "ReplyRequested"))[-1].position
    replies.append(await reply(routing, mia, await accepted(routing, mia, "p4")))
    await sent(routing, *replies)

    async def read_again() -> bool:
        query = "select position from routing.projections where name = 'routing_replies'"
        return bool(await database.fetchval(query) > last)

    await until(read_again)
    await database.close()
    assert await handed_over(routing) == 1, "the new one"
    assert len(await facts(routing, "ReplySent")) == 4


async def test_a_reply_through_a_source_that_is_no_part_of_a_subject_is_parked_and_the_next_one_is_sent(
    routing: Running,
) -> None:
    mia = await routing.agent(capacity=2)
    await routing.ingest.connect("..")
    await reply(routing, mia, await accepted(routing, mia, "p1", source_id=".."))
    await sent(routing, await reply(routing, mia, await accepted(routing, mia, "p2")))
    database = await asyncpg.connect(routing.database_url)

    async def parked() -> bool:
        return bool(await database.fetchval("select count(*) from routing.parked where projection = 'routing_replies'"))

    await until(parked)
    await database.close()
    assert len(await facts(routing, "ReplySent")) == 1
