//! A PostgreSQL of one test alone, which is reached by TCP, with TLS or without.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, Uid, User};

use super::certificates::Certificates;

/// A running server.
pub struct TlsPostgres {
    folder: PathBuf,
    port: u16,
    child: Child,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl TlsPostgres {
    /// Starts one with this certificate, an ordinary role and its database.
    pub fn start(certificates: &Certificates) -> Self {
        let server = Self::start_empty(certificates);
        let mut operator = server.connect("postgres");
        // One at a time: a database is not made in a transaction.
        for make in ["CREATE ROLE app LOGIN", "CREATE DATABASE office OWNER app"] {
            operator.batch_execute(make).expect("a database");
        }
        server
    }

    /// The same without a role and a database.
    pub fn start_empty(certificates: &Certificates) -> Self {
        let folder = std::env::temp_dir().join(format!("postgres-tls-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).expect("a folder");
        for name in ["server.crt", "server.key"] {
            std::fs::copy(certificates.folder().join(name), folder.join(name)).expect("a copy");
        }
        let key = folder.join("server.key");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("its mode");
        give(&folder);
        give(&key);
        let data = folder.join("data").to_string_lossy().into_owned();
        let made = program("initdb")
            .args([
                "-D",
                &data,
                "-U",
                "operator",
                "--auth=trust",
                "--no-sync",
                "-E",
                "UTF8",
                "--locale=C",
            ])
            .output()
            .expect("initdb");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let port = port.expect("a port").port();
        let child = program("postgres")
            .args([
                "-D",
                &data,
                "-p",
                &port.to_string(),
                "-c",
                "listen_addresses=127.0.0.1",
            ])
            .args([
                "-c",
                "fsync=off",
                "-c",
                "ssl=on",
                "-c",
                "ssl_cert_file=../server.crt",
            ])
            .args([
                "-c",
                "ssl_key_file=../server.key",
                "-k",
                &folder.to_string_lossy(),
            ])
            .current_dir(&folder)
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("postgres");
        let server = Self { folder, port, child };
        let deadline = Instant::now() + super::PATIENCE;
        while PgConnection::establish(&server.operator_url("postgres")).is_err() {
            assert!(Instant::now() < deadline, "postgres does not listen");
            std::thread::yield_now();
        }
        server
    }

    /// Where a node of this role finds its database, without TLS.
    pub fn url_as(&self, role: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/office?sslmode=disable", self.port)
    }

    /// Where a node finds its database, if the server's certificate is of this authority.
    pub fn url(&self, authority: &str) -> String {
        format!(
            "postgres://app@127.0.0.1:{}/office?sslmode=verify-full&sslrootcert={authority}",
            self.port
        )
    }

    /// How many sessions of nodes there are, with TLS or without.
    pub fn sessions(&self, with_tls: bool) -> i64 {
        let query = format!(
            "SELECT count(*) AS count FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE usename = 'app' AND ssl = {with_tls}"
        );
        let count = diesel::sql_query(query).get_result::<Count>(&mut self.connect("office"));
        count.expect("a number").count
    }

    /// Has all of it say nothing more, without an end of any connection.
    pub fn silence(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Has it go on.
    pub fn wake(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let own = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{own}/task/{own}/children")).expect("children");
        let children = children
            .split_whitespace()
            .map(|pid| pid.parse().expect("a process"));
        for pid in std::iter::once(own.cast_signed()).chain(children) {
            // One that has ended meanwhile says nothing anyway.
            let _ended = kill(Pid::from_raw(pid), signal);
        }
    }

    /// How the superuser comes.
    pub fn operator_url(&self, database: &str) -> String {
        format!(
            "host={} port={} user=operator dbname={database}",
            self.folder.display(),
            self.port
        )
    }

    fn connect(&self, database: &str) -> PgConnection {
        PgConnection::establish(&self.operator_url(database)).expect("a connection")
    }
}

impl Drop for TlsPostgres {
    fn drop(&mut self) {
        self.wake();
        let _gone = kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGQUIT);
        let _status = self.child.wait();
        let _left_behind = std::fs::remove_dir_all(&self.folder);
    }
}

/// The user instead of root.
fn user() -> Option<User> {
    let is_root = Uid::effective().is_root();
    is_root.then(|| User::from_name("postgres").expect("users").expect("a user"))
}

fn give(path: &Path) {
    if let Some(user) = user() {
        chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).expect("another owner");
    }
}

/// A server program of the newest version, as a user that it accepts.
fn program(name: &str) -> Command {
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL");
    let newest = versions.map(|entry| entry.expect("an entry").path()).max();
    let mut command = Command::new(newest.expect("a version").join("bin").join(name));
    command.stdout(Stdio::null()).env("LC_ALL", "C");
    if let Some(user) = user() {
        command
            .uid(user.uid.as_raw())
            .gid(user.gid.as_raw())
            .current_dir("/");
    }
    command
}
