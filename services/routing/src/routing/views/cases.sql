-- New rows go in by COPY; others as one array of the table's own type: asyncpg encodes it in a third of the time of an
-- array per column.
-- `places` lists where a case's latest facts stand in the log, twelve bytes each: a row per fact would cost ten times that.
-- It has a limit: what is full is written once, into case_places_v9.

-- name: schema
create table if not exists cases_v9 (
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
    -- Whether the post that the thread is named by opened it, and it is in that thread still: its id follows from the
    -- thread's then, and it needs no index.
    founded boolean not null,
    joined_into text collate "C" not null,
    places bytea not null,
    body bytea not null,
    primary key (case_id, tenant)
);
-- ListCases; cases of one instant are sorted by id as they are read: with the id an index is ten times as large.
create index if not exists cases_v9_by_time on cases_v9 (tenant, opened_at desc);
-- ListCases of one state, and the open offers a watch begins with.
create index if not exists cases_v9_by_state on cases_v9 (tenant, state, opened_at desc);
-- The other cases of a customer, the latest first.
create index if not exists cases_v9_by_identity on cases_v9 (identity, opened_at desc) where identity <> '';
-- What was settled in a queue, and nobody objected.
create index if not exists cases_v9_confirmed on cases_v9 (tenant, queue, opened_at desc) where state = 'CONFIRMED';
-- The history of a case and of those joined into it.
create index if not exists cases_v9_by_joined on cases_v9 (tenant, joined_into) where joined_into <> '';
-- The other cases of a thread that is brought back, and all of them when it becomes part of another.
create index if not exists cases_v9_by_thread on cases_v9 (thread_id, identity) where not founded;
-- What a desk knows of a post, and what a customer's post is to a case.
create table if not exists case_posts_v9 (
    tenant text collate "C" not null,
    post_id text collate "C" not null,
    desk text collate "C" not null,
    thread_id text collate "C" not null,
    identity text collate "C" not null,
    published_at bigint not null,
    window_expires_at bigint,
    direction smallint not null,
    author_kind smallint not null,
    -- How many cases a post of ours answers.
    answers integer not null,
    addressed boolean not null,
    withdrawn boolean not null,
    -- The case a customer's post is of, '' for none, and whose it is there, null for its author.
    case_id text collate "C" not null,
    customer text collate "C",
    role smallint not null,
    -- The rest of the fact PostThreaded, '' before there was one.
    body bytea not null,
    primary key (post_id, desk, tenant)
);
-- The posts of a case by publication, but for the one its thread is named by, as most are: the case says which that is.
create index if not exists case_posts_v9_by_case on case_posts_v9 (case_id, published_at, post_id)
where case_id <> '' and thread_id <> post_id;
-- The first and the latest posts of a thread, but for the one it is named by: most threads are that post alone.
create index if not exists case_posts_v9_by_time on case_posts_v9 (thread_id, published_at, post_id)
where thread_id <> post_id;
-- What one author said in it.
create index if not exists case_posts_v9_by_author on case_posts_v9 (thread_id, identity, published_at)
where thread_id <> post_id;
-- ListUnattributedPosts.
create index if not exists case_posts_v9_unattributed on case_posts_v9 (tenant, published_at desc, post_id)
where direction = 2 and answers = 0 and not withdrawn;
-- What a post of ours is to cases: it may answer several.
create table if not exists case_answers_v9 (
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
-- The answers to a case by publication.
create index if not exists case_answers_v9_by_time on case_answers_v9 (case_id, published_at, post_id);
-- What a post is to cases.
create index if not exists case_answers_v9_by_post on case_answers_v9 (post_id);
-- What leads to a thread beside the ids of its posts.
create table if not exists case_keys_v9 (
    tenant text collate "C" not null,
    thread_key text collate "C" not null,
    thread_id text collate "C" not null,
    -- The post that a key of another version means, '' for a key that is no such.
    alias_of text collate "C" not null,
    primary key (thread_key, tenant)
);
-- All keys of a thread when it becomes part of another.
create index if not exists case_keys_v9_by_thread on case_keys_v9 (thread_id);
create table if not exists case_places_v9 (
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
    select body, places from cases_v9 c where c.case_id = wanted.case_id and c.tenant is not distinct from wanted.tenant limit 1
) as found

-- name: save_cases
insert into cases_v9
select * from unnest($1::cases_v9[])
on conflict (case_id, tenant) do update set
    opened_at = excluded.opened_at, state = excluded.state, queue = excluded.queue, agent = excluded.agent,
    channel = excluded.channel, source = excluded.source, identity = excluded.identity,
    desk = excluded.desk, joined_into = excluded.joined_into, places = excluded.places, body = excluded.body

-- name: join_posts
update case_posts_v9 p set case_id = joined.into_id
from unnest($1::text[], $2::text[], $3::text[]) as joined (tenant, case_id, into_id)
where p.case_id = joined.case_id and p.case_id <> '' and p.thread_id <> p.post_id and p.tenant = joined.tenant

-- name: join_founding_posts
update case_posts_v9 p set case_id = joined.into_id
from unnest($1::text[], $2::text[], $3::text[]) as joined (tenant, case_id, into_id)
join cases_v9 c on c.case_id = joined.case_id and c.tenant = joined.tenant
where p.post_id = c.thread_id and p.thread_id = p.post_id and p.case_id = joined.case_id and p.tenant = joined.tenant

-- name: join_answers
-- A post that answers both cases is one of them once.
with moved as (
    delete from case_answers_v9 p
    using unnest($1::text[], $2::text[], $3::text[]) as joined (tenant, case_id, into_id)
    where p.case_id = joined.case_id and p.tenant = joined.tenant
    returning p.tenant, joined.into_id, p.post_id, p.published_at, p.window_expires_at, p.direction, p.author_kind, p.role,
        p.customer, p.answers_published_at
)
insert into case_answers_v9 select * from moved on conflict do nothing

-- name: part_posts
update case_posts_v9 p set case_id = '', customer = null, role = 0
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as gone (tenant, post_id, desk, case_id)
where p.post_id = gone.post_id and p.desk = gone.desk and p.tenant = gone.tenant and p.case_id = gone.case_id

-- name: save_posts
insert into case_posts_v9
select * from unnest($1::case_posts_v9[])
on conflict (post_id, desk, tenant) do update set
    thread_id = excluded.thread_id, identity = excluded.identity, published_at = excluded.published_at,
    window_expires_at = excluded.window_expires_at, direction = excluded.direction,
    author_kind = excluded.author_kind, answers = excluded.answers, addressed = excluded.addressed,
    withdrawn = excluded.withdrawn, body = excluded.body,
    case_id = case when excluded.case_id = '' then case_posts_v9.case_id else excluded.case_id end,
    customer = case when excluded.case_id = '' then case_posts_v9.customer else excluded.customer end,
    role = case when excluded.case_id = '' then case_posts_v9.role else excluded.role end
where case_posts_v9.body = ''

-- name: attach_posts
insert into case_posts_v9
select * from unnest($1::case_posts_v9[])
on conflict (post_id, desk, tenant) do update set
    case_id = excluded.case_id, customer = excluded.customer, role = excluded.role

-- name: drop_answers
delete from case_answers_v9 p
using unnest($1::text[], $2::text[], $3::text[]) as gone (tenant, case_id, post_id)
where p.case_id = gone.case_id and p.post_id = gone.post_id and p.tenant = gone.tenant

-- name: save_answers
insert into case_answers_v9
select * from unnest($1::case_answers_v9[])
on conflict (case_id, post_id, tenant) do update set
    role = excluded.role, customer = excluded.customer, answers_published_at = excluded.answers_published_at

-- name: desks_of
select p.tenant, p.post_id, p.desk
from unnest($1::text[], $2::text[]) as gone (tenant, thread_id)
join case_posts_v9 p on p.post_id = gone.thread_id and p.tenant = gone.tenant and p.thread_id = p.post_id

-- name: join_keys
update case_keys_v9 t set thread_id = joined.into_id
from unnest($1::text[], $2::text[], $3::text[]) as joined (tenant, thread_id, into_id)
where t.thread_id = joined.thread_id and t.tenant = joined.tenant

-- name: join_thread_posts
update case_posts_v9 t set thread_id = joined.into_id
from unnest($1::text[], $2::text[], $3::text[]) as joined (tenant, thread_id, into_id)
where t.thread_id = joined.thread_id and t.tenant = joined.tenant and t.thread_id <> t.post_id

-- name: join_first_posts
update case_posts_v9 t set thread_id = joined.into_id
from unnest($1::text[], $2::text[], $3::text[]) as joined (tenant, thread_id, into_id)
where t.post_id = joined.thread_id and t.tenant = joined.tenant and t.thread_id = t.post_id

-- name: join_thread_cases
update cases_v9 t set thread_id = joined.into_id
from unnest($1::text[], $2::text[], $3::text[]) as joined (tenant, thread_id, into_id)
where t.thread_id = joined.thread_id and t.tenant = joined.tenant and not t.founded

-- name: join_first_cases
update cases_v9 t set thread_id = joined.into_id, founded = false
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as joined (tenant, case_id, thread_id, into_id)
where t.case_id = joined.case_id and t.tenant = joined.tenant and t.founded and t.thread_id = joined.thread_id

-- name: save_keys
insert into case_keys_v9
select * from unnest($1::case_keys_v9[])
on conflict (thread_key, tenant) do update set
    thread_id = excluded.thread_id, alias_of = greatest(excluded.alias_of, case_keys_v9.alias_of)

-- name: address_posts
update case_posts_v9 t set addressed = true
from unnest($1::text[], $2::text[], $3::text[]) as told (tenant, post_id, desk)
where t.post_id = told.post_id and t.desk = told.desk and t.tenant = told.tenant

-- name: withdraw_posts
update case_posts_v9 t set withdrawn = true
from unnest($1::text[], $2::text[]) as gone (tenant, post_id)
where t.post_id = gone.post_id and t.tenant = gone.tenant

-- name: count_answers
update case_posts_v9 t set answers = t.answers + more.answers
from unnest($1::text[], $2::text[], $3::integer[]) as more (tenant, post_id, answers)
where t.post_id = more.post_id and t.tenant = more.tenant and t.direction = 2

-- name: drop_cases
delete from cases_v9 c
using unnest($1::text[], $2::text[]) as gone (tenant, case_id)
where c.tenant = gone.tenant and c.case_id = gone.case_id

-- name: get
select body from cases_v9 where case_id = $2 and tenant is not distinct from $1

-- name: of_ids
select found.body
from unnest($2::text[]) as wanted (id)
cross join lateral (
    select body from cases_v9 where case_id = wanted.id and tenant is not distinct from $1 limit 1
) as found

-- name: of_identities
select found.body
from unnest($2::text[]) as wanted (id)
cross join lateral (
    select body, opened_at, case_id
    from cases_v9
    where identity = wanted.id and identity <> '' and tenant is not distinct from $1 and joined_into = ''
        and case_id <> all($3::text[])
    order by opened_at desc, case_id
    limit $4
) as found
order by found.opened_at desc, found.case_id
limit $4

-- name: confirmed
select body
from cases_v9
where tenant = $1 and queue = $2 and state = 'CONFIRMED'
order by opened_at desc, case_id
limit $3

-- name: together
with recursive together (case_id) as (
    select $2::text collate "C"
    union
    select c.case_id from cases_v9 c join together t on c.joined_into = t.case_id
    where c.tenant = $1 and c.joined_into <> ''
)
select case_id from together limit $3

-- name: list
select opened_at, case_id, body
from cases_v9
where tenant = $1
    and ($2::bigint is null or opened_at < $2 or (opened_at = $2 and case_id > $3))

-- name: position
select position from projections where name = $1

-- name: posts
-- Those of cases that somebody joined into it as well. A post that is part of several is listed once, as what it is most.
with recursive together (case_id) as (
    select $2::text collate "C"
    union
    select c.case_id from cases_v9 c join together t on c.joined_into = t.case_id
    where c.tenant = $1 and c.joined_into <> ''
)
select distinct on (found.published_at, found.post_id)
    found.post_id, found.published_at, found.window_expires_at, found.direction, found.author_kind, found.role
from together t
cross join lateral (
    (
        select p.post_id, p.published_at, p.window_expires_at, p.direction, p.author_kind, p.role
        from case_posts_v9 p
        where p.case_id = t.case_id and p.case_id <> '' and p.thread_id <> p.post_id and p.tenant is not distinct from $1
            and ($3::bigint is null or (p.published_at, p.post_id) > ($3, $4))
            and {wanted}
        order by p.published_at, p.post_id
        limit $5
    )
    union all
    (
        select p.post_id, p.published_at, p.window_expires_at, p.direction, p.author_kind, p.role
        from cases_v9 c
        join case_posts_v9 p on p.post_id = c.thread_id and p.thread_id = p.post_id and p.tenant is not distinct from $1
        where c.case_id = t.case_id and c.tenant is not distinct from $1 and p.case_id = t.case_id
            and ($3::bigint is null or (p.published_at, p.post_id) > ($3, $4))
            and {wanted}
        limit $5
    )
    union all
    (
        select p.post_id, p.published_at, p.window_expires_at, p.direction, p.author_kind, p.role
        from case_answers_v9 p
        where p.case_id = t.case_id and p.tenant is not distinct from $1
            and ($3::bigint is null or (p.published_at, p.post_id) > ($3, $4))
            and {wanted}
        order by p.published_at, p.post_id
        limit $5
    )
) as found
order by found.published_at, found.post_id, found.role
limit $5

-- name: places
with recursive together (case_id) as (
    select $2::text collate "C"
    union
    select c.case_id from cases_v9 c join together t on c.joined_into = t.case_id
    where c.tenant = $1 and c.joined_into <> ''
)
select c.places
from together t
join cases_v9 c on c.tenant = $1 and c.case_id = t.case_id
union all
select f.places
from together t
cross join lateral (
    select p.places
    from case_places_v9 p
    where p.case_id = t.case_id and p.tenant = $1 and (p.last_position, p.last_index) > ($3, $4)
    order by p.last_position, p.last_index
    limit $5
) as f
