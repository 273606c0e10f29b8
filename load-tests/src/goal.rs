//! What a figure should be: by itself, or beside another program's figure of the same run.

use std::fmt;

use serde::Serialize;

/// What a figure or a ratio should reach.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

/// The office beside another program, or beside itself in another case.
#[derive(Debug, Clone, Serialize)]
pub struct Ratio {
    /// Which case.
    pub name: String,
    /// What is measured, with its unit.
    pub measure: &'static str,
    /// The office's figure.
    pub office: f64,
    /// What it is compared with.
    pub other_name: String,
    /// That one's figure, of the same run.
    pub other: f64,
    /// The office's figure divided by the other's.
    pub ratio: f64,
    /// What the ratio should be; none where it is only shown.
    pub target: Option<Target>,
    /// Whether it is.
    pub is_met: Option<bool>,
}

/// A figure of the office alone.
#[derive(Debug, Clone, Serialize)]
pub struct Goal {
    /// Which case.
    pub name: String,
    /// What is measured, with its unit.
    pub measure: &'static str,
    /// The office's figure.
    pub figure: f64,
    /// What it should be.
    pub target: Target,
    /// Whether it is.
    pub is_met: bool,
}

impl Target {
    fn is_met_by(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(least) => figure >= least,
            Self::AtMost(most) => figure <= most,
        }
    }
}

impl Ratio {
    /// The ratio of these two figures, and what it should be.
    pub fn new(name: &str, measure: &'static str, office: f64, other: (&str, f64), target: Target) -> Self {
        let shown = Self::shown(name, measure, office, other);
        Self {
            target: Some(target),
            is_met: Some(target.is_met_by(shown.ratio)),
            ..shown
        }
    }

    /// The ratio of these two figures, for which there is no target.
    pub fn shown(name: &str, measure: &'static str, office: f64, (other_name, other): (&str, f64)) -> Self {
        let ratio = office / other.max(1e-9);
        Self {
            name: name.to_owned(),
            measure,
            office,
            other_name: other_name.to_owned(),
            other,
            ratio,
            target: None,
            is_met: None,
        }
    }
}

impl Goal {
    /// This figure and what it should be.
    pub fn new(name: &str, measure: &'static str, figure: f64, target: Target) -> Self {
        Self {
            name: name.to_owned(),
            measure,
            figure,
            target,
            is_met: target.is_met_by(figure),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(out, ">= {least}"),
            Self::AtMost(most) => write!(out, "<= {most}"),
        }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}, {}: boxoffice {}, {} {}, ratio {:.2}",
            self.measure,
            self.name,
            digits(self.office),
            self.other_name,
            digits(self.other),
            self.ratio
        )?;
        match self.target.zip(self.is_met) {
            Some((target, is_met)) => write!(out, ", wanted {target}: {}", verdict(is_met)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{}, {}: {}, wanted {}: {}",
            self.measure,
            self.name,
            digits(self.figure),
            self.target,
            verdict(self.is_met)
        )
    }
}

fn verdict(is_met: bool) -> &'static str {
    if is_met { "met" } else { "not met" }
}

/// Three digits or more, as figures run from fractions of a millisecond to a hundred thousand a second.
fn digits(figure: f64) -> String {
    match figure.abs() {
        100.0.. => format!("{figure:.0}"),
        10.0.. => format!("{figure:.1}"),
        1.0.. => format!("{figure:.2}"),
        _ => format!("{figure:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(office: f64, other: f64, target: Target, expected: &str) {
        let ratio = Ratio::new("a show", "ms", office, ("another", other), target);
        assert_eq!(ratio.to_string(), expected);
    }

    #[test]
    fn a_ratio_tells_whether_it_is_what_was_wanted() {
        check(
            0.5,
            2.0,
            Target::AtMost(0.25),
            "ms, a show: boxoffice 0.500, another 2.00, ratio 0.25, wanted <= 0.25: met",
        );
        check(
            19_256.4,
            25.31,
            Target::AtLeast(1_000.0),
            "ms, a show: boxoffice 19256, another 25.3, ratio 760.82, wanted >= 1000: not met",
        );
    }

    #[test]
    fn a_ratio_without_a_target_is_only_shown() {
        let ratio = Ratio::shown("a show", "ms", 3.0, ("another", 2.0));
        assert_eq!(
            ratio.to_string(),
            "ms, a show: boxoffice 3.00, another 2.00, ratio 1.50"
        );
    }

    #[test]
    fn nothing_to_compare_with_is_no_division_by_zero() {
        let ratio = Ratio::new("a show", "ms", 1.0, ("another", 0.0), Target::AtMost(1.0));
        assert!(ratio.ratio.is_finite() && ratio.is_met == Some(false));
    }
}
