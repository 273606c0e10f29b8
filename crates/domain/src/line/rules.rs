//! What a show says of its line.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Shortest time for which an admitted place may hold seats, in seconds.
pub const ADMITTED_SECONDS_MIN: u32 = 10;
/// The longest, in seconds: a day.
pub const ADMITTED_SECONDS_MAX: u32 = 86_400;
/// The same unless the show says otherwise.
const ADMITTED_SECONDS_DEFAULT: u32 = 600;
/// Most admissions a second that a show may name as its own limit.
pub const RATE_MAX: u32 = 100_000;
/// How long before the sale drawing begins unless the show says otherwise, in minutes.
const DRAWING_MINUTES_DEFAULT: i64 = 30;

/// The rules of a show's line. A show without them has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineRules {
    /// From when on places are drawn. None: from half an hour before the sale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drawing_from: Option<DateTime<Utc>>,
    /// How long an admitted place may hold seats, in seconds.
    pub admitted_seconds: u32,
    /// Most admissions a second. None: as many as the office can take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_max: Option<u32>,
    /// Who is asked whether a place may be drawn. None: nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof_url: Option<String>,
}

impl Default for LineRules {
    fn default() -> Self {
        Self {
            drawing_from: None,
            admitted_seconds: ADMITTED_SECONDS_DEFAULT,
            rate_max: None,
            proof_url: None,
        }
    }
}

impl LineRules {
    /// From when on places are drawn for a sale that begins then.
    pub fn draws_from(&self, on_sale_at: DateTime<Utc>) -> DateTime<Utc> {
        let usual = || {
            let before = TimeDelta::minutes(DRAWING_MINUTES_DEFAULT);
            on_sale_at.checked_sub_signed(before).unwrap_or(on_sale_at)
        };
        self.drawing_from.unwrap_or_else(usual)
    }
}
