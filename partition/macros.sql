{#- What several of the files have in common. `on` is always the table's name as SQL has it. -#}

{%- macro comment(what, text) %}
{%- if text is not none %}
comment on {{ what }} is {{ text | literal }};
{%- endif %}
{%- endmacro -%}

{#- Takes a table's lock for a moment: tries, gives way to those who wait behind, and tries again. Each attempt is undone as a
   whole if a lock can't be had. `before` is done ahead of each, without the lock. -#}
{%- macro attempts(tag, table, before="") %}
  loop
    phase2_attempt := phase2_attempt + 1;
{%- if before %}
    {{ before }}
{%- endif %}
    begin
      perform set_config('lock_timeout', '{{ lock_timeout }}ms', true);
      lock table {{ table }} in access exclusive mode;
      perform set_config('lock_timeout', '{{ lock_timeout // 2 }}ms', true);
{{ caller() }}
      exit;
    exception when lock_not_available or deadlock_detected then
      if phase2_attempt >= {{ attempts_at_most }} then
        raise exception '{{ tag }}: {{ table }} was busy at all of % attempts; nothing was changed', phase2_attempt
          using hint = 'Look into pg_stat_activity for transactions that are open for long, then run this file again.';
      end if;
      perform pg_sleep(0.3 + random() * 0.7);
    end;
  end loop;
{%- endmacro -%}

{%- macro policies(on) %}
{%- for policy in snapshot.policies %}
create policy {{ policy.name | ident }} on {{ on }}
  as {{ "permissive" if policy.is_permissive else "restrictive" }} for {{ policy.command }} to {{ policy.roles | join(", ") }}
  {%- if policy.using is not none %}
  using ({{ policy.using }})
  {%- endif %}
  {%- if policy.check is not none %}
  with check ({{ policy.check }})
  {%- endif %};
{{- comment("policy " ~ policy.name | ident ~ " on " ~ on, policy.comment) }}
{%- endfor %}
{%- endmacro -%}

{%- macro altered_policy(policy, on) %}
alter policy {{ policy.name | ident }} on {{ on }}
  {%- if policy.using is not none %}
  using ({{ policy.using }})
  {%- endif %}
  {%- if policy.check is not none %}
  with check ({{ policy.check }})
  {%- endif %};
{%- endmacro -%}

{%- macro triggers(on) %}
{%- for trigger in snapshot.triggers %}
{{ trigger.definition | retarget(on) }};
{%- if trigger.enabled == "D" %}
alter table {{ on }} disable trigger {{ trigger.name | ident }};
{%- elif trigger.enabled != "O" %}
alter table {{ on }} enable {{ "always" if trigger.enabled == "A" else "replica" }} trigger {{ trigger.name | ident }};
{%- endif %}
{{- comment("trigger " ~ trigger.name | ident ~ " on " ~ on, trigger.comment) }}
{%- endfor %}
{%- endmacro -%}

{%- macro grant(what, list, column="") %}
{%- for grant in list %}
grant {{ grant.privilege }}{% if column %} ({{ column | ident }}){% endif %} on {{ what }} to {{ grant.grantee }}{{ " with grant option" if grant.grantable else "" }};
{%- endfor %}
{%- endmacro -%}

{%- macro grants(on) %}
{{- grant("table " ~ on, snapshot.table.grants) }}
{%- for column in snapshot.columns %}{{ grant("table " ~ on, column.grants, column.name) }}{% endfor %}
{%- endmacro -%}

{#- Takes away whatever others than the owner may do; default privileges may have given it. -#}
{%- macro sealed(kind, name) %}
  for phase2_role in
    select distinct case when a.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
    from pg_class c, aclexplode(c.relacl) a where c.oid = {{ name | literal }}::regclass and a.grantee <> c.relowner
  loop
    execute format('revoke all on {{ kind }} %s from %s', {{ name | literal }}::regclass, phase2_role);
  end loop;
{%- endmacro -%}

{%- macro identity_options(sequence, schema) -%}
(sequence name {{ schema | ident }}.{{ sequence.name | ident }} start with {{ sequence.start }} increment by {{ sequence.increment }} minvalue {{ sequence.min }} maxvalue {{ sequence.max }} cache {{ sequence.cache }}{{ " cycle" if sequence.cycle else "" }})
{%- endmacro -%}

{%- macro view(view) %}
create or replace view {{ view.schema | ident }}.{{ view.name | ident }}
  {%- if view.options %} with ({{ view.options | join(", ") }}){% endif %} as
{{ view.definition }};
{%- endmacro -%}

{#- A function that names the row type can't be replaced: it is dropped before the swap and made anew behind it. -#}
{%- macro function(function) %}
execute {{ function.definition | quoted }};
{%- if function.has_row_type %}
alter {{ function.kind }} {{ function.signature }} owner to {{ function.owner | ident }};
revoke all on {{ function.kind }} {{ function.signature }} from {{ everybody | join(", ") }};
{{- grant(function.kind ~ " " ~ function.signature, function.grants) }}
{{- comment(function.kind ~ " " ~ function.signature, function.comment) }}
{%- endif %}
{%- endmacro -%}

{#- Makes a materialized view anew under the name of the old one, which stays beside it until nothing is bound to it. Its data
   are gathered before the old one is locked. `home` is a schema for the meantime. -#}
{%- macro materialized_view(view, home) %}
{%- set draft = home | ident ~ "." ~ view.name | ident %}
{%- set name = view.schema | ident ~ "." ~ view.name | ident %}
create materialized view {{ draft }}
  {%- if view.options %} with ({{ view.options | join(", ") }}){% endif %} as
{{ view.definition }}
with {{ "" if view.is_populated else "no " }}data;
alter materialized view {{ draft }} owner to {{ view.owner | ident }};
revoke all on {{ draft }} from {{ everybody | join(", ") }};
{{- grant("table " ~ draft, view.grants) }}
{%- for given in view.column_grants %}{{ grant("table " ~ draft, [given], given.column) }}{% endfor %}
{{- comment("materialized view " ~ draft, view.comment) }}
{%- for column in view.column_comments %}{{ comment("column " ~ draft ~ "." ~ column.name | ident, column.comment) }}{% endfor %}
{%- for index in view.indexes %}
{{ index.definition | retarget(draft) }};
{{- comment("index " ~ home | ident ~ "." ~ index.name | ident, index.comment) }}
{%- endfor %}
alter materialized view {{ name }} rename to {{ view.name | old | ident }};
{%- for index in view.indexes %}
alter index {{ view.schema | ident }}.{{ index.name | ident }} rename to {{ index.name | old | ident }};
{%- endfor %}
alter materialized view {{ draft }} set schema {{ view.schema | ident }};
{%- endmacro -%}

{%- macro materialized_views(home) %}
{%- for item in snapshot.views if item.kind == "m" or item.depth > 0 %}
{{ materialized_view(item, home) if item.kind == "m" else view(item) }}
{%- endfor %}
{%- for item in snapshot.views | reverse if item.kind == "m" %}
drop materialized view {{ item.schema | ident }}.{{ item.name | old | ident }};
{%- endfor %}
{%- endmacro -%}

{#- A partition that is no month, of the twin before it is used: like those that `ensure_partitions` makes. -#}
{%- macro partition(name, bounds) %}
  create table {{ name }} partition of {{ twin }} {{ bounds }}{% if snapshot.table.options %} with ({{ snapshot.table.options | join(", ") }}){% endif %};
  alter table {{ name }} owner to {{ snapshot.table.owner | ident }};
  alter table {{ name }} enable row level security;
{%- for column in snapshot.columns if column.statistics is not none %}
  alter table {{ name }} alter column {{ column.name | ident }} set statistics {{ column.statistics }};
{%- endfor %}
{%- if snapshot.table.replica_identity == "f" %}
  alter table {{ name }} replica identity full;
{%- elif snapshot.table.replica_identity == "n" %}
  alter table {{ name }} replica identity nothing;
{%- elif snapshot.table.replica_identity == "i" %}
  execute (
    select format('alter table %s replica identity using index %I', i.indrelid::regclass, c.relname)
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    join pg_inherits h on h.inhrelid = i.indexrelid
    join pg_index p on p.indexrelid = h.inhparent and p.indisreplident
    where i.indrelid = {{ name | literal }}::regclass);
{%- endif %}
{{- sealed("table", name) }}
{%- endmacro -%}
