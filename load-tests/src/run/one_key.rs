//! The report on a crowd with one idempotency key.

use super::Run;
use crate::goal::{Ratio, Target};
use crate::scenario::one_key::{CROWD, repeat_one_key};

/// A key that is repeated may cost a tenth of what is sold.
const CROWD_TARGET: Target = Target::AtLeast(0.9);

impl Run<'_> {
    pub(super) async fn repeat_one_key(&mut self) -> anyhow::Result<()> {
        let found = repeat_one_key(&self.stage, self.options.effort()).await?;
        self.add_rounds("one key: honest holds alone", &found.alone);
        self.add_rounds(
            &format!("one key: honest holds beside {CROWD} clients with one key"),
            &found.beside_crowd,
        );
        self.add_rounds(&format!("one key: the {CROWD} clients"), &found.crowd);
        self.add_rounds(
            &format!("one key: honest holds beside {CROWD} more honest clients"),
            &found.beside_honest,
        );
        let crowded = found.beside_crowd.per_second();
        let name = format!("honest holds beside {CROWD} clients with one key");
        self.report.ratio(Ratio::new(
            &name,
            "holds/s",
            crowded,
            ("alone", found.alone.per_second()),
            CROWD_TARGET,
        ));
        // The clients share the office and the processors: some of it any clients would cost.
        let beside_honest = ("beside as many honest clients", found.beside_honest.per_second());
        self.report
            .ratio(Ratio::shown(&name, "holds/s", crowded, beside_honest));
        Ok(())
    }
}
