"""Given a log, when it is watched, then a watch keeps little and its token stays fresh; one too old is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
import recording
from chassis import tail as tails
from chassis import watches
from chassis.clock import SystemClock
from chassis.commits import Recorded, Subject
from chassis.errors import ResumeTokenExpired
from chassis.identity import uuid5_bytes, uuid7_bytes
from chassis.log import Log, connect
from chassis.tail import Tail
from chassis.watches import PAGE_BYTES, PORTION, SHOWN_MAX, Changes, Pages, Shown
from google.protobuf.wrappers_pb2 import StringValue
from hypothesis import given
from hypothesis import strategies as st
from provisioned import provision_log
from switchboard.log.v1 import log_pb2

LIMIT_S = 30
MINE, OTHERS = Subject("tally", "acme", "0"), Subject("tally", "other", "0")


class Writer:
    """Appends commits of texts."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._last: dict[Subject, int] = {}

    async def write(self, subject: Subject, *texts: str) -> int:
        commit = log_pb2.Commit(commit_id=uuid7_bytes(SystemClock().now()), tenant=subject.tenant, shard=subject.shard)
        for number, text in enumerate(texts):
            event = commit.events.add(event_id=uuid5_bytes(commit.commit_id, str(number)))
            event.body.Pack(StringValue(value=text))
        self._last[subject] = await self._log.append(subject, recording.written(commit), self._last.get(subject, 0))
        return self._last[subject]


def text_of(recorded: Recorded) -> str | None:
    value: str = recorded.body.value
    return value or None


@pytest.fixture
async def log(nats_url: str) -> AsyncIterator[Log]:
    nc = await connect(nats_url, "test")
    await provision_log(nc)
    yield Log(nc)
    await nc.close()


@pytest.fixture
async def tail(log: Log) -> AsyncIterator[Tail]:
    made = Tail(log)
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_changes_come_in_portions_and_the_last_of_them_says_how_far(log: Log, tail: Tail) -> None:
    texts = [str(number) for number in range(2 * PORTION + 1)]
    begin = await Writer(log).write(OTHERS, "before")
    end = await Writer(log).write(MINE, *texts)
    watch = Changes(tail, "tally", "acme", begin, change_of=text_of)
    async with asyncio.timeout(LIMIT_S), aclosing(watch.portions()) as portions:
        found = [await anext(portions) for _ in range(3)]
    assert [text for part, _ in found for text in part] == texts
    assert all(len(part) <= PORTION for part, _ in found)
    assert [position for _, position in found] == [begin, begin, end], "a token may repeat, it never leaves out"


async def test_a_watch_of_a_quiet_tenant_gets_a_fresh_token_while_the_log_goes_on(
    log: Log, tail: Tail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watches, "BOOKMARK_S", 0.05)
    writer = Writer(log)
    begin = await writer.write(MINE, "mine")
    watch = Changes(tail, "tally", "acme", begin, change_of=text_of)
    async with asyncio.timeout(LIMIT_S), aclosing(watch.portions()) as portions:
        for _ in range(2):
            moved = await writer.write(OTHERS, "not mine")
            assert await anext(portions) == ((), moved)
        waiting = asyncio.ensure_future(anext(portions))
        last = await writer.write(MINE, "", "mine again")
        assert await waiting == (["mine again"], last), "where the log stands still there is nothing to say"


async def test_a_token_that_lies_too_far_back_is_refused(log: Log, tail: Tail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tails, "BEHIND_MAX", 2)
    writer = Writer(log)
    first = await writer.write(MINE, "first")
    for number in range(3):
        await writer.write(OTHERS, str(number))
    async with asyncio.timeout(LIMIT_S):
        while tail.last < first + 3:
            await tail.moved(tail.last)
        with pytest.raises(ResumeTokenExpired):
            await anext(Changes(tail, "tally", "acme", first, change_of=text_of).portions())
        watch = Changes(tail, "tally", "acme", first + 1, change_of=text_of)
        waiting = asyncio.ensure_future(anext(watch.portions()))
        last = await writer.write(MINE, "second")
        assert await waiting == (["second"], last)


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans())), st.booleans())
def test_what_was_shown_is_known_until_it_no_longer_matches(notes: list[tuple[int, bool]], resumed: bool) -> None:
    shown, model = Shown(resumed), dict[str, bool]()
    for number, matches in notes:
        shown.note(str(number), matches)
        model[str(number)] = matches
    for number in range(21):
        assert (str(number) in shown) is (resumed or model.get(str(number), False))


def test_a_watch_that_has_shown_too_much_to_remember_leaves_nothing_out() -> None:
    shown = Shown(resumed=False)
    for number in range(SHOWN_MAX + 1):
        shown.note(str(number), True)
    assert "never shown" in shown


@given(st.integers(1, 200), st.integers(0, 10_000_000))
def test_the_next_page_weighs_about_as_much_as_it_may(rows: int, weight: int) -> None:
    pages = Pages()
    pages.weighed(rows, weight)
    assert pages.rows >= 1
    assert pages.rows == 1 or pages.rows * weight / rows <= PAGE_BYTES
