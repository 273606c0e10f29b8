//! Idempotency keys of writes that are about no show: taken in the transaction that writes.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Binary, Bool, Text, Uuid as SqlUuid};
use serde::Serialize;
use uuid::Uuid;

use super::batch::{IdempotencyKey, StoredAnswer};
use super::statement::{self, statement};

statement! {
    struct ClaimKey("claim/claim.sql") {
        scope: SqlUuid = Uuid,
        key: Text = String,
        digest: Binary = Vec<u8>,
        decision: Text = String,
    } -> ()
}

statement! {
    struct ReadKey("claim/read.sql") { scope: SqlUuid = Uuid, key: Text = String } -> (Binary, Text)
}

statement! {
    struct SettleAnswer("claim/settle.sql") {
        scope: SqlUuid = Uuid,
        key: Text = String,
        decision: Text = String,
        is_refusal: Bool = bool,
    } -> ()
}

/// Stands for an answer until it is decided, later in the same transaction: nobody else ever reads it.
const UNDECIDED: &str = "null";

/// Whether a row was written now or an earlier request with the same key had written it.
#[derive(Debug)]
pub enum Inserted {
    /// Now.
    Now,
    /// Earlier; this is what was answered then.
    Before(StoredAnswer),
}

/// An answer that is written together with what it is about.
#[derive(Debug)]
pub struct Claim {
    /// The key.
    pub key: IdempotencyKey,
    /// What is answered, as JSON.
    pub answer: String,
}

/// Takes a key for this transaction. Waits for another transaction that has just taken it.
pub fn claim_key(connection: &mut PgConnection, claim: Option<Claim>) -> QueryResult<Option<StoredAnswer>> {
    let Some(Claim { key, answer }) = claim else {
        return Ok(None);
    };
    let scope = Uuid::from_u128(key.scope);
    let digest = key.request_digest.to_vec();
    let statement = ClaimKey {
        scope,
        key: key.key.clone(),
        digest,
        decision: answer,
    };
    if statement::execute(connection, statement)? == 1 {
        return Ok(None);
    }
    let (request_digest, decision) = statement::one(connection, ReadKey { scope, key: key.key })?;
    Ok(Some(StoredAnswer {
        request_digest,
        decision,
    }))
}

/// Takes a key for this transaction, before it is decided what the answer is: [`settle_answer`] says that.
pub fn begin_answer(
    connection: &mut PgConnection,
    key: &IdempotencyKey,
) -> QueryResult<Option<StoredAnswer>> {
    let claim = Claim {
        key: key.clone(),
        answer: UNDECIDED.to_owned(),
    };
    claim_key(connection, Some(claim))
}

/// Keeps the answer under a key that this transaction has taken.
pub fn settle_answer<Decision: Serialize>(
    connection: &mut PgConnection,
    key: &IdempotencyKey,
    decision: &Decision,
    is_refusal: bool,
) -> QueryResult<()> {
    let decision = serde_json::to_string(decision);
    let statement = SettleAnswer {
        scope: Uuid::from_u128(key.scope),
        key: key.key.clone(),
        decision: decision.map_err(|error| diesel::result::Error::SerializationError(error.into()))?,
        is_refusal,
    };
    match statement::execute(connection, statement)? {
        1 => Ok(()),
        _ => Err(diesel::result::Error::NotFound),
    }
}
