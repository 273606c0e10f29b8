//! Notices of providers: taken in once, however often they are sent.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid};
use uuid::Uuid;

use super::statement::{self, statement};
use domain::id::PaymentId;

statement! {
    struct TakeNotices("notice/take.sql") {
        provider: Array<Text> = Vec<&'static str>,
        event: Array<Text> = Vec<String>,
        show: Array<Nullable<BigInt>> = Vec<Option<i64>>,
        payment: Array<Nullable<SqlUuid>> = Vec<Option<Uuid>>,
        reference: Array<Nullable<Text>> = Vec<Option<String>>,
        money_back: Array<Nullable<BigInt>> = Vec<Option<i64>>,
    } -> ()
}

statement! {
    struct ForgetNotices("notice/forget.sql") { limit: BigInt = i64 } -> ()
}

/// A notice that a provider has sent, maybe once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotice {
    /// The provider.
    pub provider: &'static str,
    /// The provider's name for the notice, the same each time it is sent.
    pub event: String,
    /// The payment that it is about, by the name that both sides know.
    pub payment: Option<PaymentId>,
    /// The same by the provider's own name.
    pub reference: Option<String>,
    /// Of one that tells of money that went back: how much in all, in minor units; the most there is, if it isn't told.
    pub money_back: Option<i64>,
}

/// Takes notices in, and has the payments that they are about looked at; one that is known changes nothing.
pub fn take_notices(connection: &mut PgConnection, notices: &[NewNotice]) -> QueryResult<()> {
    let payments = || notices.iter().map(|notice| notice.payment);
    let statement = TakeNotices {
        provider: notices.iter().map(|notice| notice.provider).collect(),
        event: notices.iter().map(|notice| notice.event.clone()).collect(),
        show: payments().map(|payment| Some(payment?.show().0)).collect(),
        payment: payments()
            .map(|payment| Some(Uuid::from_u128(payment?.0)))
            .collect(),
        reference: notices.iter().map(|notice| notice.reference.clone()).collect(),
        money_back: notices.iter().map(|notice| notice.money_back).collect(),
    };
    statement::execute(connection, statement).map(drop)
}

/// Forgets notices that no provider sends again, `limit` at most; says how many there were.
pub fn forget_notices(connection: &mut PgConnection, limit: i64) -> QueryResult<usize> {
    statement::execute(connection, ForgetNotices { limit })
}
