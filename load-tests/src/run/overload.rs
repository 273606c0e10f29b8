//! What is told of an overload.

use anyhow::ensure;

use super::Run;
use crate::goal::{Goal, Ratio, Target};
use crate::scenario::overload::{OVERLOAD_FACTOR, measure_peak, overload};

/// Saying no must not cost what could be sold meanwhile.
const GOODPUT_TARGET: Target = Target::AtLeast(0.9);
/// A hold that is granted has waited behind a full queue at most, which is bounded.
const GRANTED_MS_TARGET: Target = Target::AtMost(1_000.0);
const MEBIBYTE: u64 = 1 << 20;

impl Run<'_> {
    pub(super) async fn overload(&mut self) -> anyhow::Result<()> {
        let effort = self.options.effort();
        let connections = self.options.overload_clients.into();
        let peak = measure_peak(&self.stage, effort, connections).await?;
        self.add("overload: the peak before", &peak)?;
        let peak = peak.per_second();
        self.settle().await;
        let (measured, memory) = overload(&self.stage, effort, connections, peak, self.office.id()).await?;
        self.add("overload", &measured)?;
        self.settle().await;
        let after = measure_peak(&self.stage, effort, connections).await?;
        self.add("overload: the peak after", &after)?;
        self.report.ratio(Ratio::new(
            "overload",
            "holds/s",
            measured.per_second(),
            ("its own peak", peak.midpoint(after.per_second())),
            GOODPUT_TARGET,
        ));
        let granted = measured.done_from_sending.value_at_quantile(0.99) as f64 / 1_000.0;
        self.report.goal(Goal::new(
            "overload",
            "ms (p99) until a hold is granted, from sending",
            granted,
            GRANTED_MS_TARGET,
        ));
        self.report.note(format!(
            "overload: for {:.1} s {:.0} holds a second were due, {OVERLOAD_FACTOR} times the peak; {:.0} were answered; {} \
             of {} that were turned away were told when to come back (Retry-After)",
            measured.elapsed.as_secs_f64(),
            peak * OVERLOAD_FACTOR,
            measured.answers_per_second(),
            measured.told_when,
            measured.turned_away
        ));
        if let Some(memory) = memory {
            self.report.note(format!(
                "overload: the office has {} MiB of memory in use when {connections} connections are open, {} MiB at most, \
                 {} MiB at the end",
                memory.first / MEBIBYTE,
                memory.highest / MEBIBYTE,
                memory.last / MEBIBYTE
            ));
        }
        ensure!(
            measured.told_when == measured.turned_away,
            "{} answers with 429 or 503 have no Retry-After",
            measured.turned_away - measured.told_when
        );
        Ok(())
    }
}
