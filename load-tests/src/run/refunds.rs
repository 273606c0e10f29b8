//! The report on a show canceled during the sale of another.

use super::Run;
use crate::goal::Ratio;
use crate::scenario::refunds::refund_beside_a_sale;

impl Run<'_> {
    pub(super) async fn refund_beside_a_sale(&mut self) -> anyhow::Result<()> {
        let orders = self.options.refunds as usize;
        let effort = self.options.effort();
        let found = refund_beside_a_sale(&self.stage, self.office, effort, orders).await?;
        self.add("refunds: a sale alone, before", &found.before)?;
        self.add(
            &format!("refunds: the sale beside {orders} refunds"),
            &found.beside,
        )?;
        self.add("refunds: the sale alone, after", &found.after)?;
        let seconds = found.took.as_secs_f64();
        self.report.note(format!(
            "refunds: the last of {orders} orders was refunded {seconds:.2} s after the cancellation, {:.0} a second",
            orders as f64 / seconds.max(1e-9)
        ));
        let name = format!("a sale beside {orders} refunds");
        let rate_alone = found.before.per_second().midpoint(found.after.per_second());
        self.report.ratio(Ratio::shown(
            &name,
            "holds/s",
            found.beside.per_second(),
            ("the sale alone", rate_alone),
        ));
        let p99_alone = found.before.p99_ms().midpoint(found.after.p99_ms());
        self.report.ratio(Ratio::shown(
            &name,
            "ms (p99)",
            found.beside.p99_ms(),
            ("the sale alone", p99_alone),
        ));
        Ok(())
    }
}
