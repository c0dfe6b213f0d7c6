-- name: schema
create table if not exists sources_v2 (
    tenant text not null,
    source_id text not null,
    channel text not null,
    account_scope text not null,
    display_name text not null,
    owned_accounts text[] not null,
    label_keys text[] not null,
    label_values text[] not null,
    secrets_ref text not null,
    default_queue text not null,
    desk text not null,                      -- as declared, empty where it is derived
    listening boolean,                       -- as declared, null where it is derived
    effective_desk text not null,
    connected_at bigint not null,            -- microseconds since 1970
    changed_at bigint not null,
    primary key (tenant, source_id)
)

-- name: load
select tenant, source_id, channel, account_scope, display_name, owned_accounts, label_keys, label_values, secrets_ref,
    default_queue, desk, listening, effective_desk, connected_at, changed_at
from sources_v2
join unnest($1::text[], $2::text[]) as wanted (wanted_tenant, wanted_id)
    on tenant = wanted_tenant and source_id = wanted_id

-- name: save
insert into sources_v2 (tenant, source_id, channel, account_scope, display_name, owned_accounts, label_keys,
    label_values, secrets_ref, default_queue, desk, listening, effective_desk, connected_at, changed_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
on conflict (tenant, source_id) do update set
    channel = excluded.channel,
    account_scope = excluded.account_scope,
    display_name = excluded.display_name,
    owned_accounts = excluded.owned_accounts,
    label_keys = excluded.label_keys,
    label_values = excluded.label_values,
    secrets_ref = excluded.secrets_ref,
    default_queue = excluded.default_queue,
    desk = excluded.desk,
    listening = excluded.listening,
    effective_desk = excluded.effective_desk,
    connected_at = excluded.connected_at,
    changed_at = excluded.changed_at

-- name: delete
delete from sources_v2 using unnest($1::text[], $2::text[]) as gone (gone_tenant, gone_id)
where tenant = gone_tenant and source_id = gone_id

-- name: select
select tenant, source_id, channel, account_scope, display_name, owned_accounts, label_keys, label_values, secrets_ref,
    default_queue, desk, listening, effective_desk, connected_at, changed_at
from sources_v2
where tenant = $1 and source_id > $2

-- name: get
select tenant, source_id, channel, account_scope, display_name, owned_accounts, label_keys, label_values, secrets_ref,
    default_queue, desk, listening, effective_desk, connected_at, changed_at
from sources_v2 where tenant = $1 and source_id = $2
