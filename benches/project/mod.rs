//! A generated project, always the same one: the shapes of real Supabase projects, as often as they have them.

// Each bench uses a part of it.
#![allow(dead_code)]

mod console;
mod functions;
mod pages;
mod random;

use std::fs;
use std::path::Path;

use random::Random;

/// What the benches measure with, in megabytes; about 3,000 files.
pub const USUAL_MEGABYTES: usize = 30;

/// Of so many files one is the entry file of an edge function: 1,221 of the 10,509 files that were counted.
const FILES_PER_FUNCTION: usize = 9;
/// Of 5 files, so many have calls of the console.
const FILES_WITH_CALLS_OF_5: usize = 2;
/// One of the files has generated types, which take this part of the whole: 2 MB of the usual size.
const PART_OF_TYPES: usize = 15;

/// Whether there is anything for a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Density {
    /// Two of five files have calls of the console, no function is limited.
    Dense,
    /// No file has any, all functions are limited.
    Clean,
}

/// Writes a project of so many megabytes below `root`.
pub fn write(root: &Path, density: Density, megabytes: usize) {
    let mut random = Random::new(0x9e37_79b9_7f4a_7c15);
    let types = pages::types((megabytes << 20) / PART_OF_TYPES);
    put(root, "src/integrations/types.ts", &types);
    put(root, "supabase/functions/_shared/rate-limit-wrapper.ts", functions::HELPER);
    let mut written = types.len();
    for number in 0.. {
        if written >= megabytes << 20 {
            return;
        }
        let has_triggers = density == Density::Dense && number % 5 < FILES_WITH_CALLS_OF_5;
        let (path, text) = if number % FILES_PER_FUNCTION == 0 {
            let steps = 1 + random.below(22);
            let path = format!("supabase/functions/job-{number}/index.ts");
            (path, functions::entry_file(&mut random, steps, has_triggers))
        } else if number % FILES_PER_FUNCTION == 1 {
            let mut text = String::from("import type { SupabaseClient } from \"npm:@supabase/supabase-js@2\";\n\n");
            for step in 0..1 + random.below(22) {
                functions::declaration(&mut text, &mut random, step, has_triggers);
            }
            (format!("supabase/functions/_shared/area-{}/steps-{number}.ts", number % 97), text)
        } else if random.happens(2, 3) {
            let parts = 1 + random.below(30);
            let path = format!("src/pages/area-{}/Page{number}.tsx", number % 101);
            (path, pages::page(&mut random, number, parts, has_triggers))
        } else {
            let parts = 1 + random.below(48);
            let path = format!("src/lib/area-{}/module-{number}.ts", number % 103);
            (path, pages::module(&mut random, parts, has_triggers))
        };
        written += text.len();
        put(root, &path, &text);
    }
}

/// A module of at least so many lines, with calls of the console.
pub fn long_module(lines: usize) -> String {
    let mut random = Random::new(0x2545_f491_4f6c_dd1d);
    let mut parts = lines / 40;
    loop {
        let text = pages::module(&mut random, parts, true);
        if text.lines().count() >= lines {
            return text;
        }
        parts += parts / 8 + 1;
    }
}

fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
