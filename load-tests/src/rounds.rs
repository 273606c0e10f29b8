//! Measurements that take turns, so that whatever else the machine does hits all alike.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::load::{Measured, histogram};

/// How often each has its turn.
pub const ROUNDS: usize = 3;

/// One measurement's turns.
pub struct Rounds {
    all: Histogram<u64>,
    turns: Vec<Turn>,
    /// How long all turns that were runs took, and the processor time of this process in them.
    elapsed: Duration,
    generator: Duration,
    /// Answers by status, of all turns that were runs.
    pub statuses: BTreeMap<Option<u16>, u64>,
    /// What the first answer said that did not go well.
    pub first_refusal: Option<String>,
}

/// What is kept of one turn by itself.
#[derive(Debug, Clone, Copy)]
struct Turn {
    p50_micros: u64,
    p99_micros: u64,
    per_second: f64,
}

impl Rounds {
    /// None yet.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            all: histogram()?,
            turns: Vec::with_capacity(ROUNDS),
            elapsed: Duration::ZERO,
            generator: Duration::ZERO,
            statuses: BTreeMap::new(),
            first_refusal: None,
        })
    }

    /// As many as there are cases.
    pub fn of_cases<const CASES: usize>() -> anyhow::Result<[Self; CASES]> {
        let rounds: Vec<Self> = (0..CASES).map(|_| Self::new()).collect::<Result<_, _>>()?;
        rounds
            .try_into()
            .map_err(|_other: Vec<Self>| anyhow::anyhow!("one for each case"))
    }

    /// Adds a turn's latencies.
    pub fn add(&mut self, latencies: &Histogram<u64>) -> anyhow::Result<()> {
        self.push(latencies, 0.0)
    }

    /// Adds a turn that was a run: its latencies, its rate and its answers.
    pub fn add_run(&mut self, run: &Measured) -> anyhow::Result<()> {
        self.note_answers(run);
        self.push(&run.done, run.per_second())
    }

    /// Adds a turn in which all is refused, as it should be: the refusals' latencies and their rate.
    pub fn add_refusals(&mut self, run: &Measured) -> anyhow::Result<()> {
        self.note_answers(run);
        self.push(&run.refused, run.answers_per_second() - run.per_second())
    }

    fn note_answers(&mut self, run: &Measured) {
        self.elapsed += run.elapsed;
        self.generator += run.generator;
        for (status, count) in &run.statuses {
            *self.statuses.entry(*status).or_default() += count;
        }
        if self.first_refusal.is_none() {
            self.first_refusal.clone_from(&run.first_refusal);
        }
    }

    fn push(&mut self, latencies: &Histogram<u64>, per_second: f64) -> anyhow::Result<()> {
        self.turns.push(Turn {
            p50_micros: latencies.value_at_quantile(0.5),
            p99_micros: latencies.value_at_quantile(0.99),
            per_second,
        });
        Ok(self.all.add(latencies)?)
    }

    /// All turns together.
    pub fn all(&self) -> &Histogram<u64> {
        &self.all
    }

    /// The median of the turns' medians, in milliseconds: one turn that was disturbed doesn't move it.
    pub fn median_ms(&self) -> f64 {
        self.median_of(|turn| turn.p50_micros as f64 / 1_000.0)
    }

    /// The median of the turns' 99th percentiles, in milliseconds.
    pub fn p99_ms(&self) -> f64 {
        self.median_of(|turn| turn.p99_micros as f64 / 1_000.0)
    }

    /// The median of the turns' rates, of what went well in a second. Zero if the turns were not runs.
    pub fn per_second(&self) -> f64 {
        self.median_of(|turn| turn.per_second)
    }

    /// This one's rate divided by the other's, round by round.
    pub fn rate_ratios(&self, other: &Self) -> Vec<f64> {
        let turns = self.turns.iter().zip(&other.turns);
        turns
            .map(|(turn, other)| turn.per_second / other.per_second.max(1e-9))
            .collect()
    }

    /// What the generator took of one processor, in percent.
    pub fn generator_percent(&self) -> f64 {
        self.generator.as_secs_f64() * 100.0 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Answers with this status, of all turns.
    pub fn answers(&self, status: u16) -> u64 {
        self.statuses.get(&Some(status)).copied().unwrap_or(0)
    }

    fn median_of(&self, figure: impl Fn(&Turn) -> f64) -> f64 {
        median(&in_order(self.turns.iter().map(figure)))
    }
}

/// Figures, the least first.
pub fn in_order(figures: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut figures: Vec<f64> = figures.into_iter().collect();
    figures.sort_unstable_by(f64::total_cmp);
    figures
}

/// The median of figures that are in order; 0 of none.
pub fn median(in_order: &[f64]) -> f64 {
    in_order.get(in_order.len() / 2).copied().unwrap_or(0.0)
}

/// Which case has its turn, round after round. Each round begins with another one, so that none always comes after another.
pub fn turns(cases: usize, rounds: usize) -> impl Iterator<Item = usize> {
    (0..rounds).flat_map(move |round| (0..cases).map(move |at| (round + at) % cases))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(micros: &[u64]) -> anyhow::Result<Rounds> {
        let mut rounds = Rounds::new()?;
        for micros in micros {
            let mut latencies = histogram()?;
            latencies.saturating_record(*micros);
            rounds.push(&latencies, *micros as f64)?;
        }
        Ok(rounds)
    }

    #[test]
    fn a_disturbed_turn_does_not_count() -> anyhow::Result<()> {
        let rounds = rounds(&[500, 90_000, 400])?;
        assert!((rounds.median_ms() - 0.5).abs() < 1e-9, "{}", rounds.median_ms());
        assert!((rounds.p99_ms() - 0.5).abs() < 1e-9, "{}", rounds.p99_ms());
        assert!(
            (rounds.per_second() - 500.0).abs() < 1e-9,
            "{}",
            rounds.per_second()
        );
        assert_eq!(rounds.all().len(), 3);
        Ok(())
    }

    #[test]
    fn rounds_are_compared_one_by_one() -> anyhow::Result<()> {
        assert_eq!(
            rounds(&[500, 300])?.rate_ratios(&rounds(&[1_000, 100, 7])?),
            [0.5, 3.0]
        );
        Ok(())
    }

    #[test]
    fn no_turns_have_no_median() -> anyhow::Result<()> {
        assert!(rounds(&[])?.median_ms().abs() < 1e-9);
        Ok(())
    }

    fn check_turns(cases: usize, rounds: usize, expected: &[usize]) {
        assert_eq!(
            turns(cases, rounds).collect::<Vec<_>>(),
            expected,
            "{cases} {rounds}"
        );
    }

    #[test]
    fn each_case_has_a_turn_in_each_round_and_none_is_always_first() {
        check_turns(2, 3, &[0, 1, 1, 0, 0, 1]);
        check_turns(3, 2, &[0, 1, 2, 1, 2, 0]);
        check_turns(1, 2, &[0, 0]);
    }
}
