-- {{ old }}: from here on a trigger notes which rows change, so that the copy can follow. No write waits for the copy.
{%- import "macros.sql" as m %}
{%- import "split/catch_up.sql" as c %}
set statement_timeout = '10min';
do $phase2_sync$
declare
  phase2_attempt integer := 0;
  phase2_role text;
begin
  if (select relkind from pg_class where oid = {{ old | literal }}::regclass) = 'p' then
    raise notice '{{ old }} is partitioned already';
    return;
  end if;
  if to_regclass({{ sync.changes | literal }}) is not null then
    return;
  end if;
  -- Where a row that changed was, or is.
  create table {{ sync.changes }} as select {{ located | idents | join(", ") }} from {{ old }} with no data;
  alter table {{ sync.changes }} add column phase2_seq bigint generated always as identity primary key;
  -- The last row that was copied, in the order of the primary key.
  create table {{ sync.progress }} as select {{ primary_key | idents | join(", ") }} from {{ old }} with no data;
  alter table {{ sync.progress }} add column phase2_copied bigint not null default 0, add column phase2_is_done boolean not null default false;
  insert into {{ sync.progress }} (phase2_copied) values (0);
{%- for table in [sync.changes, sync.progress] %}
  alter table {{ table }} owner to {{ snapshot.table.owner | ident }};
  alter table {{ table }} enable row level security;
{{- m.sealed("table", table) }}
{%- endfor %}

  create function {{ sync.note }}() returns trigger
  language plpgsql
  security definer
  set search_path = ''
  as $note$
  begin
    if tg_op = 'TRUNCATE' then
      execute pg_catalog.format('truncate %s', tg_argv[0]);
      delete from {{ sync.changes }};
      return null;
    end if;
    if tg_op <> 'INSERT' then
      insert into {{ sync.changes }} ({{ located | idents | join(", ") }}) values ({% for column in located %}old.{{ column | ident }}{{ "" if loop.last else ", " }}{% endfor %});
    end if;
    if tg_op = 'INSERT' then
      insert into {{ sync.changes }} ({{ located | idents | join(", ") }}) values ({% for column in located %}new.{{ column | ident }}{{ "" if loop.last else ", " }}{% endfor %});
    elsif tg_op = 'UPDATE' then
      if {% for column in located %}old.{{ column | ident }} is distinct from new.{{ column | ident }}{{ "" if loop.last else " or " }}{% endfor %} then
        insert into {{ sync.changes }} ({{ located | idents | join(", ") }}) values ({% for column in located %}new.{{ column | ident }}{{ "" if loop.last else ", " }}{% endfor %});
      end if;
    end if;
    return null;
  end
  $note$;
{{ c.catch_up(sync.catch_up, old, twin, "p.phase2_is_done or (" ~ c.columns("c.", primary_key) ~ ") <= (" ~ c.columns("p.", primary_key) ~ ")") }}
{{ c.catch_up(sync.catch_up_back, old, kept, "true") }}

  -- Follows the changes so far, and copies some more rows. Gives back whether all are copied.
  create function {{ sync.copy }}(phase2_batch integer) returns boolean
  language plpgsql
  security definer
  set search_path = ''
  set timezone = 'UTC'
  as $copy$
  declare
    phase2_is_done boolean;
  begin
    for phase2_attempt in 1..50 loop
      begin
        -- One at a time.
        select p.phase2_is_done into phase2_is_done from {{ sync.progress }} p for update;
        perform {{ sync.catch_up }}();
        if phase2_is_done then
          return true;
        end if;
        -- Before the copy, as `catch_up` does.
        lock table {{ old }} in access share mode;
        if (select {{ c.columns("p.", primary_key[:1]) }} from {{ sync.progress }} p) is null then
{{ c.batch(old, twin, "") }}
        else
{{ c.batch(old, twin, "where (" ~ c.columns("t.", primary_key) ~ ") > (" ~ c.last(sync.progress) ~ ")") }}
        end if;
        return phase2_is_done;
      exception when unique_violation or foreign_key_violation then
        -- A row changed between two looks: the next attempt has noted it.
        if phase2_attempt = 50 then
          raise;
        end if;
      end;
    end loop;
  end
  $copy$;

  create procedure {{ sync.backfill }}(phase2_batch integer)
  language plpgsql
  as $backfill$
  begin
    loop
      exit when {{ sync.copy }}(phase2_batch);
      -- A setting for one transaction is gone where each statement has its own: then each batch can be kept.
      if coalesce(pg_catalog.current_setting('phase2.one_transaction', true), '') = '' then
        commit;
      end if;
    end loop;
  end
  $backfill$;
{%- for function in ["function " ~ sync.note ~ "()", "function " ~ sync.catch_up ~ "()", "function " ~ sync.catch_up_back ~ "()", "function " ~ sync.copy ~ "(integer)", "procedure " ~ sync.backfill ~ "(integer)"] %}
  revoke all on {{ function }} from {{ everybody | join(", ") }};
  alter {{ function }} owner to {{ snapshot.table.owner | ident }};
{%- endfor %}
{%- call m.attempts("phase2 partition", old) %}
{{- c.noted(old, twin) | indent(6) }}
{%- endcall %}
end
$phase2_sync$;
reset statement_timeout;
