//! The yardstick: the same hold as a transaction written by hand, run by `pgbench` on the same database server.
//!
//! Two ways to write it: one call of a function, which is the least that a database can be asked to do for one hold, and
//! a transaction of single statements, which is what most programs do. No HTTP, no JSON, no queue: `pgbench` alone.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde::Serialize;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::target::DatabaseUrl;

/// The baseline's database, made for the run.
const DATABASE: &str = "boxoffice_baseline";
/// More calls a second than any run gets, so that seats never run out.
const HOT_CALLS_PER_SECOND_MAX: usize = 10_000;
const SPREAD_CALLS_PER_SECOND_MAX: usize = 25_000;
/// Most seats that are made for a run.
const SEATS_MAX: usize = 20_000_000;
/// Threads of `pgbench`.
const THREADS: usize = 2;
/// How long a program may take beside the time of the run.
const PROGRAM_SECONDS_MAX: Duration = Duration::from_secs(300);
/// As much of what a program says about its failure is shown.
const ERROR_CHARS_MAX: usize = 500;
/// Where Debian keeps programs that are not in `PATH`.
const VERSIONS_DIR: &str = "/usr/lib/postgresql";

/// How the transaction is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Writing {
    /// One call of a function.
    OneCall,
    /// BEGIN, single statements, COMMIT.
    Statements,
}

/// What is run.
#[derive(Debug, Clone, Copy)]
pub struct Exercise {
    /// Shows that take turns.
    pub shows: usize,
    /// Seats of one hold.
    pub per_order: usize,
    /// How long.
    pub time: Duration,
}

/// One run of `pgbench`.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// How the transaction was written.
    pub writing: Writing,
    /// Shows that took turns.
    pub shows: usize,
    /// Connections.
    pub clients: usize,
    /// Transactions a second, the time to connect left out.
    pub per_second: f64,
    /// Average latency, in milliseconds.
    pub average_ms: f64,
}

/// A database with the baseline's tables.
pub struct Baseline {
    server: DatabaseUrl,
    database: DatabaseUrl,
}

impl Baseline {
    /// Makes the database on the server that has this one.
    pub async fn make(beside: &DatabaseUrl) -> anyhow::Result<Self> {
        let server = beside.sibling("postgres");
        let database = beside.sibling(DATABASE);
        psql(&server, &[], &format!("DROP DATABASE IF EXISTS {DATABASE}")).await?;
        psql(&server, &[], &format!("CREATE DATABASE {DATABASE}")).await?;
        psql(&database, &[], include_str!("baseline/tables.sql")).await?;
        psql(&database, &[], include_str!("baseline/hold.sql")).await?;
        Ok(Self { server, database })
    }

    /// Runs one way of writing with each of these numbers of connections, each on fresh seats.
    pub async fn run(
        &self,
        exercise: Exercise,
        writing: Writing,
        clients: &[usize],
    ) -> anyhow::Result<Vec<Figure>> {
        let mut figures = Vec::with_capacity(clients.len());
        for clients in clients {
            self.fill(exercise).await?;
            figures.push(self.run_once(exercise, writing, *clients).await?);
        }
        Ok(figures)
    }

    /// Removes what was made.
    pub async fn close(self) -> anyhow::Result<()> {
        psql(&self.server, &[], &format!("DROP DATABASE IF EXISTS {DATABASE}")).await
    }

    async fn fill(&self, exercise: Exercise) -> anyhow::Result<()> {
        let calls = if exercise.shows == 1 {
            HOT_CALLS_PER_SECOND_MAX
        } else {
            SPREAD_CALLS_PER_SECOND_MAX
        };
        let seats = calls * exercise.time.as_secs().max(1) as usize * exercise.per_order;
        let seats_per_show = seats.min(SEATS_MAX).div_ceil(exercise.shows);
        let variables = [("shows", exercise.shows), ("seats_per_show", seats_per_show)];
        psql(&self.database, &variables, include_str!("baseline/fill.sql")).await
    }

    async fn run_once(&self, exercise: Exercise, writing: Writing, clients: usize) -> anyhow::Result<Figure> {
        let script = match writing {
            Writing::OneCall => include_str!("baseline/one_call.pgbench.sql"),
            Writing::Statements => include_str!("baseline/statements.pgbench.sql"),
        };
        let seconds = exercise.time.as_secs().max(1);
        let mut command = command("pgbench");
        command.args(["-n", "-M", "prepared", "-f", "/dev/stdin"]);
        command
            .arg("-c")
            .arg(clients.to_string())
            .arg("-j")
            .arg(THREADS.min(clients).to_string());
        command.arg("-T").arg(seconds.to_string());
        let variables = [
            ("n", 0),
            ("clients", clients),
            ("shows", exercise.shows),
            ("per_order", exercise.per_order),
        ];
        for (name, value) in variables {
            command.arg("-D").arg(format!("{name}={value}"));
        }
        command.arg(self.database.text());
        let output = finish(command, script, PROGRAM_SECONDS_MAX + exercise.time).await?;
        let per_second = read_figure(&output, "tps = ").context("pgbench told no tps")?;
        let average_ms = read_figure(&output, "latency average = ").unwrap_or(0.0);
        Ok(Figure {
            writing,
            shows: exercise.shows,
            clients,
            per_second,
            average_ms,
        })
    }
}

/// Writes out what earlier runs have left, so that it doesn't weigh on the next. Refused to users who may not.
pub async fn settle(database: &DatabaseUrl) -> anyhow::Result<()> {
    psql(database, &[], "CHECKPOINT").await
}

async fn psql(database: &DatabaseUrl, variables: &[(&str, usize)], sql: &str) -> anyhow::Result<()> {
    let mut command = command("psql");
    command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1"]);
    for (name, value) in variables {
        command.arg("-v").arg(format!("{name}={value}"));
    }
    command.arg("-d").arg(database.text()).args(["-f", "-"]);
    finish(command, sql, PROGRAM_SECONDS_MAX).await?;
    Ok(())
}

/// A PostgreSQL client program. What the environment says about where to connect is left out: the address says it all.
fn command(program: &str) -> Command {
    let mut command = Command::new(find_program(program));
    for name in [
        "PGHOST",
        "PGHOSTADDR",
        "PGPORT",
        "PGSERVICE",
        "PGSERVICEFILE",
        "PGOPTIONS",
    ] {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C").kill_on_drop(true);
    command
}

/// The program in `PATH`, else that of the newest version which Debian keeps elsewhere.
fn find_program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file());
    in_path
        .or_else(|| newest_below(Path::new(VERSIONS_DIR), name))
        .unwrap_or_else(|| PathBuf::from(name))
}

fn newest_below(versions_dir: &Path, name: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(versions_dir).ok()?.flatten();
    let versions = entries.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin").join(name)))
    });
    versions
        .filter(|(_version, program)| program.is_file())
        .max()
        .map(|(_version, program)| program)
}

/// Runs a program on a text as its input, and gives its output.
async fn finish(mut command: Command, input: &str, time_max: Duration) -> anyhow::Result<String> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = command
        .spawn()
        .with_context(|| format!("{name} could not be run"))?;
    if let Some(mut stdin) = process.stdin.take() {
        stdin.write_all(input.as_bytes()).await?;
    }
    let output = tokio::time::timeout(time_max, process.wait_with_output()).await;
    let output = output.with_context(|| format!("{name} took longer than {} s", time_max.as_secs()))??;
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    // A client of pgbench that gives up is told on stderr, and the run is worth nothing.
    let succeeded = output.status.success() && !stderr.contains("aborted");
    let said: String = stderr.chars().take(ERROR_CHARS_MAX).collect();
    ensure!(succeeded, "{name}: {}", said.trim());
    Ok(stdout.into_owned())
}

fn read_figure(output: &str, label: &str) -> Option<f64> {
    let (_before, rest) = output.split_once(label)?;
    rest.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(label: &str, expected: Option<f64>) {
        let output = "latency average = 6.402 ms\ninitial connection time = 9.117 ms\n\
                      tps = 2499.144322 (without initial connection time)\n";
        assert_eq!(read_figure(output, label), expected, "{label}");
    }

    #[test]
    fn figures_are_read_by_their_label() {
        check("tps = ", Some(2499.144322));
        check("latency average = ", Some(6.402));
        check("failed = ", None);
    }
}
