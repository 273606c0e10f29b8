//! What an order costs, place by place, on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::money::MoneyBody;

/// One place of an order, with the price that it was given.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderLineBody {
    /// The seat, for a numbered place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat: Option<String>,
    /// The zone, for a place without a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// What it is sold as, where the show has ticket types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_type: Option<String>,
    /// Its price.
    pub price: MoneyBody,
    /// The fee for it, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<MoneyBody>,
    /// Whether it was given back.
    pub returned: bool,
}

/// The tax in an order's total.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderTaxBody {
    /// What people call it.
    pub name: String,
    /// Its rate, of what a thing costs without it, in hundredths of a percent.
    #[schema(minimum = 0)]
    pub rate_basis_points: i64,
    /// How much of the total it is, rounded once, half a unit up.
    pub amount: MoneyBody,
}
