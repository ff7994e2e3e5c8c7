-- Makes the monthly partitions of a table that is partitioned by one column's ranges, from the end of the last one
-- (at least from the month of now()) to `ahead` months after this one. It goes by the bounds of what is there, not by
-- names; months start at midnight UTC whatever the session's time zone. It may be called as often as one likes, and by many
-- at once. `with_default` makes a default partition as well, if there is none. Gives back how many it made.
create or replace function {{ app | ident }}.ensure_partitions(
  parent regclass, ahead integer, first_month timestamptz default null, storage text[] default null,
  with_default boolean default false
) returns integer
language plpgsql
security definer
set search_path = ''
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set lock_timeout = '3s'
as $ensure_partitions$
declare
  parent_name text;
  parent_identity "char";
  home text := {{ home | literal }};
  key_column text;
  key_type regtype;
  tables oid[];
  lows timestamp[];
  highs timestamp[];
  default_partition regclass;
  month timestamp;
  last_month timestamp;
  is_default boolean;
  bounds text;
  lower_bound text;
  upper_bound text;
  new_name text;
  new_table text;
  overlap text;
  columns text;
  identity_index text;
  role_name text;
  was record;
  made integer := 0;
begin
  if ahead < 0 or ahead > 120 then
    raise exception 'ensure_partitions: ahead is %, and must be from 0 to 120', ahead;
  end if;
  -- One at a time: the others wait here, and then find nothing left to do.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('phase2.ensure_partitions'), pg_catalog.hashtext(parent::oid::text));

  select pg_catalog.array_agg(b.relid order by b.high), pg_catalog.array_agg(b.low order by b.high), pg_catalog.array_agg(b.high order by b.high)
    into tables, lows, highs from {{ app | ident }}.partition_bounds(parent) b;
  select c.relname, a.attname, a.atttypid::regtype, nullif(p.partdefid, 0)::regclass
    into parent_name, key_column, key_type, default_partition
    from pg_catalog.pg_partitioned_table p
    join pg_catalog.pg_class c on c.oid = p.partrelid
    join pg_catalog.pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
    where p.partrelid = parent;

  -- The newest partition is the model of those to come.
  if storage is null then
    select c.reloptions || (select pg_catalog.array_agg('toast.' || o) from unnest(t.reloptions) o) into storage
      from pg_catalog.pg_class c left join pg_catalog.pg_class t on t.oid = c.reltoastrelid
      where c.oid = tables[pg_catalog.cardinality(tables)];
  end if;
  select c.relreplident into parent_identity from pg_catalog.pg_class c where c.oid = parent;

  last_month := pg_catalog.date_trunc('month', pg_catalog.now() at time zone 'UTC') + pg_catalog.make_interval(months => ahead);
  if tables is null then
    month := pg_catalog.date_trunc('month', coalesce(first_month, pg_catalog.now()) at time zone 'UTC');
    last_month := greatest(last_month, month);
  else
    -- Holes behind the last one are filled as well: after a long pause, or on a database that is built anew.
    select least(
        pg_catalog.date_trunc('month', pg_catalog.now() at time zone 'UTC'),
        pg_catalog.date_trunc('month', pg_catalog.max(b.high)))
      into month from unnest(highs) b(high) where b.high < 'infinity';
  end if;
  select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attnum) into columns
    from pg_catalog.pg_attribute a
    where a.attrelid = parent and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';

  while month <= last_month or (with_default and default_partition is null) loop
    is_default := (month <= last_month) is not true;
    if not is_default and exists (
      select from unnest(lows, highs) b(low, high) where b.low <= month and b.high >= month + interval '1 month'
    ) then
      month := month + interval '1 month';
      continue;
    end if;
    select b.relid::regclass::text into overlap from unnest(tables, lows, highs) b(relid, low, high)
      where b.low < month + interval '1 month' and b.high > month and not is_default limit 1;
    if overlap is not null then
      raise exception 'ensure_partitions: % covers a part of % only', overlap, pg_catalog.to_char(month, 'YYYY-MM')
        using hint = 'Its bounds must be whole months, from midnight UTC on the first.';
    end if;
    new_name := pg_catalog.left(parent_name, 55) || case when is_default then '_default' else pg_catalog.to_char(month, '_YYYY_MM') end;
    new_table := pg_catalog.format('%I.%I', home, new_name);
    if pg_catalog.to_regclass(new_table) is not null then
      raise exception 'ensure_partitions: % is there already, and is not the partition of % for %', new_table, parent,
        case when is_default then 'the rest' else pg_catalog.to_char(month, 'YYYY-MM') end
        using hint = 'Rename what has the name, then call again.';
    end if;
    if key_type = 'timestamptz'::regtype then
      lower_bound := pg_catalog.to_char(month, 'YYYY-MM-DD 00:00:00+00');
      upper_bound := pg_catalog.to_char(month + interval '1 month', 'YYYY-MM-DD 00:00:00+00');
    else
      lower_bound := pg_catalog.to_char(month, 'YYYY-MM-DD');
      upper_bound := pg_catalog.to_char(month + interval '1 month', 'YYYY-MM-DD');
    end if;
    bounds := case when is_default then 'default'
      else pg_catalog.format('for values from (%L) to (%L)', lower_bound, upper_bound) end;

    -- A table of its own first, so that the parent is locked for the ATTACH only.
    execute pg_catalog.format('create table %s (like %s including defaults including constraints including generated '
      'including storage including compression including statistics)%s', new_table, parent,
      case when storage is null or storage = '{}' then '' else ' with (' || pg_catalog.array_to_string(storage, ', ') || ')' end);
    execute pg_catalog.format('alter table %s enable row level security', new_table);
    for was in select a.attname, a.attstattarget from pg_catalog.pg_attribute a
      where a.attrelid = parent and a.attnum > 0 and not a.attisdropped and a.attstattarget >= 0
    loop
      execute pg_catalog.format('alter table %s alter column %I set statistics %s', new_table, was.attname, was.attstattarget);
    end loop;
    -- Default privileges may have given it to anybody.
    for role_name in
      select distinct case when a.grantee = 0 then 'public' else pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) end
      from pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a
      where c.oid = pg_catalog.to_regclass(new_table) and a.grantee <> c.relowner
    loop
      execute pg_catalog.format('revoke all on %s from %s', new_table, role_name);
    end loop;

    if default_partition is not null then
      -- Rows that wait there move without their triggers, which have fired when they came.
      execute pg_catalog.format('lock table %s in access exclusive mode', default_partition);
      for was in select t.tgname, t.tgenabled from pg_catalog.pg_trigger t
        where t.tgrelid = default_partition and t.tgparentid <> 0 and not t.tgisinternal and t.tgenabled <> 'D'
      loop
        execute pg_catalog.format('alter table %s disable trigger %I', default_partition, was.tgname);
      end loop;
      execute pg_catalog.format(
        'with moved as (delete from only %s where %I >= %L and %I < %L returning %s) insert into %s (%s) select %s from moved',
        default_partition, key_column, lower_bound, key_column, upper_bound, columns, new_table, columns, columns);
      for was in select t.tgname, p.tgenabled from pg_catalog.pg_trigger t
        join pg_catalog.pg_trigger p on p.oid = t.tgparentid
        where t.tgrelid = default_partition and not t.tgisinternal and p.tgenabled <> 'D'
      loop
        execute pg_catalog.format('alter table %s enable %s trigger %I', default_partition,
          case was.tgenabled when 'R' then 'replica' when 'A' then 'always' else '' end, was.tgname);
      end loop;
    end if;

    execute pg_catalog.format('alter table %s attach partition %s %s', parent, new_table, bounds);

    if parent_identity in ('f', 'n') then
      execute pg_catalog.format('alter table %s replica identity %s', new_table,
        case parent_identity when 'f' then 'full' else 'nothing' end);
    elsif parent_identity = 'i' then
      select i.indexrelid::regclass::text into identity_index
        from pg_catalog.pg_index i
        join pg_catalog.pg_inherits h on h.inhrelid = i.indexrelid
        join pg_catalog.pg_index p on p.indexrelid = h.inhparent and p.indisreplident
        where i.indrelid = pg_catalog.to_regclass(new_table);
      execute pg_catalog.format('alter table %s replica identity using index %I', new_table,
        (select c.relname from pg_catalog.pg_class c where c.oid = identity_index::regclass));
    end if;
    made := made + 1;
    if is_default then
      default_partition := new_table::regclass;
    else
      month := month + interval '1 month';
    end if;
  end loop;
  return made;
end
$ensure_partitions$;
revoke all on function {{ app | ident }}.ensure_partitions(regclass, integer, timestamptz, text[], boolean) from public;
