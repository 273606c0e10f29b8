//! One run of the program: the scenarios that were asked for, one after the other, and their report.

use anyhow::Context;

use crate::baseline::{Baseline, Exercise, Writing, settle};
use crate::command::{Options, Scenario};
use crate::load::{Measured, Pace};
use crate::report::Report;
use crate::scenario::overload::{OVERLOAD_FACTOR, measure_peak, overload};
use crate::scenario::seat_map::{Reading, read_maps};
use crate::scenario::{buy, contended, holds, viewers};
use crate::server::Office;
use crate::stage::Stage;

/// Opens a box office, runs what was asked for and closes it again, also when interrupted. What was measured before a
/// failure is in the report.
pub async fn run(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let office = Office::open(options.wanted()).await?;
    let outcome = tokio::select! {
        outcome = run_scenarios(options, &office, report) => outcome,
        interrupt = tokio::signal::ctrl_c() => interrupt.map_err(Into::into).and(Err(anyhow::anyhow!("interrupted"))),
    };
    let closed = office.close().await;
    outcome.and(closed)
}

async fn run_scenarios(options: &Options, office: &Office, report: &mut Report) -> anyhow::Result<()> {
    let mut run = Run {
        options,
        office,
        stage: Stage::new(office)?,
        report,
        peak: None,
    };
    let all = [
        Scenario::Holds,
        Scenario::HoldsSpread,
        Scenario::Buy,
        Scenario::SeatMap,
        Scenario::Viewers,
        Scenario::Overload,
    ];
    for scenario in all {
        if options.scenario == scenario || options.scenario == Scenario::All {
            run.settle().await;
            run.play(scenario)
                .await
                .with_context(|| format!("{scenario:?}"))?;
        }
    }
    Ok(())
}

struct Run<'a> {
    options: &'a Options,
    office: &'a Office,
    stage: Stage,
    report: &'a mut Report,
    /// The most holds a second on one show, once known.
    peak: Option<f64>,
}

impl Run<'_> {
    async fn play(&mut self, scenario: Scenario) -> anyhow::Result<()> {
        match scenario {
            Scenario::Holds => self.hold_on_one_show().await,
            Scenario::HoldsSpread => self.hold_over_shows().await,
            Scenario::Buy => self.buy().await,
            Scenario::SeatMap => self.read_seat_maps().await,
            Scenario::Viewers => self.view().await,
            Scenario::Overload => self.overload().await,
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
        if matches!(effort.pace, Pace::Closed) {
            self.peak = Some(measured.per_second());
        }
        self.compare("hot show", measured.per_second(), 1).await
    }

    async fn hold_over_shows(&mut self) -> anyhow::Result<()> {
        let (shows, seats) = (self.options.shows.into(), self.options.seats_per_show as usize);
        let measured = holds::holds(&self.stage, self.options.effort(), shows, seats).await?;
        self.add(&format!("holds, {shows} shows"), &measured)?;
        self.compare(&format!("{shows} shows"), measured.per_second(), shows)
            .await
    }

    async fn buy(&mut self) -> anyhow::Result<()> {
        let purchases = buy::buy(&self.stage, self.options.effort()).await?;
        self.add("buy: hold, pay, tickets", &purchases.whole)?;
        for (step, latencies) in &purchases.steps {
            self.report
                .add_latencies(&format!("buy: {step} alone"), latencies);
        }
        Ok(())
    }

    async fn read_seat_maps(&mut self) -> anyhow::Result<()> {
        let background: f64 = self.options.background_rate.into();
        let readings = [
            ("seat map, whole, quiet", Reading::Whole, 0.0),
            ("seat map, if changed, quiet", Reading::IfChanged, 0.0),
            ("seat map, whole, on sale", Reading::Whole, background),
            ("seat map, if changed, on sale", Reading::IfChanged, background),
        ];
        for (name, reading, holds_per_second) in readings {
            let reads = read_maps(&self.stage, self.options.map_effort(), reading, holds_per_second).await?;
            self.add(name, &reads.measured)?;
            if reading == Reading::Whole {
                self.report.note(format!(
                    "{name}: {} bytes an answer, compressed",
                    reads.answer_bytes
                ));
            }
        }
        Ok(())
    }

    async fn view(&mut self) -> anyhow::Result<()> {
        let (viewers, rate) = (usize::from(self.options.viewers), self.options.background_rate);
        let viewed = viewers::watch(&self.stage, self.options.map_effort(), viewers, rate.into()).await?;
        self.add("viewers: holds in the background", &viewed.sale)?;
        self.report
            .add_latencies(&format!("viewers: {viewers} see a hold after"), &viewed.delays);
        self.report.note(format!(
            "viewers: {} events in {} frames; {} came before the hold's answer; {} out of order, {} resyncs, {} viewers \
             left behind",
            viewed.events, viewed.frames, viewed.early, viewed.out_of_order, viewed.resyncs, viewed.left_behind
        ));
        anyhow::ensure!(
            viewed.out_of_order == 0,
            "viewers saw {} events out of order",
            viewed.out_of_order
        );
        Ok(())
    }

    async fn overload(&mut self) -> anyhow::Result<()> {
        let effort = self.options.effort();
        let peak = match self.peak {
            Some(peak) => peak,
            None => measure_peak(&self.stage, effort).await?,
        };
        self.settle().await;
        let measured = overload(&self.stage, effort, self.options.overload_clients.into(), peak).await?;
        self.add("overload", &measured)?;
        self.report.note(format!(
            "overload: {:.0} holds a second were due, {OVERLOAD_FACTOR} times the peak of {peak:.0}; {:.0} were answered, \
             {:.0} of them with a hold",
            peak * OVERLOAD_FACTOR,
            measured.answers_per_second(),
            measured.per_second()
        ));
        Ok(())
    }

    fn add(&mut self, name: &str, measured: &Measured) -> anyhow::Result<()> {
        eprintln!("{name}: {:.0} a second", measured.per_second());
        self.report.add(name, measured);
        measured.ensure_some(name)
    }

    /// Both ways of writing the transaction, on as many shows.
    async fn compare(&mut self, name: &str, per_second: f64, shows: usize) -> anyhow::Result<()> {
        let Some(database) = self
            .office
            .database
            .as_ref()
            .filter(|_| !self.options.no_baseline)
        else {
            self.report.note(format!(
                "{name}: not compared with pgbench, without a --database-url or with --no-baseline"
            ));
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
        let baseline = Baseline::make(database).await?;
        let outcome = async {
            for writing in [Writing::OneCall, Writing::Statements] {
                eprintln!("pgbench, {name}: {writing:?}");
                let figures = baseline.run(exercise, writing, &clients).await?;
                self.report.compare(name, per_second, &figures);
            }
            Ok(())
        };
        let outcome = outcome.await;
        outcome.and(baseline.close().await)
    }

    async fn settle(&mut self) {
        let Some(database) = &self.office.database else {
            return;
        };
        if let Err(error) = settle(database).await {
            self.report
                .note(format!("no checkpoint before a measurement: {error:#}"));
        }
    }
}
