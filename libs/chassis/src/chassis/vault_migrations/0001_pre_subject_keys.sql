-- One key per data subject of a tenant. An erased subject keeps its row without a key for ever, so that it cannot be
-- created again. Neither id nor key tells who it is.
create table subject_keys (
    tenant text not null,
    subject_id uuid not null,
    wrapped bytea,
    kek_id text not null,
    created_at timestamptz not null default now(),
    destroyed_at timestamptz,
    primary key (tenant, subject_id),
    check ((wrapped is null) = (destroyed_at is not null))
);
