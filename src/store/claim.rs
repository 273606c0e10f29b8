//! Idempotency keys of writes that pass no turnstile: taken in the transaction that writes.

use diesel::connection::Connection;
use diesel::pg::PgConnection;
use diesel::result::{Error, QueryResult};
use diesel::sql_types::{Binary, Bool, Text, Uuid as SqlUuid};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::batch::{IdempotencyKey, StoredAnswer};
use super::error::{StoreError, WriteOnceError, is_unanswered};
use super::row::corrupt;
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

statement! {
    struct FreeKey("claim/free.sql") { scope: SqlUuid = Uuid, key: Text = String } -> ()
}

/// Stands for an answer until it is decided, later in the same transaction: nobody else ever reads it.
const UNDECIDED: &str = "null";

/// What becomes of the key of a write that has been decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It was done: the decision is repeated for as long as any.
    Done,
    /// It was refused: the decision is repeated for a shorter time.
    Refusal,
    /// The request made no sense: the key is free for another one.
    Nothing,
}

/// Decides in a transaction, once a key: a decision and what it is about are written together, and whoever comes again gets
/// the decision. The key is taken first, so that whoever else has it waits before anything is touched.
pub fn decide_once<Decision: Serialize + DeserializeOwned>(
    connection: &mut PgConnection,
    key: Option<IdempotencyKey>,
    decide: impl FnOnce(&mut PgConnection) -> QueryResult<(Decision, Keep)>,
) -> Result<Decision, WriteOnceError> {
    let mut is_decided = false;
    let decided = connection.transaction(|connection| {
        let decided = match &key {
            Some(key) => decide_under(connection, key, decide)?,
            None => Some(decide(connection)?.0),
        };
        is_decided = true;
        Ok(decided)
    });
    match decided {
        Ok(decision) => decision.ok_or(WriteOnceError::KeyReused),
        // Up to its commit, a transaction whose connection breaks has certainly done nothing.
        Err(error) if is_decided && is_unanswered(&error) => Err(WriteOnceError::OutcomeUnknown),
        Err(error) => Err(StoreError::from(error).into()),
    }
}

/// What is decided now or was before; nothing if another request was.
fn decide_under<Decision: Serialize + DeserializeOwned>(
    connection: &mut PgConnection,
    key: &IdempotencyKey,
    decide: impl FnOnce(&mut PgConnection) -> QueryResult<(Decision, Keep)>,
) -> QueryResult<Option<Decision>> {
    let Some(before) = claim(connection, key)? else {
        let (decision, keep) = decide(connection)?;
        settle(connection, key, &decision, keep)?;
        return Ok(Some(decision));
    };
    if key.request_digest.as_slice() != before.request_digest {
        return Ok(None);
    }
    let decision: Result<Decision, _> = serde_json::from_str(&before.decision);
    decision.map(Some).map_err(|_not_one| corrupt("an answer"))
}

/// Takes a key for this transaction; gives what was answered under it before. Waits for another transaction that has just
/// taken it.
fn claim(connection: &mut PgConnection, key: &IdempotencyKey) -> QueryResult<Option<StoredAnswer>> {
    let scope = Uuid::from_u128(key.scope);
    let statement = ClaimKey {
        scope,
        key: key.key.to_string(),
        digest: key.request_digest.to_vec(),
        decision: UNDECIDED.to_owned(),
    };
    if statement::execute(connection, statement)? == 1 {
        return Ok(None);
    }
    let key = key.key.to_string();
    let (request_digest, decision) = statement::one(connection, ReadKey { scope, key })?;
    Ok(Some(StoredAnswer {
        request_digest,
        decision,
    }))
}

fn settle<Decision: Serialize>(
    connection: &mut PgConnection,
    key: &IdempotencyKey,
    decision: &Decision,
    keep: Keep,
) -> QueryResult<()> {
    let (scope, key) = (Uuid::from_u128(key.scope), key.key.to_string());
    let rows = if keep == Keep::Nothing {
        statement::execute(connection, FreeKey { scope, key })?
    } else {
        let decision = serde_json::to_string(decision);
        let statement = SettleAnswer {
            scope,
            key,
            decision: decision.map_err(|error| Error::SerializationError(error.into()))?,
            is_refusal: keep == Keep::Refusal,
        };
        statement::execute(connection, statement)?
    };
    if rows == 1 { Ok(()) } else { Err(Error::NotFound) }
}
