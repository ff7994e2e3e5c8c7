{%- import "macros.sql" as m -%}
-- Detaches the partitions whose rows are all older than the `keep` months before this one, or drops them as well. It goes by the
-- bounds of what is there, not by names; months start at midnight UTC. It leaves the default partition and the present month alone.
-- It may be called as often as one likes. What is detached stays in its schema as a table. Gives back how many it took away.
-- DETACH … CONCURRENTLY can't run in a function; a plain DETACH locks the table for a moment. That lock is waited for no longer
-- than {{ lock_timeout }} ms, 20 times; what is left then is left to the next call.
create or replace function {{ app | ident }}.retire_partitions(parent regclass, keep integer, and_drop boolean default false) returns integer
language plpgsql
security definer
set search_path = ''
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $retire_partitions$
declare
  old_partition record;
  attempt integer := 0;
  gone integer := 0;
begin
  if keep is null or keep < 1 then
    raise exception 'retire_partitions: keep is %, and must be 1 or more', keep;
  end if;
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('phase2.ensure_partitions'), pg_catalog.hashtext(parent::oid::text));
  for old_partition in
    select b.oid::regclass::text as name
    from ({{ m.bounds("parent") }}) b
    where b.high <= pg_catalog.date_trunc('month', pg_catalog.now() at time zone 'UTC') - pg_catalog.make_interval(months => keep)
    order by b.high
  loop
    loop
      attempt := attempt + 1;
      begin
        perform pg_catalog.set_config('lock_timeout', '{{ lock_timeout }}ms', true);
        execute pg_catalog.format('alter table %s detach partition %s', parent, old_partition.name);
        if and_drop then
          execute pg_catalog.format('drop table %s', old_partition.name);
        end if;
        gone := gone + 1;
        exit;
      exception when lock_not_available or deadlock_detected then
        if attempt >= 20 then
          raise warning 'retire_partitions: % was busy; % and what is younger is left to the next call', parent, old_partition.name;
          return gone;
        end if;
        perform pg_catalog.pg_sleep(0.3 + pg_catalog.random() * 0.7);
      end;
    end loop;
  end loop;
  return gone;
end
$retire_partitions$;
revoke all on function {{ app | ident }}.retire_partitions(regclass, integer, boolean) from {{ everybody | join(", ") }};
alter function {{ app | ident }}.retire_partitions(regclass, integer, boolean) owner to {{ snapshot.table.owner | ident }};
create or replace function {{ retire_wrapper }}() returns integer
language sql
security definer
set search_path = ''
as $$ select {{ app | ident }}.retire_partitions({{ old | literal }}::regclass, {{ keep }}, {{ "true" if and_drop else "false" }}) $$;
revoke all on function {{ retire_wrapper }}() from {{ everybody | join(", ") }};
alter function {{ retire_wrapper }}() owner to {{ snapshot.table.owner | ident }};
