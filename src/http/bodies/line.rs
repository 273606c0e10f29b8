//! What an order costs, place by place, on the wire.

use serde::Serialize;
use utoipa::ToSchema;

use super::money::MoneyBody;
use domain::event::{Place, Places};
use domain::money::Money;
use domain::reference::TicketIndex;
use domain::show::Show;
use domain::tariff::Bill;

/// One place of an order, with the price that it was given.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderLineBody<'a> {
    /// The seat, for a numbered place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat: Option<&'a str>,
    /// The zone, for a place without a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<&'a str>,
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

impl<'a> OrderLineBody<'a> {
    /// Those of an order, by the numbers of its tickets.
    pub fn of_order(
        show: &'a Show,
        places: &Places,
        prices: &[i64],
        bill: Option<&Bill>,
        is_returned: impl Fn(TicketIndex) -> bool,
    ) -> Vec<Self> {
        let money = |amount| -> MoneyBody {
            let currency = show.currency;
            Money { amount, currency }.into()
        };
        let line = |((ticket, place), price): ((TicketIndex, Place), &i64)| {
            let (seat, zone) = match place {
                Place::Seat(seat) => (show.plan.seat(seat).map(|seat| seat.name.as_str()), None),
                Place::Zone(zone) => (None, show.plan.zone(zone).map(|zone| zone.name.as_str())),
            };
            let fee = bill.map_or(0, |bill| bill.ticket_fee(*price));
            Self {
                seat,
                zone,
                ticket_type: bill
                    .and_then(|bill| bill.ticket_type(ticket))
                    .map(ToString::to_string),
                price: money(*price),
                fee: (fee > 0).then(|| money(fee)),
                returned: is_returned(ticket),
            }
        };
        places.tickets().zip(prices).map(line).collect()
    }
}

/// The tax in an order's total.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderTaxBody<'a> {
    /// What people call it.
    pub name: &'a str,
    /// Its rate, of what a thing costs without it, in hundredths of a percent.
    #[schema(minimum = 0)]
    pub rate_basis_points: i64,
    /// How much of the total it is, rounded once, half a unit up.
    pub amount: MoneyBody,
}
