//! Random commands at random times, held against rows that accept nothing but what a change says it expects.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::command::{Lapsed, Returner, Tender};
use crate::id::{PaymentId, RefundId, ShowId};
use crate::money::Currency;
use crate::plan::generate::{Spec, generate};
use crate::reference::TicketIndex;
use crate::show::{LatePayment, Returns};

const HOLD_SECONDS: i64 = 10;
const CAPACITY: u32 = 5;
const PAYMENT_WINDOW_SECONDS: u64 = 8;

fn show() -> Show {
    let plan = generate(&Spec {
        sections: 1,
        rows: 1,
        seats: 6,
        zones: 1,
    })
    .expect("a plan");
    Show {
        id: ShowId(1024),
        plan_id: 0,
        plan: Arc::new(plan),
        title: "x".into(),
        starts_at: DateTime::UNIX_EPOCH,
        currency: Currency::try_from("EUR".to_owned()).expect("a currency"),
        prices: vec![1, 2, 3],
        zone_capacities: vec![CAPACITY],
        hold: Duration::from_secs(HOLD_SECONDS.unsigned_abs()),
        hold_grace: Duration::ZERO,
        order_places_max: 6,
        session_places_max: 9,
        on_sale_at: None,
        closes_at: None,
        returns: Returns::Organiser,
        returns_until: None,
        late_payment: LatePayment::HonourIfFree,
        payment_window: Duration::from_secs(PAYMENT_WINDOW_SECONDS),
        created_at: DateTime::UNIX_EPOCH,
    }
}

struct OrderRow {
    state: i16,
    kept_until: DateTime<Utc>,
    lapsed: Lapsed,
    returned: std::collections::BTreeSet<TicketIndex>,
}

/// The rows as the database has them: a change that meets another row than it expects is refused.
struct Rows {
    seats: Vec<SeatCell>,
    zone: ZoneCount,
    orders: HashMap<OrderNumber, OrderRow>,
    offset: i64,
}

impl Rows {
    fn write(&mut self, batch: &Batch, now: DateTime<Utc>) {
        for change in &batch.seats {
            let row = &mut self.seats[change.seat.0 as usize];
            assert_eq!(*row, change.from, "{change:?}");
            *row = change.to;
        }
        for change in &batch.zones {
            assert_eq!(self.zone, change.from);
            self.zone = change.to;
            assert!(self.zone.held + self.zone.sold <= CAPACITY);
        }
        for change in &batch.orders {
            let row = self.orders.get_mut(&change.order).expect("an order");
            assert_eq!(row.state, change.step.from_state(), "{change:?}");
            if row.state == 1 {
                assert_eq!(row.kept_until <= now, change.step.is_lapsed(), "{change:?}");
            }
            row.state = change.step.to_state();
            assert!(
                change.kept_until.is_none_or(|until| until > row.kept_until),
                "{change:?}"
            );
            row.kept_until = change.kept_until.unwrap_or(row.kept_until);
            let longest = row.lapsed.terms.kept_until.timestamp() + PAYMENT_WINDOW_SECONDS.cast_signed();
            assert!(row.kept_until.timestamp() <= longest);
            assert!(change.tickets.iter().all(|ticket| row.returned.insert(*ticket)));
        }
        for change in &batch.returns {
            let row = &self.orders[&change.order];
            let left = row
                .lapsed
                .places
                .of_tickets(|ticket| !row.returned.contains(&ticket));
            assert_eq!(
                (left.count() == 0, row.state == 5),
                (change.is_whole, change.is_whole)
            );
        }
        for order in &batch.new_orders {
            let row = OrderRow {
                state: 1,
                kept_until: order.terms.kept_until,
                lapsed: Lapsed {
                    terms: order.terms,
                    places: order.places.clone(),
                },
                returned: Default::default(),
            };
            assert!(self.orders.insert(order.order, row).is_none());
        }
        for event in &batch.events {
            self.offset += 1;
            assert_eq!(event.offset.0, self.offset);
        }
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
    Pay(usize, u128),
    Begin(usize),
    Confirm(usize),
    Return(usize, u16),
    Block(u32),
    Unblock(u32),
    Turn(Sale),
}

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let order = 0usize..12;
    let step = prop_oneof![
        2 => (1i64..8).prop_map(Step::Wait),
        6 => (0u128..3, prop::collection::btree_set(0u32..6, 0..3), 0u32..4, 0u32..3).prop_map(|(session, seats, places, together)| {
            Step::Hold { session, seats: seats.into_iter().collect(), places, together }
        }),
        2 => order.clone().prop_map(Step::Abort),
        1 => order.clone().prop_map(Step::Begin),
        3 => order.clone().prop_map(Step::Confirm),
        2 => (order.clone(), 0u128..3).prop_map(|(at, session)| Step::Pay(at, session)),
        2 => (order, 0u16..4).prop_map(|(at, ticket)| Step::Return(at, ticket)),
        1 => (0u32..6).prop_map(Step::Block),
        1 => (0u32..6).prop_map(Step::Unblock),
        1 => prop_oneof![Just(Sale::Open), Just(Sale::Open), Just(Sale::Closed)].prop_map(Step::Turn),
    ];
    prop::collection::vec(prop::collection::vec(step, 1..5), 1..20)
}

fn command(step: &Step, known: &[OrderNumber], rows: &Rows) -> Option<Command> {
    let order = |at: &usize| known.get(*at).copied();
    let payment = PaymentId(1);
    let tender = || Tender {
        payment,
        provider: "sandbox",
        payment_method: "card".into(),
        return_url: None,
    };
    Some(match step {
        Step::Wait(_) => return None,
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
            let together = (*together > 0).then_some(together::Wish {
                count: *together,
                category: None,
                section: None,
            });
            Command::Hold {
                session: SessionId(*session),
                wish: Wish {
                    places: Places {
                        seats,
                        zones: zones.into_iter().collect(),
                    },
                    together,
                },
            }
        }
        Step::Abort(at) => Command::Abort { order: order(at)? },
        Step::Pay(at, session) => Command::Pay {
            session: SessionId(*session),
            order: order(at)?,
            tender: tender(),
        },
        Step::Begin(at) => Command::BeginPayment {
            order: order(at)?,
            tender: tender(),
        },
        Step::Confirm(at) => Command::ConfirmPayment {
            order: order(at)?,
            payment,
            reference: None,
            // Whoever drives a payment knows of an order that was given up, and doesn't want it back.
            late: rows
                .orders
                .get(&order(at)?)
                .filter(|row| matches!(row.state, 1 | 4))
                .map(|row| Box::new(row.lapsed.clone())),
        },
        // Ticket 3 stands for all that are left.
        Step::Return(at, ticket) => Command::Return {
            order: order(at)?,
            tickets: (*ticket < 3)
                .then_some(TicketIndex(*ticket))
                .into_iter()
                .collect(),
            by: Returner::Organiser,
            refund: RefundId(1),
        },
        Step::Block(seat) => Command::Block {
            seats: vec![SeatIndex(*seat)],
        },
        Step::Unblock(seat) => Command::Unblock {
            seats: vec![SeatIndex(*seat)],
        },
        Step::Turn(Sale::Open) => Command::Open,
        Step::Turn(Sale::Closed) => Command::Close,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_change_meets_the_rows_it_expects_and_the_journal_folds_to_them(batches in steps()) {
        let show = show();
        let mut inventory = ShowState::new(6, 1);
        let mut folded = ShowState::new(6, 1);
        let free = SeatCell { state: SeatState::Free, order: None };
        let mut rows = Rows { seats: vec![free; 6], zone: ZoneCount::default(), orders: HashMap::new(), offset: 0 };
        let mut numbers = OrderNumbers::default();
        numbers.add(1..1_000);
        let mut now = DateTime::UNIX_EPOCH;
        let mut known = Vec::new();
        let opening = decide(&show, &mut inventory, &mut numbers, now, [&Command::Open]).expect("a batch");
        rows.write(&opening, now);
        for event in &opening.events {
            folded.fold(event).expect("a fold");
        }
        for steps in &batches {
            let waits = steps.iter().map(|step| if let Step::Wait(seconds) = step { *seconds } else { 0 });
            now += TimeDelta::seconds(waits.sum());
            // The turnstile takes one command an order into a batch.
            let mut about = std::collections::HashSet::new();
            let commands: Vec<Command> = steps
                .iter()
                .filter_map(|step| command(step, &known, &rows))
                .filter(|command| command.order().is_none_or(|order| about.insert(order)))
                .collect();
            let before = inventory.clone();
            let batch = decide(&show, &mut inventory, &mut numbers, now, &commands).expect("a batch");
            prop_assert_eq!(batch.decisions.len(), commands.len());
            let can_be_taken_back = |event: &Event| matches!(event.kind, EventKind::Booked | EventKind::Paid);
            if batch.events.iter().all(can_be_taken_back) {
                let mut after = inventory.clone();
                for event in batch.events.iter().rev() {
                    after.take_back(event).expect("an event to take back");
                }
                prop_assert_eq!(&after, &before);
            }
            for (command, decision) in commands.iter().zip(&batch.decisions) {
                if let (Command::Pay { session, order, .. }, Outcome::Paid(paid)) = (command, &decision.outcome) {
                    let live = inventory.order(*order).expect("a live order");
                    prop_assert_eq!((live.phase, live.terms.session), (Phase::Paid, *session));
                    prop_assert_eq!((&live.places, live.terms.expires_at), (&paid.held.places, paid.held.expires_at));
                    prop_assert_eq!(paid.held.created_at + TimeDelta::seconds(HOLD_SECONDS), paid.held.expires_at);
                }
            }
            rows.write(&batch, now);
            for event in &batch.events {
                folded.fold(event).expect("a fold");
            }
            prop_assert_eq!(&folded, &inventory);
            prop_assert!(inventory.lapsed(now).is_none());
            let states: Vec<SeatState> = rows.seats.iter().map(|cell| cell.state).collect();
            prop_assert_eq!(&inventory.map().seats, &states);
            prop_assert_eq!(inventory.map().zones[0], rows.zone);
            for (order, live) in inventory.orders() {
                for seat in &live.live_places().seats {
                    prop_assert_eq!(rows.seats[seat.0 as usize].order, Some(*order));
                }
            }
            known.extend(batch.new_orders.iter().map(|order| order.order));
        }
    }
}

#[test]
fn more_lapses_than_a_batch_takes_make_the_commands_wait() {
    let mut show = show();
    show.zone_capacities = vec![u32::MAX];
    show.session_places_max = u32::MAX;
    let mut inventory = ShowState::new(6, 1);
    let mut numbers = OrderNumbers::default();
    numbers.add(1..10_000);
    let now = DateTime::UNIX_EPOCH;
    let places = Places {
        seats: Vec::new(),
        zones: vec![ZonePlaces {
            zone: ZoneIndex(0),
            count: 1,
        }],
    };
    let hold = Command::Hold {
        session: SessionId(1),
        wish: Wish {
            places,
            together: None,
        },
    };
    let mut commands = vec![Command::Open];
    commands.resize(BATCH_LAPSES_MAX + 2, hold.clone());
    decide(&show, &mut inventory, &mut numbers, now, &commands).expect("a batch");

    let later = now + TimeDelta::seconds(HOLD_SECONDS);
    let first = decide(&show, &mut inventory, &mut numbers, later, [&hold]).expect("a batch");
    assert_eq!((first.events.len(), first.decisions.len()), (BATCH_LAPSES_MAX, 0));
    let second = decide(&show, &mut inventory, &mut numbers, later, [&hold]).expect("a batch");
    assert_eq!((second.events.len(), second.decisions.len()), (2, 1));
}
