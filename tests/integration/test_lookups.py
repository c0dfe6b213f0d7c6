"""A look-up by id reads a few pages an id, also by a plan that was made while the table was empty."""

import json
import uuid
from collections.abc import Mapping

import pytest
from chassis.database import Database
from crm_sync.views import customers
from ingest.views import posts
from kpi.views import contacts
from routing.views import cases, threads

ROWS = 20_000
ASKED = 10
PAGES_PER_ID = 8
"""Against: an index of this size has two levels, a row is one page more, and some statements look into two tables."""

POSTS = f"""
insert into posts_v3 (tenant, post_id, revision, platform_revision, digests, source_id, identity_id, conversation_id,
    published_at, received_at, desk, is_addressed, cut_length, has_location, extent)
select 'acme', gen_random_uuid(), 1, 0, '', 'x', gen_random_uuid(), gen_random_uuid(), n, n, 'x', true, 0, false, 0
from generate_series(1, {ROWS}) n
"""
GONE = f"""
insert into gone_authors_v3 select 'acme', gen_random_uuid(), n, n from generate_series(1, {ROWS}) n
"""
CASES = f"""
insert into cases_v9
select 'acme', gen_random_uuid()::text, n, 'QUEUED', 'default', '', 'x', 'x', '', 'x', '', false, '', '',
    repeat('x', 300)::bytea
from generate_series(1, {ROWS}) n
"""
THREADS = f"""
insert into case_keys_v9
select 'acme', gen_random_uuid()::text, gen_random_uuid()::text, '' from generate_series(1, {ROWS}) n
"""
THREAD_POSTS = f"""
insert into case_posts_v9
select 'acme', id, 'x', id, 'x', n, null, 1, 1, 0, true, false, gen_random_uuid()::text, null, 1,
    repeat('x', 300)::bytea
from (select gen_random_uuid()::text id, n from generate_series(1, {ROWS}) n) one
"""
ANSWERS = f"""
insert into case_answers_v9
select 'acme', gen_random_uuid()::text, gen_random_uuid()::text, n, null, 1, 1, 1, 'x', null
from generate_series(1, {ROWS}) n
"""
CONTACTS = f"""
insert into contacts_v6_cases
select 'acme', gen_random_uuid()::text, 'x', 'x', '', 'x', 'x', '', 1, '[]', 0, '', n, 'en'
from generate_series(1, {ROWS}) n
"""
IDENTITIES = f"""
insert into customers_v2_identities
select 'acme', gen_random_uuid(), gen_random_uuid(), n, gen_random_uuid(), 'x', 'x', repeat('x', 300)::bytea, 1, null
from generate_series(1, {ROWS}) n
"""
OF_PAIRS = "array_fill('acme'::text, array[{count}]), '{ids}'"
PAIRS = ("text[], uuid[]", OF_PAIRS)
OF_ONE = "'acme', '{ids}'"
ONE_TENANT = ("text, uuid[]", OF_ONE)
PROBE = "text, text, text, text, text"


@pytest.mark.parametrize(
    ("statements", "name", "types", "arguments", "schema", "fill"),
    [
        pytest.param(
            posts._SQL,
            "probe",
            PROBE,
            "'acme', '{texts}', '', '', 'posts_v3#6'",
            posts._SQL["schema"],
            POSTS,
            id="posts a shard asks about",
        ),
        pytest.param(posts._SQL, "by_id", *ONE_TENANT, posts._SQL["schema"], POSTS, id="posts to show"),
        pytest.param(
            posts._SQL,
            "probe",
            PROBE,
            "'acme', '', '', '{texts}', 'posts_v3#6'",
            posts._SQL["schema"],
            GONE,
            id="authors a shard asks about",
        ),
        pytest.param(posts._SQL, "load_posts", *PAIRS, posts._SQL["schema"], POSTS, id="posts to amend"),
        pytest.param(cases.SQL, "of_ids", "text, text[]", OF_ONE, cases.SQL["schema"], CASES, id="cases recalled"),
        pytest.param(cases.SQL, "load", "text[], text[]", OF_PAIRS, cases.SQL["schema"], CASES, id="cases to amend"),
        pytest.param(
            {"posts": cases.SQL["posts"].replace("{wanted}", "true")},
            "posts",
            "text, text, bigint, text, integer",
            "'acme', '{texts}', null, '', 100",
            cases.SQL["schema"],
            CASES + ";" + THREAD_POSTS,
            id="posts of a case",
        ),
        *(
            pytest.param(threads.SQL, name, "text, text[]", OF_ONE, cases.SQL["schema"], fill, id=what)
            for name, fill, what in (
                ("of_keys", THREADS + ";" + THREAD_POSTS, "keys of threads"),
                ("of_cases", CASES, "threads of cases"),
                ("named", THREAD_POSTS, "posts that are named"),
                ("answers", ANSWERS + ";" + CASES, "cases of posts"),
            )
        ),
        pytest.param(
            contacts.SQL, "load_cases", "text[], text[]", OF_PAIRS, contacts.SQL["schema"], CONTACTS, id="contacts"
        ),
        pytest.param(
            customers.SQL, "load_identities", *PAIRS, customers.SQL["schema"], IDENTITIES, id="identities to amend"
        ),
        pytest.param(
            customers.SQL,
            "customers_of",
            "text, text",
            "'acme', '{texts}'",
            customers.SQL["schema"],
            IDENTITIES,
            id="customers of identities",
        ),
    ],
)
async def test_a_look_up_by_id_is_no_scan(
    statements: Mapping[str, str], name: str, types: str, arguments: str, schema: str, fill: str, database_url: str
) -> None:
    ids = ",".join(str(uuid.uuid4()) for _ in range(ASKED))
    execute = f"execute asked({arguments.format(count=ASKED, ids='{' + ids + '}', texts=ids)})"
    async with Database(database_url, "lookups") as database, database.acquire() as connection:
        await connection.execute("create table projections (name text primary key, position bigint not null)")
        await connection.execute("insert into projections values ('posts_v3#6', 1)")
        await connection.execute(schema)
        await connection.execute(f"prepare asked ({types}) as {statements[name]}")
        for _ in range(6):  # from the sixth on PostgreSQL keeps its plan
            await connection.execute(execute)
        await connection.execute(fill)
        plan = json.loads(await connection.fetchval(f"explain (analyze, buffers, format json) {execute}"))
        assert plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"] < PAGES_PER_ID * ASKED
