-- name: look
select exists (select from vault.deleted_tenants gone where gone.tenant = asked.tenant) as is_deleted,
    exists (select from vault.derivation) as derives,
    tree.generation, tree.epoch, tree.version, tree.has_rows
from (select $1::text as tenant) as asked
left join vault.trees tree on tree.tenant = asked.tenant and not tree.lost

-- name: load
-- The tree, branches of it, and who was taken out of it since a version: of one moment.
select epoch, version, has_rows, null::bytea as prefix, null::bytea as wrapped, null::text as kek_id, null::uuid as subject_id
from vault.trees
where tenant = $1 and generation = $2 and not lost
union all
select null, null, null, prefix, wrapped, kek_id, null
from vault.branches
where tenant = $1 and generation = $2 and prefix = any($3::bytea[])
    -- What a lost key wraps is as if it were not there.
    and kek_id <> all (array(select kek_id from vault.key_encryption_keys where state = 'lost'))
union all
select null, version, null, null, null, null, subject_id
from vault.subject_keys
where tenant = $1 and version >= $4

-- name: guard
-- Whoever makes or replaces what a key wraps waits here for those who need the table for themselves, and they for him.
lock table vault.subject_keys in row exclusive mode

-- name: unplanted
-- Nobody plants a tree until this transaction ends; who waits to sees what it wrote.
lock table vault.trees in share row exclusive mode

-- name: next
select coalesce(max(generation), 0) + 1 from vault.trees where tenant = $1

-- name: plant
with wrapping as (
    select from vault.key_encryption_keys where kek_id = $4 and fingerprint = $5 and state = 'current'
), planted as (
    insert into vault.trees (tenant, generation, epoch, version, has_rows)
    select $1, $2, $6, $7 + coalesce((select max(version) from vault.trees where tenant = $1), 0),
        exists (select from vault.subject_keys where tenant = $1 and not own)
    where exists (select from wrapping) and exists (select from vault.derivation)
        and not exists (select from vault.deleted_tenants gone where gone.tenant = $1)
    on conflict do nothing
    returning tenant, generation
), rooted as (
    insert into vault.branches (tenant, generation, prefix, wrapped, kek_id)
    select tenant, generation, '', $3, $4 from planted
)
select exists (select from wrapping)

-- name: hold
select generation, version from vault.trees where tenant = $1 and not lost for update

-- name: entomb
insert into vault.subject_keys as kept (tenant, subject_id, wrapped, kek_id, destroyed_at, version)
select $1, gone.subject_id, null, '', now(), $3
from unnest($2::uuid[]) as gone (subject_id)
where not exists (select from vault.deleted_tenants deleted where deleted.tenant = $1)
on conflict (tenant, subject_id) do update set wrapped = null, destroyed_at = now(), version = excluded.version
where kept.wrapped is not null
returning subject_id

-- name: reach
select prefix, wrapped, kek_id
from vault.branches
where tenant = $1 and generation = $2 and prefix = any($3::bytea[])
    and kek_id <> all (array(select kek_id from vault.key_encryption_keys where state = 'lost'))
order by prefix
for update

-- name: cut
with wrapping as (
    select from vault.key_encryption_keys where kek_id = $5 and fingerprint = $6 and state = 'current'
), changed as (
    insert into vault.branches as kept (tenant, generation, prefix, wrapped, kek_id)
    select $1, $2, new.prefix, new.wrapped, $5
    from unnest($3::bytea[], $4::bytea[]) as new (prefix, wrapped)
    on conflict (tenant, generation, prefix) do update set wrapped = excluded.wrapped, kek_id = excluded.kek_id
)
select exists (select from wrapping)

-- name: age
update vault.trees set version = $3 where tenant = $1 and generation = $2
