//! What a place in the line is worth now.

use chrono::{DateTime, TimeDelta, Utc};

use super::draw::number_of;
use super::history::History;

/// What a place was given as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Drawn before the opening, with this hash.
    Drawn(u64),
    /// This number, after the opening.
    Number(u64),
}

/// Where a place stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceState {
    /// It has no number yet: the line is not open.
    Drawn,
    /// It is not admitted yet.
    Waiting {
        /// Its number.
        number: u64,
        /// How many are before it; fewer if some have left.
        ahead: u64,
        /// When it will be admitted, in seconds, as things go. None where nobody is admitted.
        estimate_seconds: Option<u64>,
    },
    /// It may hold seats.
    Admitted {
        /// Its number.
        number: u64,
        /// Until then.
        until: DateTime<Utc>,
    },
    /// It was admitted, and its time is over.
    Over {
        /// Its number.
        number: u64,
    },
}

/// Longest estimate, in seconds: beyond nobody knows anything.
const ESTIMATE_SECONDS_MAX: f64 = 7.0 * 86_400.0;

/// Where a place stands that was given as `turn`, if `drawn` drew, which is known at the opening.
pub fn stand(
    turn: Turn,
    drawn: Option<u64>,
    history: &History,
    (rate, admitted_seconds): (f64, u32),
    now: DateTime<Utc>,
) -> PlaceState {
    let number = match (turn, drawn) {
        (_, None) => return PlaceState::Drawn,
        (Turn::Drawn(hash), Some(drawn)) => number_of(hash, drawn),
        (Turn::Number(number), Some(_)) => number,
    };
    if number > history.last() {
        let ahead = number - history.last() - 1;
        let seconds = (ahead + 1) as f64 / rate;
        let is_known = rate > 0.0 && seconds <= ESTIMATE_SECONDS_MAX;
        return PlaceState::Waiting {
            number,
            ahead,
            estimate_seconds: is_known.then(|| seconds.ceil() as u64),
        };
    }
    let until = history.admitted_at(number);
    let until = until.map(|at| at + TimeDelta::seconds(admitted_seconds.into()));
    match until.filter(|until| *until > now) {
        Some(until) => PlaceState::Admitted { number, until },
        None => PlaceState::Over { number },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("a time")
    }

    fn history() -> History {
        let mut history = History::default();
        history.admit(10, at(0), 600);
        history.admit(20, at(300), 600);
        history
    }

    #[test]
    fn a_place_waits_is_admitted_and_is_over() {
        let check = |turn, drawn, seconds, standing| {
            assert_eq!(stand(turn, drawn, &history(), (2.0, 600), at(seconds)), standing);
        };
        check(Turn::Drawn(7), None, 300, PlaceState::Drawn);
        let number = 10;
        check(
            Turn::Number(10),
            Some(5),
            599,
            PlaceState::Admitted {
                number,
                until: at(600),
            },
        );
        check(Turn::Number(10), Some(5), 600, PlaceState::Over { number });
        check(
            Turn::Drawn(u64::MAX),
            Some(10),
            599,
            PlaceState::Admitted {
                number,
                until: at(600),
            },
        );
        let waiting = PlaceState::Waiting {
            number: 24,
            ahead: 3,
            estimate_seconds: Some(2),
        };
        check(Turn::Number(24), Some(5), 300, waiting);
    }

    #[test]
    fn nobody_is_told_when_where_nobody_is_admitted() {
        let standing = stand(Turn::Number(21), Some(5), &history(), (0.0, 600), at(300));
        let waiting = PlaceState::Waiting {
            number: 21,
            ahead: 0,
            estimate_seconds: None,
        };
        assert_eq!(standing, waiting);
    }
}
