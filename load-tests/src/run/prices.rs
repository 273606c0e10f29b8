//! The report on ticket types and codes.

use super::Run;
use crate::goal::{Ratio, Target};
use crate::scenario::prices::{CODES, TICKET_TYPES, sell_as_types};

/// A hold may cost a tenth more.
const TARGET: Target = Target::AtLeast(1.0 / 1.1);

impl Run<'_> {
    pub(super) async fn sell_as_types(&mut self) -> anyhow::Result<()> {
        let found = sell_as_types(&self.stage, self.options.effort()).await?;
        let of_show = format!("{TICKET_TYPES} ticket types and {CODES} codes");
        self.add_rounds("prices: holds at one price", &found.plain);
        self.add_rounds(
            &format!("prices: the same on a show with {of_show}"),
            &found.beside_types,
        );
        self.add_rounds(
            &format!("prices: holds that name a type and a code, of {of_show}"),
            &found.typed,
        );
        for (name, rounds) in [
            (format!("holds on a show with {of_show}"), &found.beside_types),
            (
                format!("holds that name a type and a code, of {of_show}"),
                &found.typed,
            ),
        ] {
            let plain = ("at one price", found.plain.per_second());
            self.report
                .ratio(Ratio::new(&name, "holds/s", rounds.per_second(), plain, TARGET));
        }
        Ok(())
    }
}
