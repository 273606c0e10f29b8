//! Reads of a seat map: the whole map compressed, the question whether it has changed, and both while seats are sold.

use std::rc::Rc;
use std::time::Duration;

use super::Effort;
use super::holds::Holder;
use super::reader::{Reader, Reading};
use crate::load::{Measured, Pace, run};
use crate::stage::{Seats, Stage};

/// Connections of the sale in the background: so many holds are never under way at once.
const SELLERS: usize = 8;

/// Seat map reads, and the bytes of one whole answer.
pub struct Reads {
    /// The run.
    pub measured: Measured,
    /// As sent: compressed, without headers.
    pub answer_bytes: usize,
}

/// Reads one show's map while `holds_per_second` seats' orders are made; none if that is 0.
pub async fn read_maps(
    stage: &Stage,
    effort: Effort,
    reading: Reading,
    holds_per_second: f64,
) -> anyhow::Result<Reads> {
    let seats = stage.open_shows(1, effort.seats, effort.per_order).await?;
    let show = seats.shows().first().cloned().unwrap_or_default();
    let path = format!("/v1/shows/{show}/seat-map");
    let mut readers = Reader::several(effort.clients, stage.address(), &path, reading).await?;
    let selling = sell(stage, &seats, effort, holds_per_second);
    let (measured, sold) = tokio::join!(run(&mut readers, effort.pace, effort.time), selling);
    sold?;
    let answer_bytes = readers.iter().map(Reader::answer_bytes).max().unwrap_or(0);
    Ok(Reads {
        measured: measured?,
        answer_bytes,
    })
}

/// A sale in the background, for a little longer than the measurement.
async fn sell(stage: &Stage, seats: &Rc<Seats>, effort: Effort, per_second: f64) -> anyhow::Result<()> {
    if per_second <= 0.0 {
        return Ok(());
    }
    let mut holders = Vec::with_capacity(SELLERS);
    for _ in 0..SELLERS {
        holders.push(Holder::new(stage, seats, effort.per_order).await?);
    }
    let measured = run(
        &mut holders,
        Pace::Open { per_second },
        effort.time + Duration::from_millis(500),
    )
    .await?;
    measured.ensure_some("the sale in the background")
}
