-- name: schema
create table if not exists queues_v1 (
    tenant text not null,
    queue_id text not null,
    primary key (tenant, queue_id)
)

-- name: load
select tenant, queue_id
from queues_v1
join unnest($1::text[], $2::text[]) as wanted (wanted_tenant, wanted_id)
    on tenant = wanted_tenant and queue_id = wanted_id

-- name: save
insert into queues_v1 (tenant, queue_id)
select * from unnest($1::text[], $2::text[])
on conflict do nothing

-- name: delete
delete from queues_v1 using unnest($1::text[], $2::text[]) as gone (gone_tenant, gone_id)
where tenant = gone_tenant and queue_id = gone_id

-- name: exists
select exists (select from queues_v1 where tenant = $1 and queue_id = $2)
