//! The report on several nodes.

use super::Run;
use crate::cluster::{Cluster, Programs, Spreading};
use crate::goal::{Ratio, Target};
use crate::scenario::nodes::{LAYOUTS, Layout, Sale, in_turns};

/// More nodes must not cost what one can sell.
const BY_SHOW_TARGET: Target = Target::AtLeast(0.95);
/// Where each node sells each show, they wait for one another.
const IN_TURNS_TARGET: Target = Target::AtLeast(0.7);

impl Run<'_> {
    pub(super) async fn spread_over_nodes(&mut self) -> anyhow::Result<()> {
        let programs = match Programs::find() {
            Ok(programs) => programs,
            Err(missing) => {
                self.report.note(format!("nodes: not measured: {missing}"));
                return Ok(());
            }
        };
        let mut cluster = Cluster::start(programs, self.options.wanted(), self.folder).await?;
        let outcome = self.hold_on(&mut cluster).await;
        let stopped = cluster.stop().await;
        outcome.and(stopped)
    }

    async fn hold_on(&mut self, cluster: &mut Cluster<'_>) -> anyhow::Result<()> {
        let (shows, seats) = (self.options.shows.into(), self.options.seats_per_show as usize);
        let hot = Sale {
            shows: 1,
            seats: self.options.seats as usize,
        };
        for (name, sale) in [
            ("hot show", hot),
            (&format!("{shows} shows"), Sale { shows, seats }),
        ] {
            let rounds = in_turns(cluster, self.options.effort(), sale).await?;
            let one = rounds.first().map_or(0.0, |rounds| rounds.per_second());
            for (layout, rounds) in LAYOUTS.iter().zip(&rounds) {
                let name = format!("{}, {name}", name_of(*layout));
                self.add_rounds(&format!("nodes: {name}"), rounds);
                if layout.nodes == 1 {
                    continue;
                }
                let target = match layout.spreading {
                    Spreading::ByShow => BY_SHOW_TARGET,
                    Spreading::InTurns => IN_TURNS_TARGET,
                };
                let beside = ("one node behind the proxy", one);
                self.report
                    .ratio(Ratio::new(&name, "holds/s", rounds.per_second(), beside, target));
            }
        }
        Ok(())
    }
}

fn name_of(layout: Layout) -> String {
    match (layout.nodes, layout.spreading) {
        (1, _) => "one node".to_owned(),
        (nodes, Spreading::ByShow) => format!("{nodes} nodes, hashed by show"),
        (nodes, Spreading::InTurns) => format!("{nodes} nodes, not hashed"),
    }
}
