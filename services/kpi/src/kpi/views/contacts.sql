-- The tables of contacts_v2: cases as sets of facts, the contacts computed from them, sources with their labels.
-- New rows go in by COPY; others as one array of the table's own type: asyncpg encodes it in a third of the time of an
-- array per column.
-- A case changes some five times soon after it appeared: the fill factor keeps those updates within the page.

-- name: schema
create table if not exists contacts_v2_cases (
    tenant text collate "C" not null,
    case_id text collate "C" not null,
    channel text collate "C" not null,
    source_id text collate "C" not null,
    joined_into text collate "C" not null,
    facts text not null,
    before integer not null,
    summary text not null,
    primary key (tenant, case_id)
) with (fillfactor = 60);
create table if not exists contacts_v2_parts (
    tenant text collate "C" not null,
    case_id text collate "C" not null,
    part integer not null,
    facts text not null,
    primary key (tenant, case_id, part)
);
create table if not exists contacts_v2_sources (
    tenant text collate "C" not null,
    source_id text collate "C" not null,
    since_ref bigint not null,
    labels text not null,
    primary key (tenant, source_id, since_ref)
);
create table if not exists contacts_v2 (
    tenant text collate "C" not null,
    case_id text collate "C" not null,
    episode integer not null,
    start_at bigint not null,
    start_ref bigint not null,
    channel text collate "C" not null,
    source_id text collate "C" not null,
    direct boolean not null,
    accepted_at bigint,
    accepted_by text not null,
    accepted_ref bigint,
    any_at bigint,
    any_by text not null,
    any_ref bigint,
    human_at bigint,
    human_by text not null,
    human_ref bigint,
    resolved_at bigint,
    resolved_by text not null,
    resolved_ref bigint,
    reopened_at bigint,
    withdrawn_at bigint,
    withdrawn_ref bigint,
    primary key (tenant, case_id, episode)
) with (fillfactor = 60);
-- QueryMetrics: the contacts that start in an interval.
create index if not exists contacts_v2_start on contacts_v2 (tenant, start_at)

-- name: load_cases
-- One look-up each (the limit forbids any other join): a plan that was made while the table was empty is kept while it
-- grows.
select k.tenant, k.case_id, c.channel, c.source_id, c.joined_into, c.facts, c.before, c.summary
from unnest($1::text[], $2::text[]) as k (tenant, case_id)
cross join lateral (
    select channel, source_id, joined_into, facts, before, summary
    from contacts_v2_cases where tenant = k.tenant and case_id = k.case_id limit 1
) as c

-- name: load_sources
select s.tenant, s.source_id, s.since_ref, s.labels
from unnest($1::text[], $2::text[]) as k (tenant, source_id)
join contacts_v2_sources s using (tenant, source_id)
order by s.tenant, s.source_id, s.since_ref

-- name: save_cases
insert into contacts_v2_cases (tenant, case_id, channel, source_id, joined_into, facts, before, summary)
select tenant, case_id, channel, source_id, joined_into, facts, before, summary
from unnest($1::contacts_v2_cases[])
on conflict (tenant, case_id) do update set
    channel = excluded.channel,
    source_id = excluded.source_id,
    joined_into = excluded.joined_into,
    facts = excluded.facts,
    before = excluded.before,
    summary = excluded.summary

-- name: save_sources
insert into contacts_v2_sources (tenant, source_id, since_ref, labels)
select tenant, source_id, since_ref, labels
from unnest($1::contacts_v2_sources[])
on conflict (tenant, source_id, since_ref) do nothing

-- name: load_parts
select facts
from contacts_v2_parts
where tenant = $1 and case_id = $2
order by part

-- name: delete_parts
delete from contacts_v2_parts c
using unnest($1::text[], $2::text[]) as k (tenant, case_id)
where c.tenant = k.tenant and c.case_id = k.case_id

-- name: delete_contacts
delete from contacts_v2 c
using unnest($1::text[], $2::text[], $3::integer[]) as k (tenant, case_id, first)
where c.tenant = k.tenant and c.case_id = k.case_id and c.episode >= k.first

-- name: save_contacts
insert into contacts_v2 (
    tenant, case_id, episode, start_at, start_ref, channel, source_id, direct, accepted_at, accepted_by, accepted_ref,
    any_at, any_by, any_ref, human_at, human_by, human_ref, resolved_at, resolved_by, resolved_ref, reopened_at,
    withdrawn_at, withdrawn_ref
)
select
    tenant, case_id, episode, start_at, start_ref, channel, source_id, direct, accepted_at, accepted_by, accepted_ref,
    any_at, any_by, any_ref, human_at, human_by, human_ref, resolved_at, resolved_by, resolved_ref, reopened_at,
    withdrawn_at, withdrawn_ref
from unnest($1::contacts_v2[])
on conflict (tenant, case_id, episode) do update set
    start_at = excluded.start_at,
    start_ref = excluded.start_ref,
    channel = excluded.channel,
    source_id = excluded.source_id,
    direct = excluded.direct,
    accepted_at = excluded.accepted_at,
    accepted_by = excluded.accepted_by,
    accepted_ref = excluded.accepted_ref,
    any_at = excluded.any_at,
    any_by = excluded.any_by,
    any_ref = excluded.any_ref,
    human_at = excluded.human_at,
    human_by = excluded.human_by,
    human_ref = excluded.human_ref,
    resolved_at = excluded.resolved_at,
    resolved_by = excluded.resolved_by,
    resolved_ref = excluded.resolved_ref,
    reopened_at = excluded.reopened_at,
    withdrawn_at = excluded.withdrawn_at,
    withdrawn_ref = excluded.withdrawn_ref

-- name: position
select position from projections where name = 'contacts_v2'

-- name: contacts
select
    case_id, episode, start_at, start_ref, channel, source_id, direct, accepted_at, accepted_by, accepted_ref,
    any_at, any_by, any_ref, human_at, human_by, human_ref, resolved_at, resolved_by, resolved_ref, reopened_at,
    withdrawn_at, withdrawn_ref
from contacts_v2
where tenant = $1 and start_at >= $2 and start_at < $3 and start_at <= $4

-- name: label_keys
select distinct jsonb_object_keys(labels::jsonb)
from contacts_v2_sources
where tenant = $1

-- name: sources
select source_id, since_ref, labels
from contacts_v2_sources
where tenant = $1
order by source_id, since_ref
