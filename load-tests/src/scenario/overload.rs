//! Several times as many holds as the office can do, in the open loop: what it still does, and how fast it says no.

use std::time::Duration;

use super::Effort;
use super::holds::holds;
use crate::load::{Measured, Pace};
use crate::stage::Stage;

/// Holds due in a second, as a multiple of the most that were done.
pub const OVERLOAD_FACTOR: f64 = 5.0;

/// The most holds a second that this many clients get done on one show, by a short run.
pub async fn measure_peak(stage: &Stage, effort: Effort) -> anyhow::Result<f64> {
    let time = (effort.time / 2).max(Duration::from_secs(1));
    let measured = holds(
        stage,
        Effort {
            time,
            pace: Pace::Closed,
            ..effort
        },
        1,
        effort.seats,
    )
    .await?;
    measured.ensure_some("the peak")?;
    Ok(measured.per_second())
}

/// Runs holds on one show at [`OVERLOAD_FACTOR`] times the peak, over more connections than usual.
pub async fn overload(
    stage: &Stage,
    effort: Effort,
    connections: usize,
    peak: f64,
) -> anyhow::Result<Measured> {
    let pace = Pace::Open {
        per_second: peak * OVERLOAD_FACTOR,
    };
    holds(
        stage,
        Effort {
            clients: connections,
            pace,
            ..effort
        },
        1,
        effort.seats,
    )
    .await
}
