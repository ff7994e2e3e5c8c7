-- {{ old }} becomes a table with monthly partitions: the empty twin.
-- It has all that {{ old }} has, and is not used yet.
{%- import "macros.sql" as m %}
set lock_timeout = '3s';
set statement_timeout = '10min';
create schema if not exists {{ home | ident }};
revoke all on schema {{ home | ident }} from {{ everybody | join(", ") }};
create schema if not exists {{ app | ident }};

create table {{ twin }} (
{%- for column in snapshot.columns %}
  {{ column.name | ident }} {{ column.type }}
  {%- if column.collation %} collate {{ column.collation }}{% endif %}
  {%- if column.not_null or column.name == key %}{% if column.not_null_name %} constraint {{ column.not_null_name | ident }}{% endif %} not null{% endif %}
  {%- if column.default is not none %} default {{ column.default }}{% endif %}
  {%- if column.generated %} generated always as ({{ column.expression }}) {{ column.generated }}{% endif %}
  {%- if column.identity %} generated {{ column.identity }} as identity {{ m.identity_options(column.sequence, home) }}{% endif %}
  {{- "" if loop.last else "," }}
{%- endfor %}
) partition by range ({{ key | ident }});
alter table {{ twin }} owner to {{ snapshot.table.owner | ident }};
{%- for column in snapshot.columns %}
{%- if column.storage %}
alter table {{ twin }} alter column {{ column.name | ident }} set storage {{ column.storage }};
{%- endif %}
{%- if column.compression %}
alter table {{ twin }} alter column {{ column.name | ident }} set compression {{ column.compression }};
{%- endif %}
{%- if column.statistics is not none %}
alter table {{ twin }} alter column {{ column.name | ident }} set statistics {{ column.statistics }};
{%- endif %}
{%- if column.options %}
alter table {{ twin }} alter column {{ column.name | ident }} set ({{ column.options | join(", ") }});
{%- endif %}
{{- m.comment("column " ~ twin ~ "." ~ column.name | ident, column.comment) }}
{%- endfor %}
{{- m.comment("table " ~ twin, snapshot.table.comment) }}

-- Constraints and indexes. Those that are unique hold the key.
{%- for constraint in constraints %}
alter table {{ twin }} add constraint {{ constraint.name | ident }} {{ constraint.after }};
{{- m.comment("constraint " ~ constraint.name | ident ~ " on " ~ twin, constraint.comment) }}
{%- endfor %}
{%- for index in indexes %}
{%- if not index.constraint %}
create {{ "unique " if index.is_unique else "" }}index {{ index.name | ident }} on {{ twin }} {{ index.after }};
{%- endif %}
{{- m.comment("index " ~ home | ident ~ "." ~ index.name | ident, index.comment) }}
{%- endfor %}
{%- for statistic in snapshot.statistics %}
create statistics {{ home | ident }}.{{ statistic.name | ident }} {% if statistic.kinds %}({{ statistic.kinds | join(", ") }}) {% endif %}on {{ statistic.columns }} from {{ twin }};
{%- if statistic.target is not none %}
alter statistics {{ home | ident }}.{{ statistic.name | ident }} set statistics {{ statistic.target }};
{%- endif %}
{{- m.comment("statistics " ~ home | ident ~ "." ~ statistic.name | ident, statistic.comment) }}
{%- endfor %}
{%- if snapshot.table.replica_identity == "f" %}
alter table {{ twin }} replica identity full;
{%- elif snapshot.table.replica_identity == "n" %}
alter table {{ twin }} replica identity nothing;
{%- elif snapshot.table.replica_identity == "i" %}
{%- for index in indexes if index.is_replica_identity %}
alter table {{ twin }} replica identity using index {{ index.name | ident }};
{%- endfor %}
{%- endif %}

-- Who may do what.
{%- if snapshot.table.row_security %}
alter table {{ twin }} enable row level security;
{%- endif %}
{%- if snapshot.table.force_row_security and not split %}
alter table {{ twin }} force row level security;
{%- endif %}
{{- m.policies(twin) }}
do $phase2$
declare
  phase2_role text;
begin
{{- m.sealed("table", twin) }}
{%- for column in snapshot.columns if column.identity %}
{{- m.sealed("sequence", home | ident ~ "." ~ column.sequence.name | ident) }}
{%- endfor %}
end
$phase2$;
{{- m.grants(twin) }}
{%- for column in snapshot.columns if column.identity %}
{%- set sequence = home | ident ~ "." ~ column.sequence.name | ident %}
{{- m.grant("sequence " ~ sequence, column.sequence.grants) }}
{{- m.comment("sequence " ~ sequence, column.sequence.comment) }}
{%- endfor %}
{%- if not split %}
{{- m.triggers(twin) }}
{%- endif %}

{% include "partition_bounds.sql" %}
{% include "ensure_partitions.sql" %}
alter function {{ app | ident }}.partition_bounds(regclass) owner to {{ snapshot.table.owner | ident }};
alter function {{ app | ident }}.ensure_partitions(regclass, integer, timestamptz, text[], boolean) owner to {{ snapshot.table.owner | ident }};
{%- if retires %}
{% include "retire_partitions.sql" %}
alter function {{ app | ident }}.retire_partitions(regclass, integer, boolean) owner to {{ snapshot.table.owner | ident }};
{%- endif %}
{%- for job in jobs %}
create or replace function {{ job.function }}() returns integer
language sql
security definer
set search_path = ''
as $$ select {{ app | ident }}.{{ job.call }} $$;
revoke all on function {{ job.function }}() from {{ everybody | join(", ") }};
alter function {{ job.function }}() owner to {{ snapshot.table.owner | ident }};
{%- endfor %}

{%- if split %}
-- What is older than the first month.
do $phase2$
declare
  phase2_role text;
begin
{{- m.partition(earlier, "for values from (minvalue) to (" ~ boundary | literal ~ ")") }}
end
$phase2$;
{%- endif %}
-- The months from {{ boundary_day }} on.
select {{ app | ident }}.ensure_partitions({{ twin | literal }}::regclass, {{ ahead }}, {{ boundary | literal }},
  {%- if snapshot.table.options %} array[{% for option in snapshot.table.options %}{{ option | literal }}{{ "" if loop.last else ", " }}{% endfor %}]{% else %} null{% endif %}, {{ has_default_partition }});
reset statement_timeout;
reset lock_timeout;
