-- Detaches the partitions of a table whose months all lie more than `keep` months before this one, or drops them. It goes by
-- the bounds of what is there, not by names; a default partition stays. It may be called as often as one likes. The table is
-- locked for a moment, for which others wait 100 ms at most. Gives back how many went.
create or replace function {{ app | ident }}.retire_partitions(parent regclass, keep integer, drops boolean default false) returns integer
language plpgsql
security definer
set search_path = ''
set timezone = 'UTC'
set lock_timeout = '100ms'
as $retire_partitions$
declare
  old_table text;
  attempt integer;
  retired integer := 0;
begin
  if keep < 1 or keep > 1200 then
    raise exception 'retire_partitions: keep is %, and must be from 1 to 1200', keep;
  end if;
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('phase2.ensure_partitions'), pg_catalog.hashtext(parent::oid::text));
  for old_table in
    select b.relid::regclass::text from {{ app | ident }}.partition_bounds(parent) b
    where b.high <= pg_catalog.date_trunc('month', pg_catalog.now() at time zone 'UTC') - pg_catalog.make_interval(months => keep)
    order by b.high
  loop
    attempt := 0;
    loop
      attempt := attempt + 1;
      begin
        execute pg_catalog.format('alter table %s detach partition %s', parent, old_table);
        if drops then
          execute pg_catalog.format('drop table %s', old_table);
        end if;
        exit;
      exception when lock_not_available or deadlock_detected then
        if attempt >= 30 then
          raise exception 'retire_partitions: % was busy at all of % attempts; nothing was changed', parent, attempt;
        end if;
        perform pg_catalog.pg_sleep(0.3 + pg_catalog.random() * 0.7);
      end;
    end loop;
    retired := retired + 1;
  end loop;
  return retired;
end
$retire_partitions$;
revoke all on function {{ app | ident }}.retire_partitions(regclass, integer, boolean) from public;
