-- name: schema
create table if not exists source_channels_v1 (
    tenant text not null,
    source_id text not null,
    channel text not null,
    primary key (tenant, source_id)
)

-- name: load
select tenant, source_id, channel
from source_channels_v1
join unnest($1::text[], $2::text[]) as wanted (wanted_tenant, wanted_id)
    on tenant = wanted_tenant and source_id = wanted_id

-- name: save
insert into source_channels_v1 (tenant, source_id, channel)
select * from unnest($1::text[], $2::text[], $3::text[])
on conflict (tenant, source_id) do update set channel = excluded.channel

-- name: delete
delete from source_channels_v1 using unnest($1::text[], $2::text[]) as gone (gone_tenant, gone_id)
where tenant = gone_tenant and source_id = gone_id

-- name: channel
select channel from source_channels_v1 where tenant = $1 and source_id = $2
