//! Several times as many holds as the office can do, in the open loop: what it still does, and how fast it says no.

use std::time::Duration;

use super::Effort;
use super::holds::holds;
use crate::load::{Measured, Pace};
use crate::stage::Stage;

/// Holds due in a second, as a multiple of the most that were done.
pub const OVERLOAD_FACTOR: f64 = 5.0;

/// Of the connections of the overload, those that measure the peak: enough to fill batches, too few to fill queues.
const PEAK_SHARE: usize = 4;

/// The most holds a second that get done on one show, by a short run in the closed loop.
pub async fn measure_peak(stage: &Stage, effort: Effort, connections: usize) -> anyhow::Result<f64> {
    let peak = Effort {
        clients: connections.div_ceil(PEAK_SHARE),
        time: (effort.time / 2).max(Duration::from_secs(1)),
        pace: Pace::Closed,
        ..effort
    };
    let measured = holds(stage, peak, 1, effort.seats).await?;
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
