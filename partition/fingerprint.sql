{#- Everything that makes up a table, a row for each property: kind, name, value. It reads the same for a plain table and for
   a partitioned one: where a partitioned table can't have a property itself, its partitions are asked. `search_path`
   must be empty, so that names in definitions have their schema; the table's own name is written as <table>. -#}
{%- macro fingerprint(table, boundary_check) -%}
select f.kind, f.name, replace(f.value, me.own_name, '<table>') as value
from (
  select c.*, format('%I.%I', n.nspname, c.relname) as own_name,
         case c.relkind when 'p' then (select array_agg(t.relid::oid) from pg_partition_tree(c.oid) t where t.isleaf)
                        else array[c.oid] end as leaves
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = {{ table }}
) me,
lateral (
  select 'table' as kind, 'owner' as name, pg_get_userbyid(me.relowner)::text as value
  union all select 'table', 'row level security', format('enabled %s, forced %s', me.relrowsecurity, me.relforcerowsecurity)
  union all select 'table', 'comment', obj_description(me.oid, 'pg_class')
  union all select 'table', 'storage options', (select string_agg(distinct coalesce(array_to_string(l.reloptions, ', '), ''), ' | ')
    from pg_class l where l.oid = any (me.leaves))
  union all select 'table', 'replica identity', (select string_agg(distinct l.relreplident::text, ' | ')
    from pg_class l where l.oid = any (me.leaves))
  union all
  select 'column', a.attname, concat_ws(' ',
    format_type(a.atttypid, a.atttypmod),
    case when a.attcollation <> 0 then 'collate ' || a.attcollation::regcollation end,
    case when a.attnotnull then 'not null' end,
    case when a.attgenerated <> '' then 'generated ' || a.attgenerated::text else 'default' end || ' ' || pg_get_expr(d.adbin, d.adrelid),
    case when a.attidentity <> '' then 'identity ' || a.attidentity::text end,
    'storage ' || a.attstorage::text, nullif('compression ' || a.attcompression::text, 'compression '),
    'statistics ' || nullif(a.attstattarget, -1), 'options ' || a.attoptions::text,
    'comment ' || col_description(me.oid, a.attnum),
    'place ' || row_number() over (order by a.attnum))
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = me.oid and a.attnum > 0 and not a.attisdropped
  union all
  select case k.contype when 'n' then 'not null' else 'constraint' end, k.conname,
    concat_ws(' ', pg_get_constraintdef(k.oid), case when not k.convalidated then 'not validated' end,
              'comment ' || obj_description(k.oid, 'pg_constraint'))
  from pg_constraint k
  where k.conrelid = me.oid and k.contype <> 't' and k.conname <> {{ boundary_check }} and k.conparentid = 0
  union all
  select 'inbound foreign key', k.conrelid::regclass || ' ' || k.conname, pg_get_constraintdef(k.oid)
  from pg_constraint k where k.confrelid = me.oid and k.contype = 'f' and k.conparentid = 0 and k.conrelid <> all (me.leaves)
  union all
  select 'index', i.indexrelid::regclass::text,
    concat_ws(' ', replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON '), case when not i.indisvalid then 'invalid' end,
              'comment ' || obj_description(i.indexrelid, 'pg_class'))
  from pg_index i where i.indrelid = me.oid
  union all
  select 'policy', p.polname, concat_ws(' ',
    case when p.polpermissive then 'permissive' else 'restrictive' end, p.polcmd::text,
    (select string_agg(case when r = 0 then 'public' else pg_get_userbyid(r)::text end, ', ' order by 1) from unnest(p.polroles) r),
    'using ' || pg_get_expr(p.polqual, p.polrelid), 'check ' || pg_get_expr(p.polwithcheck, p.polrelid),
    'comment ' || obj_description(p.oid, 'pg_policy'))
  from pg_policy p where p.polrelid = me.oid
  union all
  select 'grant', coalesce(nullif(a.grantee::regrole::text, '-'), 'public'),
    string_agg(a.privilege_type || case when a.is_grantable then '*' else '' end, ', ' order by a.privilege_type)
  from aclexplode(coalesce(me.relacl, acldefault('r', me.relowner))) a group by a.grantee
  union all
  select 'column grant', c.attname || ' ' || coalesce(nullif(a.grantee::regrole::text, '-'), 'public'),
    string_agg(a.privilege_type || case when a.is_grantable then '*' else '' end, ', ' order by a.privilege_type)
  from pg_attribute c, aclexplode(c.attacl) a where c.attrelid = me.oid and not c.attisdropped group by c.attname, a.grantee
  union all
  select 'trigger', t.tgname, concat_ws(' ', pg_get_triggerdef(t.oid), 'enabled ' || t.tgenabled::text,
                                        'comment ' || obj_description(t.oid, 'pg_trigger'))
  from pg_trigger t where t.tgrelid = me.oid and not t.tgisinternal and t.tgparentid = 0
    and t.tgname not in ('phase2_sync', 'phase2_sync_truncate')
  union all
  select 'statistics', s.stxnamespace::regnamespace || '.' || quote_ident(s.stxname),
    concat_ws(' ', pg_get_statisticsobjdef(s.oid), 'target ' || nullif(s.stxstattarget, -1),
              'comment ' || obj_description(s.oid, 'pg_statistic_ext'))
  from pg_statistic_ext s where s.stxrelid = me.oid
  union all
  select 'sequence', s.oid::regclass::text, concat_ws(' ',
    'of ' || a.attname, format_type(q.seqtypid, null), q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle,
    (select string_agg(coalesce(nullif(g.grantee::regrole::text, '-'), 'public') || ' ' || g.privilege_type, ', '
                       order by g.grantee::regrole::text, g.privilege_type)
     from aclexplode(coalesce(s.relacl, acldefault('s', s.relowner))) g),
    'comment ' || obj_description(s.oid, 'pg_class'))
  from pg_depend d
  join pg_class s on s.oid = d.objid and s.relkind = 'S'
  join pg_sequence q on q.seqrelid = s.oid
  join pg_attribute a on a.attrelid = me.oid and a.attnum = d.refobjsubid
  where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = me.oid and d.deptype in ('a', 'i')
  union all
  select 'publication', p.pubname, concat_ws(' ', r.prattrs::text, pg_get_expr(r.prqual, r.prrelid))
  from pg_publication_rel r join pg_publication p on p.oid = r.prpubid where r.prrelid = me.oid
  union all
  select case v.relkind when 'm' then 'materialized view' else 'view' end, v.oid::regclass::text, concat_ws(' ',
    pg_get_viewdef(v.oid), 'options ' || v.reloptions::text, 'owner ' || pg_get_userbyid(v.relowner),
    'grants ' || (select string_agg(coalesce(nullif(g.grantee::regrole::text, '-'), 'public') || ' ' || g.privilege_type, ', '
                       order by g.grantee::regrole::text, g.privilege_type)
                  from aclexplode(coalesce(v.relacl, acldefault('r', v.relowner))) g),
    'indexes ' || (select string_agg(pg_get_indexdef(i.indexrelid), '; ' order by i.indexrelid::regclass::text)
                   from pg_index i where i.indrelid = v.oid),
    'comment ' || obj_description(v.oid, 'pg_class'))
  from (select distinct r.ev_class from pg_depend d join pg_rewrite r on r.oid = d.objid
        where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = me.oid) b
  join pg_class v on v.oid = b.ev_class
  union all
  select 'function', p.oid::regprocedure::text, concat_ws(' ',
    pg_get_functiondef(p.oid), 'owner ' || pg_get_userbyid(p.proowner),
    'grants ' || (select string_agg(coalesce(nullif(g.grantee::regrole::text, '-'), 'public'), ', ' order by g.grantee::regrole::text)
                  from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g),
    'comment ' || obj_description(p.oid, 'pg_proc'))
  from (select distinct d.objid from pg_depend d
        where d.classid = 'pg_proc'::regclass
          and ((d.refclassid = 'pg_class'::regclass and d.refobjid = me.oid)
            or (d.refclassid = 'pg_type'::regclass
                and d.refobjid in (me.reltype, (select t.typarray from pg_type t where t.oid = me.reltype))))) b
  join pg_proc p on p.oid = b.objid and p.prokind in ('f', 'p')
  union all
  select 'policy of another table', p.polrelid::regclass || ' ' || p.polname,
    concat_ws(' ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
  from (select distinct d.objid from pg_depend d
        where d.classid = 'pg_policy'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = me.oid) b
  join pg_policy p on p.oid = b.objid where p.polrelid <> me.oid
) f
where f.value is not null
{%- endmacro -%}
