-- {{ old }}: gives up the way back: drops {{ kept }}, which is the table as it was, and no longer notes which rows change.
-- Run it when you are content, rather in days than in months: until then each write leaves a note in {{ sync.changes }}.
{%- import "macros.sql" as m %}
{%- import "split/catch_up.sql" as c %}
set statement_timeout = '10min';
do $phase2_finish$
declare
  phase2_attempt integer := 0;
begin
  if to_regclass({{ sync.changes | literal }}) is null then
    raise notice 'that was done before';
    return;
  end if;
  if (select relkind from pg_class where oid = {{ old | literal }}::regclass) <> 'p' then
    raise exception '{{ old }} is not partitioned yet';
  end if;
{%- call m.attempts("phase2 finish", old) %}
      drop trigger phase2_sync on {{ old }};
      drop trigger phase2_sync_truncate on {{ old }};
      drop table {{ kept }};
{{- c.dropped() | indent(6) }}
{%- endcall %}
end
$phase2_finish$;
reset statement_timeout;
