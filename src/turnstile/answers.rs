//! Recent final answers by idempotency key: a repeated request is answered without a batch.

use std::sync::{Arc, Mutex, PoisonError};

use super::error::{PassError, Passed};
use super::recent::Recent;
use crate::store::batch::IdempotencyKey;
use domain::id::ShowId;
use domain::outcome::{Decision, Outcome};

/// Answers kept; twice as many at the most. The database has all of them: these are for who repeats at once. With more of them what is
/// allocated meanwhile falls out of the processor's cache, and every command pays for it.
const ANSWERS_MAX: usize = 512;

type Key = (ShowId, u128, Arc<str>);

/// An answer and the digest of the request it answered.
type Answer = ([u8; 32], Arc<Decision>);

/// The answers of a node.
pub struct Answers(Mutex<Recent<Key, Answer>>);

impl Answers {
    /// None yet.
    pub fn new() -> Self {
        Self(Mutex::new(Recent::new(ANSWERS_MAX)))
    }

    /// The answer to a request, if it came before under this key.
    pub fn find(&self, show: ShowId, key: &IdempotencyKey) -> Option<Passed> {
        let answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (digest, decision) = answers.get(&(show, key.scope, key.key.clone()))?;
        Some(if *digest == key.request_digest {
            Ok(decision.clone())
        } else {
            Err(PassError::KeyReused)
        })
    }

    /// Keeps a committed answer, unless it is provisional.
    pub fn keep(&self, show: ShowId, key: &IdempotencyKey, decision: &Arc<Decision>) {
        if matches!(decision.outcome, Outcome::PaymentBegun(_)) {
            return;
        }
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = (key.request_digest, decision.clone());
        answers.put((show, key.scope, key.key.clone()), answer);
    }
}
