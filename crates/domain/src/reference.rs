//! Order references and ticket codes: numbers that people read to each other, and that nobody can guess.
//!
//! Orders are numbered by a counter. A keyed bijection (a balanced Feistel network, whose round function is SipHash-2-4)
//! scatters the numbers over their whole range, so that a reference tells neither how many orders there are nor what the
//! next one is; and as it is a bijection, two orders never share a reference, without a look at the database. The result
//! is written in 22 letters that are hard to mistake, with a check letter:
//!
//! - an order, 40 bits: `HRVEN-UTABR`;
//! - a ticket, 62 bits: `SAZJZ-WBYHS-TKHUE`. The ticket's number is the order's number and the ticket's index in the
//!   order; the 10 bits above them are zero, so that of all well-formed codes only one in a thousand could be any ticket's.
//!
//! The key must stay the same for as long as a printed ticket is valid.

pub mod entry;
mod letters;
mod siphash;

pub use siphash::siphash;

use serde::{Deserialize, Serialize, Serializer};
use std::fmt::{self, Write as _};

/// The place of an order in the count of all orders, from 0 to [`OrderNumber::MAX`]. Never shown to anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OrderNumber(pub i64);

impl OrderNumber {
    /// The last number that has a reference: the counter must stop here, a trillion orders later.
    pub const MAX: OrderNumber = OrderNumber((1 << ORDER_BITS) - 1);
}

/// The place of a ticket in its order, from 0 to [`TicketIndex::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TicketIndex(pub u16);

impl TicketIndex {
    /// The last index that has a code; it bounds the tickets of an order.
    pub const MAX: TicketIndex = TicketIndex((1 << INDEX_BITS) - 1);
}

/// How an order is called outside: ten letters in two groups of five.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrderReference([u8; ORDER_LETTERS]);

/// What is printed on a ticket: fifteen letters in three groups of five. It admits its bearer, so `Debug` hides it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TicketCode([u8; TICKET_LETTERS]);

/// Why a text is no reference. Says nothing of whether such an order exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceError {
    /// Too few or too many letters.
    Length,
    /// A character that no reference has.
    Letter,
    /// The check letter, or what else is redundant in it, disagrees: it was mistyped or made up.
    Check,
}

/// The secret that turns numbers into references and back.
#[derive(Clone)]
pub struct ReferenceKey([u8; 16]);

impl ReferenceKey {
    /// A key from 16 secret, random bytes.
    pub fn new(bytes: [u8; 16]) -> ReferenceKey {
        ReferenceKey(bytes)
    }

    /// The one reference of an order.
    ///
    /// # Panics
    /// If the number is negative or above [`OrderNumber::MAX`]: two orders would share a reference.
    pub fn order_reference(&self, order: OrderNumber) -> OrderReference {
        OrderReference(letters::write(self.scatter(Purpose::Order, order_bits(order))))
    }

    /// The order that a reference stands for. Case, dashes and spaces don't matter.
    pub fn parse_order(&self, text: &str) -> Result<OrderNumber, ReferenceError> {
        let scattered = read_text::<ORDER_LETTERS>(text)?;
        let number = self.gather(Purpose::Order, scattered)?;
        order_number(number)
    }

    /// The one code of a ticket.
    ///
    /// # Panics
    /// If the order's number or the index is outside its range: two tickets would share a code.
    pub fn ticket_code(&self, order: OrderNumber, index: TicketIndex) -> TicketCode {
        assert!(
            index <= TicketIndex::MAX,
            "ticket index {} is out of range",
            index.0
        );
        let number = order_bits(order) << INDEX_BITS | u64::from(index.0);
        TicketCode(letters::write(self.scatter(Purpose::Ticket, number)))
    }

    /// The order and the place in it that a code stands for. Case, dashes and spaces don't matter.
    pub fn parse_ticket(&self, text: &str) -> Result<(OrderNumber, TicketIndex), ReferenceError> {
        let scattered = read_text::<TICKET_LETTERS>(text)?;
        let number = self.gather(Purpose::Ticket, scattered)?;
        let index = (number & u64::from(TicketIndex::MAX.0)) as u16;
        Ok((order_number(number >> INDEX_BITS)?, TicketIndex(index)))
    }

    /// The bijection of `purpose`: a Feistel network of two equal halves.
    fn scatter(&self, purpose: Purpose, number: u64) -> u64 {
        let (mut left, mut right) = purpose.halves(number);
        for round in 0..FEISTEL_ROUNDS {
            (left, right) = (right, left ^ self.mix(purpose, round, right));
        }
        purpose.join(left, right)
    }

    /// The inverse of [`Self::scatter`]; refuses what lies outside its range, which the letters could still express.
    fn gather(&self, purpose: Purpose, scattered: u64) -> Result<u64, ReferenceError> {
        if scattered >> (2 * purpose.half_bits()) != 0 {
            return Err(ReferenceError::Check);
        }
        let (mut left, mut right) = purpose.halves(scattered);
        for round in (0..FEISTEL_ROUNDS).rev() {
            (left, right) = (right ^ self.mix(purpose, round, left), left);
        }
        Ok(purpose.join(left, right))
    }

    /// The round function. Purpose and round are part of the message, so that each has a function of its own.
    fn mix(&self, purpose: Purpose, round: u8, half: u64) -> u64 {
        let tweak = u64::from(purpose as u8) << 8 | u64::from(round);
        let mut message = [0; 16];
        let (low, high) = message.split_at_mut(8);
        low.copy_from_slice(&tweak.to_le_bytes());
        high.copy_from_slice(&half.to_le_bytes());
        siphash::siphash(&self.0, &message) & purpose.half_mask()
    }
}

/// Width of an order's number.
const ORDER_BITS: u32 = 40;
/// Width of a ticket's index in its order.
const INDEX_BITS: u32 = 12;
/// Nine letters hold 40 bits, the tenth is the check letter.
const ORDER_LETTERS: usize = 10;
/// Fourteen letters hold 62 bits, the fifteenth is the check letter.
const TICKET_LETTERS: usize = 15;
/// Letters between two dashes.
const GROUP_LETTERS: usize = 5;
/// As many as NIST's FF1 has: eight are the least for halves as short as these.
const FEISTEL_ROUNDS: u8 = 10;
/// The longest text that is looked at: room for a dash or a space around each letter of a ticket's code.
const TEXT_BYTES_MAX: usize = 64;

/// What a number is scattered for: each has a width and a bijection of its own.
#[derive(Clone, Copy)]
enum Purpose {
    Order = 1,
    Ticket = 2,
}

impl Purpose {
    const fn half_bits(self) -> u32 {
        match self {
            Purpose::Order => 20,
            Purpose::Ticket => 31,
        }
    }

    const fn half_mask(self) -> u64 {
        (1 << self.half_bits()) - 1
    }

    const fn halves(self, number: u64) -> (u64, u64) {
        (number >> self.half_bits(), number & self.half_mask())
    }

    const fn join(self, left: u64, right: u64) -> u64 {
        left << self.half_bits() | right
    }
}

fn order_bits(order: OrderNumber) -> u64 {
    assert!(
        (0..=OrderNumber::MAX.0).contains(&order.0),
        "order number {} is out of range",
        order.0
    );
    order.0.cast_unsigned()
}

fn order_number(number: u64) -> Result<OrderNumber, ReferenceError> {
    match i64::try_from(number) {
        Ok(number) if number <= OrderNumber::MAX.0 => Ok(OrderNumber(number)),
        _ => Err(ReferenceError::Check),
    }
}

/// The number that `text` writes in `N - 1` letters and a check letter.
fn read_text<const N: usize>(text: &str) -> Result<u64, ReferenceError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(ReferenceError::Length);
    }
    let mut digits = [0; N];
    let mut places = digits.iter_mut();
    for character in text.chars().filter(|character| !matches!(character, '-' | ' ')) {
        let digit = letters::value(character).ok_or(ReferenceError::Letter)?;
        *places.next().ok_or(ReferenceError::Length)? = digit;
    }
    if places.next().is_some() {
        return Err(ReferenceError::Length);
    }
    letters::read(&digits).ok_or(ReferenceError::Check)
}

fn write_groups(letters: &[u8], formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (place, group) in letters.chunks(GROUP_LETTERS).enumerate() {
        if place > 0 {
            formatter.write_char('-')?;
        }
        for letter in group {
            formatter.write_char(char::from(*letter))?;
        }
    }
    Ok(())
}

impl fmt::Display for OrderReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_groups(&self.0, formatter)
    }
}

impl fmt::Display for TicketCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_groups(&self.0, formatter)
    }
}

impl fmt::Debug for TicketCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TicketCode(…)")
    }
}

impl fmt::Debug for ReferenceKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ReferenceKey(…)")
    }
}

impl Serialize for OrderReference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for TicketCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for ReferenceError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            ReferenceError::Length => "has too few or too many letters",
            ReferenceError::Letter => "has a character other than the letters ABCDEFGHJKMNPRSTUVWXYZ",
            ReferenceError::Check => "is mistyped: its letters do not agree with each other",
        })
    }
}

impl std::error::Error for ReferenceError {}

#[cfg(test)]
mod tests;
