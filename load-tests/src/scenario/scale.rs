//! What must not depend on how much there is: holds and maps of small and large shows, of shows with a long past, and the
//! start of an office with many shows.

use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use hyper::Method;

use super::Effort;
use super::holds::Holder;
use super::reader::{Reader, Reading};
use super::seller::sell;
use crate::client::{Call, Connection};
use crate::load::{Client as _, Pace, run};
use crate::postgres::psql;
use crate::process::resident_bytes;
use crate::rounds::{ROUNDS, Rounds};
use crate::server::{Launch, Office};
use crate::stage::{Seats, Stage};
use crate::target::DatabaseUrl;

/// Connections where holds meet.
pub const TOGETHER: usize = 16;
/// A turn lasts for this part of a measurement, or for the least time.
const TURNS_PER_TIME: u32 = 6;
const TURN_MIN: Duration = Duration::from_millis(500);
/// Seats of each of many shows.
pub const SHOW_SEATS: usize = 10_000;

/// What is asked of a show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// Holds, over so many connections.
    Holds(usize),
    /// The map, over one connection.
    Map,
}

/// How an office starts that has many shows.
pub struct Start {
    /// From when the process was started to when it says that it is ready.
    pub ready: Duration,
    /// From when the process was started to when a first hold is granted.
    pub first_hold: Duration,
    /// Memory in use, in bytes, when it is ready.
    pub resident: u64,
    /// And when one show's map has been read.
    pub resident_with_map: u64,
}

/// Asks two shows in turns.
pub async fn in_turns(
    stage: &Stage,
    effort: Effort,
    asking: Asking,
    shows: [&Rc<Seats>; 2],
) -> anyhow::Result<[Rounds; 2]> {
    let mut rounds = [Rounds::new()?, Rounds::new()?];
    for round in 0..ROUNDS {
        let mut turns: Vec<_> = shows.iter().zip(&mut rounds).collect();
        // Neither always comes after the other.
        turns.rotate_left(round % shows.len());
        for (seats, rounds) in turns {
            let effort = Effort {
                pace: Pace::Closed,
                time: (effort.time / TURNS_PER_TIME).max(TURN_MIN),
                ..effort
            };
            let measured = match asking {
                Asking::Holds(clients) => sell(stage, seats, Effort { clients, ..effort }).await?,
                Asking::Map => {
                    let show = seats.shows().first().cloned().unwrap_or_default();
                    let path = format!("/v1/shows/{show}/seat-map");
                    let mut readers = Reader::several(1, stage.address(), &path, Reading::Whole).await?;
                    run(&mut readers, effort.pace, effort.time).await?
                }
            };
            measured.ensure_some("a turn")?;
            rounds.add(&measured.done)?;
        }
    }
    Ok(rounds)
}

/// Gives a show a past of so many events, before the office has looked at it.
pub async fn write_past(
    database: &DatabaseUrl,
    show: &str,
    events: usize,
    seats: usize,
) -> anyhow::Result<()> {
    let variables = [
        ("show", show.to_owned()),
        ("events", events.to_string()),
        ("seats", seats.to_string()),
    ];
    psql(database, &variables, include_str!("long_journal.sql")).await?;
    Ok(())
}

/// Starts an office on shows that it has already, and gives the office too.
pub async fn start_again(launch: &Launch, shows: Vec<String>) -> anyhow::Result<(Start, Office)> {
    let spawned = Instant::now();
    let office = launch.start().await?;
    let ready = spawned.elapsed();
    let id = office.id().context("the box office has ended")?;
    let resident = resident_bytes(id)?;
    let path = format!("/v1/shows/{}/seat-map", shows.first().context("no show")?);
    hold_once(&office, shows).await?;
    let first_hold = spawned.elapsed();
    let mut connection = Connection::open(office.address).await?;
    let map = connection.send(&Call::new(Method::GET, &path)?).await;
    ensure!(map.status == Some(200), "the seat map: {:?}", map.status);
    let start = Start {
        ready,
        first_hold,
        resident,
        resident_with_map: resident_bytes(id)?,
    };
    Ok((start, office))
}

/// The first hold on the last of these shows.
async fn hold_once(office: &Office, mut shows: Vec<String>) -> anyhow::Result<()> {
    let last = shows.split_off(shows.len().saturating_sub(1));
    let seats = Seats::of_shows(last, SHOW_SEATS, 2)?;
    let mut holder = Holder::new(office.address, &seats, 2).await?;
    holder.prepare().await?;
    let answer = holder.turn().await;
    ensure!(answer.status == Some(201), "the first hold: {:?}", answer.status);
    Ok(())
}
