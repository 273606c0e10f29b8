//! The report on buyers who find no seats side by side.

use super::Run;
use crate::goal::Ratio;
use crate::scenario::together::{ASKERS, WANTED, find_nothing};

impl Run<'_> {
    pub(super) async fn find_nothing_together(&mut self) -> anyhow::Result<()> {
        let found = find_nothing(&self.stage, self.options.effort()).await?;
        self.add_rounds("together: honest holds alone", &found.alone);
        self.add_rounds(
            &format!("together: honest holds beside {ASKERS} who find no {WANTED}"),
            &found.beside_together,
        );
        self.add_rounds(&format!("together: no {WANTED} found"), &found.together);
        self.add_rounds(
            &format!("together: honest holds beside {ASKERS} who want a taken seat"),
            &found.beside_taken,
        );
        self.add_rounds("together: a taken seat", &found.taken);
        let beside = found.beside_together.per_second();
        let name = format!("honest holds beside {ASKERS} clients who find no {WANTED} seats side by side");
        let others = [
            ("alone", found.alone.per_second()),
            (
                "beside as many who want a taken seat",
                found.beside_taken.per_second(),
            ),
        ];
        for other in others {
            self.report.ratio(Ratio::shown(&name, "holds/s", beside, other));
        }
        Ok(())
    }
}
