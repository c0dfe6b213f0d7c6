-- Tenants that are deleted: no key is ever made for one again, and only their keys may leave the table.
create table deleted_tenants (
    tenant text primary key,
    deleted_at timestamptz not null default now()
);
-- A portion of a deleted tenant's keys; (rows that went, those of them that still held a key).
create function forget_keys(gone text, most integer) returns table (forgotten bigint, destroyed bigint)
language sql security definer set search_path = vault, pg_temp
as $$
    with doomed as (
        select tenant, subject_id from vault.subject_keys
        where tenant = gone and exists (select from vault.deleted_tenants where deleted_tenants.tenant = gone)
        order by subject_id limit most for update skip locked
    ), went as (
        delete from vault.subject_keys kept using doomed
        where kept.tenant = doomed.tenant and kept.subject_id = doomed.subject_id
        returning kept.wrapped is not null as held
    )
    select count(*), count(*) filter (where held) from went
$$;
