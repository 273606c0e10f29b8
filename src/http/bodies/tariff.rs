//! What a show asks for besides one price a category, on the wire: ticket types, fees, tax, prices of single seats.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::money::MoneyBody;
use domain::money::Money;
use domain::show::Show;
use domain::tariff::{Fees, Tax, TicketType};

/// What places are sold as.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketTypeBody {
    /// Its id, by which orders name it, as in `adult`.
    #[schema(min_length = 1, max_length = 32, pattern = "^[a-z0-9][a-z0-9_-]*$")]
    pub id: String,
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What it costs in each category. No place of a category that is left out is sold as this.
    pub prices: BTreeMap<String, MoneyBody>,
    /// An order that has any of it has so many at least; 1, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 500)]
    pub places_min: Option<i64>,
    /// An order has so many of it at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 500)]
    pub places_max: Option<i64>,
    /// An order that has any of it has one of these types too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub only_with: Vec<String>,
}

/// Fees. What is free has none.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeesBody {
    /// For each ticket that has a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_ticket: Option<MoneyBody>,
    /// For each order that has such a ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_order: Option<MoneyBody>,
}

/// A tax that is a part of every price and fee.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxBody {
    /// What people call it.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Its rate, of what a thing costs without it, in hundredths of a percent: 1900 is 19 %.
    #[schema(minimum = 0, maximum = 10000)]
    pub rate_basis_points: i64,
}

impl From<&Tax> for TaxBody {
    fn from(tax: &Tax) -> Self {
        Self {
            name: tax.name.clone(),
            rate_basis_points: tax.basis_points.into(),
        }
    }
}

/// Prices by category, for those that have one.
pub fn category_prices(show: &Show, prices: &[Option<i64>]) -> BTreeMap<String, MoneyBody> {
    let categories = show.plan.categories().iter().zip(prices);
    let priced =
        categories.filter_map(|(category, amount)| Some((category.name.clone(), money(show, (*amount)?))));
    priced.collect()
}

/// A show's ticket types.
pub fn ticket_types(show: &Show) -> Option<Vec<TicketTypeBody>> {
    let types = &show.tariff.as_ref()?.ticket_types;
    let body = |known: &TicketType| TicketTypeBody {
        id: known.id.to_string(),
        name: known.name.clone(),
        prices: category_prices(show, &known.prices),
        places_min: Some(known.places_min.into()),
        places_max: known.places_max.map(i64::from),
        only_with: known.only_with.iter().map(ToString::to_string).collect(),
    };
    (!types.is_empty()).then(|| types.iter().map(body).collect())
}

/// A show's fees.
pub fn fees(show: &Show) -> Option<FeesBody> {
    let fees = show.tariff.as_ref()?.fees;
    let told = |amount: i64| (amount > 0).then(|| money(show, amount));
    (fees != Fees::default()).then(|| FeesBody {
        per_ticket: told(fees.per_ticket),
        per_order: told(fees.per_order),
    })
}

/// The tax in a show's prices.
pub fn tax(show: &Show) -> Option<TaxBody> {
    show.tariff.as_ref()?.tax.as_ref().map(TaxBody::from)
}

/// The prices of single seats of a show.
pub fn seat_prices(show: &Show) -> Option<BTreeMap<String, MoneyBody>> {
    let prices = &show.tariff.as_ref()?.seat_prices;
    let named = prices
        .iter()
        .filter_map(|(seat, amount)| Some((show.plan.seat(*seat)?.name.clone(), money(show, *amount))));
    (!prices.is_empty()).then(|| named.collect())
}

fn money(show: &Show, amount: i64) -> MoneyBody {
    let currency = show.currency;
    Money { amount, currency }.into()
}
