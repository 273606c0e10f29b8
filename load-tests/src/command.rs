//! The command line. Sizes and times are bounded: a slip of a finger must not fill a disk.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
use clap::{Parser, ValueEnum, value_parser};

use crate::load::Pace;
use crate::plan::PLAN_SEATS_MAX;
use crate::scenario::Effort;
use crate::server::Wanted;

/// What is done to the box office
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Holds on one hot show, beside pgbench
    Holds,
    /// Holds over many shows, beside pgbench
    HoldsSpread,
    /// Hold, pay, read the tickets
    Buy,
    /// One hold at a time, beside pgbench and an empty request to a bare server
    Lone,
    /// Read a seat map: whole, if changed, and while seats are sold at full speed, beside nginx
    SeatMap,
    /// WebSocket viewers while seats are sold: when do they see it; beside actix-ws and nats-server
    Viewers,
    /// Five times as many holds as can be done
    Overload,
    /// Small shows beside large ones, long pasts beside none, and a start with many shows
    Scale,
    /// Killed in a sale and started again, with and without its database
    Restart,
    /// Holds that lapse after two seconds and are sold again, beside holds that don't lapse
    Lapses,
    /// Eight clients with one idempotency key among honest ones
    OneKey,
    /// Payments while 2,000 holds wait for the same show
    PayLane,
    /// Buyers who want seats side by side where only single ones are left, among honest ones
    Together,
    /// A show canceled, with thousands of paid orders, while another is sold
    Refunds,
    /// Holds of which an endpoint of webhooks is told that never answers, beside holds of which nobody is told
    Webhooks,
    /// Holds on a show with 20 ticket types and 10,000 codes, beside a show with neither
    Prices,
    /// Joins behind 100,000 who wait, and offers to them, beside holds; not part of `all`
    Waitlist,
    /// Pages of a show's million orders; not part of `all`
    OrderList,
    /// 1, 2 and 4 nodes behind haproxy, with and without hashing by show; not part of `all`
    Nodes,
    /// First holds on 1,000 shows of a fresh node, while another show is sold; not part of `all`
    ColdStart,
    /// A busy year, a week in some seconds: what the tables take does not grow; not part of `all`
    Year,
    /// A line of a million sessions, some of them bots', simulated without an office; not part of `all`
    Line,
    /// All of them but those that say otherwise
    All,
}

/// Those that `all` has, in this order: none of them takes long.
const ALL: [Scenario; 16] = [
    Scenario::Holds,
    Scenario::HoldsSpread,
    Scenario::Buy,
    Scenario::Lone,
    Scenario::SeatMap,
    Scenario::Viewers,
    Scenario::Overload,
    Scenario::Scale,
    Scenario::Restart,
    Scenario::Lapses,
    Scenario::OneKey,
    Scenario::PayLane,
    Scenario::Together,
    Scenario::Refunds,
    Scenario::Webhooks,
    Scenario::Prices,
];
/// Those in which two programs can take turns.
const BESIDE: [Scenario; 4] = [
    Scenario::Holds,
    Scenario::HoldsSpread,
    Scenario::Buy,
    Scenario::Lone,
];

/// Put a box office on this machine under load
///
/// Without --url a box office is started for the run, with a database of its own, and removed afterwards.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Options {
    /// What is done to the box office
    #[arg(value_enum)]
    pub scenario: Scenario,
    /// A box office that runs already, as in http://127.0.0.1:8080
    #[arg(long)]
    pub url: Option<String>,
    /// An organiser's key of that box office
    #[arg(long, env = "BOXOFFICE_ORGANISER_KEY", hide_env_values = true)]
    pub organiser_key: Option<String>,
    /// The database server for pgbench, and for the box office if one is started
    #[arg(long)]
    pub database_url: Option<String>,
    /// The program to start [default: boxoffice, beside this program]
    #[arg(long, visible_alias = "office")]
    pub boxoffice: Option<PathBuf>,
    /// Another boxoffice program, as of an older commit: it takes turns with the first, in holds, holds-spread, buy and lone,
    /// and is not compared with anything else
    #[arg(long, conflicts_with_all = ["url", "database_url"])]
    pub beside: Option<PathBuf>,
    /// How often each of the two programs has its turn
    #[arg(long, default_value_t = 5, requires = "beside", value_parser = value_parser!(u16).range(1..=100))]
    pub rounds: u16,
    /// Load both programs at the same time, so that whatever else the machine does hits both alike
    #[arg(long, requires = "beside")]
    pub at_once: bool,
    /// Where the run's folder is made, database included [default: the system's temporary folder]
    #[arg(long)]
    pub temp_dir: Option<PathBuf>,
    /// Write the figures to this file too
    #[arg(long)]
    pub json: Option<PathBuf>,

    /// Connections
    #[arg(long, default_value_t = 64, value_parser = value_parser!(u16).range(1..=4_096))]
    pub clients: u16,
    /// How long each measurement lasts
    #[arg(long, default_value_t = 10, value_parser = value_parser!(u16).range(1..=600))]
    pub seconds: u16,
    /// Open loop: so many requests are due in a second. Without it, closed loop
    #[arg(long, value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub rate: Option<u32>,
    /// Seats in one order
    #[arg(long, default_value_t = 2, value_parser = value_parser!(u16).range(1..=500))]
    pub seats_per_order: u16,
    /// Seats of a show that is the only one
    #[arg(long, default_value_t = PLAN_SEATS_MAX as u32, value_parser = value_parser!(u32).range(100..=PLAN_SEATS_MAX as i64))]
    pub seats: u32,
    /// Holds: clients pick at random among so many orders' seats, instead of seats of their own
    #[arg(long, value_parser = value_parser!(u16).range(1..=1_000))]
    pub contended: Option<u16>,
    /// Spread holds: number of shows
    #[arg(long, default_value_t = 200, value_parser = value_parser!(u16).range(1..=1_000))]
    pub shows: u16,
    /// Spread holds: seats of each show
    #[arg(long, default_value_t = 2_500, value_parser = value_parser!(u32).range(100..=10_000))]
    pub seats_per_show: u32,
    /// Seat map: seats of the show
    #[arg(long, default_value_t = 20_000, value_parser = value_parser!(u32).range(100..=PLAN_SEATS_MAX as i64))]
    pub map_seats: u32,
    /// Viewers: holds a second in the background
    #[arg(long, default_value_t = 500, value_parser = value_parser!(u32).range(1..=100_000))]
    pub background_rate: u32,
    /// Viewers. Each process needs as many open files and some more
    #[arg(long, default_value_t = 10_000, value_parser = value_parser!(u16).range(1..=20_000))]
    pub viewers: u16,
    /// Overload: connections. More than the office lets wait for one show, or it has no reason to say no
    #[arg(long, default_value_t = 4_000, value_parser = value_parser!(u16).range(1..=20_000))]
    pub overload_clients: u16,
    /// Scale and cold start: shows that the office starts with
    #[arg(long, default_value_t = 1_000, value_parser = value_parser!(u16).range(1..=10_000))]
    pub start_shows: u16,
    /// Refunds: paid orders of the show that is canceled
    #[arg(long, default_value_t = 3_000, value_parser = value_parser!(u32).range(100..=50_000))]
    pub refunds: u32,
    /// Year: weeks
    #[arg(long, default_value_t = 52, value_parser = value_parser!(u16).range(4..=520))]
    pub weeks: u16,
    /// Connections of pgbench; each number is tried, and the best run counts
    #[arg(long, default_values_t = [16, 64], value_delimiter = ',', value_parser = value_parser!(u16).range(1..=90))]
    pub pgbench_clients: Vec<u16>,
    /// Leave pgbench out
    #[arg(long)]
    pub no_baseline: bool,
}

impl Options {
    /// What was asked for, in order.
    pub fn scenarios(&self) -> anyhow::Result<Vec<Scenario>> {
        let of_all: &[Scenario] = if self.beside.is_some() { &BESIDE } else { &ALL };
        if self.scenario == Scenario::All {
            return Ok(of_all.to_vec());
        }
        ensure!(
            self.beside.is_none() || BESIDE.contains(&self.scenario),
            "--beside is for holds, holds-spread, buy, lone and all"
        );
        Ok(vec![self.scenario])
    }

    /// The other program that takes turns with the first.
    pub fn wanted_beside(&self) -> Option<Wanted> {
        let program = self.beside.clone()?;
        Some(Wanted {
            program: Some(program),
            ..self.wanted()
        })
    }

    /// Where the box office comes from.
    pub fn wanted(&self) -> Wanted {
        Wanted {
            url: self.url.clone(),
            organiser_key: self.organiser_key.clone(),
            database_url: self.database_url.clone(),
            program: self.boxoffice.clone(),
        }
    }

    /// How hard and how long.
    pub fn effort(&self) -> Effort {
        Effort {
            clients: self.clients.into(),
            time: Duration::from_secs(self.seconds.into()),
            pace: self.rate.map_or(Pace::Closed, |rate| Pace::Open {
                per_second: rate.into(),
            }),
            per_order: self.seats_per_order.into(),
            seats: self.seats as usize,
        }
    }

    /// The same, for seat maps.
    pub fn map_effort(&self) -> Effort {
        Effort {
            seats: self.map_seats as usize,
            ..self.effort()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(arguments: &str, expected: Option<&[Scenario]>) {
        let words = ["load-tests"].into_iter().chain(arguments.split(' '));
        let scenarios = Options::try_parse_from(words)
            .ok()
            .and_then(|options| options.scenarios().ok());
        assert_eq!(scenarios.as_deref(), expected, "{arguments}");
    }

    #[test]
    fn what_was_asked_for_is_run() {
        check("all", Some(&ALL));
        check("nodes", Some(&[Scenario::Nodes]));
        check(
            "one-key --office target/release/boxoffice",
            Some(&[Scenario::OneKey]),
        );
    }

    #[test]
    fn two_programs_take_turns_in_the_classic_scenarios_alone() {
        check("all --beside old --rounds 7", Some(&BESIDE));
        check("lone --beside old", Some(&[Scenario::Lone]));
        check("restart --beside old", None);
        check("holds --beside old --url http://127.0.0.1:8080", None);
        check("holds --rounds 7", None);
    }
}
