//! Keys that have come before, and forgetting answers that nobody can ask for any more.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Text, Uuid as SqlUuid};
use uuid::Uuid;

use super::batch::IdempotencyKey;
use super::statement::{self, statement};
use domain::id::ShowId;

statement! {
    struct ForgetAnswers("idempotency/forget.sql") { limit: BigInt = i64 } -> ()
}

statement! {
    struct IsKnown("idempotency/is_known.sql") { show: BigInt = i64, scope: SqlUuid = Uuid, key: Text = String } -> (Bool,)
}

/// Forgets some answers of shows that ended 24 hours ago or more, `limit` at most; says how many. Answers about no show
/// are kept for 24 hours.
pub fn forget_answers(connection: &mut PgConnection, limit: i64) -> QueryResult<usize> {
    statement::execute(connection, ForgetAnswers { limit })
}

/// Whether a key has come before, with whatever request.
pub fn is_known(connection: &mut PgConnection, show: ShowId, key: &IdempotencyKey) -> QueryResult<bool> {
    let statement = IsKnown {
        show: show.0,
        scope: Uuid::from_u128(key.scope),
        key: key.key.clone(),
    };
    let row: Option<(bool,)> = statement::first(connection, statement)?;
    Ok(row.is_some())
}
