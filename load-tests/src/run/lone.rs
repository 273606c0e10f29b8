//! What is told of a hold alone.

use super::Run;
use crate::goal::{Ratio, Target};
use crate::scenario::lone::hold_alone;

/// A hold has to be little more than its transaction and a request.
const LONE_TARGET: Target = Target::AtMost(1.3);

impl Run<'_> {
    pub(super) async fn hold_alone(&mut self) -> anyhow::Result<()> {
        let log_dir = self.folder.make_inner("pgbench")?;
        let baseline = self.baseline("one hold at a time").await?;
        let outcome = hold_alone(&self.stage, self.options.effort(), baseline.as_ref(), &log_dir).await;
        let closed = match baseline {
            Some(baseline) => baseline.close().await,
            None => Ok(()),
        };
        let lone = outcome?;
        closed?;
        self.report.add_latencies("one hold at a time", lone.holds.all());
        self.report
            .add_latencies("one empty request at a time, bare actix", lone.empty.all());
        let Some(pgbench) = lone.pgbench else {
            return Ok(());
        };
        self.report
            .add_latencies("one hold at a time, pgbench", pgbench.all());
        self.report.ratio(Ratio::new(
            "one hold at a time",
            "ms (p50)",
            lone.holds.median_ms(),
            (
                "pgbench -c 1 and an empty actix request",
                pgbench.median_ms() + lone.empty.median_ms(),
            ),
            LONE_TARGET,
        ));
        Ok(())
    }
}
