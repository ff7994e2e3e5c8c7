{#- What keeps a copy of a table like the table. -#}

{%- macro columns(prefix, names) -%}
{%- for name in names %}{{ prefix }}{{ name | ident }}{{ "" if loop.last else ", " }}{% endfor %}
{%- endmacro -%}

{%- macro last(progress) -%}
{%- for name in primary_key %}(select p.{{ name | ident }} from {{ progress }} p){{ "" if loop.last else ", " }}{% endfor %}
{%- endmacro -%}

{#- A function that takes over the rows that changed: away with them as they were, and in as they are now. The state is read behind
   the note, so that whatever is missed has a note of its own. -#}
{%- macro catch_up(name, source, target, condition) %}
  create function {{ name }}() returns bigint
  language plpgsql
  security definer
  set search_path = ''
  set timezone = 'UTC'
  as $catch_up$
  declare
    phase2_taken bigint[];
    phase2_row record;
  begin
    for phase2_attempt in 1..50 loop
      begin
        select array_agg(c.phase2_seq) into phase2_taken from {{ sync.changes }} c;
        if phase2_taken is null then
          return 0;
        end if;
        -- The table, then its copy: a TRUNCATE locks them in this order.
        lock table {{ source }} in access share mode;
        for phase2_row in select distinct {{ columns("c.", located) }} from {{ sync.changes }} c where c.phase2_seq = any (phase2_taken) loop
          delete from {{ target }} t where {% for column in located %}t.{{ column | ident }} = phase2_row.{{ column | ident }}{{ "" if loop.last else " and " }}{% endfor %};
        end loop;
        for phase2_row in
          select distinct {{ columns("c.", primary_key) }} from {{ sync.changes }} c, {{ sync.progress }} p
          where c.phase2_seq = any (phase2_taken) and ({{ condition }})
        loop
          insert into {{ target }} ({{ stored | idents | join(", ") }}) overriding system value
            select {{ columns("t.", stored) }} from {{ source }} t
            where {% for column in primary_key %}t.{{ column | ident }} = phase2_row.{{ column | ident }}{{ "" if loop.last else " and " }}{% endfor %};
        end loop;
        delete from {{ sync.changes }} c where c.phase2_seq = any (phase2_taken);
        return pg_catalog.cardinality(phase2_taken);
      exception when unique_violation or foreign_key_violation then
        if phase2_attempt = 50 then
          raise;
        end if;
      end;
    end loop;
  end
  $catch_up$;
{%- endmacro -%}

{%- macro batch(source, target, condition) %}
          with batch as materialized (
            select {{ columns("t.", stored) }} from {{ source }} t {{ condition }}
            order by {{ columns("t.", primary_key) }} limit phase2_batch
          ),
          copied as (
            insert into {{ target }} ({{ stored | idents | join(", ") }}) overriding system value
              select {{ columns("b.", stored) }} from batch b
          ),
          the_last as (
            select {{ columns("b.", primary_key) }} from batch b order by {% for name in primary_key %}b.{{ name | ident }} desc{{ "" if loop.last else ", " }}{% endfor %} limit 1
          )
          update {{ sync.progress }} p
            set {% for name in primary_key %}{{ name | ident }} = coalesce((select l.{{ name | ident }} from the_last l), p.{{ name | ident }}), {% endfor %}
                phase2_copied = p.phase2_copied + (select count(*) from batch),
                phase2_is_done = (select count(*) from batch) < phase2_batch
            returning p.phase2_is_done into phase2_is_done;
{%- endmacro -%}

{#- Triggers that note the changes of a table, also those of a replication. -#}
{%- macro noted(on, target) %}
create trigger phase2_sync after insert or update or delete on {{ on }} for each row execute function {{ sync.note }}();
create trigger phase2_sync_truncate after truncate on {{ on }} for each statement execute function {{ sync.note }}({{ target | literal }});
alter table {{ on }} enable always trigger phase2_sync;
alter table {{ on }} enable always trigger phase2_sync_truncate;
{%- endmacro -%}

{%- macro dropped() %}
drop procedure {{ sync.backfill }}(integer);
drop function {{ sync.copy }}(integer);
drop function {{ sync.catch_up }}();
drop function {{ sync.catch_up_back }}();
drop function {{ sync.note }}();
drop table {{ sync.changes }}, {{ sync.progress }};
{%- endmacro -%}
