//! The report on who waits for places.

use super::Run;
use crate::goal::{Ratio, Target};
use crate::scenario::waitlist::{ENTRIES, wait};

/// To join and to be offered something may cost a fifth more than a hold.
const COST_TARGET: Target = Target::AtMost(1.2);

impl Run<'_> {
    pub(super) async fn wait_for_places(&mut self) -> anyhow::Result<()> {
        let found = wait(&self.stage, self.options.effort()).await?;
        for (name, rounds) in [
            ("holds", &found.holds),
            ("joins", &found.joins),
            ("orders given up", &found.given_up),
            ("orders given up and offered to the next", &found.offers),
        ] {
            self.add_rounds(&format!("waitlist: {name}, {ENTRIES} wait"), rounds);
        }
        let micros = |per_second: f64| 1e6 / per_second.max(1e-9);
        let hold = ("a hold", micros(found.holds.per_second()));
        let offer = micros(found.offers.per_second()) - micros(found.given_up.per_second());
        for (name, cost) in [("a join", micros(found.joins.per_second())), ("an offer", offer)] {
            let name = format!("{name} beside {ENTRIES} who wait");
            self.report
                .ratio(Ratio::new(&name, "us each", cost, hold, COST_TARGET));
        }
        Ok(())
    }
}
