//! Random commands at random times, held against rows that accept nothing but what a change says it expects.

mod batches;
mod best_available;
mod cuts;
mod decisions;
mod exchanges;
mod money;
mod tariffs;
mod waitlist;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::command::{Dearer, Exchange, Returner, Tender};
use crate::exchange::ExchangeTerms;
use crate::id::{Offset, PaymentId, RefundId, Revision, ShowId};
use crate::labeled::{LabelChange, Labeled};
use crate::money::Currency;
use crate::payment::PaymentState;
use crate::plan::ZoneIndex;
use crate::plan::generate::{Spec, generate};
use crate::reference::TicketIndex;
use crate::seat_map::ZoneCount;
use crate::show::{LatePayment, Returns};
use crate::tariff::Bill;
use crate::together;

const HOLD_SECONDS: i64 = 10;
const CAPACITY: u32 = 5;
const PAYMENT_WINDOW_SECONDS: u64 = 8;

fn show() -> Arc<Show> {
    let plan = generate(&Spec {
        sections: 1,
        rows: 1,
        seats: 6,
        zones: 1,
    })
    .expect("a plan");
    let currency = Currency::try_from("EUR".to_owned()).expect("a currency");
    Arc::new(Show {
        prices: vec![1, 2, 3],
        zone_capacities: vec![CAPACITY],
        hold: Duration::from_secs(HOLD_SECONDS.unsigned_abs()),
        hold_grace: Duration::ZERO,
        order_places_max: 6,
        session_places_max: 9,
        returns: Returns::Buyer,
        late_payment: LatePayment::HonourIfFree,
        payment_window: Duration::from_secs(PAYMENT_WINDOW_SECONDS),
        ..Show::with_usual_terms(ShowId(1024), Arc::new(plan), currency)
    })
}

struct OrderRow {
    state: OrderState,
    kept_until: DateTime<Utc>,
    terms: HoldTerms,
    places: Places,
    prices: Option<Vec<i64>>,
    bill: Option<Bill>,
    was_extended: bool,
    booked: Offset,
    returned: BTreeSet<TicketIndex>,
    checked_in: BTreeSet<TicketIndex>,
    paid: Option<(PaymentId, Offset)>,
    exchange: Option<ExchangeTerms>,
}

struct PaymentRow {
    order: OrderNumber,
    state: PaymentState,
    awaits_buyer: bool,
    amount: i64,
    refunded: i64,
    /// What of that was given back at the provider.
    elsewhere: i64,
    disputed: i64,
}

impl PaymentRow {
    fn is_live(&self) -> bool {
        matches!(
            self.state,
            PaymentState::Authorising | PaymentState::Confirmed | PaymentState::Captured
        )
    }
}

/// The rows as the database has them: a change that meets another row than it expects is refused.
struct Rows {
    seats: Vec<SeatCell>,
    zone: ZoneCount,
    capacity: u32,
    /// The terms that are in force.
    show: Arc<Show>,
    orders: HashMap<OrderNumber, OrderRow>,
    payments: HashMap<PaymentId, PaymentRow>,
    /// What orders have of older payments: how much, and what of it is used.
    credits: BTreeMap<(OrderNumber, PaymentId), (i64, i64)>,
    /// What has gone back of each payment for tickets of each order.
    refunds: HashMap<(OrderNumber, PaymentId), i64>,
    offset: i64,
    labeled: Labeled,
}

impl Rows {
    fn new(show: Arc<Show>) -> Self {
        let free = SeatCell {
            state: SeatState::Free,
            order: None,
        };
        Self {
            seats: vec![free; 6],
            zone: ZoneCount::default(),
            capacity: CAPACITY,
            show,
            orders: HashMap::new(),
            payments: HashMap::new(),
            credits: BTreeMap::new(),
            refunds: HashMap::new(),
            offset: 0,
            labeled: Labeled::default(),
        }
    }

    fn known(&self) -> KnownRows {
        let payments = self.payments.iter().map(|(id, row)| {
            let known = KnownPayment {
                id: *id,
                state: row.state,
                awaits_buyer: row.awaits_buyer && row.state == PaymentState::Authorising,
                decline: None,
                amount: row.amount,
                refunded: row.refunded,
                disputed: row.disputed,
                lent: self.lent(*id),
                refunded_own: self.refunds.get(&(row.order, *id)).copied().unwrap_or(0) + row.elsewhere,
                is_kept: self.orders[&row.order].state == OrderState::Paid,
            };
            (*id, known)
        });
        let orders = self.orders.iter().map(|(number, row)| {
            let known = KnownOrder {
                state: row.state,
                terms: row.terms,
                places: row.places.clone(),
                prices: row.prices.clone(),
                bill: row.bill.clone(),
                was_extended: row.was_extended,
                booked: row.booked,
                paid: row.paid,
                live_payment: self.live_payment(*number),
                checked_in: row.checked_in.clone(),
                exchange: row.exchange.clone(),
                credits: self.credits_of(*number),
                transferred: crate::transfers::Transfers::NONE,
            };
            (*number, known)
        });
        KnownRows {
            is_canceled: false,
            email_places: HashMap::new(),
            payments: payments.collect(),
            orders: orders.collect(),
            codes: HashMap::from([tariffs::half(), tariffs::way_in()].map(|code| (code.id, code))),
        }
    }

    fn live_payment(&self, order: OrderNumber) -> Option<PaymentId> {
        let mut live = self
            .payments
            .iter()
            .filter(|(_, row)| row.order == order && row.is_live());
        live.next().map(|(id, _)| *id)
    }

    fn payment_of(&self, order: OrderNumber) -> Option<PaymentId> {
        let of_order = self.payments.iter().filter(|(_, row)| row.order == order);
        of_order.map(|(id, _)| *id).max()
    }

    fn write(&mut self, changes: &Changes, now: DateTime<Utc>) {
        for change in &changes.seats {
            let row = &mut self.seats[change.seat.0 as usize];
            assert_eq!(*row, change.from, "{change:?}");
            *row = change.to;
        }
        for change in &changes.zones {
            assert_eq!(self.zone, change.from);
            self.zone = change.to;
            self.capacity = change.capacity.unwrap_or(self.capacity);
            assert!(self.zone.taken() <= self.capacity);
        }
        for terms in &changes.terms {
            assert_eq!(terms.revision, self.show.revision.next());
            self.show = terms.clone();
        }
        for order in &changes.new_orders {
            let row = OrderRow {
                state: OrderState::Held,
                kept_until: order.terms.kept_until,
                terms: order.terms,
                places: order.places.clone(),
                prices: order.prices.clone(),
                bill: order.bill.as_deref().cloned(),
                was_extended: false,
                booked: order.booked,
                returned: BTreeSet::new(),
                checked_in: BTreeSet::new(),
                paid: None,
                exchange: order.exchange.clone(),
            };
            let prices = row.prices.clone();
            let prices = prices.unwrap_or_else(|| self.show.first_terms().ticket_prices(&row.places));
            let fees = row.bill.as_ref().map_or(0, |bill| bill.fees(&prices));
            assert_eq!(prices.iter().sum::<i64>() + fees, row.terms.total);
            assert!(self.orders.insert(order.order, row).is_none());
            let booked = changes.events.iter().find(|event| event.offset == order.booked);
            assert_eq!(booked.map(|event| event.order), Some(Some(order.order)));
        }
        let changed: BTreeSet<_> = changes.orders.iter().map(|change| change.order).collect();
        assert_eq!(changed.len(), changes.orders.len(), "a row changes once");
        changes
            .orders
            .iter()
            .for_each(|change| self.write_order(change, now));
        changes.cuts.iter().for_each(|cut| self.write_cut(cut));
        self.write_money(changes);
        for change in &changes.labels {
            self.write_label(change);
        }
        for event in &changes.events {
            self.offset += 1;
            assert_eq!(event.offset.0, self.offset);
            // Also of one that is booked once more, as late money was honoured.
            let booked = event.order.map(|order| self.orders[&order].booked);
            assert_eq!(event.hold, booked);
        }
    }

    fn write_label(&mut self, change: &LabelChange) {
        match (change.seat, change.zone) {
            (Some(seat), None) => {
                assert_eq!(u32::from(self.labeled.has(seat, &change.label)), change.from);
                match change.to {
                    0 => drop(self.labeled.seats.remove(&seat)),
                    _ => drop(self.labeled.seats.insert(seat, change.label.clone())),
                }
            }
            (None, Some(zone)) => {
                assert_eq!(self.labeled.count(zone, &change.label), change.from);
                match change.to {
                    0 => drop(self.labeled.zones.remove(&(zone, change.label.clone()))),
                    to => drop(self.labeled.zones.insert((zone, change.label.clone()), to)),
                }
            }
            other => panic!("{other:?}"),
        }
    }

    fn write_order(&mut self, change: &OrderChange, now: DateTime<Utc>) {
        let row = self.orders.get_mut(&change.order).expect("an order");
        assert_eq!(row.state as i16, change.step.from_state(), "{change:?}");
        if row.state == OrderState::Held {
            assert_eq!(row.kept_until <= now, change.step.is_lapsed(), "{change:?}");
        }
        row.state = OrderState::from_number(change.step.to_state()).expect("a state");
        row.paid = change.paid.or(row.paid);
        assert!(
            change.kept_until.is_none_or(|until| until > row.kept_until),
            "{change:?}"
        );
        assert!(!row.was_extended || change.kept_until.is_none(), "{change:?}");
        row.was_extended |= change.kept_until.is_some();
        row.kept_until = change.kept_until.unwrap_or(row.kept_until);
        let longest = row.terms.kept_until.timestamp() + PAYMENT_WINDOW_SECONDS.cast_signed();
        assert!(row.kept_until.timestamp() <= longest);
        assert!(change.tickets.iter().all(|ticket| row.returned.insert(*ticket)));
    }
}

#[derive(Debug, Clone)]
enum Step {
    Wait(i64),
    Hold {
        session: u128,
        seats: Vec<u32>,
        places: u32,
        together: u32,
    },
    Abort(usize),
    Drop(usize, u32, u32),
    Pay(usize, u128),
    Begin(usize),
    Confirm(usize),
    Reject(usize),
    GiveUp(usize),
    Return(usize, u16, Returner),
    /// These places, for a ticket of an order or for all.
    Exchange(usize, u16, u32, u32, Returner),
    CheckIn(usize, u16),
    /// So much of the payment goes back at the provider, or is called back by the bank.
    Elsewhere(usize, i64, bool),
    Block(Option<u32>, u32),
    Unblock(Option<u32>, u32),
    Turn(Sale),
    /// New prices, fees with them or none, a new capacity, another hold and another grace, by somebody who may have seen other terms.
    Change(i32, i64, u32, u64),
}

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let order = 0usize..12;
    let step = prop_oneof![
        2 => (1i64..8).prop_map(Step::Wait),
        6 => (0u128..3, prop::collection::btree_set(0u32..6, 0..3), 0u32..4, 0u32..3).prop_map(|(session, seats, places, together)| {
            Step::Hold { session, seats: seats.into_iter().collect(), places, together }
        }),
        2 => order.clone().prop_map(Step::Abort),
        3 => (order.clone(), 0u32..8, 0u32..3).prop_map(|(at, seat, places)| Step::Drop(at, seat, places)),
        2 => order.clone().prop_map(Step::Begin),
        1 => order.clone().prop_map(Step::Reject),
        1 => order.clone().prop_map(Step::GiveUp),
        1 => (order.clone(), 0u16..3).prop_map(|(at, ticket)| Step::CheckIn(at, ticket)),
        3 => (order.clone(), 0u16..4, 0u32..6, 0u32..4, prop_oneof![Just(Returner::Buyer), Just(Returner::Organiser)])
            .prop_map(|(at, ticket, seat, places, by)| Step::Exchange(at, ticket, seat, places, by)),
        1 => (order.clone(), 1i64..9, any::<bool>()).prop_map(|(at, amount, is_refund)| Step::Elsewhere(at, amount, is_refund)),
        3 => order.clone().prop_map(Step::Confirm),
        2 => (order.clone(), 0u128..3).prop_map(|(at, session)| Step::Pay(at, session)),
        2 => (order, 0u16..4, prop_oneof![Just(Returner::Buyer), Just(Returner::Organiser), Just(Returner::Cancellation), Just(Returner::Provider)])
            .prop_map(|(at, ticket, by)| Step::Return(at, ticket, by)),
        1 => (prop::option::of(0u32..6), 0u32..3).prop_map(|(seat, places)| Step::Block(seat, places)),
        1 => (prop::option::of(0u32..6), 0u32..3).prop_map(|(seat, places)| Step::Unblock(seat, places)),
        1 => prop_oneof![Just(Sale::Open), Just(Sale::Open), Just(Sale::Closed)].prop_map(Step::Turn),
        1 => (0i32..3, 1i64..9, 1u32..9, 0u64..3).prop_map(|(behind, price, capacity, grace)| Step::Change(behind / 2, price, capacity, grace)),
    ];
    prop::collection::vec(prop::collection::vec(step, 1..5), 1..20)
}

fn command(step: &Step, payment: PaymentId, known: &[OrderNumber], rows: &Rows) -> Option<Command> {
    let order = |at: &usize| known.get(*at).copied();
    let begun = |at: &usize| Some(rows.payment_of(order(at)?).unwrap_or(PaymentId(0)));
    let tender = || Tender {
        payment,
        provider: "sandbox",
        payment_method: "card".into(),
        return_url: None,
    };
    Some(match step {
        Step::Wait(_) | Step::CheckIn(..) | Step::Elsewhere(..) => return None,
        Step::Hold {
            session,
            seats,
            places,
            together,
        } => {
            let seats = if *together > 0 {
                Vec::new()
            } else {
                seats.iter().copied().map(SeatIndex).collect()
            };
            let zones = (*places > 0).then_some(ZonePlaces {
                zone: ZoneIndex(0),
                count: *places,
            });
            let typed = tariffs::one_child(zones, *together).filter(|_| rows.show.tariff.is_some());
            let together = (*together > 0).then(|| together::Wish::of(*together));
            Command::Hold {
                session: SessionId(*session),
                wish: Wish {
                    places: Places {
                        seats,
                        zones: zones.into_iter().collect(),
                    },
                    together: together.map(Box::new),
                    ticket_types: typed.into_iter().collect(),
                    code: tariffs::code_of(*session),
                },
                details: None,
                booking: Booking::Public,
            }
        }
        Step::Abort(at) => Command::Abort { order: order(at)? },
        Step::Drop(at, seat, places) => cuts::drop(order(at)?, *seat, *places),
        Step::Pay(at, session) => Command::Pay {
            session: SessionId(*session),
            order: order(at)?,
            tender: tender(),
        },
        Step::Exchange(at, ticket, seat, places, by) => Command::Exchange(Box::new(Exchange {
            order: order(at)?,
            tickets: chosen(*ticket),
            by: *by,
            refund: RefundId(payment.0),
            wish: Wish {
                places: blocked((*places < 2).then_some(*seat), *places),
                ..Wish::default()
            },
            details: None,
            tender: tender(),
            dearer: match seat % 5 {
                0 => Dearer::Refused,
                _ => Dearer::Held,
            },
        })),
        Step::Begin(at) => Command::BeginPayment {
            order: order(at)?,
            tender: tender(),
        },
        Step::Confirm(at) => Command::ConfirmPayment {
            order: order(at)?,
            payment: begun(at)?,
            reference: None,
        },
        Step::Reject(at) => Command::RejectPayment {
            order: order(at)?,
            payment: begun(at)?,
            decline: "no".into(),
        },
        Step::GiveUp(at) => Command::GiveUpPayment {
            order: order(at)?,
            payment: begun(at)?,
        },
        Step::Return(at, ticket, by) => Command::Return {
            order: order(at)?,
            tickets: chosen(*ticket),
            by: *by,
            refund: RefundId(1),
        },
        // Some of them are kept for the press.
        Step::Block(seat, count) => Command::Block {
            places: blocked(*seat, *count),
            label: (count % 2 == 1).then(tariffs::press),
        },
        Step::Unblock(seat, count) => Command::Unblock {
            places: blocked(*seat, *count),
            label: (count % 2 == 1).then(tariffs::press),
        },
        Step::Turn(Sale::Open) => Command::Open,
        Step::Turn(Sale::Closed) => Command::Close,
        Step::Change(behind, price, capacity, grace) => {
            let base = Revision(rows.show.revision.0 - behind);
            let mut terms = rows.show.next_terms();
            terms.revision = base.next();
            terms.prices = vec![*price, 2 * price, 3 * price];
            terms.tariff = (price % 2 == 0).then(|| Arc::new(tariffs::tariff(&terms.prices)));
            terms.zone_capacities = vec![*capacity];
            terms.hold_grace = Duration::from_secs(*grace);
            Command::Change {
                base: Some(base),
                terms: Some(Arc::new(terms)),
                sale: None,
            }
        }
    })
}

/// One ticket; 3 stands for all that are left.
fn chosen(ticket: u16) -> Vec<TicketIndex> {
    (ticket < 3).then_some(TicketIndex(ticket)).into_iter().collect()
}

fn blocked(seat: Option<u32>, count: u32) -> Places {
    let zone = ZonePlaces {
        zone: ZoneIndex(0),
        count,
    };
    Places {
        seats: seat.map(SeatIndex).into_iter().collect(),
        zones: (count > 0).then_some(zone).into_iter().collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_change_meets_the_rows_it_expects_and_the_journal_folds_to_them(batches in steps()) {
        let show = show();
        let mut state = ShowState::before_all(&show);
        let mut rows = Rows::new(show.clone());
        let mut numbers = OrderNumbers::default();
        numbers.add(1..1_000);
        let mut payments = (1..).map(PaymentId);
        let mut now = DateTime::UNIX_EPOCH;
        let mut made = Vec::new();
        let opening = decide(&show, &state, &rows.known(), &mut numbers, now, [&Command::Open]).expect("numbers");
        rows.write(&opening, now);
        fold(&mut state, &opening);
        for steps in &batches {
            let waits = steps.iter().map(|step| if let Step::Wait(seconds) = step { *seconds } else { 0 });
            now += TimeDelta::seconds(waits.sum());
            check_in(&mut rows, steps, &made);
            give_back_elsewhere(&mut rows, steps, &made);
            // The turnstile takes one command an order into a batch.
            let mut about = std::collections::HashSet::new();
            let commands: Vec<Command> = steps
                .iter()
                .filter_map(|step| command(step, payments.next()?, &made, &rows))
                .filter(|command| command.order().is_none_or(|order| about.insert(order)))
                .collect();
            let known = rows.known();
            let show = rows.show.clone();
            prop_assert_eq!(show.revision, state.map().revision);
            let changes = decide(&show, &state, &known, &mut numbers, now, &commands).expect("numbers");
            prop_assert_eq!(changes.decisions.len(), commands.len());
            rows.write(&changes, now);
            fold(&mut state, &changes);
            for (command, decision) in commands.iter().zip(&changes.decisions) {
                decisions::check(command, decision, &state, &known, &show);
            }
            prop_assert_eq!(state.offset(), Offset(rows.offset));
            prop_assert_eq!(state.lapsed(now).count(), 0);
            let states: Vec<SeatState> = rows.seats.iter().map(|cell| cell.state).collect();
            prop_assert_eq!(&state.map().seats, &states);
            prop_assert_eq!(state.map().zones[0], rows.zone);
            prop_assert_eq!(&state.map().capacities, &vec![rows.capacity]);
            let holds: Vec<Offset> = state.holds_after(Offset(0)).map(|order| order.booked).collect();
            let mut held: Vec<Offset> = rows
                .orders
                .values()
                .filter(|row| row.state == OrderState::Held)
                .map(|row| row.booked)
                .collect();
            held.sort_unstable();
            prop_assert_eq!(holds, held);
            let with_code = rows.orders.values().filter(|row| {
                row.terms.code == Some(tariffs::half().id) && matches!(row.state, OrderState::Held | OrderState::Paid)
            });
            let uses = u32::try_from(with_code.count()).expect("few");
            prop_assert_eq!(state.code_uses(tariffs::half().id), uses);
            prop_assert!(uses <= 2);
            prop_assert_eq!(state.labeled(), &rows.labeled);
            for seat in rows.labeled.seats.keys() {
                prop_assert_eq!(rows.seats[seat.0 as usize].state, SeatState::Blocked);
            }
            prop_assert!(rows.labeled.of_zone(ZoneIndex(0)) <= rows.zone.blocked);
            for (order, live) in state.orders() {
                prop_assert_eq!(live.booked, rows.orders[order].booked);
                prop_assert_eq!(live.terms.total, rows.orders[order].terms.total);
                for seat in &live.live_places().seats {
                    prop_assert_eq!(rows.seats[seat.0 as usize].order, Some(*order));
                }
            }
            made.extend(changes.new_orders.iter().map(|order| order.order));
        }
    }
}

fn fold(state: &mut ShowState, changes: &Changes) {
    for event in &changes.events {
        state.fold(event).expect("a fold");
    }
}

fn check_in(rows: &mut Rows, steps: &[Step], made: &[OrderNumber]) {
    for step in steps {
        if let Step::CheckIn(at, ticket) = step
            && let Some(row) = made.get(*at).and_then(|order| rows.orders.get_mut(order))
            && row.state == OrderState::Paid
            && !row.returned.contains(&TicketIndex(*ticket))
        {
            row.checked_in.insert(TicketIndex(*ticket));
        }
    }
}

fn give_back_elsewhere(rows: &mut Rows, steps: &[Step], made: &[OrderNumber]) {
    for step in steps {
        let Step::Elsewhere(at, amount, is_refund) = step else {
            continue;
        };
        let id = made.get(*at).and_then(|order| rows.live_payment(*order));
        let payment = id.and_then(|id| rows.payments.get_mut(&id));
        let Some(row) = payment.filter(|row| row.state == PaymentState::Captured) else {
            continue;
        };
        let amount = *amount.min(&(row.amount - row.refunded - row.disputed));
        if *is_refund {
            row.refunded += amount;
            row.elsewhere += amount;
        } else {
            row.disputed += amount;
        }
    }
}
