-- What a hosted project is before its first migration: roles, default privileges, and an owner who is no superuser.
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit;
grant anon, authenticated, service_role to authenticator;
create role postgres login createrole createdb replication bypassrls;
grant anon, authenticated, service_role to postgres with admin option;
grant create on database app to postgres;
alter schema public owner to postgres;
grant usage on schema public to anon, authenticated, service_role;
set role postgres;
alter default privileges in schema public grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges in schema public grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to postgres, anon, authenticated, service_role;
create publication supabase_realtime with (publish_via_partition_root = true);
reset role;
