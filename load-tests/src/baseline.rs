//! The yardstick: the same hold, and the same purchase, as transactions written by hand, run by `pgbench` on the same
//! database server.
//!
//! Two ways to write it: one call of a function, which is the least that a database can be asked to do for one hold, and
//! a transaction of single statements, which is what most programs do. No HTTP, no JSON, no queue: `pgbench` alone.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use hdrhistogram::Histogram;
use serde::Serialize;

use crate::load::{histogram, record};
use crate::postgres::{PROGRAM_SECONDS_MAX, command, psql};
use crate::program::finish;
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
/// How the files begin into which `pgbench` writes each transaction.
const LOG_PREFIX: &str = "transactions";

/// What a transaction of `pgbench` is, and how it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Writing {
    /// A hold: one call of a function.
    OneCall,
    /// A hold: BEGIN, single statements, COMMIT.
    Statements,
    /// A purchase: a hold and a payment, one call each, and a look at the order.
    Purchase,
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
        psql(&database, &[], include_str!("baseline/pay.sql")).await?;
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
            figures.push(self.run_once(exercise, writing, *clients, None).await?);
        }
        Ok(figures)
    }

    /// Runs the one call over one connection and gives each transaction's latency. The folder, which has to be empty, is
    /// empty again afterwards.
    pub async fn run_alone(&self, exercise: Exercise, log_dir: &Path) -> anyhow::Result<Histogram<u64>> {
        self.fill(exercise).await?;
        self.run_once(exercise, Writing::OneCall, 1, Some(log_dir))
            .await?;
        let mut latencies = histogram()?;
        for entry in fs::read_dir(log_dir)? {
            let path = entry?.path();
            let text = fs::read_to_string(&path)?;
            text.lines()
                .filter_map(read_latency)
                .for_each(|latency| record(&mut latencies, latency));
            fs::remove_file(&path)?;
        }
        ensure!(!latencies.is_empty(), "pgbench wrote no transaction down");
        Ok(latencies)
    }

    /// Removes what was made.
    pub async fn close(self) -> anyhow::Result<()> {
        psql(&self.server, &[], &format!("DROP DATABASE IF EXISTS {DATABASE}")).await?;
        Ok(())
    }

    async fn fill(&self, exercise: Exercise) -> anyhow::Result<()> {
        let calls = if exercise.shows == 1 {
            HOT_CALLS_PER_SECOND_MAX
        } else {
            SPREAD_CALLS_PER_SECOND_MAX
        };
        let seats = calls * exercise.time.as_secs().max(1) as usize * exercise.per_order;
        let seats_per_show = seats.min(SEATS_MAX).div_ceil(exercise.shows);
        let variables = [
            ("shows", exercise.shows.to_string()),
            ("seats_per_show", seats_per_show.to_string()),
        ];
        psql(&self.database, &variables, include_str!("baseline/fill.sql")).await?;
        Ok(())
    }

    async fn run_once(
        &self,
        exercise: Exercise,
        writing: Writing,
        clients: usize,
        log_dir: Option<&Path>,
    ) -> anyhow::Result<Figure> {
        let script = match writing {
            Writing::OneCall => include_str!("baseline/one_call.pgbench.sql"),
            Writing::Statements => include_str!("baseline/statements.pgbench.sql"),
            Writing::Purchase => include_str!("baseline/purchase.pgbench.sql"),
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
        if let Some(log_dir) = log_dir {
            let prefix = log_dir.join(LOG_PREFIX);
            command
                .arg("--log")
                .arg(format!("--log-prefix={}", prefix.display()));
        }
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

/// A line of the log: client, transaction, microseconds, and more.
fn read_latency(line: &str) -> Option<Duration> {
    let micros = line.split(' ').nth(2)?.parse().ok()?;
    Some(Duration::from_micros(micros))
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

    #[test]
    fn a_transactions_latency_is_the_logs_third_figure() {
        let latency = read_latency("0 199 2241 0 1175850568 995598");
        assert_eq!(latency, Some(Duration::from_micros(2_241)));
        assert_eq!(read_latency("0 skipped"), None);
    }
}
