//! The turnstile's transaction: lock, read, write. Three calls in all, however many commands are in the batch.

use std::collections::HashMap;
use std::ops::Range;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Double, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use super::row::{seat_numbers, zone_numbers};
use super::statement::{self, statement};
use crate::domain::batch::{Batch, OrderStep};
use crate::domain::event::Places;
use crate::domain::id::{Offset, PaymentId, ShowId};
use crate::domain::money::Currency;
use crate::domain::seat_map::Sale;

/// Order numbers in a block: one small write a block.
pub const ORDER_BLOCK_NUMBERS: i64 = 1_024;

/// A command's idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// Whose key it is: a session, or the organiser's key. One's keys never meet another's.
    pub scope: u128,
    /// The key as the client sent it.
    pub key: String,
    /// SHA-256 of the request, so that the same key with another body is noticed.
    pub request_digest: [u8; 32],
}

/// What the lock call found.
#[derive(Debug)]
pub struct Locked {
    /// The database's clock, read after the lock was had.
    pub now: DateTime<Utc>,
    /// The journal's last offset.
    pub head: Offset,
    /// Answers already given, by the position of the key in the call.
    pub answers: HashMap<usize, StoredAnswer>,
}

/// An answer given before under an idempotency key.
#[derive(Debug, Clone)]
pub struct StoredAnswer {
    /// SHA-256 of the request it answered.
    pub request_digest: Vec<u8>,
    /// The decision, as JSON.
    pub decision: String,
}

/// An answer to be kept under an idempotency key.
#[derive(Debug)]
pub struct NewAnswer<'a> {
    /// The key.
    pub key: &'a IdempotencyKey,
    /// The decision, as JSON.
    pub decision: String,
    /// False where a later command gives the final answer.
    pub is_final: bool,
}

/// What a write call did.
#[derive(Debug)]
pub struct Written {
    /// Every row was as expected. If not, the transaction must be rolled back.
    pub complete: bool,
    /// The new payments that were written; one that is missing met another payment of its order.
    pub new_payments: Vec<PaymentId>,
    /// The payments that changed; one that is missing had been changed by someone else.
    pub payments: Vec<PaymentId>,
}

statement! {
    struct LockShow("batch/lock.sql") {
        show: BigInt = i64,
        scopes: Array<SqlUuid> = Vec<Uuid>,
        keys: Array<Text> = Vec<String>,
    } -> (
        Timestamptz, Nullable<BigInt>, Nullable<Array<Integer>>, Nullable<Array<Binary>>, Nullable<Array<Text>>,
    )
}

statement! {
    struct LeaseOrderNumbers("batch/lease_order_numbers.sql") { show: BigInt = i64 } -> (BigInt,)
}

statement! {
    struct WriteBatch("batch/write.sql") {
        show: BigInt = i64,
        instant: Timestamptz = DateTime<Utc>,
        head_from: BigInt = i64,
        head_to: BigInt = i64,
        is_open: Nullable<Bool> = Option<bool>,
        seat: Array<Integer> = Vec<i32>,
        seat_from_state: Array<SmallInt> = Vec<i16>,
        seat_from_order: Array<Nullable<BigInt>> = Vec<Option<i64>>,
        seat_to_state: Array<SmallInt> = Vec<i16>,
        seat_to_order: Array<Nullable<BigInt>> = Vec<Option<i64>>,
        zone: Array<SmallInt> = Vec<i16>,
        zone_from_held: Array<Integer> = Vec<i32>,
        zone_from_sold: Array<Integer> = Vec<i32>,
        zone_to_held: Array<Integer> = Vec<i32>,
        zone_to_sold: Array<Integer> = Vec<i32>,
        new_order: Array<BigInt> = Vec<i64>,
        new_order_session: Array<SqlUuid> = Vec<Uuid>,
        new_order_expires_at: Array<Timestamptz> = Vec<DateTime<Utc>>,
        new_order_kept_until: Array<Timestamptz> = Vec<DateTime<Utc>>,
        new_order_total: Array<BigInt> = Vec<i64>,
        new_order_offset: Array<BigInt> = Vec<i64>,
        new_order_seats_from: Array<Integer> = Vec<i32>,
        new_order_seats_to: Array<Integer> = Vec<i32>,
        new_order_zones_from: Array<Integer> = Vec<i32>,
        new_order_zones_to: Array<Integer> = Vec<i32>,
        order_seats: Array<Integer> = Vec<i32>,
        order_zones: Array<Integer> = Vec<i32>,
        order: Array<BigInt> = Vec<i64>,
        order_from_state: Array<SmallInt> = Vec<i16>,
        order_to_state: Array<SmallInt> = Vec<i16>,
        order_payment: Array<Nullable<SqlUuid>> = Vec<Option<Uuid>>,
        event: Array<BigInt> = Vec<i64>,
        event_kind: Array<SmallInt> = Vec<i16>,
        event_order: Array<Nullable<BigInt>> = Vec<Option<i64>>,
        event_seats_from: Array<Integer> = Vec<i32>,
        event_seats_to: Array<Integer> = Vec<i32>,
        event_zones_from: Array<Integer> = Vec<i32>,
        event_zones_to: Array<Integer> = Vec<i32>,
        event_seats: Array<Integer> = Vec<i32>,
        event_zones: Array<Integer> = Vec<i32>,
        currency: Text = String,
        resolve_seconds: Double = f64,
        new_payment: Array<SqlUuid> = Vec<Uuid>,
        new_payment_order: Array<BigInt> = Vec<i64>,
        new_payment_provider: Array<Text> = Vec<&'static str>,
        new_payment_method: Array<Text> = Vec<String>,
        new_payment_amount: Array<BigInt> = Vec<i64>,
        payment: Array<SqlUuid> = Vec<Uuid>,
        payment_to_state: Array<SmallInt> = Vec<i16>,
        payment_reason: Array<Nullable<Text>> = Vec<Option<String>>,
        answer_scope: Array<SqlUuid> = Vec<Uuid>,
        answer_key: Array<Text> = Vec<String>,
        answer_digest: Array<Binary> = Vec<Vec<u8>>,
        answer_decision: Array<Text> = Vec<String>,
        answer_is_final: Array<Bool> = Vec<bool>,
    } -> (BigInt, BigInt, BigInt, BigInt, BigInt, Array<SqlUuid>, Array<SqlUuid>)
}

/// Takes the show's lock and reads what the batch depends on. `None` if there is no such show.
pub fn lock_show(
    connection: &mut PgConnection,
    show: ShowId,
    keys: &[&IdempotencyKey],
) -> QueryResult<Option<Locked>> {
    type Row = (
        DateTime<Utc>,
        Option<i64>,
        Option<Vec<i32>>,
        Option<Vec<Vec<u8>>>,
        Option<Vec<String>>,
    );
    let scopes = keys.iter().map(|key| Uuid::from_u128(key.scope)).collect();
    let keys = keys.iter().map(|key| key.key.clone()).collect();
    let row: Row = statement::one(
        connection,
        LockShow {
            show: show.0,
            scopes,
            keys,
        },
    )?;
    let (now, head, positions, digests, decisions) = row;
    let found = positions
        .unwrap_or_default()
        .into_iter()
        .zip(digests.unwrap_or_default());
    let answers = found
        .zip(decisions.unwrap_or_default())
        .map(|((position, request_digest), decision)| {
            let position = usize::try_from(position - 1).unwrap_or_default();
            (
                position,
                StoredAnswer {
                    request_digest,
                    decision,
                },
            )
        });
    Ok(head.map(|head| Locked {
        now,
        head: Offset(head),
        answers: answers.collect(),
    }))
}

/// Leases a block of order numbers for a show. A transaction of its own: a block lost in a crash is never used.
pub fn lease_order_numbers(connection: &mut PgConnection, show: ShowId) -> QueryResult<Range<i64>> {
    let (block,): (i64,) = statement::one(connection, LeaseOrderNumbers { show: show.0 })?;
    Ok(block * ORDER_BLOCK_NUMBERS..(block + 1) * ORDER_BLOCK_NUMBERS)
}

/// What a batch writes besides its [`Batch`].
#[derive(Debug)]
pub struct Terms<'a> {
    /// The show.
    pub show: ShowId,
    /// The show's currency.
    pub currency: Currency,
    /// The instant of the lock call.
    pub now: DateTime<Utc>,
    /// The journal's offset of the lock call.
    pub head: Offset,
    /// After how long an unfinished payment is looked at, in seconds.
    pub resolve_seconds: f64,
    /// Answers to keep.
    pub answers: &'a [NewAnswer<'a>],
}

/// Writes all of a batch's rows in one statement.
pub fn write_batch(connection: &mut PgConnection, batch: &Batch, terms: &Terms<'_>) -> QueryResult<Written> {
    type Row = (i64, i64, i64, i64, i64, Vec<Uuid>, Vec<Uuid>);
    let row: Row = statement::one(connection, write_statement(batch, terms))?;
    let (head, seats, zones, orders, answers, new_payments, payments) = row;
    let counts = [
        (head, 1),
        (seats, batch.seats.len()),
        (zones, batch.zones.len()),
        (orders, batch.orders.len()),
        (answers, terms.answers.len()),
    ];
    let complete = counts
        .iter()
        .all(|(written, expected)| usize::try_from(*written) == Ok(*expected));
    if !complete {
        tracing::warn!(show.id = %terms.show, counts = ?counts, "a batch met rows that were not as expected");
    }
    let ids = |ids: Vec<Uuid>| ids.into_iter().map(|id| PaymentId(id.as_u128())).collect();
    Ok(Written {
        complete,
        new_payments: ids(new_payments),
        payments: ids(payments),
    })
}

fn write_statement(batch: &Batch, terms: &Terms<'_>) -> WriteBatch {
    let order_places = Slices::of(batch.new_orders.iter().map(|order| &order.places));
    let event_places = Slices::of(batch.events.iter().map(|event| &event.places));
    let booked_offsets: HashMap<_, _> = batch
        .events
        .iter()
        .filter(|event| event.terms.is_some())
        .map(|event| (event.order, event.offset.0))
        .collect();
    let seats = &batch.seats;
    let zones = &batch.zones;
    let new_orders = &batch.new_orders;
    let orders = &batch.orders;
    let events = &batch.events;
    let new_payments = &batch.new_payments;
    let payments = &batch.payments;
    let answers = terms.answers;
    WriteBatch {
        show: terms.show.0,
        instant: terms.now,
        head_from: terms.head.0,
        head_to: events.last().map_or(terms.head.0, |event| event.offset.0),
        is_open: batch.sale.map(|sale| sale == Sale::Open),
        seat: seats.iter().map(|change| change.seat.0.cast_signed()).collect(),
        seat_from_state: seats.iter().map(|change| change.from.state as i16).collect(),
        seat_from_order: seats
            .iter()
            .map(|change| change.from.order.map(|order| order.0))
            .collect(),
        seat_to_state: seats.iter().map(|change| change.to.state as i16).collect(),
        seat_to_order: seats
            .iter()
            .map(|change| change.to.order.map(|order| order.0))
            .collect(),
        zone: zones.iter().map(|change| change.zone.0.cast_signed()).collect(),
        zone_from_held: zones
            .iter()
            .map(|change| change.from.held.cast_signed())
            .collect(),
        zone_from_sold: zones
            .iter()
            .map(|change| change.from.sold.cast_signed())
            .collect(),
        zone_to_held: zones.iter().map(|change| change.to.held.cast_signed()).collect(),
        zone_to_sold: zones.iter().map(|change| change.to.sold.cast_signed()).collect(),
        new_order: new_orders.iter().map(|order| order.order.0).collect(),
        new_order_session: new_orders
            .iter()
            .map(|order| Uuid::from_u128(order.terms.session.0))
            .collect(),
        new_order_expires_at: new_orders.iter().map(|order| order.terms.expires_at).collect(),
        new_order_kept_until: new_orders.iter().map(|order| order.terms.kept_until).collect(),
        new_order_total: new_orders.iter().map(|order| order.total_minor_units).collect(),
        new_order_offset: new_orders
            .iter()
            .map(|order| {
                booked_offsets
                    .get(&Some(order.order))
                    .copied()
                    .unwrap_or_default()
            })
            .collect(),
        new_order_seats_from: order_places.seats_from,
        new_order_seats_to: order_places.seats_to,
        new_order_zones_from: order_places.zones_from,
        new_order_zones_to: order_places.zones_to,
        order_seats: order_places.seats,
        order_zones: order_places.zones,
        order: orders.iter().map(|change| change.order.0).collect(),
        order_from_state: orders
            .iter()
            .map(|change| if change.step == OrderStep::Refund { 2 } else { 1 })
            .collect(),
        order_to_state: orders.iter().map(|change| change.step as i16).collect(),
        order_payment: orders
            .iter()
            .map(|change| change.payment.map(|payment| Uuid::from_u128(payment.0)))
            .collect(),
        event: events.iter().map(|event| event.offset.0).collect(),
        event_kind: events.iter().map(|event| event.kind as i16).collect(),
        event_order: events
            .iter()
            .map(|event| event.order.map(|order| order.0))
            .collect(),
        event_seats_from: event_places.seats_from,
        event_seats_to: event_places.seats_to,
        event_zones_from: event_places.zones_from,
        event_zones_to: event_places.zones_to,
        event_seats: event_places.seats,
        event_zones: event_places.zones,
        currency: terms.currency.code().to_owned(),
        resolve_seconds: terms.resolve_seconds,
        new_payment: new_payments
            .iter()
            .map(|payment| Uuid::from_u128(payment.payment.0))
            .collect(),
        new_payment_order: new_payments.iter().map(|payment| payment.order.0).collect(),
        new_payment_provider: new_payments.iter().map(|payment| payment.provider).collect(),
        new_payment_method: new_payments
            .iter()
            .map(|payment| payment.payment_method.clone())
            .collect(),
        new_payment_amount: new_payments
            .iter()
            .map(|payment| payment.amount_minor_units)
            .collect(),
        payment: payments
            .iter()
            .map(|change| Uuid::from_u128(change.payment.0))
            .collect(),
        payment_to_state: payments.iter().map(|change| change.step as i16).collect(),
        payment_reason: payments.iter().map(|change| change.reason.clone()).collect(),
        answer_scope: answers
            .iter()
            .map(|answer| Uuid::from_u128(answer.key.scope))
            .collect(),
        answer_key: answers.iter().map(|answer| answer.key.key.clone()).collect(),
        answer_digest: answers
            .iter()
            .map(|answer| answer.key.request_digest.to_vec())
            .collect(),
        answer_decision: answers.iter().map(|answer| answer.decision.clone()).collect(),
        answer_is_final: answers.iter().map(|answer| answer.is_final).collect(),
    }
}

/// Lists of different lengths as one flat array with the bounds of each, since SQL has no ragged arrays.
/// Bounds are 1-based and inclusive, as in an SQL slice.
#[derive(Default)]
struct Slices {
    seats: Vec<i32>,
    zones: Vec<i32>,
    seats_from: Vec<i32>,
    seats_to: Vec<i32>,
    zones_from: Vec<i32>,
    zones_to: Vec<i32>,
}

impl Slices {
    fn of<'a>(all: impl Iterator<Item = &'a Places>) -> Self {
        let end = |list: &Vec<i32>| i32::try_from(list.len()).unwrap_or(i32::MAX);
        let mut slices = Self::default();
        for places in all {
            slices.seats_from.push(end(&slices.seats) + 1);
            slices.zones_from.push(end(&slices.zones) + 1);
            slices.seats.extend(seat_numbers(&places.seats));
            slices.zones.extend(zone_numbers(&places.zones));
            slices.seats_to.push(end(&slices.seats));
            slices.zones_to.push(end(&slices.zones));
        }
        slices
    }
}
