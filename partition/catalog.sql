-- What `phase2 partition` reads of a table, as one JSON object. $1: schema, $2: table.
-- `search_path` is empty while it runs, so that every name in a definition has its schema.
with
self as (
  select c.*, n.nspname, n.nspname::text as schema,
         case when c.relkind = 'p' then (
           select coalesce(array_agg(i.relid::oid), '{}') from pg_partition_tree(c.oid) i where i.isleaf
         ) end as leaves
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1::text and c.relname = $2::text
),
-- Columns that the table still has.
attributes as (
  select a.* from pg_attribute a, self where a.attrelid = self.oid and a.attnum > 0 and not a.attisdropped
),
-- What is bound to the table or to its row type.
dependents as (
  select d.classid, d.objid, d.objsubid, d.deptype, d.refclassid, d.refobjid, d.refobjsubid
  from pg_depend d, self
  where (d.refclassid = 'pg_class'::regclass and d.refobjid = self.oid)
     or (d.refclassid = 'pg_type'::regclass and d.refobjid in (
          self.reltype, (select t.typarray from pg_type t where t.oid = self.reltype)))
),
bound_relations as (
  select distinct r.ev_class as oid
  from dependents d join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid, self
  where r.ev_class <> self.oid
),
-- Materialized views are made anew, and so is what is bound to them.
rebuilt(oid, depth) as (
  with recursive chain(oid, depth) as (
    select oid, 0 from bound_relations
    union
    select r.ev_class, chain.depth + 1
    from chain
    join pg_class c on c.oid = chain.oid and c.relkind = 'm'
    join pg_depend d on d.refclassid = 'pg_class'::regclass and d.refobjid = chain.oid and d.classid = 'pg_rewrite'::regclass
    join pg_rewrite r on r.oid = d.objid and r.ev_class <> chain.oid
    where chain.depth < 20
  )
  select oid, max(depth) from chain group by oid
),
bound_functions as (
  select p.oid, bool_or(d.refclassid = 'pg_type'::regclass) as has_row_type
  from dependents d join pg_proc p on d.classid = 'pg_proc'::regclass and p.oid = d.objid
  group by p.oid
  union
  -- Sessions keep the row type that a compiled function has found.
  select p.oid, false
  from pg_proc p join pg_language l on l.oid = p.prolang and l.lanname = 'plpgsql', self
  where p.prokind in ('f', 'p') and p.prosrc ilike '%' || self.relname || '%'
    and p.prorettype <> 'trigger'::regtype
    and not exists (select from dependents d where d.classid = 'pg_proc'::regclass and d.objid = p.oid)
    and pg_has_role(p.proowner, 'usage')
),
foreign_policies as (
  select distinct p.oid
  from dependents d join pg_policy p on d.classid = 'pg_policy'::regclass and p.oid = d.objid, self
  where p.polrelid <> self.oid
),
others as (
  select distinct pg_describe_object(d.classid, d.objid, d.objsubid) as name
  from dependents d, self
  where d.deptype in ('n', 'a')
    and not (d.classid = 'pg_rewrite'::regclass)
    and not (d.classid = 'pg_proc'::regclass and exists (select from pg_proc p where p.oid = d.objid and p.prokind in ('f', 'p')))
    and not (d.classid = 'pg_policy'::regclass)
    and not (d.classid = 'pg_constraint'::regclass)
    and not (d.classid = 'pg_trigger'::regclass and exists (select from pg_trigger t where t.oid = d.objid and t.tgrelid = self.oid))
    and not (d.classid = 'pg_attrdef'::regclass)
    and not (d.classid = 'pg_statistic_ext'::regclass)
    and not (d.classid = 'pg_publication_rel'::regclass)
    and not (d.classid = 'pg_class'::regclass and exists (
      select from pg_class c where c.oid = d.objid and c.relkind in ('i', 'I', 'S', 't')))
    and not (d.classid = 'pg_class'::regclass and exists (
      select from pg_inherits i where i.inhrelid = d.objid and i.inhparent = self.oid))
  union
  -- What is bound to a function that has to be dropped and made anew.
  select distinct pg_describe_object(d.classid, d.objid, d.objsubid)
  from bound_functions f
  join pg_depend d on d.refclassid = 'pg_proc'::regclass and d.refobjid = f.oid and d.deptype = 'n'
  where f.has_row_type
),
policies as (
  select p.*,
         (select json_agg(case when r = 0 then 'public' else quote_ident(pg_get_userbyid(r)) end order by r)
          from unnest(p.polroles) r) as roles,
         case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end as command
  from pg_policy p
),
grants as (
  select c.oid, json_agg(json_build_object(
           'grantee', case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
           'privilege', lower(a.privilege_type), 'grantable', a.is_grantable)
           order by a.grantee, a.privilege_type) as list
  from pg_class c,
       lateral aclexplode(coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner))) a
  where a.grantee <> c.relowner
    and (c.oid in (select oid from self) or c.oid in (select oid from rebuilt) or c.relkind = 'S')
  group by c.oid
),
owned_sequences as (
  select a.attnum, d.deptype = 'i' as is_identity, json_build_object(
    'schema', n.nspname, 'name', s.relname, 'column', a.attname,
    'type', format_type(q.seqtypid, null), 'start', q.seqstart, 'increment', q.seqincrement,
    'min', q.seqmin, 'max', q.seqmax, 'cache', q.seqcache, 'cycle', q.seqcycle,
    'comment', obj_description(s.oid, 'pg_class'),
    'grants', coalesce((select list from grants where grants.oid = s.oid), '[]')) as description
  from self, pg_depend d
  join pg_class s on s.oid = d.objid and s.relkind = 'S'
  join pg_namespace n on n.oid = s.relnamespace
  join pg_sequence q on q.seqrelid = s.oid
  join pg_attribute a on a.attnum = d.refobjsubid
  where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = self.oid
    and a.attrelid = self.oid and d.deptype in ('a', 'i')
)
select json_build_object(
  'version', 1,
  'taken_at', to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
  'server', current_setting('server_version_num')::integer,
  'user', current_user,
  'table', json_build_object(
    'schema', self.schema,
    'name', self.relname,
    'kind', self.relkind,
    'owner', pg_get_userbyid(self.relowner),
    'reader_owns', pg_has_role(self.relowner, 'usage'),
    'persistence', self.relpersistence,
    'typed', self.reloftype <> 0,
    'inherits', exists (select from pg_inherits i where i.inhrelid = self.oid or i.inhparent = self.oid),
    'row_security', self.relrowsecurity,
    'force_row_security', self.relforcerowsecurity,
    'options', coalesce((select json_agg(option) from (
      select unnest(self.reloptions) as option
      union all select 'toast.' || unnest(t.reloptions) from pg_class t where t.oid = self.reltoastrelid) o), '[]'),
    'replica_identity', self.relreplident,
    'replica_index', (select i.indexrelid::regclass::text from pg_index i where i.indrelid = self.oid and i.indisreplident),
    'comment', obj_description(self.oid, 'pg_class'),
    'grants', coalesce((select list from grants where grants.oid = self.oid), '[]'),
    'rows', greatest(self.reltuples, 0)::bigint,
    'bytes', pg_total_relation_size(self.oid),
    'rules', coalesce((select json_agg(r.rulename) from pg_rewrite r where r.ev_class = self.oid), '[]')
  ),
  'columns', (select json_agg(json_build_object(
    'name', a.attname,
    'type', format_type(a.atttypid, a.atttypmod),
    'collation', (select quote_ident(n.nspname) || '.' || quote_ident(l.collname)
                  from pg_collation l join pg_namespace n on n.oid = l.collnamespace
                  where l.oid = a.attcollation and l.oid <> (select t.typcollation from pg_type t where t.oid = a.atttypid)),
    'not_null', a.attnotnull,
    'not_null_name', (select k.conname from pg_constraint k where k.conrelid = self.oid and k.contype = 'n' and k.conkey = array[a.attnum]),
    'default', case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end,
    'generated', case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end,
    'expression', case when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end,
    'identity', case a.attidentity when 'a' then 'always' when 'd' then 'by default' end,
    'sequence', (select q.description from owned_sequences q where q.attnum = a.attnum and q.is_identity),
    'storage', case when a.attstorage <> t.typstorage then
      case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end,
    'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end,
    'statistics', nullif(a.attstattarget, -1),
    'options', coalesce(to_json(a.attoptions), '[]'),
    'comment', col_description(self.oid, a.attnum),
    'grants', coalesce((select json_agg(json_build_object(
        'grantee', case when g.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end,
        'privilege', lower(g.privilege_type), 'grantable', g.is_grantable) order by g.grantee, g.privilege_type)
      from aclexplode(a.attacl) g where g.grantee <> self.relowner), '[]')
    ) order by a.attnum)
    from attributes a
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum),
  -- Those of serial columns; that of an identity column stands there.
  'sequences', coalesce((select json_agg(q.description order by q.attnum) from owned_sequences q where not q.is_identity), '[]'),
  'constraints', coalesce((select json_agg(json_build_object(
    'name', k.conname, 'kind', k.contype, 'definition', pg_get_constraintdef(k.oid),
    'columns', (select json_agg(a.attname order by u.place) from unnest(k.conkey) with ordinality u(attnum, place)
                join attributes a on a.attnum = u.attnum),
    'is_validated', k.convalidated,
    'references_self', k.confrelid = self.oid,
    'comment', obj_description(k.oid, 'pg_constraint')) order by k.contype = 'p' desc, k.conname)
    from pg_constraint k where k.conrelid = self.oid and k.contype in ('p', 'u', 'c', 'f', 'x')), '[]'),
  'inbound', coalesce((select json_agg(json_build_object(
    'name', k.conname, 'table', k.conrelid::regclass::text, 'definition', pg_get_constraintdef(k.oid),
    'comment', obj_description(k.oid, 'pg_constraint')) order by k.conrelid::regclass::text, k.conname)
    from pg_constraint k where k.confrelid = self.oid and k.contype = 'f' and k.conparentid = 0), '[]'),
  'indexes', coalesce((select json_agg(json_build_object(
    'name', c.relname,
    'body', substring(pg_get_indexdef(i.indexrelid) from position(' USING ' in pg_get_indexdef(i.indexrelid)) + 1),
    'is_unique', i.indisunique, 'is_valid', i.indisvalid,
    'constraint', (select k.conname from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')),
    'columns', (select json_agg(a.attname order by u.place) from unnest(i.indkey::int2[]) with ordinality u(attnum, place)
                join attributes a on a.attnum = u.attnum where u.place <= i.indnkeyatts),
    'is_replica_identity', i.indisreplident,
    'comment', obj_description(i.indexrelid, 'pg_class')) order by c.relname)
    from pg_index i join pg_class c on c.oid = i.indexrelid where i.indrelid = self.oid), '[]'),
  'statistics', coalesce((select json_agg(json_build_object(
    'schema', n.nspname, 'name', s.stxname,
    'kinds', (select json_agg(case kind when 'd' then 'ndistinct' when 'f' then 'dependencies' when 'm' then 'mcv' end)
              from unnest(s.stxkind) kind where kind in ('d', 'f', 'm')),
    'columns', pg_get_statisticsobjdef_columns(s.oid),
    'target', nullif(s.stxstattarget, -1),
    'comment', obj_description(s.oid, 'pg_statistic_ext')) order by s.stxname)
    from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace where s.stxrelid = self.oid), '[]'),
  'policies', coalesce((select json_agg(json_build_object(
    'name', p.polname, 'is_permissive', p.polpermissive, 'command', p.command, 'roles', p.roles,
    'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid),
    'comment', obj_description(p.oid, 'pg_policy')) order by p.polname)
    from policies p where p.polrelid = self.oid), '[]'),
  'foreign_policies', coalesce((select json_agg(json_build_object(
    'name', p.polname, 'table', p.polrelid::regclass::text,
    'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid)) order by p.polname)
    from policies p where p.oid in (select oid from foreign_policies)), '[]'),
  'triggers', coalesce((select json_agg(json_build_object(
    'name', t.tgname, 'definition', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled,
    'is_row', t.tgtype & 1 = 1, 'is_before', t.tgtype & 2 = 2,
    'has_transition_table', t.tgoldtable is not null or t.tgnewtable is not null,
    'is_constraint', t.tgconstraint <> 0,
    'source', p.prosrc, 'comment', obj_description(t.oid, 'pg_trigger')) order by t.tgname)
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid where t.tgrelid = self.oid and not t.tgisinternal), '[]'),
  'publications', coalesce((select json_agg(json_build_object(
    'name', p.pubname, 'via_root', p.pubviaroot, 'is_owned', pg_has_role(p.pubowner, 'usage'),
    'is_listed', r.oid is not null,
    'columns', (select json_agg(a.attname order by a.attnum) from unnest(r.prattrs::int2[]) u(attnum) join attributes a using (attnum)),
    'where', pg_get_expr(r.prqual, r.prrelid)) order by p.pubname)
    from pg_publication p
    left join pg_publication_rel r on r.prpubid = p.oid and r.prrelid = self.oid
    where r.oid is not null or p.puballtables
       or exists (select from pg_publication_namespace n where n.pnpubid = p.oid and n.pnnspid = self.relnamespace)), '[]'),
  'views', coalesce((select json_agg(json_build_object(
    'schema', n.nspname, 'name', c.relname, 'kind', c.relkind, 'depth', b.depth,
    'is_direct', c.oid in (select oid from bound_relations),
    'definition', rtrim(pg_get_viewdef(c.oid), '; '),
    'options', coalesce(to_json(c.reloptions), '[]'),
    'owner', pg_get_userbyid(c.relowner), 'is_owned', pg_has_role(c.relowner, 'usage'),
    'comment', obj_description(c.oid, 'pg_class'),
    'column_comments', coalesce((select json_agg(json_build_object('name', a.attname, 'comment', col_description(c.oid, a.attnum)))
       from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and col_description(c.oid, a.attnum) is not null), '[]'),
    'column_grants', coalesce((select json_agg(json_build_object(
        'column', a.attname, 'grantee', case when g.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(g.grantee)) end,
        'privilege', lower(g.privilege_type), 'grantable', g.is_grantable))
       from pg_attribute a, aclexplode(a.attacl) g where a.attrelid = c.oid and g.grantee <> c.relowner), '[]'),
    'grants', coalesce((select list from grants where grants.oid = c.oid), '[]'),
    'is_populated', c.relispopulated,
    'indexes', coalesce((select json_agg(json_build_object('definition', pg_get_indexdef(i.indexrelid),
         'name', (select x.relname from pg_class x where x.oid = i.indexrelid), 'comment', obj_description(i.indexrelid, 'pg_class')) order by i.indexrelid)
       from pg_index i where i.indrelid = c.oid), '[]'),
    'needs_constraint', exists (select from pg_rewrite r join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
       join pg_constraint k on d.refclassid = 'pg_constraint'::regclass and k.oid = d.refobjid
       where r.ev_class = c.oid and k.conrelid = self.oid)) order by b.depth, c.relname)
    from rebuilt b join pg_class c on c.oid = b.oid join pg_namespace n on n.oid = c.relnamespace), '[]'),
  'functions', coalesce((select json_agg(json_build_object(
    'signature', p.oid::regprocedure::text, 'kind', case p.prokind when 'p' then 'procedure' else 'function' end,
    'definition', pg_get_functiondef(p.oid), 'has_row_type', f.has_row_type,
    'owner', pg_get_userbyid(p.proowner), 'is_owned', pg_has_role(p.proowner, 'usage'),
    'comment', obj_description(p.oid, 'pg_proc'),
    'grants', coalesce((select json_agg(json_build_object(
        'grantee', case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
        'privilege', lower(a.privilege_type), 'grantable', a.is_grantable) order by a.grantee)
      from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee <> p.proowner), '[]')
    ) order by p.oid::regprocedure::text)
    from (select oid, bool_or(has_row_type) as has_row_type from bound_functions group by oid) f join pg_proc p on p.oid = f.oid
    where p.prokind in ('f', 'p')), '[]'),
  'others', coalesce((select json_agg(name order by name) from others), '[]'),
  'partitioned_twins', coalesce((select json_agg(json_build_object(
    'name', c.oid::regclass::text,
    'same_columns', (select array_agg((a.attname, format_type(a.atttypid, a.atttypmod))::text order by a.attname)
                     from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
                  = (select array_agg((a.attname, format_type(a.atttypid, a.atttypmod))::text order by a.attname) from attributes a))
      order by c.oid::regclass::text)
    from pg_class c
    where c.relkind = 'p' and c.oid <> self.oid and not c.relispartition
      and left(c.relname, length(self.relname)) = self.relname), '[]'),
  'partitions', coalesce((select json_agg(json_build_object(
    'name', t.relid::regclass::text, 'bounds', pg_get_expr(c.relpartbound, c.oid), 'rows', greatest(c.reltuples, 0)::bigint)
      order by t.relid::regclass::text)
    from pg_partition_tree(self.oid) t join pg_class c on c.oid = t.relid where t.isleaf and self.relkind = 'p'), '[]'),
  'coming_month', to_char(date_trunc('month', now() at time zone 'UTC' + interval '7 days') + interval '1 month', 'YYYY-MM')
)::text
from self;
