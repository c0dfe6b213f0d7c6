"""The pool against a real PostgreSQL: schemas, outages, limits, spans, migrations."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from chassis import embedded, telemetry
from chassis.database import Database, queries
from chassis.errors import StorageExhausted, Unavailable
from chassis.migrations import MigrationError, Phase, Step, migrate, migrate_all, pending, vault_steps
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from spans import ended


async def test_a_schema_hides_the_tables_of_its_sibling(database_url: str) -> None:
    async with Database(database_url, "live") as live, live.sibling("shadow") as shadow:
        for database, word in ((live, "live"), (shadow, "shadow")):
            await database.execute("create table words (word text)")
            await database.execute("insert into words values ($1)", word)
        assert await live.fetchval("select word from words") == "live"
        assert await shadow.fetchval("select word from words") == "shadow"


async def test_many_open_the_same_schema_at_once(database_url: str) -> None:
    opened = await asyncio.gather(*(Database(database_url, "kpi").open() for _ in range(8)))
    for database in opened:
        await database.close()


async def test_a_connection_that_has_forgotten_its_parts_is_an_outage_and_a_mistake_of_ours_is_not(
    database_url: str,
) -> None:
    async with Database(database_url, "s") as database:

        async def forgets() -> None:
            async with database.acquire() as connection:
                broken: Any = connection._con  # type: ignore[attr-defined]
                protocol, broken._protocol = broken._protocol, None
                try:
                    await connection.fetchval("select 1")
                finally:
                    broken._protocol = protocol

        async def errs() -> None:
            async with database.acquire() as connection:
                connection.nothing_of_the_kind  # type: ignore[attr-defined]  # noqa: B018

        with pytest.raises(Unavailable):
            await forgets()
        assert await database.fetchval("select 1") == 1
        with pytest.raises(AttributeError):
            await errs()


async def test_ids_are_text_in_both_directions_alone_and_in_arrays(database_url: str) -> None:
    ids = [str(uuid4()) for _ in range(3)]
    async with Database(database_url, "s") as database:
        await database.execute("create table things (id uuid primary key, parent uuid)")
        await database.execute(
            "insert into things (id, parent) select * from unnest($1::uuid[], $2::uuid[])", ids, [None, *ids[:2]]
        )
        rows = await database.fetch("select id, parent from things where id = any($1)", ids)
        assert {(row["id"], row["parent"]) for row in rows} == {(ids[0], None), (ids[1], ids[0]), (ids[2], ids[1])}
        assert await database.fetchval("select array_agg(id order by id) from things") == sorted(ids)


async def test_an_outage_is_unavailable_and_ends_by_itself(state_dir: Path) -> None:
    server = await embedded.start_postgres(state_dir)
    database = Database(server.url, "s")
    try:
        await database.open()
        await database.execute("create table kept (n int)")
        async with asyncio.TaskGroup() as group:
            started = asyncio.Event()

            async def long_query() -> None:
                async with database.acquire() as connection:
                    await connection.execute("select 1")
                    started.set()
                    await connection.execute("select pg_sleep(60)")

            async def cut_off() -> None:
                with pytest.raises(Unavailable):
                    await long_query()

            group.create_task(cut_off())
            await started.wait()
            server.kill9()
        for _ in range(3):
            with pytest.raises(Unavailable):
                await database.fetchval("select 1")
        with pytest.raises(Unavailable):
            await Database(server.url, "s").open()
        await server.restart()
        assert await database.fetchval("select count(*) from kept") == 0
        await server.restart()  # an orderly shutdown this time
        assert await database.fetchval("select count(*) from kept") == 0
    finally:
        await database.close()
        server.kill9()


@pytest.mark.parametrize(
    ("sqlstate", "expected"),
    [
        pytest.param("53100", StorageExhausted, id="a full disk is storage exhausted"),
        pytest.param("53200", StorageExhausted, id="so is memory that ran out"),
        pytest.param("53400", StorageExhausted, id="and a limit of the server's configuration"),
        pytest.param("53300", Unavailable, id="too many connections pass"),
        pytest.param("25006", Unavailable, id="a standby becomes a primary"),
        pytest.param("28P01", Unavailable, id="a password is set again"),
        pytest.param("3D000", Unavailable, id="a database is restored"),
        pytest.param("40001", Unavailable, id="a transaction that clashed may be repeated"),
        pytest.param("40P01", Unavailable, id="so may a deadlocked one"),
        pytest.param("55P03", Unavailable, id="a lock becomes free"),
        pytest.param("57014", Unavailable, id="a statement the server cancelled may be repeated"),
        pytest.param("57P01", Unavailable, id="a server that shuts down comes back"),
        pytest.param("58030", Unavailable, id="a disk that fails is replaced"),
        pytest.param("42501", asyncpg.InsufficientPrivilegeError, id="a missing right is a mistake of ours"),
        pytest.param("23505", asyncpg.UniqueViolationError, id="what a table refuses is told as it is"),
    ],
)
async def test_what_is_the_servers_state_passes_and_what_is_the_statements_does_not(
    sqlstate: str, expected: type[Exception], database_url: str
) -> None:
    async with Database(database_url, "s") as database:
        with pytest.raises(expected) as raised:
            await database.execute(
                f"do $$ begin raise exception 'of mia@example.org' using errcode = '{sqlstate}'; end $$"
            )
        assert type(raised.value) is expected
        if isinstance(raised.value, Unavailable):
            assert "mia" not in str(raised.value)
            assert raised.value.retry_after_s > 0
        assert await database.fetchval("select 1") == 1


async def test_a_block_ends_when_the_call_has_no_time_left(database_url: str) -> None:
    async with Database(database_url, "s", remaining_s=lambda: 0.2) as database:
        with pytest.raises(TimeoutError):
            await database.execute("select pg_sleep(60)")
        assert await database.fetchval("select 1") == 1


async def test_errors_tell_no_values(database_url: str) -> None:
    async with Database(database_url, "s") as database:
        await database.execute("create table handles (handle text primary key, n int)")
        await database.execute("insert into handles values ('mia@example.org', 1)")
        with pytest.raises(asyncpg.UniqueViolationError) as unique:
            await database.execute("insert into handles values ('mia@example.org', 1)")
        with pytest.raises(ValueError, match="wrong type") as client:
            await database.execute("insert into handles values ($1, $2)", "x", "mia@example.org")
        with pytest.raises(ValueError, match="22P02") as server:
            await database.fetchval("select 'mia@example.org'::int")
        for error in (unique, client, server):
            assert "mia" not in str(error.value)
            assert error.value.__suppress_context__ or error.value.__context__ is None


async def test_statements_are_measured_by_name_and_verb_without_text_or_values(database_url: str) -> None:
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    telemetry.start("s", trace_ratio=1, span_processors=[SimpleSpanProcessor(exporter)], metric_readers=[reader])
    async with Database(database_url, "s") as database:
        await database.execute("select 'outside a call: measured, and no span'")
        assert exporter.get_finished_spans() == ()
        with telemetry.server_span("a.B/C"):
            async with database.transaction() as connection:
                await connection.fetchval("-- words.find\nselect $1::text", "mia")
            with pytest.raises(asyncpg.UndefinedTableError):
                await database.fetch("select word from nowhere")
            await ended(exporter, 3)
    metrics = reader.get_metrics_data()
    telemetry.stop()
    spans = exporter.get_finished_spans()
    told = [(span.name, dict(span.attributes or {}).get("db.response.status_code")) for span in spans[:3]]
    assert told == [("words.find", None), ("COMMIT", None), ("SELECT", "42P01")]
    assert all(span.parent and span.parent.span_id == spans[-1].context.span_id for span in spans[:3])
    assert "mia" not in "".join(span.to_json() for span in spans)
    assert metrics is not None
    assert "mia" not in metrics.to_json()
    [scope] = metrics.resource_metrics[0].scope_metrics
    [metric] = scope.metrics
    assert metric.name == "db.client.operation.duration"
    failed = [point for point in metric.data.data_points if "error.type" in (point.attributes or {})]
    assert [dict(point.attributes or {})["db.response.status_code"] for point in failed] == ["42P01"]
    assert {"words.find", "SELECT"} <= {
        dict(point.attributes or {})["db.query.summary"] for point in metric.data.data_points
    }


EXPAND = Step("0001_pre_words", Phase.PRE, "create table words (word text)")
CONTRACT = Step("0002_post_drop_old", Phase.POST, "alter table words add check (word <> '')")
EXPAND_MORE = Step("0003_pre_length", Phase.PRE, "alter table words add column length int")
CONTRACT_MORE = Step("0004_post_length", Phase.POST, "alter table words alter column length set not null")


async def test_migrations_run_once_in_halves_and_in_order(database_url: str) -> None:
    async with Database(database_url, "s") as database:
        first = (EXPAND, CONTRACT)
        assert await pending(database, first) == ["0001_pre_words"]
        assert await migrate(database, first, until=Phase.PRE) == ["0001_pre_words"]
        await database.execute("insert into words (word) values ('')")  # half-way the old code still may
        assert await pending(database, first) == []
        await database.execute("delete from words")
        both = (*first, EXPAND_MORE, CONTRACT_MORE)
        assert await migrate(database, both, until=Phase.PRE) == ["0002_post_drop_old", "0003_pre_length"]
        await database.execute("insert into words (word) values ('old code')")
        await database.execute("update words set length = 8")
        assert await migrate(database, both) == ["0004_post_length"]
        assert await migrate(database, both) == []
        assert await migrate(database, first) == [], "an older release leaves the newer steps alone"


async def test_many_migrate_at_once_and_each_step_runs_once(database_url: str) -> None:
    done = await asyncio.gather(*(migrate_all(database_url) for _ in range(6)))
    assert sorted(name for names in done for name in names) == [step.name for step in vault_steps()]


async def test_an_edited_step_is_refused(database_url: str) -> None:
    async with Database(database_url, "s") as database:
        await migrate(database, (EXPAND,))
        edited = Step(EXPAND.name, Phase.PRE, EXPAND.sql + " -- better")
        with pytest.raises(MigrationError, match="0001_pre_words"):
            await migrate(database, (edited,))


async def test_a_step_that_fails_leaves_nothing_half_done(database_url: str) -> None:
    async with Database(database_url, "s") as database:
        with pytest.raises(asyncpg.PostgresSyntaxError):
            await migrate(database, (EXPAND, Step("0002_pre_broken", Phase.PRE, "create tabel x ()")))
        assert await database.fetchval("select to_regclass('words')") is None


def test_named_statements_are_read_from_beside_the_module(tmp_path: Path) -> None:
    (tmp_path / "cases.sql").write_text("-- About cases.\n-- name: find\nselect 1\n\n-- name: upsert\nselect 2;\n")
    found = queries(tmp_path / "cases.py", "cases.sql")
    assert found == {"find": "-- cases.find\nselect 1", "upsert": "-- cases.upsert\nselect 2;"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param("select 1\n-- name: a\nselect 1", "before the first", id="a statement without a name"),
        pytest.param("-- name: a\nselect 1\n-- name: a\nselect 2", "twice", id="a name twice"),
        pytest.param("-- name: a\n\n-- name: b\nselect 2", "no statement", id="a name without a statement"),
    ],
)
def test_a_broken_statement_file_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "cases.sql").write_text(text)
    with pytest.raises(ValueError, match=complaint):
        queries(tmp_path, "cases.sql")
