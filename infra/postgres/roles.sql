-- What a production PostgreSQL needs before the first release: one role per workload, its schema, and who may use the vault.
-- Run it as a superuser in the database of Switchboard. Idempotent. Roles have no password: pg_hba.conf says `hostssl ... cert`.
do $$
declare
  workload record;
begin
  for workload in
    select * from (values
      ('ingest', 'ingest'), ('routing', 'routing'), ('crm_sync', 'crm'), ('kpi', 'kpi'), ('migrations', 'vault')
    ) as known (role, owned)
  loop
    if not exists (select from pg_roles where rolname = workload.role) then
      execute format('create role %I login', workload.role);
    end if;
    -- A service creates its own schemas, also the shadow schema that `log verify` refills.
    execute format('grant connect, create, temporary on database %I to %I', current_database(), workload.role);
    execute format('create schema if not exists %I authorization %I', workload.owned, workload.role);
  end loop;
  execute format('revoke all on database %I from public', current_database());
end
$$;

-- Subject keys: those who seal and open use them, kpi never does. No one may delete a row: an erased subject stays erased.
grant usage on schema vault to ingest, routing, crm_sync;
grant select, insert, update on all tables in schema vault to ingest, routing, crm_sync;
alter default privileges for role migrations in schema vault grant select, insert, update on tables to ingest, routing, crm_sync;
