//! What a node knows of a line: its row as it was read last, the show's terms, and the line's keys.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::error::LineError;
use super::placed::Placed;
use crate::identity::LineKeys;
use crate::store::lines::{LineRecord, Opening};
use domain::id::SessionId;
use domain::line::{LineRules, PlaceState, Turn, stand};
use domain::show::Show;

/// How long after the opening the key of the draw is told: no node draws any more that has not heard of the opening
/// ([`super::DRAW_STALE_MAX`]).
const KEY_TOLD_AFTER: TimeDelta = TimeDelta::seconds(5);

/// Digits of a second that are told, as the database has them.
const CLOCK_DIGITS: u16 = 6;

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Nobody can draw yet, or nothing is sold any more.
    Closed,
    /// Places are drawn.
    Drawing,
    /// Places have numbers, and are admitted.
    Open,
}

/// A line as a node knows it.
pub struct Known {
    /// Its row.
    record: LineRecord,
    /// The show at the terms that were in force then.
    terms: Arc<Show>,
    /// Its keys.
    pub keys: Arc<LineKeys>,
    /// When the row was asked for.
    read: Instant,
}

impl std::ops::Deref for Known {
    type Target = LineRecord;

    fn deref(&self) -> &LineRecord {
        &self.record
    }
}

impl Known {
    /// What was read from `read` on.
    pub fn new(record: LineRecord, terms: Arc<Show>, keys: Arc<LineKeys>, read: Instant) -> Self {
        Self {
            record,
            terms,
            keys,
            read,
        }
    }

    /// The show.
    pub fn terms(&self) -> &Arc<Show> {
        &self.terms
    }

    /// The rules of the line, if the show has one.
    pub fn rules(&self) -> Option<&LineRules> {
        self.terms.line()
    }

    /// How long an admitted place may hold seats, in seconds.
    pub fn admitted_seconds(&self) -> u32 {
        self.rules().map_or(0, |rules| rules.admitted_seconds)
    }

    /// How old it is.
    pub fn age(&self) -> Duration {
        self.read.elapsed()
    }

    /// The database's clock.
    pub fn now(&self) -> DateTime<Utc> {
        let elapsed = TimeDelta::from_std(self.read.elapsed()).unwrap_or_default();
        (self.record.read_at + elapsed).trunc_subsecs(CLOCK_DIGITS)
    }

    /// When the line opens, or opened: with the sale, or at once.
    pub fn opens_at(&self) -> DateTime<Utc> {
        match self.record.opening {
            Some(opening) => opening.at,
            None => self.terms.times.on_sale_at.unwrap_or(self.record.read_at),
        }
    }

    /// From when on places are drawn.
    pub fn draws_from(&self) -> DateTime<Utc> {
        let opens_at = self.opens_at();
        self.rules().map_or(opens_at, |rules| rules.draws_from(opens_at))
    }

    /// Where it stands.
    pub fn stage(&self) -> Stage {
        let now = self.now();
        if self.record.is_canceled || now >= self.terms.times.sale_ends_at() {
            Stage::Closed
        } else if self.record.opening.is_some() || now >= self.opens_at() {
            Stage::Open
        } else if now >= self.draws_from() {
            Stage::Drawing
        } else {
            Stage::Closed
        }
    }

    /// Whether it takes anybody.
    pub fn check_takes(&self) -> Result<(), LineError> {
        let ends_at = self.terms.times.sale_ends_at();
        match self.stage() {
            Stage::Drawing | Stage::Open => Ok(()),
            Stage::Closed if self.record.is_canceled => Err(LineError::Canceled),
            Stage::Closed if self.now() >= ends_at => Err(LineError::SaleEnded(ends_at)),
            Stage::Closed => Err(LineError::NotOpen(self.draws_from())),
        }
    }

    /// How many drew, about.
    pub fn drawn(&self) -> u64 {
        match self.record.opening {
            Some(Opening { drawn, .. }) => drawn,
            None => self
                .record
                .sketch
                .as_ref()
                .map_or(0, domain::line::Sketch::estimate),
        }
    }

    /// The key of the draw, once it can help nobody.
    pub fn told_key(&self) -> Option<String> {
        let opening = self.record.opening?;
        (self.now() >= opening.at + KEY_TOLD_AFTER).then(|| self.keys.draw_key())
    }

    /// What a session has that drew, or has this number.
    pub fn turn(&self, session: SessionId, number: Option<u64>) -> Turn {
        match number {
            Some(number) => Turn::Number(number),
            None => Turn::Drawn(self.keys.draw(session)),
        }
    }

    /// Where a place stands.
    pub fn stand(&self, turn: Turn) -> PlaceState {
        let drawn = self.record.opening.map(|opening| opening.drawn);
        let pace = (self.record.pace.rate(), self.admitted_seconds());
        stand(turn, drawn, &self.record.history, pace, self.now())
    }

    /// A session's place as it is told.
    pub fn placed(&self, session: SessionId, turn: Turn) -> Placed {
        let number = match turn {
            Turn::Drawn(_) => None,
            Turn::Number(number) => Some(number),
        };
        Placed {
            place: self.keys.place(session, number),
            standing: self.stand(turn),
            opens_at: self.opens_at(),
        }
    }
}
