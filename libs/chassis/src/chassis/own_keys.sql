-- name: find
select subject_id, wrapped, kek_id
from vault.subject_keys
where tenant = $1 and subject_id = any($2::uuid[])
    -- What a lost key wraps is as if it were not there.
    and (wrapped is null or kek_id <> all (array(select kek_id from vault.key_encryption_keys where state = 'lost')))
union all
-- Of those in the caller's memory: erased since, or not there (kek_id null).
select held.subject_id, null, case when kept.wrapped is null then kept.kek_id end
from unnest($3::uuid[]) as held (subject_id)
left join vault.subject_keys kept on kept.tenant = $1 and kept.subject_id = held.subject_id
where kept.wrapped is null
    or kept.kek_id = any (array(select kek_id from vault.key_encryption_keys where state = 'lost'))

-- name: create
with wrapping as (
    select from vault.key_encryption_keys where kek_id = $4 and fingerprint = $6 and state = 'current'
), made as (
    insert into vault.subject_keys as kept (tenant, subject_id, wrapped, kek_id, own)
    select $1, new.subject_id, new.wrapped, $4, $7
    from unnest($2::uuid[], $3::bytea[]) as new (subject_id, wrapped)
    where exists (select from wrapping) and not exists (select from vault.deleted_tenants gone where gone.tenant = $1)
        and not ($8 and exists (select from vault.derivation))
    on conflict (tenant, subject_id) do update
    set wrapped = excluded.wrapped, kek_id = excluded.kek_id, created_at = now()
    where kept.wrapped is not null
        and kept.kek_id = any (array(select kek_id from vault.key_encryption_keys where state = 'lost'))
    returning subject_id
)
select subject_id, true as created, null as kek_id, false as superseded, false as tenant_deleted from made
union all
-- Of those in the caller's memory: erased since, or not there (kek_id null).
select held.subject_id, false, case when kept.wrapped is null then kept.kek_id end, false, false
from unnest($5::uuid[]) as held (subject_id)
left join vault.subject_keys kept on kept.tenant = $1 and kept.subject_id = held.subject_id
where kept.wrapped is null
    or kept.kek_id = any (array(select kek_id from vault.key_encryption_keys where state = 'lost'))
union all
select null, false, null, true, false where not exists (select from wrapping)
union all
select null, false, null, false, true from vault.deleted_tenants where tenant = $1

-- name: destroy
insert into vault.subject_keys as kept (tenant, subject_id, wrapped, kek_id, destroyed_at, own)
select $1, gone.subject_id, null, '', now(), $3
from unnest($2::uuid[]) as gone (subject_id)
where not exists (select from vault.deleted_tenants deleted where deleted.tenant = $1)
on conflict (tenant, subject_id) do update set wrapped = null, destroyed_at = now()
where kept.wrapped is not null
returning subject_id

-- name: destroyed
select subject_id from vault.subject_keys where tenant = $1 and subject_id = any($2::uuid[]) and wrapped is null
