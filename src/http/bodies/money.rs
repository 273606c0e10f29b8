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
    #[schema(value_type = String, min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$")]
    pub currency: Currency,
}

impl MoneyBody {
    /// The amount, if it is one that a price may have.
    pub fn read(&self, field: &str) -> Result<Money, Problem> {
        if !(0..=PRICE_MINOR_UNITS_MAX).contains(&self.amount) {
            let detail = format!("must be 0 to {PRICE_MINOR_UNITS_MAX} minor units");
            return Err(Problem::invalid(format!("{field}/amount"), detail));
        }
        if !self.currency.is_known() {
            let detail = "ISO 4217 knows no such currency";
            return Err(Problem::invalid(format!("{field}/currency"), detail));
        }
        Ok(Money {
            amount: self.amount,
            currency: self.currency,
        })
    }
}

impl From<Money> for MoneyBody {
    fn from(money: Money) -> Self {
        Self {
            amount: money.amount,
            currency: money.currency,
        }
    }
}
