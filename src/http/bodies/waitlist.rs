//! Waitlists on the wire: a show's rules, what somebody waits for, and their entry.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::buyer::BuyerBody;
use super::money::MoneyBody;
use crate::http::numbers::bounded;
use crate::http::problem::Problem;
use domain::money::Money;
use domain::plan::CategoryIndex;
use domain::show::{ORDER_PLACES_MAX, Show};
use domain::tariff::TicketTypeId;
use domain::waitlist::{
    COLLECT_ENDS_BEFORE_SECONDS_MAX, EntryState, OFFER_SECONDS_MAX, OFFER_SECONDS_MIN, TypedCount,
    WAITLIST_PLACES_MAX, WaitlistRules, Want,
};

/// How a show's waitlist works. What is left out is as usual.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NewWaitlistBody {
    /// How long an offer can be accepted, in seconds, but not longer than the show sells; 3600 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 60, maximum = 259200)]
    pub offer_seconds: Option<i64>,
    /// Most places that are on offer or collected at a time; others go to the public. All, if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100000)]
    pub places_max: Option<i64>,
    /// Most places that an entry may want; 10 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 500)]
    pub entry_places_max: Option<i64>,
    /// Places are collected for entries that want so many at most; 10 if left out, and 0 for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 500)]
    pub collect_places_max: Option<i64>,
    /// From so long before the end of the sale on no places are collected, in seconds; 86400 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 31622400)]
    pub collect_ends_before_seconds: Option<i64>,
}

/// How a show's waitlist works.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaitlistBody {
    /// How long an offer can be accepted, in seconds, but not longer than the show sells.
    #[schema(minimum = 60)]
    pub offer_seconds: i64,
    /// Most places that are on offer or collected at a time; all, if it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub places_max: Option<i64>,
    /// Most places that an entry may want.
    #[schema(minimum = 1)]
    pub entry_places_max: i64,
    /// Places are collected for entries that want so many at most.
    #[schema(minimum = 0)]
    pub collect_places_max: i64,
    /// From so long before the end of the sale on no places are collected, in seconds.
    #[schema(minimum = 0)]
    pub collect_ends_before_seconds: i64,
}

impl NewWaitlistBody {
    /// The rules that it says.
    pub fn read(&self) -> Result<WaitlistRules, Problem> {
        let usual = WaitlistRules::default();
        let read = |name: &str, value, min, max, usual| {
            bounded(&format!("/waitlist/{name}"), value, min, max, usual)
        };
        Ok(WaitlistRules {
            offer_seconds: read(
                "offer_seconds",
                self.offer_seconds,
                OFFER_SECONDS_MIN,
                OFFER_SECONDS_MAX,
                usual.offer_seconds,
            )?,
            places_max: match self.places_max {
                Some(_) => Some(read("places_max", self.places_max, 1, WAITLIST_PLACES_MAX, 1)?),
                None => None,
            },
            entry_places_max: read(
                "entry_places_max",
                self.entry_places_max,
                1,
                ORDER_PLACES_MAX,
                usual.entry_places_max,
            )?,
            collect_places_max: read(
                "collect_places_max",
                self.collect_places_max,
                0,
                ORDER_PLACES_MAX,
                usual.collect_places_max,
            )?,
            collect_ends_before_seconds: read(
                "collect_ends_before_seconds",
                self.collect_ends_before_seconds,
                0,
                COLLECT_ENDS_BEFORE_SECONDS_MAX,
                usual.collect_ends_before_seconds,
            )?,
        })
    }
}

impl WaitlistBody {
    /// The rules of a show, if it has a waitlist.
    pub fn of(show: &Show) -> Option<Self> {
        let rules = show.waitlist()?;
        Some(Self {
            offer_seconds: rules.offer_seconds.into(),
            places_max: rules.places_max.map(i64::from),
            entry_places_max: rules.entry_places_max.into(),
            collect_places_max: rules.collect_places_max.into(),
            collect_ends_before_seconds: rules.collect_ends_before_seconds.into(),
        })
    }
}

/// The places that somebody waits for: seats, or places of one zone.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantBody {
    /// How many places, all in one order.
    #[schema(minimum = 1, maximum = 500)]
    pub count: i64,
    /// In these categories alone; in any if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 100)]
    pub categories: Option<Vec<String>>,
    /// In this zone alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub zone: Option<String>,
    /// Whether only seats side by side will do; they need not if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub together: Option<bool>,
    /// What so many of them are to be sold as; the others are the first ticket type of their category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 1, max_items = 50)]
    pub ticket_types: Option<Vec<TypedCountBody>>,
    /// The most that one of the places may cost, without fees; anything if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub price_max: Option<MoneyBody>,
}

/// What some of the places are to be sold as.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TypedCountBody {
    /// The ticket type's id.
    pub ticket_type: String,
    /// How many places.
    #[schema(minimum = 1, maximum = 500)]
    pub count: i64,
}

impl WantBody {
    /// What it says, of this show.
    pub fn read(&self, show: &Show) -> Result<Want, Problem> {
        let count = bounded("/wish/count", Some(self.count), 1, ORDER_PLACES_MAX, 1)?;
        let together = self.together.unwrap_or(false);
        let zone = self.zone.as_ref().map(|name| {
            let unknown = || Problem::invalid("/wish/zone", "the show has no such zone");
            show.plan.zone_index(name).ok_or_else(unknown)
        });
        let zone = zone.transpose()?;
        if zone.is_some() && together {
            return Err(Problem::invalid(
                "/wish/together",
                "places in a zone have no neighbours",
            ));
        }
        Ok(Want {
            count,
            categories: self.read_categories(show)?,
            zone,
            together: together && count > 1,
            ticket_types: self.read_types(show, count)?,
            price_max: self
                .price_max
                .as_ref()
                .map(|price| read_price(show, price))
                .transpose()?,
        })
    }

    fn read_categories(&self, show: &Show) -> Result<Vec<CategoryIndex>, Problem> {
        let mut categories = Vec::new();
        for (at, name) in self.categories.iter().flatten().enumerate() {
            let field = format!("/wish/categories/{at}");
            let category = show.plan.category_index(name);
            let category =
                category.ok_or_else(|| Problem::invalid(&*field, "the show has no such category"))?;
            if categories.contains(&category) {
                return Err(Problem::invalid(field, "the category is named twice"));
            }
            categories.push(category);
        }
        if self.categories.as_ref().is_some_and(Vec::is_empty) {
            return Err(Problem::invalid(
                "/wish/categories",
                "name a category, or leave them out",
            ));
        }
        categories.sort_unstable();
        Ok(categories)
    }

    fn read_types(&self, show: &Show, count: u32) -> Result<Vec<TypedCount>, Problem> {
        let mut types: Vec<TypedCount> = Vec::new();
        let mut typed = 0;
        for (at, part) in self.ticket_types.iter().flatten().enumerate() {
            let field = format!("/wish/ticket_types/{at}");
            let unknown =
                || Problem::invalid(format!("{field}/ticket_type"), "the show has no such ticket type");
            let id = TicketTypeId::try_from(part.ticket_type.clone()).map_err(|_not_an_id| unknown())?;
            show.ticket_type(&id).ok_or_else(unknown)?;
            if types.iter().any(|known| known.ticket_type == id) {
                return Err(Problem::invalid(
                    format!("{field}/ticket_type"),
                    "the ticket type is named twice",
                ));
            }
            let field = format!("{field}/count");
            let places = bounded(&field, Some(part.count), 1, ORDER_PLACES_MAX, 1)?;
            typed += places;
            if typed > count {
                return Err(Problem::invalid(field, "there are not so many places"));
            }
            types.push(TypedCount {
                ticket_type: id,
                count: places,
            });
        }
        types.sort_unstable();
        Ok(types)
    }

    /// What an entry of this show wants.
    pub fn of(show: &Show, want: &Want) -> Self {
        let category = |category: &CategoryIndex| {
            let known = show.plan.categories().get(usize::from(category.0));
            known.map(|known| known.name.clone())
        };
        let categories: Vec<String> = want.categories.iter().filter_map(category).collect();
        let typed = want.ticket_types.iter().map(|typed| TypedCountBody {
            ticket_type: typed.ticket_type.to_string(),
            count: typed.count.into(),
        });
        let typed: Vec<TypedCountBody> = typed.collect();
        let zone = want.zone.and_then(|zone| show.plan.zone(zone));
        Self {
            count: want.count.into(),
            categories: (!categories.is_empty()).then_some(categories),
            zone: zone.map(|zone| zone.name.clone()),
            together: want.together.then_some(true),
            ticket_types: (!typed.is_empty()).then_some(typed),
            price_max: want.price_max.map(|amount| {
                let currency = show.currency;
                Money { amount, currency }.into()
            }),
        }
    }
}

fn read_price(show: &Show, price: &MoneyBody) -> Result<i64, Problem> {
    if price.currency != show.currency {
        return Err(Problem::invalid(
            "/wish/price_max/currency",
            format!("the show is sold in {}", show.currency.code()),
        ));
    }
    match price.amount {
        amount @ 0.. => Ok(amount),
        _ => Err(Problem::invalid("/wish/price_max/amount", "must not be negative")),
    }
}

/// Somebody who wants to wait.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEntryBody {
    /// What for.
    pub wish: WantBody,
    /// Who buys: they are written to when they are offered places, and the order is theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<BuyerBody>,
}

/// What somebody who waits wants instead.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryChangeBody {
    /// All of it.
    pub wish: WantBody,
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryStateBody {
    /// It waits.
    Waiting,
    /// It got an order.
    Offered,
    /// It left, or its show has ceased to sell.
    Left,
}

impl From<EntryState> for EntryStateBody {
    fn from(state: EntryState) -> Self {
        match state {
            EntryState::Waiting => Self::Waiting,
            EntryState::Offered => Self::Offered,
            EntryState::Left => Self::Left,
        }
    }
}

/// An entry of a waitlist.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryBody {
    /// Its id, which nobody guesses.
    pub id: String,
    /// The show.
    pub show: String,
    /// Its number in the show's journal, where events name it.
    #[schema(minimum = 1)]
    pub entry: i64,
    /// Where it stands.
    pub state: EntryStateBody,
    /// What it wants, or wanted last.
    pub wish: WantBody,
    /// While it waits: 1 for the first of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub position: Option<i64>,
    /// While it waits: how many before it want some of the places that it wants.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0)]
    pub ahead_with_same_wish: Option<i64>,
    /// While it waits: how many wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub entries: Option<i64>,
    /// While it waits: the offset at which it got behind all others. Who leaves from a lower one moves it on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub place: Option<i64>,
    /// The order that it was offered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub order: Option<String>,
    /// Who buys, while it waits, for those who may know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer: Option<BuyerBody>,
    /// When it joined.
    pub joined_at: DateTime<Utc>,
    /// The journal's offset once this was so.
    #[schema(minimum = 1)]
    pub journal_offset: i64,
}

/// A page of a waitlist.
#[derive(Debug, Serialize, ToSchema)]
pub struct WaitlistPage {
    /// The entries that wait, the first ones first.
    pub entries: Vec<EntryBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<i64>,
}
