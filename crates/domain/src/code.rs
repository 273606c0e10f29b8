//! Codes: words that buyers enter for a discount. Each order that is held or paid with one is a use of it.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::label::Label;
use super::money::Currency;
use super::plan::CategoryIndex;
use super::tariff::TicketTypeId;

/// Longest code, in characters.
pub const CODE_CHARS_MAX: usize = 40;
/// Letters of a code that is made: fifty bits.
const MADE_LETTERS: usize = 10;
/// Letters that are hard to mistake, five bits each (Douglas Crockford's Base 32).
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PERCENT_MAX: i64 = 100;

/// A code's number: whatever becomes of its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CodeId(pub i64);

impl fmt::Display for CodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What buyers enter: capital letters, digits, `-` and `_`. Small letters are taken as capital ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CodeWord(String);

/// The text is no code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotACode;

impl fmt::Display for NotACode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "must be 1 to {CODE_CHARS_MAX} letters, digits, “-” and “_”")
    }
}

impl std::error::Error for NotACode {}

impl CodeWord {
    /// That of a text, whatever its capitals.
    pub fn read(text: &str) -> Result<Self, NotACode> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        match (1..=CODE_CHARS_MAX).contains(&text.len()) && text.bytes().all(is_letter) {
            true => Ok(Self(text.to_ascii_uppercase())),
            false => Err(NotACode),
        }
    }

    /// One that nobody guesses, from random bits, of which it takes fifty.
    pub fn made(random: u64) -> Self {
        let letter = |at: usize| {
            let number = (random >> (5 * at)) as usize % LETTERS.len();
            LETTERS.get(number).map(|letter| char::from(*letter))
        };
        Self((0..MADE_LETTERS).filter_map(letter).collect())
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a code takes off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Off {
    /// So many percent of each price.
    Percent(u32),
    /// This much of the order, in minor units, and no more than its prices.
    Amount(i64, Currency),
    /// Nothing: it is the way to places of this label.
    WayIn(Label),
}

/// What a code is good for. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeTerms {
    /// What it takes off.
    pub off: Off,
    /// Of places in these categories alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<CategoryIndex>>,
    /// Of tickets of these types alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket_types: Option<Vec<TicketTypeId>>,
    /// What is taken off a price is a multiple of this many minor units: as some currencies are charged in steps.
    pub step: i64,
}

/// A code's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCode {
    /// Its number.
    pub id: CodeId,
    /// What buyers enter.
    pub word: CodeWord,
    /// What it is good for.
    pub terms: CodeTerms,
    /// How many orders may be held and paid with it at a time. None: any number.
    pub uses_max: Option<u32>,
    /// It is good from then on.
    pub valid_from: Option<DateTime<Utc>>,
    /// It is good until then.
    pub valid_until: Option<DateTime<Utc>>,
    /// When the organiser ended it.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A price that a discount may be taken off.
#[derive(Debug, Clone, Copy)]
pub struct Priced<'a> {
    /// In minor units.
    pub price: i64,
    /// Of a place of this category.
    pub category: Option<CategoryIndex>,
    /// Of a ticket of this type.
    pub ticket_type: Option<&'a TicketTypeId>,
}

impl CodeTerms {
    /// Whose places it is the way to.
    pub fn way_in(&self) -> Option<&Label> {
        match &self.off {
            Off::WayIn(label) => Some(label),
            Off::Percent(_) | Off::Amount(..) => None,
        }
    }

    /// Whether it is for a ticket of each of these.
    pub fn is_for_all(&self, prices: &[Priced<'_>]) -> bool {
        prices.iter().all(|priced| self.is_for(priced))
    }

    /// What is taken off each of an order's prices, in minor units.
    pub fn discounts(&self, prices: &[Priced<'_>], currency: Currency) -> Vec<i64> {
        let eligible: Vec<i64> = prices
            .iter()
            .map(|priced| if self.is_for(priced) { priced.price } else { 0 })
            .collect();
        match &self.off {
            Off::Percent(percent) => {
                let part = |price: &i64| self.in_steps(price * i64::from(*percent) / PERCENT_MAX);
                eligible.iter().map(part).collect()
            }
            Off::Amount(amount, of) if *of == currency => self.share_out(*amount, &eligible),
            Off::Amount(..) | Off::WayIn(_) => vec![0; prices.len()],
        }
    }

    /// An amount shared out among prices, as much of each as it is of all of them; what is left over by rounding goes to the first.
    fn share_out(&self, amount: i64, prices: &[i64]) -> Vec<i64> {
        let sum: i64 = prices.iter().sum();
        let amount = amount.min(sum);
        if amount == 0 {
            return vec![0; prices.len()];
        }
        let share = |price: &i64| {
            let part = i128::from(*price) * i128::from(amount) / i128::from(sum);
            self.in_steps(i64::try_from(part).unwrap_or(0))
        };
        let mut shares: Vec<i64> = prices.iter().map(share).collect();
        let mut left = amount - shares.iter().sum::<i64>();
        for (share, price) in shares.iter_mut().zip(prices) {
            let more = left.min(price - *share);
            *share += more;
            left -= more;
        }
        shares
    }

    fn is_for(&self, priced: &Priced<'_>) -> bool {
        let has_category =
            |known: &Vec<CategoryIndex>| priced.category.is_some_and(|own| known.contains(&own));
        let has_type = |known: &Vec<TicketTypeId>| priced.ticket_type.is_some_and(|own| known.contains(own));
        self.categories.as_ref().is_none_or(has_category) && self.ticket_types.as_ref().is_none_or(has_type)
    }

    fn in_steps(&self, amount: i64) -> i64 {
        amount - amount % self.step.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur() -> Currency {
        Currency::try_from("EUR".to_owned()).expect("a currency")
    }

    #[track_caller]
    fn check(off: Off, step: i64, prices: &[i64], expected: &[i64]) {
        let terms = CodeTerms {
            off,
            categories: None,
            ticket_types: None,
            step,
        };
        let priced = prices.iter().map(|price| Priced {
            price: *price,
            category: None,
            ticket_type: None,
        });
        let priced: Vec<_> = priced.collect();
        assert_eq!(terms.discounts(&priced, eur()), expected);
    }

    #[test]
    fn a_percentage_is_of_each_price_and_rounded_down() {
        check(Off::Percent(15), 1, &[5_000, 0, 33], &[750, 0, 4]);
        check(Off::Percent(100), 1, &[5_000, 33], &[5_000, 33]);
        check(Off::Percent(15), 100, &[5_000, 1_000], &[700, 100]);
        check(Off::Percent(100), 100, &[5_000], &[5_000]);
    }

    #[test]
    fn an_amount_is_of_the_order_and_never_more_than_it_costs() {
        check(Off::Amount(1_000, eur()), 1, &[3_000, 1_000], &[750, 250]);
        check(Off::Amount(100, eur()), 1, &[1, 1, 1], &[1, 1, 1]);
        check(Off::Amount(10, eur()), 1, &[5, 5, 5], &[4, 3, 3]);
        check(Off::Amount(1_000, eur()), 1, &[0, 0], &[0, 0]);
        let dollars = Currency::try_from("USD".to_owned()).expect("a currency");
        check(Off::Amount(10, dollars), 1, &[5], &[0]);
    }

    #[test]
    fn a_code_is_read_whatever_its_capitals() {
        assert_eq!(CodeWord::read("early-26"), CodeWord::read("EARLY-26"));
        for bad in ["", "a b", "ä", "A".repeat(CODE_CHARS_MAX + 1).as_str()] {
            assert_eq!(CodeWord::read(bad), Err(NotACode), "{bad}");
        }
        let made = CodeWord::made(u64::MAX);
        assert_eq!(CodeWord::read(made.as_str()), Ok(made));
        assert_ne!(CodeWord::made(1 << 49), CodeWord::made(0));
        assert_eq!(CodeWord::made(1 << 50), CodeWord::made(0));
    }
}
