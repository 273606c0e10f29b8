//! The same holds on one node and on several behind a proxy, which either keeps each show to one node or doesn't.

use std::time::Duration;

use anyhow::Context;

use super::Effort;
use super::holds::Holder;
use crate::cluster::{Cluster, Front, Spreading};
use crate::load::{Measured, run};
use crate::rounds::{ROUNDS, Rounds, turns};
use crate::stage::Stage;

/// How long it is sold before it is measured: each node has to get to know the shows that reach it, and each of its
/// connections plans the statements anew for the first five batches.
const WARM_UP: Duration = Duration::from_secs(3);

/// Nodes behind a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// How many.
    pub nodes: usize,
    /// What the proxy does.
    pub spreading: Spreading,
}

/// One node first, with which the others are compared.
pub const LAYOUTS: [Layout; 5] = [
    Layout::new(1, Spreading::ByShow),
    Layout::new(2, Spreading::ByShow),
    Layout::new(4, Spreading::ByShow),
    Layout::new(2, Spreading::InTurns),
    Layout::new(4, Spreading::InTurns),
];

/// Shows that are sold.
#[derive(Debug, Clone, Copy)]
pub struct Sale {
    /// How many.
    pub shows: usize,
    /// Seats of each.
    pub seats: usize,
}

impl Layout {
    const fn new(nodes: usize, spreading: Spreading) -> Self {
        Self { nodes, spreading }
    }
}

/// Lets all layouts take turns, each time on fresh shows.
pub async fn in_turns(
    cluster: &mut Cluster<'_>,
    effort: Effort,
    sale: Sale,
) -> anyhow::Result<[Rounds; LAYOUTS.len()]> {
    let stage = Stage::new(&cluster.first)?;
    let mut rounds = Rounds::of_cases()?;
    for case in turns(LAYOUTS.len(), ROUNDS) {
        let layout = LAYOUTS.get(case).context("no such layout")?;
        let front = cluster.open_front(layout.nodes, layout.spreading).await?;
        let measured = hold_behind(&front, &stage, effort.turn(), sale).await;
        front.stop().await?;
        let rounds: &mut Rounds = rounds.get_mut(case).context("no such layout")?;
        rounds.add_run(&measured?)?;
    }
    Ok(rounds)
}

async fn hold_behind(front: &Front, stage: &Stage, effort: Effort, sale: Sale) -> anyhow::Result<Measured> {
    let seats = stage.open_shows(sale.shows, sale.seats, effort.per_order).await?;
    let mut holders = Holder::several(front.proxy.address, &seats, effort).await?;
    run(&mut holders, effort.pace, WARM_UP).await?;
    let measured = run(&mut holders, effort.pace, effort.time).await?;
    measured.ensure_some("holds behind a proxy")?;
    Ok(measured)
}
