//! Payments as their rows have them.

use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text, Uuid as SqlUuid};
use uuid::Uuid;

use super::row::{self, corrupt};
use super::statement::{self, statement};
use domain::id::{PaymentId, ShowId};
use domain::money::Currency;
pub use domain::payment::PaymentState;
use domain::payment::{Decline, DeclineCode};
use domain::reference::OrderNumber;

statement! {
    struct ReadPayment("payment/read.sql") { show: BigInt = i64, payment: SqlUuid = Uuid } -> PaymentColumns
}

statement! {
    struct NoteAction("payment/note_action.sql") {
        show: BigInt = i64,
        payment: SqlUuid = Uuid,
        reference: Text = String,
        action_url: Text = String,
    } -> ()
}

statement! {
    struct NoteDecline("payment/note_decline.sql") {
        show: BigInt = i64,
        payment: SqlUuid = Uuid,
        code: Text = &'static str,
    } -> ()
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
    pub currency: Currency,
    /// Where it stands.
    pub state: PaymentState,
    /// Why it was refused.
    pub decline: Option<Decline>,
    /// The provider's own name for it, once it is known.
    pub reference: Option<String>,
    /// The page on which the buyer has to do something first.
    pub action_url: Option<String>,
    /// Where that page sends the buyer back to.
    pub return_url: Option<String>,
    /// Whether money was ever set aside.
    pub is_authorised: bool,
}

/// The SQL types of the columns that a payment is read from, in the order of every statement that reads one.
pub(super) type PaymentColumns = (
    BigInt,
    SqlUuid,
    BigInt,
    Text,
    Text,
    BigInt,
    Text,
    SmallInt,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Nullable<Text>,
    Bool,
);

/// Those columns as they are read.
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

/// Records the page that the buyer has to visit before the payment can go on, unless it has ended.
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

/// Records why a payment is about to be refused, unless it has ended.
pub fn note_decline(
    connection: &mut PgConnection,
    show: ShowId,
    payment: PaymentId,
    code: DeclineCode,
) -> QueryResult<()> {
    let statement = NoteDecline {
        show: show.0,
        payment: Uuid::from_u128(payment.0),
        code: code.name(),
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
        decline_code,
        reference,
        action_url,
        return_url,
        is_authorised,
    ) = row;
    Ok(PaymentRecord {
        show: ShowId(show),
        id: PaymentId(id.as_u128()),
        order: OrderNumber(order),
        provider,
        payment_method,
        amount_minor_units,
        currency: row::currency(currency)?,
        state: PaymentState::from_number(state).ok_or_else(|| corrupt("a payment's state"))?,
        decline: reason.map(|reason| Decline::of_row(reason, decline_code.as_deref())),
        reference,
        action_url,
        return_url,
        is_authorised,
    })
}
