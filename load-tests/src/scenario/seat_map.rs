//! Reads of a seat map: the whole map compressed, the question whether it has changed, and both while seats are sold.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::ensure;
use bytes::Bytes;
use hyper::Method;
use nix::unistd::Pid;

use super::Effort;
use super::reader::{Reader, Reading};
use super::seller::{SELLERS, sell};
use crate::client::{Call, Connection};
use crate::load::{Measured, Pace, run};
use crate::process::processor_time;
use crate::stage::{Seats, Stage};

/// How much longer than the reads the sale lasts, as it begins and warms up beside them.
const SALE_EXTRA: Duration = Duration::from_millis(500);
/// Holds a second, and reads a second of all readers together, while the cost of a refresh is measured.
pub const REFRESH_RATE: f64 = 200.0;

/// A show whose map is read.
pub struct Hall {
    seats: Rc<Seats>,
    path: String,
}

/// What is read, by the clients of the effort.
pub struct Target<'a> {
    /// Where the server listens.
    pub address: SocketAddr,
    /// What is asked for.
    pub path: &'a str,
    /// How.
    pub reading: Reading,
}

/// Reads, and the sale beside them.
pub struct Reads {
    /// The reads.
    pub measured: Measured,
    /// The holds of the sale, if there was one.
    pub sold: Option<Measured>,
}

impl Hall {
    /// Opens a show.
    pub async fn open(stage: &Stage, effort: Effort) -> anyhow::Result<Self> {
        let seats = stage.open_shows(1, effort.seats, effort.per_order).await?;
        let show = seats.shows().first().cloned().unwrap_or_default();
        Ok(Self {
            seats,
            path: format!("/v1/shows/{show}/seat-map"),
        })
    }

    /// Where its map is.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Its map as it is sent, compressed.
    pub async fn map(&self, stage: &Stage) -> anyhow::Result<Bytes> {
        let mut connection = Connection::open(stage.address()).await?;
        let answer = connection.send(&Call::new(Method::GET, &self.path)?).await;
        ensure!(answer.status == Some(200), "the seat map: {:?}", answer.status);
        Ok(answer.body)
    }

    /// Reads something while the show is sold at this pace, or while it is quiet.
    pub async fn read(
        &self,
        stage: &Stage,
        effort: Effort,
        target: Target<'_>,
        sale: Option<Pace>,
    ) -> anyhow::Result<Reads> {
        let mut readers =
            Reader::several(effort.clients, target.address, target.path, target.reading).await?;
        let selling = async {
            let Some(pace) = sale else { return Ok(None) };
            let time = effort.time + SALE_EXTRA;
            let clients = SELLERS;
            let sale = Effort {
                clients,
                pace,
                time,
                ..effort
            };
            sell(stage, &self.seats, sale).await.map(Some)
        };
        let (measured, sold) = tokio::join!(run(&mut readers, effort.pace, effort.time), selling);
        Ok(Reads {
            measured: measured?,
            sold: sold?,
        })
    }

    /// Processor time that the office takes for a second of [`REFRESH_RATE`] holds and as many reads, by so many readers.
    pub async fn refresh_cost(
        &self,
        stage: &Stage,
        effort: Effort,
        office: Pid,
        readers: usize,
    ) -> anyhow::Result<Duration> {
        let pace = Pace::Open {
            per_second: REFRESH_RATE,
        };
        let target = Target {
            address: stage.address(),
            path: &self.path,
            reading: Reading::IfChanged,
        };
        let effort = Effort {
            clients: readers,
            pace,
            ..effort
        };
        let before = processor_time(office)?;
        let reads = self.read(stage, effort, target, Some(pace)).await?;
        reads.measured.ensure_some("the readers")?;
        let used = processor_time(office)?.saturating_sub(before);
        Ok(used.div_f64((effort.time + SALE_EXTRA).as_secs_f64()))
    }
}
