//! What Stripe calls an amount, currency by currency, and which amounts it charges. Elsewhere in the office amounts are in
//! the minor units of ISO 4217.
//!
//! The tables are those of <https://docs.stripe.com/currencies>: presentment currencies, special cases, three-decimal
//! currencies, minimum and maximum charge amounts.

use crate::pay::provider::gateway::Unchargeable;
use domain::money::Money;

/// The largest amount: eight digits, in what Stripe calls an amount.
const AMOUNT_MAX: i64 = 99_999_999;

/// The currencies that cards are charged in.
const SUPPORTED: &str = "\
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLP CNY COP \
    CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD JOD JPY \
    KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK \
    NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TND TOP \
    TRY TTD TWD TZS UAH UGX USD UYU UZS VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW";

/// The smallest amounts, in what Stripe calls an amount. Those of other currencies depend on what the account is paid out in.
const MINIMUMS: [(&str, i64); 24] = [
    ("AED", 200),
    ("AUD", 50),
    ("BGN", 100),
    ("BRL", 50),
    ("CAD", 50),
    ("CHF", 50),
    ("CZK", 1_500),
    ("DKK", 250),
    ("EUR", 50),
    ("GBP", 30),
    ("HKD", 400),
    ("HUF", 17_500),
    ("INR", 50),
    ("JPY", 50),
    ("MXN", 1_000),
    ("MYR", 200),
    ("NOK", 300),
    ("NZD", 50),
    ("PLN", 200),
    ("RON", 200),
    ("SEK", 300),
    ("SGD", 50),
    ("THB", 1_000),
    ("USD", 50),
];

/// How the two kinds of units go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Units {
    /// They are the same: cents, pence, whole yen. So are those of HUF and TWD, which are special in payouts alone.
    Same,
    /// They are the same, and the last of three decimals has to be 0.
    InTens,
    /// There is no minor unit, and Stripe takes hundredths of the major one all the same.
    Hundredths,
    /// There is a minor unit, and Stripe takes whole major ones.
    Whole,
}

impl Units {
    fn of(currency: &str) -> Self {
        match currency {
            "BHD" | "JOD" | "KWD" | "OMR" | "TND" => Self::InTens,
            "ISK" | "UGX" => Self::Hundredths,
            "MGA" => Self::Whole,
            _ => Self::Same,
        }
    }
}

/// An amount as Stripe takes it; `None` if it has none for it.
pub fn to_stripe(money: Money) -> Option<i64> {
    match Units::of(money.currency.code()) {
        Units::Same => Some(money.amount),
        Units::InTens => (money.amount % 10 == 0).then_some(money.amount),
        Units::Hundredths => money.amount.checked_mul(100),
        Units::Whole => (money.amount % 100 == 0).then_some(money.amount / 100),
    }
}

/// An amount of Stripe's in minor units, rounded where it has more decimals than the currency: only what Stripe keeps for
/// itself may have them.
pub fn from_stripe(amount: i64, currency: &str) -> i64 {
    match Units::of(&currency.to_ascii_uppercase()) {
        Units::Same | Units::InTens => amount,
        Units::Hundredths => (amount + 50) / 100,
        Units::Whole => amount.saturating_mul(100),
    }
}

/// Why a price or a total can't be charged, if so.
pub fn check(money: Money) -> Result<(), Unchargeable> {
    let currency = money.currency.code();
    if !SUPPORTED.split(' ').any(|supported| supported == currency) {
        return Err(Unchargeable::Currency);
    }
    let amount = to_stripe(money).ok_or(Unchargeable::Inexact)?;
    let least = MINIMUMS.iter().find(|(of, _)| *of == currency);
    if amount < least.map_or(1, |(_, least)| *least) {
        return Err(Unchargeable::TooSmall);
    }
    if amount > AMOUNT_MAX {
        return Err(Unchargeable::TooLarge);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{check, from_stripe, to_stripe};
    use crate::pay::provider::gateway::Unchargeable;
    use domain::money::{Currency, Money};

    fn money(amount: i64, currency: &str) -> Money {
        let currency = Currency::try_from(currency.to_owned()).unwrap();
        Money { amount, currency }
    }

    #[test]
    fn amounts_go_there_and_back() {
        for (currency, ours, stripe_s) in [
            ("EUR", 5_000, 5_000),
            ("JPY", 5_000, 5_000),
            ("ISK", 5_000, 500_000),
            ("UGX", 5_000, 500_000),
            ("MGA", 5_000, 50),
            ("KWD", 12_340, 12_340),
            ("HUF", 500_000, 500_000),
            ("TWD", 80_000, 80_000),
        ] {
            assert_eq!(to_stripe(money(ours, currency)), Some(stripe_s), "{currency}");
            assert_eq!(
                from_stripe(stripe_s, &currency.to_lowercase()),
                ours,
                "{currency}"
            );
        }
        assert_eq!(from_stripe(7_025, "isk"), 70);
    }

    #[test]
    fn what_can_t_be_charged_is_told() {
        for (amount, currency, expected) in [
            (12_345, "KWD", Err(Unchargeable::Inexact)),
            (5_001, "MGA", Err(Unchargeable::Inexact)),
            (49, "EUR", Err(Unchargeable::TooSmall)),
            (50, "EUR", Ok(())),
            (49, "JPY", Err(Unchargeable::TooSmall)),
            (17_499, "HUF", Err(Unchargeable::TooSmall)),
            (99_999_999, "EUR", Ok(())),
            (100_000_000, "EUR", Err(Unchargeable::TooLarge)),
            (1_000_000, "ISK", Err(Unchargeable::TooLarge)),
            (5_000, "ABC", Err(Unchargeable::Currency)),
            (5_000, "IQD", Err(Unchargeable::Currency)),
        ] {
            assert_eq!(check(money(amount, currency)), expected, "{amount} {currency}");
        }
    }
}
