//! What is told of restarts.

use super::Run;
use crate::goal::{Goal, Target};
use crate::scenario::restart::{Victims, kill_database, restart};
use crate::server::{Launch, Office};

const RESTART_TARGET: Target = Target::AtMost(1.0);

impl Run<'_> {
    pub(super) async fn restart(&mut self) -> anyhow::Result<()> {
        let folder = self.folder.make_inner("office-to-kill")?;
        let launch = Launch::new(&self.options.wanted(), &folder, None)?;
        let office = launch.start().await?;
        let outcome = self.restart_twice(&launch, office).await;
        if outcome.is_err() {
            // A killed office has left its database running, and nothing else would stop it.
            let _ = kill_database(&launch).await;
        }
        outcome
    }

    async fn restart_twice(&mut self, launch: &Launch, mut office: Office) -> anyhow::Result<()> {
        let cases = [
            ("the office killed (-9) in a sale", Victims::Office),
            (
                "the office and its PostgreSQL killed (-9) in a sale",
                Victims::OfficeAndDatabase,
            ),
        ];
        for (name, victims) in cases {
            let (times, started) = restart(launch, office, self.options.effort(), victims).await?;
            office = started;
            let ready = times.ready.as_secs_f64();
            eprintln!("{name}: {ready:.3} s until it is ready");
            self.report
                .note(format!("{name}: ready {ready:.3} s after its start"));
            self.report.goal(Goal::new(
                name,
                "s from its start to the first hold",
                times.first_hold.as_secs_f64(),
                RESTART_TARGET,
            ));
        }
        office.close().await
    }
}
