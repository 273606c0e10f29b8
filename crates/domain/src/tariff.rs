//! What a show asks for besides one price a category: ticket types, prices of single seats, fees, and the tax in all of it.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::plan::SeatIndex;
use super::reference::TicketIndex;
use super::text::is_slug;

/// Most ticket types of a show.
pub const TICKET_TYPES_MAX: usize = 50;
/// Longest id of a ticket type, in characters.
pub const TICKET_TYPE_ID_CHARS_MAX: usize = 32;
/// Most seats of a show that have a price of their own.
pub const SEAT_PRICES_MAX: usize = 1_000;
/// Highest rate of a tax, in basis points (hundredths of a percent): as much as all the rest.
pub const TAX_BASIS_POINTS_MAX: u32 = 10_000;
const BASIS_POINTS: i64 = 10_000;

/// What a place is sold as: a word of small letters, digits, `-` and `_`, as in `adult`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TicketTypeId(String);

/// The text is no ticket type's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotATicketType;

impl fmt::Display for NotATicketType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "must be 1 to {TICKET_TYPE_ID_CHARS_MAX} small letters, digits, “-” and “_”, and begin with a letter or digit"
        )
    }
}

impl std::error::Error for NotATicketType {}

impl TryFrom<String> for TicketTypeId {
    type Error = NotATicketType;

    fn try_from(text: String) -> Result<Self, NotATicketType> {
        let is_word = text.len() <= TICKET_TYPE_ID_CHARS_MAX && is_slug(&text);
        match is_word {
            true => Ok(Self(text)),
            false => Err(NotATicketType),
        }
    }
}

impl From<TicketTypeId> for String {
    fn from(id: TicketTypeId) -> Self {
        id.0
    }
}

impl fmt::Display for TicketTypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What places are sold as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketType {
    /// Its id.
    pub id: TicketTypeId,
    /// What people call it.
    pub name: String,
    /// Its price in each category, in minor units. None: no place of that category is sold as this.
    pub prices: Vec<Option<i64>>,
    /// An order that has any of it has so many at least.
    pub places_min: u32,
    /// An order has so many of it at most. None: as many as there may be in it.
    pub places_max: Option<u32>,
    /// An order that has any of it has one of these types too. None here: it stands alone as well.
    pub only_with: Vec<TicketTypeId>,
}

/// What is asked for besides the prices of places, in minor units. What is free has no fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fees {
    /// For each ticket that has a price.
    pub per_ticket: i64,
    /// For each order that has such a ticket.
    pub per_order: i64,
}

/// A tax that is a part of every price and fee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tax {
    /// What people call it.
    pub name: String,
    /// Its rate, of what a thing costs without it, in basis points (hundredths of a percent).
    pub basis_points: u32,
}

impl Tax {
    /// How much of an amount is this tax, in minor units: rounded once, half a unit up.
    pub fn within(&self, amount: i64) -> i64 {
        let (amount, rate) = (i128::from(amount), i128::from(self.basis_points));
        let whole = i128::from(BASIS_POINTS) + rate;
        i64::try_from((2 * amount * rate + whole) / (2 * whole)).unwrap_or(i64::MAX)
    }
}

/// All of it. A show that has none of it has no tariff.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tariff {
    /// The first that is sold in a category is what its places are sold as, unless an order says otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ticket_types: Vec<TicketType>,
    /// What these seats cost as they are sold unless an order says otherwise, in minor units. Other types cost as much more or less
    /// there as in the rest of the category.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub seat_prices: BTreeMap<SeatIndex, i64>,
    /// Fees.
    #[serde(default)]
    pub fees: Fees,
    /// The tax in all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Tax>,
}

impl Tariff {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The ticket type of that id.
    pub fn ticket_type(&self, id: &TicketTypeId) -> Option<&TicketType> {
        self.ticket_types.iter().find(|known| known.id == *id)
    }
}

/// What an order remembers of what it costs, besides the price of each ticket. It stays, whatever becomes of the show's terms.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bill {
    /// What each ticket was sold as, by their numbers; none at all where the show had no ticket types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ticket_types: Vec<Option<TicketTypeId>>,
    /// The fee for each ticket that has a price, in minor units.
    #[serde(default)]
    pub ticket_fee: i64,
    /// The fee for the order, in minor units: nothing, if no ticket has a price.
    #[serde(default)]
    pub order_fee: i64,
    /// The tax in its total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<Tax>,
    /// What a code has taken off its prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Discount>,
}

/// What a code has taken off an order's prices, which are told without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discount {
    /// The code.
    pub code: String,
    /// In minor units.
    pub amount: i64,
    /// What of it was taken off each ticket, by their numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<i64>,
}

impl Bill {
    /// What a ticket was sold as. None: the show had no ticket types in its category.
    pub fn ticket_type(&self, ticket: TicketIndex) -> Option<&TicketTypeId> {
        self.ticket_types.get(usize::from(ticket.0))?.as_ref()
    }

    /// That of the tickets that are left, whose prices are these.
    pub fn of_tickets(&self, is_left: impl Fn(TicketIndex) -> bool, prices: &[i64]) -> Self {
        let discount = self.discount.as_ref().map(|discount| {
            let parts = left_of(&discount.parts, &is_left);
            Discount {
                code: discount.code.clone(),
                amount: parts.iter().sum(),
                parts,
            }
        });
        Self {
            ticket_types: left_of(&self.ticket_types, &is_left),
            ticket_fee: self.ticket_fee,
            order_fee: if has_a_price(prices) { self.order_fee } else { 0 },
            tax: self.tax.clone(),
            discount,
        }
    }

    /// The fee for a ticket of this price, in minor units.
    pub fn ticket_fee(&self, price: i64) -> i64 {
        if price > 0 { self.ticket_fee } else { 0 }
    }

    /// All fees of an order whose tickets have these prices, in minor units.
    pub fn fees(&self, prices: &[i64]) -> i64 {
        let tickets: i64 = prices.iter().map(|price| self.ticket_fee(*price)).sum();
        tickets + self.order_fee
    }
}

/// Whether any ticket has a price: what is free has no fee.
pub fn has_a_price(prices: &[i64]) -> bool {
    prices.iter().any(|price| *price > 0)
}

/// Those of a list, one a ticket, that are of tickets that are left.
pub fn left_of<T: Clone>(all: &[T], is_left: impl Fn(TicketIndex) -> bool) -> Vec<T> {
    let tickets = (0..).map(TicketIndex).zip(all);
    let left = tickets.filter(|(ticket, _)| is_left(*ticket));
    left.map(|(_, of)| of.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tax_is_within_the_amount_and_rounded_half_up() {
        for (amount, basis_points, tax) in [
            (0, 1_900, 0),
            (11_900, 1_900, 1_900),
            (10_000, 1_000, 909),
            (11, 1_000, 1),
            (5, 1_000, 0),
            // Exactly half a unit.
            (1, 10_000, 1),
            (3, 10_000, 2),
            (5_000, 0, 0),
            (5_000, 810, 375),
        ] {
            let name = "VAT".to_owned();
            assert_eq!(
                Tax { name, basis_points }.within(amount),
                tax,
                "{amount} {basis_points}"
            );
        }
    }

    #[test]
    fn an_id_is_a_word() {
        let read = |text: &str| TicketTypeId::try_from(text.to_owned());
        for good in [
            "a",
            "adult",
            "u-18",
            "2for1",
            "a_b",
            "x".repeat(TICKET_TYPE_ID_CHARS_MAX).as_str(),
        ] {
            assert_eq!(read(good).map(String::from), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "-a",
            "_",
            "Adult",
            "a b",
            "ä",
            "x".repeat(TICKET_TYPE_ID_CHARS_MAX + 1).as_str(),
        ] {
            assert_eq!(read(bad), Err(NotATicketType), "{bad}");
        }
    }

    #[test]
    fn what_is_free_has_no_fee() {
        let bill = Bill {
            ticket_fee: 100,
            order_fee: 250,
            ..Bill::default()
        };
        assert_eq!(bill.fees(&[5_000, 0, 1]), 450);
    }
}
