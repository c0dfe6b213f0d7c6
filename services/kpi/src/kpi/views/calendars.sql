-- name: schema
create table if not exists calendars_v1 (
    tenant text collate "C" not null,
    calendar_id text collate "C" not null,
    version integer not null,
    fact bytea not null,
    primary key (tenant, calendar_id, version)
)

-- name: save
insert into calendars_v1 (tenant, calendar_id, version, fact)
select * from unnest($1::text[], $2::text[], $3::integer[], $4::bytea[])
on conflict (tenant, calendar_id, version) do update set fact = excluded.fact

-- name: latest
select fact from calendars_v1 where tenant = $1 and calendar_id = $2 order by version desc limit 1

-- name: version
select fact from calendars_v1 where tenant = $1 and calendar_id = $2 and version = $3

-- name: page
select distinct on (calendar_id) fact from calendars_v1
where tenant = $1 and calendar_id > $2
order by calendar_id, version desc
limit $3
