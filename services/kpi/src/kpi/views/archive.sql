-- Every commit of the log as it stands there, and a rolling hash over all of them.
-- The first half page of a commit stands beside its digest, the rest half a page a row: PostgreSQL's own way with large
-- values, 2 kB a row with an index entry each, costs twice as much. Nothing in these rows is moved out of them.

-- name: schema
create table if not exists archive_v2 (
    position bigint not null,
    bytes integer not null,                        -- of the whole commit
    subject text storage plain not null,
    data bytea storage plain not null,
    digest bytea storage plain not null,
    primary key (position)
) partition by range (position);
create table if not exists archive_v2_rest (
    position bigint not null,
    part integer not null,                         -- 1, 2, 3 and so on
    tenant text storage plain not null,            -- whose commit it is, '' for nobody's
    data bytea storage plain not null,
    primary key (position, part)
) partition by range (position)

-- name: partition
create table if not exists {table}_p{number} partition of {table} for values from ({first}) to ({beyond})

-- name: begin
-- What a round goes on from: whether the partition of its last commit is there, and the digest before its first.
select to_regclass($1) is not null, (select digest from archive_v2 where position = $2)

-- name: last_two
select position, digest from archive_v2 order by position desc limit 2

-- name: between
select a.position, a.subject, a.data || coalesce(r.data, '') as data, a.digest
from archive_v2 a
left join lateral (
    select string_agg(data, '' order by part) as data from archive_v2_rest where position = a.position
) as r on true
where a.position between $1 and $2
order by a.position

-- name: at
select a.position, a.subject, a.data || coalesce(r.data, '') as data
from unnest($1::bigint[]) as k (position)
join archive_v2 a using (position)
left join lateral (
    select string_agg(data, '' order by part) as data from archive_v2_rest where position = a.position
) as r on true

-- name: of_tenant
select weighed.position, weighed.subject, weighed.data || coalesce(r.data, '') as data
from (
    select position, subject, data, sum(bytes) over (order by position) - bytes as before
    from (
        select position, subject, data, bytes
        from archive_v2
        where position > $1 and position <= $2 and subject like any($3::text[])
        order by position
        limit 1000
    ) as next
) as weighed
left join lateral (
    select string_agg(data, '' order by part) as data from archive_v2_rest where position = weighed.position
) as r on true
where weighed.before < $4
order by weighed.position
