-- What `phase2 status` asks: the tables that are partitioned by the range of one date or timestamp, with their partitions.
select n.nspname || '.' || c.relname as name,
       to_char(now() at time zone 'UTC', 'YYYY-MM') as month,
       coalesce(json_agg(json_build_object(
         'name', t.relid::regclass::text, 'bounds', pg_get_expr(l.relpartbound, l.oid), 'rows', greatest(l.reltuples, 0)::bigint)
         order by t.relid::regclass::text) filter (where l.oid is not null), '[]')::text as partitions
from pg_partitioned_table p
join pg_class c on c.oid = p.partrelid and not c.relispartition
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
left join lateral pg_partition_tree(c.oid) t on t.parentrelid = c.oid
left join pg_class l on l.oid = t.relid
where p.partstrat = 'r' and p.partnatts = 1
  and a.atttypid in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
group by 1
order by 1;
