//! Shows on the wire.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::line_place::{LineRulesBody, NewLineBody};
use super::money::MoneyBody;
use super::rules::LoneSeatsBody;
use super::tariff::{self, FeesBody, TaxBody, TicketTypeBody};
use super::waitlist::{NewWaitlistBody, WaitlistBody};
use crate::pay::provider::accounts::Till;
use crate::store::journal::Head;
use domain::event::ZonePlaces;
use domain::seat_map::Sale;
use domain::show::{LatePayment, Returns, Show};
use domain::times::Stage;

/// Whether the organiser has a show open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SaleBody {
    /// Orders are taken.
    Open,
    /// No new orders.
    Closed,
}

/// How a show begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewStateBody {
    /// Orders are taken.
    Open,
    /// No new orders.
    Closed,
    /// Nobody but its organiser sees it, until it is opened or closed.
    Draft,
}

/// Where a show stands now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShowStateBody {
    /// Nobody but its organiser sees it.
    Draft,
    /// Its sale has not begun.
    Scheduled,
    /// Orders are taken.
    Open,
    /// No new orders: the organiser closed it, or its sale has ended.
    Closed,
    /// It does not take place.
    Canceled,
    /// It has taken place.
    Over,
}

impl From<Stage> for ShowStateBody {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Scheduled => Self::Scheduled,
            Stage::Open => Self::Open,
            Stage::Closed => Self::Closed,
            Stage::Canceled => Self::Canceled,
            Stage::Over => Self::Over,
        }
    }
}

impl From<Sale> for SaleBody {
    fn from(sale: Sale) -> Self {
        match sale {
            Sale::Open => Self::Open,
            Sale::Closed => Self::Closed,
        }
    }
}

impl From<SaleBody> for Sale {
    fn from(sale: SaleBody) -> Self {
        match sale {
            SaleBody::Open => Self::Open,
            SaleBody::Closed => Self::Closed,
        }
    }
}

/// Who may give paid tickets back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnsBody {
    /// The organiser alone.
    Organiser,
    /// The buyer too.
    Buyer,
}

/// What becomes of money that is set aside after its hold has lapsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LatePaymentBody {
    /// It goes back.
    Refund,
    /// The same places are taken again if they are all free; else it goes back.
    HonourIfFree,
}

impl From<ReturnsBody> for Returns {
    fn from(returns: ReturnsBody) -> Self {
        match returns {
            ReturnsBody::Organiser => Self::Organiser,
            ReturnsBody::Buyer => Self::Buyer,
        }
    }
}

impl From<LatePaymentBody> for LatePayment {
    fn from(late_payment: LatePaymentBody) -> Self {
        match late_payment {
            LatePaymentBody::Refund => Self::Refund,
            LatePaymentBody::HonourIfFree => Self::HonourIfFree,
        }
    }
}

impl From<NewStateBody> for Sale {
    fn from(state: NewStateBody) -> Self {
        match state {
            NewStateBody::Open => Self::Open,
            NewStateBody::Closed | NewStateBody::Draft => Self::Closed,
        }
    }
}

/// A zone's capacity on this show.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneCapacityBody {
    /// The zone's name in the plan.
    pub zone: String,
    /// How many places are sold.
    #[schema(minimum = 1, maximum = 100000)]
    pub capacity: i64,
}

/// Some places of a zone.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ZonePartBody {
    /// The zone's name.
    pub zone: String,
    /// How many places.
    #[schema(minimum = 1, maximum = 100000)]
    pub count: i64,
}

/// Some places of zones, with the zones' names.
pub fn zone_parts(show: &Show, parts: &[ZonePlaces]) -> Vec<ZonePartBody> {
    let body = |part: &ZonePlaces| {
        Some(ZonePartBody {
            zone: show.plan.zone(part.zone)?.name.clone(),
            count: part.count.into(),
        })
    };
    parts.iter().filter_map(body).collect()
}

/// A show to be made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShowBody {
    /// The plan's id.
    pub plan: String,
    /// What it is called.
    #[schema(min_length = 1, max_length = 200)]
    pub title: String,
    /// When it begins.
    #[serde(deserialize_with = "super::time::read")]
    pub starts_at: DateTime<Utc>,
    /// When it ends. If left out, it counts as over a day after it begins, or when its sale ends if that is later.
    #[serde(
        default,
        deserialize_with = "super::time::read_optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub ends_at: Option<DateTime<Utc>>,
    /// The price of each category of the plan, all in one currency.
    pub prices: BTreeMap<String, MoneyBody>,
    /// What places are sold as, each at prices of its own: in a category, a place is the first of them that has a price there, unless
    /// the order says otherwise. Categories with such prices need none in `prices`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 50)]
    pub ticket_types: Option<Vec<TicketTypeBody>>,
    /// What there is to pay besides the prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fees: Option<FeesBody>,
    /// The tax that is a part of all prices and fees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<TaxBody>,
    /// What these seats cost instead; as other types than the first they cost as much more or less as in the rest of their category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat_prices: Option<BTreeMap<String, MoneyBody>>,
    /// How long buyers have to pay, in seconds; 600 if left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 86400)]
    pub hold_seconds: Option<i64>,
    /// How much longer a hold is really kept, in milliseconds; a twentieth of the hold if left out.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 86400000)]
    pub hold_grace_ms: Option<i64>,
    /// Most places in one order; 20 if left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 500)]
    pub order_places_max: Option<i64>,
    /// Most live places of one session; 100 if left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 5000)]
    pub session_places_max: Option<i64>,
    /// Most live places of the orders whose buyers have the same e-mail address, which each has to leave then; any number if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 5000)]
    pub places_per_email_max: Option<i64>,
    /// Whether an order may leave a single free seat between places that are taken; any may if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lone_seats: Option<LoneSeatsBody>,
    /// How those who want places that are not free can wait for them; they can't if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waitlist: Option<NewWaitlistBody>,
    /// How those who want to hold places wait for their turn; everybody may hold some at once if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<NewLineBody>,
    /// When sale begins; at once if left out.
    #[serde(default, deserialize_with = "super::time::read_optional")]
    pub on_sale_at: Option<DateTime<Utc>>,
    /// When sale ends, `ends_at` at the latest; when the show begins if left out.
    #[serde(default, deserialize_with = "super::time::read_optional")]
    pub closes_at: Option<DateTime<Utc>>,
    /// The time zone that people read its times in, by its name in the IANA's list; `UTC` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64)]
    pub time_zone: Option<String>,
    /// Whether it is open; it is if left out.
    #[serde(default)]
    pub state: Option<NewStateBody>,
    /// Capacities that differ from the plan's.
    #[serde(default)]
    pub zones: Vec<ZoneCapacityBody>,
    /// Who may return paid tickets; the organiser if left out.
    #[serde(default)]
    pub returns: Option<ReturnsBody>,
    /// Buyers may return them until then; as long as the show is there, if left out.
    #[serde(default, deserialize_with = "super::time::read_optional")]
    pub returns_until: Option<DateTime<Utc>>,
    /// What becomes of a payment that comes too late; it goes back if left out.
    #[serde(default)]
    pub late_payment: Option<LatePaymentBody>,
    /// A hold is kept at least so long after its payment has begun, once, in seconds; 0, which is never, if left out.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 600)]
    pub payment_window_seconds: Option<i64>,
}

/// A show.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShowBody {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub organiser: String,
    /// Which terms these are: 1 are those that it was made with, and each change has the next number.
    #[schema(minimum = 1)]
    pub revision: i64,
    /// Its plan's id.
    pub plan: String,
    /// What it is called.
    pub title: String,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends; null if nobody has said so.
    #[schema(required)]
    pub ends_at: Option<DateTime<Utc>>,
    /// The time zone that people read its times in, by its name in the IANA's list.
    pub time_zone: String,
    /// The price of each category.
    pub prices: BTreeMap<String, MoneyBody>,
    /// What places are sold as, if they are sold as several things.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_types: Option<Vec<TicketTypeBody>>,
    /// What there is to pay besides the prices, if there is anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fees: Option<FeesBody>,
    /// The tax that is a part of all prices and fees, if that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax: Option<TaxBody>,
    /// The seats that have a price of their own. Not in lists of shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat_prices: Option<BTreeMap<String, MoneyBody>>,
    /// How long buyers have to pay, in seconds.
    pub hold_seconds: i64,
    /// How much longer a hold is really kept, in milliseconds.
    pub hold_grace_ms: i64,
    /// Most places in one order.
    pub order_places_max: i64,
    /// Most live places of one session.
    pub session_places_max: i64,
    /// Most live places of the orders whose buyers have the same e-mail address, which each has to leave then; if there is such a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    pub places_per_email_max: Option<i64>,
    /// Whether an order may leave a single free seat between places that are taken.
    pub lone_seats: LoneSeatsBody,
    /// How those who want places that are not free can wait for them, if they can.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub waitlist: Option<WaitlistBody>,
    /// How those who want to hold places wait for their turn, if they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub line: Option<LineRulesBody>,
    /// When sale begins; null: at once.
    #[schema(required)]
    pub on_sale_at: Option<DateTime<Utc>>,
    /// When sale ends; null: when the show begins.
    #[schema(required)]
    pub closes_at: Option<DateTime<Utc>>,
    /// Where it stands now: what an order would be told.
    pub state: ShowStateBody,
    /// Its zones and their capacities.
    pub zones: Vec<ZoneCapacityBody>,
    /// Who may return paid tickets.
    pub returns: ReturnsBody,
    /// Buyers may return them until then; null: as long as the show is there.
    #[schema(required)]
    pub returns_until: Option<DateTime<Utc>>,
    /// What becomes of a payment that comes too late.
    pub late_payment: LatePaymentBody,
    /// A hold is kept at least so long after its payment has begun, in seconds.
    pub payment_window_seconds: i64,
    /// How many seats it has.
    pub seats: i64,
    /// The journal's offset once this was so.
    pub journal_offset: i64,
    /// True in an office for trial, whose payments take nobody's money.
    pub test: bool,
}

/// A page of shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShowsPage {
    /// The shows, in the order of their making.
    pub shows: Vec<ShowBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<String>,
}

/// A show with this head as clients see it at an instant.
pub fn show_body(show: &Show, head: Head, now: DateTime<Utc>, till: Till) -> ShowBody {
    let milliseconds = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let prices = show
        .plan
        .categories()
        .iter()
        .zip(&show.prices)
        .filter(|(category, _)| !category.is_gone)
        .map(|(category, amount)| {
            (
                category.name.clone(),
                MoneyBody {
                    amount: *amount,
                    currency: show.currency,
                },
            )
        });
    let zones = show.plan.zones().iter().zip(&show.zone_capacities);
    let zones = zones
        .filter(|(zone, _)| !zone.is_gone)
        .map(|(zone, capacity)| ZoneCapacityBody {
            zone: zone.name.clone(),
            capacity: (*capacity).into(),
        });
    ShowBody {
        id: show.id.to_string(),
        organiser: show.organiser.to_string(),
        revision: show.revision.0.into(),
        plan: uuid::Uuid::from_u128(show.plan_id).to_string(),
        title: show.title.clone(),
        starts_at: show.times.starts_at,
        ends_at: show.times.ends_at,
        time_zone: show.time_zone.clone(),
        prices: prices.collect(),
        ticket_types: tariff::ticket_types(show),
        fees: tariff::fees(show),
        tax: tariff::tax(show),
        seat_prices: tariff::seat_prices(show),
        hold_seconds: milliseconds(show.hold) / 1_000,
        hold_grace_ms: milliseconds(show.hold_grace),
        order_places_max: show.order_places_max.into(),
        session_places_max: show.session_places_max.into(),
        places_per_email_max: show.places_per_email_max.map(i64::from),
        lone_seats: show.lone_seats().into(),
        waitlist: WaitlistBody::of(show),
        line: LineRulesBody::of(show),
        on_sale_at: show.times.on_sale_at,
        closes_at: show.times.closes_at,
        state: match show.is_draft {
            true => ShowStateBody::Draft,
            false => head.stage(&show.times, now).into(),
        },
        zones: zones.collect(),
        returns: match show.returns {
            Returns::Buyer => ReturnsBody::Buyer,
            Returns::Organiser => ReturnsBody::Organiser,
        },
        returns_until: show.returns_until,
        late_payment: match show.late_payment {
            LatePayment::Refund => LatePaymentBody::Refund,
            LatePayment::HonourIfFree => LatePaymentBody::HonourIfFree,
        },
        payment_window_seconds: milliseconds(show.payment_window) / 1_000,
        seats: i64::try_from(show.plan.order().len()).unwrap_or(i64::MAX),
        journal_offset: head.offset.0,
        test: till == Till::Test,
    }
}
