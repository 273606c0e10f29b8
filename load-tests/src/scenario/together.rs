//! Buyers who want seats side by side on a large show where only single ones are left, among honest holders of those. Each
//! of them makes the office look for what is not there.

use std::rc::Rc;

use anyhow::Context;
use serde_json::json;

use super::Effort;
use super::crowd::{CrowdKeys, Repeater, hold_beside};
use super::holds::hold_seats;
use crate::rounds::{ROUNDS, Rounds, turns};
use crate::stage::{Pick, Seats, Stage};

/// Clients that ask in vain.
pub const ASKERS: usize = 8;
/// Seats side by side that each of them wants.
pub const WANTED: usize = 2;
/// Seats of an honest order: what is left are single ones.
const PER_ORDER: usize = 1;

/// What is asked for in vain beside the honest holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InVain {
    /// Nothing.
    Nothing,
    /// Seats side by side.
    Together,
    /// A seat by its name that is taken: what any refusal costs.
    Taken,
}

const CASES: [InVain; 3] = [InVain::Nothing, InVain::Together, InVain::Taken];

/// The honest holds, by what was asked for in vain beside them, and how that was answered.
pub struct Together {
    /// Nothing.
    pub alone: Rounds,
    /// Seats side by side.
    pub beside_together: Rounds,
    /// A taken seat.
    pub beside_taken: Rounds,
    /// Requests for seats side by side.
    pub together: Rounds,
    /// Requests for a taken seat.
    pub taken: Rounds,
}

/// Lets the three cases take turns, each time on a fresh show.
pub async fn find_nothing(stage: &Stage, effort: Effort) -> anyhow::Result<Together> {
    let effort = Effort {
        per_order: PER_ORDER,
        ..effort.turn()
    };
    let [alone, beside_together, beside_taken, together, taken] = Rounds::of_cases()?;
    let mut found = Together {
        alone,
        beside_together,
        beside_taken,
        together,
        taken,
    };
    for case in turns(CASES.len(), ROUNDS) {
        let (blocked, singles) = leave_singles(stage, effort).await?;
        let in_vain = CASES.get(case).context("no such case")?;
        let body = match in_vain {
            InVain::Nothing => {
                let honest = hold_seats(stage, &singles, effort).await?;
                honest.ensure_some("honest holds")?;
                found.alone.add_run(&honest)?;
                continue;
            }
            InVain::Together => json!({ "together": { "count": WANTED } }),
            InVain::Taken => json!({ "seats": [blocked] }),
        };
        let pick = Pick {
            path: singles.order(0).context("no seats")?.path,
            body: body.to_string().into(),
        };
        let mut askers = Repeater::several(ASKERS, stage, pick, CrowdKeys::Fresh).await?;
        let (honest, asked) = hold_beside(stage, &singles, effort, &mut askers).await?;
        let (beside, asking) = match in_vain {
            InVain::Taken => (&mut found.beside_taken, &mut found.taken),
            _ => (&mut found.beside_together, &mut found.together),
        };
        beside.add_run(&honest)?;
        asking.add_refusals(&asked)?;
    }
    Ok(found)
}

/// A show of which no two free seats are side by side, and the name of one that is taken.
async fn leave_singles(stage: &Stage, effort: Effort) -> anyhow::Result<(String, Rc<Seats>)> {
    let seats = stage.open_shows(1, effort.seats, effort.per_order).await?;
    let (taken, left) = seats.every_second();
    let show = seats.shows().first().context("no show")?;
    stage.block(show, &taken).await?;
    Ok((taken.first().context("no seats")?.clone(), left))
}
