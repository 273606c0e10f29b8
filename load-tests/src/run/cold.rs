//! The report on a fresh node that has to get to know many shows while it sells one.

use super::Run;
use crate::goal::Ratio;
use crate::scenario::cold::{Cold, hold_first};
use crate::scenario::scale::SHOW_SEATS;
use crate::server::{Launch, Office};
use crate::stage::{Seats, Stage};

impl Run<'_> {
    /// On an office of its own, which is started again so that it knows no show.
    pub(super) async fn start_cold(&mut self) -> anyhow::Result<()> {
        let folder = self.folder.make_inner("office-to-start-cold")?;
        let launch = Launch::new(&self.options.wanted(), &folder, None)?;
        let office = launch.start().await?;
        let opened = self.open_cold_shows(&office).await;
        office.close().await?;
        let [warm, cold] = opened?;
        let office = launch.start().await?;
        let outcome = self.hold_first(&office, warm, cold).await;
        office.close().await?;
        let found = outcome?;
        self.report_cold(&found)
    }

    /// The ids of a show to be sold all the time, and of those to be met cold.
    async fn open_cold_shows(&self, office: &Office) -> anyhow::Result<[Vec<String>; 2]> {
        let stage = Stage::new(office)?;
        let per_order = self.options.effort().per_order;
        let warm = stage.open_shows(1, SHOW_SEATS, per_order).await?;
        let cold = usize::from(self.options.start_shows);
        let cold = stage.open_shows(cold, SHOW_SEATS, per_order).await?;
        Ok([warm, cold].map(|seats| seats.shows().to_vec()))
    }

    async fn hold_first(
        &self,
        office: &Office,
        warm: Vec<String>,
        cold: Vec<String>,
    ) -> anyhow::Result<Cold> {
        let stage = Stage::new(office)?;
        let effort = self.options.effort();
        let warm = Seats::of_shows(warm, SHOW_SEATS, effort.per_order)?;
        let cold = Seats::of_shows(cold, SHOW_SEATS, effort.per_order)?;
        hold_first(&stage, &warm, &cold, effort).await
    }

    fn report_cold(&mut self, found: &Cold) -> anyhow::Result<()> {
        let shows = self.options.start_shows;
        self.add("cold start: holds on a warm show, alone", &found.alone)?;
        self.add(
            &format!("cold start: holds on the warm show beside {shows} first holds"),
            &found.beside,
        )?;
        self.add(&format!("cold start: first holds on {shows} shows"), &found.first)?;
        let name = format!("a warm show beside first holds on {shows} shows");
        let figures = [
            ("ms (p50)", found.beside.p50_ms(), found.alone.p50_ms()),
            ("ms (p99)", found.beside.p99_ms(), found.alone.p99_ms()),
        ];
        for (measure, beside, alone) in figures {
            self.report
                .ratio(Ratio::shown(&name, measure, beside, ("alone", alone)));
        }
        Ok(())
    }
}
