//! Payments and the outbox: what is still to be said to a provider.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, BigInt, Double, Integer, Nullable, SmallInt, Text, Uuid as SqlUuid};
use uuid::Uuid;

use super::row::corrupt;
use super::statement::{self, statement};
use crate::domain::id::{PaymentId, ShowId};
use crate::domain::reference::OrderNumber;

statement! {
    struct ReadPayment("payment/read.sql") { show: BigInt = i64, payment: SqlUuid = Uuid }
    -> (BigInt, SqlUuid, BigInt, Text, Text, BigInt, Text, SmallInt, Nullable<Text>)
}

statement! {
    struct LeaseOutbox("payment/lease_outbox.sql") { limit: BigInt = i64, lease_seconds: Double = f64 } -> (
        BigInt, SqlUuid, BigInt, Text, Text, BigInt, Text, SmallInt, Nullable<Text>, SmallInt, Integer,
    )
}

statement! {
    struct FinishOutbox("payment/finish_outbox.sql") {
        show: Array<BigInt> = Vec<i64>,
        payment: Array<SqlUuid> = Vec<Uuid>,
        action: Array<SmallInt> = Vec<i16>,
        from_state: Array<SmallInt> = Vec<i16>,
        to_state: Array<SmallInt> = Vec<i16>,
    } -> ()
}

statement! {
    struct PostponeOutbox("payment/postpone_outbox.sql") {
        show: BigInt = i64,
        payment: SqlUuid = Uuid,
        action: SmallInt = i16,
        error: Text = String,
        wait_seconds: Double = f64,
    } -> ()
}

/// Where a payment stands. The numbers are those in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentState {
    /// The provider is being asked.
    Authorising = 1,
    /// Its order is paid; the money is to be captured.
    Confirmed = 2,
    /// The money is there.
    Captured = 3,
    /// Its order is gone; the authorisation is to be given up.
    Voiding = 4,
    /// The authorisation is given up.
    Voided = 5,
    /// The provider refused.
    Rejected = 6,
    /// The money is to go back.
    Refunding = 7,
    /// The money went back.
    Refunded = 8,
}

impl PaymentState {
    const ALL: [Self; 8] = [
        Self::Authorising,
        Self::Confirmed,
        Self::Captured,
        Self::Voiding,
        Self::Voided,
        Self::Rejected,
        Self::Refunding,
        Self::Refunded,
    ];
}

/// What is to be said to a provider. The numbers are those in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboxAction {
    /// Whoever drove the payment may be gone: drive it to its end.
    Resolve = 1,
    /// Take the authorised money.
    Capture = 2,
    /// Give the authorisation up.
    Void = 3,
    /// Give captured money back.
    Refund = 4,
}

impl OutboxAction {
    const ALL: [Self; 4] = [Self::Resolve, Self::Capture, Self::Void, Self::Refund];

    /// The state of a payment for which this is to be done.
    pub const fn due(self) -> PaymentState {
        match self {
            Self::Resolve => PaymentState::Authorising,
            Self::Capture => PaymentState::Confirmed,
            Self::Void => PaymentState::Voiding,
            Self::Refund => PaymentState::Refunding,
        }
    }

    /// The state of a payment once this has been done.
    pub const fn done(self) -> PaymentState {
        match self {
            Self::Resolve => PaymentState::Authorising,
            Self::Capture => PaymentState::Captured,
            Self::Void => PaymentState::Voided,
            Self::Refund => PaymentState::Refunded,
        }
    }
}

/// A payment's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRecord {
    /// Its show.
    pub show: ShowId,
    /// Its id.
    pub id: PaymentId,
    /// Its order.
    pub order: OrderNumber,
    /// The provider's name.
    pub provider: String,
    /// The buyer's means of payment.
    pub payment_method: String,
    /// Minor units of `currency`.
    pub amount_minor_units: i64,
    /// ISO 4217.
    pub currency: String,
    /// Where it stands.
    pub state: PaymentState,
    /// Why it was refused.
    pub reason: Option<String>,
}

/// A leased row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxTask {
    /// The payment.
    pub payment: PaymentRecord,
    /// What is to be done.
    pub action: OutboxAction,
    /// How often it has been tried, this time included.
    pub attempts: i32,
}

type PaymentRow = (i64, Uuid, i64, String, String, i64, String, i16, Option<String>);

/// A payment.
pub fn read_payment(
    connection: &mut PgConnection,
    show: ShowId,
    payment: PaymentId,
) -> QueryResult<Option<PaymentRecord>> {
    let statement = ReadPayment {
        show: show.0,
        payment: Uuid::from_u128(payment.0),
    };
    statement::first(connection, statement)?
        .map(payment_record)
        .transpose()
}

/// Takes due rows of the outbox for `lease_seconds`; nobody else gets them in that time.
pub fn lease_outbox(
    connection: &mut PgConnection,
    limit: i64,
    lease_seconds: f64,
) -> QueryResult<Vec<OutboxTask>> {
    type Row = (
        i64,
        Uuid,
        i64,
        String,
        String,
        i64,
        String,
        i16,
        Option<String>,
        i16,
        i32,
    );
    let rows: Vec<Row> = statement::load(connection, LeaseOutbox { limit, lease_seconds })?;
    let tasks = rows
        .into_iter()
        .map(|(a, b, c, d, e, f, g, h, i, action, attempts)| {
            let action = OutboxAction::ALL
                .into_iter()
                .find(|known| *known as i16 == action);
            Ok(OutboxTask {
                payment: payment_record((a, b, c, d, e, f, g, h, i))?,
                action: action.ok_or_else(|| corrupt("an outbox action"))?,
                attempts,
            })
        });
    tasks.collect()
}

/// Writes down what has been done, in one statement. A row whose action has changed meanwhile stays for the new one.
pub fn finish_outbox(
    connection: &mut PgConnection,
    done: &[(&PaymentRecord, OutboxAction)],
) -> QueryResult<()> {
    let statement = FinishOutbox {
        show: done.iter().map(|(payment, _)| payment.show.0).collect(),
        payment: done
            .iter()
            .map(|(payment, _)| Uuid::from_u128(payment.id.0))
            .collect(),
        action: done.iter().map(|(_, action)| *action as i16).collect(),
        from_state: done.iter().map(|(_, action)| action.due() as i16).collect(),
        to_state: done.iter().map(|(_, action)| action.done() as i16).collect(),
    };
    statement::execute(connection, statement).map(drop)
}

/// Puts a row off, with the reason, if this is still what is to be done.
pub fn postpone_outbox(
    connection: &mut PgConnection,
    payment: &PaymentRecord,
    action: OutboxAction,
    error: &str,
    wait_seconds: f64,
) -> QueryResult<()> {
    let statement = PostponeOutbox {
        show: payment.show.0,
        payment: Uuid::from_u128(payment.id.0),
        action: action as i16,
        error: error.chars().take(200).collect(),
        wait_seconds,
    };
    statement::execute(connection, statement).map(drop)
}

fn payment_record(row: PaymentRow) -> QueryResult<PaymentRecord> {
    let (show, id, order, provider, payment_method, amount_minor_units, currency, state, reason) = row;
    let state = PaymentState::ALL.into_iter().find(|known| *known as i16 == state);
    Ok(PaymentRecord {
        show: ShowId(show),
        id: PaymentId(id.as_u128()),
        order: OrderNumber(order),
        provider,
        payment_method,
        amount_minor_units,
        currency,
        state: state.ok_or_else(|| corrupt("a payment's state"))?,
        reason,
    })
}
