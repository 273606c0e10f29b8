//! Viewers on one show's live feed while seats are sold: how long after its buyer knew of a hold did each viewer see it.
//!
//! Both moments are read from one clock: when the hold's answer was read, and when a frame with its event was. Buyers are on
//! a thread of their own, as an answer that is read late would make viewers look fast.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::ensure;
use nix::unistd::Pid;
use serde::Deserialize;
use tokio::time::Instant;

use super::Effort;
use super::holds::Holder;
use crate::apart::apart;
use crate::audience::{Audience, Greeting, Seen, Told};
use crate::client::Answer;
use crate::load::{Client, Measured, Pace, run};
use crate::process::{processor_time, resident_bytes};
use crate::stage::{Seats, Stage};

/// Connections of the buyers in the background: enough to keep their pace where an answer takes a quarter of a second.
const BUYERS: usize = 128;
/// Seats that are left over, as warming up takes some.
const SEATS_SPARE: usize = 1_000;
/// Larger orders would need more of a frame than viewers look at.
const ORDER_SEATS_MAX: usize = 16;

/// What a server took for its viewers.
#[derive(Debug, Clone, Copy)]
pub struct Expense {
    /// Memory, in bytes for one viewer.
    pub viewer_bytes: f64,
    /// Processor time while the viewers watched.
    pub processor: Duration,
}

/// What a server took before its viewers came, for the difference.
pub struct Meter {
    id: Pid,
    resident: u64,
    processor: Duration,
}

/// The sale, what viewers saw of it, and what that took.
pub struct Viewed {
    /// The sale in the background.
    pub sale: Measured,
    /// What viewers saw.
    pub seen: Seen,
    /// Of the office's process, if it was started here.
    pub expense: Option<Expense>,
}

impl Meter {
    /// Before the viewers come.
    pub fn start(id: Pid) -> anyhow::Result<Self> {
        Ok(Self {
            id,
            resident: resident_bytes(id)?,
            processor: Duration::ZERO,
        })
    }

    /// When they have come, and nothing is shown yet.
    pub fn begin(&mut self) -> anyhow::Result<()> {
        self.processor = processor_time(self.id)?;
        Ok(())
    }

    /// When all has been shown.
    pub fn end(&self, viewers: usize) -> anyhow::Result<Expense> {
        let resident = resident_bytes(self.id)?.saturating_sub(self.resident);
        Ok(Expense {
            viewer_bytes: resident as f64 / viewers.max(1) as f64,
            processor: processor_time(self.id)?.saturating_sub(self.processor),
        })
    }
}

/// Lets `viewers` watch a show on which `holds_per_second` orders are made.
pub async fn watch(
    stage: &Stage,
    office: Option<Pid>,
    effort: Effort,
    viewers: usize,
    holds_per_second: f64,
) -> anyhow::Result<Viewed> {
    ensure!(
        effort.per_order <= ORDER_SEATS_MAX,
        "viewers tell events apart up to {ORDER_SEATS_MAX} seats an order"
    );
    let orders = (holds_per_second * effort.time.as_secs_f64()).ceil() as usize;
    let seats = orders * effort.per_order + SEATS_SPARE;
    let shows = stage
        .open_shows(1, seats, effort.per_order)
        .await?
        .shows()
        .to_vec();
    let show = shows.first().cloned().unwrap_or_default();
    let mut meter = office.map(Meter::start).transpose()?;
    let path = format!("/v1/shows/{show}/live");
    let audience = Audience::gather(viewers, stage.address(), &path, Greeting::Snapshot).await?;
    if let Some(meter) = &mut meter {
        meter.begin()?;
    }
    let sale = Sale {
        address: stage.address(),
        shows,
        seats,
        effort,
        holds_per_second,
    };
    let told = apart(move || sale.run());
    let measure = || meter.map(|meter| meter.end(viewers)).transpose();
    let (seen, sale, expense) = audience.watch(told, measure).await?;
    Ok(Viewed { sale, seen, expense })
}

/// The sale, as it is taken to its thread.
struct Sale {
    address: SocketAddr,
    shows: Vec<String>,
    seats: usize,
    effort: Effort,
    holds_per_second: f64,
}

impl Sale {
    async fn run(self) -> anyhow::Result<(Told, Measured)> {
        let seats = Seats::of_shows(self.shows, self.seats, self.effort.per_order)?;
        let told = Rc::new(RefCell::new(Told::new()));
        let mut buyers = Vec::with_capacity(BUYERS);
        for _ in 0..BUYERS {
            buyers.push(Buyer {
                holder: Holder::new(self.address, &seats, self.effort.per_order).await?,
                told: told.clone(),
            });
        }
        let pace = Pace::Open {
            per_second: self.holds_per_second,
        };
        let sale = run(&mut buyers, pace, self.effort.time).await?;
        Ok((told.take(), sale))
    }
}

/// A buyer in the background, whose answers are written down.
struct Buyer {
    holder: Holder,
    told: Rc<RefCell<Told>>,
}

#[derive(Deserialize)]
struct Held {
    journal_offset: i64,
}

impl Client for Buyer {
    async fn prepare(&mut self) -> anyhow::Result<bool> {
        self.holder.prepare().await
    }

    async fn turn(&mut self) -> Answer {
        let answer = self.holder.turn().await;
        let now = Instant::now();
        if answer.status == Some(201)
            && let Ok(held) = serde_json::from_slice::<Held>(&answer.body)
        {
            self.told.borrow_mut().push((held.journal_offset, now));
        }
        answer
    }
}
