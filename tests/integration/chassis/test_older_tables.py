"""PostgreSQL goes back to an older state while projections run: a fail-over to a lagging standby, a restored copy."""

import asyncio
import shutil
from pathlib import Path

import pytest
from chassis import embedded, lineage
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.lineage import Lineage, Rebuilt
from chassis.projection import Projection
from chassis.provisioning import Resources, provision_tables
from tally import Add, SumsView, alone, opened, running, writer_of

AMOUNTS = 20


async def test_a_projection_reads_its_older_position_and_goes_on_from_there(
    nats_url: str, state_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lineage, "LOOK_EVERY_S", 0.02)
    server = await embedded.start_postgres(state_dir)
    data, copy = state_dir / "postgres" / "data", state_dir / "copy"
    try:
        await provision_tables(server.url, "tally", Resources("tally", tables=(SumsView.schema,)))
        async with opened(nats_url) as log, Database(server.url, "tally") as database:
            kept = Lineage(log, database)
            assert await kept.compare() is None
            projection = Projection(SumsView(), log, database, await alone(log))
            writer = writer_of(log, SystemClock())

            async def add(count: int) -> int:
                for _ in range(count):
                    position = (await writer.submit(Add("a", 1))).position
                await projection.reached(position, 60)
                return position

            async with running(writer.run, projection.run):
                older = await add(AMOUNTS)
                await kept.compare()
                await server.stop()
                shutil.copytree(data, copy, copy_function=_copied)
                _owned_like(data, copy)
                await server.start()
                await add(AMOUNTS)
                await kept.compare()
                await server.stop()
                shutil.rmtree(data)
                copy.rename(data)
                await server.start()
                assert await database.fetchval("select min(position) from projections") == older

                async with asyncio.timeout(60):
                    with pytest.raises(Rebuilt, match="PostgreSQL went back"):
                        await kept.watch()
                await add(1)
                row = await database.fetchrow("select total, events from sums_v1 where key = 'a'")
                assert row is not None
                assert (row["total"], row["events"]) == (2 * AMOUNTS + 1, 2 * AMOUNTS + 1)
    finally:
        server.kill9()


def _copied(source: str, target: str) -> str:
    shutil.copy2(source, target)
    return _owned_like(Path(source), Path(target))


def _owned_like(source: Path, target: Path) -> str:
    """As root the server is somebody else, who must own his files."""
    there = source.stat()
    shutil.chown(target, there.st_uid, there.st_gid)
    for directory in (path for path in source.rglob("*") if source.is_dir() and path.is_dir()):
        shutil.chown(target / directory.relative_to(source), there.st_uid, there.st_gid)
    return str(target)
