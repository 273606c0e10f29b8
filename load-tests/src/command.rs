//! The command line. Sizes and times are bounded: a slip of a finger must not fill a disk.

use std::path::PathBuf;
use std::time::Duration;

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
    /// All of them
    All,
}

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
    #[arg(long)]
    pub boxoffice: Option<PathBuf>,
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
    /// Scale: shows that the office starts with
    #[arg(long, default_value_t = 1_000, value_parser = value_parser!(u16).range(1..=10_000))]
    pub start_shows: u16,
    /// Connections of pgbench; each number is tried, and the best run counts
    #[arg(long, default_values_t = [16, 64], value_delimiter = ',', value_parser = value_parser!(u16).range(1..=90))]
    pub pgbench_clients: Vec<u16>,
    /// Leave pgbench out
    #[arg(long)]
    pub no_baseline: bool,
}

impl Options {
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
