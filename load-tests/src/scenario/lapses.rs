//! Holds that lapse after two seconds, so that as many seats come back each second as are sold, and are sold again.

use std::rc::Rc;
use std::time::Duration;

use super::Effort;
use super::holds::Holder;
use crate::load::{Measured, run};
use crate::plan::PLAN_SEATS_MAX;
use crate::rounds::{ROUNDS, Rounds, turns};
use crate::stage::{Opening, Seats, Stage};

/// How long buyers have to pay.
pub const HOLD_SECONDS: u32 = 2;
/// A seat is asked for again after about this time: a hold is over by then, and the office had the time to say so.
const AGAIN_AFTER: Duration = Duration::from_secs(4);
/// How long it is sold before it is measured: as many seats come back as are sold by then, and all were held before.
const STEADY_AFTER: Duration = Duration::from_secs(4);
/// The same for holds that last, which need seats meanwhile.
const LASTING_STEADY_AFTER: Duration = Duration::from_secs(1);
/// Seats of an order: few, so that the seats last.
pub const PER_ORDER: usize = 1;
const LASTING: usize = 0;
const CASES: usize = 2;

/// What was measured.
pub struct Lapses {
    /// Holds that last.
    pub lasting: Rounds,
    /// Holds that lapse.
    pub lapsing: Rounds,
    /// How often each seat was asked for in a turn of holds that lapse, at least.
    pub times_asked_min: f64,
}

/// Lets holds that last and holds that lapse take turns, each time on fresh shows.
pub async fn in_turns(
    stage: &Stage,
    effort: Effort,
    shows: usize,
    seats_per_show: usize,
) -> anyhow::Result<Lapses> {
    let effort = Effort {
        per_order: PER_ORDER,
        ..effort.turn()
    };
    let [lasting, lapsing] = Rounds::of_cases()?;
    let mut found = Lapses {
        lasting,
        lapsing,
        times_asked_min: f64::INFINITY,
    };
    for case in turns(CASES, ROUNDS) {
        if case == LASTING {
            let seats = stage.open_shows(shows, seats_per_show, PER_ORDER).await?;
            let measured = hold_steadily(stage, &seats, effort, LASTING_STEADY_AFTER).await?;
            measured.ensure_some("holds that last")?;
            found.lasting.add_run(&measured)?;
        } else {
            // Known from the first turn, which is one of holds that last.
            let seats_per_show = seats_for(found.lasting.per_second(), shows);
            let opening = Opening {
                shows,
                seats: seats_per_show,
                per_order: PER_ORDER,
                hold_seconds: HOLD_SECONDS,
            };
            // A plan has whole rows: what is more than wanted would only be asked for later.
            let seats = stage
                .open(opening)
                .await?
                .part(0..seats_per_show)?
                .again_and_again();
            let measured = hold_steadily(stage, &seats, effort, STEADY_AFTER).await?;
            measured.ensure_some("holds that lapse")?;
            found.lapsing.add_run(&measured)?;
            found.times_asked_min = found.times_asked_min.min(seats.times_given());
        }
    }
    Ok(found)
}

/// Holds seats for some time that is not measured, and then for the turn's.
pub async fn hold_steadily(
    stage: &Stage,
    seats: &Rc<Seats>,
    effort: Effort,
    before: Duration,
) -> anyhow::Result<Measured> {
    let mut holders = Holder::several(stage.address(), seats, effort).await?;
    run(&mut holders, effort.pace, before).await?;
    run(&mut holders, effort.pace, effort.time).await
}

/// As many seats of each show as are asked for, at this rate, before the first is asked for again.
fn seats_for(per_second: f64, shows: usize) -> usize {
    let seats = per_second * AGAIN_AFTER.as_secs_f64() * PER_ORDER as f64 / shows.max(1) as f64;
    (seats.ceil().max(1.0) as usize).min(PLAN_SEATS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(per_second: f64, shows: usize, expected: usize) {
        assert_eq!(seats_for(per_second, shows), expected, "{per_second} {shows}");
    }

    #[test]
    fn seats_last_until_the_first_holds_have_lapsed() {
        check(10_000.0, 1, 40_000);
        check(10_000.1, 1, 40_001);
        check(10_000.0, 200, 200);
        check(0.0, 1, 1);
        check(1_000_000.0, 1, PLAN_SEATS_MAX);
    }
}
