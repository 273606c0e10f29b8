//! How a demo went, in a few lines.

use std::fmt;

use super::tally::{Figures, Tally};

/// The word of a refusal because a share was used up.
const SHARE_USED_UP: &str = "too_many_requests";

/// How it went.
pub struct Report<'a> {
    /// The figures.
    pub tally: &'a Tally,
    /// How many buyers were to come.
    pub buyers: u32,
    /// How long it took.
    pub seconds: f64,
    /// Whether somebody stopped it.
    pub is_stopped: bool,
    /// The offset at which the feed's map was the office's, if it was.
    pub agrees_at: Option<i64>,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures {
            answers,
            refusals,
            bought,
            places,
            gave_up,
            with_nothing,
            unserved,
        } = &*self.tally.figures();
        let (buyers, seconds) = (self.buyers, self.seconds);
        let stopped = if self.is_stopped { ", and was stopped" } else { "" };
        writeln!(f, "{buyers} buyers, {seconds:.1} s{stopped}:")?;
        writeln!(
            f,
            "  {bought} bought {places} places, {gave_up} gave theirs up, {with_nothing} found nothing, {unserved} were not served"
        )?;
        writeln!(
            f,
            "  {:8} {:>8} {:>9} {:>11} {:>11}",
            "", "answers", "a second", "median", "99th"
        )?;
        for (step, times) in answers {
            let mut times = times.clone();
            times.sort_unstable();
            writeln!(
                f,
                "  {:8} {:>8} {:>9.1} {:>8.2} ms {:>8.2} ms",
                step.name(),
                times.len(),
                rate(times.len(), seconds),
                milliseconds(&times, 50),
                milliseconds(&times, 99),
            )?;
        }
        if !refusals.is_empty() {
            let each = refusals.iter().map(|(code, count)| format!("{code} {count}"));
            writeln!(f, "  refused: {}", each.collect::<Vec<_>>().join(", "))?;
        }
        if refusals.contains_key(SHARE_USED_UP) {
            writeln!(
                f,
                "  All of them came from one address, which has one share: an office with BOXOFFICE_LIMITS=off lets them all in."
            )?;
        }
        match self.agrees_at {
            Some(offset) => write!(
                f,
                "  The map that the feed told is the office's own, at offset {offset}."
            ),
            None => write!(f, "  The map that the feed told is NOT the office's own."),
        }
    }
}

fn rate(count: usize, seconds: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "few of them")]
    let count = count as f64;
    count / seconds.max(0.001)
}

/// The time that so many of a hundred took at most.
fn milliseconds(sorted: &[u32], percent: usize) -> f64 {
    let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    f64::from(sorted.get(at).copied().unwrap_or_default()) / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_of_a_hundred_are_counted_from_the_quickest() {
        let times: Vec<u32> = (1..=200).map(|time| time * 1_000).collect();
        assert_eq!(milliseconds(&times, 50), 100.0);
        assert_eq!(milliseconds(&times, 99), 198.0);
        assert_eq!(milliseconds(&[7_000], 99), 7.0);
        assert_eq!(milliseconds(&[], 50), 0.0);
    }
}
