//! Endpoints of webhooks on the wire, what was sent to them, and what is sent.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::EventTypeBody;
use crate::store::webhook_deliveries::Delivery;
use crate::store::webhook_endpoints::Endpoint;

/// An endpoint to be made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhookEndpointBody {
    /// Where messages are sent: behind TLS, and at a public address, unless the operator allows others.
    #[schema(format = "uri", max_length = 2000)]
    pub url: String,
    /// What you want to say of it.
    #[serde(default)]
    #[schema(max_length = 200, nullable = false)]
    pub description: Option<String>,
    /// Which events are sent; all, if left out or empty.
    #[serde(default)]
    #[schema(value_type = Option<Vec<EventTypeBody>>, nullable = false)]
    pub event_types: Option<Vec<String>>,
    /// Whether anything is sent; it is if left out.
    #[serde(default)]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
}

/// What is to be changed of an endpoint. What is left out stays.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookEndpointChangeBody {
    /// Where messages are sent.
    #[serde(default)]
    #[schema(format = "uri", max_length = 2000, nullable = false)]
    pub url: Option<String>,
    /// What you want to say of it.
    #[serde(default)]
    #[schema(max_length = 200, nullable = false)]
    pub description: Option<String>,
    /// Which events are sent; all, if empty.
    #[serde(default)]
    #[schema(value_type = Option<Vec<EventTypeBody>>, nullable = false)]
    pub event_types: Option<Vec<String>>,
    /// Whether anything is sent. An endpoint that is enabled again goes on where it stopped.
    #[serde(default)]
    #[schema(nullable = false)]
    pub enabled: Option<bool>,
}

/// Why the office itself stopped sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisabledReasonBody {
    /// It answered 410.
    Gone,
    /// It failed for days.
    Failing,
}

/// An endpoint.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookEndpointBody {
    /// Its id.
    pub id: String,
    /// Where messages are sent.
    #[schema(format = "uri")]
    pub url: String,
    /// What its owner says of it.
    pub description: String,
    /// Which events are sent; all, if empty.
    #[schema(value_type = Vec<EventTypeBody>)]
    pub event_types: Vec<String>,
    /// Whether anything is sent.
    pub enabled: bool,
    /// Why the office itself stopped sending; not there if it didn't.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub disabled_reason: Option<DisabledReasonBody>,
    /// When it did; null if it didn't.
    #[schema(required)]
    pub disabled_at: Option<DateTime<Utc>>,
    /// Until when what is sent is signed with the former secret too; null if it isn't.
    #[schema(required)]
    pub former_secret_until: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// What proves that a message is from here. Told where it is made, and never again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^whsec_[0-9A-Za-z+/]{43}=$")]
    pub secret: Option<String>,
}

impl From<Endpoint> for WebhookEndpointBody {
    fn from(endpoint: Endpoint) -> Self {
        let (reason, disabled_at) = endpoint.disabled.unzip();
        Self {
            id: endpoint.id.to_string(),
            url: endpoint.url,
            description: endpoint.description,
            event_types: endpoint.event_types,
            enabled: endpoint.is_enabled,
            disabled_reason: reason.map(|reason| match reason.as_str() {
                "gone" => DisabledReasonBody::Gone,
                _ => DisabledReasonBody::Failing,
            }),
            disabled_at,
            former_secret_until: endpoint.former_secret_until,
            created_at: endpoint.created_at,
            secret: None,
        }
    }
}

/// A page of endpoints.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookEndpointsPage {
    /// In the order in which they were made.
    pub endpoints: Vec<WebhookEndpointBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<String>,
}

/// An attempt to send a message.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDeliveryBody {
    /// Its number: those of later ones are greater.
    #[schema(pattern = "^[1-9][0-9]{0,18}$")]
    pub id: String,
    /// When it began.
    pub at: DateTime<Utc>,
    /// The message, as its `webhook-id` names it.
    pub message: String,
    /// What it says: the type of an event, `journal_gap` or `test`.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The show; null of a test.
    #[schema(required)]
    pub show: Option<String>,
    /// The event's number in the show's journal, or that of the first event behind a gap; null of a test.
    #[schema(required, minimum = 1)]
    pub offset: Option<i64>,
    /// Which attempt at this message it was.
    #[schema(minimum = 1)]
    pub attempt: i32,
    /// The status of the answer; null where none came, or has not come yet.
    #[schema(required, minimum = 100, maximum = 999)]
    pub status: Option<i16>,
    /// Why it failed; null if it didn't.
    #[schema(required)]
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    #[schema(minimum = 0)]
    pub latency_ms: i32,
    /// When it is tried again; null if it isn't.
    #[schema(required)]
    pub next_attempt_at: Option<DateTime<Utc>>,
}

impl From<Delivery> for WebhookDeliveryBody {
    fn from(delivery: Delivery) -> Self {
        let (show, offset) = delivery.event.unzip();
        Self {
            id: delivery.number.to_string(),
            at: delivery.at,
            message: delivery.message,
            event_type: delivery.event_type,
            show: show.map(|show| show.to_string()),
            offset: offset.map(|offset| offset.0),
            attempt: delivery.attempt,
            status: delivery.status,
            error: delivery.error,
            latency_ms: delivery.latency_ms,
            next_attempt_at: delivery.next_attempt_at,
        }
    }
}

/// A page of what was sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookDeliveriesPage {
    /// From new to old.
    pub deliveries: Vec<WebhookDeliveryBody>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    pub next_after: Option<String>,
}

/// What is to be sent again.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookReplayBody {
    /// The show.
    pub show: String,
    /// All that happened after this offset of its journal.
    #[schema(minimum = 0)]
    pub after: i64,
}

/// What is sent again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayingWebhooksBody {
    /// The show.
    pub show: String,
    /// The endpoint is told of all that happened after this offset.
    #[schema(minimum = 0)]
    pub after: i64,
    /// The journal's offset when that was asked for.
    #[schema(minimum = 0)]
    pub journal_offset: i64,
}
