//! Exchanges made by hand, held against the same rows as random ones.

use super::*;
use crate::outcome::Exchanged;

/// A show that sells, with its rows.
struct Sale {
    state: ShowState,
    rows: Rows,
    numbers: OrderNumbers,
    payments: u128,
}

impl Sale {
    fn open() -> Self {
        let show = show();
        let mut numbers = OrderNumbers::default();
        numbers.add(1..100);
        let mut sale = Self {
            state: ShowState::before_all(&show),
            rows: Rows::new(show),
            numbers,
            payments: 0,
        };
        sale.pass(&[Command::Open]);
        sale
    }

    fn pass(&mut self, commands: &[Command]) -> Vec<Outcome> {
        let (known, now) = (self.rows.known(), DateTime::UNIX_EPOCH);
        let show = self.rows.show.clone();
        let changes = decide(&show, &self.state, &known, &mut self.numbers, now, commands).expect("numbers");
        self.rows.write(&changes, now);
        fold(&mut self.state, &changes);
        { changes.decisions.into_iter() }
            .map(|decision| decision.outcome)
            .collect()
    }

    fn one(&mut self, command: Command) -> Outcome {
        self.pass(&[command]).remove(0)
    }

    /// Another payment, which waits for nobody.
    fn tender(&mut self) -> Tender {
        self.payments += 1;
        Tender {
            payment: PaymentId(2 * self.payments + 1),
            provider: "sandbox",
            payment_method: "card".into(),
            return_url: None,
        }
    }

    fn pay(&mut self, order: OrderNumber) -> Command {
        let tender = self.tender();
        Command::Pay {
            session: SessionId(1),
            order,
            tender,
        }
    }

    /// A paid order.
    fn sold(&mut self, places: Places) -> OrderNumber {
        let held = self.one(Command::Hold {
            session: SessionId(1),
            wish: Wish {
                places,
                ..Wish::default()
            },
            details: None,
            booking: Booking::Public,
        });
        let Outcome::Held(held) = held else {
            panic!("{held:?}")
        };
        let pay = self.pay(held.order);
        assert!(matches!(self.one(pay), Outcome::Paid(_)));
        held.order
    }

    fn ask(&mut self, order: OrderNumber, tickets: &[u16], places: Places) -> Command {
        Command::Exchange(Box::new(Exchange {
            order,
            tickets: tickets.iter().copied().map(TicketIndex).collect(),
            by: Returner::Buyer,
            refund: RefundId(self.payments << 8),
            wish: Wish {
                places,
                ..Wish::default()
            },
            details: None,
            tender: self.tender(),
            dearer: Dearer::Held,
        }))
    }

    fn exchange(&mut self, order: OrderNumber, tickets: &[u16], places: Places) -> Exchanged {
        let ask = self.ask(order, tickets, places);
        match self.one(ask) {
            Outcome::Exchanged(exchanged) => exchanged,
            other => panic!("{other:?}"),
        }
    }

    fn give_back(order: OrderNumber, tickets: &[u16]) -> Command {
        Command::Return {
            order,
            tickets: tickets.iter().copied().map(TicketIndex).collect(),
            by: Returner::Buyer,
            refund: RefundId(1),
        }
    }
}

fn seats(seats: &[u32]) -> Places {
    Places {
        seats: seats.iter().copied().map(SeatIndex).collect(),
        zones: Vec::new(),
    }
}

#[test]
fn tickets_of_one_order_go_different_ways_in_one_batch() {
    let mut sale = Sale::open();
    let order = sale.sold(seats(&[0, 1, 2]));
    // Three places for one ticket are dearer.
    let dearer = sale.exchange(order, &[0], blocked(None, 3));
    assert!(!dearer.is_paid);
    let pay = sale.pay(dearer.held.order);
    let outcomes = sale.pass(&[pay, Sale::give_back(order, &[1]), Command::Close]);
    assert!(matches!(outcomes[0], Outcome::Paid(_)), "{outcomes:?}");
    let Outcome::ReturnedSome { returned, .. } = &outcomes[1] else {
        panic!("{outcomes:?}")
    };
    assert_eq!(*returned, [TicketIndex(0), TicketIndex(1)].into());
    assert_eq!(sale.rows.orders[&order].returned.len(), 2);
    // And none twice.
    let again = sale.one(Sale::give_back(order, &[0]));
    assert_eq!(
        again,
        Outcome::Refused(Refusal::TicketsNotLive(vec![TicketIndex(0)]))
    );
}

#[test]
fn the_money_of_many_exchanges_goes_back_to_where_it_came_from() {
    let mut sale = Sale::open();
    let mut order = sale.sold(seats(&[0]));
    for dearer in [seats(&[1, 2]), blocked(None, 3), seats(&[0, 1, 2, 3, 4, 5])] {
        let held = sale.exchange(order, &[], dearer);
        order = held.held.order;
        if !held.is_paid {
            let pay = sale.pay(order);
            assert!(matches!(sale.one(pay), Outcome::Paid(_)));
        }
    }
    assert!(sale.rows.credits_of(order).len() > 1, "{:?}", sale.rows.credits);
    assert_eq!(sale.one(Sale::give_back(order, &[])), Outcome::Returned(order));
    let payments = sale.rows.payments.values();
    let back: Vec<_> = payments.map(|row| (row.amount, row.refunded)).collect();
    assert!(back.iter().all(|(amount, back)| amount == back), "{back:?}");
}

#[test]
fn a_chain_of_exchanges_ends_where_it_has_too_many_payments() {
    let mut sale = Sale::open();
    let order = sale.sold(seats(&[0]));
    let payment = sale.rows.orders[&order].paid.expect("a payment").0;
    for number in 0..purse::CREDITS_MAX {
        let part = PaymentId(10_000 + number as u128);
        let row = PaymentRow {
            order,
            state: PaymentState::Refunded,
            awaits_buyer: false,
            amount: 1,
            refunded: 1,
            elsewhere: 0,
            disputed: 0,
        };
        sale.rows.payments.insert(part, row);
        sale.rows.credits.insert((order, part), (0, 0));
    }
    assert_ne!(payment, PaymentId(10_000));
    let ask = sale.ask(order, &[], seats(&[1]));
    assert_eq!(sale.one(ask), Outcome::Refused(Refusal::ExchangedTooOften));
}

/// What is done to one of the orders that there are.
#[derive(Debug, Clone)]
enum Move {
    Sell(u32),
    Exchange(usize, u16, u32, u32),
    Pay(usize),
    Begin(usize),
    Confirm(usize),
    GiveBack(usize, u16),
    CheckIn(usize, u16),
    Elsewhere(usize, i64),
}

fn moves() -> impl Strategy<Value = Vec<Vec<Move>>> {
    let order = 0usize..8;
    let one = prop_oneof![
        2 => (1u32..3).prop_map(Move::Sell),
        6 => (order.clone(), 0u16..4, 0u32..6, 0u32..3).prop_map(|(at, ticket, seat, places)| Move::Exchange(at, ticket, seat, places)),
        4 => order.clone().prop_map(Move::Pay),
        2 => order.clone().prop_map(Move::Begin),
        2 => order.clone().prop_map(Move::Confirm),
        3 => (order.clone(), 0u16..4).prop_map(|(at, ticket)| Move::GiveBack(at, ticket)),
        1 => (order.clone(), 0u16..2).prop_map(|(at, ticket)| Move::CheckIn(at, ticket)),
        1 => (order, 1i64..4).prop_map(|(at, amount)| Move::Elsewhere(at, amount)),
    ];
    prop::collection::vec(prop::collection::vec(one, 1..4), 5..30)
}

impl Sale {
    /// One of the last orders.
    fn number(&self, at: usize) -> Option<OrderNumber> {
        let mut orders: Vec<_> = self.rows.orders.keys().copied().collect();
        orders.sort_unstable_by_key(|order| std::cmp::Reverse(order.0));
        orders.get(at % orders.len().clamp(1, 8)).copied()
    }

    fn command(&mut self, one: &Move) -> Option<Command> {
        let ticket = |ticket: u16| (ticket < 3).then_some(ticket);
        Some(match one {
            Move::Sell(_) | Move::CheckIn(..) | Move::Elsewhere(..) => return None,
            Move::Exchange(at, given, seat, places) => {
                let wish = blocked((*places < 2).then_some(*seat), *places);
                let given: Vec<_> = ticket(*given).into_iter().collect();
                self.ask(self.number(*at)?, &given, wish)
            }
            Move::Pay(at) => self.pay(self.number(*at)?),
            Move::Begin(at) => Command::BeginPayment {
                order: self.number(*at)?,
                tender: self.tender(),
            },
            Move::Confirm(at) => {
                let order = self.number(*at)?;
                let payment = self.rows.payment_of(order)?;
                Command::ConfirmPayment {
                    order,
                    payment,
                    reference: None,
                }
            }
            Move::GiveBack(at, given) => {
                let given: Vec<_> = ticket(*given).into_iter().collect();
                Self::give_back(self.number(*at)?, &given)
            }
        })
    }

    fn outside(&mut self, one: &Move) {
        match one {
            Move::Sell(places) if self.rows.zone.free(CAPACITY) >= *places => {
                let _order = self.sold(blocked(None, *places));
            }
            Move::CheckIn(at, ticket) => {
                let made: Vec<_> = self.number(*at).into_iter().collect();
                check_in(&mut self.rows, &[Step::CheckIn(0, *ticket)], &made);
            }
            Move::Elsewhere(at, amount) => {
                let made: Vec<_> = self.number(*at).into_iter().collect();
                give_back_elsewhere(&mut self.rows, &[Step::Elsewhere(0, *amount, true)], &made);
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_is_exchanged_paid_and_given_back_money_and_tickets_agree(batches in moves()) {
        let mut sale = Sale::open();
        let mut show = Show::clone(&sale.rows.show);
        show.session_places_max = 50;
        sale.rows.show = Arc::new(show);
        for moves in &batches {
            moves.iter().for_each(|one| sale.outside(one));
            let mut about = std::collections::HashSet::new();
            let commands: Vec<_> = moves.iter().filter_map(|one| sale.command(one)).collect();
            let commands: Vec<_> = { commands.into_iter() }
                .filter(|command| command.order().is_none_or(|order| about.insert(order)))
                .collect();
            sale.pass(&commands);
            for (order, row) in &sale.rows.orders {
                if let (Some(exchange), OrderState::Paid) = (&row.exchange, row.state) {
                    let given = &sale.rows.orders[&exchange.order].returned;
                    prop_assert!(exchange.tickets.iter().all(|ticket| given.contains(ticket)), "{order:?}");
                }
            }
        }
        for order in sale.rows.orders.keys().copied().collect::<Vec<_>>() {
            let end = Command::Return { order, tickets: Vec::new(), by: Returner::Cancellation, refund: RefundId(1) };
            sale.one(end);
        }
        for (id, row) in &sale.rows.payments {
            prop_assert!(row.state != PaymentState::Captured, "{id:?}");
            prop_assert!(row.state != PaymentState::Refunding || row.refunded == row.amount, "{id:?}");
        }
    }
}
