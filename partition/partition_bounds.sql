-- The partitions of a table that is partitioned by the range of one date or timestamp, with their bounds in UTC. A default
-- partition has none, and isn't among them.
create or replace function {{ app | ident }}.partition_bounds(parent regclass)
returns table (relid oid, low timestamp, high timestamp)
language plpgsql
stable
security definer
set search_path = ''
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $partition_bounds$
begin
  if not exists (
    select from pg_catalog.pg_partitioned_table p
    join pg_catalog.pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
    where p.partrelid = parent and p.partstrat = 'r' and p.partnatts = 1
      and a.atttypid in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
  ) then
    raise exception '% is not partitioned by the range of one date or timestamp column', parent;
  end if;
  return query
    select r.oid,
           case when r.bound[1] = 'MINVALUE' then '-infinity' else pg_catalog.btrim(r.bound[1], '''')::timestamptz::timestamp end,
           case when r.bound[2] = 'MAXVALUE' then 'infinity' else pg_catalog.btrim(r.bound[2], '''')::timestamptz::timestamp end
    from (
      select c.oid, pg_catalog.regexp_match(pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'FROM \((.*)\) TO \((.*)\)') as bound
      from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid where i.inhparent = parent
    ) r
    where r.bound is not null;
end
$partition_bounds$;
revoke all on function {{ app | ident }}.partition_bounds(regclass) from public;
