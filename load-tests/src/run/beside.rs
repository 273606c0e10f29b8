//! Two programs in turns: what this one does beside what another one did, such as that of an older commit.

use super::Run;
use crate::command::Scenario;
use crate::goal::{Ratio, Target};
use crate::load::{Measured, Pace};
use crate::rounds::{Rounds, in_order, median, turns};
use crate::scenario::Effort;
use crate::scenario::buy::buy;
use crate::scenario::holds::holds;
use crate::server::{Launch, Office, Wanted};
use crate::stage::Stage;

/// Not slower, but for what turns on a noisy machine differ by.
const RATE_TARGET: Target = Target::AtLeast(0.95);
const LATENCY_TARGET: Target = Target::AtMost(1.05);
/// This program, and the other one.
const PROGRAMS: [&str; 2] = ["new", "old"];

impl Run<'_> {
    /// Measures these scenarios on the office of this run and on one of another program.
    pub(super) async fn take_turns_with(
        &mut self,
        other: &Wanted,
        scenarios: &[Scenario],
    ) -> anyhow::Result<()> {
        let folder = self.folder.make_inner("other-office")?;
        let other = Launch::new(other, &folder, None)?.start().await?;
        let outcome = self.play_in_turns(&other, scenarios).await;
        let closed = other.close().await;
        outcome.and(closed)
    }

    async fn play_in_turns(&mut self, other: &Office, scenarios: &[Scenario]) -> anyhow::Result<()> {
        for scenario in scenarios {
            let rounds = match self.options.at_once {
                true => self.rounds_at_once(other, *scenario).await?,
                false => self.rounds_in_turn(other, *scenario).await?,
            };
            self.report_turns(*scenario, &rounds);
        }
        Ok(())
    }

    fn report_turns(&mut self, scenario: Scenario, [new, old]: &[Rounds; PROGRAMS.len()]) {
        let (name, measure) = match scenario {
            Scenario::HoldsSpread => (format!("holds, {} shows", self.options.shows), "holds/s"),
            Scenario::Buy => ("buy: hold, pay, tickets".to_owned(), "done/s"),
            Scenario::Lone => ("one hold at a time".to_owned(), "holds/s"),
            _ => ("holds, hot show".to_owned(), "holds/s"),
        };
        for (program, rounds) in PROGRAMS.iter().zip([new, old]) {
            self.add_rounds(&format!("{name}, {program}"), rounds);
        }
        let name = format!("{name}, median of {} turns", self.options.rounds);
        let beside = |figure| ("the other program", figure);
        self.report.ratio(match scenario {
            Scenario::Lone => {
                let old = beside(old.median_ms());
                Ratio::new(&name, "ms (p50)", new.median_ms(), old, LATENCY_TARGET)
            }
            _ => {
                let old = beside(old.per_second());
                Ratio::new(&name, measure, new.per_second(), old, RATE_TARGET)
            }
        });
        let p99 = Ratio::shown(&name, "ms (p99)", new.p99_ms(), beside(old.p99_ms()));
        self.report.ratio(p99);
        let ratios = in_order(new.rate_ratios(old));
        let median = median(&ratios);
        let ratios: Vec<String> = ratios.iter().map(|ratio| format!("{ratio:.2}")).collect();
        let ratios = ratios.join(", ");
        self.report.note(format!(
            "{name}: ratios of the rates, the least first: {ratios}; their median is {median:.2}"
        ));
    }

    async fn rounds_in_turn(
        &mut self,
        other: &Office,
        scenario: Scenario,
    ) -> anyhow::Result<[Rounds; PROGRAMS.len()]> {
        let [mut new, mut old] = Rounds::of_cases()?;
        for case in turns(PROGRAMS.len(), self.options.rounds.into()) {
            // What the one has written must not weigh on the other's turn.
            self.settle_office(other).await;
            self.settle().await;
            let (office, rounds) = if case == 0 {
                (self.office, &mut new)
            } else {
                (other, &mut old)
            };
            let measured = self.measure_once(&Stage::new(office)?, scenario).await?;
            measured.ensure_some("a turn")?;
            rounds.add_run(&measured)?;
        }
        Ok([new, old])
    }

    /// Both have the machine together: a turn tells how much of it each needs for what it does.
    async fn rounds_at_once(
        &mut self,
        other: &Office,
        scenario: Scenario,
    ) -> anyhow::Result<[Rounds; PROGRAMS.len()]> {
        let [mut new, mut old] = Rounds::of_cases()?;
        let stages = [Stage::new(self.office)?, Stage::new(other)?];
        for _ in 0..self.options.rounds {
            self.settle_office(other).await;
            self.settle().await;
            let [one, two] = stages.each_ref().map(|stage| self.measure_once(stage, scenario));
            let (one, two) = tokio::try_join!(one, two)?;
            for (measured, rounds) in [(one, &mut new), (two, &mut old)] {
                measured.ensure_some("a turn")?;
                rounds.add_run(&measured)?;
            }
        }
        Ok([new, old])
    }

    /// One turn, on fresh shows.
    async fn measure_once(&self, stage: &Stage, scenario: Scenario) -> anyhow::Result<Measured> {
        let effort = self.options.effort();
        match scenario {
            Scenario::HoldsSpread => {
                let (shows, seats) = (self.options.shows.into(), self.options.seats_per_show as usize);
                holds(stage, effort, shows, seats).await
            }
            Scenario::Buy => Ok(buy(stage, effort).await?.whole),
            Scenario::Lone => {
                let alone = Effort {
                    clients: 1,
                    pace: Pace::Closed,
                    ..effort
                };
                holds(stage, alone, 1, effort.seats).await
            }
            _ => holds(stage, effort, 1, effort.seats).await,
        }
    }
}
