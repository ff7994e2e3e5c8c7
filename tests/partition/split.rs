//! The past is split into months.

use std::fs;
use std::time::Duration;

use crate::cutover::nothing_is_lost;
use crate::setting::{Case, Setting, refused, value};

const SPLIT: [&str; 2] = ["--history", "split"];
const SPREAD: &str = "select count(distinct tableoid) from public.crm_events";
const ANY_INSERT: &str =
    "insert into public.crm_events (tenant_id, ts) values ('00000000-0000-0000-0000-000000000001', ";

fn script(case: &Case<'_>, name: &str) -> String {
    fs::read_to_string(case.project.path().join("supabase/partition/crm_events").join(name)).unwrap()
}

pub fn the_past_is_split_and_made_whole(setting: &Setting) {
    let case = setting.case();
    case.generate_with(&SPLIT);
    let before = case.verified();
    let mut owner = case.owner();
    let recorded: i64 = value(&mut owner, "select count(*) from public.audit");
    case.apply(&case.migrations());
    assert_eq!(case.verified(), before);
    assert_eq!(value::<i64>(&mut owner, "select count(*) from public.audit"), recorded);
    let spread: i64 = value(&mut owner, SPREAD);
    assert!((6..=8).contains(&spread), "{spread}");
    let wrong = "select count(*) from public.crm_events e join pg_class c on c.oid = e.tableoid
                 where c.relname <> 'crm_events' || to_char(e.ts at time zone 'UTC', '_YYYY_MM')";
    assert_eq!(value::<i64>(&mut owner, wrong), 0);
    let aside = "select count(*) from partitions.crm_events_before_split";
    assert_eq!(value::<i64>(&mut owner, aside), before.0.parse::<i64>().unwrap());

    // Rows before the first month have a place; identity and serial go on.
    let (id, no): (i64, i32) = {
        let row = owner.query_one("select max(id), max(no) from public.crm_events", &[]).unwrap();
        (row.get(0), row.get(1))
    };
    for (count, when) in ["'-infinity'", "'1999-01-01'", "now()", "now() + interval '3 months'"].into_iter().enumerate()
    {
        let row = owner.query_one(&format!("{ANY_INSERT} {when}) returning id, no"), &[]).unwrap();
        let count = i32::try_from(count).unwrap() + 1;
        assert_eq!((row.get::<_, i64>(0), row.get::<_, i32>(1)), (id + i64::from(count), no + count));
    }
    owner
        .batch_execute(
            "update public.crm_events set ts = now() where ts = '1999-01-01';
             update public.crm_events set kind = 'sale' where id = 1005;
             delete from public.crm_events where id in (1001, 1002)",
        )
        .unwrap();
    let now = case.verified();
    assert_eq!(now.0, "200002");

    case.apply(&case.rollback());
    assert_eq!(case.verified(), now);
    assert!(case.verify().iter().all(|row| row.verdict == "equal"));
    let left =
        "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'partitions'";
    assert_eq!(value::<i64>(&mut owner, left), 0);
    assert_eq!(value::<i64>(&mut owner, "select count(*) from pg_proc where proname ~ 'phase2'"), 0);

    // And there again, for good.
    fs::remove_dir_all(case.project.path().join("supabase/migrations")).unwrap();
    case.generate_with(&[&SPLIT[..], &["--boundary", "2020-01"]].concat());
    case.apply(&case.migrations());
    case.try_apply(&script(&case, "finish.sql")).unwrap();
    case.try_apply(&script(&case, "finish.sql")).unwrap();
    case.apply(&[case.step("sync"), case.step("backfill"), case.step("compare"), case.step("cutover")]);
    assert_eq!(case.verified(), now);
    assert_eq!(value::<i64>(&mut owner, "select count(*) from pg_proc where proname ~ 'phase2'"), 0);
    owner.batch_execute(&format!("{ANY_INSERT} now())")).unwrap();
    let rollback = fs::read_to_string(&case.rollback()[0]).unwrap();
    let error = case.try_apply(&rollback).expect_err("the table as it was is gone");
    assert!(error.as_db_error().unwrap().message().contains("with it the way back"), "{error:?}");
}

pub fn nothing_is_lost_while_it_is_split(setting: &Setting) {
    let case = setting.case();
    case.generate_with(&SPLIT);
    nothing_is_lost(&case);
    let before = case.verified();
    case.apply(&case.rollback());
    assert_eq!(case.verified(), before);
}

pub fn a_copy_that_was_interrupted_goes_on(setting: &Setting) {
    let case = setting.case();
    case.generate_with(&SPLIT);
    case.apply_until("backfill");
    let before = case.verified();
    let cutover = fs::read_to_string(case.step("cutover")).unwrap();
    let not_copied = |sql: &str| {
        let error = case.try_apply(sql).expect_err("the rows are not copied");
        assert!(error.as_db_error().unwrap().message().contains("are not all copied"), "{error:?}");
    };
    not_copied(&cutover);

    // Singly, each batch is kept: the session is ended behind the third.
    let backfill = fs::read_to_string(case.step("backfill")).unwrap();
    let mut owner = case.owner();
    let copied = "select phase2_copied from partitions.crm_events_phase2_progress";
    owner
        .batch_execute(
            "create function partitions.stop() returns trigger language plpgsql as
               'begin if new.phase2_copied >= 40000 then perform pg_terminate_backend(pg_backend_pid()); end if; return new; end';
             create trigger stop before update on partitions.crm_events_phase2_progress for each row execute function partitions.stop()",
        )
        .unwrap();
    assert!(case.try_apply_singly(&mut case.owner(), &backfill).is_err());
    assert_eq!(value::<i64>(&mut owner, copied), 30_000);
    // In one transaction, nothing is kept.
    assert!(case.try_apply(&backfill).is_err());
    assert_eq!(value::<i64>(&mut owner, copied), 30_000);
    owner.batch_execute("drop function partitions.stop() cascade").unwrap();
    not_copied(&fs::read_to_string(case.step("compare")).unwrap());
    assert_eq!(case.verified(), before);
    case.apply(&[case.step("sync"), case.step("backfill")]);
    assert_eq!(value::<i64>(&mut owner, copied), 200_000);

    // What is compared is seen to differ.
    let compare = fs::read_to_string(case.step("compare")).unwrap();
    owner.batch_execute("update partitions.crm_events set touched = 7 where id = 1010").unwrap();
    let error = case.try_apply(&compare).expect_err("a row differs");
    assert!(error.as_db_error().unwrap().message().contains("the copy is not the same"), "{error:?}");
    owner.batch_execute("update public.crm_events set kind = kind where id = 1010").unwrap();
    case.try_apply(&compare).unwrap();
    let before = case.verified();

    // The cutover: a reader is in the way, then the server ends its session.
    let mut reader = case.owner();
    let mut transaction = reader.transaction().unwrap();
    transaction.query("select from public.crm_events limit 1", &[]).unwrap();
    let impatient = cutover.replace("phase2_attempt >= 90", "phase2_attempt >= 2");
    let error = case.try_apply(&impatient).expect_err("the table is being read");
    assert!(error.as_db_error().unwrap().message().contains("nothing was changed"), "{error:?}");
    transaction.commit().unwrap();
    let last = "      exit;\n";
    assert_eq!(cutover.matches(last).count(), 1);
    assert!(case.try_apply(&cutover.replace(last, "      perform pg_terminate_backend(pg_backend_pid());\n")).is_err());
    assert_eq!(case.verified(), before);
    for step in ["cutover", "cutover", "sync", "backfill", "compare", "materialized_views", "after", "after"] {
        case.apply(&[case.step(step)]);
    }
    case.try_apply_singly(&mut case.owner(), &backfill).unwrap();
    assert_eq!(case.verified(), before);
}

pub fn the_copy_follows_every_kind_of_change(setting: &Setting) {
    let case = setting.case();
    case.owner()
        .batch_execute(
            "create function public.again() returns trigger language plpgsql as $$
             begin
               update public.crm_events set ts = ts - interval '40 days' where id = new.id;
               return null;
             end $$;
             create trigger a_first after insert on public.crm_events for each row when (new.customer_id = 13)
               execute function public.again();
             alter table public.crm_events force row level security;
             alter table public.crm_events disable trigger user;
             delete from public.crm_events where id > 20000;
             alter table public.crm_events enable trigger user;
             alter table public.crm_events disable trigger crm_events_off",
        )
        .unwrap();
    case.generate_with(&SPLIT);
    case.apply_until("backfill");
    let mut owner = case.owner();
    // A transaction that sees nothing of the copy deletes what was copied since.
    let mut old = case.owner();
    old.batch_execute("begin isolation level repeatable read; select count(*) from public.customers").unwrap();
    case.apply(&[case.step("backfill")]);
    old.batch_execute(
        "delete from public.crm_events where id between 2000 and 2100;
         update public.crm_events set ts = ts - interval '70 days' where id between 2200 and 2300;
         commit",
    )
    .unwrap();
    owner
        .batch_execute(&format!(
            "{ANY_INSERT} now());
             insert into public.crm_events (tenant_id, customer_id, ts) values ('00000000-0000-0000-0000-000000000001', 13, now());
             update public.crm_events set id = id + 10000000, ts = ts + interval '1 day' where id between 3000 and 3010;
             -- What is unique together with the key changes places.
             update public.crm_events set no = -1, ts = '2026-10-01' where id = 4000;
             update public.crm_events set no = -2, ts = '2026-10-01' where id = 4001;
             update public.crm_events set no = -3 where id = 4000;
             update public.crm_events set no = -1 where id = 4001;
             update public.crm_events set no = -2 where id = 4000;
             delete from public.customers where id = 17",
        ))
        .unwrap();
    case.apply(&[case.step("compare")]);
    let before = case.verified();
    case.apply(&[case.step("cutover"), case.step("materialized_views"), case.step("after")]);
    assert_eq!(case.verified(), before);
    case.apply(&case.rollback());
    assert_eq!(case.verified(), before);

    // An emptied table is an empty copy, on the way there and behind it.
    let case = setting.empty_case();
    case.owner().batch_execute(&format!("{ANY_INSERT} now() - interval '3 months')")).unwrap();
    case.generate_with(&SPLIT);
    case.apply_until("compare");
    let mut owner = case.owner();
    owner.batch_execute(&format!("truncate public.crm_events; {ANY_INSERT} now())")).unwrap();
    case.apply(&[case.step("compare"), case.step("cutover"), case.step("materialized_views"), case.step("after")]);
    assert_eq!(case.verified().0, "1");
    owner.batch_execute(&format!("truncate public.crm_events; {ANY_INSERT} now()); {ANY_INSERT} now())")).unwrap();
    let before = case.verified();
    case.apply(&case.rollback());
    assert_eq!(case.verified(), before);
    assert_eq!(before.0, "2");
}

pub fn a_truncate_waits_for_the_batch(setting: &Setting) {
    let case = setting.empty_case();
    let mut owner = case.owner();
    owner.batch_execute(&format!("{ANY_INSERT} now())")).unwrap();
    case.generate_with(&SPLIT);
    case.apply_until("compare");
    // What is taken over waits in its midst: when it has locked the copy, and before it reads the table.
    owner
        .batch_execute(
            "create function partitions.wait() returns trigger language plpgsql as
               'begin perform pg_advisory_xact_lock(1); return old; end';
             create trigger wait before delete on partitions.crm_events for each row execute function partitions.wait();
             update public.crm_events set kind = kind;
             select pg_advisory_lock(1)",
        )
        .unwrap();
    let copied = "select partitions.crm_events_phase2_copy(10)";
    let tasks = [(copied, "advisory"), ("truncate public.crm_events", "relation")];
    let running = tasks.map(|(sql, waits_for)| {
        let mut client = case.owner();
        let task = std::thread::spawn(move || client.batch_execute(sql));
        let waiting = format!(
            "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and wait_event = '{waits_for}')"
        );
        while !value::<bool>(&mut owner, &waiting) {
            assert!(!task.is_finished(), "{sql} doesn't wait");
            std::thread::sleep(Duration::from_millis(20));
        }
        task
    });
    owner.batch_execute("select pg_advisory_unlock(1)").unwrap();
    for task in running {
        task.join().unwrap().unwrap();
    }
    assert_eq!(value::<i64>(&mut owner, "select count(*) from partitions.crm_events"), 0);
}

pub fn what_cannot_be_split_is_refused(setting: &Setting) {
    let case = setting.empty_case();
    let arguments = [&SPLIT[..], &["--accept", "unique-constraints"]].concat();
    for (change, words) in [
        (
            "insert into public.crm_events (tenant_id, ts) values ('00000000-0000-0000-0000-000000000001', '2001-02-03')",
            "more than 120 partitions",
        ),
        ("update public.crm_events set ts = now() + interval '5 years'", "a larger --ahead"),
        (
            "truncate public.crm_events;
             alter table public.crm_events drop constraint crm_events_pkey, add primary key (id) deferrable",
            "crm_events_pkey is deferrable",
        ),
        ("alter table public.crm_events drop constraint crm_events_pkey", "without a primary key"),
        (
            "alter table public.crm_events add primary key (kind)",
            "kind of the primary key is of the type public.event_kind",
        ),
    ] {
        case.owner().batch_execute(change).unwrap();
        let output = case.run(&arguments);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{change}: {said}");
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    let case = setting.empty_case();
    case.owner()
        .batch_execute("create schema partitions; create table partitions.crm_events_before_split (id bigint)")
        .unwrap();
    let output = case.run(&arguments);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("partitions.crm_events_before_split is there already"), "{said}");
    // Only a superuser may publish all tables.
    let case = setting.empty_case();
    case.connect("supabase_admin").batch_execute("create publication everything for all tables").unwrap();
    let output = case.run(&arguments);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("everything has tables that it doesn't name"), "{said}");

    // An empty table, as migrations build it anew.
    let case = setting.empty_case();
    case.generate_with(&SPLIT);
    case.apply(&case.migrations());
    case.verified();
    assert_eq!(refused(&mut case.owner(), &format!("{ANY_INSERT} now() + interval '5 months')")), "23514");
}
