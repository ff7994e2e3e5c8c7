{%- if split %}
-- {{ old }}: back to the plain table that was set aside, with all that changed since. All or nothing; it can be run again.
-- After `finish.sql` there is no way back. Rows of partitions that were detached or dropped come back.
{%- else %}
-- {{ old }}: back to a plain table. Rows that came since are copied to it, while the table is locked: the sooner this is
-- done, the shorter that takes. All or nothing; it can be run again. Partitions that were detached or dropped are not brought back.
{%- endif %}
{%- import "macros.sql" as m %}
{%- import "split/catch_up.sql" as c %}
set statement_timeout = 0;
do $phase2_rollback$
declare
  phase2_attempt integer := 0;
  phase2_path text := current_setting('search_path');
  phase2_before bigint;
  phase2_after bigint;
  phase2_role text;
{%- for column in snapshot.columns if column.identity %}
  phase2_last_{{ loop.index }} bigint;
  phase2_called_{{ loop.index }} boolean;
{%- endfor %}
begin
  if (select relkind from pg_class where oid = {{ old | literal }}::regclass) <> 'p' then
    raise notice '{{ old }} is a plain table already';
    return;
  end if;
  if to_regclass({{ kept | literal }}) is null then
    raise exception '{{ kept }} is gone, and with it the way back';
  end if;
{%- for index in widened if not split %}
  if not exists (select from pg_index where indexrelid = to_regclass({{ (home | ident ~ "." ~ index.draft | ident) | literal }}) and indisvalid) then
    raise exception 'the index {{ home | ident }}.{{ index.draft | ident }} is not there or not valid: run the file that makes it first';
  end if;
{%- endfor %}
  perform set_config('search_path', '', true);
{%- if split %}
  for phase2_round in 1..100 loop
    exit when {{ sync.catch_up_back }}() < 1000;
  end loop;
{%- endif %}
{% call m.attempts("phase2 rollback", old, before="perform " ~ sync.catch_up_back ~ "();" if split else "") %}
{%- if split %}
      perform {{ sync.catch_up_back }}();
{%- else %}
      select count(*) into phase2_before from {{ old }};
{%- endif %}
{%- for function in snapshot.functions if function.has_row_type %}
      drop {{ function.kind }} {{ function.signature }};
{%- endfor %}
{%- for publication in snapshot.publications if publication.is_listed %}
      alter publication {{ publication.name | ident }} drop table {{ old }};
{%- endfor %}
{%- if not split %}
      alter table {{ old }} detach partition {{ kept }};
      alter table {{ kept }} drop constraint if exists {{ boundary_check | ident }};
      insert into {{ kept }} ({{ stored | idents | join(", ") }}) overriding system value
        select {{ stored | idents | join(", ") }} from {{ old }};
      select count(*) into phase2_after from {{ kept }};
      if phase2_before <> phase2_after then
        raise exception 'there were % rows, and % are in {{ kept }}: nothing was changed', phase2_before, phase2_after;
      end if;
{%- endif %}
      set constraints all immediate;

      -- The partitioned table steps aside; what is bound to it goes back.
{%- for sequence in snapshot.sequences %}
      alter sequence {{ sequence.schema | ident }}.{{ sequence.name | ident }} owned by none;
{%- endfor %}
{%- for statistic in snapshot.statistics %}
      drop statistics {{ statistic.schema | ident }}.{{ statistic.name | ident }};
{%- endfor %}
      alter table {{ old }} rename to {{ table_name | old | ident }};
      alter table {{ kept }} set schema {{ schema | ident }};
      alter table {{ schema | ident }}.{{ kept_name | ident }} rename to {{ table_name | ident }};
{%- for view in snapshot.views if view.kind == "v" and view.is_direct %}
{{- m.view(view) | indent(6) }}
{%- endfor %}
{{- m.materialized_views(home) | indent(6) }}
{%- for function in snapshot.functions %}
{{- m.function(function) | indent(6) }}
{%- endfor %}
{%- for policy in snapshot.foreign_policies %}
{{- m.altered_policy(policy, policy.table) | indent(6) }}
{%- endfor %}
{%- set aside = schema | ident ~ "." ~ table_name | old | ident %}
{%- for policy in snapshot.policies %}
      drop policy {{ policy.name | ident }} on {{ aside }};
{%- endfor %}
{%- for column in snapshot.columns if column.identity %}
      select last_value, is_called into phase2_last_{{ loop.index }}, phase2_called_{{ loop.index }}
        from {{ schema | ident }}.{{ column.sequence.name | ident }};
{%- endfor %}
      drop table {{ aside }};

      -- The table has again what it had.
{%- if not split %}
{%- for index in widened %}
{%- if index.constraint %}
      alter table {{ old }} drop constraint {{ index.name | kept | ident }};
      alter table {{ old }} add constraint {{ index.constraint | ident }} {{ index.kind }} using index {{ index.draft | ident }}{{ index.deferrable }};
{{- m.comment("constraint " ~ index.constraint | ident ~ " on " ~ old, index.constraint_comment) }}
{%- else %}
      drop index {{ schema | ident }}.{{ index.name | kept | ident }};
      alter index {{ schema | ident }}.{{ index.draft | ident }} rename to {{ index.name | ident }};
{%- endif %}
{{- m.comment("index " ~ schema | ident ~ "." ~ index.name | ident, index.comment) }}
{%- endfor %}
{%- if not key_is_not_null %}
      alter table {{ old }} alter column {{ key | ident }} drop not null;
{%- endif %}
{%- endif %}
{%- for index in indexes if split or not index.is_widened %}
      alter index {{ schema | ident }}.{{ index.name | kept | ident }} rename to {{ index.name | ident }};
{%- endfor %}
{%- for statistic in snapshot.statistics %}
{%- if statistic.schema != home %}
      alter statistics {{ home | ident }}.{{ statistic.name | kept | ident }} set schema {{ statistic.schema | ident }};
{%- endif %}
      alter statistics {{ statistic.schema | ident }}.{{ statistic.name | kept | ident }} rename to {{ statistic.name | ident }};
{%- endfor %}
{%- for column in snapshot.columns if column.identity %}
{%- set sequence = schema | ident ~ "." ~ column.sequence.name | ident %}
      alter table {{ old }} alter column {{ column.name | ident }}
        add generated {{ column.identity }} as identity {{ m.identity_options(column.sequence, schema) }};
      perform setval({{ sequence | literal }}, phase2_last_{{ loop.index }}, phase2_called_{{ loop.index }});
{{- m.sealed("sequence", sequence) | indent(4) }}
{{- m.grant("sequence " ~ sequence, column.sequence.grants) | indent(6) }}
{{- m.comment("sequence " ~ sequence, column.sequence.comment) }}
{%- endfor %}
{%- for sequence in snapshot.sequences %}
      alter sequence {{ sequence.schema | ident }}.{{ sequence.name | ident }} owned by {{ old }}.{{ sequence.column | ident }};
{%- endfor %}
{%- for key in snapshot.inbound %}
      alter table {{ key.table }} add constraint {{ key.name | ident }} {{ key.definition }} not valid;
{{- m.comment("constraint " ~ key.name | ident ~ " on " ~ key.table, key.comment) }}
{%- endfor %}
{%- if not snapshot.table.row_security %}
      alter table {{ old }} disable row level security;
{%- endif %}
{%- if snapshot.table.force_row_security %}
      alter table {{ old }} force row level security;
{%- endif %}
{{- m.policies(old) | indent(6) }}
{{- m.grants(old) | indent(6) }}
{{- m.triggers(old) | indent(6) }}
{%- for publication in snapshot.publications if publication.is_listed %}
      alter publication {{ publication.name | ident }} add table {{ old }}
        {%- if publication.columns %} ({{ publication.columns | idents | join(", ") }}){% endif %}
        {%- if publication.where is not none %} where ({{ publication.where }}){% endif %};
{%- if publish_via_root and not publication.via_root %}
      alter publication {{ publication.name | ident }} set (publish_via_partition_root = false);
{%- endif %}
{%- endfor %}
{%- if split %}
{{- c.dropped() | indent(6) }}
{%- endif %}
{%- for job in jobs %}
      drop function {{ job.function }}();
      if to_regprocedure('cron.unschedule(text)') is not null then
        execute 'select cron.unschedule(jobname) from cron.job where jobname = $1' using {{ job.name | literal }};
      end if;
{%- endfor %}
{% endcall %}
  perform set_config('search_path', phase2_path, true);
  perform pg_notify('pgrst', 'reload schema');
end
$phase2_rollback$;
{%- for key in snapshot.inbound %}
alter table {{ key.table }} validate constraint {{ key.name | ident }};
{%- endfor %}
reset statement_timeout;
