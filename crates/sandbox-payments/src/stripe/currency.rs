//! What is charged in each currency, written down from <https://docs.stripe.com/currencies> for this side alone: it judges
//! what callers make of the same page.

use crate::money::AMOUNT_MAX;

/// Cards are charged in these.
const CHARGED: &str = "\
    usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp cny \
    cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd jod \
    jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio \
    nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd std szl thb tjs tnd \
    top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw";

/// Why an amount is not charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// Nothing is charged in this currency.
    Currency,
    /// It is no multiple of this.
    NotEven(i64),
    /// It is less than this.
    BelowMinimum(i64),
    /// It is more than this.
    AboveMaximum(i64),
}

/// What every amount in a currency is a multiple of. Kronur and Ugandan shillings have no smaller coin, and are named in
/// hundredths as they were when they had; of dinars and rials with three decimals the last one has to be 0.
fn step(currency: &str) -> i64 {
    match currency {
        "isk" | "ugx" => 100,
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => 10,
        _ => 1,
    }
}

fn minimum(currency: &str) -> i64 {
    match currency {
        "gbp" => 30,
        "aud" | "brl" | "cad" | "chf" | "eur" | "inr" | "jpy" | "nzd" | "sgd" | "usd" => 50,
        "bgn" => 100,
        "aed" | "myr" | "pln" | "ron" => 200,
        "dkk" => 250,
        "nok" | "sek" => 300,
        "hkd" => 400,
        "mxn" | "thb" => 1_000,
        "czk" => 1_500,
        "huf" => 17_500,
        _ => 1,
    }
}

/// Whether so much is charged.
pub fn check_charge(currency: &str, amount: i64) -> Result<(), Wrong> {
    if !CHARGED.split(' ').any(|charged| charged == currency) {
        return Err(Wrong::Currency);
    }
    check_step(currency, amount)?;
    match (minimum(currency), amount) {
        (least, amount) if amount < least => Err(Wrong::BelowMinimum(least)),
        (_, amount) if amount > AMOUNT_MAX => Err(Wrong::AboveMaximum(AMOUNT_MAX)),
        _ => Ok(()),
    }
}

/// Whether an amount can be named in a currency at all.
pub fn check_step(currency: &str, amount: i64) -> Result<(), Wrong> {
    let step = step(currency);
    if amount % step == 0 {
        Ok(())
    } else {
        Err(Wrong::NotEven(step))
    }
}

#[cfg(test)]
mod tests {
    use super::{Wrong, check_charge};

    #[test]
    fn each_currency_has_its_own_rules() {
        for (currency, amount, expected) in [
            ("eur", 50, Ok(())),
            ("eur", 49, Err(Wrong::BelowMinimum(50))),
            ("jpy", 50, Ok(())),
            ("isk", 500_000, Ok(())),
            ("isk", 5_050, Err(Wrong::NotEven(100))),
            ("ugx", 5_001, Err(Wrong::NotEven(100))),
            ("mga", 51, Ok(())),
            ("kwd", 12_345, Err(Wrong::NotEven(10))),
            ("usd", 100_000_000, Err(Wrong::AboveMaximum(99_999_999))),
            ("iqd", 1_000, Err(Wrong::Currency)),
        ] {
            assert_eq!(check_charge(currency, amount), expected, "{amount} {currency}");
        }
    }
}
