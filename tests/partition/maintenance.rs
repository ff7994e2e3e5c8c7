//! The function that makes the partitions to come.

use std::thread;

use postgres::Client;

use crate::setting::{Case, Setting, refused, value};

const PARTITIONS: &str = "select coalesce(string_agg(relid::regclass || ' ' || pg_get_expr(c.relpartbound, c.oid), ', ' order by relid::regclass::text), '')
    from pg_partition_tree('public.crm_events') t join pg_class c on c.oid = t.relid where isleaf";

fn partitioned(setting: &Setting) -> Case<'_> {
    let case = setting.empty_case();
    case.generate();
    case.apply(&case.migrations());
    case
}

/// The partition of the month that is so many after this one, as it has to be.
fn partition(client: &mut Client, months: i32) -> (String, String) {
    let name = format!(
        "select 'partitions.crm_events_' || to_char(date_trunc('month', now() at time zone 'UTC') + interval '{months} months', 'YYYY_MM')"
    );
    let bounds = format!(
        "select format('FOR VALUES FROM (%L) TO (%L)', to_char(m, 'YYYY-MM-DD 00:00:00+00'), to_char(m + interval '1 month', 'YYYY-MM-DD 00:00:00+00'))
         from date_trunc('month', now() at time zone 'UTC' + interval '{months} months') m"
    );
    (value(client, &name), value(client, &bounds))
}

pub fn is_idempotent_and_goes_by_bounds(setting: &Setting) {
    let case = partitioned(setting);
    let mut owner = case.owner();
    owner.batch_execute("set timezone = 'UTC'").unwrap();
    let before: String = value(&mut owner, PARTITIONS);
    assert_eq!(value::<i32>(&mut owner, "select app.ensure_next_crm_partition()"), 0);
    assert_eq!(value::<String>(&mut owner, PARTITIONS), before);

    // Thirteen months cross the end of a year, and the session's zone, date style and time zone rules don't matter.
    owner.batch_execute("set timezone = 'Pacific/Kiritimati'; set datestyle = 'German'").unwrap();
    let made: i32 = value(&mut owner, "select app.ensure_partitions('public.crm_events', 13)");
    assert!((10..=11).contains(&made), "{made}");
    owner.batch_execute("set timezone = 'UTC'; set datestyle = 'ISO'").unwrap();
    let after: String = value(&mut owner, PARTITIONS);
    for months in 2..=13 {
        let (name, bounds) = partition(&mut owner, months);
        assert!(after.contains(&format!("{name} {bounds}")), "{name} {bounds} in {after}");
    }
    // A name says nothing: what counts is which months are there.
    let (name, _) = partition(&mut owner, 5);
    owner.batch_execute(&format!("alter table {name} rename to renamed")).unwrap();
    assert_eq!(value::<i32>(&mut owner, "select app.ensure_partitions('public.crm_events', 13)"), 0);

    // A hole is filled; a name that is taken is not.
    let (name, bounds) = partition(&mut owner, 14);
    owner.batch_execute(&format!("create table {name} (squatter text)")).unwrap();
    let error =
        owner.batch_execute("select app.ensure_partitions('public.crm_events', 14)").expect_err("the name is taken");
    assert!(error.as_db_error().unwrap().message().contains("is there already, and is not the partition"), "{error:?}");
    owner.batch_execute(&format!("drop table {name}")).unwrap();
    assert_eq!(value::<i32>(&mut owner, "select app.ensure_partitions('public.crm_events', 14)"), 1);
    assert!(value::<String>(&mut owner, PARTITIONS).contains(&format!("{name} {bounds}")));

    // A part of a month can't be completed.
    owner
        .batch_execute(
            "do $$ declare first timestamptz := (date_trunc('month', now() at time zone 'UTC') + interval '15 months') at time zone 'UTC'; begin
               create table partitions.part (like public.crm_events including all excluding identity excluding indexes);
               execute format('alter table public.crm_events attach partition partitions.part for values from (%L) to (%L)', first, first + interval '10 days');
             end $$",
        )
        .unwrap();
    let error =
        owner.batch_execute("select app.ensure_partitions('public.crm_events', 15)").expect_err("ten days are there");
    assert!(error.as_db_error().unwrap().message().contains("partitions.part covers a part of"), "{error:?}");
    // What is new is like the others.
    let alike = "select count(distinct (c.reloptions, c.relreplident, c.relrowsecurity)) from pg_partition_tree('public.crm_events') t
                 join pg_class c on c.oid = t.relid where isleaf and c.relname <> 'part'";
    assert_eq!(value::<i64>(&mut owner, alike), 1);
    assert_eq!(refused(&mut owner, "select app.ensure_partitions('public.customers', 3)"), "P0001");
}

pub fn twelve_callers_at_once(setting: &Setting) {
    let case = partitioned(setting);
    let made: i32 = thread::scope(|scope| {
        let callers: Vec<_> = (0..12)
            .map(|_| {
                scope.spawn(|| value::<i32>(&mut case.owner(), "select app.ensure_partitions('public.crm_events', 8)"))
            })
            .collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).sum()
    });
    assert!((5..=6).contains(&made), "{made}");
}

pub fn rows_wait_in_a_default_partition(setting: &Setting) {
    let case = setting.empty_case();
    case.generate_with(&["--default-partition"]);
    case.apply(&case.migrations());
    case.verified();
    let mut owner = case.owner();
    owner
        .batch_execute(
            "alter table partitions.crm_events_default rename to rest;
             insert into public.crm_events (tenant_id, ts)
               select '00000000-0000-0000-0000-000000000001', now() + make_interval(months => n) from generate_series(1, 6) n;
             truncate public.audit",
        )
        .unwrap();
    assert_eq!(value::<i64>(&mut owner, "select count(*) from partitions.rest"), 3);
    assert_eq!(value::<i32>(&mut owner, "select app.ensure_partitions('public.crm_events', 5)"), 2);
    assert_eq!(value::<i64>(&mut owner, "select count(*) from partitions.rest"), 1);
    assert_eq!(value::<i64>(&mut owner, "select count(*) from public.crm_events"), 6);
    assert_eq!(value::<i64>(&mut owner, "select count(*) from public.audit"), 0);
    // Its triggers fire again, those that were off stay off.
    owner.batch_execute("insert into public.crm_events (tenant_id, ts) values ('00000000-0000-0000-0000-000000000001', now() + interval '9 months')").unwrap();
    assert_eq!(value::<i64>(&mut owner, "select count(*) from public.audit"), 1);
    assert_eq!(value::<i32>(&mut owner, "select max(touched) from public.crm_events"), 0);
}

pub fn old_partitions_go(setting: &Setting) {
    for (then, is_dropped) in [("detach", false), ("drop", true)] {
        let case = setting.empty_case();
        case.generate_with(&["--default-partition", "--keep", "2", "--then", then]);
        case.apply(&case.migrations());
        let mut owner = case.owner();
        owner.batch_execute("set timezone = 'UTC'").unwrap();
        let all: String = value(&mut owner, PARTITIONS);
        // The past ends with this month at the earliest.
        assert_eq!(value::<i32>(&mut owner, "select app.retire_crm_partitions()"), 0);
        assert_eq!(value::<String>(&mut owner, PARTITIONS), all);

        // Five months before this one instead, with a row each; names say nothing.
        owner
            .batch_execute(
                "alter table public.crm_events detach partition partitions.crm_events_history;
                 do $$ declare first timestamptz; begin
                   for n in 0..5 loop
                     first := (date_trunc('month', now() at time zone 'UTC') - make_interval(months => n)) at time zone 'UTC';
                     execute format('create table partitions.before_%s (like public.crm_events including all excluding identity excluding indexes)', n);
                     execute format('alter table partitions.before_%s enable row level security', n);
                     execute format('alter table public.crm_events attach partition partitions.before_%s for values from (%L) to (%L)', n, first, first + interval '1 month');
                     insert into public.crm_events (tenant_id, ts) values ('00000000-0000-0000-0000-000000000001', first);
                   end loop;
                   insert into public.crm_events (tenant_id, ts) values ('00000000-0000-0000-0000-000000000001', first - interval '9 years');
                 end $$",
            )
            .unwrap();
        let left = "select string_agg(relid::regclass::text, ' ' order by relid::regclass::text) from pg_partition_tree('public.crm_events') where isleaf and relid::regclass::text ~ 'before|default'";
        // A reader who is not done yet is waited for, and holds up nobody.
        let mut reader = case.owner();
        reader.batch_execute("begin; select from public.crm_events limit 1").unwrap();
        let retired: i32 = thread::scope(|scope| {
            let retiring = scope.spawn(|| value::<i32>(&mut case.owner(), "select app.retire_crm_partitions()"));
            thread::sleep(std::time::Duration::from_millis(700));
            reader.batch_execute("commit").unwrap();
            retiring.join().unwrap()
        });
        assert_eq!(retired, 3);
        let expected = "partitions.before_0 partitions.before_1 partitions.before_2 partitions.crm_events_default";
        assert_eq!(value::<String>(&mut owner, left), expected);
        assert_eq!(value::<i32>(&mut owner, "select app.retire_crm_partitions()"), 0);
        // What is new and what has no month stays.
        assert_eq!(value::<i64>(&mut owner, "select count(*) from public.crm_events"), 4);
        assert_eq!(value::<i64>(&mut owner, "select count(*) from only partitions.crm_events_default"), 1);
        let detached: Option<i64> = value(
            &mut owner,
            "select sum((xpath('/row/n/text()', query_to_xml(format('select count(*) n from %s', oid::regclass), false, true, '')))[1]::text::bigint)::bigint from pg_class where relname ~ '^before_[345]$'",
        );
        assert_eq!(detached, if is_dropped { None } else { Some(3) });
        if !is_dropped {
            assert_eq!(refused(&mut case.api("authenticated", 1), "select from partitions.before_4"), "42501");
        }
        assert_eq!(refused(&mut owner, "select app.retire_partitions('public.crm_events', 0)"), "P0001");
        assert_eq!(refused(&mut owner, "select app.retire_partitions('public.customers', 1)"), "P0001");
    }
}

pub fn status_shows_partitions(setting: &Setting) {
    let case = setting.empty_case();
    std::fs::create_dir(case.project.path().join("src")).unwrap();
    std::fs::write(case.project.path().join("src/a.ts"), "export {};\n").unwrap();
    let status = |arguments: &[&str]| -> serde_json::Value {
        let mut command = assert_cmd::Command::cargo_bin("phase2").unwrap();
        let url = case.server.url(crate::setting::OWNER, &case.database);
        let arguments: Vec<&str> = arguments.iter().map(|it| if *it == "URL" { url.as_str() } else { it }).collect();
        let output =
            command.current_dir(case.project.path()).args(["status", "-o", "json"]).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        json["partitioned_tables"].take()
    };
    // No database is asked that no option names.
    assert_eq!(status(&[]), serde_json::Value::Null);
    assert_eq!(status(&["--database-url", "URL"]), serde_json::json!([]));

    case.generate_with(&["--default-partition", "--ahead", "4"]);
    case.apply(&case.migrations());
    let mut owner = case.owner();
    let insert = "insert into public.crm_events (tenant_id, ts) values ('00000000-0000-0000-0000-000000000001', now() + interval '2 years')";
    owner.batch_execute(insert).unwrap();
    let partitions: i64 = value(&mut owner, "select count(*) from pg_partition_tree('public.crm_events') where isleaf");
    let expected = serde_json::json!([
        { "name": "public.crm_events", "partitions": partitions, "months_ahead": 4, "rows_in_default": 1 }
    ]);
    assert_eq!(status(&["--database-url", "URL"]), expected);
    owner.batch_execute("analyze public.crm_events").unwrap();
    assert_eq!(case.run(&["--snapshot", "snapshot.json"]).status.code(), Some(1));
    assert_eq!(status(&["--from-snapshot", "snapshot.json"]), expected);
}

pub fn cron_is_told(setting: &Setting) {
    let case = setting.empty_case();
    // The part of pg_cron that is called; the extension can't be had here.
    case.owner()
        .batch_execute(
            "create schema cron;
             create table cron.job (jobname text primary key, schedule text, command text);
             create function cron.schedule(name text, schedule text, command text) returns bigint language sql as
               'insert into cron.job values (name, schedule, command) on conflict (jobname) do nothing; select 1::bigint';
             create function cron.unschedule(name text) returns boolean language plpgsql as
               'begin
                  delete from cron.job j where j.jobname = $1;
                  if not found then raise exception ''there is no such job''; end if;
                  return true;
                end'",
        )
        .unwrap();
    case.generate_with(&["--keep", "13"]);
    case.apply(&case.migrations());
    let mut owner = case.owner();
    let commands: String = value(&mut owner, "select string_agg(command, '; ' order by schedule) from cron.job");
    assert_eq!(commands, "select app.ensure_next_crm_partition(); select app.retire_crm_partitions()");
    owner.batch_execute(&commands).unwrap();
    // Somebody has taken one away.
    owner.batch_execute("delete from cron.job where jobname = 'retire_crm_partitions'").unwrap();
    case.apply(&case.rollback());
    assert_eq!(value::<i64>(&mut owner, "select count(*) from cron.job"), 0);
}
