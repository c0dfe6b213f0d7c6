-- What is new goes in by COPY, what changes by `save_posts`. Each index costs a post about a tenth of what its row costs,
-- so each says which call it is for.
--
-- Many rows by id are looked up one by one (the limits forbid any other join), and their tenant is compared in a way that
-- no index knows: a plan made while the table was empty, when one row and all rows of a tenant seem to be as many, is
-- kept while it grows.

-- name: schema
create table if not exists posts_v3 (
    tenant text collate "C" not null,
    post_id uuid not null,
    revision integer not null,               -- 0: withdrawn before it came, or no post but another one's version
    platform_revision integer not null,
    digests bytea not null,                  -- 16 bytes for each content seen, in order of arrival
    withdrawn_at bigint,                     -- microseconds since 1970, like all instants here
    withdrawal_reason smallint,
    channel text collate "C",
    source_id text collate "C",
    kind smallint,
    direction smallint,
    author_kind smallint,
    identity_id uuid,
    conversation_id uuid,
    in_reply_to uuid,
    links bytea,                             -- 16 bytes for each linked post
    language text collate "C",
    text_length integer,
    reach bigint,
    visibility smallint,
    published_at bigint,
    received_at bigint,
    reply_window_expires_at bigint,
    reply_quota_left integer,
    nonce bytea,                             -- null, like the ciphertext, once it was withdrawn
    ciphertext bytea,
    names_nonce bytea,
    names_ciphertext bytea,
    desk text collate "C",                   -- that was brought it first
    is_addressed boolean,                    -- whether that speaks to it
    -- Once there is more to say than that desk, this source and whether it speaks to it; null until then, since three
    -- arrays cost a client more than all other columns.
    desks text[] collate "C",                -- that were brought it, the first one first
    desk_sources text[] collate "C",         -- through which each of them was brought it first
    addressed_desks text[] collate "C",
    repost_of uuid,
    is_bare_repost boolean,
    cut_length integer not null,             -- length of a text the platform cut, 0: it is whole
    alias_of uuid,                           -- the post of which this id names a version
    has_location boolean not null,           -- false: it has none, or it was taken back
    extent integer not null,                 -- how much of its version is there, 0: its platform does not number edits
    primary key (post_id, tenant)            -- GetPost, WatchPosts, and what a shard asks before it decides
);
-- ListPosts in its own order, and in order of arrival; posts of one instant are sorted by id as they are read.
create index if not exists posts_v3_published on posts_v3 (tenant, published_at);
create index if not exists posts_v3_received on posts_v3 (tenant, received_at);
-- ListPosts of one conversation.
create index if not exists posts_v3_conversation on posts_v3 (tenant, conversation_id, published_at)
    where conversation_id is not null;
-- ListPosts of one author, and all posts of an author who is erased.
create index if not exists posts_v3_identity on posts_v3 (tenant, identity_id, published_at);
-- ListPosts of one source, of which a tenant may have a rare one among busy ones.
create index if not exists posts_v3_source on posts_v3 (tenant, source_id, published_at);
create table if not exists deliveries_v3 (
    tenant text collate "C" not null,
    delivery_id uuid not null,
    source_id text collate "C" not null,
    reason text collate "C" not null,
    payload_bytes integer not null,
    received_at bigint not null,
    lodged boolean not null,                 -- false once it was read after all
    primary key (delivery_id, tenant)
);
create table if not exists gone_authors_v3 (
    tenant text collate "C" not null,
    identity_id uuid not null,
    gone_at bigint not null,                 -- what they published until then is not received any more
    unplaced_until bigint not null,          -- where it was written is not shown
    primary key (identity_id, tenant)
);
-- ListQuarantined.
create index if not exists deliveries_v3_received on deliveries_v3 (tenant, received_at, delivery_id) where lodged

-- name: load_posts
select found.*
from unnest($1::text[], $2::uuid[]) as wanted (tenant, post_id)
cross join lateral (
    select tenant, post_id, revision, platform_revision, digests, withdrawn_at, withdrawal_reason, channel, source_id,
        kind, direction, author_kind, identity_id, conversation_id, in_reply_to, links, language, text_length, reach,
        visibility, published_at, received_at, reply_window_expires_at, reply_quota_left, nonce, ciphertext,
        names_nonce, names_ciphertext, desk, is_addressed, desks, desk_sources, addressed_desks, repost_of, is_bare_repost,
        cut_length, alias_of, has_location, extent
    from posts_v3 p where p.post_id = wanted.post_id and p.tenant is not distinct from wanted.tenant limit 1
) as found

-- name: load_deliveries
select tenant, delivery_id, source_id, reason, payload_bytes, received_at, lodged
from deliveries_v3
join unnest($1::text[], $2::uuid[]) as wanted (wanted_tenant, wanted_id)
    on tenant = wanted_tenant and delivery_id = wanted_id

-- name: load_authors
select tenant, identity_id, gone_at, unplaced_until
from gone_authors_v3
join unnest($1::text[], $2::uuid[]) as wanted (wanted_tenant, wanted_id)
    on tenant = wanted_tenant and identity_id = wanted_id

-- name: save_authors
insert into gone_authors_v3 (tenant, identity_id, gone_at, unplaced_until)
select * from unnest($1::text[], $2::uuid[], $3::bigint[], $4::bigint[])
on conflict (identity_id, tenant) do update set
    gone_at = excluded.gone_at,
    unplaced_until = excluded.unplaced_until

-- name: delete_authors
delete from gone_authors_v3 using unnest($1::text[], $2::uuid[]) as gone (gone_tenant, gone_id)
where tenant = gone_tenant and identity_id = gone_id

-- name: save_posts
insert into posts_v3 (tenant, post_id, revision, platform_revision, digests, withdrawn_at, withdrawal_reason, channel,
    source_id, kind, direction, author_kind, identity_id, conversation_id, in_reply_to, links, language, text_length,
    reach, visibility, published_at, received_at, reply_window_expires_at, reply_quota_left, nonce, ciphertext,
    names_nonce, names_ciphertext, desk, is_addressed, desks, desk_sources, addressed_desks, repost_of, is_bare_repost,
    cut_length, alias_of, has_location, extent)
select * from unnest($1::posts_v3[])   -- one array of rows: 39 arrays of values cost the client twice as much
on conflict (post_id, tenant) do update set
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
    ciphertext = excluded.ciphertext,
    names_nonce = excluded.names_nonce,
    names_ciphertext = excluded.names_ciphertext,
    desk = excluded.desk,
    is_addressed = excluded.is_addressed,
    desks = excluded.desks,
    desk_sources = excluded.desk_sources,
    addressed_desks = excluded.addressed_desks,
    repost_of = excluded.repost_of,
    is_bare_repost = excluded.is_bare_repost,
    cut_length = excluded.cut_length,
    alias_of = excluded.alias_of,
    has_location = excluded.has_location,
    extent = excluded.extent

-- name: save_deliveries
insert into deliveries_v3 (tenant, delivery_id, source_id, reason, payload_bytes, received_at, lodged)
select * from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::bigint[], $7::boolean[])
on conflict (delivery_id, tenant) do update set
    source_id = excluded.source_id,
    reason = excluded.reason,
    payload_bytes = excluded.payload_bytes,
    received_at = excluded.received_at,
    lodged = excluded.lodged

-- name: delete_posts
delete from posts_v3 using unnest($1::text[], $2::uuid[]) as gone (gone_tenant, gone_id)
where tenant = gone_tenant and post_id = gone_id

-- name: delete_deliveries
delete from deliveries_v3 using unnest($1::text[], $2::uuid[]) as gone (gone_tenant, gone_id)
where tenant = gone_tenant and delivery_id = gone_id

-- name: probe
select p.position as view_position, known.*
from projections p
left join (
    select found.* from unnest(string_to_array($2, ',')::uuid[]) as wanted (id)   -- an array costs the client five times as much
    cross join lateral (
        select post_id as key, revision, platform_revision,
            withdrawn_at is not null and withdrawal_reason <> 4 as withdrawn,   -- 4: superseded, see PostAliased
            digests, identity_id, direction, desk, is_addressed, desks, addressed_desks, cut_length, alias_of,
            has_location, extent, case when revision = 0 then published_at end as of_post_from, null::boolean as lodged,
            null::bigint as gone_at, null::bigint as unplaced_until
        from posts_v3 where post_id = wanted.id and tenant is not distinct from $1 limit 1
    ) as found
    union all
    select found.* from unnest(string_to_array($3, ',')::uuid[]) as wanted (id)
    cross join lateral (
        select delivery_id, 0, 0, false, null::bytea, null::uuid, null::smallint, null::text, null::boolean, null::text[],
            null::text[], 0,
            null::uuid, false, 0, null::bigint, lodged, null::bigint, null::bigint
        from deliveries_v3 where delivery_id = wanted.id and tenant is not distinct from $1 limit 1
    ) as found
    union all
    select found.* from unnest(string_to_array($4, ',')::uuid[]) as wanted (id)
    cross join lateral (
        select identity_id, 0, 0, false, null::bytea, null::uuid, null::smallint, null::text, null::boolean, null::text[],
            null::text[], 0,
            null::uuid, false, 0, null::bigint, null::boolean, gone_at, unplaced_until
        from gone_authors_v3 where identity_id = wanted.id and tenant is not distinct from $1 limit 1
    ) as found
) as known on true
where p.name = $5

-- name: position
select position from projections where name = $1

-- name: get
select post_id, revision, withdrawn_at, channel, source_id, kind, direction, author_kind, identity_id, conversation_id,
    in_reply_to, links, language, text_length, reach, visibility, published_at, received_at, reply_window_expires_at,
    reply_quota_left, nonce, ciphertext, names_nonce, names_ciphertext,
    coalesce(desks, array[desk]) as desks, repost_of, is_bare_repost, cut_length > 0 as is_cut, has_location, exists (   -- what a repost without own words says is the original's, and goes with it
        select from posts_v3 v join posts_v3 o on o.tenant = v.tenant and o.post_id = coalesce(v.alias_of, v.post_id)
        where v.tenant = posts_v3.tenant and v.post_id = posts_v3.repost_of and posts_v3.is_bare_repost
            and o.withdrawn_at is not null and o.withdrawal_reason <> 4
    ) as is_emptied
from posts_v3 where tenant = $1 and revision > 0

-- name: by_id
select found.*
from unnest($2::uuid[]) as wanted (id)
cross join lateral (
    select post_id, revision, withdrawn_at, channel, source_id, kind, direction, author_kind, identity_id,
        conversation_id, in_reply_to, links, language, text_length, reach, visibility, published_at, received_at,
        reply_window_expires_at, reply_quota_left, nonce, ciphertext, names_nonce, names_ciphertext,
        coalesce(desks, array[desk]) as desks, repost_of, is_bare_repost, cut_length > 0 as is_cut, has_location, exists (   -- what a repost without own words says is the original's, and goes with it
            select from posts_v3 v join posts_v3 o on o.tenant = v.tenant and o.post_id = coalesce(v.alias_of, v.post_id)
            where v.tenant = posts_v3.tenant and v.post_id = posts_v3.repost_of and posts_v3.is_bare_repost
                and o.withdrawn_at is not null and o.withdrawal_reason <> 4
        ) as is_emptied
    from posts_v3 where post_id = wanted.id and tenant is not distinct from $1 and revision > 0 limit 1
) as found

-- name: meant
select alias_of from posts_v3 where post_id = $2 and tenant is not distinct from $1 limit 1

-- name: of_author
select post_id from posts_v3
where tenant = $1 and identity_id = $2 and published_at <= $3 and withdrawn_at is null and revision > 0
