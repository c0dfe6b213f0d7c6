-- The customer database: identities with the facts that say something of them, the customers they form, links, bars and conflicts.
-- An identity that nobody took for another one's customer has one row and two index entries: half of all posts make one.
-- Rows go in as one array of the table's own type: asyncpg encodes it in a third of the time of an array per column.
-- Ids come first in the indexes, and identities by id are looked up one by one (the limits forbid any other join), their
-- tenant compared as no index knows it: a plan that was made while a table was empty, when a row and all rows of a tenant
-- seem to be as many, is kept while it grows.

-- name: schema
create table if not exists customers_v2_identities (
    tenant text collate "C" not null,
    identity_id uuid not null,
    founded_customer_id uuid not null,
    founded_at bigint not null,
    customer_id uuid not null,
    channel text collate "C" not null,
    source text collate "C" not null,
    facts bytea not null,
    asserted integer not null,
    erased_at bigint,
    primary key (identity_id, tenant)        -- LookupCustomer by identity, and what a shard asks before it decides
);
-- GetCustomer, and ListCustomers in order of the ids.
create index if not exists customers_v2_identities_by_customer on customers_v2_identities (tenant, customer_id);
-- GetCustomer by an id that was merged into another.
create index if not exists customers_v2_identities_by_founded
    on customers_v2_identities (founded_customer_id, tenant) where founded_customer_id <> customer_id;
create table if not exists customers_v2_contacts (
    tenant text collate "C" not null,
    contact bytea not null,
    identity_id uuid not null,
    verified boolean not null,
    uniq boolean not null,
    primary key (contact, tenant, identity_id, verified)    -- who has a contact point
);
-- What an erasure takes.
create index if not exists customers_v2_contacts_by_identity on customers_v2_contacts (identity_id, tenant);
create table if not exists customers_v2_links (
    tenant text collate "C" not null,
    identity_a uuid not null,
    identity_b uuid not null,
    active boolean not null,
    reason integer not null,
    attribute text collate "C" not null,
    ruleset text collate "C" not null,
    actor text collate "C" not null,
    linked_at bigint,
    linked_event_id bytea not null,
    unlinked_at bigint,
    unlinked_event_id bytea not null,
    forbidden_event_id bytea not null,
    primary key (identity_a, identity_b, tenant)
);
create index if not exists customers_v2_links_by_b on customers_v2_links (identity_b, tenant);
create table if not exists customers_v2_conflicts (
    tenant text collate "C" not null,
    identity_a uuid not null,
    identity_b uuid not null,
    reason integer not null,
    attribute text collate "C" not null,
    disputed text collate "C" not null,
    at bigint not null,
    event_id bytea not null,
    primary key (identity_a, identity_b, tenant, reason, attribute)
);
create index if not exists customers_v2_conflicts_by_b on customers_v2_conflicts (identity_b, tenant)

-- name: load_identities
select i.tenant, i.identity_id, i.founded_customer_id, i.founded_at, i.customer_id, i.channel, i.source, i.facts,
    i.asserted, i.erased_at
from unnest($1::text[], $2::uuid[]) as k (tenant, identity_id)
cross join lateral (
    select tenant, identity_id, founded_customer_id, founded_at, customer_id, channel, source, facts, asserted, erased_at
    from customers_v2_identities where identity_id = k.identity_id and tenant is not distinct from k.tenant limit 1
) as i

-- name: load_links
select l.tenant, l.identity_a, l.identity_b, l.active, l.reason, l.attribute, l.ruleset, l.actor, l.linked_at,
    l.linked_event_id, l.unlinked_at, l.unlinked_event_id, l.forbidden_event_id
from unnest($1::text[], $2::uuid[], $3::uuid[]) as k (tenant, identity_a, identity_b)
join customers_v2_links l using (tenant, identity_a, identity_b)

-- name: save_identities
insert into customers_v2_identities (tenant, identity_id, founded_customer_id, founded_at, customer_id, channel, source, facts, asserted,
    erased_at)
select tenant, identity_id, founded_customer_id, founded_at, customer_id, channel, source, facts, asserted,
    erased_at
from unnest($1::customers_v2_identities[])
on conflict (identity_id, tenant) do update set customer_id = excluded.customer_id, facts = excluded.facts,
    asserted = excluded.asserted, erased_at = excluded.erased_at

-- name: save_contacts
insert into customers_v2_contacts (tenant, contact, identity_id, verified, uniq)
select tenant, contact, identity_id, verified, uniq
from unnest($1::customers_v2_contacts[])
on conflict (contact, tenant, identity_id, verified) do update set uniq = excluded.uniq

-- name: forget
delete from customers_v2_contacts c
using unnest($1::text[], $2::uuid[]) as k (tenant, identity_id)
where c.tenant = k.tenant and c.identity_id = k.identity_id

-- name: save_links
insert into customers_v2_links (tenant, identity_a, identity_b, active, reason, attribute, ruleset, actor, linked_at,
    linked_event_id, unlinked_at, unlinked_event_id, forbidden_event_id)
select tenant, identity_a, identity_b, active, reason, attribute, ruleset, actor, linked_at, linked_event_id, unlinked_at,
    unlinked_event_id, forbidden_event_id
from unnest($1::customers_v2_links[])
on conflict (identity_a, identity_b, tenant) do update set active = excluded.active, reason = excluded.reason,
    attribute = excluded.attribute, ruleset = excluded.ruleset, actor = excluded.actor,
    linked_at = excluded.linked_at, linked_event_id = excluded.linked_event_id, unlinked_at = excluded.unlinked_at,
    unlinked_event_id = excluded.unlinked_event_id, forbidden_event_id = excluded.forbidden_event_id

-- name: save_conflicts
insert into customers_v2_conflicts (tenant, identity_a, identity_b, reason, attribute, disputed, at, event_id)
select tenant, identity_a, identity_b, reason, attribute, disputed, at, event_id
from unnest($1::customers_v2_conflicts[])
on conflict (identity_a, identity_b, tenant, reason, attribute) do update set disputed = excluded.disputed,
    at = excluded.at, event_id = excluded.event_id

-- name: position
select position from projections where name = $1

-- name: holders
select c.contact, c.identity_id, c.verified, c.uniq, i.founded_at, i.customer_id
from unnest($2::bytea[]) as k (contact)
cross join lateral (
    select contact, identity_id, verified, uniq
    from customers_v2_contacts where contact = k.contact and tenant = $1
    order by verified desc, uniq desc
    limit $3
) as c
cross join lateral (
    select founded_at, customer_id
    from customers_v2_identities where identity_id = c.identity_id and tenant is not distinct from $1 limit 1
) as i
order by c.verified desc, c.uniq desc, i.founded_at, c.identity_id

-- name: founders
select founded_customer_id, identity_id, customer_id
from customers_v2_identities
where tenant = $1 and customer_id = any($2::uuid[]) and founded_customer_id = customer_id
union all
select founded_customer_id, identity_id, customer_id
from customers_v2_identities
where tenant = $1 and founded_customer_id = any($2::uuid[]) and founded_customer_id <> customer_id

-- name: customers_of
select i.identity_id, i.customer_id
from unnest(string_to_array($2, ',')::uuid[]) as k (identity_id)   -- an array costs the client five times as much
cross join lateral (
    select identity_id, customer_id
    from customers_v2_identities where identity_id = k.identity_id and tenant is not distinct from $1 limit 1
) as i

-- name: identities_of
select tenant, identity_id, founded_customer_id, founded_at, customer_id, channel, source, facts, asserted,
    erased_at
from customers_v2_identities
where tenant = $1 and customer_id = any($2::uuid[])
order by customer_id, founded_at, identity_id

-- name: links_of
select l.tenant, l.identity_a, l.identity_b, l.active, l.reason, l.attribute, l.ruleset, l.actor, l.linked_at, l.linked_event_id,
    l.unlinked_at, l.unlinked_event_id, l.forbidden_event_id
from unnest($2::uuid[]) as k (identity_id)
cross join lateral (
    (select tenant, identity_a, identity_b, active, reason, attribute, ruleset, actor, linked_at, linked_event_id,
        unlinked_at, unlinked_event_id, forbidden_event_id
        from customers_v2_links where identity_a = k.identity_id and tenant = $1 order by identity_b limit $3)
    union all
    (select tenant, identity_a, identity_b, active, reason, attribute, ruleset, actor, linked_at, linked_event_id,
        unlinked_at, unlinked_event_id, forbidden_event_id
        from customers_v2_links where identity_b = k.identity_id and tenant = $1 order by identity_a limit $3)
) as l
order by l.identity_a, l.identity_b

-- name: conflicts_of
select c.tenant, c.identity_a, c.identity_b, c.reason, c.attribute, c.disputed, c.at, c.event_id
from unnest($2::uuid[]) as k (identity_id)
cross join lateral (
    (select tenant, identity_a, identity_b, reason, attribute, disputed, at, event_id
        from customers_v2_conflicts where identity_a = k.identity_id and tenant = $1
        order by identity_b, reason, attribute limit $3)
    union all
    (select tenant, identity_a, identity_b, reason, attribute, disputed, at, event_id
        from customers_v2_conflicts where identity_b = k.identity_id and tenant = $1
        order by identity_a, reason, attribute limit $3)
) as c
order by c.identity_a, c.identity_b, c.reason, c.attribute

-- name: pairs_of
-- Every pair between which anything was ever said, one end of which is among these identities, in order.
select identity_a, identity_b from (
    select identity_a, identity_b from customers_v2_links
    where tenant = $1 and (identity_a = any($2::uuid[]) or identity_b = any($2::uuid[]))
    union
    select identity_a, identity_b from customers_v2_conflicts
    where tenant = $1 and (identity_a = any($2::uuid[]) or identity_b = any($2::uuid[]))
) as pairs
where (identity_a, identity_b) > ($3::uuid, $4::uuid)
order by identity_a, identity_b
limit $5

-- name: links_between
select l.tenant, l.identity_a, l.identity_b, l.active, l.reason, l.attribute, l.ruleset, l.actor, l.linked_at, l.linked_event_id,
    l.unlinked_at, l.unlinked_event_id, l.forbidden_event_id
from unnest($2::uuid[], $3::uuid[]) as k (identity_a, identity_b)
join customers_v2_links l using (identity_a, identity_b)
where l.tenant = $1
order by l.identity_a, l.identity_b

-- name: conflicts_between
select c.tenant, c.identity_a, c.identity_b, c.reason, c.attribute, c.disputed, c.at, c.event_id
from unnest($2::uuid[], $3::uuid[]) as k (identity_a, identity_b)
join customers_v2_conflicts c using (identity_a, identity_b)
where c.tenant = $1
order by c.identity_a, c.identity_b, c.reason, c.attribute

-- name: active_pairs
select identity_a, identity_b
from customers_v2_links
where tenant = $1 and active and identity_a = any($2::uuid[]) and identity_b = any($2::uuid[])
order by identity_a, identity_b

-- name: page
select customer_id, sum(octet_length(facts))::bigint as facts_bytes
from customers_v2_identities
where tenant = $1 and customer_id > $2
group by customer_id
