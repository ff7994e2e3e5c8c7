//! The usual plan beside ours, on the same rows: how long each keeps a writer waiting, and what it loses.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::setting::{Case, Setting, value};

const PLAIN_COPY: &str = include_str!("plain_copy.sql");

/// The longest that a writer waits while something is done. Writes that fail, once the table is another, count as done.
fn longest_wait(case: &Case<'_>, work: impl FnOnce()) -> Duration {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let (mut client, mut longest) = (case.owner(), Duration::ZERO);
            while !stop.load(Ordering::Relaxed) {
                let started = Instant::now();
                let _ = client.batch_execute(
                    "update public.crm_events set kind = 'sale' where id = 1000 and ts < now();
                     insert into public.audit (op) values ('x')",
                );
                longest = longest.max(started.elapsed());
                thread::sleep(Duration::from_millis(2));
            }
            longest
        });
        thread::sleep(Duration::from_millis(200));
        work();
        stop.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    })
}

/// How many properties differ from before, by their kind.
fn lost(case: &Case<'_>) -> BTreeMap<String, usize> {
    let mut lost = BTreeMap::new();
    for row in case.verify().into_iter().filter(|row| row.verdict == "DIFFERENT") {
        *lost.entry(row.kind).or_default() += 1;
    }
    lost
}

pub fn a_plain_copy_loses_what_this_keeps(setting: &Setting) {
    let (plain, ours) = (setting.case(), setting.case());
    plain.generate();
    ours.generate();
    let in_plain = longest_wait(&plain, || plain.owner().batch_execute(PLAIN_COPY).unwrap());
    let in_ours = longest_wait(&ours, || ours.apply(&ours.migrations()));
    let lost_by_plain = lost(&plain);
    let in_default: i64 = value(&mut plain.owner(), "select count(*) from public.crm_events_default");
    let open: i64 = value(
        &mut plain.owner(),
        "select count(*) from pg_partition_tree('public.crm_events') where isleaf and has_table_privilege('anon', relid, 'select')",
    );
    println!("\na writer waited: plain copy {in_plain:?}, phase2 {in_ours:?}");
    println!("rows in the default partition: {in_default}; partitions that anon can read: {open}");
    println!("different from before: {lost_by_plain:?}");
    assert_eq!(lost(&ours), BTreeMap::new());
    for kind in [
        "trigger",
        "policy",
        "grant",
        "column grant",
        "publication",
        "view",
        "function",
        "sequence",
        "partition",
        "constraint",
    ] {
        assert!(lost_by_plain.contains_key(kind), "{kind}: {lost_by_plain:?}");
    }
    assert_eq!((in_default, open), (200_000, 5));
    assert!(in_ours < in_plain, "{in_ours:?} {in_plain:?}");
}
