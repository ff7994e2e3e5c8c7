-- {{ old }}: an index that the partition of its past needs, made while the table is in use.
-- CONCURRENTLY can't run inside of a transaction. The Supabase CLI runs this file from version 2.109 on. With an older one:
--   psql "$DATABASE_URL" -f {{ file }}
--   supabase migration repair --status applied {{ version }}
-- If it was interrupted, run it again: it takes away what is left of the first attempt.
set statement_timeout = 0;
drop index concurrently if exists {{ schema | ident }}.{{ index.draft | ident }};
create unique index concurrently {{ index.draft | ident }} on {{ old }} {{ index.after }};
reset statement_timeout;
