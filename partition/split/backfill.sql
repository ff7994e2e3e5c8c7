-- {{ old }}: copies the rows to the months, {{ batch }} at a time, while the table is in use.
-- With psql each batch is kept at once, and an interrupted copy goes on where it was when this is run again:
--   psql "$DATABASE_URL" -f {{ file }}
--   supabase migration repair --status applied {{ version }}
-- The Supabase CLI runs it in one transaction: that's right for some million rows, and holds vacuum back for its time.
set statement_timeout = 0;
-- It lasts to the end of the transaction: so the next statement sees whether it has one of its own.
select set_config('phase2.one_transaction', 'yes', true);
do $phase2_backfill$
begin
  if (select relkind from pg_class where oid = {{ old | literal }}::regclass) = 'p' then
    raise notice '{{ old }} is partitioned already';
    return;
  end if;
  if to_regclass({{ sync.progress | literal }}) is null then
    raise exception '{{ sync.progress }} is not there: run the files before this one first';
  end if;
  call {{ sync.backfill }}({{ batch }});
  analyze {{ twin }};
end
$phase2_backfill$;
reset statement_timeout;
