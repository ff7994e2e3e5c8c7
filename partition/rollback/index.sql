-- {{ old }}: back to a plain table, the index that it needs, made while the table is in use.
-- CONCURRENTLY can't run inside of a transaction: psql "$DATABASE_URL" -f {{ file }}
set statement_timeout = 0;
drop index concurrently if exists {{ home | ident }}.{{ index.draft | ident }};
create unique index concurrently {{ index.draft | ident }} on {{ kept }} {{ index.before }};
reset statement_timeout;
