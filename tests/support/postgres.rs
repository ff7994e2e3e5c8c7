//! A PostgreSQL server for tests, from the packages that `tests/node` pins.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use serde::Deserialize;
use tempfile::TempDir;

use super::node::{node_modules, run};

/// Whom the server runs as where the tests run as root, which it refuses to be.
const NOBODY: u32 = 65534;
/// Starts the server, and stops it when standard input ends: also when the test was killed.
const UNTIL_STDIN_ENDS: &str = r#""$@" & server=$!; read -r _; kill -INT $server; wait $server"#;

/// A server of its own, stopped when it is dropped.
pub struct Server {
    port: u16,
    process: Child,
    _home: TempDir,
    count: AtomicU32,
}

#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

impl Server {
    /// Starts PostgreSQL of that major version.
    pub fn start(version: u32) -> Server {
        let home = tempfile::Builder::new().prefix("phase2-postgres-").tempdir().unwrap();
        let is_root = fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own)).unwrap() == 0;
        // Another user can't be trusted to reach the target folder; nor may a test write into an installed package.
        let native = home.path().join("native");
        run(Command::new("cp").arg("-r").arg(node_modules().join(format!("postgres-{version}/native"))).arg(&native));
        complete(&native);
        let data = home.path().join("data");
        fs::create_dir(&data).unwrap();
        if is_root {
            chown(home.path(), Some(NOBODY), None).unwrap();
            chown(&data, Some(NOBODY), None).unwrap();
        }
        let as_user = |program: &str| {
            let mut command = Command::new(program);
            command.current_dir(home.path());
            if is_root {
                command.uid(NOBODY);
            }
            command
        };
        let program = |name: &str| native.join("bin").join(name).to_str().unwrap().to_owned();
        let options = ["-U", "supabase_admin", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"];
        run(as_user(&program("initdb")).args(options).arg(&data));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = fs::File::create(home.path().join("log")).unwrap();
        let mut command = as_user("sh");
        command.args(["-c", UNTIL_STDIN_ENDS, "sh"]).arg(program("postgres")).arg("-D").arg(&data);
        for setting in [
            &format!("port={port}"),
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "wal_level=logical",
            "fsync=off",
            "max_connections=60",
            "default_statistics_target=20",
            // As on the hosted platform: long steps must set their own.
            "statement_timeout=120s",
            "timezone=America/New_York",
        ] {
            command.args(["-c", setting]);
        }
        let process = command.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let server = Server { port, process, _home: home, count: AtomicU32::new(0) };
        let started = Instant::now();
        while server.try_connect("supabase_admin", "postgres").is_err() {
            assert!(started.elapsed() < Duration::from_secs(60), "PostgreSQL {version} doesn't start");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// The address of a database for one of the roles.
    pub fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    fn try_connect(&self, role: &str, database: &str) -> Result<Client, postgres::Error> {
        Client::connect(&self.url(role, database), NoTls)
    }

    /// A connection as that role.
    pub fn connect(&self, role: &str, database: &str) -> Client {
        self.try_connect(role, database).unwrap()
    }

    /// Makes a database: empty, or a copy of another that nobody is connected to. Gives back its name.
    pub fn database(&self, template: &str) -> String {
        let name = format!("test_{}", self.count.fetch_add(1, Ordering::Relaxed));
        let mut client = self.connect("supabase_admin", "postgres");
        client.batch_execute(&format!("create database {name} template {template}")).unwrap();
        client.batch_execute(&format!("grant create on database {name} to public")).unwrap();
        name
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take().map(|mut stdin| stdin.flush()));
        let _ = self.process.wait();
    }
}

/// What the package's post-install does: npm packages hold no symbolic links.
fn complete(native: &Path) {
    let links = fs::read(native.join("pg-symlinks.json")).unwrap();
    let links: Vec<Link> = serde_json::from_slice(&links).unwrap();
    let package = native.parent().unwrap();
    for Link { source, target } in links {
        // `source` is what exists, `target` the link, both from the package's folder.
        let (source, target) = (package.join(source), package.join(target));
        if !target.exists() {
            symlink(source.file_name().unwrap(), &target).unwrap();
        }
    }
    for program in fs::read_dir(native.join("bin")).unwrap() {
        fs::set_permissions(program.unwrap().path(), fs::Permissions::from_mode(0o755)).unwrap();
    }
}
