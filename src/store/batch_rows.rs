//! A batch as the arrays that `write_batch` takes: one row of the database is one place in a list's arrays.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Double, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use super::batch::Draft;
use super::row::{seat_numbers, ticket_numbers, zone_numbers};
use super::statement::statement;
use domain::event::Places;
use domain::reference::TicketIndex;
use domain::seat_map::Sale;

statement! {
    #[derive(Default)]
    pub struct WriteBatch("batch/write.sql") {
        instant: Timestamptz = DateTime<Utc>,
        resolve_seconds: Double = f64,
        lock_show: Array<BigInt> = Vec<i64>,
        lock_offset: Array<BigInt> = Vec<i64>,
        valid_until: Timestamptz = DateTime<Utc>,
        head_show: Array<BigInt> = Vec<i64>,
        head_from: Array<BigInt> = Vec<i64>,
        head_to: Array<BigInt> = Vec<i64>,
        head_is_open: Array<Nullable<Bool>> = Vec<Option<bool>>,
        seat_show: Array<BigInt> = Vec<i64>,
        seat_number: Array<Integer> = Vec<i32>,
        seat_from_state: Array<SmallInt> = Vec<i16>,
        seat_from_order: Array<Nullable<BigInt>> = Vec<Option<i64>>,
        seat_to_state: Array<SmallInt> = Vec<i16>,
        seat_to_order: Array<Nullable<BigInt>> = Vec<Option<i64>>,
        zone_show: Array<BigInt> = Vec<i64>,
        zone_number: Array<SmallInt> = Vec<i16>,
        zone_from_held: Array<Integer> = Vec<i32>,
        zone_from_sold: Array<Integer> = Vec<i32>,
        zone_to_held: Array<Integer> = Vec<i32>,
        zone_to_sold: Array<Integer> = Vec<i32>,
        new_order_show: Array<BigInt> = Vec<i64>,
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
        order_show: Array<BigInt> = Vec<i64>,
        order_number: Array<BigInt> = Vec<i64>,
        order_from_state: Array<SmallInt> = Vec<i16>,
        order_to_state: Array<SmallInt> = Vec<i16>,
        order_is_lapsed: Array<Bool> = Vec<bool>,
        order_kept_until: Array<Nullable<Timestamptz>> = Vec<Option<DateTime<Utc>>>,
        order_payment: Array<Nullable<SqlUuid>> = Vec<Option<Uuid>>,
        order_tickets_from: Array<Integer> = Vec<i32>,
        order_tickets_to: Array<Integer> = Vec<i32>,
        event_show: Array<BigInt> = Vec<i64>,
        event: Array<BigInt> = Vec<i64>,
        event_kind: Array<SmallInt> = Vec<i16>,
        event_order: Array<Nullable<BigInt>> = Vec<Option<i64>>,
        event_seats_from: Array<Integer> = Vec<i32>,
        event_seats_to: Array<Integer> = Vec<i32>,
        event_zones_from: Array<Integer> = Vec<i32>,
        event_zones_to: Array<Integer> = Vec<i32>,
        event_tickets_from: Array<Integer> = Vec<i32>,
        event_tickets_to: Array<Integer> = Vec<i32>,
        seat_lists: Array<Integer> = Vec<i32>,
        zone_lists: Array<Integer> = Vec<i32>,
        ticket_lists: Array<SmallInt> = Vec<i16>,
        new_payment_show: Array<BigInt> = Vec<i64>,
        new_payment: Array<SqlUuid> = Vec<Uuid>,
        new_payment_order: Array<BigInt> = Vec<i64>,
        new_payment_provider: Array<Text> = Vec<&'static str>,
        new_payment_method: Array<Text> = Vec<String>,
        new_payment_amount: Array<BigInt> = Vec<i64>,
        new_payment_currency: Array<Text> = Vec<String>,
        new_payment_state: Array<SmallInt> = Vec<i16>,
        new_payment_return_url: Array<Nullable<Text>> = Vec<Option<String>>,
        payment_show: Array<BigInt> = Vec<i64>,
        payment: Array<SqlUuid> = Vec<Uuid>,
        payment_to_state: Array<SmallInt> = Vec<i16>,
        payment_reason: Array<Nullable<Text>> = Vec<Option<String>>,
        payment_reference: Array<Nullable<Text>> = Vec<Option<String>>,
        payment_is_authorised: Array<Bool> = Vec<bool>,
        return_show: Array<BigInt> = Vec<i64>,
        return_order: Array<BigInt> = Vec<i64>,
        return_refund: Array<SqlUuid> = Vec<Uuid>,
        return_amount: Array<BigInt> = Vec<i64>,
        return_is_whole: Array<Bool> = Vec<bool>,
        answer_show: Array<BigInt> = Vec<i64>,
        answer_scope: Array<SqlUuid> = Vec<Uuid>,
        answer_key: Array<Text> = Vec<String>,
        answer_digest: Array<Binary> = Vec<Vec<u8>>,
        answer_decision: Array<Text> = Vec<String>,
        answer_is_final: Array<Bool> = Vec<bool>,
        answer_is_again: Array<Bool> = Vec<bool>,
    } -> (Nullable<Timestamptz>, Bool, Integer, Integer, Integer, Integer, Integer, Array<SqlUuid>, Array<SqlUuid>, Integer)
}

impl WriteBatch {
    /// The rows of all shows in a batch.
    pub fn of(drafts: &[Draft<'_>], now: DateTime<Utc>, resolve_seconds: f64) -> Self {
        let mut rows = Self {
            instant: now,
            resolve_seconds,
            ..Self::default()
        };
        for draft in drafts {
            rows.add_head(draft);
            rows.add_places(draft);
            rows.add_new_orders(draft);
            rows.add_orders(draft);
            rows.add_events(draft);
            rows.add_payments(draft);
            rows.add_answers(draft);
        }
        rows
    }

    fn add_head(&mut self, draft: &Draft<'_>) {
        let Some(last) = draft.batch.events.last() else {
            return;
        };
        self.head_show.push(draft.show.0);
        self.head_from.push(draft.head.0);
        self.head_to.push(last.offset.0);
        self.head_is_open
            .push(draft.batch.sale.map(|sale| sale == Sale::Open));
    }

    fn add_places(&mut self, draft: &Draft<'_>) {
        for change in &draft.batch.seats {
            self.seat_show.push(draft.show.0);
            self.seat_number.push(change.seat.0.cast_signed());
            self.seat_from_state.push(change.from.state as i16);
            self.seat_from_order.push(change.from.order.map(|order| order.0));
            self.seat_to_state.push(change.to.state as i16);
            self.seat_to_order.push(change.to.order.map(|order| order.0));
        }
        for change in &draft.batch.zones {
            self.zone_show.push(draft.show.0);
            self.zone_number.push(change.zone.0.cast_signed());
            self.zone_from_held.push(change.from.held.cast_signed());
            self.zone_from_sold.push(change.from.sold.cast_signed());
            self.zone_to_held.push(change.to.held.cast_signed());
            self.zone_to_sold.push(change.to.sold.cast_signed());
        }
    }

    fn add_new_orders(&mut self, draft: &Draft<'_>) {
        let booked = draft.batch.events.iter().filter(|event| event.terms.is_some());
        let offsets: HashMap<_, _> = booked.map(|event| (event.order, event.offset.0)).collect();
        for order in &draft.batch.new_orders {
            let bounds = self.add_list(&order.places);
            self.new_order_show.push(draft.show.0);
            self.new_order.push(order.order.0);
            self.new_order_session
                .push(Uuid::from_u128(order.terms.session.0));
            self.new_order_expires_at.push(order.terms.expires_at);
            self.new_order_kept_until.push(order.terms.kept_until);
            self.new_order_total.push(order.total_minor_units);
            self.new_order_offset
                .push(offsets.get(&Some(order.order)).copied().unwrap_or_default());
            self.new_order_seats_from.push(bounds.seats_from);
            self.new_order_seats_to.push(bounds.seats_to);
            self.new_order_zones_from.push(bounds.zones_from);
            self.new_order_zones_to.push(bounds.zones_to);
        }
    }

    fn add_orders(&mut self, draft: &Draft<'_>) {
        for change in &draft.batch.orders {
            self.order_show.push(draft.show.0);
            self.order_number.push(change.order.0);
            self.order_from_state.push(change.step.from_state());
            self.order_to_state.push(change.step.to_state());
            self.order_is_lapsed.push(change.step.is_lapsed());
            self.order_kept_until.push(change.kept_until);
            self.order_payment
                .push(change.payment.map(|payment| Uuid::from_u128(payment.0)));
            let (from, to) = self.add_tickets(&change.tickets);
            self.order_tickets_from.push(from);
            self.order_tickets_to.push(to);
        }
        for change in &draft.batch.returns {
            self.return_show.push(draft.show.0);
            self.return_order.push(change.order.0);
            self.return_refund.push(Uuid::from_u128(change.refund.0));
            self.return_amount.push(change.amount);
            self.return_is_whole.push(change.is_whole);
        }
    }

    fn add_events(&mut self, draft: &Draft<'_>) {
        for event in &draft.batch.events {
            let bounds = self.add_list(&event.places);
            self.event_show.push(draft.show.0);
            self.event.push(event.offset.0);
            self.event_kind.push(event.kind as i16);
            self.event_order.push(event.order.map(|order| order.0));
            self.event_seats_from.push(bounds.seats_from);
            self.event_seats_to.push(bounds.seats_to);
            self.event_zones_from.push(bounds.zones_from);
            self.event_zones_to.push(bounds.zones_to);
            let (from, to) = self.add_tickets(&event.tickets);
            self.event_tickets_from.push(from);
            self.event_tickets_to.push(to);
        }
    }

    fn add_payments(&mut self, draft: &Draft<'_>) {
        for payment in &draft.batch.new_payments {
            self.new_payment_show.push(draft.show.0);
            self.new_payment.push(Uuid::from_u128(payment.payment.0));
            self.new_payment_order.push(payment.order.0);
            self.new_payment_provider.push(payment.provider);
            self.new_payment_method.push(payment.payment_method.clone());
            self.new_payment_amount.push(payment.amount_minor_units);
            self.new_payment_currency.push(draft.currency.code().to_owned());
            self.new_payment_state.push(payment.begin as i16);
            self.new_payment_return_url.push(payment.return_url.clone());
        }
        for change in &draft.batch.payments {
            self.payment_show.push(draft.show.0);
            self.payment.push(Uuid::from_u128(change.payment.0));
            self.payment_to_state.push(change.step as i16);
            self.payment_reason.push(change.reason.clone());
            self.payment_reference.push(change.reference.clone());
            self.payment_is_authorised.push(change.is_authorised);
        }
    }

    fn add_answers(&mut self, draft: &Draft<'_>) {
        for answer in &draft.answers {
            self.answer_show.push(draft.show.0);
            self.answer_scope.push(Uuid::from_u128(answer.key.scope));
            self.answer_key.push(answer.key.key.clone());
            self.answer_digest.push(answer.key.request_digest.to_vec());
            self.answer_decision.push(answer.decision.clone());
            self.answer_is_final.push(answer.is_final);
            self.answer_is_again.push(answer.is_again);
        }
    }

    /// Where the tickets stand; a slice that ends before it begins, if there are none.
    fn add_tickets(&mut self, tickets: &[TicketIndex]) -> (i32, i32) {
        let from = end(&self.ticket_lists) + 1;
        self.ticket_lists.extend(ticket_numbers(tickets));
        (from, end(&self.ticket_lists))
    }

    fn add_list(&mut self, places: &Places) -> Bounds {
        let (seats_from, zones_from) = (end(&self.seat_lists) + 1, end(&self.zone_lists) + 1);
        self.seat_lists.extend(seat_numbers(&places.seats));
        self.zone_lists.extend(zone_numbers(&places.zones));
        Bounds {
            seats_from,
            seats_to: end(&self.seat_lists),
            zones_from,
            zones_to: end(&self.zone_lists),
        }
    }
}

fn end<T>(list: &[T]) -> i32 {
    i32::try_from(list.len()).unwrap_or(i32::MAX)
}

/// Where the places of one order or event stand: 1-based and inclusive, as in an SQL slice.
struct Bounds {
    seats_from: i32,
    seats_to: i32,
    zones_from: i32,
    zones_to: i32,
}
