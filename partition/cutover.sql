-- {{ old }}: the cutover. All in one moment or not at all; if it stops, nothing has changed, and it can be run again.
{%- import "macros.sql" as m %}
{%- import "fingerprint.sql" as f %}
{%- import "split/catch_up.sql" as c %}
set statement_timeout = '10min';
do $phase2_cutover$
declare
  phase2_attempt integer := 0;
  phase2_role text;
  phase2_path text := current_setting('search_path');
  phase2_wrong text;
{%- for column in snapshot.columns if column.identity %}
  phase2_last_{{ loop.index }} bigint;
  phase2_called_{{ loop.index }} boolean;
{%- endfor %}
begin
  if (select relkind from pg_class where oid = {{ old | literal }}::regclass) = 'p' then
    raise notice '{{ old }} is partitioned already';
    return;
  end if;
  if to_regclass({{ twin | literal }}) is null then
    raise exception '{{ twin }} is not there: run the files before this one first';
  end if;
{%- if split %}
  if to_regclass({{ sync.progress | literal }}) is null then
    raise exception 'the rows of {{ old }} are not all copied: run the files before this one first';
  elsif not (select phase2_is_done from {{ sync.progress }}) then
    raise exception 'the rows of {{ old }} are not all copied: run the files before this one first';
  end if;
{%- else %}
  if not exists (select from pg_constraint where conrelid = {{ old | literal }}::regclass
                   and conname = {{ boundary_check | literal }} and convalidated) then
    raise exception 'the constraint {{ boundary_check }} is not validated: run the files before this one first';
  end if;
{%- for index in widened %}
  if not exists (select from pg_index where indexrelid = to_regclass({{ (schema | ident ~ "." ~ index.draft | ident) | literal }}) and indisvalid) then
    raise exception 'the index {{ index.draft }} is not there or not valid: run the file that makes it again';
  end if;
{%- endfor %}
{%- endif %}

  -- What the twin has must be what the table has today.
  perform set_config('search_path', '', true);
  with
  sides as (
    select is_twin, kind,
           regexp_replace(name, '^(' || {{ home | ident | pattern | literal }} || '|' || {{ schema | ident | pattern | literal }} || ')\.', '') as name,
           replace(replace(value, {{ old | literal }}, '<table>'), {{ (home | ident ~ ".") | literal }}, {{ (schema | ident ~ ".") | literal }}) as value
    from (
      select false as is_twin, r.* from ({{ f.fingerprint(old | literal ~ "::regclass", boundary_check | literal) }}) r
      union all
      select true, r.* from ({{ f.fingerprint(twin | literal ~ "::regclass", boundary_check | literal) }}) r
    ) both_sides
    where kind not in ({{ bound_kinds }})
  )
  select string_agg(distinct kind || ' ' || name, ', ') into phase2_wrong
  from (
    (select kind, name, value from sides where not is_twin except select kind, name, value from sides where is_twin)
    union all
    (select kind, name, value from sides where is_twin except select kind, name, value from sides where not is_twin)
  ) d
  where (kind, name) not in ({% for row in accepted_now %}({{ row.kind | literal }}, {{ row.name | literal }}), {% endfor %}('', ''));
  if phase2_wrong is not null then
    raise exception '{{ old }} has changed since these files were written: %', phase2_wrong
      using hint = 'Drop {{ twin }}, delete these migrations, and let `phase2 partition` write them anew.';
  end if;
  -- What is bound to the table must be what these files make anew.
  with expected(kind, name, value) as (values
{%- for row in bound %}
    ({{ row.kind | literal }}, {{ row.name | literal }}, {{ row.digest | literal }}),
{%- endfor %}
    ('', '', '')),
  found as (
    select kind, name, md5(value) as value from ({{ f.fingerprint(old | literal ~ "::regclass", boundary_check | literal) }}) r
    where kind in ({{ bound_kinds }}) and not starts_with(name, {{ (twin ~ " ") | literal }})
  )
  select string_agg(coalesce(e.kind, r.kind) || ' ' || coalesce(e.name, r.name), ', ') into phase2_wrong
  from expected e full join found r on r.kind = e.kind and r.name = e.name
  where e.value is distinct from r.value and coalesce(e.kind, '-') <> '';
  if phase2_wrong is not null then
    -- An empty table is one that migrations build anew, perhaps on another version.
    if exists (select from {{ old }}) then
      raise exception 'what is bound to {{ old }} has changed since these files were written: %', phase2_wrong
        using hint = 'Drop {{ twin }}, delete these migrations, and let `phase2 partition` write them anew.';
    end if;
    raise notice 'what is bound to {{ old }} was another when these files were written: %', phase2_wrong;
  end if;
{%- if split %}
  -- What changed since the copy. Little is left to follow under the lock.
  for phase2_round in 1..100 loop
    exit when {{ sync.catch_up }}() < 1000;
  end loop;
{%- endif %}
{% call m.attempts("phase2 partition", old, before="perform " ~ sync.catch_up ~ "();" if split else "") %}
{%- if split %}
      perform {{ sync.catch_up }}();
      set constraints all immediate;
      drop trigger phase2_sync on {{ old }};
      drop trigger phase2_sync_truncate on {{ old }};
      -- The table steps aside: it gives up what belongs to the whole.
{%- else %}
      -- The table becomes the partition of the past: it gives up what belongs to the whole.
{%- endif %}
{%- for function in snapshot.functions if function.has_row_type %}
      drop {{ function.kind }} {{ function.signature }};
{%- endfor %}
{%- for trigger in snapshot.triggers %}
      drop trigger {{ trigger.name | ident }} on {{ old }};
{%- endfor %}
{%- for policy in snapshot.policies %}
      drop policy {{ policy.name | ident }} on {{ old }};
{%- endfor %}
{%- for key in snapshot.inbound %}
      alter table {{ key.table }} drop constraint {{ key.name | ident }};
{%- endfor %}
{%- for publication in snapshot.publications if publication.is_listed %}
      alter publication {{ publication.name | ident }} drop table {{ old }};
{%- endfor %}
{{- m.sealed("table", old) | indent(4) }}
{%- for column in snapshot.columns if column.grants %}
      revoke all ({{ column.name | ident }}) on {{ old }} from {{ everybody | join(", ") }};
{%- endfor %}
      alter table {{ old }} enable row level security;
{%- if snapshot.table.force_row_security %}
      alter table {{ old }} no force row level security;
{%- endif %}
{%- for column in snapshot.columns if column.identity %}
      select last_value, is_called into phase2_last_{{ loop.index }}, phase2_called_{{ loop.index }}
        from {{ schema | ident }}.{{ column.sequence.name | ident }};
      perform setval({{ (home | ident ~ "." ~ column.sequence.name | ident) | literal }}, phase2_last_{{ loop.index }}, phase2_called_{{ loop.index }});
      alter table {{ old }} alter column {{ column.name | ident }} drop identity;
{%- endfor %}
{%- for sequence in snapshot.sequences %}
      alter sequence {{ sequence.schema | ident }}.{{ sequence.name | ident }} owned by none;
{%- endfor %}
{%- if not split %}
{%- if not key_is_not_null %}
      alter table {{ old }} alter column {{ key | ident }} set not null;
{%- endif %}
{%- for index in widened %}
{%- if index.constraint %}
      alter table {{ old }} drop constraint {{ index.constraint | ident }};
      alter table {{ old }} add constraint {{ index.name | kept | ident }} {{ index.kind }} using index {{ index.draft | ident }}{{ index.deferrable }};
{%- else %}
      drop index {{ schema | ident }}.{{ index.name | ident }};
      alter index {{ schema | ident }}.{{ index.draft | ident }} rename to {{ index.name | kept | ident }};
{%- endif %}
{%- endfor %}
{%- endif %}
{%- for index in indexes if split or not index.is_widened %}
      alter index {{ schema | ident }}.{{ index.name | ident }} rename to {{ index.name | kept | ident }};
{%- endfor %}
{%- for statistic in snapshot.statistics %}
      alter statistics {{ statistic.schema | ident }}.{{ statistic.name | ident }} rename to {{ statistic.name | kept | ident }};
{%- if statistic.schema != home %}
      alter statistics {{ statistic.schema | ident }}.{{ statistic.name | kept | ident }} set schema {{ home | ident }};
      alter statistics {{ home | ident }}.{{ statistic.name | ident }} set schema {{ statistic.schema | ident }};
{%- endif %}
{%- endfor %}
      alter table {{ old }} rename to {{ kept_name | ident }};
      alter table {{ schema | ident }}.{{ kept_name | ident }} set schema {{ home | ident }};

      -- The twin takes its place.
      alter table {{ twin }} set schema {{ schema | ident }};
{%- if split %}
{%- if snapshot.table.force_row_security %}
      alter table {{ old }} force row level security;
{%- endif %}
{{- m.triggers(old) | indent(6) }}
{{- c.noted(old, kept) | indent(6) }}
{%- else %}
      alter table {{ old }} attach partition {{ kept }} for values from (minvalue) to ({{ boundary | literal }});
{%- endif %}
{%- if not split and snapshot.table.replica_identity == "i" %}
{%- for index in indexes if index.is_replica_identity %}
      alter table {{ kept }} replica identity using index {{ index.name | kept | ident }};
{%- endfor %}
{%- endif %}
{%- for sequence in snapshot.sequences %}
      alter sequence {{ sequence.schema | ident }}.{{ sequence.name | ident }} owned by {{ old }}.{{ sequence.column | ident }};
{%- endfor %}
{%- for publication in snapshot.publications %}
{%- if publication.is_listed %}
      alter publication {{ publication.name | ident }} add table {{ old }}
        {%- if publication.columns %} ({{ publication.columns | idents | join(", ") }}){% endif %}
        {%- if publication.where is not none %} where ({{ publication.where }}){% endif %};
{%- endif %}
{%- if publish_via_root and not publication.via_root %}
      alter publication {{ publication.name | ident }} set (publish_via_partition_root = true);
{%- endif %}
{%- endfor %}

      -- What was bound to the old table.
{%- for view in snapshot.views if view.kind == "v" and view.is_direct %}
{{- m.view(view) | indent(6) }}
{%- endfor %}
{%- for function in snapshot.functions %}
{{- m.function(function) | indent(6) }}
{%- endfor %}
{%- for policy in own_policies %}
{{- m.altered_policy(policy, old) | indent(6) }}
{%- endfor %}
{%- for policy in snapshot.foreign_policies %}
{{- m.altered_policy(policy, policy.table) | indent(6) }}
{%- endfor %}
{% endcall %}
  perform set_config('search_path', phase2_path, true);
  perform pg_notify('pgrst', 'reload schema');
end
$phase2_cutover$;
reset statement_timeout;
