//! Holds while an endpoint of webhooks is told of each of them, and never answers.

use anyhow::Context;
use tokio::net::{TcpListener, TcpStream};

use super::Effort;
use super::holds::hold_seats;
use crate::rounds::{ROUNDS, Rounds, turns};
use crate::stage::Stage;

/// Shows that are sold: each is told of by itself.
pub const SHOWS: usize = 20;

/// Whether anybody is told of the holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Nobody.
    Nobody,
    /// An endpoint that takes connections and says nothing.
    Dead,
}

const CASES: [Told; 2] = [Told::Nobody, Told::Dead];

/// The holds, by who was told of them.
pub struct Webhooks {
    /// Nobody.
    pub alone: Rounds,
    /// A dead endpoint.
    pub beside_dead: Rounds,
}

/// Lets both cases take turns, each time on fresh shows.
pub async fn tell_a_dead_endpoint(stage: &Stage, effort: Effort) -> anyhow::Result<Webhooks> {
    let effort = effort.turn();
    let [alone, beside_dead] = Rounds::of_cases()?;
    let mut found = Webhooks { alone, beside_dead };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let endpoint = stage.make_endpoint(&url).await?;
    let silence = tokio::spawn(stay_silent(listener));
    for case in turns(CASES.len(), ROUNDS) {
        let told = *CASES.get(case).context("no such case")?;
        stage.enable_endpoint(&endpoint, told == Told::Dead).await?;
        let seats = stage
            .open_shows(SHOWS, effort.seats / SHOWS, effort.per_order)
            .await?;
        let holds = hold_seats(stage, &seats, effort).await?;
        holds.ensure_some("holds")?;
        match told {
            Told::Nobody => found.alone.add_run(&holds)?,
            Told::Dead => found.beside_dead.add_run(&holds)?,
        }
    }
    stage.enable_endpoint(&endpoint, false).await?;
    silence.abort();
    Ok(found)
}

/// Takes every connection, and keeps it.
async fn stay_silent(listener: TcpListener) {
    let mut kept: Vec<TcpStream> = Vec::new();
    while let Ok((connection, _)) = listener.accept().await {
        kept.push(connection);
    }
}
