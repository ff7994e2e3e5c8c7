//! The way to the partitioned table and back.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use postgres::Client;

use crate::setting::{Case, Setting, refused, value};

/// Nobody may wait longer for a lock.
const LONGEST_WAIT: Duration = Duration::from_millis(500);
const INSUFFICIENT_PRIVILEGE: &str = "42501";
const ANY_INSERT: &str =
    "insert into public.crm_events (tenant_id, ts) values ('00000000-0000-0000-0000-000000000001', ";

pub fn all_is_carried_over_and_back(setting: &Setting) {
    let case = setting.case();
    case.generate();
    let before = case.verified();
    assert_eq!(before.0, "200000");
    case.apply(&case.migrations());
    assert_eq!(case.verified(), before);
    let accepted: Vec<String> = case
        .verify()
        .into_iter()
        .filter(|row| row.verdict.starts_with("accepted"))
        .map(|row| format!("{} {}: {}", row.kind, row.name, row.found))
        .collect();
    assert_eq!(
        accepted,
        [
            "constraint crm_events_pkey: PRIMARY KEY (id, ts)",
            "index public.crm_events_pkey: CREATE UNIQUE INDEX crm_events_pkey ON <table> USING btree (id, ts)"
        ]
    );

    // Identity and serial go on, and new rows go to their months.
    let mut owner = case.owner();
    let (id, no): (i64, i32) = {
        let row = owner.query_one("select max(id), max(no) from public.crm_events", &[]).unwrap();
        (row.get(0), row.get(1))
    };
    for months in 0..5 {
        let sql = format!("{ANY_INSERT} now() + interval '{months} months') returning id, no");
        // Now and three months ahead have partitions, the fourth hasn't.
        if months == 4 {
            assert_eq!(refused(&mut owner, &sql), "23514");
            continue;
        }
        let row = owner.query_one(&sql, &[]).unwrap();
        assert_eq!(
            (row.get::<_, i64>(0), row.get::<_, i32>(1)),
            (id + 1 + months, no + 1 + i32::try_from(months).unwrap())
        );
    }
    let spread: i64 = value(&mut owner, "select count(distinct tableoid) from public.crm_events");
    assert!(spread >= 3, "{spread}");
    let now = case.verified();
    assert_eq!(now.0, "200004");

    case.apply(&case.rollback());
    assert_eq!(case.verified(), now);
    assert!(case.verify().iter().all(|row| row.verdict == "equal"));
    assert_eq!(
        value::<i64>(&mut owner, "select count(*) from pg_inherits where inhparent = 'public.crm_events'::regclass"),
        0
    );
    assert!(owner.query_one(&format!("{ANY_INSERT} now()) returning id"), &[]).unwrap().get::<_, i64>(0) > id + 4);
    // And there again.
    case.generate_anew();
    case.apply(&case.migrations());
    case.verified();
}

impl Case<'_> {
    fn generate_anew(&self) {
        fs::remove_dir_all(self.project.path().join("supabase/migrations")).unwrap();
        self.owner().batch_execute("drop schema partitions cascade").unwrap();
        let output = self.run(&["--accept", "unique-constraints", "--boundary", "2040-01"]);
        assert!(output.status.success(), "{output:?}");
    }
}

/// What one writer knows to be in the table: the ids that it has left there, with their counter.
type Ledger = BTreeMap<i64, i32>;

fn write(client: &mut Client, writer: u64, rows: &mut Ledger, longest: &AtomicU64, count: &mut u64, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        let started = Instant::now();
        match *count % 4 {
            0 | 1 => {
                let insert =
                    format!("{ANY_INSERT} now() - interval '{} days') returning id", (*count * 7 + writer) % 60);
                let id = client.query_one(&insert, &[]).unwrap().get(0);
                rows.insert(id, 0);
            }
            2 => {
                let id = *rows.keys().nth(usize::try_from(*count).unwrap() % rows.len()).unwrap();
                assert_eq!(
                    client.execute("update public.crm_events set kind = 'sale' where id = $1", &[&id]).unwrap(),
                    1
                );
                *rows.get_mut(&id).unwrap() += 1;
            }
            _ => {
                let (id, _) = rows.pop_first().unwrap();
                assert_eq!(client.execute("delete from public.crm_events where id = $1", &[&id]).unwrap(), 1);
            }
        }
        longest.fetch_max(u64::try_from(started.elapsed().as_micros()).unwrap(), Ordering::Relaxed);
        *count += 1;
        thread::sleep(Duration::from_millis(8));
    }
}

pub fn nothing_is_lost_under_writers(setting: &Setting) {
    let case = setting.case();
    case.generate();
    nothing_is_lost(&case);
}

/// Applies the migrations with four writers at work.
pub fn nothing_is_lost(case: &Case<'_>) {
    let old_rows: i64 = value(&mut case.owner(), "select max(id) from public.crm_events");
    let (stop, longest) = (AtomicBool::new(false), AtomicU64::new(0));
    let (mut rows, mut writes) = (Ledger::new(), 0);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (stop, longest) = (&stop, &longest);
                scope.spawn(move || {
                    let (mut client, mut rows, mut count) = (case.owner(), Ledger::new(), 0);
                    write(&mut client, writer, &mut rows, longest, &mut count, stop);
                    (rows, count)
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(300));
        // Should a step fail, the writers must end all the same.
        let applied = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case.apply(&case.migrations())));
        thread::sleep(Duration::from_millis(300));
        stop.store(true, Ordering::Relaxed);
        for writer in writers {
            let (its, count) = writer.join().unwrap();
            rows.extend(its);
            writes += count;
        }
        applied.unwrap();
    });
    let longest = Duration::from_micros(longest.load(Ordering::Relaxed));
    println!("longest wait of {writes} writes: {longest:?}");
    assert!(longest < LONGEST_WAIT, "{longest:?}");

    let mut owner = case.owner();
    let found = owner.query("select id, touched from public.crm_events where id > $1", &[&old_rows]).unwrap();
    let found: Ledger = found.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(found, rows);
    assert_eq!(
        value::<i64>(&mut owner, &format!("select count(*) from public.crm_events where id <= {old_rows}")),
        200_000
    );
    // Each write was recorded once.
    assert_eq!(u64::try_from(value::<i64>(&mut owner, "select count(*) from public.audit")).unwrap(), writes);
    case.verified();
}

pub fn a_long_reader_is_waited_for_or_nothing_changes(setting: &Setting) {
    let case = setting.case();
    case.generate();
    case.apply_until("cutover");
    let before = case.verified();
    let cutover = fs::read_to_string(case.step("cutover")).unwrap();
    let mut reader = case.owner();
    let mut transaction = reader.transaction().unwrap();
    transaction.query("select from public.crm_events limit 1", &[]).unwrap();
    let impatient = cutover.replace("phase2_attempt >= 90", "phase2_attempt >= 3");
    assert_ne!(impatient, cutover);
    let error = case.try_apply(&impatient).expect_err("the table is being read");
    let said = error.as_db_error().unwrap();
    assert!(said.message().contains("was busy at all of 3 attempts; nothing was changed"), "{said:?}");
    assert_eq!(case.verified(), before);
    assert_eq!(
        value::<i8>(&mut case.owner(), "select relkind from pg_class where oid = 'public.crm_events'::regclass"),
        b'r' as i8
    );

    thread::scope(|scope| {
        let applied = scope.spawn(|| case.try_apply(&cutover));
        // Meanwhile writers get through, between the attempts.
        let (started, mut writer) = (Instant::now(), case.owner());
        while started.elapsed() < Duration::from_secs(2) {
            let write = Instant::now();
            writer.batch_execute(&format!("{ANY_INSERT} now())")).unwrap();
            assert!(write.elapsed() < LONGEST_WAIT, "{:?}", write.elapsed());
            thread::sleep(Duration::from_millis(10));
        }
        assert!(!applied.is_finished());
        transaction.commit().unwrap();
        applied.join().unwrap().unwrap();
    });
    case.apply(&[case.step("materialized_views"), case.step("after")]);
    case.verified();
}

pub fn partitions_are_closed_now_and_later(setting: &Setting) {
    let case = setting.case();
    case.generate();
    case.apply(&case.migrations());
    let mut owner = case.owner();
    // Even where somebody lets everybody into the schema and gives away new tables there.
    owner
        .batch_execute(
            "grant usage on schema partitions to anon, authenticated;
             alter default privileges in schema partitions grant all on tables to anon, authenticated;
             select app.ensure_partitions('public.crm_events', 6)",
        )
        .unwrap();
    let leaves = owner
        .query("select relid::regclass::text from pg_partition_tree('public.crm_events') where isleaf", &[])
        .unwrap();
    assert!(leaves.len() >= 6);
    for role in ["anon", "authenticated"] {
        let mut api = case.api(role, 1);
        for leaf in &leaves {
            let leaf: String = leaf.get(0);
            for sql in [
                format!("select from {leaf}"),
                format!("insert into {leaf} (ts) values (now())"),
                format!("update {leaf} set kind = 'sale'"),
                format!("delete from {leaf}"),
                format!("truncate {leaf}"),
            ] {
                assert_eq!(refused(&mut api, &sql), INSUFFICIENT_PRIVILEGE, "{sql}");
            }
        }
        assert_eq!(refused(&mut api, "select app.ensure_next_crm_partition()"), INSUFFICIENT_PRIVILEGE);
    }
    for tenant in [1, 2, 4] {
        let seen = case
            .api("authenticated", tenant)
            .query("select tenant_id::text, count(*) from public.crm_events group by 1", &[]);
        let seen: Vec<(String, i64)> = seen.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect();
        // The fourth tenant is kept out by a restrictive policy.
        let expected = match tenant {
            4 => Vec::new(),
            tenant => vec![(format!("00000000-0000-0000-0000-00000000000{tenant}"), 50_000)],
        };
        assert_eq!(seen, expected);
    }
    let mut api = case.api("authenticated", 1);
    api.batch_execute("insert into public.crm_events (ts) values (now() + interval '5 months')").unwrap();
    let foreign = "insert into public.crm_events (tenant_id, ts) values ('00000000-0000-0000-0000-000000000002', now() + interval '5 months')";
    assert_eq!(refused(&mut api, foreign), INSUFFICIENT_PRIVILEGE);
    assert_eq!(refused(&mut case.api("anon", 1), "select payload from public.crm_events"), INSUFFICIENT_PRIVILEGE);
}

pub fn what_was_bound_sees_new_partitions(setting: &Setting) {
    let case = setting.case();
    let mut owner = case.owner();
    // A session that has compiled the function before.
    owner.query("select public.last_event(), public.event_count()", &[]).unwrap();
    case.generate();
    case.apply(&case.migrations());
    let insert = format!("{ANY_INSERT} now() + interval '2 months') returning id");
    let id: i64 = owner
        .query_one(&insert.replace("ts)", "ts, customer_id)").replace("months')", "months', 7)"), &[])
        .unwrap()
        .get(0);
    assert_eq!(value::<i64>(&mut owner, "select public.last_event()"), id);
    for count in [
        "select count(*) from public.recent_events",
        "select sum(events)::bigint from public.event_kinds",
        "select public.event_count()",
    ] {
        assert_eq!(value::<i64>(&mut owner, count), 200_001, "{count}");
    }
    let of_customer = format!("select count(*) from public.events_of(7) where id = {id}");
    assert_eq!(value::<i64>(&mut owner, &of_customer), 1);
    owner.batch_execute("refresh materialized view concurrently public.daily_events").unwrap();
    assert_eq!(value::<i64>(&mut owner, "select sum(events)::bigint from public.daily_sum"), 200_001);
    // The past can go, as retention lets it: defaults and sequences stay.
    owner
        .batch_execute(
            "alter table public.crm_events detach partition partitions.crm_events_history;
             drop table partitions.crm_events_history",
        )
        .unwrap();
    assert_eq!(owner.query_one(&insert, &[]).unwrap().get::<_, i64>(0), id + 1);
}

pub fn interrupted_steps_can_be_run_again(setting: &Setting) {
    let case = setting.case();
    case.generate();
    case.apply_until("index");
    let before = case.verified();

    // The index: it waits for a transaction that is open, and is stopped there.
    let mut reader = case.owner();
    let mut transaction = reader.transaction().unwrap();
    transaction.query("select from public.crm_events limit 1", &[]).unwrap();
    transaction.batch_execute("update public.crm_events set touched = touched where id = 1000").unwrap();
    let index = fs::read_to_string(case.step("index")).unwrap();
    let stopped = case.try_apply(&index.replace("set statement_timeout = 0", "set statement_timeout = '1500ms'"));
    assert!(stopped.is_err());
    transaction.rollback().unwrap();
    let invalid = "select count(*) from pg_index where indexrelid = 'public.crm_events_pkey_with_ts'::regclass and not indisvalid";
    assert_eq!(value::<i64>(&mut case.owner(), invalid), 1);
    case.apply(&[case.step("check"), case.step("validate")]);
    let cutover = fs::read_to_string(case.step("cutover")).unwrap();
    let error = case.try_apply(&cutover).expect_err("the index is invalid");
    assert!(error.as_db_error().unwrap().message().contains("not valid: run the file that makes it again"));
    case.apply(&[case.step("index")]);

    // The cutover: the server ends its session in the middle of it.
    let last = "      exit;\n";
    assert_eq!(cutover.matches(last).count(), 1);
    let killed = case.try_apply(&cutover.replace(last, "      perform pg_terminate_backend(pg_backend_pid());\n"));
    assert!(killed.is_err());
    assert_eq!(case.verified(), before);
    case.apply(&[case.step("cutover")]);
    // Once more changes nothing.
    case.apply(&[case.step("cutover"), case.step("check"), case.step("validate")]);
    case.apply(&[case.step("materialized_views"), case.step("after"), case.step("after")]);
    assert_eq!(case.verified(), before);
}

pub fn a_table_that_changed_meanwhile_is_left_alone(setting: &Setting) {
    for (change, named) in [
        ("alter table public.crm_events add column later text", "column later"),
        ("drop policy \"never the fourth\" on public.crm_events", "policy never the fourth"),
        ("grant select on public.crm_events to anon", "grant anon"),
        ("create view public.later as select id from public.crm_events", "view public.later"),
        (
            "create or replace function public.event_count() returns bigint language sql stable begin atomic select count(id) from public.crm_events; end",
            "function public.event_count()",
        ),
    ] {
        let case = setting.case();
        case.generate();
        case.apply_until("cutover");
        case.owner().batch_execute(change).unwrap();
        let error = case.try_apply(&fs::read_to_string(case.step("cutover")).unwrap()).expect_err(change);
        let said = error.as_db_error().unwrap().message().to_owned();
        assert!(said.contains("changed since these files were written") && said.contains(named), "{said}");
    }
}

pub fn an_empty_database_is_built_anew_after_the_boundary(setting: &Setting) {
    let case = setting.empty_case();
    let written = case.run(&["--snapshot", "snapshot.json", "--accept", "unique-constraints"]);
    assert!(written.status.success());
    fs::remove_dir_all(case.project.path().join("supabase/migrations")).unwrap();
    let path = case.project.path().join("snapshot.json");
    let mut snapshot: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    snapshot["coming_month"] = "2024-11".into();
    fs::write(&path, snapshot.to_string()).unwrap();
    let output = case.run(&["--from-snapshot", "snapshot.json", "--accept", "unique-constraints"]);
    assert!(output.status.success(), "{output:?}");
    case.apply(&case.migrations());
    case.verified();
    let mut owner = case.owner();
    for when in [
        "now()",
        "timestamptz '2024-10-31 23:59:59+00'",
        "timestamptz '2024-11-01 00:00:00+00'",
        "now() - interval '7 months'",
    ] {
        owner.batch_execute(&format!("{ANY_INSERT} {when})")).unwrap();
    }
    // With rows in it, a table that is past its boundary is left alone.
    let late = setting.case();
    let output = late.run(&["--accept", "unique-constraints"]);
    assert!(output.status.success());
    late.apply_until("check");
    let check = fs::read_to_string(late.step("check")).unwrap();
    let boundary = check.split("if now() > '").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    let error = late.try_apply(&check.replace(&boundary, "2024-11-01 00:00:00+00")).expect_err("it is late");
    assert!(error.as_db_error().unwrap().message().contains("would refuse new rows"), "{error:?}");
}
