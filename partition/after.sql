-- {{ old }}: the work behind the cutover.
{%- import "macros.sql" as m %}
set statement_timeout = 0;
select {{ jobs[0].function }}();
analyze {{ old }};
do $phase2$
begin
  if to_regprocedure('cron.schedule(text, text, text)') is not null then
{%- for job in jobs %}
    execute format('select cron.schedule(%L, %L, %L)', {{ job.name | literal }}, {{ job.schedule | literal }}, {{ ("select " ~ job.function ~ "()") | literal }});
{%- endfor %}
  else
{%- for job in jobs %}
    raise notice 'pg_cron is not installed: let something call % once a day', {{ ("select " ~ job.function ~ "()") | literal }};
{%- endfor %}
  end if;
end
$phase2$;
notify pgrst, 'reload schema';
{%- if not split %}
-- The bounds of the partition say what its check says. Last, as its lock is held to the end of the transaction.
do $phase2$
declare
  phase2_attempt integer := 0;
begin
{%- call m.attempts("phase2 partition", kept) %}
      alter table {{ kept }} drop constraint if exists {{ boundary_check | ident }};
{%- endcall %}
end
$phase2$;
{%- endif %}
reset statement_timeout;
