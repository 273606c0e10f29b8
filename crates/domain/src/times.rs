//! When a show sells, takes place and is over.

use chrono::{DateTime, TimeDelta, Utc};

use super::seat_map::Sale;

/// How long a show is taken to last while nobody has said when it ends.
pub const USUAL_LENGTH: TimeDelta = TimeDelta::hours(24);

/// The times of a show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends, if that is known.
    pub ends_at: Option<DateTime<Utc>>,
    /// Sale begins here; without it, at once.
    pub on_sale_at: Option<DateTime<Utc>>,
    /// Sale ends here; without it, when the show begins.
    pub closes_at: Option<DateTime<Utc>>,
}

/// Where a show stands at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Its sale has not begun.
    Scheduled,
    /// Orders are taken.
    Open,
    /// No new orders: the organiser closed it, or its sale has ended.
    Closed,
    /// It does not take place.
    Canceled,
    /// It has taken place.
    Over,
}

impl Times {
    /// A show that begins then, and says nothing else.
    pub const fn starting_at(starts_at: DateTime<Utc>) -> Self {
        Self {
            starts_at,
            ends_at: None,
            on_sale_at: None,
            closes_at: None,
        }
    }

    /// From here on nothing is sold.
    pub fn sale_ends_at(&self) -> DateTime<Utc> {
        self.closes_at.unwrap_or(self.starts_at)
    }

    /// From here on the show is over: its end, or if that is unknown [`USUAL_LENGTH`] after its beginning, but not before the
    /// end of its sale.
    pub fn over_at(&self) -> DateTime<Utc> {
        let usual_end = self.starts_at.checked_add_signed(USUAL_LENGTH);
        let usual_end = usual_end.unwrap_or(self.starts_at).max(self.sale_ends_at());
        self.ends_at.unwrap_or(usual_end)
    }

    /// Where a show that is not canceled stands: what an order would be told at this instant.
    pub fn stage(&self, sale: Sale, now: DateTime<Utc>) -> Stage {
        if now >= self.over_at() {
            Stage::Over
        } else if sale == Sale::Closed || now >= self.sale_ends_at() {
            Stage::Closed
        } else if self.on_sale_at.is_some_and(|begin| now < begin) {
            Stage::Scheduled
        } else {
            Stage::Open
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(day)
    }

    #[track_caller]
    fn check(times: &Times, sale: Sale, stages: [Stage; 6]) {
        let found = [0, 1, 2, 3, 4, 5].map(|number| times.stage(sale, day(number)));
        assert_eq!(found, stages, "{times:?}");
    }

    #[test]
    fn a_show_sells_until_it_begins_unless_it_says_otherwise() {
        use Stage::{Closed, Open, Over, Scheduled};
        let plain = Times::starting_at(day(2));
        check(&plain, Sale::Open, [Open, Open, Closed, Over, Over, Over]);
        check(&plain, Sale::Closed, [Closed, Closed, Closed, Over, Over, Over]);
        let long = Times {
            ends_at: Some(day(5)),
            ..plain
        };
        check(&long, Sale::Open, [Open, Open, Closed, Closed, Closed, Over]);
        let late = Times {
            on_sale_at: Some(day(1)),
            closes_at: Some(day(4)),
            ..plain
        };
        check(&late, Sale::Open, [Scheduled, Open, Open, Open, Over, Over]);
        let early = Times {
            closes_at: Some(day(1)),
            ..plain
        };
        check(&early, Sale::Open, [Open, Closed, Closed, Over, Over, Over]);
    }
}
