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
create table if not exists quarantined_posts (   -- which posts a delivery holds, as far as they could be read
    tenant text not null,
    delivery_id uuid not null,
    post_id uuid not null,
    primary key (tenant, delivery_id, post_id),
    foreign key (tenant, delivery_id) references quarantined_deliveries on delete cascade
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

-- name: keep_posts
insert into quarantined_posts (tenant, delivery_id, post_id)
select $1, kept.delivery_id, kept.post_id
from unnest($2::uuid[], $3::uuid[]) as kept (delivery_id, post_id)
join quarantined_deliveries q on q.tenant = $1 and q.delivery_id = kept.delivery_id
on conflict do nothing

-- name: get
select delivery_id, source_id, subject_id, nonce, ciphertext
from quarantined_deliveries q
where tenant = $1 and delivery_id = any($2::uuid[]) and expires_at > $3
    and not exists (
        select from quarantined_posts h
        join posts_v3 v on v.post_id = h.post_id and v.tenant = h.tenant   -- a version's id means its post
        join posts_v3 p on p.post_id = coalesce(v.alias_of, v.post_id) and p.tenant = h.tenant
        where h.tenant = q.tenant and h.delivery_id = q.delivery_id and p.withdrawn_at is not null
    )

-- name: lodged
select delivery_id from quarantined_deliveries where tenant = $1 and delivery_id = any($2::uuid[])

-- name: subjects
select subject_id from quarantined_deliveries where tenant = $1 and delivery_id = any($2::uuid[])

-- name: release
delete from quarantined_deliveries where tenant = $1 and delivery_id = any($2::uuid[])

-- name: shorten
update quarantined_deliveries set expires_at = least(expires_at, $3) where tenant = $1 and source_id = $2

-- name: expired
(select tenant, delivery_id, subject_id from quarantined_deliveries where expires_at <= $1 order by expires_at limit $2)
union
(
    select q.tenant, q.delivery_id, q.subject_id
    from quarantined_posts h
    join posts_v3 v on v.post_id = h.post_id and v.tenant = h.tenant
    join posts_v3 p on p.post_id = coalesce(v.alias_of, v.post_id) and p.tenant = h.tenant and p.withdrawn_at is not null
    join quarantined_deliveries q on q.tenant = h.tenant and q.delivery_id = h.delivery_id
    limit $2
)

-- name: select
select d.delivery_id, d.source_id, d.reason, coalesce(q.detail, '') as detail,
    coalesce(q.content_type, '') as content_type, d.payload_bytes, d.received_at
from deliveries_v3 d left join quarantined_deliveries q using (tenant, delivery_id)
where d.tenant = $1 and d.lodged
    and ($2::bigint is null or (d.received_at, d.delivery_id) < ($2, $3::uuid))
