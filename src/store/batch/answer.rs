//! Answers that are kept under idempotency keys.

use std::sync::Arc;

/// A command's idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// The owner of the key: a session, or the organiser's key. Keys of different owners never meet.
    pub scope: u128,
    /// The key as the client sent it.
    pub key: Arc<str>,
    /// SHA-256 of the request, so that the same key with another body is noticed.
    pub request_digest: [u8; 32],
}

/// An answer given before under an idempotency key.
#[derive(Debug, Clone)]
pub struct StoredAnswer {
    /// SHA-256 of the request it answered.
    pub request_digest: Vec<u8>,
    /// The decision, as JSON.
    pub decision: String,
}

/// An answer to be kept under an idempotency key that has none.
#[derive(Debug)]
pub struct NewAnswer<'a> {
    /// The key.
    pub key: &'a IdempotencyKey,
    /// The decision, as JSON.
    pub decision: String,
    /// False where the end of a payment gives the final answer.
    pub is_final: bool,
    /// Whether nothing changed: such an answer is forgotten after minutes.
    pub is_refusal: bool,
}
