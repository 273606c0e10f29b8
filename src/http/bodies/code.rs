//! Codes on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::change::{given_or_null, given_time_or_null};
use super::money::MoneyBody;
use super::order::read_list;
use super::time;

/// Codes to be made, all alike, with one of `percent`, `amount` and `label`: chosen words, or a number of them that nobody guesses.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCodesBody {
    /// What buyers are to enter, in capital letters or small ones.
    #[serde(
        default,
        deserialize_with = "read_list",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(max_items = 1000)]
    pub codes: Option<Vec<String>>,
    /// How many are to be made up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1000)]
    pub count: Option<i64>,
    /// How many percent of each price they take off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    pub percent: Option<i64>,
    /// How much of an order they take off, of its prices at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<MoneyBody>,
    /// Nothing: they are the way to blocked places of this label, at their prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 32, pattern = "^[a-z0-9][a-z0-9_-]*$")]
    pub label: Option<String>,
    /// Off places in these categories alone; in all, if left out.
    #[serde(
        default,
        deserialize_with = "read_list",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(max_items = 100)]
    pub categories: Option<Vec<String>>,
    /// Off tickets of these types alone; of all, if left out.
    #[serde(
        default,
        deserialize_with = "read_list",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(max_items = 50)]
    pub ticket_types: Option<Vec<String>>,
    /// How many orders may be held and paid with each of them at a time; any number, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1000000)]
    pub uses_max: Option<i64>,
    /// They are good from then on; at once, if left out.
    #[serde(
        default,
        deserialize_with = "time::read_optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub valid_from: Option<DateTime<Utc>>,
    /// They are good until then; as long as the show sells, if left out.
    #[serde(
        default,
        deserialize_with = "time::read_optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub valid_until: Option<DateTime<Utc>>,
}

/// What is to change of a code. What is left out stays; null takes a limit away.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CodeChangeBody {
    /// How many orders may be held and paid with it at a time; not fewer than are.
    #[serde(deserialize_with = "given_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 1000000)]
    pub uses_max: Option<Option<i64>>,
    /// It is good from then on.
    #[serde(
        deserialize_with = "given_time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub valid_from: Option<Option<DateTime<Utc>>>,
    /// It is good until then.
    #[serde(
        deserialize_with = "given_time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub valid_until: Option<Option<DateTime<Utc>>>,
}

/// A code.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodeBody {
    /// Its id.
    pub id: String,
    /// What buyers enter, in capital letters or small ones.
    pub code: String,
    /// How many percent of each price it takes off, if it is that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    pub percent: Option<i64>,
    /// How much of an order it takes off, if it is that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<MoneyBody>,
    /// To whose places it is the way, if it is that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Off places in these categories alone, if not of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<String>>,
    /// Off tickets of these types alone, if not of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_types: Option<Vec<String>>,
    /// How many orders may be held and paid with it at a time; null for any number.
    #[schema(required)]
    pub uses_max: Option<i64>,
    /// How many are.
    #[schema(minimum = 0)]
    pub uses: i64,
    /// It is good from then on; null: at once.
    #[schema(required)]
    pub valid_from: Option<DateTime<Utc>>,
    /// It is good until then; null: as long as the show sells.
    #[schema(required)]
    pub valid_until: Option<DateTime<Utc>>,
    /// When it was ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Codes that were made.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeCodesBody {
    /// In the order in which they were asked for.
    pub codes: Vec<CodeBody>,
}

/// A page of codes.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodesPage {
    /// In the order in which they were made.
    pub codes: Vec<CodeBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<String>,
}
