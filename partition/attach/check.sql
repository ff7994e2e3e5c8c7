-- {{ old }}: new rows must lie before {{ boundary_day }}, until the months from there on are attached.
{%- import "macros.sql" as m %}
set statement_timeout = '10min';
do $phase2$
declare
  phase2_attempt integer := 0;
begin
  if (select relkind from pg_class where oid = {{ old | literal }}::regclass) = 'p' then
    raise notice '{{ old }} is partitioned already';
    return;
  end if;
  if now() > {{ boundary | literal }}::timestamptz - interval '1 day' and exists (select from {{ old }}) then
    raise exception 'the months begin on {{ boundary_day }}, which is not a day away: after it {{ old }} would refuse new rows'
      using hint = 'Drop {{ twin }}, delete these migrations, and let `phase2 partition` write them anew.';
  end if;
  if exists (select from pg_constraint where conrelid = {{ old | literal }}::regclass and conname = {{ boundary_check | literal }}) then
    return;
  end if;
{%- call m.attempts("phase2 partition", old) %}
      alter table {{ old }} add constraint {{ boundary_check | ident }}
        check ({{ key | ident }} is not null and {{ key | ident }} < {{ boundary | literal }}) not valid;
{%- endcall %}
end
$phase2$;
reset statement_timeout;
