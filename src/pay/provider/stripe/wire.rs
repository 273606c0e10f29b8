//! Stripe's objects, as far as they are read, and what they say of a payment.

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::units::from_stripe;
use crate::pay::provider::adaptor::{id_of, payment_of, reason, refund_of};
use crate::pay::provider::client::{Refusal, status_alone};
use crate::pay::provider::gateway::{
    About, News, Notice, NoticeError, ProviderDispute, ProviderPhase, ProviderRecord, ProviderRefund,
};
use domain::id::{DisputeId, PaymentId, RefundId};
use domain::money::Currency;
use domain::payment::{Decline, DeclineCode, DisputeState};

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
    /// Whether it has ever been.
    #[serde(default)]
    disputed: bool,
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
    code: Option<String>,
    #[serde(default)]
    decline_code: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

impl Failure {
    /// In the office's words; `otherwise` if the bank has none.
    fn decline(&self, otherwise: &str) -> Decline {
        let codes = [self.decline_code.as_deref(), self.code.as_deref()];
        let code = codes.into_iter().flatten().find_map(decline_code);
        Decline::new(
            code.unwrap_or_default(),
            reason(self.message.as_deref().unwrap_or(otherwise)),
        )
    }
}

/// What Stripe's codes mean (<https://docs.stripe.com/declines/codes>, <https://docs.stripe.com/error-codes>). A bank that says
/// that a card is lost, stolen or thought to be a fraud's is not quoted: whoever has the card is not told.
fn decline_code(code: &str) -> Option<DeclineCode> {
    Some(match code {
        "insufficient_funds" | "withdrawal_count_limit_exceeded" | "card_velocity_exceeded" => {
            DeclineCode::InsufficientFunds
        }
        "expired_card" | "invalid_expiry_month" | "invalid_expiry_year" => DeclineCode::ExpiredCard,
        "incorrect_cvc" | "invalid_cvc" => DeclineCode::IncorrectCvc,
        "incorrect_number" | "invalid_number" | "invalid_account" => DeclineCode::IncorrectNumber,
        "authentication_required"
        | "authentication_not_handled"
        | "payment_intent_authentication_failure"
        | "approve_with_id" => DeclineCode::AuthenticationFailed,
        "card_not_supported"
        | "currency_not_supported"
        | "service_not_allowed"
        | "transaction_not_allowed" => DeclineCode::NotSupported,
        "processing_error" | "reenter_transaction" | "try_again_later" | "issuer_not_available" => {
            DeclineCode::ProcessingError
        }
        "card_declined" => DeclineCode::CardDeclined,
        _ => return None,
    })
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
            refunds: BTreeMap::new(),
            is_disputed: charge.is_some_and(|charge| charge.disputed),
            disputes: Vec::new(),
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
                    let why = "the bank wants the buyer to come by, which needs a return_url";
                    ProviderPhase::Declined(Decline::new(DeclineCode::AuthenticationFailed, why))
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

    fn why_declined(&self, otherwise: &str) -> Decline {
        let failure = self.last_payment_error.as_ref();
        failure.map_or_else(|| otherwise.into(), |failure| failure.decline(otherwise))
    }
}

/// Money that goes back.
#[derive(Debug, Deserialize)]
pub struct Refund {
    /// Its name, `re_…`.
    pub id: String,
    #[serde(default)]
    amount: i64,
    #[serde(default)]
    currency: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    metadata: Option<Metadata>,
}

/// What is in a list, where its name tells the next page.
pub trait Named {
    /// Its name.
    fn name(&self) -> &str;
}

impl Named for Refund {
    fn name(&self) -> &str {
        &self.id
    }
}

impl Named for Dispute {
    fn name(&self) -> &str {
        &self.id
    }
}

impl Refund {
    /// What the book says of it; none of one that failed. The office's own ones bear their id.
    pub fn record(self) -> Option<(RefundId, ProviderRefund)> {
        if self.has_failed() {
            return None;
        }
        let id = self
            .refund()
            .unwrap_or_else(|| RefundId(id_of("stripe", &self.id)));
        let refund = ProviderRefund {
            amount: from_stripe(self.amount, &self.currency),
            reference: self.id,
        };
        Some((id, refund))
    }

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

/// Money that the buyer's bank has called back.
#[derive(Debug, Deserialize)]
pub struct Dispute {
    /// Its name, `dp_…` or `du_…`.
    pub id: String,
    amount: i64,
    currency: String,
    status: String,
}

impl Dispute {
    /// What the book says of it. A mere inquiry (`warning_…`) takes no money, and is none.
    pub fn record(self) -> Option<ProviderDispute> {
        let state = match self.status.as_str() {
            status if status.starts_with("warning_") => return None,
            "won" | "prevented" => DisputeState::Won,
            "lost" => DisputeState::Lost,
            _ => DisputeState::Open,
        };
        Some(ProviderDispute {
            id: DisputeId(id_of("stripe", &self.id)),
            amount: from_stripe(self.amount, &self.currency),
            reference: self.id,
            state,
        })
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
    #[serde(flatten)]
    failure: Failure,
}

impl StripeError {
    fn decline(&self, otherwise: &str) -> Decline {
        match self.kind.as_str() {
            "card_error" => self.failure.decline(otherwise),
            _ => reason(self.failure.message.as_deref().unwrap_or(otherwise)).into(),
        }
    }
}

/// What Stripe says no with. A call whose key is in use, or was used for another, has not been looked at.
pub fn read_refusal(status: StatusCode, body: &[u8]) -> Refusal {
    let Ok(ErrorBody { error }) = serde_json::from_slice(body) else {
        return status_alone(status);
    };
    let decline = error.decline("no reason was given");
    let why = decline.reason.clone();
    match (error.kind.as_str(), error.failure.code.as_deref()) {
        _ if status == StatusCode::CONFLICT => Refusal::UnderWay(why),
        ("invalid_request_error", Some("payment_intent_unexpected_state")) => Refusal::WrongState(why),
        ("invalid_request_error", Some("resource_missing")) if status == StatusCode::NOT_FOUND => {
            Refusal::Missing(why)
        }
        // Without the code it is the path that isn't there, which says nothing of the payment.
        ("invalid_request_error", _) if status == StatusCode::NOT_FOUND => Refusal::Unavailable(why),
        ("card_error" | "invalid_request_error", _) => Refusal::Declined(decline),
        _ => Refusal::Unavailable(why),
    }
}

/// What a proven event is about, and what it tells.
pub fn read_event(body: &[u8]) -> Result<Notice, NoticeError> {
    let event: Event =
        serde_json::from_slice(body).map_err(|error| NoticeError::Unreadable(error.to_string()))?;
    let at = |path| event.data.pointer(path);
    let text = |path| at(path).and_then(Value::as_str);
    let named = text("/object/metadata/payment").and_then(payment_of);
    let referred = [text("/object/id"), text("/object/payment_intent")];
    let about = named.map(About::Payment).or_else(|| {
        let reference = referred.into_iter().flatten().find(|id| id.starts_with("pi_"))?;
        Some(About::Reference(reference.to_owned()))
    });
    let news = match text("/object/object") {
        Some("refund") if matches!(text("/object/status"), Some("failed" | "canceled")) => News::RefundFailed,
        // One that the office has made itself is no news.
        Some("refund") if text("/object/metadata/refund").and_then(refund_of).is_some() => News::Progress,
        Some("refund" | "dispute") => News::MoneyBack { total: None },
        Some("charge") if event.kind == "charge.refunded" => {
            let currency = text("/object/currency").unwrap_or_default();
            let total = at("/object/amount_refunded").and_then(Value::as_i64);
            News::MoneyBack {
                total: total.map(|total| from_stripe(total, currency)),
            }
        }
        _ => News::Progress,
    };
    Ok(Notice {
        event: event.id,
        about: about.unwrap_or(About::Nothing),
        news,
    })
}

/// An event; what it is about has as many forms as Stripe has objects.
#[derive(Debug, Deserialize)]
struct Event {
    id: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    data: Value,
}

#[cfg(test)]
mod tests;
