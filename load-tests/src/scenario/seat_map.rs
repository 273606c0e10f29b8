//! Reads of a seat map: the whole map compressed, the question whether it has changed, and both while seats are sold.

use std::rc::Rc;
use std::time::Duration;

use hyper::Method;
use hyper::header::HeaderValue;

use super::Effort;
use super::holds::Holder;
use crate::client::{Answer, Call, Connection};
use crate::load::{Client, Measured, Pace, run};
use crate::stage::{Seats, Stage};

/// Connections of the sale in the background: so many holds are never under way at once.
const SELLERS: usize = 8;

/// What a reader asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The map, whatever it has.
    Whole,
    /// The map if it is another than the last that was read.
    IfChanged,
}

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
    let call = Call::new(Method::GET, &format!("/v1/shows/{show}/seat-map"))?;
    let mut readers = Vec::with_capacity(effort.clients);
    for _ in 0..effort.clients {
        let connection = Connection::open(stage.address()).await?;
        readers.push(Reader {
            connection,
            call: call.clone(),
            reading,
            tag: None,
            answer_bytes: 0,
        });
    }
    let selling = sell(stage, &seats, effort, holds_per_second);
    let (measured, sold) = tokio::join!(run(&mut readers, effort.pace, effort.time), selling);
    sold?;
    let answer_bytes = readers
        .iter()
        .map(|reader| reader.answer_bytes)
        .max()
        .unwrap_or(0);
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

struct Reader {
    connection: Connection,
    call: Call,
    reading: Reading,
    tag: Option<HeaderValue>,
    answer_bytes: usize,
}

impl Client for Reader {
    async fn prepare(&mut self) -> anyhow::Result<bool> {
        if self.reading == Reading::IfChanged {
            self.call.known_tag.clone_from(&self.tag);
        }
        Ok(true)
    }

    async fn turn(&mut self) -> Answer {
        let answer = self.connection.send(&self.call).await;
        self.answer_bytes = self.answer_bytes.max(answer.body.len());
        self.tag.clone_from(&answer.tag);
        answer
    }
}
