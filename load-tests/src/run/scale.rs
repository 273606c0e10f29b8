//! What is told of sizes: everything on an office of its own, so that nothing but the sizes is in its database.

use std::rc::Rc;
use std::time::Instant;

use anyhow::Context;

use super::Run;
use crate::goal::{Goal, Ratio, Target};
use crate::scenario::scale::{Asking, SHOW_SEATS, TOGETHER, in_turns, start_again, write_past};
use crate::server::{Launch, Office};
use crate::stage::{Seats, Stage};

/// Sizes are not to be felt.
const SIZE_TARGET: Target = Target::AtMost(1.2);
const START_TARGET: Target = Target::AtMost(2.0);
const SMALL_SEATS: usize = 1_000;
const LARGE_SEATS: usize = 100_000;
/// Events of the show with a long past: an even number, as half of them give back what the other half held.
const PAST_EVENTS: usize = 1_000_000;
const MEBIBYTE: u64 = 1 << 20;

impl Run<'_> {
    pub(super) async fn scale(&mut self) -> anyhow::Result<()> {
        let folder = self.folder.make_inner("office-of-sizes")?;
        let launch = Launch::new(&self.options.wanted(), &folder, None)?;
        let office = launch.start().await?;
        let outcome = self.scale_on(&launch, &office).await;
        office.close().await?;
        let shows = outcome?;
        let (start, office) = start_again(&launch, shows).await?;
        office.close().await?;
        let name = format!(
            "start with {} shows of {SHOW_SEATS} seats",
            self.options.start_shows
        );
        let times = [
            ("s until it is ready", start.ready),
            ("s until the first hold", start.first_hold),
        ];
        for (measure, time) in times {
            self.report
                .goal(Goal::new(&name, measure, time.as_secs_f64(), START_TARGET));
        }
        self.report.note(format!(
            "{name}: {} MiB of memory in use when it is ready, {} MiB when one show has been looked at",
            start.resident / MEBIBYTE,
            start.resident_with_map / MEBIBYTE
        ));
        Ok(())
    }

    /// Measures on shows of several sizes, and makes those that the office is to start with.
    async fn scale_on(&mut self, launch: &Launch, office: &Office) -> anyhow::Result<Vec<String>> {
        let stage = Stage::new(office)?;
        let per_order = self.options.effort().per_order;
        let small = stage.open_shows(1, SMALL_SEATS, per_order).await?;
        let large = stage.open_shows(1, LARGE_SEATS, per_order).await?;
        for asking in [Asking::Holds(1), Asking::Holds(TOGETHER)] {
            let names = ["100000 seats", "1000 seats"];
            self.compare_sizes(&stage, asking, names, [&large, &small])
                .await?;
        }
        let old = stage.open_shows(1, SHOW_SEATS, per_order).await?;
        let fresh = stage.open_shows(1, SHOW_SEATS, per_order).await?;
        let show = old.shows().first().context("no show")?;
        let database = office.database.as_ref().context("no database")?;
        eprintln!("scale: writing {PAST_EVENTS} events");
        write_past(database, show, PAST_EVENTS, SHOW_SEATS).await?;
        for asking in [Asking::Holds(1), Asking::Holds(TOGETHER), Asking::Map] {
            let names = ["a journal of 1000000 events", "a fresh one"];
            self.compare_sizes(&stage, asking, names, [&old, &fresh]).await?;
        }
        launch.check(database).await.context("after the holds")?;
        let begun = Instant::now();
        let shows = usize::from(self.options.start_shows);
        let shows = stage.open_shows(shows, SHOW_SEATS, per_order).await?;
        let seconds = begun.elapsed().as_secs_f64();
        self.report.note(format!(
            "scale: {} shows of {SHOW_SEATS} seats were made in {seconds:.1} s, one after the other",
            shows.shows().len()
        ));
        Ok(shows.shows().to_vec())
    }

    async fn compare_sizes(
        &mut self,
        stage: &Stage,
        asking: Asking,
        [large, small]: [&str; 2],
        shows: [&Rc<Seats>; 2],
    ) -> anyhow::Result<()> {
        let what = match asking {
            Asking::Holds(1) => "one hold at a time".to_owned(),
            Asking::Holds(clients) => format!("{clients} holds at a time"),
            Asking::Map => "one map at a time".to_owned(),
        };
        let [of_large, of_small] = in_turns(stage, self.options.effort(), asking, shows).await?;
        for (name, rounds) in [(large, &of_large), (small, &of_small)] {
            self.report
                .add_latencies(&format!("{what}, {name}"), rounds.all());
        }
        self.report.ratio(Ratio::new(
            &format!("{what}, {large}"),
            "ms (p50)",
            of_large.median_ms(),
            (small, of_small.median_ms()),
            SIZE_TARGET,
        ));
        Ok(())
    }
}
