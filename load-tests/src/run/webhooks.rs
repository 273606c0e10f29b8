//! The report on a dead endpoint of webhooks.

use super::Run;
use crate::goal::{Ratio, Target};
use crate::scenario::webhooks::tell_a_dead_endpoint;

/// A dead endpoint may cost nothing: what is left is the noise of the machine.
const DEAD_TARGET: Target = Target::AtLeast(0.97);

impl Run<'_> {
    pub(super) async fn tell_a_dead_endpoint(&mut self) -> anyhow::Result<()> {
        let found = tell_a_dead_endpoint(&self.stage, self.options.effort()).await?;
        self.add_rounds("webhooks: holds of which nobody is told", &found.alone);
        self.add_rounds(
            "webhooks: holds of which a dead endpoint is told",
            &found.beside_dead,
        );
        self.report.ratio(Ratio::new(
            "holds of which a dead endpoint is told",
            "holds/s",
            found.beside_dead.per_second(),
            ("nobody is told", found.alone.per_second()),
            DEAD_TARGET,
        ));
        Ok(())
    }
}
