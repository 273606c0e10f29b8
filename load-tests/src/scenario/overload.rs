//! Several times as many holds as the office can do, in the open loop: what it still does, and how fast it says no.
//!
//! An order has one seat here, so that the seats of one show last for longer.

use std::time::Duration;

use nix::unistd::Pid;

use super::Effort;
use super::holds::{Holder, holds};
use crate::load::{Measured, Pace, WARM_UP_TURNS, run};
use crate::process::{Memory, watch_memory};
use crate::stage::Stage;

/// Holds due in a second, as a multiple of the most that were done.
pub const OVERLOAD_FACTOR: f64 = 5.0;

/// Of the connections of the overload, those that measure the peak: enough to fill batches, too few to fill queues.
const PEAK_SHARE: usize = 4;
/// How long the peak is measured at most, as a show's seats don't last for much longer.
const PEAK_SECONDS_MAX: Duration = Duration::from_secs(3);
/// Seats of an order.
const PER_ORDER: usize = 1;
/// Of the seats that are left after warming up, so many are to be held at the peak's speed.
const SEATS_SHARE: f64 = 0.8;

/// The most holds a second that get done on one show, by a short run in the closed loop.
pub async fn measure_peak(stage: &Stage, effort: Effort, connections: usize) -> anyhow::Result<Measured> {
    let peak = Effort {
        clients: connections.div_ceil(PEAK_SHARE),
        time: (effort.time / 2).clamp(Duration::from_secs(1), PEAK_SECONDS_MAX),
        pace: Pace::Closed,
        per_order: PER_ORDER,
        ..effort
    };
    let measured = holds(stage, peak, 1, effort.seats).await?;
    measured.ensure_some("the peak")?;
    Ok(measured)
}

/// Holds on one show at [`OVERLOAD_FACTOR`] times the peak, over more connections than usual, and the memory of the office
/// meanwhile, if it was started here. It ends before the seats do.
pub async fn overload(
    stage: &Stage,
    effort: Effort,
    connections: usize,
    peak: f64,
    office: Option<Pid>,
) -> anyhow::Result<(Measured, Option<Memory>)> {
    let seats = stage.open_shows(1, effort.seats, PER_ORDER).await?;
    let mut holders = Vec::with_capacity(connections);
    for _ in 0..connections {
        holders.push(Holder::new(stage.address(), &seats, PER_ORDER).await?);
    }
    let seats = effort.seats.saturating_sub(connections * WARM_UP_TURNS);
    let lasts = Duration::from_secs_f64(seats as f64 * SEATS_SHARE / peak);
    let pace = Pace::Open {
        per_second: peak * OVERLOAD_FACTOR,
    };
    let overload = run(&mut holders, pace, effort.time.min(lasts));
    match office {
        Some(office) => {
            let (measured, memory) = watch_memory(office, overload).await?;
            Ok((measured?, Some(memory)))
        }
        None => Ok((overload.await?, None)),
    }
}
