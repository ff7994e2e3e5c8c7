//! What the program says of the user's own queries.

use std::fs;

use crate::setting::{Setting, value};

pub fn queries_are_planned_and_not_run(setting: &Setting) {
    let case = setting.case();
    let mut owner = case.owner();
    owner.batch_execute("analyze public.crm_events; create sequence public.asked").unwrap();
    let file = case.project.path().join("queries.sql");
    let explained = |sql: &str| {
        fs::write(&file, sql).unwrap();
        let output = case.run(&["--accept", "unique-constraints", "--explain", "queries.sql"]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), said, String::from_utf8_lossy(&output.stderr).into_owned())
    };

    let (status, said, _) = explained(
        "-- the last week\nselect * from crm_events where ts >= now() - interval '7 days';\n\
         select e.kind from public.crm_events e where e.id = 4;\n\
         select count(*) from crm_events where touched > 5;\n\
         select nextval('asked'), name from customers;\n",
    );
    assert_eq!(status, Some(0), "{said}");
    let blocks: Vec<&str> = said.split("queries.sql:").skip(1).collect();
    let [by_time, by_id, by_nothing, other] = blocks[..] else { panic!("{said}") };
    assert!(by_time.starts_with("2: select * from crm_events where ts >= now()"), "{by_time}");
    assert!(
        by_time.contains("crm_events_ts_idx") && by_time.contains("reads the months that its times of ts lie in"),
        "{by_time}"
    );
    assert!(!by_time.contains("instead"), "{by_time}");
    assert!(by_id.contains("by crm_events_pkey, about 1 of 200000 rows"), "{by_id}");
    assert!(by_id.contains("no condition on ts: it looks into every month"), "{by_id}");
    assert!(by_nothing.contains("Seq Scan") && by_nothing.contains("instead: an index on the columns"), "{by_nothing}");
    assert!(other.contains("it doesn't read public.crm_events"), "{other}");
    // Planned, not run.
    assert!(!value::<bool>(&mut owner, "select is_called from public.asked"));

    owner.batch_execute("drop index public.crm_events_ts_idx").unwrap();
    let (_, said, _) = explained("select * from crm_events where ts >= $1 and ts < $2");
    assert!(said.contains("instead: an index on ts"), "{said}");
    let (_, said, _) = explained("select * from crm_events where ts >= now() - interval '1 hour'");
    assert!(said.contains("create index concurrently on public.crm_events (ts)"), "{said}");

    for (sql, words) in [
        (
            "select 1;\ndelete from crm_events",
            "queries.sql: line 2: only queries are planned, and this begins with `delete`",
        ),
        ("select 1;\n\nselect no_such from crm_events", "queries.sql: line 3: column \"no_such\" does not exist"),
        ("select 'open", "queries.sql: it can't be read as SQL"),
    ] {
        let (status, _, said) = explained(sql);
        assert!(status == Some(2) && said.contains(words), "{said}");
    }
}
