//! The rows of a batch, as values of the composite types that the SQL functions take.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::serialize::{self, Output, ToSql, WriteTuple};
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use super::answer::{IdempotencyKey, NewAnswer};
use crate::store::row::{
    bill_column, capacity_numbers, metadata_column, moved_numbers, seat_numbers, step_numbers,
    ticket_numbers, zone_numbers,
};
use crate::store::terms::terms_columns;
use domain::code::CodeWord;
use domain::decide::{
    Changes, CreditChange, EntryChange, NewOrder, NewPayment, OrderChange, OrderCut, PaymentChange, Return,
    SeatChange, TicketTransfer, ZoneChange,
};
use domain::event::Event;
use domain::id::{Offset, PaymentId, ShowId};
use domain::labeled::LabelChange;
use domain::money::Currency;
use domain::reference::OrderNumber;
use domain::seat_map::Sale;
use domain::show::Show;

/// Declares a composite type of the database and the Rust value that becomes one: its columns in order.
macro_rules! composite {
    ($sql:ident($name:literal) $row:ident { $($column:ident: $column_sql:ty = $rust:ty),* $(,)? }) => {
        #[doc = concat!("The type `", $name, "`.")]
        #[derive(Debug, diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
        #[diesel(postgres_type(name = $name))]
        pub struct $sql;

        #[doc = concat!("A value of the type `", $name, "`.")]
        #[derive(Debug)]
        pub struct $row { $($column: $rust),* }

        impl ToSql<$sql, Pg> for $row {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                WriteTuple::<($($column_sql,)*)>::write_tuple(&($(&self.$column,)*), &mut out.reborrow())
            }
        }
    };
}

composite! { NamedKey("named_key_1") NamedKeyRow { show: BigInt = i64, scope: SqlUuid = Uuid, key: Text = String } }
composite! { NamedOrder("named_order_1") NamedOrderRow { show: BigInt = i64, order: BigInt = i64 } }
composite! { NamedCode("named_code_3") NamedCodeRow { show: BigInt = i64, word: Text = String } }
composite! { NamedPayment("named_payment_1") NamedPaymentRow { show: BigInt = i64, payment: SqlUuid = Uuid } }

composite! {
    HeadChangeType("head_change_3") HeadRow {
        show: BigInt = i64, from: BigInt = i64, to: BigInt = i64, is_open: Nullable<Bool> = Option<bool>,
        to_revision: Nullable<Integer> = Option<i32>,
    }
}
composite! {
    SeatChangeType("seat_change_1") SeatRow {
        show: BigInt = i64, seat: Integer = i32, from_state: SmallInt = i16, from_order: Nullable<BigInt> = Option<i64>,
        to_state: SmallInt = i16, to_order: Nullable<BigInt> = Option<i64>,
    }
}
composite! {
    ZoneChangeType("zone_change_3") ZoneRow {
        show: BigInt = i64, zone: SmallInt = i16, from_held: Integer = i32, from_sold: Integer = i32, from_blocked: Integer = i32,
        to_held: Integer = i32, to_sold: Integer = i32, to_blocked: Integer = i32, to_capacity: Nullable<Integer> = Option<i32>,
    }
}
composite! {
    NewOrderType("new_order_3") NewOrderRow {
        show: BigInt = i64, order: BigInt = i64, session: SqlUuid = Uuid, expires_at: Timestamptz = DateTime<Utc>,
        kept_until: Timestamptz = DateTime<Utc>, total: BigInt = i64, booked: BigInt = i64,
        seats: Array<Integer> = Vec<i32>, zones: Array<Integer> = Vec<i32>,
        prices: Nullable<Array<BigInt>> = Option<Vec<i64>>, bill: Nullable<Text> = Option<String>,
        code: Nullable<BigInt> = Option<i64>, label: Nullable<Text> = Option<String>,
        exchange_of: Nullable<BigInt> = Option<i64>, exchange_tickets: Nullable<Array<SmallInt>> = Option<Vec<i16>>,
        exchange_credit: Nullable<BigInt> = Option<i64>,
    }
}
composite! {
    OrderChangeType("order_change_3") OrderRow {
        show: BigInt = i64, order: BigInt = i64, from_state: SmallInt = i16, to_state: SmallInt = i16, is_lapsed: Bool = bool,
        kept_until: Nullable<Timestamptz> = Option<DateTime<Utc>>, paid_by: Nullable<SqlUuid> = Option<Uuid>,
        paid_offset: Nullable<BigInt> = Option<i64>, tickets: Array<SmallInt> = Vec<i16>,
        exchanged_for: Nullable<BigInt> = Option<i64>,
    }
}
composite! {
    NewEventType("new_event_3") EventRow {
        show: BigInt = i64, offset: BigInt = i64, kind: SmallInt = i16, order: Nullable<BigInt> = Option<i64>,
        seats: Array<Integer> = Vec<i32>, zones: Array<Integer> = Vec<i32>,
        tickets: Nullable<Array<SmallInt>> = Option<Vec<i16>>, revision: Nullable<Integer> = Option<i32>,
        label: Nullable<Text> = Option<String>,
    }
}
composite! {
    NewPaymentType("new_payment_1") NewPaymentRow {
        show: BigInt = i64, payment: SqlUuid = Uuid, order: BigInt = i64, provider: Text = &'static str,
        payment_method: Text = String, amount: BigInt = i64, currency: Text = String, state: SmallInt = i16,
        return_url: Nullable<Text> = Option<String>, key_scope: Nullable<SqlUuid> = Option<Uuid>,
        key: Nullable<Text> = Option<String>,
    }
}
composite! {
    PaymentChangeType("payment_change_1") PaymentRow {
        show: BigInt = i64, payment: SqlUuid = Uuid, to_state: SmallInt = i16, reason: Nullable<Text> = Option<String>,
        reference: Nullable<Text> = Option<String>, is_authorised: Bool = bool, decision: Nullable<Text> = Option<String>,
    }
}
composite! {
    NewReturnType("new_return_3") ReturnRow {
        show: BigInt = i64, order: BigInt = i64, payment: SqlUuid = Uuid, refund: SqlUuid = Uuid, amount: BigInt = i64,
        to_state: SmallInt = i16,
    }
}
composite! {
    CreditChangeType("credit_change_3") CreditRow {
        show: BigInt = i64, order: BigInt = i64, payment: SqlUuid = Uuid, amount: BigInt = i64, used: BigInt = i64,
    }
}
composite! {
    NewAnswerType("new_answer_1") AnswerRow {
        show: BigInt = i64, scope: SqlUuid = Uuid, key: Text = String, request_digest: Binary = [u8; 32],
        decision: Text = String, is_final: Bool = bool, is_refusal: Bool = bool,
    }
}

composite! {
    NewDetailsType("new_details_3") DetailsRow {
        show: BigInt = i64, order: BigInt = i64, booked: BigInt = i64, buyer_name: Nullable<Text> = Option<String>,
        buyer_email: Nullable<Text> = Option<String>, buyer_phone: Nullable<Text> = Option<String>,
        locale: Nullable<Text> = Option<String>, attendees: Array<Nullable<Text>> = Vec<Option<String>>, metadata: Text = String,
    }
}
composite! {
    LabelChangeType("label_change_3") LabelRow {
        show: BigInt = i64, label: Text = String, seat: Integer = i32, zone: SmallInt = i16, from: Integer = i32, to: Integer = i32,
    }
}
composite! {
    OrderCutType("order_cut_3") CutRow {
        show: BigInt = i64, order: BigInt = i64, from_total: BigInt = i64, total: BigInt = i64, dropped: Array<SmallInt> = Vec<i16>,
        seats: Array<Integer> = Vec<i32>, zones: Array<Integer> = Vec<i32>, prices: Nullable<Array<BigInt>> = Option<Vec<i64>>,
        bill: Nullable<Text> = Option<String>,
    }
}
composite! {
    TicketTransferType("ticket_transfer_3") TransferRow {
        show: BigInt = i64, order: BigInt = i64, ticket: SmallInt = i16, from_transfers: SmallInt = i16,
        attendee: Nullable<Text> = Option<String>,
    }
}
composite! {
    EntryChangeType("entry_change_4") EntryRow {
        show: BigInt = i64, entry: BigInt = i64, from_place: Nullable<BigInt> = Option<i64>, place: BigInt = i64, session: SqlUuid = Uuid,
        want: Nullable<Text> = Option<String>, state: SmallInt = i16, order: Nullable<BigInt> = Option<i64>,
        booked: Nullable<BigInt> = Option<i64>, buyer_name: Nullable<Text> = Option<String>,
        buyer_email: Nullable<Text> = Option<String>, buyer_phone: Nullable<Text> = Option<String>,
        locale: Nullable<Text> = Option<String>,
    }
}
composite! {
    NewTermsType("new_terms_3") TermsRow { show: BigInt = i64, revision: Integer = i32, terms: Text = String }
}

impl NamedKeyRow {
    pub fn of(show: ShowId, key: &IdempotencyKey) -> Self {
        Self {
            show: show.0,
            scope: Uuid::from_u128(key.scope),
            key: key.key.to_string(),
        }
    }
}

impl NamedOrderRow {
    pub fn of(show: ShowId, order: OrderNumber) -> Self {
        Self {
            show: show.0,
            order: order.0,
        }
    }
}

impl NamedCodeRow {
    pub fn of(show: ShowId, word: &CodeWord) -> Self {
        Self {
            show: show.0,
            word: word.as_str().to_owned(),
        }
    }
}

impl NamedPaymentRow {
    pub fn of(show: ShowId, payment: PaymentId) -> Self {
        Self {
            show: show.0,
            payment: Uuid::from_u128(payment.0),
        }
    }
}

impl HeadRow {
    pub fn of(show: ShowId, from: Offset, to: Offset, changes: &Changes) -> Self {
        Self {
            show: show.0,
            from: from.0,
            to: to.0,
            is_open: changes.sale.map(|sale| sale == Sale::Open),
            to_revision: changes.terms.last().map(|terms| terms.revision.0),
        }
    }
}

impl SeatRow {
    pub fn of(show: ShowId, change: &SeatChange) -> Self {
        Self {
            show: show.0,
            seat: change.seat.0.cast_signed(),
            from_state: change.from.state as i16,
            from_order: change.from.order.map(|order| order.0),
            to_state: change.to.state as i16,
            to_order: change.to.order.map(|order| order.0),
        }
    }
}

impl ZoneRow {
    pub fn of(show: ShowId, change: &ZoneChange) -> Self {
        Self {
            show: show.0,
            zone: change.zone.0.cast_signed(),
            from_held: change.from.held.cast_signed(),
            from_sold: change.from.sold.cast_signed(),
            from_blocked: change.from.blocked.cast_signed(),
            to_held: change.to.held.cast_signed(),
            to_sold: change.to.sold.cast_signed(),
            to_blocked: change.to.blocked.cast_signed(),
            to_capacity: change.capacity.map(u32::cast_signed),
        }
    }
}

impl NewOrderRow {
    pub fn of(show: ShowId, order: &NewOrder) -> Self {
        let exchange = order.exchange.as_ref();
        Self {
            show: show.0,
            order: order.order.0,
            session: Uuid::from_u128(order.terms.session.0),
            expires_at: order.terms.expires_at,
            kept_until: order.terms.kept_until,
            total: order.terms.total,
            booked: order.booked.0,
            seats: seat_numbers(&order.places.seats).collect(),
            zones: zone_numbers(&order.places.zones).collect(),
            prices: order.prices.clone(),
            code: order.terms.code.map(|code| code.0),
            bill: bill_column(order.bill.as_deref()),
            label: order.label.clone().map(String::from),
            exchange_of: exchange.map(|exchange| exchange.order.0),
            exchange_tickets: exchange.map(|exchange| ticket_numbers(&exchange.tickets).collect()),
            exchange_credit: exchange.map(|exchange| exchange.credit),
        }
    }
}

impl DetailsRow {
    pub fn of(show: ShowId, order: &NewOrder) -> Option<Self> {
        let details = order.details.as_deref()?;
        let buyer = details.buyer.clone();
        Some(Self {
            show: show.0,
            order: order.order.0,
            booked: order.booked.0,
            buyer_name: buyer.name,
            buyer_email: buyer.email,
            buyer_phone: buyer.phone,
            locale: buyer.locale,
            attendees: details.attendees.clone(),
            metadata: metadata_column(&details.metadata),
        })
    }
}

impl OrderRow {
    pub fn of(show: ShowId, change: &OrderChange) -> Self {
        Self {
            show: show.0,
            order: change.order.0,
            from_state: change.step.from_state(),
            to_state: change.step.to_state(),
            is_lapsed: change.step.is_lapsed(),
            kept_until: change.kept_until,
            paid_by: change.paid.map(|(payment, _)| Uuid::from_u128(payment.0)),
            paid_offset: change.paid.map(|(_, offset)| offset.0),
            tickets: ticket_numbers(&change.tickets).collect(),
            exchanged_for: change.exchanged_for.map(|order| order.0),
        }
    }
}

impl CutRow {
    pub fn of(show: ShowId, cut: &OrderCut) -> Self {
        Self {
            show: show.0,
            order: cut.order.0,
            from_total: cut.from_total,
            total: cut.total,
            dropped: ticket_numbers(&cut.dropped).collect(),
            seats: seat_numbers(&cut.places.seats).collect(),
            zones: zone_numbers(&cut.places.zones).collect(),
            prices: cut.prices.clone(),
            bill: bill_column(cut.bill.as_ref()),
        }
    }
}

impl TransferRow {
    pub fn of(show: ShowId, transfer: &TicketTransfer) -> Self {
        Self {
            show: show.0,
            order: transfer.order.0,
            ticket: transfer.ticket.0.cast_signed(),
            from_transfers: transfer.from_transfers.into(),
            attendee: transfer.attendee.clone(),
        }
    }
}

impl EventRow {
    pub fn of(show: ShowId, event: &Event) -> Self {
        Self {
            show: show.0,
            offset: event.offset.0,
            kind: event.kind as i16,
            order: event.order.map(|order| order.0),
            seats: match (&event.change, &event.entry) {
                (Some(change), _) => moved_numbers(&change.seats).collect(),
                (_, Some(step)) => step_numbers(step).to_vec(),
                (None, None) => seat_numbers(&event.places.seats).collect(),
            },
            zones: match &event.change {
                Some(change) => capacity_numbers(&change.capacities).collect(),
                None => zone_numbers(&event.places.zones).collect(),
            },
            revision: event.change.as_ref().map(|change| change.revision.0),
            label: event.label.clone().map(String::from),
            tickets: (!event.tickets.is_empty()).then(|| ticket_numbers(&event.tickets).collect()),
        }
    }
}

impl LabelRow {
    pub fn of(show: ShowId, change: &LabelChange) -> Self {
        Self {
            show: show.0,
            label: change.label.to_string(),
            seat: change.seat.map_or(-1, |seat| seat.0.cast_signed()),
            zone: change.zone.map_or(-1, |zone| zone.0.cast_signed()),
            from: change.from.cast_signed(),
            to: change.to.cast_signed(),
        }
    }
}

impl EntryRow {
    pub fn of(show: ShowId, change: &EntryChange) -> Self {
        let buyer = change.details.as_ref().map(|details| details.buyer.clone());
        let buyer = buyer.unwrap_or_default();
        let want = change.want.as_ref();
        Self {
            show: show.0,
            entry: change.entry.0,
            from_place: change.from.map(|place| place.0),
            place: change.place.0,
            session: Uuid::from_u128(change.session.0),
            want: want.and_then(|want| serde_json::to_string(want).ok()),
            state: change.state as i16,
            order: change.order.map(|(order, _)| order.0),
            booked: change.order.map(|(_, booked)| booked.0),
            buyer_name: buyer.name,
            buyer_email: buyer.email,
            buyer_phone: buyer.phone,
            locale: buyer.locale,
        }
    }
}

impl NewPaymentRow {
    pub fn of(show: ShowId, currency: Currency, payment: &NewPayment, key: Option<&IdempotencyKey>) -> Self {
        Self {
            show: show.0,
            payment: Uuid::from_u128(payment.payment.0),
            order: payment.order.0,
            provider: payment.provider,
            payment_method: payment.payment_method.clone(),
            amount: payment.amount_minor_units,
            currency: currency.code().to_owned(),
            state: payment.begin as i16,
            return_url: payment.return_url.clone(),
            key_scope: key.map(|key| Uuid::from_u128(key.scope)),
            key: key.map(|key| key.key.to_string()),
        }
    }
}

impl PaymentRow {
    pub fn of(show: ShowId, change: &PaymentChange, decision: Option<String>) -> Self {
        Self {
            show: show.0,
            payment: Uuid::from_u128(change.payment.0),
            to_state: change.step as i16,
            reason: change.reason.clone(),
            reference: change.reference.clone(),
            is_authorised: change.is_authorised,
            decision,
        }
    }
}

impl ReturnRow {
    pub fn of(show: ShowId, change: &Return) -> Self {
        Self {
            show: show.0,
            order: change.order.0,
            payment: Uuid::from_u128(change.payment.0),
            refund: Uuid::from_u128(change.refund.0),
            amount: change.amount,
            to_state: change.end as i16,
        }
    }
}

impl CreditRow {
    pub fn of(show: ShowId, change: &CreditChange) -> Self {
        Self {
            show: show.0,
            order: change.order.0,
            payment: Uuid::from_u128(change.payment.0),
            amount: change.amount,
            used: change.used,
        }
    }
}

impl AnswerRow {
    pub fn of(show: ShowId, answer: NewAnswer<'_>) -> Self {
        Self {
            show: show.0,
            scope: Uuid::from_u128(answer.key.scope),
            key: answer.key.key.to_string(),
            request_digest: answer.key.request_digest,
            decision: answer.decision,
            is_final: answer.is_final,
            is_refusal: answer.is_refusal,
        }
    }
}

impl TermsRow {
    pub fn of(terms: &Show) -> Self {
        Self {
            show: terms.id.0,
            revision: terms.revision.0,
            terms: terms_columns(terms).to_string(),
        }
    }
}
