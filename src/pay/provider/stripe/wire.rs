//! Stripe's objects, as far as they are read, and what they say of a payment.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde::Deserialize;

use super::units::from_stripe;
use crate::pay::provider::adaptor::{payment_of, reason, refund_of};
use crate::pay::provider::client::{Refusal, status_alone};
use crate::pay::provider::gateway::{About, Notice, NoticeError, ProviderPhase, ProviderRecord};
use domain::id::{PaymentId, RefundId};
use domain::money::Currency;

/// A payment.
#[derive(Debug, Deserialize)]
pub struct Intent {
    /// Its name, `pi_…`.
    pub id: String,
    /// When it was made, in seconds since 1970.
    #[serde(default)]
    pub created: i64,
    status: Status,
    amount: i64,
    #[serde(default)]
    amount_received: i64,
    currency: String,
    #[serde(default)]
    metadata: Option<Metadata>,
    #[serde(default)]
    latest_charge: Option<Expandable<Charge>>,
    #[serde(default)]
    last_payment_error: Option<Failure>,
    #[serde(default)]
    next_action: Option<NextAction>,
}

/// How far a payment has come. One that isn't here can't be read: what it means for the money would be a guess.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    RequiresCapture,
    Canceled,
    Succeeded,
}

/// What the office has written on an object.
#[derive(Debug, Default, Deserialize)]
struct Metadata {
    #[serde(default)]
    payment: Option<String>,
    #[serde(default)]
    refund: Option<String>,
}

/// An object, or its name where it wasn't asked for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Expandable<T> {
    Whole(T),
    Name(#[expect(dead_code, reason = "only tells it from the whole")] String),
}

impl<T> Expandable<T> {
    fn whole(&self) -> Option<&T> {
        match self {
            Self::Whole(object) => Some(object),
            Self::Name(_) => None,
        }
    }
}

/// A try to take the money.
#[derive(Debug, Deserialize)]
struct Charge {
    #[serde(default)]
    amount_refunded: i64,
    #[serde(default)]
    balance_transaction: Option<Expandable<BalanceTransaction>>,
}

/// What the money came to in the merchant's account.
#[derive(Debug, Deserialize)]
struct BalanceTransaction {
    #[serde(default)]
    fee: i64,
    #[serde(default)]
    currency: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Failure {
    #[serde(default)]
    message: Option<String>,
}

#[derive(Debug, Deserialize)]
struct NextAction {
    #[serde(default)]
    redirect_to_url: Option<RedirectToUrl>,
}

#[derive(Debug, Deserialize)]
struct RedirectToUrl {
    #[serde(default)]
    url: Option<String>,
}

impl Intent {
    /// How it stands, but for the names of its refunds.
    pub fn record(self) -> ProviderRecord {
        let charge = self.latest_charge.as_ref().and_then(Expandable::whole);
        ProviderRecord {
            payment: self.payment(),
            phase: self.phase(),
            amount: from_stripe(self.amount, &self.currency),
            currency: Currency::try_from(self.currency.to_ascii_uppercase()).ok(),
            captured: from_stripe(self.amount_received, &self.currency),
            refunded: charge.map_or(0, |charge| from_stripe(charge.amount_refunded, &self.currency)),
            fee: self.fee(),
            refunds: BTreeSet::new(),
            reference: self.id,
        }
    }

    /// What Stripe keeps, in minor units; 0 while it isn't known, or if it is kept in another currency than was paid in.
    pub fn fee(&self) -> i64 {
        let charge = self.latest_charge.as_ref().and_then(Expandable::whole);
        let transaction = charge
            .and_then(|charge| charge.balance_transaction.as_ref())
            .and_then(Expandable::whole);
        transaction
            .filter(|transaction| {
                let currency = transaction.currency.as_ref();
                currency.is_none_or(|currency| *currency == self.currency)
            })
            .map_or(0, |transaction| from_stripe(transaction.fee, &self.currency))
    }

    fn payment(&self) -> Option<PaymentId> {
        let metadata = self.metadata.as_ref()?;
        metadata.payment.as_deref().and_then(payment_of)
    }

    fn phase(&self) -> ProviderPhase {
        match self.status {
            Status::RequiresCapture => ProviderPhase::Authorised,
            Status::Succeeded => ProviderPhase::Captured,
            Status::Canceled => ProviderPhase::Voided,
            // There is no page for it: the bank hasn't said yet.
            Status::Processing => ProviderPhase::ActionRequired(String::new()),
            Status::RequiresAction => self.page().map_or_else(
                // Only a page of the seller's own with Stripe's script in it could go on.
                || {
                    ProviderPhase::Declined(
                        "the bank wants the buyer to come by, which needs a return_url".into(),
                    )
                },
                ProviderPhase::ActionRequired,
            ),
            Status::RequiresPaymentMethod => {
                ProviderPhase::Declined(self.why_declined("the card was refused"))
            }
            Status::RequiresConfirmation => {
                ProviderPhase::Declined(self.why_declined("the payment wasn't confirmed"))
            }
        }
    }

    fn page(&self) -> Option<String> {
        let redirect = self.next_action.as_ref()?.redirect_to_url.as_ref()?;
        redirect.url.clone()
    }

    fn why_declined(&self, otherwise: &str) -> String {
        let failure = self.last_payment_error.as_ref();
        reason(
            failure
                .and_then(|failure| failure.message.as_deref())
                .unwrap_or(otherwise),
        )
    }
}

/// Money that goes back.
#[derive(Debug, Deserialize)]
pub struct Refund {
    /// Its name, `re_…`.
    pub id: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    metadata: Option<Metadata>,
}

impl Refund {
    /// Whether the money stays where it is.
    pub fn has_failed(&self) -> bool {
        matches!(self.status.as_deref(), Some("failed" | "canceled"))
    }

    /// The office's name for it.
    pub fn refund(&self) -> Option<RefundId> {
        let metadata = self.metadata.as_ref()?;
        metadata.refund.as_deref().and_then(refund_of)
    }
}

/// Some of a list, or what a search has found.
#[derive(Debug, Deserialize)]
pub struct List<T> {
    /// The objects, newest first.
    pub data: Vec<T>,
    /// Whether there are more.
    #[serde(default)]
    pub has_more: bool,
}

#[derive(Debug, Deserialize)]
struct ErrorBody {
    error: StripeError,
}

#[derive(Debug, Deserialize)]
struct StripeError {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

/// What Stripe says no with. A call whose key is in use, or was used for another, has not been looked at.
pub fn read_refusal(status: StatusCode, body: &[u8]) -> Refusal {
    let Ok(ErrorBody { error }) = serde_json::from_slice(body) else {
        return status_alone(status);
    };
    let why = reason(error.message.as_deref().unwrap_or("no reason was given"));
    match (error.kind.as_str(), error.code.as_deref()) {
        _ if status == StatusCode::CONFLICT => Refusal::UnderWay(why),
        ("invalid_request_error", Some("payment_intent_unexpected_state")) => Refusal::WrongState(why),
        ("invalid_request_error", Some("resource_missing")) if status == StatusCode::NOT_FOUND => {
            Refusal::Missing(why)
        }
        // Without the code it is the path that isn't there, which says nothing of the payment.
        ("invalid_request_error", _) if status == StatusCode::NOT_FOUND => Refusal::Unavailable(why),
        ("card_error" | "invalid_request_error", _) => Refusal::Declined(why),
        _ => Refusal::Unavailable(why),
    }
}

/// What a proven event is about.
pub fn read_event(body: &[u8]) -> Result<Notice, NoticeError> {
    let event: Event =
        serde_json::from_slice(body).map_err(|error| NoticeError::Unreadable(error.to_string()))?;
    let text = |path| event.data.pointer(path).and_then(serde_json::Value::as_str);
    let named = text("/object/metadata/payment").and_then(payment_of);
    let is_refund = text("/object/object") == Some("refund");
    let has_failed = matches!(text("/object/status"), Some("failed" | "canceled"));
    let about = match named {
        Some(payment) if is_refund && has_failed => About::FailedRefund(payment),
        Some(payment) => About::Payment(payment),
        None => [text("/object/id"), text("/object/payment_intent")]
            .into_iter()
            .flatten()
            .find(|id| id.starts_with("pi_"))
            .map_or(About::Nothing, |id| About::Reference(id.to_owned())),
    };
    Ok(Notice {
        event: event.id,
        about,
    })
}

/// An event; what it is about has as many forms as Stripe has objects.
#[derive(Debug, Deserialize)]
struct Event {
    id: String,
    #[serde(default)]
    data: serde_json::Value,
}

#[cfg(test)]
mod tests;
