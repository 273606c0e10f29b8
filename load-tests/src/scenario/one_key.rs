//! Clients that all send the same hold with the same idempotency key, among honest holders of the same show.

use anyhow::Context;

use super::Effort;
use super::crowd::{CrowdKeys, Repeater, hold_beside};
use super::holds::{Holder, hold_seats};
use crate::rounds::{ROUNDS, Rounds, turns};
use crate::stage::Stage;

/// Clients with one key.
pub const CROWD: usize = 8;

/// Who is there beside the honest holders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Company {
    /// Nobody.
    None,
    /// Clients with one key.
    OneKey,
    /// As many other clients, each with seats and keys of its own: what any clients cost.
    Honest,
}

const CASES: [Company; 3] = [Company::None, Company::OneKey, Company::Honest];

/// The honest holds, by who was there beside them, and what the crowd was answered.
pub struct OneKey {
    /// Nobody.
    pub alone: Rounds,
    /// Clients with one key.
    pub beside_crowd: Rounds,
    /// As many others.
    pub beside_honest: Rounds,
    /// The crowd's own requests.
    pub crowd: Rounds,
}

/// Lets the three cases take turns, each time on a fresh show.
pub async fn repeat_one_key(stage: &Stage, effort: Effort) -> anyhow::Result<OneKey> {
    let effort = effort.turn();
    let [alone, beside_crowd, beside_honest, crowd] = Rounds::of_cases()?;
    let mut found = OneKey {
        alone,
        beside_crowd,
        beside_honest,
        crowd,
    };
    for case in turns(CASES.len(), ROUNDS) {
        let seats = stage.open_shows(1, effort.seats, effort.per_order).await?;
        match CASES.get(case).context("no such case")? {
            Company::None => {
                let honest = hold_seats(stage, &seats, effort).await?;
                honest.ensure_some("honest holds")?;
                found.alone.add_run(&honest)?;
            }
            Company::OneKey => {
                let pick = seats.next().context("no seats")?;
                let mut crowd = Repeater::several(CROWD, stage, pick, CrowdKeys::One).await?;
                let (honest, crowd) = hold_beside(stage, &seats, effort, &mut crowd).await?;
                found.beside_crowd.add_run(&honest)?;
                found.crowd.add_run(&crowd)?;
            }
            Company::Honest => {
                let others = Effort {
                    clients: CROWD,
                    ..effort
                };
                let mut others = Holder::several(stage.address(), &seats, others).await?;
                let (honest, _others) = hold_beside(stage, &seats, effort, &mut others).await?;
                found.beside_honest.add_run(&honest)?;
            }
        }
    }
    Ok(found)
}
