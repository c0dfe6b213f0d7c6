-- New rows go in by COPY; others as one array of the table's own type: asyncpg encodes it in a third of the time of an
-- array per column.
-- `places` lists where a case's latest facts stand in the log, twelve bytes each: a row per fact would cost ten times that.
-- It has a limit: what is full is written once, into case_places_v4.

-- name: schema
create table if not exists cases_v4 (
    tenant text collate "C" not null,
    case_id text collate "C" not null,
    opened_at bigint not null,
    state text collate "C" not null,
    queue text collate "C" not null,
    agent text collate "C" not null,
    channel text collate "C" not null,
    source text collate "C" not null,
    identity text collate "C" not null,
    desk text collate "C" not null,
    thread_id text collate "C" not null,
    joined_into text collate "C" not null,
    places bytea not null,
    body bytea not null,
    primary key (case_id, tenant)
);
-- ListCases; cases of one instant are sorted by id as they are read: with the id an index is ten times as large.
create index if not exists cases_v4_by_time on cases_v4 (tenant, opened_at desc);
-- ListCases of one state, and the open offers a watch begins with.
create index if not exists cases_v4_by_state on cases_v4 (tenant, state, opened_at desc);
-- The history of a case and of those joined into it.
create index if not exists cases_v4_by_joined on cases_v4 (tenant, joined_into) where joined_into <> '';
-- The cases of a thread that is brought back, and all of them when it becomes part of another.
create index if not exists cases_v4_by_thread on cases_v4 (thread_id, identity);
create table if not exists case_posts_v4 (
    tenant text collate "C" not null,
    case_id text collate "C" not null,
    post_id text collate "C" not null,
    published_at bigint not null,
    window_expires_at bigint,
    direction smallint not null,
    author_kind smallint not null,
    role smallint not null,
    customer text collate "C" not null,
    answers_published_at bigint,
    primary key (case_id, post_id, tenant)
);
-- The posts of a case by publication.
create index if not exists case_posts_v4_by_time on case_posts_v4 (case_id, published_at, post_id);
-- What a post is to cases.
create index if not exists case_posts_v4_by_post on case_posts_v4 (post_id);
create table if not exists case_threads_v4 (
    tenant text collate "C" not null,
    thread_key text collate "C" not null,
    thread_id text collate "C" not null,
    -- The post that a key of another version means, '' for a key that is no such.
    alias_of text collate "C" not null,
    primary key (thread_key, tenant)
);
-- All keys of a thread when it becomes part of another.
create index if not exists case_threads_v4_by_thread on case_threads_v4 (thread_id);
-- What a desk knows of a post.
create table if not exists case_thread_posts_v4 (
    tenant text collate "C" not null,
    post_id text collate "C" not null,
    desk text collate "C" not null,
    thread_id text collate "C" not null,
    identity text collate "C" not null,
    published_at bigint not null,
    ours boolean not null,
    -- How many cases a post of ours answers.
    answers integer not null,
    addressed boolean not null,
    withdrawn boolean not null,
    -- The fact PostThreaded.
    body bytea not null,
    primary key (post_id, desk, tenant)
);
-- The first and the latest posts of a thread.
create index if not exists case_thread_posts_v4_by_time on case_thread_posts_v4 (thread_id, published_at, post_id);
-- What one author said in it.
create index if not exists case_thread_posts_v4_by_author on case_thread_posts_v4 (thread_id, identity, published_at);
-- ListUnattributedPosts.
create index if not exists case_thread_posts_v4_unattributed on case_thread_posts_v4 (tenant, published_at desc, post_id)
where ours and answers = 0 and not withdrawn;
create table if not exists case_places_v4 (
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
    select body, places from cases_v4 c where c.case_id = wanted.case_id and c.tenant is not distinct from wanted.tenant limit 1
) as found

-- name: save_cases
insert into cases_v4
select * from unnest($1::cases_v4[])
on conflict (case_id, tenant) do update set
    opened_at = excluded.opened_at, state = excluded.state, queue = excluded.queue, agent = excluded.agent,
    channel = excluded.channel, source = excluded.source, identity = excluded.identity,
    desk = excluded.desk, joined_into = excluded.joined_into, places = excluded.places, body = excluded.body

-- name: join_posts
-- A post that answers both cases is one of them once.
with moved as (
    delete from case_posts_v4 p
    using unnest($1::text[], $2::text[], $3::text[]) as joined (tenant, case_id, into_id)
    where p.case_id = joined.case_id and p.tenant = joined.tenant
    returning p.tenant, joined.into_id, p.post_id, p.published_at, p.window_expires_at, p.direction, p.author_kind, p.role,
        p.customer, p.answers_published_at
)
insert into case_posts_v4 select * from moved on conflict do nothing

-- name: drop_posts
delete from case_posts_v4 p
using unnest($1::text[], $2::text[], $3::text[]) as gone (tenant, case_id, post_id)
where p.case_id = gone.case_id and p.post_id = gone.post_id and p.tenant = gone.tenant

-- name: save_posts
insert into case_posts_v4
select * from unnest($1::case_posts_v4[])
on conflict (case_id, post_id, tenant) do update set
    role = excluded.role, customer = excluded.customer, answers_published_at = excluded.answers_published_at

-- name: join_threads
update case_threads_v4 t set thread_id = joined.into_id
from unnest($1::text[], $2::text[], $3::text[]) as joined (tenant, thread_id, into_id)
where t.thread_id = joined.thread_id and t.tenant = joined.tenant

-- name: join_thread_posts
update case_thread_posts_v4 t set thread_id = joined.into_id
from unnest($1::text[], $2::text[], $3::text[]) as joined (tenant, thread_id, into_id)
where t.thread_id = joined.thread_id and t.tenant = joined.tenant

-- name: join_thread_cases
update cases_v4 t set thread_id = joined.into_id
from unnest($1::text[], $2::text[], $3::text[]) as joined (tenant, thread_id, into_id)
where t.thread_id = joined.thread_id and t.tenant = joined.tenant

-- name: save_keys
insert into case_threads_v4
select * from unnest($1::case_threads_v4[])
on conflict (thread_key, tenant) do update set
    thread_id = excluded.thread_id, alias_of = greatest(excluded.alias_of, case_threads_v4.alias_of)

-- name: save_thread_posts
insert into case_thread_posts_v4
select * from unnest($1::case_thread_posts_v4[])
on conflict (post_id, desk, tenant) do nothing

-- name: address_posts
update case_thread_posts_v4 t set addressed = true
from unnest($1::text[], $2::text[], $3::text[]) as told (tenant, post_id, desk)
where t.post_id = told.post_id and t.desk = told.desk and t.tenant = told.tenant

-- name: withdraw_posts
update case_thread_posts_v4 t set withdrawn = true
from unnest($1::text[], $2::text[]) as gone (tenant, post_id)
where t.post_id = gone.post_id and t.tenant = gone.tenant

-- name: count_answers
update case_thread_posts_v4 t set answers = t.answers + more.answers
from unnest($1::text[], $2::text[], $3::integer[]) as more (tenant, post_id, answers)
where t.post_id = more.post_id and t.tenant = more.tenant and t.ours

-- name: drop_cases
delete from cases_v4 c
using unnest($1::text[], $2::text[]) as gone (tenant, case_id)
where c.tenant = gone.tenant and c.case_id = gone.case_id

-- name: get
select body from cases_v4 where case_id = $2 and tenant is not distinct from $1

-- name: of_ids
select found.body
from unnest($2::text[]) as wanted (id)
cross join lateral (
    select body from cases_v4 where case_id = wanted.id and tenant is not distinct from $1 limit 1
) as found

-- name: list
select opened_at, case_id, body
from cases_v4
where tenant = $1
    and ($2::bigint is null or opened_at < $2 or (opened_at = $2 and case_id > $3))

-- name: position
select position from projections where name = 'cases_v4'

-- name: posts
-- Those of cases that somebody joined into it as well. A post that is part of several is listed once, as what it is most.
with recursive together (case_id) as (
    select $2::text collate "C"
    union
    select c.case_id from cases_v4 c join together t on c.joined_into = t.case_id
    where c.tenant = $1 and c.joined_into <> ''
)
select distinct on (found.published_at, found.post_id)
    found.post_id, found.published_at, found.window_expires_at, found.direction, found.author_kind, found.role
from together t
cross join lateral (
    select p.post_id, p.published_at, p.window_expires_at, p.direction, p.author_kind, p.role
    from case_posts_v4 p
    where p.case_id = t.case_id and p.tenant is not distinct from $1
        and ($3::bigint is null or (p.published_at, p.post_id) > ($3, $4))
        and {wanted}
    order by p.published_at, p.post_id
    limit $5
) as found
order by found.published_at, found.post_id, found.role
limit $5

-- name: places
with recursive together (case_id) as (
    select $2::text collate "C"
    union
    select c.case_id from cases_v4 c join together t on c.joined_into = t.case_id
    where c.tenant = $1 and c.joined_into <> ''
)
select c.places
from together t
join cases_v4 c on c.tenant = $1 and c.case_id = t.case_id
union all
select f.places
from together t
cross join lateral (
    select p.places
    from case_places_v4 p
    where p.case_id = t.case_id and p.tenant = $1 and (p.last_position, p.last_index) > ($3, $4)
    order by p.last_position, p.last_index
    limit $5
) as f
