-- {{ old }}: reads all rows once, while the table is in use, so that the cutover needn't.
set statement_timeout = 0;
do $phase2$
begin
  if (select relkind from pg_class where oid = {{ old | literal }}::regclass) = 'r' then
    alter table {{ old }} validate constraint {{ boundary_check | ident }};
  end if;
end
$phase2$;
reset statement_timeout;
