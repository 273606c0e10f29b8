//! Amounts of money in minor units.

use serde::{Deserialize, Serialize, Serializer};

/// The largest amount one price may have, in minor units.
pub const PRICE_MINOR_UNITS_MAX: i64 = 100_000_000;

/// The currencies of ISO 4217, list one (<https://www.six-group.com/en/products-services/financial-information/data-standards.html>),
/// without funds, metals and codes for tests; with ANG and BGN, which others have replaced lately.
const ISO_4217: &str = "\
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC \
    CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK \
    JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR \
    MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP \
    STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW \
    ZWG";

/// Those whose minor unit is the major one, and those of which a thousand make one; a hundred do of all others.
const WITHOUT_DECIMALS: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
const WITH_THREE_DECIMALS: &str = "BHD IQD JOD KWD LYD OMR TND";

/// A currency's code: three capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Currency([u8; 3]);

/// The text is not three capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotACurrency;

impl std::fmt::Display for NotACurrency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a currency is three capital letters, as in ISO 4217")
    }
}

impl std::error::Error for NotACurrency {}

impl Currency {
    /// The code as text.
    pub fn code(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether it is one of ISO 4217's: of another it isn't known what a minor unit is. A payment provider's book may have any.
    pub fn is_known(&self) -> bool {
        ISO_4217.split(' ').any(|code| code == self.code())
    }

    /// How many decimals an amount has in major units.
    pub fn decimals(&self) -> u32 {
        let is_in = |codes: &str| codes.split(' ').any(|code| code == self.code());
        if is_in(WITHOUT_DECIMALS) {
            0
        } else if is_in(WITH_THREE_DECIMALS) {
            3
        } else {
            2
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = NotACurrency;

    fn try_from(code: String) -> Result<Self, NotACurrency> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Self(letters)),
            _ => Err(NotACurrency),
        }
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

/// An amount in minor units (cents, pence) of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// Minor units.
    pub amount: i64,
    /// The currency.
    pub currency: Currency,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_of_the_standard_are_known() {
        for (code, is_known) in [
            ("EUR", true),
            ("ZWG", true),
            ("AED", true),
            ("XTS", false),
            ("EUX", false),
        ] {
            let currency = Currency::try_from(code.to_owned()).expect("three letters");
            assert_eq!(currency.is_known(), is_known, "{code}");
        }
        let codes: Vec<_> = ISO_4217.split(' ').collect();
        assert!(
            codes.is_sorted() && codes.iter().all(|code| code.len() == 3),
            "{codes:?}"
        );
    }
}
