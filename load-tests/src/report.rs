//! What was measured, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use hdrhistogram::Histogram;
use serde::Serialize;

use crate::baseline::{Figure, Writing};
use crate::goal::{Goal, Ratio, Target};
use crate::load::Measured;
use crate::rounds::Rounds;

/// On one show `pgbench` can't do holds side by side, and the office need not: it batches them.
const ONE_SHOW_TARGET: Target = Target::AtLeast(2.0);
/// On many shows `pgbench` can.
const SHOWS_TARGET: Target = Target::AtLeast(1.5);

/// All that a run of this program found.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    runs: Vec<Row>,
    baseline: Vec<Figure>,
    ratios: Vec<Ratio>,
    goals: Vec<Goal>,
    notes: Vec<String>,
}

/// One line of the table: latencies in milliseconds.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    count: u64,
    per_second: Option<f64>,
    p50_ms: f64,
    p90_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    max_ms: f64,
    /// Of one processor, in percent: what the generator took for itself.
    generator_percent: Option<f64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    statuses: BTreeMap<String, u64>,
}

impl Report {
    /// Adds a run: what went well, what did not, and what is odd about it.
    pub fn add(&mut self, name: &str, measured: &Measured) {
        let statuses = measured
            .statuses
            .iter()
            .map(|(status, count)| (status_name(*status), *count));
        let per_second = Some(measured.per_second());
        let mut row = row(name, &measured.done, per_second);
        row.statuses = statuses.collect();
        let generator = measured.generator.as_secs_f64() / measured.elapsed.as_secs_f64().max(1e-9);
        row.generator_percent = Some(generator * 100.0);
        self.runs.push(row);
        if measured.done.max() != measured.done_from_sending.max() || measured.unsent > 0 {
            self.runs.push(self::row(
                &format!("{name}, from sending"),
                &measured.done_from_sending,
                per_second,
            ));
        }
        if !measured.refused.is_empty() {
            let refused_per_second = measured.answers_per_second() - measured.per_second();
            self.runs.push(self::row(
                &format!("{name}, refused"),
                &measured.refused,
                Some(refused_per_second),
            ));
        }
        if measured.unsent > 0 {
            let unsent = measured.unsent;
            self.note(format!(
                "{name}: {unsent} requests were due and not sent in time; they count at the age they had"
            ));
        }
        if measured.ran_out {
            let seconds = measured.elapsed.as_secs_f64();
            self.note(format!(
                "{name}: all seats were gone after {seconds:.1} s; the figures are of that time"
            ));
        }
        if let Some(refusal) = &measured.first_refusal {
            self.note_refusal(name, refusal);
        }
    }

    fn note_refusal(&mut self, name: &str, refusal: &str) {
        let refusal = refusal.replace('\n', " ");
        self.note(format!("{name}: the first refusal was {refusal}"));
    }

    /// Whether there is anything to tell.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.goals.is_empty() && self.notes.is_empty()
    }

    /// Adds latencies alone.
    pub fn add_latencies(&mut self, name: &str, latencies: &Histogram<u64>) {
        self.runs.push(row(name, latencies, None));
    }

    /// Adds measurements that took turns: all their latencies, and the median of their rates.
    pub fn add_rounds(&mut self, name: &str, rounds: &Rounds) {
        let statuses = rounds
            .statuses
            .iter()
            .map(|(status, count)| (status_name(*status), *count));
        let mut row = row(name, rounds.all(), Some(rounds.per_second()));
        row.statuses = statuses.collect();
        row.generator_percent = Some(rounds.generator_percent());
        self.runs.push(row);
        if let Some(refusal) = &rounds.first_refusal {
            self.note_refusal(name, refusal);
        }
    }

    /// Adds a remark.
    pub fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// Adds runs of `pgbench`, and the ratio of what the office does in a second to the best of them.
    pub fn compare(&mut self, name: &str, office_per_second: f64, figures: &[Figure]) {
        self.baseline.extend_from_slice(figures);
        let Some(best) = figures
            .iter()
            .max_by(|a, b| a.per_second.total_cmp(&b.per_second))
        else {
            return;
        };
        let other = format!("pgbench ({})", writing_name(best.writing));
        let measure = match best.writing {
            Writing::OneCall | Writing::Statements => "holds/s",
            Writing::Purchase => "purchases/s",
        };
        let target = if best.shows == 1 {
            ONE_SHOW_TARGET
        } else {
            SHOWS_TARGET
        };
        self.ratio(Ratio::new(
            name,
            measure,
            office_per_second,
            (&other, best.per_second),
            target,
        ));
    }

    /// Adds a comparison.
    pub fn ratio(&mut self, ratio: Ratio) {
        self.ratios.push(ratio);
    }

    /// Adds a figure that has a target by itself.
    pub fn goal(&mut self, goal: Goal) {
        self.goals.push(goal);
    }

    /// Writes it as JSON.
    pub fn write_json(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(path, text + "\n").with_context(|| format!("{} could not be written", path.display()))
    }

    /// The table. Its `cpu %` is what the generator took of one processor.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let width = self
            .runs
            .iter()
            .map(|row| row.name.chars().count())
            .max()
            .unwrap_or(0);
        // Writing to a string can't fail.
        let _ = write!(text, "{:width$}", "latencies in ms");
        for column in ["count", "per s", "p50", "p90", "p99", "p99.9", "max", "cpu %"] {
            let _ = write!(text, " {column:>9}");
        }
        let _ = writeln!(text, "  statuses");
        for row in &self.runs {
            let _ = write!(
                text,
                "{:width$} {:>9} {:>9}",
                row.name,
                row.count,
                whole(row.per_second)
            );
            for ms in [row.p50_ms, row.p90_ms, row.p99_ms, row.p999_ms, row.max_ms] {
                let _ = write!(text, " {ms:>9.2}");
            }
            let statuses = row
                .statuses
                .iter()
                .map(|(status, count)| format!("{status}: {count}"));
            let statuses: Vec<_> = statuses.collect();
            let _ = writeln!(
                text,
                " {:>9}  {}",
                whole(row.generator_percent),
                statuses.join(", ")
            );
        }
        for figure in &self.baseline {
            let _ = writeln!(
                text,
                "pgbench, {}, {} {}, {} connections: {:.0}/s, {:.2} ms on average",
                writing_name(figure.writing),
                figure.shows,
                if figure.shows == 1 { "show" } else { "shows" },
                figure.clients,
                figure.per_second,
                figure.average_ms
            );
        }
        for ratio in &self.ratios {
            let _ = writeln!(text, "{ratio}");
        }
        for goal in &self.goals {
            let _ = writeln!(text, "{goal}");
        }
        for note in &self.notes {
            let _ = writeln!(text, "note: {note}");
        }
        text
    }
}

fn row(name: &str, latencies: &Histogram<u64>, per_second: Option<f64>) -> Row {
    let ms = |quantile| latencies.value_at_quantile(quantile) as f64 / 1_000.0;
    Row {
        name: name.to_owned(),
        count: latencies.len(),
        per_second,
        p50_ms: ms(0.5),
        p90_ms: ms(0.9),
        p99_ms: ms(0.99),
        p999_ms: ms(0.999),
        max_ms: Duration::from_micros(latencies.max()).as_secs_f64() * 1_000.0,
        generator_percent: None,
        statuses: BTreeMap::new(),
    }
}

fn whole(figure: Option<f64>) -> String {
    figure.map(|figure| format!("{figure:.0}")).unwrap_or_default()
}

fn status_name(status: Option<u16>) -> String {
    status.map_or("no answer".to_owned(), |status| status.to_string())
}

fn writing_name(writing: Writing) -> &'static str {
    match writing {
        Writing::OneCall => "one call",
        Writing::Statements => "statements",
        Writing::Purchase => "purchase, two calls",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_to_the_best_run() {
        let figure = |clients, per_second| Figure {
            writing: Writing::OneCall,
            shows: 1,
            clients,
            per_second,
            average_ms: 1.0,
        };
        let mut report = Report::default();
        report.compare("hot show", 9_000.0, &[figure(16, 2_000.0), figure(64, 1_500.0)]);
        let text = report.text();
        assert!(
            text.contains(
                "holds/s, hot show: boxoffice 9000, pgbench (one call) 2000, ratio 4.50, wanted >= 2: met\n"
            ),
            "{text}"
        );
    }
}
