//! Forgetting answers that nobody can ask for any more.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::BigInt;

use super::statement::{self, statement};

statement! {
    struct ForgetAnswers("idempotency/forget.sql") { limit: BigInt = i64 } -> ()
}

/// Forgets some answers of shows that ended 24 hours ago or more, `limit` at most; says how many. Answers about no show
/// are kept for 24 hours.
pub fn forget_answers(connection: &mut PgConnection, limit: i64) -> QueryResult<usize> {
    statement::execute(connection, ForgetAnswers { limit })
}
