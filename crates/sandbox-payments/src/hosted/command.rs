//! Every call of the hosted door: what it is asked with, and what it asks for.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::payment::{Amount, Refund};
use super::refusal::Refusal;
use crate::faults::Call;
use crate::money::{AMOUNT_MAX, is_currency, is_web_address};

/// Longest name that a caller gives to something.
const REFERENCE_BYTES_MAX: usize = 200;
/// Payments on a page, if nothing is said, and at most.
const PAGE_DEFAULT: usize = 50;
const PAGE_MAX: usize = 100;

/// A call, understood.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// POST /hosted/payments
    Create(NewPayment),
    /// GET /hosted/payments/{id}
    Read(String),
    /// GET /hosted/payments, oldest first.
    List(Page),
    /// POST /hosted/payments/{id}/captures
    Capture(String),
    /// DELETE /hosted/payments/{id}
    Cancel(String),
    /// POST /hosted/payments/{id}/refunds
    Refund(String, Refund),
}

/// A payment to make.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    /// What to ask for.
    pub amount: Amount,
    /// The caller's own name for it.
    pub merchant_reference: String,
    /// Where the buyer goes afterwards.
    pub return_url: Option<String>,
}

/// Which payments.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Those with this name.
    pub merchant_reference: Option<String>,
    /// Those after this one.
    pub after: Option<String>,
    /// Most of them.
    #[serde(default = "page_default")]
    pub limit: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewRefund {
    amount: i64,
    refund_reference: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

fn page_default() -> usize {
    PAGE_DEFAULT
}

impl Command {
    /// Understands a call by its method, the parts of its path after `/hosted/`, its query and its body.
    pub fn read(method: &str, path: &[&str], query: &str, body: &[u8]) -> Result<Self, Refusal> {
        Ok(match (method, path) {
            ("POST", ["payments"]) => Self::Create(json::<NewPayment>(body)?.checked()?),
            ("GET", ["payments"]) => Self::List(Page::read(query)?),
            ("GET", ["payments", id]) => Self::Read((*id).into()),
            ("DELETE", ["payments", id]) => Self::Cancel((*id).into()),
            ("POST", ["payments", id, "captures"]) => {
                let Nothing {} = json(body)?;
                Self::Capture((*id).into())
            }
            ("POST", ["payments", id, "refunds"]) => {
                let new: NewRefund = json(body)?;
                let refund = Refund {
                    refund_reference: check_reference(new.refund_reference)?,
                    amount: check_amount(new.amount)?,
                };
                Self::Refund((*id).into(), refund)
            }
            _ => return Err(Refusal::NotFound),
        })
    }

    /// What faults and counts call it.
    pub fn call(&self) -> Call {
        match self {
            Self::Create(_) => Call::Create,
            Self::Read(_) => Call::Retrieve,
            Self::List(_) => Call::List,
            Self::Capture(_) => Call::Capture,
            Self::Cancel(_) => Call::Cancel,
            Self::Refund(..) => Call::Refund,
        }
    }
}

impl NewPayment {
    fn checked(self) -> Result<Self, Refusal> {
        check_amount(self.amount.value)?;
        if !is_currency(&self.amount.currency) {
            return Err(Refusal::Invalid("amount.currency is no currency".into()));
        }
        if self
            .return_url
            .as_ref()
            .is_some_and(|address| !is_web_address(address))
        {
            return Err(Refusal::Invalid("return_url is no address".into()));
        }
        let currency = self.amount.currency.to_uppercase();
        Ok(Self {
            amount: Amount {
                currency,
                ..self.amount
            },
            merchant_reference: check_reference(self.merchant_reference)?,
            ..self
        })
    }
}

impl Page {
    fn read(query: &str) -> Result<Self, Refusal> {
        let page = actix_web::web::Query::<Self>::from_query(query)
            .map_err(|error| Refusal::Invalid(error.to_string()))?
            .into_inner();
        if (1..=PAGE_MAX).contains(&page.limit) {
            Ok(page)
        } else {
            Err(Refusal::Invalid(format!("limit is 1 to {PAGE_MAX}")))
        }
    }
}

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::Invalid(error.to_string()))
}

fn check_amount(amount: i64) -> Result<i64, Refusal> {
    let fits = (1..=AMOUNT_MAX).contains(&amount);
    fits.then_some(amount)
        .ok_or_else(|| Refusal::Invalid(format!("an amount is 1 to {AMOUNT_MAX}")))
}

fn check_reference(reference: String) -> Result<String, Refusal> {
    if reference.is_empty() || reference.len() > REFERENCE_BYTES_MAX {
        let message = format!("a reference is 1 to {REFERENCE_BYTES_MAX} bytes");
        return Err(Refusal::Invalid(message));
    }
    Ok(reference)
}
