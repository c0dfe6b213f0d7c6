-- What a PostgreSQL needs before the first release, made by `make roles`: one role per service, its schema,
-- and who may use the vault. Run it as a superuser in the database of Switchboard. Idempotent. Roles have no password:
-- pg_hba.conf says `hostssl ... cert`.

-- roles.provisioner
do $$
begin
    if not exists (select from pg_roles where rolname = 'migrations') then
        create role migrations login;
    end if;
    execute format('revoke all on database %I from public', current_database());
    execute format('grant connect, create on database %I to migrations', current_database());
    execute format('alter role migrations in database %I set search_path = vault', current_database());
end
$$;
revoke all on schema public from public;
-- Large objects belong to no schema, and anybody may make them.
revoke execute on function lo_create(oid), lo_creat(integer), lo_from_bytea(oid, bytea) from public;
create schema if not exists vault authorization migrations;
alter schema vault owner to migrations;
do $$
declare
    kept regclass;
begin
    for kept in select oid from pg_class where relnamespace = 'vault'::regnamespace and relkind in ('r', 'p') loop
        execute format('alter table %s owner to migrations', kept);
    end loop;
end
$$;
create schema if not exists shadows authorization migrations;
create or replace function shadows.create_schema(wanted text) returns void
language plpgsql security definer set search_path = pg_catalog
as $$
begin
    -- What "log verify" refills belongs to who asks, beside a schema of his. Nobody may create in the database itself:
    -- who may can also create extensions.
    if not exists (
        select from pg_namespace
        where nspowner = session_user::regrole and starts_with(wanted, nspname || '_replay_')
    ) or wanted !~ '^[a-z][a-z0-9_]{0,50}$' then
        raise insufficient_privilege using message = 'a shadow schema is named after a schema of its owner';
    end if;
    execute format('create schema if not exists %I authorization %I', wanted, session_user);
end
$$;
alter function shadows.create_schema(text) owner to migrations;
revoke all on function shadows.create_schema(text) from public;

-- roles.service
do $$
declare
    kept regclass;
begin
    if not exists (select from pg_roles where rolname = 'ingest') then
        create role ingest login;
    end if;
    alter role ingest nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
    execute format('grant connect on database %I to ingest', current_database());
    execute format('alter role ingest in database %I set search_path = ingest', current_database());
    grant ingest to migrations with inherit false, set true;
    create schema if not exists ingest;
    alter schema ingest owner to ingest;
    for kept in select oid from pg_class where relnamespace = 'ingest'::regnamespace and relkind in ('r', 'p') loop
        execute format('alter table %s owner to ingest', kept);
    end loop;
    grant usage on schema shadows to ingest;
    grant execute on function shadows.create_schema(text) to ingest;
end
$$;

-- roles.sealer
-- Nobody may delete a row: an erased subject stays erased.
grant usage on schema vault to ingest;
alter default privileges for role migrations in schema vault grant select, insert, update on tables to ingest;
grant select, insert, update on all tables in schema vault to ingest;
do $$
begin
    if to_regclass('vault.migrations') is not null then
        revoke insert, update on vault.migrations from ingest;
    end if;
end
$$;

-- roles.service
do $$
declare
    kept regclass;
begin
    if not exists (select from pg_roles where rolname = 'routing') then
        create role routing login;
    end if;
    alter role routing nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
    execute format('grant connect on database %I to routing', current_database());
    execute format('alter role routing in database %I set search_path = routing', current_database());
    grant routing to migrations with inherit false, set true;
    create schema if not exists routing;
    alter schema routing owner to routing;
    for kept in select oid from pg_class where relnamespace = 'routing'::regnamespace and relkind in ('r', 'p') loop
        execute format('alter table %s owner to routing', kept);
    end loop;
    grant usage on schema shadows to routing;
    grant execute on function shadows.create_schema(text) to routing;
end
$$;

-- roles.sealer
-- Nobody may delete a row: an erased subject stays erased.
grant usage on schema vault to routing;
alter default privileges for role migrations in schema vault grant select, insert, update on tables to routing;
grant select, insert, update on all tables in schema vault to routing;
do $$
begin
    if to_regclass('vault.migrations') is not null then
        revoke insert, update on vault.migrations from routing;
    end if;
end
$$;

-- roles.service
do $$
declare
    kept regclass;
begin
    if not exists (select from pg_roles where rolname = 'crm_sync') then
        create role crm_sync login;
    end if;
    alter role crm_sync nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
    execute format('grant connect on database %I to crm_sync', current_database());
    execute format('alter role crm_sync in database %I set search_path = crm', current_database());
    grant crm_sync to migrations with inherit false, set true;
    create schema if not exists crm;
    alter schema crm owner to crm_sync;
    for kept in select oid from pg_class where relnamespace = 'crm'::regnamespace and relkind in ('r', 'p') loop
        execute format('alter table %s owner to crm_sync', kept);
    end loop;
    grant usage on schema shadows to crm_sync;
    grant execute on function shadows.create_schema(text) to crm_sync;
end
$$;

-- roles.sealer
-- Nobody may delete a row: an erased subject stays erased.
grant usage on schema vault to crm_sync;
alter default privileges for role migrations in schema vault grant select, insert, update on tables to crm_sync;
grant select, insert, update on all tables in schema vault to crm_sync;
do $$
begin
    if to_regclass('vault.migrations') is not null then
        revoke insert, update on vault.migrations from crm_sync;
    end if;
end
$$;

-- roles.service
do $$
declare
    kept regclass;
begin
    if not exists (select from pg_roles where rolname = 'kpi') then
        create role kpi login;
    end if;
    alter role kpi nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
    execute format('grant connect on database %I to kpi', current_database());
    execute format('alter role kpi in database %I set search_path = kpi', current_database());
    grant kpi to migrations with inherit false, set true;
    create schema if not exists kpi;
    alter schema kpi owner to kpi;
    for kept in select oid from pg_class where relnamespace = 'kpi'::regnamespace and relkind in ('r', 'p') loop
        execute format('alter table %s owner to kpi', kept);
    end loop;
    grant usage on schema shadows to kpi;
    grant execute on function shadows.create_schema(text) to kpi;
end
$$;
