//! `phase2 partition` on real servers: what its files make of a table that has everything, with writers at work.

// The servers of the packages are those of Linux.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

#[path = "partition/cutover.rs"]
mod cutover;
#[path = "partition/maintenance.rs"]
mod maintenance;
#[path = "partition/plain_copy.rs"]
mod plain_copy;
#[path = "partition/queries.rs"]
mod queries;
#[path = "partition/refusals.rs"]
mod refusals;
#[path = "partition/setting.rs"]
mod setting;
#[path = "partition/split.rs"]
mod split;

use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};

use setting::Setting;

type Test = fn(&Setting);

const TESTS: [(&str, Test); 24] = [
    ("all_is_carried_over_and_back", cutover::all_is_carried_over_and_back),
    ("nothing_is_lost_under_writers", cutover::nothing_is_lost_under_writers),
    ("the_past_is_split_and_made_whole", split::the_past_is_split_and_made_whole),
    ("nothing_is_lost_while_it_is_split", split::nothing_is_lost_while_it_is_split),
    ("a_long_reader_is_waited_for_or_nothing_changes", cutover::a_long_reader_is_waited_for_or_nothing_changes),
    ("partitions_are_closed_now_and_later", cutover::partitions_are_closed_now_and_later),
    ("what_was_bound_sees_new_partitions", cutover::what_was_bound_sees_new_partitions),
    ("interrupted_steps_can_be_run_again", cutover::interrupted_steps_can_be_run_again),
    ("a_table_that_changed_meanwhile_is_left_alone", cutover::a_table_that_changed_meanwhile_is_left_alone),
    ("an_empty_database_is_built_anew_after_the_boundary", cutover::an_empty_database_is_built_anew_after_the_boundary),
    ("a_copy_that_was_interrupted_goes_on", split::a_copy_that_was_interrupted_goes_on),
    ("the_copy_follows_every_kind_of_change", split::the_copy_follows_every_kind_of_change),
    ("a_truncate_waits_for_the_batch", split::a_truncate_waits_for_the_batch),
    ("what_cannot_be_split_is_refused", split::what_cannot_be_split_is_refused),
    ("maintenance_is_idempotent_and_goes_by_bounds", maintenance::is_idempotent_and_goes_by_bounds),
    ("twelve_callers_at_once", maintenance::twelve_callers_at_once),
    ("rows_wait_in_a_default_partition", maintenance::rows_wait_in_a_default_partition),
    ("old_partitions_go", maintenance::old_partitions_go),
    ("status_shows_partitions", maintenance::status_shows_partitions),
    ("cron_is_told", maintenance::cron_is_told),
    ("a_plain_copy_loses_what_this_keeps", plain_copy::a_plain_copy_loses_what_this_keeps),
    ("queries_are_planned_and_not_run", queries::queries_are_planned_and_not_run),
    ("losses_are_refused_with_the_flag", refusals::losses_are_refused_with_the_flag),
    ("what_has_no_equal_is_refused", refusals::what_has_no_equal_is_refused),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Times are measured, and all share one server.
    arguments.test_threads = Some(1);
    let versions = [17, 18];
    let servers: Vec<Arc<Setting>> = match arguments.list {
        true => Vec::new(),
        false => versions.map(|version| Arc::new(Setting::new(version))).into(),
    };
    let mut trials = Vec::new();
    for (index, version) in versions.into_iter().enumerate() {
        // The newer server shows what might differ there; the older one all.
        let tests = if version == 17 { &TESTS[..] } else { &TESTS[..4] };
        trials.extend(tests.iter().map(|(name, test)| {
            let setting = servers.get(index).cloned();
            Trial::test(format!("on_{version}::{name}"), move || {
                test(&setting.expect("listed tests aren't run"));
                Ok(())
            })
        }));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(servers);
    conclusion.exit_code()
}
