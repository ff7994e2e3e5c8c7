//! A cache never changes a result: whatever happens to a project between two runs, the second one with a cache comes to what a
//! run without one does.

use std::fs;
use std::path::Path;

use super::*;

/// What happens between two runs.
#[derive(Debug, Clone)]
enum Step {
    /// Nothing.
    Rest,
    /// Another project's files join this one's, configurations, SQL and scripts among them.
    Join(Index),
    /// A file is changed, whatever it is.
    Change(Index, Vec<Mutation>),
    /// A file goes.
    Remove(Index),
    /// Two files swap their texts.
    Swap(Index, Index),
    /// The fixes are written.
    Fix,
    /// What is kept is damaged.
    Damage(Index, u8),
}

fn step() -> impl Strategy<Value = Step> {
    let change = (any::<Index>(), prop::collection::vec(mutation(), 1..3));
    prop_oneof![
        1 => Just(Step::Rest),
        3 => any::<Index>().prop_map(Step::Join),
        6 => change.prop_map(|(file, mutations)| Step::Change(file, mutations)),
        2 => any::<Index>().prop_map(Step::Remove),
        1 => any::<(Index, Index)>().prop_map(|(one, other)| Step::Swap(one, other)),
        2 => Just(Step::Fix),
        1 => any::<(Index, u8)>().prop_map(|(at, bits)| Step::Damage(at, bits)),
    ]
}

fn files(root: &Path) -> Vec<std::path::PathBuf> {
    let walk = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().map(Result::unwrap);
    walk.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

fn happens(root: &Path, kept: &Path, step: &Step, outcome: &Outcome) {
    let present = files(root);
    let file = |index: &Index| &present[index.index(present.len())];
    match step {
        Step::Rest => {}
        Step::Join(seed) => write(root, &seeds()[seed.index(seeds().len())]),
        Step::Change(index, mutations) => {
            let text = fs::read_to_string(file(index)).unwrap();
            fs::write(file(index), mutated(&text, mutations)).unwrap();
        }
        Step::Remove(index) if present.len() > 1 => fs::remove_file(file(index)).unwrap(),
        Step::Remove(_) => {}
        Step::Swap(one, other) => {
            let texts = [one, other].map(|index| fs::read(file(index)).unwrap());
            fs::write(file(one), &texts[1]).unwrap();
            fs::write(file(other), &texts[0]).unwrap();
        }
        Step::Fix => {
            let changes = outcome.changes.iter().map(|change| (change.path.to_string(), change.after.clone()));
            write(root, &changes.collect());
        }
        Step::Damage(at, bits) => {
            for file in files(kept) {
                let mut bytes = fs::read(&file).unwrap();
                let at = at.index(bytes.len());
                bytes[at] ^= bits;
                fs::write(file, bytes).unwrap();
            }
        }
    }
}

fn write(root: &Path, tree: &Tree) {
    for (path, text) in tree {
        let path = root.join(path);
        // Where one seed has a file and another one a folder, the first stays.
        if fs::create_dir_all(path.parent().unwrap()).is_ok() && !path.is_dir() {
            fs::write(path, text).unwrap();
        }
    }
}

#[test]
fn a_cache_never_changes_a_result() {
    let all = vec!["rate-limit", "tenants", "read-through", "console", "large-files"];
    // Two lists of rules take turns, so that what is kept of one is there when the other is asked for.
    let names = prop::collection::vec((prop::sample::subsequence(all, 1..=5), any::<bool>()), 1..3);
    let steps = (prop::collection::vec(any::<Index>(), 2..6), prop::collection::vec(step(), 2..8));
    let mut runner = TestRunner::new(Cases { cases: 40, failure_persistence: None, ..Cases::default() });
    let known = AtomicUsize::new(0);
    let result = runner.run(&(steps, names), |((start, steps), names)| {
        let root = support::project([("src/none.ts", "export {};\n")]);
        start.iter().for_each(|seed| write(root.path(), &seeds()[seed.index(seeds().len())]));
        let kept = tempfile::tempdir().unwrap();
        for (number, step) in std::iter::once(&Step::Rest).chain(&steps).chain([&Step::Rest]).enumerate() {
            let (names, is_unsafe) = &names[number % names.len()];
            let mode = if *is_unsafe { FixMode::Unsafe } else { FixMode::Safe };
            let expected = run_at(root.path(), names, mode, None);
            let cache = Cache::in_folder(kept.path().to_owned()).unwrap();
            let cached = run_at(root.path(), names, mode, Some((&cache, &known)));
            let (expected, outcome) = match (expected, cached) {
                (Ok(expected), Ok(cached)) => (expected, cached),
                // A configuration that can't be used.
                (Err(expected), Err(cached)) => {
                    prop_assert_eq!(expected, cached);
                    return Ok(());
                }
                (expected, cached) => panic!("{expected:?} {cached:?}"),
            };
            prop_assert_eq!(format!("{:?}", outcome), format!("{:?}", expected), "before {:?}", step);
            happens(root.path(), kept.path(), step, &outcome);
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let known = known.into_inner();
    assert!(known > 100, "a test of nothing: {known} files were known");
}
