//! Tickets that were passed on: each time the ticket's code becomes another one, and the one before is worth nothing.

use super::reference::TicketIndex;
use super::show::ORDER_PLACES_MAX;

/// Tickets of an order are numbered below this. In a code, so much for each transfer is added to the number.
const NUMBERS_OF_A_TRANSFER: u16 = 512;
/// Most times that a ticket is transferred: its code has no room for more.
pub const TRANSFERS_MAX: u8 = 7;

const _: () = assert!(ORDER_PLACES_MAX <= NUMBERS_OF_A_TRANSFER as u32);
const _: () = assert!((TRANSFERS_MAX as u16 + 1) * NUMBERS_OF_A_TRANSFER - 1 == TicketIndex::MAX.0);

/// The tickets of an order that were transferred, each as often as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transfers(pub Vec<TicketIndex>);

impl Transfers {
    /// None was.
    pub const NONE: Self = Self(Vec::new());

    /// How often a ticket was transferred.
    pub fn count(&self, ticket: TicketIndex) -> u8 {
        let times = self.0.iter().filter(|known| **known == ticket).count();
        u8::try_from(times).unwrap_or(u8::MAX)
    }

    /// The number of a ticket in its code.
    pub fn in_code(&self, ticket: TicketIndex) -> TicketIndex {
        number_in_code(ticket, self.count(ticket))
    }
}

/// The number of a ticket in the code that it has after so many transfers.
pub fn number_in_code(ticket: TicketIndex, transfers: u8) -> TicketIndex {
    TicketIndex(ticket.0 + u16::from(transfers.min(TRANSFERS_MAX)) * NUMBERS_OF_A_TRANSFER)
}

/// The ticket whose code has this number, and how often it was transferred before it had it.
pub fn read_number(in_code: TicketIndex) -> (TicketIndex, u8) {
    let transfers = u8::try_from(in_code.0 / NUMBERS_OF_A_TRANSFER).unwrap_or(u8::MAX);
    (TicketIndex(in_code.0 % NUMBERS_OF_A_TRANSFER), transfers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_a_code_tells_the_ticket_and_its_transfers() {
        for (ticket, transfers) in [(0, 0), (499, 0), (0, 1), (499, 7)] {
            let number = number_in_code(TicketIndex(ticket), transfers);
            assert!(number <= TicketIndex::MAX);
            assert_eq!(read_number(number), (TicketIndex(ticket), transfers));
        }
        // What was printed before there were transfers is the same.
        assert_eq!(Transfers::NONE.in_code(TicketIndex(7)), TicketIndex(7));
        let some = Transfers(vec![TicketIndex(7), TicketIndex(1), TicketIndex(7)]);
        assert_eq!(some.in_code(TicketIndex(7)), TicketIndex(7 + 1_024));
    }
}
