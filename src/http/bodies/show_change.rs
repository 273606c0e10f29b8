//! What is to change of a show, on the wire: what is left out stays as it is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::change::{given, given_or_null, given_time, given_time_or_null};
use super::line_place::NewLineBody;
use super::money::MoneyBody;
use super::rules::LoneSeatsBody;
use super::show::{LatePaymentBody, ReturnsBody, SaleBody, ShowBody, ZoneCapacityBody};
use super::tariff::{FeesBody, TaxBody, TicketTypeBody};
use super::waitlist::NewWaitlistBody;

/// What is to change of a show. What is left out stays as it is; `null` takes away what there need not be.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ShowChangeBody {
    /// Open or closed. A draft is published by either.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub state: Option<SaleBody>,
    /// The id of another plan. What has the same name in it stays the same place; only free seats, and zones without taken places, may
    /// be missing. Categories that it brings need a price.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub plan: Option<String>,
    /// What it is called.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, max_length = 200)]
    pub title: Option<String>,
    /// When it begins.
    #[serde(deserialize_with = "given_time", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub starts_at: Option<DateTime<Utc>>,
    /// When it ends; null: nobody says so.
    #[serde(
        deserialize_with = "given_time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub ends_at: Option<Option<DateTime<Utc>>>,
    /// When sale begins; null: at once.
    #[serde(
        deserialize_with = "given_time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub on_sale_at: Option<Option<DateTime<Utc>>>,
    /// When sale ends; null: when the show begins.
    #[serde(
        deserialize_with = "given_time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub closes_at: Option<Option<DateTime<Utc>>>,
    /// The time zone that people read its times in, by its name in the IANA's list.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_length = 1, max_length = 64)]
    pub time_zone: Option<String>,
    /// The prices of these categories; the others cost what they did. Once it is published, the currency stays.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub prices: Option<BTreeMap<String, MoneyBody>>,
    /// What places are sold as, in place of all that there was; null: nothing.
    #[serde(deserialize_with = "given_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<TicketTypeBody>>, max_items = 50)]
    pub ticket_types: Option<Option<Vec<TicketTypeBody>>>,
    /// The fees, in place of those that there were; null: none.
    #[serde(deserialize_with = "given_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<FeesBody>)]
    pub fees: Option<Option<FeesBody>>,
    /// The tax in all prices and fees; null: it isn't told.
    #[serde(deserialize_with = "given_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<TaxBody>)]
    pub tax: Option<Option<TaxBody>>,
    /// The seats that have a price of their own, in place of those that had one; null: none.
    #[serde(deserialize_with = "given_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, MoneyBody>>)]
    pub seat_prices: Option<Option<BTreeMap<String, MoneyBody>>>,
    /// The capacities of these zones; the others have what they had.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub zones: Option<Vec<ZoneCapacityBody>>,
    /// How long buyers have to pay from now on, in seconds.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 86400)]
    pub hold_seconds: Option<i64>,
    /// How much longer a hold is really kept, in milliseconds.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 86400000)]
    pub hold_grace_ms: Option<i64>,
    /// Most places in one order.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 500)]
    pub order_places_max: Option<i64>,
    /// Most live places of one session.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 5000)]
    pub session_places_max: Option<i64>,
    /// Most live places of the orders whose buyers have the same e-mail address; null: any number.
    #[serde(deserialize_with = "given_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 5000)]
    pub places_per_email_max: Option<Option<i64>>,
    /// Whether an order may leave a single free seat between places that are taken.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub lone_seats: Option<LoneSeatsBody>,
    /// How those who want places that are not free can wait for them, in place of what there was; null: they can't, and those who wait
    /// are on the list no longer.
    #[serde(deserialize_with = "given_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<NewWaitlistBody>)]
    pub waitlist: Option<Option<NewWaitlistBody>>,
    /// How those who want to hold places wait for their turn, in place of what there was; null: everybody may hold some at once.
    #[serde(deserialize_with = "given_or_null", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<NewLineBody>)]
    pub line: Option<Option<NewLineBody>>,
    /// Who may return paid tickets.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub returns: Option<ReturnsBody>,
    /// Buyers may return them until then; null: as long as the show is there.
    #[serde(
        deserialize_with = "given_time_or_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub returns_until: Option<Option<DateTime<Utc>>>,
    /// What becomes of a payment that comes too late.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub late_payment: Option<LatePaymentBody>,
    /// A hold is kept at least so long after its payment has begun, once, in seconds; 0 is never.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, maximum = 600)]
    pub payment_window_seconds: Option<i64>,
}

impl ShowChangeBody {
    /// Whether it changes nothing but whether the show sells, which needs no revision to be named.
    pub fn changes_terms(&self) -> bool {
        let others = serde_json::to_value(self);
        let members = others.as_ref().ok().and_then(serde_json::Value::as_object);
        members.is_none_or(|members| members.keys().any(|name| name != "state"))
    }
}

/// A show at one revision of its terms.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionBody {
    /// When it came into force.
    pub at: DateTime<Utc>,
    /// The show, as it was at these terms; its state and the journal's offset are those of now.
    pub show: ShowBody,
}

/// A page of revisions.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionsPage {
    /// The revisions, from the first on.
    pub revisions: Vec<RevisionBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<i64>,
}
