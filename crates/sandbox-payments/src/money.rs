//! Amounts, fees, ids and the time.

use std::time::{SystemTime, UNIX_EPOCH};

/// Largest amount of a payment, in minor units.
pub const AMOUNT_MAX: i64 = 99_999_999;

/// What the provider keeps of a capture: 1.4 % and 25 minor units, and never more than the amount.
pub fn fee(amount: i64) -> i64 {
    ((amount * 14 + 500) / 1_000 + 25).min(amount)
}

/// Whether this looks like a currency.
pub fn is_currency(code: &str) -> bool {
    code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_alphabetic())
}

/// Whether a browser can be sent there.
pub fn is_web_address(address: &str) -> bool {
    reqwest::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// A new id, as in `pi_…`.
pub fn new_id(prefix: &str) -> String {
    let id = uuid::Uuid::new_v4().simple().to_string();
    format!("{prefix}_{}", id.get(..24).unwrap_or(&id))
}

/// Seconds since 1970.
pub fn unix_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::{fee, new_id};

    #[test]
    fn fees_are_rounded_and_never_more_than_the_amount() {
        for (amount, expected) in [
            (10_000, 165),
            (1_234, 42),
            (3_000, 67),
            (36, 26),
            (10, 10),
            (0, 0),
        ] {
            assert_eq!(fee(amount), expected, "fee of {amount}");
        }
    }

    #[test]
    fn ids_look_like_the_provider_s() {
        let id = new_id("pi");
        assert_eq!((id.len(), id.get(..3)), (27, Some("pi_")));
    }
}
