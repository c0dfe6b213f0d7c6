-- name: lock
lock table vault.key_encryption_keys in share row exclusive mode

-- name: known
select kek_id, use, fingerprint, state, first_seen_at, changed_at, lost_subject_keys, coalesce(lost_trees, 0) as lost_trees
from vault.key_encryption_keys
order by first_seen_at, use desc, kek_id

-- name: counts
select kek_id, sum(subject_keys)::bigint as subject_keys, sum(trees)::bigint as trees
from (
    select kek_id, count(*) as subject_keys, 0 as trees from vault.subject_keys where wrapped is not null group by kek_id
    union all
    select root.kek_id, 0, count(*)
    from vault.trees tree
    join vault.branches root using (tenant, generation)
    where not tree.lost and root.prefix = ''
    group by root.kek_id
) as wrapped
group by kek_id

-- name: register
insert into vault.key_encryption_keys (kek_id, use, fingerprint, state) values ($1, $2, $3, $4)

-- name: turn
update vault.key_encryption_keys set state = $2, changed_at = now() where kek_id = $1

-- name: lose
with fallen as (
    update vault.trees tree set lost = true
    from vault.branches root
    where not tree.lost and root.tenant = tree.tenant and root.generation = tree.generation and root.prefix = ''
        and root.kek_id = $1
    returning true
)
update vault.key_encryption_keys kept
set state = 'lost', changed_at = now(), lost_trees = (select count(*) from fallen),
    lost_subject_keys = (select count(*) from vault.subject_keys where kek_id = kept.kek_id and wrapped is not null)
where kek_id = $1
returning lost_subject_keys, lost_trees

-- name: shake
-- What processes hold of the trees that are left may be derived from a branch that was given up.
update vault.trees set epoch = $1 where not lost

-- name: barrier
-- Whoever wraps something and began before is done when this is granted; who begins later sees the new current key.
lock table vault.subject_keys in share row exclusive mode

-- name: wrapped_by_others
select tenant, subject_id, wrapped, kek_id
from vault.subject_keys
where (tenant, subject_id) > ($1, $2) and kek_id <> $3 and wrapped is not null
    and kek_id <> all (array(select kek_id from vault.key_encryption_keys where state = 'lost'))
order by tenant, subject_id
limit $4
for update

-- name: rewrap
update vault.subject_keys as kept
set wrapped = new.wrapped, kek_id = $4
from unnest($1::text[], $2::uuid[], $3::bytea[]) as new (tenant, subject_id, wrapped)
where kept.tenant = new.tenant and kept.subject_id = new.subject_id and kept.wrapped is not null

-- name: branches_wrapped_by_others
select tenant, generation, prefix, wrapped, kek_id
from vault.branches
where (tenant, generation, prefix) > ($1, $2, $3) and kek_id <> $4
    and kek_id <> all (array(select kek_id from vault.key_encryption_keys where state = 'lost'))
order by tenant, generation, prefix
limit $5
for update

-- name: rewrap_branches
update vault.branches as kept
set wrapped = new.wrapped, kek_id = $5
from unnest($1::text[], $2::integer[], $3::bytea[], $4::bytea[]) as new (tenant, generation, prefix, wrapped)
where kept.tenant = new.tenant and kept.generation = new.generation and kept.prefix = new.prefix

-- name: retire
update vault.key_encryption_keys as old set state = 'retired', changed_at = now()
where state = 'superseded' and use = 'wrap'
    and not exists (select from vault.subject_keys kept where kept.kek_id = old.kek_id and kept.wrapped is not null)
    and not exists (select from vault.branches kept where kept.kek_id = old.kek_id)
returning kek_id
