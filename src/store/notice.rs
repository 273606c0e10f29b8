//! Notices of providers: taken in once, however often they are sent.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;

use super::statement::{self, statement};
use domain::id::{PaymentId, ShowId};

statement! {
    struct TakeNotice("notice/take.sql") {
        provider: Text = &'static str,
        event: Text = String,
        show: Nullable<BigInt> = Option<i64>,
        payment: Nullable<SqlUuid> = Option<Uuid>,
        reference: Nullable<Text> = Option<String>,
    } -> ()
}

statement! {
    struct ForgetNotices("notice/forget.sql") { limit: BigInt = i64 } -> ()
}

/// Takes a notice in, and has the payment that it is about looked at; a notice that is known changes nothing.
pub fn take_notice(
    connection: &mut PgConnection,
    provider: &'static str,
    event: String,
    payment: Option<(ShowId, PaymentId)>,
    reference: Option<String>,
) -> QueryResult<()> {
    let statement = TakeNotice {
        provider,
        event,
        show: payment.map(|(show, _)| show.0),
        payment: payment.map(|(_, payment)| Uuid::from_u128(payment.0)),
        reference,
    };
    statement::execute(connection, statement).map(drop)
}

/// Forgets notices that no provider sends again, `limit` at most; says how many there were.
pub fn forget_notices(connection: &mut PgConnection, limit: i64) -> QueryResult<usize> {
    statement::execute(connection, ForgetNotices { limit })
}
