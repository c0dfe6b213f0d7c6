-- What the keys of a tenant's people are derived from. A tenant has one tree at a time, and another one after the key that
-- wrapped its root was lost.
create table trees (
    tenant text not null,
    generation integer not null,
    -- Another one: whatever a process holds of the tenant is worth nothing any more.
    epoch bigint not null,
    -- Grows with every erasure by a random step, so that a database that went back never comes to the same number again.
    version bigint not null,
    -- Whether people of the tenant may have keys of their own in subject_keys, which the tree does not know of.
    has_rows boolean not null,
    lost boolean not null default false,
    created_at timestamptz not null default now(),
    primary key (tenant, generation)
);
create unique index one_living_tree on trees (tenant) where not lost;
-- The children of one secret of a tree, those taken out blank. `prefix` are the steps that lead to it from the root.
create table branches (
    tenant text not null,
    generation integer not null,
    prefix bytea not null,
    wrapped bytea not null,
    kek_id text not null,
    primary key (tenant, generation, prefix)
);
alter table branches alter column wrapped set storage plain;
-- `own`: of something that was given a key of its own on purpose; whoever asks for it knows. `version`: what the tree's
-- became by this erasure.
alter table subject_keys add column own boolean not null default false, add column version bigint;
create index erased_since on subject_keys (tenant, version) where version is not null;
alter table key_encryption_keys add column lost_trees bigint;
-- One row from when on keys are derived.
create table derivation (began_at timestamptz not null default now());
create unique index derivation_begins_once on derivation ((true));
-- A portion of a deleted tenant's branches, and its trees; (rows that went, branches among them).
create function fell_trees(gone text, most integer) returns table (forgotten bigint, destroyed bigint)
language sql security definer set search_path = vault, pg_temp
as $$
    with dead as (
        select generation, prefix from vault.branches
        where tenant = gone and exists (select from vault.deleted_tenants where deleted_tenants.tenant = gone)
        order by generation, prefix limit most for update skip locked
    ), fell as (
        delete from vault.branches kept using dead
        where kept.tenant = gone and kept.generation = dead.generation and kept.prefix = dead.prefix
        returning true
    ), cleared as (
        delete from vault.trees
        where tenant = gone and exists (select from vault.deleted_tenants where deleted_tenants.tenant = gone)
        returning true
    )
    select (select count(*) from fell) + (select count(*) from cleared), (select count(*) from fell)
$$;
