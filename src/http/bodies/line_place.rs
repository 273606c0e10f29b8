//! Lines of shows, and places in them, on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::numbers::bounded;
use crate::http::problem::Problem;
use crate::line::{Known, Placed, Stage};
use crate::live::line_news::told_rate;
use crate::webhooks::address::{Reach, check_url};
use domain::line::rules::{ADMITTED_SECONDS_MAX, ADMITTED_SECONDS_MIN, RATE_MAX};
use domain::line::{LineRules, PlaceState};
use domain::show::Show;

/// How a show's line is to work.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewLineBody {
    /// From when on places are drawn, before the sale begins; half an hour before that if left out.
    #[serde(
        deserialize_with = "super::time::read_optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub drawing_from: Option<DateTime<Utc>>,
    /// How long a place that is admitted may hold seats, in seconds; 600 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 10, maximum = 86400)]
    pub admitted_seconds: Option<i64>,
    /// Most admissions a second; as many as the office can take if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100000)]
    pub rate_max: Option<i64>,
    /// Where the office asks whether a proof is good before somebody gets a place: `https`, and no address of the office's own network.
    /// Nobody is asked for a proof if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub proof_url: Option<String>,
}

/// How a show's line works.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineRulesBody {
    /// From when on places are drawn; half an hour before the sale if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub drawing_from: Option<DateTime<Utc>>,
    /// How long a place that is admitted may hold seats, in seconds.
    #[schema(minimum = 10)]
    pub admitted_seconds: i64,
    /// Most admissions a second, if the show has such a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub rate_max: Option<i64>,
    /// Where proofs are checked; nobody is asked for one if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub proof_url: Option<String>,
}

impl NewLineBody {
    /// The rules that it says.
    pub fn read(&self, reach: Reach) -> Result<LineRules, Problem> {
        let usual = LineRules::default();
        let rate_max = |value| bounded("/line/rate_max", Some(value), 1, RATE_MAX, 1);
        let proof_url = |url: &String| match check_url(url, reach) {
            Ok(_) => Ok(url.clone()),
            Err(fault) => Err(Problem::invalid("/line/proof_url", fault)),
        };
        Ok(LineRules {
            drawing_from: self.drawing_from,
            admitted_seconds: bounded(
                "/line/admitted_seconds",
                self.admitted_seconds,
                ADMITTED_SECONDS_MIN,
                ADMITTED_SECONDS_MAX,
                usual.admitted_seconds,
            )?,
            rate_max: self.rate_max.map(rate_max).transpose()?,
            proof_url: self.proof_url.as_ref().map(proof_url).transpose()?,
        })
    }
}

impl LineRulesBody {
    /// The rules of a show's line, if it has one.
    pub fn of(show: &Show) -> Option<Self> {
        let rules = show.line()?;
        Some(Self {
            drawing_from: rules.drawing_from,
            admitted_seconds: rules.admitted_seconds.into(),
            rate_max: rules.rate_max.map(i64::from),
            proof_url: rules.proof_url.clone(),
        })
    }
}

/// What a place is asked for with.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct JoinLineBody {
    /// Where the show's `line` has a `proof_url`: what is shown there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 4096)]
    pub proof: Option<String>,
}

/// Where a place stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceStateBody {
    /// It has no number before the line opens.
    Drawn,
    /// It has a number, and is not admitted yet.
    Waiting,
    /// It may hold seats, until `admitted_until`.
    Admitted,
    /// Its time to hold seats is over.
    Over,
}

/// A place in a line.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinePlaceBody {
    /// The place. It is good only with its session's token; holds name it in `Line-Place`.
    pub place: String,
    /// The show's id.
    pub show: String,
    /// Where it stands.
    pub state: PlaceStateBody,
    /// Its number, once the line is open: numbers are admitted in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub number: Option<i64>,
    /// How many numbers are before it, if it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0)]
    pub ahead: Option<i64>,
    /// In how many seconds it is admitted, as things go; left out where nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0)]
    pub estimate_seconds: Option<i64>,
    /// Until when it may hold seats, if it is admitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub admitted_until: Option<DateTime<Utc>>,
    /// When the line opens, if it has not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub opens_at: Option<DateTime<Utc>>,
}

impl LinePlaceBody {
    /// A place in the line of this show.
    pub fn of(show: &Show, placed: &Placed) -> Self {
        let body = Self {
            place: placed.place.clone(),
            show: show.id.to_string(),
            state: PlaceStateBody::Drawn,
            number: None,
            ahead: None,
            estimate_seconds: None,
            admitted_until: None,
            opens_at: None,
        };
        match placed.standing {
            PlaceState::Drawn => Self {
                opens_at: Some(placed.opens_at),
                ..body
            },
            PlaceState::Waiting {
                number,
                ahead,
                estimate_seconds,
            } => Self {
                state: PlaceStateBody::Waiting,
                number: Some(told(number)),
                ahead: Some(told(ahead)),
                estimate_seconds: estimate_seconds.map(told),
                ..body
            },
            PlaceState::Admitted { number, until } => Self {
                state: PlaceStateBody::Admitted,
                number: Some(told(number)),
                admitted_until: Some(until),
                ..body
            },
            PlaceState::Over { number } => Self {
                state: PlaceStateBody::Over,
                number: Some(told(number)),
                ..body
            },
        }
    }
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineStateBody {
    /// It takes nobody: it is too early, or nothing is sold any more.
    Closed,
    /// Places are drawn.
    Drawing,
    /// Places have numbers, which are admitted in order.
    Open,
}

/// The line of a show.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineBody {
    /// The show's id.
    pub show: String,
    /// Where it stands.
    pub state: LineStateBody,
    /// From when on places are drawn.
    pub drawing_from: DateTime<Utc>,
    /// When it opens, or opened.
    pub opens_at: DateTime<Utc>,
    /// How many drew: about as many until it opens, and then exactly what numbers are made of.
    #[schema(minimum = 0)]
    pub drawn: i64,
    /// Numbers up to this one are admitted.
    #[schema(minimum = 0)]
    pub admitted: i64,
    /// The last number that may have been given out.
    #[schema(minimum = 0)]
    pub last_number: i64,
    /// Admissions a second of late.
    #[schema(minimum = 0)]
    pub rate: f64,
    /// How long a place that is admitted may hold seats, in seconds.
    #[schema(minimum = 10)]
    pub admitted_seconds: i64,
    /// SHA-256 of the key of the draw, in hexadecimal digits. It is told before anybody draws, and stays.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    pub commitment: String,
    /// The key of the draw, in hexadecimal digits, from a few seconds after the opening on: with it anybody can work out the number of
    /// a session that drew.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[0-9a-f]{64}$")]
    pub key: Option<String>,
}

impl LineBody {
    /// A line as a node knows it.
    pub fn of(known: &Known) -> Self {
        Self {
            show: known.show.to_string(),
            state: match known.stage() {
                Stage::Closed => LineStateBody::Closed,
                Stage::Drawing => LineStateBody::Drawing,
                Stage::Open => LineStateBody::Open,
            },
            drawing_from: known.draws_from(),
            opens_at: known.opens_at(),
            drawn: told(known.drawn()),
            admitted: told(known.admitted),
            last_number: told(known.last_number),
            rate: told_rate(known.pace.rate()),
            admitted_seconds: known.admitted_seconds().into(),
            commitment: known
                .commitment
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            key: known.told_key(),
        }
    }
}

fn told(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
