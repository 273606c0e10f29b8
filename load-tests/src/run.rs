//! One run of the program: the scenarios that were asked for, one after the other, and their report.

mod beside;
mod cold;
mod lapses;
mod lone;
mod nodes;
mod one_key;
mod order_list;
mod overload;
mod pay_lane;
mod prices;
mod refunds;
mod restart;
mod scale;
mod seat_map;
mod together;
mod viewers;
mod waitlist;
mod webhooks;
mod year;

use std::time::Duration;

use anyhow::{Context, bail};
use tokio::signal::ctrl_c;
use tokio::signal::unix::{SignalKind, signal};

use crate::baseline::{Baseline, Exercise, Writing};
use crate::command::{Options, Scenario};
use crate::folder::RunFolder;
use crate::goal::{Ratio, Target};
use crate::load::Measured;
use crate::postgres::settle;
use crate::report::Report;
use crate::rounds::Rounds;
use crate::scenario::{buy, contended, holds};
use crate::server::Office;
use crate::stage::Stage;

/// A purchase has three requests and two transactions, where a hold has one of each.
const BUY_TARGET: Target = Target::AtLeast(0.5);
/// A hold written by hand in both ways.
const HOLDS: [Writing; 2] = [Writing::OneCall, Writing::Statements];

/// Opens a box office, runs what was asked for and closes it again, also when interrupted. What was measured before a
/// failure is in the report.
pub async fn run(options: &Options, files_max: u64, report: &mut Report) -> anyhow::Result<()> {
    let folder = RunFolder::make(options.temp_dir.as_deref())?;
    let (outcome, closed) = run_in(&folder, options, files_max, report).await;
    // What could not be stopped may still write into it.
    let removed = if closed.is_ok() { folder.remove() } else { Ok(()) };
    outcome.and(closed).and(removed)
}

/// What came of the scenarios, and of closing the box office.
async fn run_in(
    folder: &RunFolder,
    options: &Options,
    files_max: u64,
    report: &mut Report,
) -> (anyhow::Result<()>, anyhow::Result<()>) {
    let opened = async { Office::open(&options.wanted(), &folder.make_inner("office")?).await };
    let office = match opened.await {
        Ok(office) => office,
        Err(error) => return (Err(error), Ok(())),
    };
    let outcome = tokio::select! {
        outcome = run_scenarios(options, &office, folder, files_max, report) => outcome,
        interrupted = wait_for_interrupt() => interrupted,
    };
    (outcome, office.close().await)
}

/// Waits until the run is to end before its time, from the keyboard or by another program.
async fn wait_for_interrupt() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupt = ctrl_c() => interrupt?,
        _ = terminate.recv() => {}
    }
    bail!("interrupted")
}

async fn run_scenarios(
    options: &Options,
    office: &Office,
    folder: &RunFolder,
    files_max: u64,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut run = Run {
        options,
        office,
        folder,
        files_max,
        stage: Stage::new(office)?,
        report,
    };
    let scenarios = options.scenarios()?;
    if let Some(other) = options.wanted_beside() {
        return run.take_turns_with(&other, &scenarios).await;
    }
    for scenario in scenarios {
        run.settle().await;
        // On the heap: all scenarios together are large.
        Box::pin(run.play(scenario))
            .await
            .with_context(|| format!("{scenario:?}"))?;
    }
    Ok(())
}

struct Run<'a> {
    options: &'a Options,
    office: &'a Office,
    folder: &'a RunFolder,
    /// Files that a process may have open, connections among them.
    files_max: u64,
    stage: Stage,
    report: &'a mut Report,
}

impl Run<'_> {
    async fn play(&mut self, scenario: Scenario) -> anyhow::Result<()> {
        match scenario {
            Scenario::Holds => self.hold_on_one_show().await,
            Scenario::HoldsSpread => self.hold_over_shows().await,
            Scenario::Buy => self.buy().await,
            Scenario::Lone => self.hold_alone().await,
            Scenario::SeatMap => self.read_seat_maps().await,
            Scenario::Viewers => self.view().await,
            Scenario::Overload => self.overload().await,
            Scenario::Scale => self.scale().await,
            Scenario::Restart => self.restart().await,
            Scenario::Lapses => self.lapse().await,
            Scenario::OneKey => self.repeat_one_key().await,
            Scenario::PayLane => self.pay_beside_holds().await,
            Scenario::Together => self.find_nothing_together().await,
            Scenario::Refunds => self.refund_beside_a_sale().await,
            Scenario::Webhooks => self.tell_a_dead_endpoint().await,
            Scenario::Prices => self.sell_as_types().await,
            Scenario::Waitlist => self.wait_for_places().await,
            Scenario::OrderList => self.list_orders().await,
            Scenario::Nodes => self.spread_over_nodes().await,
            Scenario::ColdStart => self.start_cold().await,
            Scenario::Year => self.live_through_a_year().await,
            // Simulated, without an office.
            Scenario::Line => Ok(()),
            Scenario::All => Ok(()),
        }
    }

    async fn hold_on_one_show(&mut self) -> anyhow::Result<()> {
        let effort = self.options.effort();
        if let Some(orders) = self.options.contended {
            let measured = contended::contended(&self.stage, effort, orders.into()).await?;
            return self.add("holds, contended", &measured);
        }
        let measured = holds::holds(&self.stage, effort, 1, effort.seats).await?;
        self.add("holds, hot show", &measured)?;
        self.compare("hot show", measured.per_second(), 1, &HOLDS).await
    }

    async fn hold_over_shows(&mut self) -> anyhow::Result<()> {
        let (shows, seats) = (self.options.shows.into(), self.options.seats_per_show as usize);
        let measured = holds::holds(&self.stage, self.options.effort(), shows, seats).await?;
        self.add(&format!("holds, {shows} shows"), &measured)?;
        self.compare(&format!("{shows} shows"), measured.per_second(), shows, &HOLDS)
            .await
    }

    /// Purchases, with holds before and after that tell what the machine could do at that time.
    async fn buy(&mut self) -> anyhow::Result<()> {
        let before = self.hold_shortly("buy: holds alone, before").await?;
        let purchases = buy::buy(&self.stage, self.options.effort()).await?;
        self.add("buy: hold, pay, tickets", &purchases.whole)?;
        for (step, latencies) in &purchases.steps {
            self.report
                .add_latencies(&format!("buy: {step} alone"), latencies);
        }
        let after = self.hold_shortly("buy: holds alone, after").await?;
        self.report.ratio(Ratio::new(
            "purchases beside holds",
            "done/s",
            purchases.whole.per_second(),
            ("its holds alone", before.midpoint(after)),
            BUY_TARGET,
        ));
        let beside = [Writing::Purchase];
        self.compare("bought", purchases.whole.per_second(), 1, &beside)
            .await
    }

    /// Holds on a fresh show for half the time.
    async fn hold_shortly(&mut self, name: &str) -> anyhow::Result<f64> {
        let mut effort = self.options.effort();
        effort.time = (effort.time / 2).max(Duration::from_secs(1));
        let measured = holds::holds(&self.stage, effort, 1, effort.seats).await?;
        self.add(name, &measured)?;
        Ok(measured.per_second())
    }

    fn add(&mut self, name: &str, measured: &Measured) -> anyhow::Result<()> {
        eprintln!("{name}: {:.0} a second", measured.per_second());
        self.report.add(name, measured);
        measured.ensure_some(name)
    }

    fn add_rounds(&mut self, name: &str, rounds: &Rounds) {
        eprintln!("{name}: {:.0} a second", rounds.per_second());
        self.report.add_rounds(name, rounds);
    }

    /// The same written by hand in these ways, on as many shows.
    async fn compare(
        &mut self,
        name: &str,
        per_second: f64,
        shows: usize,
        writings: &[Writing],
    ) -> anyhow::Result<()> {
        let Some(baseline) = self.baseline(name).await? else {
            return Ok(());
        };
        let effort = self.options.effort();
        let exercise = Exercise {
            shows,
            per_order: effort.per_order,
            time: effort.time,
        };
        let clients: Vec<usize> = self
            .options
            .pgbench_clients
            .iter()
            .map(|clients| usize::from(*clients))
            .collect();
        let outcome = async {
            for writing in writings {
                eprintln!("pgbench, {name}: {writing:?}");
                let figures = baseline.run(exercise, *writing, &clients).await?;
                self.report.compare(name, per_second, &figures);
            }
            Ok(())
        };
        let outcome = outcome.await;
        outcome.and(baseline.close().await)
    }

    /// The database for `pgbench`, where there is to be one.
    async fn baseline(&mut self, name: &str) -> anyhow::Result<Option<Baseline>> {
        match &self.office.database {
            Some(database) if !self.options.no_baseline => Ok(Some(Baseline::make(database).await?)),
            _ => {
                self.report.note(format!(
                    "{name}: not compared with pgbench, without a --database-url or with --no-baseline"
                ));
                Ok(None)
            }
        }
    }

    async fn settle(&mut self) {
        self.settle_office(self.office).await;
    }

    async fn settle_office(&mut self, office: &Office) {
        let Some(database) = &office.database else {
            return;
        };
        if let Err(error) = settle(database).await {
            self.report
                .note(format!("no checkpoint before a measurement: {error:#}"));
        }
    }
}
