//! What is told of a year.

use anyhow::Context;

use super::Run;
use crate::goal::{Ratio, Target};
use crate::scenario::year::{KEEP_JOURNAL_DAYS, KEEP_SHOWS_DAYS, live_through};
use crate::server::{Launch, Office};
use crate::stage::Stage;

/// The last quarter beside the one before the middle: by then everything is kept for as long as it is.
const FLAT: Target = Target::AtMost(1.1);

impl Run<'_> {
    pub(super) async fn live_through_a_year(&mut self) -> anyhow::Result<()> {
        let folder = self.folder.make_inner("office-of-a-year")?;
        let launch = Launch::new(&self.options.wanted(), &folder, None)?
            .with("BOXOFFICE_CLEAN_SECONDS", "1")
            .with("BOXOFFICE_KEEP_JOURNAL_DAYS", KEEP_JOURNAL_DAYS.to_string())
            .with("BOXOFFICE_KEEP_SHOWS_DAYS", KEEP_SHOWS_DAYS.to_string());
        let office = launch.start().await?;
        let outcome = self.live_in(&office).await;
        let checked = match &office.database {
            Some(database) => launch.check(database).await,
            None => Ok(()),
        };
        office.close().await?;
        outcome.and(checked)
    }

    async fn live_in(&mut self, office: &Office) -> anyhow::Result<()> {
        let database = office
            .database
            .as_ref()
            .context("the office's database is not known")?;
        let stage = Stage::new(office)?;
        let weeks = self.options.weeks.into();
        let sizes = live_through(&stage, database, self.options.effort(), weeks).await?;
        let quarter = |number: usize| {
            let weeks = sizes.iter().skip(number * sizes.len() / 4).take(sizes.len() / 4);
            weeks.fold(0.0_f64, |largest, size| largest.max(*size))
        };
        self.report.note(format!(
            "year: {weeks} weeks, journals kept for {KEEP_JOURNAL_DAYS} days and shows for {KEEP_SHOWS_DAYS}; all tables took {:.1}, \
             {:.1}, {:.1} and {:.1} MiB at most in its quarters",
            quarter(0),
            quarter(1),
            quarter(2),
            quarter(3)
        ));
        self.report.ratio(Ratio::new(
            "a busy year",
            "MiB in the last quarter",
            quarter(3),
            ("the second", quarter(1)),
            FLAT,
        ));
        Ok(())
    }
}
