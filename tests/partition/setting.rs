//! A server as a hosted platform sets it up, databases with the table, and runs of the program against them.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use assert_cmd::Command;
use postgres::{Client, SimpleQueryMessage};
use tempfile::TempDir;

use crate::support::postgres::Server;

const PLATFORM: &str = include_str!("platform.sql");
const TABLE: &str = include_str!("table.sql");
/// The database that the others are copies of.
const MODEL: &str = "app";
/// The owner, who is no superuser.
pub const OWNER: &str = "postgres";

pub struct Setting {
    pub server: Server,
}

/// A database with the table, and the files that were written for it.
pub struct Case<'s> {
    pub server: &'s Server,
    pub database: String,
    pub project: TempDir,
}

/// A row of the comparison.
#[derive(Debug)]
pub struct Verdict {
    pub kind: String,
    pub name: String,
    pub verdict: String,
    #[expect(dead_code, reason = "it is shown where a test fails")]
    pub expected: String,
    pub found: String,
}

impl Setting {
    pub fn new(version: u32) -> Setting {
        let server = Server::start(version);
        server.connect("supabase_admin", "postgres").batch_execute(&format!("create database {MODEL}")).unwrap();
        server.connect("supabase_admin", MODEL).batch_execute(PLATFORM).unwrap();
        if version >= 18 {
            // There a table with FULL identity can't be updated if its generated columns aren't published.
            let publish = "alter publication supabase_realtime set (publish_generated_columns = stored)";
            server.connect(OWNER, MODEL).batch_execute(publish).unwrap();
        }
        server.connect(OWNER, MODEL).batch_execute(TABLE).unwrap();
        Setting { server }
    }

    /// A copy of the database.
    pub fn case(&self) -> Case<'_> {
        self.with_template(MODEL)
    }

    /// A database with the table and without a row.
    pub fn empty_case(&self) -> Case<'_> {
        let case = self.case();
        case.owner()
            .batch_execute("truncate public.crm_events; refresh materialized view public.daily_events")
            .unwrap();
        case
    }

    fn with_template(&self, template: &str) -> Case<'_> {
        Case {
            server: &self.server,
            database: self.server.database(template),
            project: crate::support::project([("supabase/config.toml", "")]),
        }
    }
}

impl Case<'_> {
    pub fn connect(&self, role: &str) -> Client {
        self.server.connect(role, &self.database)
    }

    pub fn owner(&self) -> Client {
        self.connect(OWNER)
    }

    /// A session that is what the API makes of a request.
    pub fn api(&self, role: &str, tenant: u8) -> Client {
        let mut client = self.connect("authenticator");
        let tenant = format!("00000000-0000-0000-0000-00000000000{tenant}");
        client.batch_execute(&format!("set role {role}; set request.tenant = '{tenant}'")).unwrap();
        client
    }

    /// Runs `phase2 partition crm_events --by ts` with more arguments.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::cargo_bin("phase2").unwrap();
        command.current_dir(self.project.path()).args(["partition", "crm_events", "--by", "ts"]);
        command.env("DATABASE_URL", self.server.url(OWNER, &self.database)).args(arguments);
        command.output().unwrap()
    }

    /// Writes the files, and accepts what the table can't keep.
    pub fn generate(&self) {
        self.generate_with(&[]);
    }

    /// The same, with more arguments.
    pub fn generate_with(&self, arguments: &[&str]) {
        let output = self.run(&[&["--accept", "unique-constraints"], arguments].concat());
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn files(&self, folder: &str, prefix: &str) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.project.path().join("supabase").join(folder)).unwrap();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with(prefix));
        files.sort();
        assert!(!files.is_empty());
        files
    }

    pub fn migrations(&self) -> Vec<PathBuf> {
        self.files("migrations", "2")
    }

    /// The migration of that step.
    pub fn step(&self, name: &str) -> PathBuf {
        let end = format!("_{name}.sql");
        self.migrations().into_iter().find(|path| path.to_str().unwrap().ends_with(&end)).unwrap()
    }

    pub fn rollback(&self) -> Vec<PathBuf> {
        self.files("partition/crm_events", "rollback")
    }

    /// Runs files as the Supabase CLI does: each in one transaction, but for those with CONCURRENTLY.
    pub fn apply(&self, files: &[PathBuf]) {
        for file in files {
            if let Err(error) = self.try_apply(&fs::read_to_string(file).unwrap()) {
                panic!("{}: {error:?}", file.display());
            }
        }
    }

    pub fn try_apply(&self, sql: &str) -> Result<(), postgres::Error> {
        let mut client = self.owner();
        if !sql.contains(" concurrently ") {
            return client.batch_execute(sql);
        }
        self.try_apply_singly(&mut client, sql)
    }

    /// Runs each statement by itself, as psql does.
    pub fn try_apply_singly(&self, client: &mut Client, sql: &str) -> Result<(), postgres::Error> {
        let sql: String = sql.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
        let mut statements: Vec<String> = Vec::new();
        for part in sql.split(";\n") {
            match statements.last_mut().filter(|open| open.matches("$phase2").count() % 2 == 1) {
                Some(open) => open.extend([";\n", part]),
                None => statements.push(part.to_owned()),
            }
        }
        statements.iter().filter(|statement| !statement.trim().is_empty()).try_for_each(|sql| client.batch_execute(sql))
    }

    /// Applies all migrations up to a step, this one not among them.
    pub fn apply_until(&self, name: &str) {
        let step = self.step(name);
        self.apply(&self.migrations().into_iter().take_while(|path| *path != step).collect::<Vec<_>>());
    }

    /// What the comparison says.
    pub fn verify(&self) -> Vec<Verdict> {
        let sql = fs::read_to_string(self.project.path().join("supabase/partition/crm_events/verify.sql")).unwrap();
        let messages = self.owner().simple_query(&sql).unwrap();
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let text = |row: &postgres::SimpleQueryRow, at: usize| row.get(at).unwrap_or_default().to_owned();
        let verdict = |row: postgres::SimpleQueryRow| Verdict {
            kind: text(&row, 0),
            name: text(&row, 1),
            verdict: text(&row, 2),
            expected: text(&row, 3),
            found: text(&row, 4),
        };
        rows.map(verdict).collect()
    }

    /// The comparison, with nothing different; the number of rows and their hash.
    #[track_caller]
    pub fn verified(&self) -> (String, String) {
        let verdicts = self.verify();
        let different: Vec<&Verdict> = verdicts.iter().filter(|row| row.verdict == "DIFFERENT").collect();
        assert!(different.is_empty(), "{different:#?}");
        assert!(verdicts.len() > 45, "{verdicts:#?}");
        let rows =
            |name: &str| verdicts.iter().find(|row| row.kind == "rows" && row.name == name).unwrap().found.clone();
        (rows("number"), rows("hash"))
    }
}

/// One value.
pub fn value<T: for<'a> postgres::types::FromSql<'a>>(client: &mut Client, query: &str) -> T {
    client.query_one(query, &[]).unwrap_or_else(|error| panic!("{query}: {error:?}")).get(0)
}

/// The code of the error that a statement fails with.
pub fn refused(client: &mut Client, sql: &str) -> String {
    let error = client.batch_execute(sql).expect_err(sql);
    error.as_db_error().map(|said| said.code().code().to_owned()).unwrap_or_else(|| panic!("{sql}: {error:?}"))
}
