//! Notices of an inbox on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::money::MoneyBody;
use super::payment::PaymentStateBody;
use crate::store::inbox::NoticeRecord;
use domain::inbox::{NoticeKind, PaymentEnd};
use domain::reference::ReferenceKey;

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKindBody {
    /// Places that you have waited for are held for you, in `order`, until `expires_at`.
    Offer,
    /// Your entry of the waitlist is at `position` now; told at 1000, 500, 100, 50, 10, 5, 3, 2 and 1, each once at most.
    Position,
    /// The hold of `order` lapses soon, at `expires_at`.
    HoldEnding,
    /// A payment of `order` has ended as `payment_state` says.
    Payment,
    /// Tickets of `order` were given back, and `amount` goes back to you.
    Refund,
    /// The show for which you have an order or wait is called otherwise, takes place at another time or with another plan, or takes
    /// tickets back otherwise.
    ShowChanged,
    /// The show is canceled.
    ShowCanceled,
}

impl From<NoticeKind> for NoticeKindBody {
    fn from(kind: NoticeKind) -> Self {
        match kind {
            NoticeKind::Offer => Self::Offer,
            NoticeKind::Position => Self::Position,
            NoticeKind::HoldEnding => Self::HoldEnding,
            NoticeKind::Payment => Self::Payment,
            NoticeKind::Refund => Self::Refund,
            NoticeKind::ShowChanged => Self::ShowChanged,
            NoticeKind::ShowCanceled => Self::ShowCanceled,
        }
    }
}

/// Something that a session should know. It never changes.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeBody {
    /// Its number in the session's inbox: 1, 2, 3 and so on.
    #[schema(minimum = 1)]
    pub number: i64,
    /// What it is about.
    pub kind: NoticeKindBody,
    /// When that happened.
    pub at: DateTime<Utc>,
    /// The show's id.
    pub show: String,
    /// The order's reference, where it is about an order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub order: Option<String>,
    /// The id of the entry of the waitlist, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub entry: Option<String>,
    /// Until when the places are held, of `offer` and `hold_ending`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub expires_at: Option<DateTime<Utc>>,
    /// Where the entry stands, 1 for the first of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub position: Option<i32>,
    /// How the payment has ended: `succeeded`, `declined`, or `canceled` if it was given up or came too late.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub payment_state: Option<PaymentStateBody>,
    /// How much was or would have been paid, or goes back, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub amount: Option<MoneyBody>,
    /// The revision of the show's terms, of `show_changed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1)]
    pub revision: Option<i32>,
}

impl NoticeBody {
    /// A notice, with the names that buyers know its order and entry by.
    pub fn of(references: &ReferenceKey, notice: &NoticeRecord) -> Self {
        let entry = notice.entry.map(|entry| references.entry_id(notice.show, entry));
        Self {
            number: notice.number,
            kind: notice.kind.into(),
            at: notice.at,
            show: notice.show.to_string(),
            order: notice
                .order
                .map(|order| references.order_reference(order).to_string()),
            entry: entry.map(|entry| entry.to_string()),
            expires_at: notice.expires_at,
            position: notice.position,
            payment_state: notice.payment.map(|end| match end {
                PaymentEnd::Succeeded => PaymentStateBody::Succeeded,
                PaymentEnd::Declined => PaymentStateBody::Declined,
                PaymentEnd::Canceled => PaymentStateBody::Canceled,
            }),
            amount: notice.amount.map(MoneyBody::from),
            revision: notice.revision,
        }
    }
}

/// What a feed says instead of notices that are not kept any more.
#[derive(Debug, Serialize, ToSchema)]
pub struct GapBody {
    /// The number of the first notice that is kept: those before it are gone, and the reader has not had them all.
    #[schema(minimum = 1)]
    pub first: i64,
}

/// A page of notices, and how the inbox stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct InboxBody {
    /// In the order of their numbers.
    pub notices: Vec<NoticeBody>,
    /// Where the next page begins; null on the last.
    #[schema(required, minimum = 1)]
    pub next_after: Option<i64>,
    /// Up to which the session has said that it has them.
    #[schema(minimum = 0)]
    pub acknowledged: i64,
    /// The number of the last notice; 0 if there is none yet.
    #[schema(minimum = 0)]
    pub last: i64,
    /// The number of the first that is kept, `last` + 1 if none is. If it is more than `after` + 1, some are gone that you have not read.
    #[schema(minimum = 1)]
    pub first: i64,
}

/// Up to which notice a session has them.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAcknowledgementBody {
    /// The number of the last notice that it has.
    #[schema(minimum = 0)]
    pub through: i64,
}

/// Up to which notice a session has said that it has them.
#[derive(Debug, Serialize, ToSchema)]
pub struct AcknowledgementBody {
    /// The number of the notice.
    #[schema(minimum = 0)]
    pub acknowledged: i64,
}
