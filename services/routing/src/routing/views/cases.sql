-- New rows go in by COPY; others as one array of the table's own type: asyncpg encodes it in a third of the time of an
-- array per column.
-- `places` lists where a case's latest facts stand in the log, twelve bytes each: a row per fact would cost ten times that.
-- It has a limit: what is full is written once, into case_places_v2.

-- name: schema
create table if not exists cases_v2 (
    tenant text collate "C" not null,
    case_id text collate "C" not null,
    opened_at bigint not null,
    state text collate "C" not null,
    queue text collate "C" not null,
    agent text collate "C" not null,
    channel text collate "C" not null,
    source text collate "C" not null,
    identity text collate "C" not null,
    joined_into text collate "C" not null,
    places bytea not null,
    body bytea not null,
    primary key (case_id, tenant)
);
-- ListCases; cases of one instant are sorted by id as they are read: with the id an index is ten times as large.
create index if not exists cases_v2_by_time on cases_v2 (tenant, opened_at desc);
-- ListCases of one state, and the open offers a watch begins with.
create index if not exists cases_v2_by_state on cases_v2 (tenant, state, opened_at desc);
-- The history of a case and of those joined into it.
create index if not exists cases_v2_by_joined on cases_v2 (tenant, joined_into) where joined_into <> '';
create table if not exists case_threads_v2 (
    tenant text collate "C" not null,
    thread_key text collate "C" not null,
    case_id text collate "C" not null,
    -- Of a key that is the id of a post of the case; null for one that a post names and nobody has seen yet.
    published_at bigint,
    window_expires_at bigint,
    direction smallint not null,
    author_kind smallint not null,
    withdrawn boolean not null,
    primary key (thread_key, tenant)
);
-- The posts of a case by publication, its latest ones, and all its keys when it is joined into another.
create index if not exists case_threads_v2_by_case on case_threads_v2 (case_id, published_at, thread_key);
create table if not exists case_places_v2 (
    tenant text collate "C" not null,
    case_id text collate "C" not null,
    last_position bigint not null,
    last_index integer not null,
    places bytea not null,
    primary key (case_id, last_position, last_index, tenant)
);

-- name: load
-- One look-up each (the limit forbids any other join), by nothing but the id (no index knows this comparison of tenants): a
-- plan that was made while the table was empty is kept while it grows.
select wanted.tenant, wanted.case_id, found.body, found.places
from unnest($1::text[], $2::text[]) as wanted (tenant, case_id)
cross join lateral (
    select body, places from cases_v2 c where c.case_id = wanted.case_id and c.tenant is not distinct from wanted.tenant limit 1
) as found

-- name: save_cases
insert into cases_v2
select * from unnest($1::cases_v2[])
on conflict (case_id, tenant) do update set
    opened_at = excluded.opened_at, state = excluded.state, queue = excluded.queue, agent = excluded.agent,
    channel = excluded.channel, source = excluded.source, identity = excluded.identity,
    joined_into = excluded.joined_into, places = excluded.places, body = excluded.body

-- name: save_threads
insert into case_threads_v2
select * from unnest($1::case_threads_v2[])
on conflict (thread_key, tenant) do update set
    case_id = excluded.case_id,
    published_at = coalesce(excluded.published_at, case_threads_v2.published_at),
    window_expires_at = coalesce(excluded.window_expires_at, case_threads_v2.window_expires_at),
    direction = greatest(excluded.direction, case_threads_v2.direction),
    author_kind = greatest(excluded.author_kind, case_threads_v2.author_kind)

-- name: join_threads
update case_threads_v2 t set case_id = joined.into_id
from unnest($1::text[], $2::text[], $3::text[]) as joined (tenant, case_id, into_id)
where t.case_id = joined.case_id and t.tenant = joined.tenant

-- name: withdraw_posts
update case_threads_v2 t set withdrawn = true
from unnest($1::text[], $2::text[]) as gone (tenant, post_id)
where t.thread_key = gone.post_id and t.tenant = gone.tenant

-- name: drop_cases
delete from cases_v2 c
using unnest($1::text[], $2::text[]) as gone (tenant, case_id)
where c.tenant = gone.tenant and c.case_id = gone.case_id

-- name: get
select body from cases_v2 where case_id = $2 and tenant is not distinct from $1

-- name: of_ids
select body from cases_v2 where case_id = any($2::text[]) and tenant is not distinct from $1

-- name: list
select opened_at, case_id, body
from cases_v2
where tenant = $1
    and ($2::text is null or state = $2)
    and ($3::text is null or queue = $3)
    and ($4::text is null or agent = $4)
    and ($5::text is null or channel = $5)
    and ($6::text is null or source = $6)
    and ($7::text is null or identity = $7)
    and ($8::bigint is null or opened_at < $8 or (opened_at = $8 and case_id > $9))
order by opened_at desc, case_id
limit $10

-- name: position
select position from projections where name = 'cases_v2'

-- name: of_threads
select thread_key, case_id, published_at, window_expires_at, direction, author_kind, withdrawn
from case_threads_v2
where thread_key = any($2::text[]) and tenant is not distinct from $1

-- name: posts
select thread_key, published_at, window_expires_at, direction, author_kind, withdrawn
from case_threads_v2
where case_id = $2 and tenant is not distinct from $1 and published_at is not null and not withdrawn
    and ($3::bigint is null or (published_at, thread_key) > ($3, $4))
order by published_at, thread_key
limit $5

-- name: latest
select thread_key, published_at, window_expires_at, direction, author_kind, withdrawn
from case_threads_v2
where case_id = $2 and tenant is not distinct from $1 and published_at is not null and not withdrawn
    and direction = $3 and author_kind = $4
order by published_at desc, thread_key desc
limit $5

-- name: places
with recursive together (case_id) as (
    select $2::text collate "C"
    union
    select c.case_id from cases_v2 c join together t on c.joined_into = t.case_id
    where c.tenant = $1 and c.joined_into <> ''
)
select c.places
from together t
join cases_v2 c on c.tenant = $1 and c.case_id = t.case_id
union all
select f.places
from together t
cross join lateral (
    select p.places
    from case_places_v2 p
    where p.case_id = t.case_id and p.tenant = $1 and (p.last_position, p.last_index) > ($3, $4)
    order by p.last_position, p.last_index
    limit $5
) as f
