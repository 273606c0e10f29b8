//! Amounts of money on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::problem::Problem;
use domain::money::{Currency, Money, PRICE_MINOR_UNITS_MAX};

/// An amount of money in minor units (cents, pence).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoneyBody {
    /// Minor units.
    #[schema(minimum = 0, maximum = 100000000)]
    pub amount: i64,
    /// ISO 4217, as in `EUR`.
    #[schema(min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$")]
    pub currency: String,
}

impl MoneyBody {
    /// The amount, if it is one that a price may have.
    pub fn read(&self, field: &str) -> Result<Money, Problem> {
        if !(0..=PRICE_MINOR_UNITS_MAX).contains(&self.amount) {
            let detail = format!("must be 0 to {PRICE_MINOR_UNITS_MAX} minor units");
            return Err(Problem::invalid(format!("{field}/amount"), detail));
        }
        let bad = |why: String| Problem::invalid(format!("{field}/currency"), why);
        let currency = Currency::try_from(self.currency.clone());
        let currency = currency.map_err(|error| bad(error.to_string()))?;
        if !currency.is_known() {
            return Err(bad("ISO 4217 knows no such currency".to_owned()));
        }
        Ok(Money {
            amount: self.amount,
            currency,
        })
    }
}

impl From<Money> for MoneyBody {
    fn from(money: Money) -> Self {
        Self {
            amount: money.amount,
            currency: money.currency.code().to_owned(),
        }
    }
}
