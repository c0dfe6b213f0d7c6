-- The tables of contacts_v6: cases as sets of facts, the contacts computed from them, sources with their labels.
-- New rows go in by COPY; others as one array of the table's own type: asyncpg encodes it in a third of the time of an
-- array per column.
-- A case changes some five times soon after it appeared: the fill factor keeps those updates within the page.

-- name: schema
create table if not exists contacts_v6_cases (
    tenant text collate "C" not null,
    case_id text collate "C" not null,
    channel text collate "C" not null,
    source_id text collate "C" not null,
    joined_into text collate "C" not null,
    desk text collate "C" not null,
    customer text collate "C" not null,
    agent_id text collate "C" not null,
    weight integer not null,
    facts text not null,
    before integer not null,
    summary text not null,
    last_at bigint not null,
    language text collate "C" not null,
    primary key (tenant, case_id)
) with (fillfactor = 60);
create table if not exists contacts_v6_parts (
    tenant text collate "C" not null,
    case_id text collate "C" not null,
    part integer not null,
    facts text not null,
    primary key (tenant, case_id, part)
);
create table if not exists contacts_v6_sources (
    tenant text collate "C" not null,
    source_id text collate "C" not null,
    since_ref bigint not null,
    labels text not null,
    primary key (tenant, source_id, since_ref)
);
create table if not exists contacts_v6 (
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
    desk text collate "C" not null,
    queue text collate "C" not null,
    published_at bigint not null,
    due_at bigint,
    skewed boolean not null,
    language text collate "C" not null,
    tier text collate "C" not null,
    primary key (tenant, case_id, episode)
) with (fillfactor = 60);
-- QueryMetrics: the contacts that start in an interval.
create index if not exists contacts_v6_start on contacts_v6 (tenant, start_at);
-- The gauges: who waits, and who works on how much. Both are small however many contacts there were.
create index if not exists contacts_v6_waiting on contacts_v6 (tenant, start_at)
where human_at is null and resolved_at is null and reopened_at is null and withdrawn_at is null;
create index if not exists contacts_v6_held on contacts_v6_cases (tenant, agent_id) where agent_id <> '';
create table if not exists contacts_v6_agents (
    tenant text collate "C" not null,
    agent_id text collate "C" not null,
    presence integer not null,
    capacity integer not null,
    primary key (tenant, agent_id)
)

-- name: load_cases
-- One look-up each (the limit forbids any other join): a plan that was made while the table was empty is kept while it
-- grows.
select
    k.tenant, k.case_id, c.channel, c.source_id, c.joined_into, c.desk, c.customer, c.agent_id, c.weight, c.facts,
    c.before, c.summary, c.last_at, c.language
from unnest($1::text[], $2::text[]) as k (tenant, case_id)
cross join lateral (
    select
        channel, source_id, joined_into, desk, customer, agent_id, weight, facts, before, summary, last_at, language
    from contacts_v6_cases where tenant = k.tenant and case_id = k.case_id limit 1
) as c

-- name: load_sources
select s.tenant, s.source_id, s.since_ref, s.labels
from unnest($1::text[], $2::text[]) as k (tenant, source_id)
join contacts_v6_sources s using (tenant, source_id)
order by s.tenant, s.source_id, s.since_ref

-- name: save_sources
insert into contacts_v6_sources (tenant, source_id, since_ref, labels)
select tenant, source_id, since_ref, labels
from unnest($1::contacts_v6_sources[])
on conflict (tenant, source_id, since_ref) do nothing

-- name: load_parts
select facts
from contacts_v6_parts
where tenant = $1 and case_id = $2
order by part

-- name: delete_parts
delete from contacts_v6_parts c
using unnest($1::text[], $2::text[]) as k (tenant, case_id)
where c.tenant = k.tenant and c.case_id = k.case_id

-- name: delete_contacts
delete from contacts_v6 c
using unnest($1::text[], $2::text[], $3::integer[]) as k (tenant, case_id, first)
where c.tenant = k.tenant and c.case_id = k.case_id and c.episode >= k.first

-- name: save
-- Cases that were there, with their contacts, which may be new.
with saved as (
    insert into contacts_v6_cases (
        tenant, case_id, channel, source_id, joined_into, desk, customer, agent_id, weight, facts, before, summary,
        last_at, language
    )
    select
        tenant, case_id, channel, source_id, joined_into, desk, customer, agent_id, weight, facts, before, summary,
        last_at, language
    from unnest($1::contacts_v6_cases[])
    on conflict (tenant, case_id) do update set
        channel = excluded.channel,
        source_id = excluded.source_id,
        joined_into = excluded.joined_into,
        desk = excluded.desk,
        customer = excluded.customer,
        agent_id = excluded.agent_id,
        weight = excluded.weight,
        facts = excluded.facts,
        before = excluded.before,
        summary = excluded.summary,
        last_at = excluded.last_at,
        language = excluded.language
)
insert into contacts_v6 (
    tenant, case_id, episode, start_at, start_ref, channel, source_id, direct, accepted_at, accepted_by, accepted_ref,
    any_at, any_by, any_ref, human_at, human_by, human_ref, resolved_at, resolved_by, resolved_ref, reopened_at,
    withdrawn_at, withdrawn_ref, desk, queue, published_at, due_at, skewed, language, tier
)
select
    tenant, case_id, episode, start_at, start_ref, channel, source_id, direct, accepted_at, accepted_by, accepted_ref,
    any_at, any_by, any_ref, human_at, human_by, human_ref, resolved_at, resolved_by, resolved_ref, reopened_at,
    withdrawn_at, withdrawn_ref, desk, queue, published_at, due_at, skewed, language, tier
from unnest($2::contacts_v6[])
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
    withdrawn_ref = excluded.withdrawn_ref,
    desk = excluded.desk,
    queue = excluded.queue,
    published_at = excluded.published_at,
    due_at = excluded.due_at,
    skewed = excluded.skewed,
    language = excluded.language,
    tier = excluded.tier

-- name: position
select position from projections where name = $1

-- name: contacts
select
    case_id, episode, start_at, start_ref, channel, source_id, direct, accepted_at, accepted_by, accepted_ref,
    any_at, any_by, any_ref, human_at, human_by, human_ref, resolved_at, resolved_by, resolved_ref, reopened_at,
    withdrawn_at, withdrawn_ref, desk, queue, published_at, due_at, skewed, language, tier
from contacts_v6
where tenant = $1 and start_at >= $2 and start_at < $3 and start_at <= $4

-- name: contacts_until
-- Those that started before, too, of cases in which something happened since.
select
    o.case_id, o.episode, o.start_at, o.start_ref, o.channel, o.source_id, o.direct, o.accepted_at, o.accepted_by,
    o.accepted_ref, o.any_at, o.any_by, o.any_ref, o.human_at, o.human_by, o.human_ref, o.resolved_at, o.resolved_by,
    o.resolved_ref, o.reopened_at, o.withdrawn_at, o.withdrawn_ref, o.desk, o.queue, o.published_at, o.due_at, o.skewed,
    o.language, o.tier
from contacts_v6 o
join contacts_v6_cases c using (tenant, case_id)
where o.tenant = $1 and c.last_at >= $2 and o.start_at < $3 and o.start_at <= $4

-- name: beside
-- Cases in which something happened since, or that somebody has.
select case_id
from contacts_v6_cases
where tenant = $1 and (last_at >= $2 or agent_id <> '')

-- name: facts
select p.case_id, p.facts
from contacts_v6_parts p
where p.tenant = $1 and p.case_id = any($2::text[])
order by p.case_id, p.part

-- name: last_facts
select c.case_id, c.facts, c.before, c.customer
from contacts_v6_cases c
where c.tenant = $1 and c.case_id = any($2::text[])

-- name: load_agents
select a.tenant, a.agent_id, a.presence, a.capacity
from unnest($1::text[], $2::text[]) as k (tenant, agent_id)
join contacts_v6_agents a using (tenant, agent_id)

-- name: save_agents
insert into contacts_v6_agents (tenant, agent_id, presence, capacity)
select tenant, agent_id, presence, capacity
from unnest($1::contacts_v6_agents[])
on conflict (tenant, agent_id) do update set
    presence = excluded.presence,
    capacity = excluded.capacity

-- name: agents
-- The numbers of Presence: 2 takes offers, 3 finishes own work, 4 is away.
select
    a.tenant,
    count(*) filter (where a.presence = 2 and a.capacity > coalesce(h.units, 0)),
    count(*) filter (where a.presence = 3 or (a.presence = 2 and a.capacity <= coalesce(h.units, 0))),
    count(*) filter (where a.presence = 4)
from contacts_v6_agents a
left join (
    select tenant, one.agent_id, sum(weight) as units
    from contacts_v6_cases c
    -- A case that is offered to several takes the capacity of each.
    cross join lateral string_to_table(c.agent_id, ' ') as one (agent_id)
    where tenant = any($1::text[]) and c.agent_id <> ''
    group by tenant, one.agent_id
) as h using (tenant, agent_id)
where a.tenant = any($1::text[])
group by a.tenant

-- name: waiting
select tenant, count(*), min(start_at)
from contacts_v6
where
    tenant = any($1::text[]) and human_at is null and resolved_at is null and reopened_at is null
    and withdrawn_at is null
group by tenant

-- name: label_keys
select distinct jsonb_object_keys(labels::jsonb)
from contacts_v6_sources
where tenant = $1

-- name: sources
select source_id, since_ref, labels
from contacts_v6_sources
where tenant = $1
order by source_id, since_ref
