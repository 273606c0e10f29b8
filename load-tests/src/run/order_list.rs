//! The report on pages of a million orders.

use anyhow::Context;

use super::Run;
use crate::goal::{Goal, Target};
use crate::scenario::order_list::{ASKED, ORDERS, fill, list};

/// Within which a page is there, in milliseconds.
const PAGE_MS_TARGET: Target = Target::AtMost(20.0);

impl Run<'_> {
    pub(super) async fn list_orders(&mut self) -> anyhow::Result<()> {
        let database = self.office.database.as_ref();
        let database = database.context("the office's database is not known")?;
        eprintln!("order-list: {ORDERS} orders are made");
        let orders = fill(&self.stage, database).await?;
        for (asked, name) in ASKED {
            let name = format!("order-list: a page of {ORDERS}, {name}");
            let latencies = list(&self.stage, &orders, self.options.effort(), asked).await?;
            self.report.add_latencies(&name, &latencies);
            let p99_ms = latencies.value_at_quantile(0.99) as f64 / 1_000.0;
            self.report
                .goal(Goal::new(&name, "p99 ms", p99_ms, PAGE_MS_TARGET));
        }
        Ok(())
    }
}
