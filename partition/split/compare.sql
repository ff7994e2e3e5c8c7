-- {{ old }}: are all rows in the months, each as it is in the table? Both are read at one moment, while they are in use; rows that
-- changed and weren't taken over yet are left out.
set statement_timeout = 0;
set timezone = 'UTC';
do $phase2_compare$
declare
  phase2_rows bigint;
  phase2_copies bigint;
  phase2_are_equal boolean;
begin
  if (select relkind from pg_class where oid = {{ old | literal }}::regclass) = 'p' then
    raise notice '{{ old }} is partitioned already';
    return;
  end if;
  if to_regclass({{ sync.progress | literal }}) is null then
    raise exception 'the rows of {{ old }} are not all copied: run the files before this one first';
  elsif not (select phase2_is_done from {{ sync.progress }}) then
    raise exception 'the rows of {{ old }} are not all copied: run the files before this one first';
  end if;
  perform {{ sync.catch_up }}();
  select o.number, c.number, o.number = c.number and o.hash is not distinct from c.hash
    into phase2_rows, phase2_copies, phase2_are_equal
    from
{%- for table in [old, twin] %}
      (select count(*) as number, sum(hashtextextended(t::text, 0)::numeric) as hash from {{ table }} t
        where not exists (select from {{ sync.changes }} c where {% for column in primary_key %}c.{{ column | ident }} = t.{{ column | ident }}{{ "" if loop.last else " and " }}{% endfor %})) {{ "o," if loop.first else "c;" }}
{%- endfor %}
  if not phase2_are_equal then
    raise exception 'the copy is not the same: % rows in {{ old }}, % in {{ twin }}', phase2_rows, phase2_copies;
  end if;
  raise notice '% rows are the same in {{ old }} and {{ twin }}', phase2_rows;
end
$phase2_compare$;
reset timezone;
reset statement_timeout;
