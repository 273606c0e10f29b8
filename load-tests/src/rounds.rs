//! Measurements that take turns, so that whatever else the machine does hits all alike.

use hdrhistogram::Histogram;

use crate::load::histogram;

/// How often each has its turn.
pub const ROUNDS: usize = 3;

/// One measurement's turns.
pub struct Rounds {
    all: Histogram<u64>,
    medians: Vec<u64>,
}

impl Rounds {
    /// None yet.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self {
            all: histogram()?,
            medians: Vec::with_capacity(ROUNDS),
        })
    }

    /// Adds a turn's latencies.
    pub fn add(&mut self, latencies: &Histogram<u64>) -> anyhow::Result<()> {
        self.medians.push(latencies.value_at_quantile(0.5));
        Ok(self.all.add(latencies)?)
    }

    /// All turns together.
    pub fn all(&self) -> &Histogram<u64> {
        &self.all
    }

    /// The median of the turns' medians, in milliseconds: one turn that was disturbed doesn't move it.
    pub fn median_ms(&self) -> f64 {
        let mut medians = self.medians.clone();
        medians.sort_unstable();
        let middle = medians.get(medians.len() / 2).copied().unwrap_or(0);
        middle as f64 / 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disturbed_turn_does_not_count() -> anyhow::Result<()> {
        let mut rounds = Rounds::new()?;
        for micros in [500, 90_000, 400] {
            let mut latencies = histogram()?;
            latencies.saturating_record(micros);
            rounds.add(&latencies)?;
        }
        assert!((rounds.median_ms() - 0.5).abs() < 1e-9, "{}", rounds.median_ms());
        assert_eq!(rounds.all().len(), 3);
        Ok(())
    }
}
