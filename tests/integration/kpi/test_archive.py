"""Given a log, when it is archived, then every byte is there under a chain of digests, and any change shows."""

from __future__ import annotations

import hashlib
from typing import Any

import kpi_facts as e
import pytest
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.integrity import views_replay
from chassis.log import Log
from chassis.projection import Projector
from chassis.purge import SCHEMA as DELETIONS
from chassis.purge import Purge
from kpi.views import archive
from kpi.views.archive import EMPTIED, NAME, REST, ArchiveSink, fits, verify
from kpi.views.contacts import Contacts


async def archived(log: Log, database: Database) -> Projector:
    made = Projector(ArchiveSink(), log, database)
    await made.replay(await log.last_position())
    return made


async def filled(writer: Any, count: int = 20) -> int:
    position: int = await writer.write(e.source("air", brand="A"))
    for number in range(count):
        position = await writer.write(e.opened(f"c{number}"), e.inbound(f"c{number}", f"p{number}", number))
    return position


async def test_the_archive_verifies(log: Log, database: Database, writer: Any) -> None:
    last = await filled(writer)
    await archived(log, database)
    verdict = await verify(log, database)
    assert verdict.ok, verdict.detail
    assert verdict.compared == last == 21


async def test_the_chain_is_the_documented_one(log: Log, database: Database, writer: Any) -> None:
    await filled(writer, 3)
    await archived(log, database)
    digest = bytes(32)
    async for batch in log.read():
        for entry in batch:
            digest = hashlib.sha256(digest + str(entry.subject).encode() + entry.data).digest()
    assert digest == await database.fetchval("select digest from archive_v2 order by position desc limit 1")


async def test_it_goes_on_where_it_was(log: Log, database: Database, writer: Any) -> None:
    await filled(writer, 3)
    await archived(log, database)
    await writer.write(e.opened("later"))
    again = await archived(log, database)
    assert again.position == 5
    assert (await verify(log, database)).ok


async def test_an_empty_log_verifies(log: Log, database: Database) -> None:
    await archived(log, database)
    verdict = await verify(log, database)
    assert (verdict.ok, verdict.compared) == (True, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param("update archive_v2 set data = data || '\\x00' where position = 2", "differ at 2", id="bytes"),
        pytest.param("update archive_v2 set subject = 'ev.work.b.1' where position = 3", "differ at 3", id="subject"),
        pytest.param("update archive_v2 set digest = sha256(digest) where position = 4", "breaks at 4", id="digest"),
        pytest.param("delete from archive_v2 where position = 2", "lacks position 2", id="a lost commit"),
        pytest.param("delete from archive_v2 where position = 6", "lacks position 6", id="a lost end"),
    ],
)
async def test_any_change_shows(log: Log, database: Database, writer: Any, change: str, said: str) -> None:
    await filled(writer, 5)
    await archived(log, database)
    await database.execute(change)
    verdict = await verify(log, database)
    assert not verdict.ok
    assert said in verdict.detail


async def test_of_a_deleted_tenant_the_digests_are_kept_and_nothing_else(
    log: Log, database: Database, writer: Any
) -> None:
    await filled(writer, 5)
    await archived(log, database)
    digests = await database.fetch("select digest from archive_v2 order by position")
    assert "differ at 1" in (await verify(log, database, deleted={"acme"})).detail, "its commits are still there"
    await database.execute(f"update archive_v2 set {EMPTIED}")
    verdict = await verify(log, database, deleted={"acme"})
    assert verdict.ok, verdict.detail
    assert digests == await database.fetch("select digest from archive_v2 order by position")
    assert await fits(log, database) is None
    assert not (await verify(log, database)).ok


async def test_a_commit_of_many_rows_is_archived_like_any_other(log: Log, database: Database, writer: Any) -> None:
    await writer.write(*(e.opened(f"c{number}") for number in range(300)))
    last = await filled(writer, 3)
    projector = await archived(log, database)
    assert await database.fetchval(f"select count(*) from {REST} where position = 1") > 3
    verdict = await verify(log, database)
    assert (verdict.ok, verdict.compared) == (True, last)
    assert len(await archive.refolded(database, "acme", projector.position, Contacts())) == 301
    async with database.acquire() as connection:
        assert len(await archive.evidence(connection, {(1, number) for number in range(300)})) == 300
    await database.execute(f"delete from {REST} where position = 1 and part = 2")
    assert "differ at 1" in (await verify(log, database)).detail


async def test_of_a_deleted_tenant_no_row_of_a_commit_is_left(log: Log, database: Database, writer: Any) -> None:
    await writer.write(*(e.opened(f"c{number}") for number in range(300)))
    await writer.write(e.opened("theirs"), tenant="other")
    await archived(log, database)
    async with database.acquire() as connection:
        await connection.execute(DELETIONS)
    assert await Purge(database, vault=False, kept={NAME: EMPTIED}).all_of("acme") == 0
    assert await database.fetchval(f"select count(*) from {REST}") == 0
    assert (await verify(log, database, deleted={"acme"})).ok


async def test_partitions_are_made_as_positions_need_them(
    log: Log, database: Database, writer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "POSITIONS_PER_PARTITION", 8)
    await filled(writer)
    await archived(log, database)
    for table in (NAME, REST):
        partitions = f"select count(*) from pg_inherits where inhparent = '{table}'::regclass"
        assert await database.fetchval(partitions) == 3
    assert (await verify(log, database)).ok


async def test_a_replay_from_zero_is_byte_for_byte_the_live_archive(log: Log, database: Database, writer: Any) -> None:
    await filled(writer, 5)
    projector = await archived(log, database)
    [finding] = await views_replay(log, database, [projector])
    assert (finding.ok, finding.compared) == (True, 6)
    await database.execute("update archive_v2 set digest = sha256(digest) where position = 4")
    [finding] = await views_replay(log, database, [projector])
    assert not finding.ok


async def test_an_archive_that_lost_its_end_says_so_and_waits(log: Log, database: Database, writer: Any) -> None:
    last = await filled(writer, 2)
    projector = await archived(log, database)
    await database.execute("delete from archive_v2 where position = $1", last)
    await writer.write(e.opened("later"))
    with pytest.raises(Unavailable, match=f"lacks position {last}"):
        await projector.replay(last + 1)
    assert await projector.cursor.reread() == last


async def test_large_commits_are_read_in_portions(log: Log, database: Database, writer: Any) -> None:
    last = await filled(writer, 30)
    projector = await archived(log, database)
    places = {(position, 0) for position in range(1, last + 1)}
    async with database.acquire() as connection:
        found = await archive.evidence(connection, {*places, (last + 1, 0)})
    assert found.keys() == places
    rows = await archive.refolded(database, "acme", projector.position, Contacts())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "BYTES_PER_READ", 1)
        assert await archive.refolded(database, "acme", projector.position, Contacts()) == rows
    assert len(rows) == 31


async def test_an_archive_whose_last_digest_is_the_logs_fits(log: Log, database: Database, writer: Any) -> None:
    assert await fits(log, database) is None
    await filled(writer, 1)
    await archived(log, database)
    assert await fits(log, database) is None
    await writer.write(e.opened("later"))
    assert await fits(log, database) is None, "the log may go on"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("update archive_v2 set digest = '\\x00' where position = 6", id="the last digest is another"),
        pytest.param("update archive_v2 set digest = '\\x00' where position = 5", id="the one before is another"),
        pytest.param("delete from archive_v2 where position = 5", id="the one before is gone"),
        pytest.param(
            "insert into archive_v2 (position, bytes, subject, data, digest) values (7, 0, 'ev.work.a.0', '', '')",
            id="it has a commit more than the log",
        ),
    ],
)
async def test_an_archive_of_another_log_is_told_at_the_start(
    log: Log, database: Database, writer: Any, change: str
) -> None:
    await filled(writer, 5)
    await archived(log, database)
    await database.execute(change)
    finding = await fits(log, database)
    assert finding is not None
    assert finding.startswith("the archive belongs to another log: the digest of its last commit, ")
    assert finding.endswith("switchboard rebuild kpi")
