-- Every commit of the log as it stands there, and a rolling hash over all of them.

-- name: schema
create table if not exists archive_v1 (
    position bigint not null,
    subject text not null,
    data bytea storage external not null,
    digest bytea not null,
    primary key (position)
) partition by range (position)

-- name: partition
create table if not exists {name} partition of archive_v1 for values from ({first}) to ({beyond})

-- name: last_digest
select digest from archive_v1 where position = $1

-- name: last_two
select position, digest from archive_v1 order by position desc limit 2

-- name: between
select position, subject, data, digest
from archive_v1
where position between $1 and $2
order by position

-- name: at
select a.position, a.data
from unnest($1::bigint[]) as k (position)
join archive_v1 a using (position)

-- name: of_tenant
select position, subject, data
from (
    select position, subject, data, sum(octet_length(data)) over (order by position) - octet_length(data) as before
    from (
        select position, subject, data
        from archive_v1
        where position > $1 and position <= $2 and subject like any($3::text[])
        order by position
        limit 1000
    ) as next
) as weighed
where before < $4
order by position
