//! Payments on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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

/// A payment that waits for the buyer.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentActionBody {
    /// The order's reference.
    pub order: String,
    /// Always `action_required`.
    pub state: String,
    /// The provider that takes the payment; another than was asked for, if that one didn't answer.
    pub provider: String,
    /// The page on which the buyer goes on. Then ask again with the same key, or look at the order.
    pub action_url: String,
}
