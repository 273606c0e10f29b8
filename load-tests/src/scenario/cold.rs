//! First holds on many shows that a fresh node has not looked at yet, while it sells another show at full speed.

use std::rc::Rc;
use std::time::Duration;

use anyhow::ensure;

use super::Effort;
use super::holds::Holder;
use super::seller::{SELLERS, sell, sell_beside};
use crate::load::{Measured, Pace, run_cold};
use crate::stage::{Seats, Stage};

/// Buyers who make the first holds, one show after the other.
pub const FIRST_BUYERS: usize = 8;
/// How long all first holds may take.
const FIRST_HOLDS_SECONDS_MAX: Duration = Duration::from_secs(120);

/// What a node did that had only just started.
pub struct Cold {
    /// Holds on the warm show with nothing beside them.
    pub alone: Measured,
    /// Holds on the warm show while the first holds were made.
    pub beside: Measured,
    /// The first hold of each cold show.
    pub first: Measured,
}

/// Sells the warm show alone, and then while each cold show has its first hold.
pub async fn hold_first(
    stage: &Stage,
    warm: &Rc<Seats>,
    cold: &Rc<Seats>,
    effort: Effort,
) -> anyhow::Result<Cold> {
    let alone = Effort {
        clients: SELLERS,
        pace: Pace::Closed,
        ..effort.turn()
    };
    let alone = sell(stage, warm, alone).await?;
    // One order of each show, so each is the first.
    let firsts = cold.part(0..effort.per_order)?;
    let buyers = Effort {
        clients: FIRST_BUYERS,
        ..effort
    };
    let mut buyers = Holder::several(stage.address(), &firsts, buyers).await?;
    let first = run_cold(&mut buyers, FIRST_HOLDS_SECONDS_MAX);
    let (beside, first) = sell_beside(stage, warm, FIRST_HOLDS_SECONDS_MAX, first).await?;
    ensure!(
        first.ran_out,
        "the first holds took longer than {} s",
        FIRST_HOLDS_SECONDS_MAX.as_secs()
    );
    first.ensure_some("first holds")?;
    Ok(Cold { alone, beside, first })
}
