//! Payments as their rows have them.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text, Uuid as SqlUuid};
use uuid::Uuid;

use super::batch::IdempotencyKey;
use super::row::corrupt;
use super::statement::{self, statement};
use domain::id::{Offset, PaymentId, SessionId, ShowId};
use domain::outcome::Decision;
use domain::reference::OrderNumber;

statement! {
    struct ReadPayment("payment/read.sql") { show: BigInt = i64, payment: SqlUuid = Uuid } -> (
        BigInt, SqlUuid, BigInt, Text, Text, BigInt, Text, SmallInt, Nullable<Text>, Nullable<Text>, Nullable<Text>, Nullable<Text>,
        Bool,
    )
}

statement! {
    struct ReadBefore("payment/read_before.sql") {
        show: BigInt = i64,
        order: BigInt = i64,
        session: SqlUuid = Uuid,
        scope: Nullable<SqlUuid> = Option<Uuid>,
        key: Nullable<Text> = Option<String>,
    } -> (Bool, Nullable<SqlUuid>)
}

statement! {
    struct ForgetBegin("payment/forget_begin.sql") {
        show: BigInt = i64,
        scope: SqlUuid = Uuid,
        key: Text = String,
        decision: Text = String,
    } -> ()
}

statement! {
    struct ReadPaidOffset("payment/read_paid_offset.sql") { show: BigInt = i64, order: BigInt = i64 } -> (BigInt,)
}

statement! {
    struct NoteAction("payment/note_action.sql") {
        show: BigInt = i64,
        payment: SqlUuid = Uuid,
        reference: Text = String,
        action_url: Text = String,
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
    /// The provider's own name for it, once it is known.
    pub reference: Option<String>,
    /// The page on which the buyer has to do something first.
    pub action_url: Option<String>,
    /// Where that page sends the buyer back to.
    pub return_url: Option<String>,
    /// Whether money was ever set aside.
    pub is_authorised: bool,
}

/// What a request to pay meets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PaymentsBefore {
    /// Whether its key has come before, with whatever request.
    pub is_key_known: bool,
    /// The order's payment that waits for the buyer at a page.
    pub waiting: Option<PaymentId>,
}

/// The columns of a payment's row.
pub(super) type PaymentRow = (
    i64,
    Uuid,
    i64,
    String,
    String,
    i64,
    String,
    i16,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    bool,
);

/// A payment as it stands; `None` if there is none of that id.
pub fn read_payment(
    connection: &mut PgConnection,
    show: ShowId,
    payment: PaymentId,
) -> QueryResult<Option<PaymentRecord>> {
    let statement = ReadPayment {
        show: show.0,
        payment: Uuid::from_u128(payment.0),
    };
    let row: Option<PaymentRow> = statement::first(connection, statement)?;
    row.map(payment_record).transpose()
}

/// What a session's request to pay its order meets; `None` if the session has no such order.
pub fn read_before(
    connection: &mut PgConnection,
    show: ShowId,
    order: OrderNumber,
    session: SessionId,
    key: Option<&IdempotencyKey>,
) -> QueryResult<Option<PaymentsBefore>> {
    let statement = ReadBefore {
        show: show.0,
        order: order.0,
        session: Uuid::from_u128(session.0),
        scope: key.map(|key| Uuid::from_u128(key.scope)),
        key: key.map(|key| key.key.clone()),
    };
    let row: Option<(bool, Option<Uuid>)> = statement::first(connection, statement)?;
    Ok(row.map(|(is_key_known, waiting)| PaymentsBefore {
        is_key_known,
        waiting: waiting.map(|id| PaymentId(id.as_u128())),
    }))
}

/// Frees a key whose answer is still this payment's begin.
pub fn forget_begin(
    connection: &mut PgConnection,
    show: ShowId,
    key: &IdempotencyKey,
    begun: &Decision,
) -> QueryResult<()> {
    let statement = ForgetBegin {
        show: show.0,
        scope: Uuid::from_u128(key.scope),
        key: key.key.clone(),
        decision: serde_json::to_string(begun)
            .map_err(|error| diesel::result::Error::SerializationError(error.into()))?,
    };
    statement::execute(connection, statement).map(drop)
}

/// The offset of an order's `paid` event, of which there is one at most.
pub fn read_paid_offset(
    connection: &mut PgConnection,
    show: ShowId,
    order: OrderNumber,
) -> QueryResult<Option<Offset>> {
    let statement = ReadPaidOffset {
        show: show.0,
        order: order.0,
    };
    let row: Option<(i64,)> = statement::first(connection, statement)?;
    Ok(row.map(|(offset,)| Offset(offset)))
}

/// Writes down what the buyer has to do before the payment can go on, unless it has ended.
pub fn note_action(
    connection: &mut PgConnection,
    show: ShowId,
    payment: PaymentId,
    reference: String,
    action_url: String,
) -> QueryResult<()> {
    let statement = NoteAction {
        show: show.0,
        payment: Uuid::from_u128(payment.0),
        reference,
        action_url,
    };
    statement::execute(connection, statement).map(drop)
}

pub(super) fn payment_record(row: PaymentRow) -> QueryResult<PaymentRecord> {
    let (
        show,
        id,
        order,
        provider,
        payment_method,
        amount_minor_units,
        currency,
        state,
        reason,
        reference,
        action_url,
        return_url,
        is_authorised,
    ) = row;
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
        reference,
        action_url,
        return_url,
        is_authorised,
    })
}
