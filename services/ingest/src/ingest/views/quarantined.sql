-- name: schema
create table if not exists quarantined_deliveries (
    tenant text not null,
    delivery_id uuid not null,
    source_id text not null,
    subject_id uuid not null,                -- whose key the delivery is sealed under: its own, of this stay
    detail text not null,
    content_type text not null,
    nonce bytea not null,
    ciphertext bytea not null,               -- a serialised Delivery
    expires_at bigint not null,              -- microseconds since 1970
    primary key (tenant, delivery_id)
);
create index if not exists quarantined_deliveries_expires on quarantined_deliveries (expires_at);
-- Its rows were not sealed, and must not outlive the code that wrote them.
drop table if exists quarantined

-- name: refresh
update quarantined_deliveries q set detail = again.detail, expires_at = $4
from unnest($2::uuid[], $3::text[]) as again (delivery_id, detail)
where q.tenant = $1 and q.delivery_id = again.delivery_id
returning q.delivery_id

-- name: keep
insert into quarantined_deliveries (tenant, expires_at, delivery_id, source_id, subject_id, detail, content_type, nonce,
    ciphertext)
select $1, $2, * from unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::bytea[], $9::bytea[])
on conflict (tenant, delivery_id) do nothing

-- name: get
select delivery_id, source_id, subject_id, nonce, ciphertext
from quarantined_deliveries
where tenant = $1 and delivery_id = any($2::uuid[]) and expires_at > $3

-- name: release
delete from quarantined_deliveries where tenant = $1 and delivery_id = any($2::uuid[])

-- name: shorten
update quarantined_deliveries set expires_at = least(expires_at, $3) where tenant = $1 and source_id = $2

-- name: expired
select tenant, delivery_id, subject_id from quarantined_deliveries where expires_at <= $1 order by expires_at limit $2

-- name: select
select d.delivery_id, d.source_id, d.reason, coalesce(q.detail, '') as detail,
    coalesce(q.content_type, '') as content_type, d.payload_bytes, d.received_at
from deliveries_v2 d left join quarantined_deliveries q using (tenant, delivery_id)
where d.tenant = $1 and d.lodged
    and ($2::text is null or d.source_id = $2)
    and ($3::text is null or d.reason = $3)
    and ($4::bigint is null or (d.received_at, d.delivery_id) < ($4, $5::uuid))
order by d.received_at desc, d.delivery_id desc limit $6
