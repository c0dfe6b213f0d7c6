-- name: schema
create table if not exists quarantined (
    tenant text not null,
    delivery_id uuid not null,
    detail text not null,
    content_type text not null,
    headers bytea not null,                  -- a serialised Delivery that has only its headers
    normalized boolean not null,
    payload bytea not null,                  -- personal: kept until it is read, and never longer than its retention
    expires_at bigint not null,              -- microseconds since 1970
    primary key (tenant, delivery_id)
);
create index if not exists quarantined_expires on quarantined (expires_at)

-- name: keep
insert into quarantined (tenant, delivery_id, detail, content_type, headers, normalized, payload, expires_at)
select $1, * from unnest($2::uuid[], $3::text[], $4::text[], $5::bytea[], $6::boolean[], $7::bytea[], $8::bigint[])
on conflict (tenant, delivery_id) do update set detail = excluded.detail, expires_at = excluded.expires_at

-- name: get
select q.detail, q.content_type, q.headers, q.normalized, q.payload, d.source_id, d.received_at
from quarantined q join deliveries_v1 d using (tenant, delivery_id)
where q.tenant = $1 and q.delivery_id = $2 and d.lodged and q.expires_at > $3

-- name: release
delete from quarantined where tenant = $1 and delivery_id = $2

-- name: expire
delete from quarantined where expires_at <= $1

-- name: select
select d.delivery_id, d.source_id, d.reason, coalesce(q.detail, '') as detail,
    coalesce(q.content_type, '') as content_type, d.payload_bytes, d.received_at,
    coalesce(q.payload, ''::bytea) as payload
from deliveries_v1 d left join quarantined q using (tenant, delivery_id)
where d.tenant = $1 and d.lodged
    and ($2::text is null or d.source_id = $2)
    and ($3::text is null or d.reason = $3)
    and ($4::bigint is null or (d.received_at, d.delivery_id) < ($4, $5::uuid))
order by d.received_at desc, d.delivery_id desc limit $6
