-- {{ old }}: is everything as it was when `phase2 partition` read it? One row for each property; `verdict` is
-- `equal`, `accepted: why` for what changes by being partitioned, or `DIFFERENT`. Differences come first. It changes nothing.
-- The rows `rows: number` and `rows: hash` are to be compared with those of a run before: the hash doesn't depend on an order.
{%- import "fingerprint.sql" as f %}
begin read only;
set local search_path = '';
set local timezone = 'UTC';
set local datestyle = 'ISO';
set local statement_timeout = 0;
with expected(kind, name, before, after, reason) as (values
{%- for row in expected %}
  ({{ row.kind | literal }}, {{ row.name | literal }}, {{ row.before | nullable }}, {{ row.after | nullable }}, {{ row.reason | nullable }}),
{%- endfor %}
  ('', '', '', '', null)),
found as (
select * from (
{{ f.fingerprint(old | literal ~ "::regclass", boundary_check | literal) }}
) r
-- What is there between the steps only.
where not (kind = 'policy of another table' and starts_with(name, {{ (twin ~ " ") | literal }}))
{%- for index in widened %}
  and not (kind = 'index' and name = {{ (schema | ident ~ "." ~ index.draft | ident) | literal }})
{%- endfor %}
),
compared as (
  select coalesce(e.kind, r.kind) as kind, coalesce(e.name, r.name) as name,
         case when e.kind is null then 'DIFFERENT' when r.value is not distinct from e.before then 'equal'
              when e.reason is not null and r.value is not distinct from e.after then 'accepted: ' || e.reason
              else 'DIFFERENT' end as verdict,
         e.before as expected, r.value as found
  from (select * from expected where kind <> '') e full join found r on r.kind = e.kind and r.name = e.name
),
partitions as (
  select c.oid, c.oid::regclass::text as name, c.relrowsecurity, c.relacl, c.relowner, c.relnamespace, c.reltuples
  from pg_partition_tree({{ old | literal }}::regclass) t join pg_class c on c.oid = t.relid where t.isleaf and t.level > 0
)
select * from (
  select * from compared
  union all
  select 'partition', p.name,
         case when p.relrowsecurity and not exists (select from aclexplode(p.relacl) a where a.grantee <> p.relowner)
                   and not exists (select from pg_attribute a, aclexplode(a.attacl) g where a.attrelid = p.oid and g.grantee <> p.relowner)
                   and not exists (select from pg_roles r where r.rolname in ('anon', 'authenticated') and has_schema_privilege(r.oid, p.relnamespace, 'usage'))
              then 'equal' else 'DIFFERENT' end,
         'row level security, no grants, in a schema that is closed to anon and authenticated', null
  from partitions p
  union all
  select 'rows', 'number', 'equal', null, (select count(*) from {{ old }})::text
  union all
  select 'rows', 'hash', 'equal', null, (select sum(hashtextextended(t::text, 0)::numeric) from {{ old }} t)::text
) report
order by verdict <> 'DIFFERENT', verdict = 'equal', kind, name;
commit;
