//! What other programs are told: the schema, completions, manual pages.

use std::process::Command;

use serde_json::Value;

use crate::sandbox::Sandbox;

/// The schema as the program prints it, and what judges by it.
fn validator() -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(&Sandbox::new(&[]).run(&["schema"]).expect(0).out).unwrap();
    assert!(jsonschema::meta::is_valid(&schema), "it is no schema");
    jsonschema::validator_for(&schema).unwrap()
}

fn json(text: &str) -> Value {
    serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
}

#[test]
fn the_schema_takes_what_the_program_takes() {
    let validator = validator();
    let readme = std::fs::read_to_string("README.md").unwrap();
    let blocks = readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    let fixtures = walkdir::WalkDir::new("fixtures").into_iter().map(Result::unwrap);
    let fixtures = fixtures.filter(|entry| entry.file_name() == "phase2.toml");
    let fixtures = fixtures.map(|entry| std::fs::read_to_string(entry.path()).unwrap());
    let mut count = 0;
    for text in blocks.chain(fixtures) {
        if let Err(error) = validator.validate(&json(text.trim_start_matches('\u{feff}'))) {
            panic!("{error} at {}\n{text}", error.instance_path());
        }
        count += 1;
    }
    assert!(count > 60, "{count}");
    // What init writes, as well.
    let sandbox =
        Sandbox::committed(&[("supabase/functions/a/index.ts", "Deno.serve(async (req) => new Response('a'));\n")]);
    sandbox.run(&["init"]).expect(0);
    assert!(validator.is_valid(&json(&sandbox.read("phase2.toml"))));
}

#[test]
fn the_schema_refuses_what_the_program_refuses() {
    let validator = validator();
    for wrong in [
        "root = ['src']",
        "roots = 'src'",
        "rules = ['consle']",
        "respect-gitignore = 'no'",
        "[console.levels]\nlog = 'fatal'",
        "[console.edge]\nforms = 'object'",
        "[rate-limit.tiers.high]\nburst = 0",
        "[rate-limit.functions]\na = 1",
        "[tenants]\nfallback = 'none'",
        "[large-files]\nmax-lines = -1",
        "[read-through.tables.a]\nkey = 'a'",
        "[consol]",
    ] {
        assert!(!validator.is_valid(&json(wrong)), "{wrong}");
        let sandbox = Sandbox::committed(&[("src/a.ts", ""), ("phase2.toml", wrong)]);
        sandbox.run(&["check"]).expect(2);
    }
}

#[test]
fn the_npm_package_has_the_schema() {
    let schema = Sandbox::new(&[]).run(&["schema"]).expect(0).out;
    let packed = std::fs::read_to_string("npm/phase2/schema.json").unwrap();
    assert!(schema == packed, "cargo run -- schema > npm/phase2/schema.json");
}

#[test]
fn init_names_the_schema_that_is_installed() {
    let files = [("src/a.ts", "console.log('a');\n"), ("node_modules/phase2/schema.json", "{}")];
    let sandbox = Sandbox::committed(&files);
    sandbox.run(&["init"]).expect(0);
    assert!(sandbox.read("phase2.toml").starts_with("#:schema ./node_modules/phase2/schema.json\n"));
    let sandbox = Sandbox::committed(&files[..1]);
    sandbox.run(&["init"]).expect(0);
    assert!(!sandbox.read("phase2.toml").starts_with("#:schema"));
}

#[test]
fn shells_complete_commands_options_and_values() {
    let sandbox = Sandbox::new(&[]);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = sandbox.run(&["completions", shell]).expect(0).out;
        for word in ["partition", "unsafe-fixes", "baseline-from"] {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
    // As bash does when Tab is pressed.
    let script = sandbox.run(&["completions", "bash"]).expect(0).out;
    sandbox.write("phase2.bash", script);
    let press_tab = "source ./phase2.bash; COMP_WORDS=(phase2 fix --unsa); COMP_CWORD=2; _phase2 phase2 --unsa fix; echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash").args(["-c", press_tab]).current_dir(sandbox.path("")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "--unsafe-fixes", "{output:?}");
    sandbox.run(&["completions", "tcsh"]).expect(2).says(&["bash"]);
}

#[test]
fn manual_pages_are_of_the_program_and_of_its_commands() {
    let sandbox = Sandbox::new(&[]);
    let page = sandbox.run(&["man"]).expect(0).out;
    assert!(page.contains(".TH phase2 1") && page.contains("phase2\\-fix(1)"), "{page}");
    let page = sandbox.run(&["man", "fix"]).expect(0).out;
    assert!(page.contains(&format!("\"phase2 {}\"", env!("CARGO_PKG_VERSION"))), "{page}");
    assert!(page.contains(".TH phase2-fix 1") || page.contains(".TH phase2\\-fix 1"), "{page}");
    assert!(page.contains("\\-\\-unsafe\\-fixes") && page.contains("\\-\\-root"), "{page}");
    sandbox.run(&["man", "fxi"]).expect(2).says(&["there is no subcommand `fxi`: did you mean `fix`?"]);
}
