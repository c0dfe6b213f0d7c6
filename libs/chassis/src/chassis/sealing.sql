-- name: find
select subject_id, wrapped, kek_id
from vault.subject_keys
where tenant = $1 and subject_id = any($2::uuid[])
union all
select held.subject_id, null, kept.kek_id     -- of those in the caller's memory: erased since, or not there (kek_id null)
from unnest($3::uuid[]) as held (subject_id)
left join vault.subject_keys kept on kept.tenant = $1 and kept.subject_id = held.subject_id
where kept.wrapped is null

-- name: create
with made as (
    insert into vault.subject_keys (tenant, subject_id, wrapped, kek_id)
    select $1, new.subject_id, new.wrapped, $4
    from unnest($2::uuid[], $3::bytea[]) as new (subject_id, wrapped)
    on conflict (tenant, subject_id) do nothing
    returning subject_id
)
select subject_id, true as created, null as kek_id from made
union all
select held.subject_id, false, kept.kek_id    -- of those in the caller's memory: erased since, or not there (kek_id null)
from unnest($5::uuid[]) as held (subject_id)
left join vault.subject_keys kept on kept.tenant = $1 and kept.subject_id = held.subject_id
where kept.wrapped is null

-- name: destroy
insert into vault.subject_keys as kept (tenant, subject_id, wrapped, kek_id, destroyed_at)
select $1, gone.subject_id, null, $3, now()
from unnest($2::uuid[]) as gone (subject_id)
on conflict (tenant, subject_id) do update set wrapped = null, destroyed_at = now()
where kept.wrapped is not null
returning subject_id

-- name: destroyed
select subject_id from vault.subject_keys where tenant = $1 and subject_id = any($2::uuid[]) and wrapped is null

-- name: wrapped_by_others
select tenant, subject_id, wrapped, kek_id
from vault.subject_keys
where (tenant, subject_id) > ($1, $2) and kek_id <> $3 and wrapped is not null
order by tenant, subject_id
limit $4
for update

-- name: rewrap
update vault.subject_keys as kept
set wrapped = new.wrapped, kek_id = $4
from unnest($1::text[], $2::uuid[], $3::bytea[]) as new (tenant, subject_id, wrapped)
where kept.tenant = new.tenant and kept.subject_id = new.subject_id and kept.wrapped is not null
