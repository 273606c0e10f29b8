//! The provider's JSON, and what it says of a payment.

use reqwest::StatusCode;
use serde::Deserialize;

use crate::pay::provider::adaptor::{id_of, payment_of, reason, refund_of};
use crate::pay::provider::client::{Refusal, status_alone};
use crate::pay::provider::gateway::{
    About, News, Notice, NoticeError, ProviderPhase, ProviderRecord, ProviderRefund,
};
use domain::id::RefundId;
use domain::money::Currency;
use domain::payment::{Decline, DeclineCode};

/// A payment.
#[derive(Debug, Deserialize)]
pub struct HostedPayment {
    id: String,
    status: Status,
    #[serde(default)]
    checkout_url: Option<String>,
    amount: Amount,
    #[serde(default)]
    merchant_reference: Option<String>,
    #[serde(default)]
    amount_captured: i64,
    #[serde(default)]
    amount_refunded: i64,
    #[serde(default)]
    fee: i64,
    #[serde(default)]
    refunds: Vec<HostedRefund>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    /// The buyer hasn't paid on the page.
    Open,
    Authorized,
    Captured,
    Canceled,
    Failed,
    Expired,
}

#[derive(Debug, Deserialize)]
struct Amount {
    /// In minor units.
    value: i64,
    currency: String,
}

#[derive(Debug, Deserialize)]
struct HostedRefund {
    #[serde(default)]
    refund_reference: Option<String>,
    #[serde(default)]
    amount: i64,
}

impl HostedRefund {
    /// What the book says of it. The provider has no name for one: it is known by its place, as none is ever taken away.
    fn record(self, payment: &str, place: usize) -> (RefundId, ProviderRefund) {
        let reference = format!("{payment}/{place}");
        let own = self.refund_reference.as_deref().and_then(refund_of);
        let id = own.unwrap_or_else(|| RefundId(id_of("hosted", &reference)));
        let amount = self.amount;
        (id, ProviderRefund { reference, amount })
    }
}

impl HostedPayment {
    /// How it stands.
    pub fn record(self) -> ProviderRecord {
        let refunds = self.refunds.into_iter().enumerate();
        let refunds = refunds.map(|(place, refund)| refund.record(&self.id, place));
        ProviderRecord {
            payment: self.merchant_reference.as_deref().and_then(payment_of),
            phase: match self.status {
                Status::Open => ProviderPhase::ActionRequired(self.checkout_url.unwrap_or_default()),
                Status::Authorized => ProviderPhase::Authorised,
                Status::Captured => ProviderPhase::Captured,
                Status::Canceled => ProviderPhase::Voided,
                Status::Failed => {
                    let why = "the buyer could not pay on the provider's page";
                    ProviderPhase::Declined(Decline::new(DeclineCode::CardDeclined, why))
                }
                Status::Expired => {
                    let why = "the buyer did not pay on the provider's page in time";
                    ProviderPhase::Declined(Decline::new(DeclineCode::NotPaidInTime, why))
                }
            },
            amount: self.amount.value,
            currency: Currency::try_from(self.amount.currency).ok(),
            captured: self.amount_captured,
            refunded: self.amount_refunded,
            fee: self.fee,
            refunds: refunds.collect(),
            is_disputed: false,
            disputes: Vec::new(),
            reference: self.id,
        }
    }
}

/// Some payments.
#[derive(Debug, Deserialize)]
pub struct HostedPage {
    /// The payments, oldest first.
    pub payments: Vec<HostedPayment>,
    /// What the next page comes after.
    #[serde(default)]
    pub next: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ErrorBody {
    code: String,
    #[serde(default)]
    message: Option<String>,
}

/// What the provider says no with. A conflict of another kind is one of keys: the call has not been looked at.
pub fn read_refusal(status: StatusCode, body: &[u8]) -> Refusal {
    let Ok(error) = serde_json::from_slice::<ErrorBody>(body) else {
        return status_alone(status);
    };
    let why = reason(error.message.as_deref().unwrap_or(&error.code));
    match status {
        StatusCode::CONFLICT if error.code == "wrong_state" => Refusal::WrongState(why),
        StatusCode::CONFLICT => Refusal::UnderWay(why),
        StatusCode::NOT_FOUND => Refusal::Missing(why),
        status if status.is_client_error() => Refusal::Declined(why.into()),
        _ => Refusal::Unavailable(why),
    }
}

#[derive(Debug, Deserialize)]
struct Event {
    event_id: String,
    #[serde(default)]
    payment_id: Option<String>,
}

/// What a proven notice is about.
pub fn read_notice(body: &[u8]) -> Result<Notice, NoticeError> {
    let event: Event =
        serde_json::from_slice(body).map_err(|error| NoticeError::Unreadable(error.to_string()))?;
    Ok(Notice {
        event: event.event_id,
        about: event.payment_id.map_or(About::Nothing, About::Reference),
        // It tells that a payment has changed, and not how.
        news: News::MoneyBack { total: None },
    })
}

#[cfg(test)]
mod tests;
