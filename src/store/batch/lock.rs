//! The lock call: everything that the decision about a batch may rest on, read under the shows' locks.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Integer, Nullable, Record, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use super::answer::{IdempotencyKey, StoredAnswer};
use super::rows::{
    NamedCode, NamedCodeRow, NamedKey, NamedKeyRow, NamedOrder, NamedOrderRow, NamedPayment, NamedPaymentRow,
};
use crate::store::row::{self, corrupt};
use crate::store::statement::{self, statement};
use domain::code::{CodeId, CodeWord, KnownCode};
use domain::decide::{KnownCredit, KnownOrder, KnownPayment, KnownRows, OrderState};
use domain::event::{Event, HoldTerms};
use domain::id::{Offset, PaymentId, ShowId};
use domain::payment::{Decline, PaymentState};
use domain::reference::OrderNumber;
use domain::transfers::Transfers;

/// Most missed events of one show that the lock call returns; further ones are read page by page.
const MISSED_EVENTS_MAX: i32 = 1_000;

type Head = (BigInt, BigInt, Bool);
type MissedEvent = (
    BigInt,
    BigInt,
    Timestamptz,
    SmallInt,
    Nullable<BigInt>,
    Array<Integer>,
    Array<Integer>,
    Nullable<Array<SmallInt>>,
    Nullable<Integer>,
    Nullable<SqlUuid>,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<Text>,
    Nullable<Text>,
);
type Answer = (Integer, Binary, Text);
type Order = (
    BigInt,
    BigInt,
    SmallInt,
    SqlUuid,
    Timestamptz,
    Timestamptz,
    Timestamptz,
    BigInt,
    Array<Integer>,
    Array<Integer>,
    Nullable<Array<BigInt>>,
    Nullable<Text>,
    Bool,
    Nullable<SqlUuid>,
    Nullable<BigInt>,
    Nullable<SqlUuid>,
    Array<SmallInt>,
    BigInt,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Nullable<Array<SmallInt>>,
    Nullable<BigInt>,
    Array<SmallInt>,
);
type Credit = (BigInt, BigInt, SqlUuid, BigInt, BigInt);
type Code = (
    BigInt,
    BigInt,
    Text,
    Text,
    Nullable<Integer>,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
    Nullable<Timestamptz>,
);
type Payment = (
    BigInt,
    SqlUuid,
    SmallInt,
    Bool,
    Nullable<Text>,
    Nullable<Text>,
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    BigInt,
    Bool,
);

statement! {
    struct LockShows("lock_shows.sql") {
        shows: Array<BigInt> = Vec<i64>,
        known_offsets: Array<BigInt> = Vec<i64>,
        events_max: Integer = i32,
        keys: Array<NamedKey> = Vec<NamedKeyRow>,
        orders: Array<NamedOrder> = Vec<NamedOrderRow>,
        payments: Array<NamedPayment> = Vec<NamedPaymentRow>,
        codes: Array<NamedCode> = Vec<NamedCodeRow>,
    } -> (
        Timestamptz,
        Nullable<Array<Record<Head>>>,
        Nullable<Array<Record<MissedEvent>>>,
        Nullable<Array<Record<Answer>>>,
        Nullable<Array<Record<Order>>>,
        Nullable<Array<Record<Payment>>>,
        Nullable<Array<Record<Code>>>,
        Nullable<Array<Record<Credit>>>,
    )
}

statement! {
    struct LockShow("lock_show.sql") { show: BigInt = i64 } -> ()
}

/// A show to be locked.
#[derive(Debug, Clone, Copy)]
pub struct ShowToLock {
    /// The show.
    pub show: ShowId,
    /// The offset of the state in memory, if there is one.
    pub known: Option<Offset>,
}

/// The rows that a batch's commands name.
#[derive(Debug, Default)]
pub struct NamedRows<'a> {
    /// Idempotency keys.
    pub keys: Vec<(ShowId, &'a IdempotencyKey)>,
    /// Orders.
    pub orders: Vec<(ShowId, OrderNumber)>,
    /// Payments.
    pub payments: Vec<(ShowId, PaymentId)>,
    /// Codes.
    pub codes: Vec<(ShowId, &'a CodeWord)>,
}

/// What the lock call found.
#[derive(Debug)]
pub struct LockedBatch {
    /// The database's clock, read after the locks were taken.
    pub now: DateTime<Utc>,
    /// A show is missing if there is none, or if it was one of several and someone else has it.
    pub shows: HashMap<ShowId, LockedShow>,
    /// Answers already given, by the position of the key in the call.
    pub answers: HashMap<usize, StoredAnswer>,
}

/// What the lock call found of one show.
#[derive(Debug, Default)]
pub struct LockedShow {
    /// The journal's last offset.
    pub head: Offset,
    /// The events that memory has missed, in order; none if there were too many.
    pub missed: Vec<Event>,
    /// The rows that its commands name.
    pub known: KnownRows,
}

type OrderRow = (
    i64,
    i64,
    i16,
    Uuid,
    DateTime<Utc>,
    DateTime<Utc>,
    DateTime<Utc>,
    i64,
    Vec<i32>,
    Vec<i32>,
    Option<Vec<i64>>,
    Option<String>,
    bool,
    Option<Uuid>,
    Option<i64>,
    Option<Uuid>,
    Vec<i16>,
    i64,
    Option<i64>,
    Option<i64>,
    Option<Vec<i16>>,
    Option<i64>,
    Vec<i16>,
);
type CreditRow = (i64, i64, Uuid, i64, i64);
type CodeRow = (
    i64,
    i64,
    String,
    String,
    Option<i32>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
);
type PaymentRow = (
    i64,
    Uuid,
    i16,
    bool,
    Option<String>,
    Option<String>,
    i64,
    i64,
    i64,
    i64,
    i64,
    bool,
);
type EventRow = (
    i64,
    i64,
    DateTime<Utc>,
    i16,
    Option<i64>,
    Vec<i32>,
    Vec<i32>,
    Option<Vec<i16>>,
    Option<i32>,
    Option<Uuid>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<String>,
    Option<String>,
);

/// Waits for a show's lock. What the decision rests on is read by [`lock_shows`] afterwards.
pub fn lock_show(connection: &mut PgConnection, show: ShowId) -> QueryResult<()> {
    statement::execute(connection, LockShow { show: show.0 }).map(drop)
}

/// Takes the shows' locks and reads what the batch depends on. The lock of a single show is waited for; of several shows,
/// those are left out that someone else has locked.
pub fn lock_shows(
    connection: &mut PgConnection,
    shows: &[ShowToLock],
    named: &NamedRows<'_>,
) -> QueryResult<LockedBatch> {
    type Row = (
        DateTime<Utc>,
        Option<Vec<(i64, i64, bool)>>,
        Option<Vec<EventRow>>,
        Option<Vec<(i32, Vec<u8>, String)>>,
        Option<Vec<OrderRow>>,
        Option<Vec<PaymentRow>>,
        Option<Vec<CodeRow>>,
        Option<Vec<CreditRow>>,
    );
    let known_offset = |show: &ShowToLock| show.known.map_or(-1, |offset| offset.0);
    let call = LockShows {
        shows: shows.iter().map(|show| show.show.0).collect(),
        known_offsets: shows.iter().map(known_offset).collect(),
        events_max: MISSED_EVENTS_MAX,
        keys: named
            .keys
            .iter()
            .map(|(show, key)| NamedKeyRow::of(*show, key))
            .collect(),
        orders: named
            .orders
            .iter()
            .map(|(show, order)| NamedOrderRow::of(*show, *order))
            .collect(),
        payments: named
            .payments
            .iter()
            .map(|(show, payment)| NamedPaymentRow::of(*show, *payment))
            .collect(),
        codes: named
            .codes
            .iter()
            .map(|(show, word)| NamedCodeRow::of(*show, word))
            .collect(),
    };
    let (now, heads, events, answers, orders, payments, codes, credits): Row =
        statement::one(connection, call)?;
    let mut locked = LockedBatch {
        now,
        shows: HashMap::new(),
        answers: HashMap::new(),
    };
    for (show, head, is_canceled) in heads.unwrap_or_default() {
        let found = locked.shows.entry(ShowId(show)).or_default();
        found.head = Offset(head);
        found.known.is_canceled = is_canceled;
    }
    for (show, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q) in events.unwrap_or_default() {
        let event = row::event((a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q))?;
        if let Some(found) = locked.shows.get_mut(&ShowId(show)) {
            found.missed.push(event);
        }
    }
    for (place, request_digest, decision) in answers.unwrap_or_default() {
        let place = usize::try_from(place - 1).map_err(|_negative| corrupt("a key's place"))?;
        let answer = StoredAnswer {
            request_digest,
            decision,
        };
        locked.answers.insert(place, answer);
    }
    for order in orders.unwrap_or_default() {
        let (show, number, known) = known_order(order)?;
        if let Some(found) = locked.shows.get_mut(&show) {
            found.known.orders.insert(number, known);
        }
    }
    for (show, number, payment, left, refunded) in credits.unwrap_or_default() {
        let found = locked.shows.get_mut(&ShowId(show));
        let order = found.and_then(|found| found.known.orders.get_mut(&OrderNumber(number)));
        let known = order.ok_or_else(|| corrupt("a credit's order"))?;
        known.credits.push(KnownCredit {
            payment: PaymentId(payment.as_u128()),
            left,
            refunded,
        });
    }
    for payment in payments.unwrap_or_default() {
        let (show, known) = known_payment(payment)?;
        if let Some(found) = locked.shows.get_mut(&show) {
            found.known.payments.insert(known.id, known);
        }
    }
    for code in codes.unwrap_or_default() {
        let (show, known) = known_code(code)?;
        if let Some(found) = locked.shows.get_mut(&show) {
            found.known.codes.insert(known.id, known);
        }
    }
    Ok(locked)
}

fn known_code(row: CodeRow) -> QueryResult<(ShowId, KnownCode)> {
    let (show, id, word, terms, uses_max, valid_from, valid_until, ended_at) = row;
    let known = KnownCode {
        id: CodeId(id),
        word: CodeWord::read(&word).map_err(|_another| corrupt("a code"))?,
        terms: serde_json::from_str(&terms).map_err(|_another| corrupt("a code's terms"))?,
        uses_max: uses_max.map(i32::cast_unsigned),
        valid_from,
        valid_until,
        ended_at,
    };
    Ok((ShowId(show), known))
}

fn known_order(row: OrderRow) -> QueryResult<(ShowId, OrderNumber, KnownOrder)> {
    let (
        show,
        number,
        state,
        session,
        expires_at,
        kept_until,
        created_at,
        total,
        seats,
        zones,
        prices,
        bill,
        was_extended,
        paid_by,
        paid_offset,
        live,
        used,
        booked,
        code,
        exchange_of,
        exchange_tickets,
        exchange_credit,
        transferred,
    ) = row;
    let payment = |id: Uuid| PaymentId(id.as_u128());
    let known = KnownOrder {
        state: OrderState::from_number(state).ok_or_else(|| corrupt("an order's state"))?,
        terms: HoldTerms {
            session: row::session(session),
            expires_at,
            kept_until,
            created_at,
            total,
            code: code.map(CodeId),
        },
        places: row::places(&seats, &zones)?,
        prices,
        bill: row::bill(bill)?,
        was_extended,
        booked: Offset(booked),
        paid: paid_by.map(payment).zip(paid_offset.map(Offset)),
        live_payment: live.map(payment),
        checked_in: row::tickets(&used),
        exchange: row::exchange(exchange_of, exchange_tickets, exchange_credit),
        credits: Vec::new(),
        transferred: Transfers(row::tickets(&transferred)),
    };
    Ok((ShowId(show), OrderNumber(number), known))
}

fn known_payment(row: PaymentRow) -> QueryResult<(ShowId, KnownPayment)> {
    let (
        show,
        id,
        state,
        awaits_buyer,
        reason,
        decline_code,
        amount,
        refunded,
        disputed,
        lent,
        refunded_own,
        is_kept,
    ) = row;
    let known = KnownPayment {
        id: PaymentId(id.as_u128()),
        state: PaymentState::from_number(state).ok_or_else(|| corrupt("a payment's state"))?,
        awaits_buyer,
        decline: reason.map(|reason| Decline::of_row(reason, decline_code.as_deref())),
        amount,
        refunded,
        disputed,
        lent,
        refunded_own,
        is_kept,
    };
    Ok((ShowId(show), known))
}
