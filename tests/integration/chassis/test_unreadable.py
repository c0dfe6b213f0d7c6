"""Given a log that took messages which are no commits, then everybody steps over them and the proofs still hold."""

import asyncio
import json
import logging

import pytest
import recording
from chassis.clock import FIRST, SystemClock
from chassis.commits import NO_COMMIT, NO_ID, NO_SHARD, OTHER_SHARD, STREAM, Commit, Position, Subject, encode
from chassis.database import Database
from chassis.export import pages
from chassis.integrity import commits_once, log_gapless, positions_agree, views_replay
from chassis.log import Log
from chassis.projection import Projection
from chassis.shard_state import refold
from chassis.tail import Tail
from chassis.tenants import Tenants
from chassis.unreadable import unreadable_messages
from switchboard.log.v1 import log_pb2
from tally import DECIDER, Add, SumsView, alone, opened, running, sums_database, writer_of

CLOCK = SystemClock()
OTHERS = log_pb2.Commit(commit_id=b"1" * 16, tenant="other", shard="0").SerializeToString()
SHORT = encode(Commit(b"1" * 15, "acme", "0", 0, 0, FIRST, []))
STRAY = [
    ("ev.test", b"hello", NO_SHARD),
    ("ev.tally.acme.0", b"hello", NO_COMMIT),
    ("ev.tally.acme.0", b"", NO_COMMIT),
    ("ev.tally.acme.0", SHORT, NO_ID),
    ("ev.tally.acme.0", OTHERS, OTHER_SHARD),
    ("ev.tally.acme.0.1", b"\xff" * 100_000, NO_SHARD),
    ("ev.work.acme.0", b"\x00", NO_COMMIT),
]


async def widen(log: Log) -> None:
    """The subjects the stream took before it was narrowed."""
    info = await log.nc.request(f"$JS.API.STREAM.INFO.{STREAM}", b"{}")
    config = json.loads(info.data)["config"] | {"subjects": ["ev.>"]}
    await log.nc.request(f"$JS.API.STREAM.UPDATE.{STREAM}", json.dumps(config).encode())


async def test_everybody_goes_on_past_messages_that_are_no_commits(
    nats_url: str, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "chassis")
    async with opened(nats_url) as log, sums_database(database_url) as database:
        await widen(log)
        projection = Projection(SumsView(), log, database, await alone(log))
        tail = Tail(log)
        writer = writer_of(log, CLOCK)
        async with running(tail.run, writer.run, projection.run):
            await writer.submit(Add("a", 1))
            for subject, data, _ in STRAY:
                await log.js.publish(subject, data)
                await writer.submit(Add("a", 1))  # guarded by what stands before it, a commit or not
            position = (await writer.submit(Add("a", 1))).position
            await projection.reached(position, 20)
            assert writer.state.by_key == {"a": 2 + len(STRAY)}

            again = writer_of(log, CLOCK)
            async with running(again.run):
                assert (await asyncio.wait_for(again.submit(Add("a", 1)), 20)).position == position + 1
            assert again.state.by_key == {"a": 3 + len(STRAY)}
            assert (await refold(DECIDER, log, Subject("tally", "acme", "0"))).state == again.state
            await projection.reached(position + 1, 20)

            entries = [entry async for batch in log.read() for entry in batch]
            assert [entry.position for entry in entries] == list(range(1, position + 2)), "no holes"
            assert [entry.unreadable for entry in entries if entry.unreadable] == [reason for _, _, reason in STRAY]
            listed = [one async for one in unreadable_messages(log, 0)]
            assert [(one.subject, one.reason, one.bytes) for one in listed] == [
                (subject, reason, len(data)) for subject, data, reason in STRAY
            ]
            behind = [one async for one in unreadable_messages(log, Position.decode(listed[2].position))]
            assert behind == listed[3:]

            [gapless] = await log_gapless(log)
            assert gapless.ok, gapless.detail
            assert f"{len(STRAY)} of them are no commits" in gapless.detail
            assert all(finding.ok for finding in await commits_once(log, "tally"))
            assert all(finding.ok for finding in await positions_agree(log, database, [projection]))
            assert all(finding.ok for finding in await views_replay(log, database, [projection]))
            assert await log.subjects() == {
                Subject("tally", "acme", "0"): 3 + len(STRAY) + sum(one == "ev.tally.acme.0" for one, _, _ in STRAY),
                Subject("work", "acme", "0"): 1,
            }
            tenants = Tenants(log)
            await tenants._look()
            assert tenants.known == {"acme"}
    lines = [record for record in caplog.records if "is no commit" in record.getMessage()]
    named = [(record.fields["position"], record.fields["reason"]) for record in lines]  # type: ignore[attr-defined]
    assert len(named) == len(set(named)) == len(STRAY), "each is named once, whoever met it"
    assert not any("hello" in str(vars(record)) for record in lines)


async def test_after_a_restart_of_the_reader_nothing_is_different(nats_url: str, database_url: str) -> None:
    async with opened(nats_url) as log:
        await widen(log)
        for subject, data, _ in STRAY:
            await log.js.publish(subject, data)
    async with opened(nats_url) as log, Database(database_url, "tally") as database:
        projection = Projection(SumsView(), log, database)
        await projection.replay(until=len(STRAY))
        assert projection.position == len(STRAY)
        writer = writer_of(log, CLOCK)
        async with running(writer.run):
            assert (await asyncio.wait_for(writer.submit(Add("a", 1)), 20)).position == len(STRAY) + 1


async def test_an_export_is_cut_by_bytes_and_leaves_out_what_is_unreadable(nats_url: str) -> None:
    async with opened(nats_url) as log:
        subject, last, wanted = Subject("tally", "acme", "0"), 0, []
        for number, sizes in enumerate([[500_000]] * 6 + [[400_000] * 18] + [[10]] * 6):
            commit = log_pb2.Commit(commit_id=bytes([number]) * 16, tenant="acme", shard="0")
            for size in sizes:
                commit.events.add(event_id=bytes([len(wanted)]) * 16).body.value = bytes(size)
                wanted.append((Position.encode(number + 1), bytes([len(wanted)]) * 16))
            commit.answers.add(request_id=bytes([number]) * 16)
            last = await log.append(subject, recording.written(commit), last)
        await log.js.publish(str(subject), b"hello")
        cut = [page async for batch in log.read() for page in pages(batch)]
        exported = [one for page in cut for one in page.commits]
        assert [(one.position, event.event_id) for one in exported for event in one.commit.events] == wanted
        assert [answer.request_id[0] for one in exported for answer in one.commit.answers] == list(range(13))
        assert {one.commit.tenant for one in exported} == {"acme"}
        assert max(page.ByteSize() for page in cut) < 2 * 1024 * 1024, "any client takes 4 MiB"
