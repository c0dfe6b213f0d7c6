-- name: schema
create table if not exists posts_v1 (
    tenant text not null,
    post_id uuid not null,
    revision integer not null,               -- 0: withdrawn before it came
    platform_revision integer not null,
    digests bytea not null,                  -- 16 bytes for each content seen, in order of arrival
    withdrawn_at bigint,                     -- microseconds since 1970, like all instants here
    withdrawal_reason smallint,
    channel text,
    source_id text,
    kind smallint,
    direction smallint,
    author_kind smallint,
    identity_id uuid,
    conversation_id uuid,
    in_reply_to uuid,
    links bytea,                             -- 16 bytes for each linked post
    language text,
    text_length integer,
    reach bigint,
    visibility smallint,
    published_at bigint,
    received_at bigint,
    reply_window_expires_at bigint,
    reply_quota_left integer,
    nonce bytea,
    ciphertext bytea,
    primary key (tenant, post_id)
);
create index if not exists posts_v1_published on posts_v1 (tenant, published_at, post_id);
create index if not exists posts_v1_received on posts_v1 (tenant, received_at, post_id);
create index if not exists posts_v1_conversation on posts_v1 (tenant, conversation_id, published_at)
    where conversation_id is not null;
create index if not exists posts_v1_identity on posts_v1 (tenant, identity_id, published_at);
create index if not exists posts_v1_source on posts_v1 (tenant, source_id, published_at);
create table if not exists deliveries_v1 (
    tenant text not null,
    delivery_id uuid not null,
    source_id text not null,
    reason text not null,
    payload_bytes integer not null,
    received_at bigint not null,
    lodged boolean not null,                 -- false once it was read after all
    primary key (tenant, delivery_id)
);
create index if not exists deliveries_v1_received on deliveries_v1 (tenant, received_at, delivery_id) where lodged

-- name: load_posts
select tenant, post_id, revision, platform_revision, digests, withdrawn_at, withdrawal_reason, channel, source_id, kind,
    direction, author_kind, identity_id, conversation_id, in_reply_to, links, language, text_length, reach, visibility,
    published_at, received_at, reply_window_expires_at, reply_quota_left, nonce, ciphertext
from posts_v1
join unnest($1::text[], $2::uuid[]) as wanted (wanted_tenant, wanted_id)
    on tenant = wanted_tenant and post_id = wanted_id

-- name: load_deliveries
select tenant, delivery_id, source_id, reason, payload_bytes, received_at, lodged
from deliveries_v1
join unnest($1::text[], $2::uuid[]) as wanted (wanted_tenant, wanted_id)
    on tenant = wanted_tenant and delivery_id = wanted_id

-- name: save_posts
insert into posts_v1 (tenant, post_id, revision, platform_revision, digests, withdrawn_at, withdrawal_reason, channel,
    source_id, kind, direction, author_kind, identity_id, conversation_id, in_reply_to, links, language, text_length,
    reach, visibility, published_at, received_at, reply_window_expires_at, reply_quota_left, nonce, ciphertext)
select * from unnest($1::posts_v1[])   -- one array of rows: 26 arrays of values cost the client twice as much
on conflict (tenant, post_id) do update set
    revision = excluded.revision,
    platform_revision = excluded.platform_revision,
    digests = excluded.digests,
    withdrawn_at = excluded.withdrawn_at,
    withdrawal_reason = excluded.withdrawal_reason,
    channel = excluded.channel,
    source_id = excluded.source_id,
    kind = excluded.kind,
    direction = excluded.direction,
    author_kind = excluded.author_kind,
    identity_id = excluded.identity_id,
    conversation_id = excluded.conversation_id,
    in_reply_to = excluded.in_reply_to,
    links = excluded.links,
    language = excluded.language,
    text_length = excluded.text_length,
    reach = excluded.reach,
    visibility = excluded.visibility,
    published_at = excluded.published_at,
    received_at = excluded.received_at,
    reply_window_expires_at = excluded.reply_window_expires_at,
    reply_quota_left = excluded.reply_quota_left,
    nonce = excluded.nonce,
    ciphertext = excluded.ciphertext

-- name: save_deliveries
insert into deliveries_v1 (tenant, delivery_id, source_id, reason, payload_bytes, received_at, lodged)
select * from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::bigint[], $7::boolean[])
on conflict (tenant, delivery_id) do update set
    source_id = excluded.source_id,
    reason = excluded.reason,
    payload_bytes = excluded.payload_bytes,
    received_at = excluded.received_at,
    lodged = excluded.lodged

-- name: delete_posts
delete from posts_v1 using unnest($1::text[], $2::uuid[]) as gone (gone_tenant, gone_id)
where tenant = gone_tenant and post_id = gone_id

-- name: delete_deliveries
delete from deliveries_v1 using unnest($1::text[], $2::uuid[]) as gone (gone_tenant, gone_id)
where tenant = gone_tenant and delivery_id = gone_id

-- name: probe
select p.position as view_position, known.post_id, known.revision, known.platform_revision,
    known.withdrawn_at is not null as withdrawn, known.digests, known.lodged
from projections p
left join lateral (
    select post_id, revision, platform_revision, withdrawn_at, digests, null::boolean as lodged
    from posts_v1 where tenant = $1 and post_id = any($2::uuid[])
    union all
    select delivery_id, 0, 0, null::bigint, null::bytea, lodged
    from deliveries_v1 where tenant = $1 and delivery_id = any($2::uuid[])
) as known on true
where p.name = 'posts_v1'

-- name: position
select position from projections where name = 'posts_v1'

-- name: get
select post_id, revision, withdrawn_at, channel, source_id, kind, direction, author_kind, identity_id, conversation_id,
    in_reply_to, links, language, text_length, reach, visibility, published_at, received_at, reply_window_expires_at,
    reply_quota_left, nonce, ciphertext
from posts_v1 where tenant = $1 and revision > 0

-- name: of_author
select post_id from posts_v1 where tenant = $1 and identity_id = $2 and withdrawn_at is null and revision > 0
