//! Earlier idempotency keys, and forgetting refusals.

use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Double, Text, Uuid as SqlUuid};
use uuid::Uuid;

use super::batch::IdempotencyKey;
use super::statement::{self, statement};
use domain::id::ShowId;

statement! {
    struct ForgetRefusals("idempotency/forget_refusals.sql") { age_seconds: Double = f64, limit: BigInt = i64 } -> ()
}

statement! {
    struct IsKnown("idempotency/is_known.sql") { show: BigInt = i64, scope: SqlUuid = Uuid, key: Text = String } -> (Bool,)
}

/// Forgets some refusals of this age or more, `limit` at most; says how many.
pub fn forget_refusals(connection: &mut PgConnection, age: Duration, limit: i64) -> QueryResult<usize> {
    let statement = ForgetRefusals {
        age_seconds: age.as_secs_f64(),
        limit,
    };
    statement::execute(connection, statement)
}

/// Whether a key has come before, with whatever request.
pub fn is_known(connection: &mut PgConnection, show: ShowId, key: &IdempotencyKey) -> QueryResult<bool> {
    let statement = IsKnown {
        show: show.0,
        scope: Uuid::from_u128(key.scope),
        key: key.key.to_string(),
    };
    let row: Option<(bool,)> = statement::first(connection, statement)?;
    Ok(row.is_some())
}
