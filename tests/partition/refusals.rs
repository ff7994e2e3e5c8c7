//! What the program says before it writes anything.

use std::process::Output;

use crate::setting::{Case, Setting};

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Changes the table, and expects a refusal with these words and no file.
#[track_caller]
fn refuses(case: &Case<'_>, change: &str, arguments: &[&str], words: &[&str]) {
    case.owner().batch_execute(change).unwrap();
    let output = case.run(arguments);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    words.iter().for_each(|word| assert!(said.contains(word), "no {word:?} in {said}"));
    assert!(!case.project.path().join("supabase/migrations").exists());
}

pub fn losses_are_refused_with_the_flag(setting: &Setting) {
    let case = setting.empty_case();
    refuses(&case, "select 1", &[], &["crm_events_pkey (id)", "--accept unique-constraints"]);
    for (path, text) in [
        (
            "supabase/functions/sync/index.ts",
            "await db.from('crm_events').upsert(rows, { onConflict: 'id' }).order('created_at');\n",
        ),
        ("supabase/seed.sql", "insert into crm_events (id) values (1)\n  on conflict (id) do nothing;\n"),
    ] {
        let path = case.project.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let targets = [
        "these lose their target:",
        "supabase/functions/sync/index.ts:1: on conflict (id)",
        "supabase/seed.sql:2: on conflict (id)",
    ];
    refuses(&case, "select 1", &[], &targets);
    let mut accepted = vec!["--accept", "unique-constraints"];
    for (change, words, flag) in [
        (
            "create table public.links (id bigint primary key, event bigint references public.crm_events (id))",
            &["links_event_fkey of public.links", "--accept inbound-foreign-keys"][..],
            "inbound-foreign-keys",
        ),
        ("alter table public.crm_events alter column ts drop not null", &["ts may be null", "--accept nullable-key"], "nullable-key"),
        (
            "create table public.crm_events_new (id bigint, at date) partition by range (at)",
            &["public.crm_events_new, with other columns", "--accept existing-twin"],
            "existing-twin",
        ),
        (
            "alter publication supabase_realtime set (publish_via_partition_root = false)",
            &["supabase_realtime", "would hear nothing", "--publish-via-root", "--accept silent-publication"],
            "silent-publication",
        ),
        (
            "create function public.named() returns trigger language plpgsql as 'begin raise notice ''%'', tg_table_name; return new; end';
             create trigger named after insert on public.crm_events for each row execute function public.named()",
            &["told a partition: named", "--accept trigger-table-name"],
            "trigger-table-name",
        ),
        (
            "create function public.dated() returns trigger language plpgsql as 'begin new.ts := now(); return new; end';
             create trigger dated before insert on public.crm_events for each row execute function public.dated()",
            &["triggers set ts", "dated", "--accept key-set-by-trigger"],
            "key-set-by-trigger",
        ),
        (
            "drop index public.crm_events_ts_idx, public.crm_events_tenant_idx, public.crm_events_no_ts_key;
             alter table public.crm_events add created_at timestamptz; create index on public.crm_events (created_at)",
            &["uses ts", "used are: created_at (supabase/functions/sync/index.ts:1)", "--accept unused-key"],
            "unused-key",
        ),
    ] {
        refuses(&case, change, &accepted, words);
        accepted.extend(["--accept", flag]);
    }
    let output = case.run(&accepted);
    assert!(output.status.success(), "{}", said(&output));
    case.apply(&case.migrations());
    let verdicts = case.verify();
    let different: Vec<_> = verdicts.iter().filter(|row| row.verdict == "DIFFERENT").collect();
    assert!(different.is_empty(), "{different:#?}");
    let accepted: Vec<&str> =
        verdicts.iter().filter(|row| row.verdict.starts_with("accepted")).map(|row| row.kind.as_str()).collect();
    assert!(
        ["column", "constraint", "inbound foreign key", "index"].iter().all(|kind| accepted.contains(kind)),
        "{accepted:?}"
    );
    case.apply(&case.rollback());
    let verdicts = case.verify();
    assert!(verdicts.iter().all(|row| row.verdict == "equal"), "{verdicts:#?}");
}

pub fn what_has_no_equal_is_refused(setting: &Setting) {
    let case = setting.case();
    let unique = ["--accept", "unique-constraints"];
    let with = |more: &[&'static str]| [&unique[..], more].concat();
    refuses(&case, "select 1", &["--partition-schema", "public"], &["where the API shows them"]);
    let future =
        "insert into public.crm_events (ts, tenant_id) values ('2031-05-06', '00000000-0000-0000-0000-000000000001')";
    refuses(&case, future, &unique, &["rows beyond the boundary", "the last is of 2031-05", "--boundary 2031-06"]);
    let beyond = with(&["--boundary", "2031-06"]);
    refuses(&case, "create rule r as on delete to public.crm_events do also select 1", &beyond, &["rules", "r"]);
    refuses(
        &case,
        "drop rule r on public.crm_events; alter table public.crm_events add constraint odd check (no > -5) not valid",
        &beyond,
        &["odd was never validated", "VALIDATE CONSTRAINT odd"],
    );
    refuses(
        &case,
        "alter table public.crm_events drop constraint odd;
         create view public.grouped as select id, kind, count(*) from public.crm_events group by id",
        &beyond,
        &["public.grouped groups by the primary key alone"],
    );
    refuses(
        &case,
        "drop view public.grouped; create table public.holder (event public.crm_events)",
        &beyond,
        &["column event of table public.holder is bound to the table"],
    );
    case.owner().batch_execute("drop table public.holder").unwrap();
    refuses(
        &case,
        "create schema partitions; create table partitions.crm_events_history (id bigint)",
        &beyond,
        &["partitions.crm_events_history is there already"],
    );
    for (arguments, words) in [
        (&["--accept", "everything"][..], "known are inbound-foreign-keys"),
        (&["--boundary", "soon"], "a month is written 2026-11"),
        (&["--function", "nowhere"], "name its schema as well"),
        (&["--from-snapshot", "no.json"], "no.json can't be read"),
        (&["--database-url", "postgres://nobody@127.0.0.1:1/none"], "can't connect to the database"),
        (
            &[
                "--into",
                "../elsewhere",
                "--boundary",
                "2031-06",
                "--partition-schema",
                "p",
                "--accept",
                "unique-constraints",
            ],
            "outside of the project",
        ),
    ] {
        let output = case.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(words), "{arguments:?}: {}", said(&output));
    }
}
