//! The report on holds that lapse.

use super::Run;
use crate::goal::{Goal, Ratio, Target};
use crate::rounds::Rounds;
use crate::scenario::lapses::{HOLD_SECONDS, in_turns};

/// What lapses must not cost what is sold.
const LAPSES_TARGET: Target = Target::AtLeast(0.9);
/// With more, the rate would be that of the seats and not that of the office.
const STILL_TAKEN_TARGET: Target = Target::AtMost(1.0);

impl Run<'_> {
    pub(super) async fn lapse(&mut self) -> anyhow::Result<()> {
        let (seats, per_show) = (self.options.seats as usize, self.options.seats_per_show as usize);
        self.lapse_on("hot show", 1, seats).await?;
        self.settle().await;
        let shows = self.options.shows.into();
        self.lapse_on(&format!("{shows} shows"), shows, per_show).await
    }

    async fn lapse_on(&mut self, name: &str, shows: usize, seats: usize) -> anyhow::Result<()> {
        let found = in_turns(&self.stage, self.options.effort(), shows, seats).await?;
        let (lasting, lapsing) = (&found.lasting, &found.lapsing);
        self.add_rounds(&format!("lapses: holds that last, {name}"), lasting);
        self.add_rounds(&format!("lapses: holds of {HOLD_SECONDS} s, {name}"), lapsing);
        self.report.ratio(Ratio::new(
            &format!("holds of {HOLD_SECONDS} s, {name}"),
            "holds/s",
            lapsing.per_second(),
            ("holds that last", lasting.per_second()),
            LAPSES_TARGET,
        ));
        self.report.goal(Goal::new(
            &format!("holds of {HOLD_SECONDS} s, {name}"),
            "% of holds that found their seats not free yet",
            still_taken_percent(lapsing),
            STILL_TAKEN_TARGET,
        ));
        self.report.note(format!(
            "holds of {HOLD_SECONDS} s, {name}: each seat was asked for {:.1} times in a turn, at least",
            found.times_asked_min
        ));
        Ok(())
    }
}

fn still_taken_percent(rounds: &Rounds) -> f64 {
    let answers: u64 = rounds.statuses.values().sum();
    rounds.answers(409) as f64 * 100.0 / (answers.max(1) as f64)
}
