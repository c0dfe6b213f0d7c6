-- The roles of PostgreSQL: one per service, which owns its schema and nothing else, and one that provisions.
-- {name} are identifiers of ours. Each section is idempotent and is run by a superuser in the database concerned.

-- name: provisioner
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

-- name: service
do $$
declare
    kept regclass;
begin
    if not exists (select from pg_roles where rolname = '{role}') then
        create role {role} login;
    end if;
    alter role {role} nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
    execute format('grant connect on database %I to {role}', current_database());
    execute format('alter role {role} in database %I set search_path = {schema}', current_database());
    grant {role} to migrations with inherit false, set true;
    create schema if not exists {schema};
    alter schema {schema} owner to {role};
    for kept in select oid from pg_class where relnamespace = '{schema}'::regnamespace and relkind in ('r', 'p') loop
        execute format('alter table %s owner to {role}', kept);
    end loop;
    grant usage on schema shadows to {role};
    grant execute on function shadows.create_schema(text) to {role};
end
$$;

-- name: sealer
-- Nobody may delete a row: an erased subject stays erased.
grant usage on schema vault to {role};
alter default privileges for role migrations in schema vault grant select, insert, update on tables to {role};
grant select, insert, update on all tables in schema vault to {role};
do $$
begin
    if to_regclass('vault.migrations') is not null then
        revoke insert, update on vault.migrations from {role};
    end if;
end
$$;
