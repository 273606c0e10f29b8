//! What an order is made in exchange for.

use super::reference::{OrderNumber, TicketIndex};

/// Tickets that are given back for an order, once it is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExchangeTerms {
    /// The order that they are of.
    pub order: OrderNumber,
    /// Those tickets.
    pub tickets: Vec<TicketIndex>,
    /// What they were worth when the exchange was asked for, in minor units.
    pub credit: i64,
}

impl ExchangeTerms {
    /// What is left to pay of an order that costs so much, in minor units.
    pub fn due(&self, total: i64) -> i64 {
        (total - self.credit).max(0)
    }

    /// What such an order has of the old one's money, in minor units.
    pub fn kept(&self, total: i64) -> i64 {
        self.credit.min(total)
    }
}
