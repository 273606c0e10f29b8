//! What the ledger says of payments, to be compared with what their provider says.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{
    Array, BigInt, Bool, Double, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use super::database::WHOLE_TABLES_SESSION;
use super::outbox::{OutboxAction, TaskId, look_at};
use super::row::corrupt;
use super::statement::{self, statement};
use domain::id::PaymentId;

statement! {
    struct ReadBalances("reconcile/balances.sql") {
        shows: Array<BigInt> = Vec<i64>,
        payments: Array<SqlUuid> = Vec<Uuid>,
        provider: Text = &'static str,
    } -> (SqlUuid, Nullable<Text>, Text, BigInt, BigInt, BigInt, BigInt, BigInt, Bool)
}

statement! {
    struct NoteSeen("reconcile/note_seen.sql") { payments: Array<SqlUuid> = Vec<Uuid> } -> ()
}

statement! {
    struct FindStuck("reconcile/stuck.sql") { after_seconds: Double = f64, limit: BigInt = i64 } -> (
        SqlUuid, Text, SmallInt, Nullable<Timestamptz>, Text,
    )
}

statement! {
    struct NotSeen("reconcile/not_seen.sql") {
        provider: Text = &'static str,
        before: Timestamptz = DateTime<Utc>,
        after: SqlUuid = Uuid,
        limit: BigInt = i64,
    } -> (SqlUuid, Bool)
}

/// What the ledger says of a payment. Amounts in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The payment.
    pub payment: PaymentId,
    /// The provider's own name for it.
    pub reference: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// What is set aside.
    pub authorised: i64,
    /// What was taken.
    pub captured: i64,
    /// What went back.
    pub refunded: i64,
    /// What the provider kept.
    pub fee: i64,
    /// What the buyer's bank has called back, and not given back again.
    pub disputed: i64,
    /// Whether there is something that the provider has not been told yet.
    pub under_way: bool,
}

/// What is to be said to a provider and isn't.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// The payment.
    pub payment: PaymentId,
    /// The provider.
    pub provider: String,
    /// What is to be said.
    pub action: OutboxAction,
    /// When the program gave it up; none if nobody works on it.
    pub dead_at: Option<DateTime<Utc>>,
    /// Why it failed the last time.
    pub last_error: String,
}

/// What was given up, or was due `after` ago and nobody has tried since; `limit` at most.
pub fn find_stuck(connection: &mut PgConnection, after: Duration, limit: i64) -> QueryResult<Vec<Stuck>> {
    type Row = (Uuid, String, i16, Option<DateTime<Utc>>, String);
    let statement = FindStuck {
        after_seconds: after.as_secs_f64(),
        limit,
    };
    let rows: Vec<Row> = statement::load(connection, statement)?;
    let stuck = rows
        .into_iter()
        .map(|(payment, provider, action, dead_at, last_error)| {
            Ok(Stuck {
                payment: PaymentId(payment.as_u128()),
                provider,
                action: OutboxAction::from_number(action).ok_or_else(|| corrupt("an outbox action"))?,
                dead_at,
                last_error,
            })
        });
    stuck.collect()
}

/// Begins a comparison on this connection; gives the time of its beginning.
pub fn begin(connection: &mut PgConnection) -> QueryResult<DateTime<Utc>> {
    connection.batch_execute(WHOLE_TABLES_SESSION)?;
    connection.batch_execute(
        "DROP TABLE IF EXISTS seen_payments; CREATE TEMP TABLE seen_payments (payment_id uuid PRIMARY KEY)",
    )?;
    diesel::select(sql::<Timestamptz>("clock_timestamp()")).get_result(connection)
}

/// What the ledger says of a provider's payments; those that the office doesn't know are left out. They count as seen.
pub fn read_balances(
    connection: &mut PgConnection,
    provider: &'static str,
    payments: &[PaymentId],
) -> QueryResult<Vec<Balance>> {
    type Row = (Uuid, Option<String>, String, i64, i64, i64, i64, i64, bool);
    let ids: Vec<Uuid> = payments
        .iter()
        .map(|payment| Uuid::from_u128(payment.0))
        .collect();
    statement::execute(
        connection,
        NoteSeen {
            payments: ids.clone(),
        },
    )?;
    let statement = ReadBalances {
        shows: payments.iter().map(|payment| payment.show().0).collect(),
        payments: ids,
        provider,
    };
    let rows: Vec<Row> = statement::load(connection, statement)?;
    let balance =
        |(payment, reference, currency, authorised, captured, refunded, fee, disputed, under_way): Row| {
            Balance {
                payment: PaymentId(payment.as_u128()),
                reference,
                currency,
                authorised,
                captured,
                refunded,
                fee,
                disputed,
                under_way,
            }
        };
    Ok(rows.into_iter().map(balance).collect())
}

/// Has a node look at a payment of which more went back at the provider than is known here.
pub fn look_at_payment(connection: &mut PgConnection, payment: PaymentId) -> QueryResult<()> {
    let id = TaskId {
        show: payment.show(),
        payment,
        refund: None,
    };
    look_at(connection, id)
}

/// Payments with money in the ledger that began before an instant and have not been seen, after one of them; and whether
/// there is something that the provider has not been told yet.
pub fn not_seen(
    connection: &mut PgConnection,
    provider: &'static str,
    before: DateTime<Utc>,
    after: PaymentId,
    limit: i64,
) -> QueryResult<Vec<(PaymentId, bool)>> {
    let statement = NotSeen {
        provider,
        before,
        after: Uuid::from_u128(after.0),
        limit,
    };
    let rows: Vec<(Uuid, bool)> = statement::load(connection, statement)?;
    Ok(rows
        .into_iter()
        .map(|(payment, under_way)| (PaymentId(payment.as_u128()), under_way))
        .collect())
}
