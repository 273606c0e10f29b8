//! What was paid for an order, and what of that went back.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Nullable, SmallInt, Uuid as SqlUuid};
use uuid::Uuid;

use super::payment::{PaymentColumns, PaymentRecord, PaymentRow, payment_record};
use super::row::corrupt;
use super::statement::{self, statement};
use domain::id::{PaymentId, ShowId};
use domain::payment::DisputeState;
use domain::reference::OrderNumber;

statement! {
    struct ReadLast("order_money/read.sql") { show: BigInt = i64, order: BigInt = i64 } -> MoneyColumns
}

statement! {
    struct ReadPayment("order_money/read_payment.sql") { show: BigInt = i64, order: BigInt = i64, payment: SqlUuid = Uuid } -> MoneyColumns
}

type MoneyColumns = (
    PaymentColumns,
    BigInt,
    Nullable<BigInt>,
    Nullable<SmallInt>,
    BigInt,
);
type Row = (PaymentRow, i64, Option<i64>, Option<i16>, i64);

/// A payment of an order, and what went back of it. Amounts in minor units.
#[derive(Debug, Clone)]
pub struct PaymentMoney {
    /// The payment.
    pub payment: PaymentRecord,
    /// What has gone back or is about to, whoever asked for it.
    pub refunded: i64,
    /// What has gone back of its order's money or is about to, of this payment and of older ones.
    pub order_refunded: i64,
    /// What the buyer's bank has called back the last time, and how that stands.
    pub dispute: Option<(i64, DisputeState)>,
}

/// An order's last payment: the one that is under way or has its money, else the last one that had some, else the last one.
pub fn read_last_payment(
    connection: &mut PgConnection,
    show: ShowId,
    order: OrderNumber,
) -> QueryResult<Option<PaymentMoney>> {
    let statement = ReadLast {
        show: show.0,
        order: order.0,
    };
    let row: Option<Row> = statement::first(connection, statement)?;
    row.map(payment_money).transpose()
}

/// A payment of this order; `None` if it has none of that id.
pub fn read_order_payment(
    connection: &mut PgConnection,
    show: ShowId,
    order: OrderNumber,
    payment: PaymentId,
) -> QueryResult<Option<PaymentMoney>> {
    let statement = ReadPayment {
        show: show.0,
        order: order.0,
        payment: Uuid::from_u128(payment.0),
    };
    let row: Option<Row> = statement::first(connection, statement)?;
    row.map(payment_money).transpose()
}

fn payment_money(row: Row) -> QueryResult<PaymentMoney> {
    let (payment, refunded, disputed, state, order_refunded) = row;
    let state =
        state.map(|state| DisputeState::from_number(state).ok_or_else(|| corrupt("a dispute's state")));
    Ok(PaymentMoney {
        payment: payment_record(payment)?,
        refunded,
        order_refunded,
        dispute: disputed.zip(state.transpose()?),
    })
}
