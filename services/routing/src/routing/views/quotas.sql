-- name: schema
create table if not exists reply_quotas_v1 (
    tenant text collate "C" not null,
    post_id text collate "C" not null,
    replies_left integer not null,
    received_at bigint not null,
    primary key (post_id, tenant)
)

-- name: save
insert into reply_quotas_v1 (tenant, post_id, replies_left, received_at)
select * from unnest($1::text[], $2::text[], $3::integer[], $4::bigint[])
on conflict (post_id, tenant) do update set replies_left = excluded.replies_left, received_at = excluded.received_at

-- name: get
select replies_left, received_at from reply_quotas_v1 where post_id = $2 and tenant is not distinct from $1
