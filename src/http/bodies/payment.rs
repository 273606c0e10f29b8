//! Payments on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::money::MoneyBody;
use super::ticket::TicketBody;
use super::words::DeclineCodeBody;
use crate::pay::provider::accounts::Till;
use crate::store::order_money::PaymentMoney;
use crate::store::payment::{PaymentRecord, PaymentState};
use domain::id::PaymentId;
use domain::payment::{Decline, DisputeState, WITHDRAWN};
use domain::reference::ReferenceKey;

/// How an order is to be paid.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPaymentBody {
    /// The provider, as in `sandbox`.
    #[schema(min_length = 1)]
    pub provider: String,
    /// The buyer's means of payment, in the provider's words; for the sandbox `card_ok`, `card_declined` and others.
    #[schema(min_length = 1, max_length = 200)]
    pub payment_method: String,
    /// Where a page of the bank's or the provider's sends the buyer back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000, format = "uri")]
    pub return_url: Option<String>,
}

/// How a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStateBody {
    /// Its order is paid.
    Succeeded,
    /// The buyer has to go on at `action_url`.
    ActionRequired,
    /// The provider or the buyer's bank is busy with it.
    Processing,
    /// The provider refused it, for the reason that `decline_code` tells.
    Declined,
    /// It was given up; money that was set aside or taken for it goes back.
    Canceled,
}

/// How a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStateBody {
    /// The buyer's bank has the money, and the tickets open no door.
    Open,
    /// The organiser has the money again.
    Won,
    /// The money stays with the buyer, and the tickets open no door.
    Lost,
}

/// Money that the buyer's bank has called back.
#[derive(Debug, Serialize, ToSchema)]
pub struct DisputeBody {
    /// How it stands.
    pub state: DisputeStateBody,
    /// How much.
    pub amount: MoneyBody,
}

/// A payment of an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentBody<'a> {
    /// Its id.
    #[schema(format = "uuid")]
    pub id: String,
    /// Its order's reference.
    pub order: String,
    /// How it stands.
    pub state: PaymentStateBody,
    /// The provider that takes it; another than was asked for, if that one didn't answer.
    pub provider: String,
    /// How much.
    pub amount: MoneyBody,
    /// The page on which the buyer goes on, while the payment waits for that. Then look at the payment, or ask again with the
    /// same key.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri")]
    pub action_url: Option<String>,
    /// Why it was refused, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DeclineCodeBody>)]
    pub decline_code: Option<&'static str>,
    /// The same for people, in the provider's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decline_reason: Option<String>,
    /// What has gone back of it or is about to, once some has; also what was given back at the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunded: Option<MoneyBody>,
    /// What the buyer's bank has called back, if it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispute: Option<DisputeBody>,
    /// The tickets, in the answer to a payment that has succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tickets: Option<Vec<TicketBody<'a>>>,
    /// The journal's offset of the event that says that the order is paid, in the same answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    pub journal_offset: Option<i64>,
    /// True in an office for trial, whose payments take nobody's money.
    pub test: bool,
}

/// What a payment's body is made of besides its rows.
#[derive(Clone, Copy)]
pub struct PaymentView<'a> {
    /// The key of references.
    pub references: &'a ReferenceKey,
    /// Where its show's money goes.
    pub till: Till,
    /// The payment that paid the order, if one has.
    pub paid_by: Option<PaymentId>,
}

impl PaymentView<'_> {
    /// The body of a payment as its rows have it.
    pub fn body(&self, money: &PaymentMoney) -> PaymentBody<'static> {
        let record = &money.payment;
        let of = |amount: i64| MoneyBody {
            amount,
            currency: record.currency,
        };
        let state = self.state(record);
        let decline = record
            .decline
            .as_ref()
            .filter(|_| state == PaymentStateBody::Declined);
        PaymentBody {
            id: payment_name(record.id),
            order: self.references.order_reference(record.order).to_string(),
            state,
            provider: record.provider.clone(),
            amount: of(record.amount_minor_units),
            action_url: record
                .action_url
                .clone()
                .filter(|_| state == PaymentStateBody::ActionRequired),
            decline_code: decline.map(|decline| decline.code.name()),
            decline_reason: decline.map(|decline| decline.reason.clone()),
            refunded: (money.refunded > 0).then(|| of(money.refunded)),
            dispute: money.dispute.map(|(amount, state)| DisputeBody {
                state: match state {
                    DisputeState::Open => DisputeStateBody::Open,
                    DisputeState::Won => DisputeStateBody::Won,
                    DisputeState::Lost => DisputeStateBody::Lost,
                },
                amount: of(amount),
            }),
            tickets: None,
            journal_offset: None,
            test: self.till == Till::Test,
        }
    }

    /// The order may have been read after the payment: it knows better whether it is paid.
    fn state(&self, record: &PaymentRecord) -> PaymentStateBody {
        let was_asked = |decline: &Decline| decline.reason != WITHDRAWN;
        match record.state {
            _ if self.paid_by == Some(record.id) => PaymentStateBody::Succeeded,
            PaymentState::Confirmed | PaymentState::Captured => PaymentStateBody::Succeeded,
            PaymentState::Authorising if record.action_url.is_some() => PaymentStateBody::ActionRequired,
            PaymentState::Authorising => PaymentStateBody::Processing,
            PaymentState::Rejected if record.decline.as_ref().is_some_and(was_asked) => {
                PaymentStateBody::Declined
            }
            _ => PaymentStateBody::Canceled,
        }
    }
}

/// A payment's id on the wire.
pub fn payment_name(payment: PaymentId) -> String {
    uuid::Uuid::from_u128(payment.0).to_string()
}
