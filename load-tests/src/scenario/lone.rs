//! One hold at a time on a show that nobody else wants: what a single buyer waits for. Beside it what that hold costs
//! `pgbench`, and what an empty request costs a bare server, as an office has to pay for both.

use std::path::Path;
use std::time::Duration;

use super::Effort;
use super::holds::hold_seats;
use super::reader::{Reader, Reading};
use crate::baseline::{Baseline, Exercise};
use crate::load::{Pace, run};
use crate::rounds::{ROUNDS, Rounds};
use crate::stage::Stage;
use crate::yardstick::bare::{Bare, EMPTY};

/// What one turn takes.
pub struct Lone {
    /// The office's holds.
    pub holds: Rounds,
    /// `pgbench`'s holds; none without a database to run it on.
    pub pgbench: Option<Rounds>,
    /// The bare server's empty answers.
    pub empty: Rounds,
}

/// Lets the three take turns. `log_dir` is an empty folder.
pub async fn hold_alone(
    stage: &Stage,
    effort: Effort,
    baseline: Option<&Baseline>,
    log_dir: &Path,
) -> anyhow::Result<Lone> {
    let alone = Effort {
        clients: 1,
        pace: Pace::Closed,
        time: (effort.time / ROUNDS as u32).max(Duration::from_secs(1)),
        ..effort
    };
    let exercise = Exercise {
        shows: 1,
        per_order: alone.per_order,
        time: alone.time,
    };
    let seats = stage.open_shows(1, alone.seats, alone.per_order).await?;
    let bare = Bare::start().await?;
    let (mut holds, mut pgbench, mut empty) = (Rounds::new()?, Rounds::new()?, Rounds::new()?);
    for _ in 0..ROUNDS {
        let held = hold_seats(stage, &seats, alone).await?;
        held.ensure_some("holds one at a time")?;
        holds.add(&held.done)?;
        if let Some(baseline) = baseline {
            pgbench.add(&baseline.run_alone(exercise, log_dir).await?)?;
        }
        let mut readers = Reader::several(1, bare.address, EMPTY, Reading::Whole).await?;
        let answered = run(&mut readers, alone.pace, alone.time).await?;
        answered.ensure_some("empty requests one at a time")?;
        empty.add(&answered.done)?;
    }
    bare.running.stop().await?;
    Ok(Lone {
        holds,
        pgbench: baseline.map(|_| pgbench),
        empty,
    })
}
