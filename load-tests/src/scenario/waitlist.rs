//! Who waits for a show that is sold out: joins, and orders given up whose places somebody is offered, beside holds.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, ensure};
use futures_util::future::try_join_all;
use hyper::Method;
use hyper::header::HeaderValue;

use super::holds::hold_seats;
use super::seller::OrderId;
use super::{Effort, Keys};
use crate::client::{Answer, Call, Connection};
use crate::load::{Client, Measured, run_cold};
use crate::rounds::{ROUNDS, Rounds, turns};
use crate::stage::{Seats, Stage, new_session};

/// Entries that wait before anything is measured.
pub const ENTRIES: usize = 100_000;
/// Orders that are given up in a turn, at most.
const GIVEN_UP_MAX: usize = 10_000;
/// Entries that join in a turn, at most: three turns of them beside those that wait are no more than a show takes.
const JOINS_MAX: usize = 30_000;
/// Long enough for a hundred thousand entries.
const FILL_TIME_MAX: Duration = Duration::from_secs(300);

/// What takes turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Hold,
    Join,
    GiveUp,
    Offer,
}

const CASES: [Case; 4] = [Case::Hold, Case::Join, Case::GiveUp, Case::Offer];

/// The turns of each case.
pub struct Waited {
    /// Holds of a show for which nobody waits.
    pub holds: Rounds,
    /// Joins, behind all the others.
    pub joins: Rounds,
    /// Orders of a show for which nobody waits, given up.
    pub given_up: Rounds,
    /// Orders given up, and their places offered to the next.
    pub offers: Rounds,
}

/// Sells a show out, lets very many wait for it, and then measures each case in turn.
pub async fn wait(stage: &Stage, effort: Effort) -> anyhow::Result<Waited> {
    let effort = effort.turn();
    let [holds, joins, given_up, offers] = Rounds::of_cases()?;
    let mut found = Waited {
        holds,
        joins,
        given_up,
        offers,
    };
    let sold_out = stage.open_shows(1, effort.seats, effort.per_order).await?;
    let show = sold_out.shows().first().context("no show")?.clone();
    let held = hold_some(stage, &sold_out, effort.clients, ROUNDS * GIVEN_UP_MAX).await?;
    stage.block(&show, &sold_out.names_left()).await?;
    stage.keep_waitlist(&show).await?;
    let filled = join(stage, &show, effort, ENTRIES, FILL_TIME_MAX).await?;
    ensure!(
        filled.done.len() >= ENTRIES as u64,
        "only {} wait: {:?}",
        filled.done.len(),
        filled.first_refusal
    );
    for case in turns(CASES.len(), ROUNDS) {
        match CASES.get(case).context("no such case")? {
            Case::Hold => {
                let seats = stage.open_shows(1, effort.seats, effort.per_order).await?;
                found.holds.add_run(&hold_seats(stage, &seats, effort).await?)?;
            }
            Case::Join => {
                let joined = join(stage, &show, effort, JOINS_MAX, effort.time).await?;
                found.joins.add_run(&joined)?;
            }
            Case::GiveUp => {
                let seats = stage.open_shows(1, effort.seats, effort.per_order).await?;
                let held = hold_some(stage, &seats, effort.clients, GIVEN_UP_MAX).await?;
                found.given_up.add_run(&give_up(stage, &held, effort).await?)?;
            }
            Case::Offer => {
                let offered = give_up(stage, &held, effort).await?;
                found.offers.add_run(&offered)?;
            }
        }
    }
    Ok(found)
}

/// Orders and whose they are.
type Held = Rc<RefCell<Vec<(HeaderValue, String)>>>;

/// Makes so many orders.
async fn hold_some(stage: &Stage, seats: &Rc<Seats>, clients: usize, number: usize) -> anyhow::Result<Held> {
    let held = Held::default();
    let holders = (0..clients).map(|_| async {
        let mut connection = Connection::open(stage.address()).await?;
        let mut keys = Keys::new();
        while held.borrow().len() < number {
            let Some(pick) = seats.next() else {
                return Ok(());
            };
            let token = new_session(&mut connection).await?;
            let mut call = Call::new(Method::POST, "/")?.with_token(&token);
            (call.path, call.body, call.key) = (pick.path, pick.body, keys.fresh());
            let order: OrderId = connection.read(&call).await?;
            held.borrow_mut().push((token, order.id));
        }
        anyhow::Ok(())
    });
    try_join_all(holders).await?;
    Ok(held)
}

async fn give_up(stage: &Stage, held: &Held, effort: Effort) -> anyhow::Result<Measured> {
    let left = Rc::new(RefCell::new(GIVEN_UP_MAX));
    let mut clients = Vec::with_capacity(effort.clients);
    for _ in 0..effort.clients {
        clients.push(GivesUp {
            connection: Connection::open(stage.address()).await?,
            held: held.clone(),
            left: left.clone(),
            call: Call::new(Method::DELETE, "/")?,
        });
    }
    let given_up = run_cold(&mut clients, effort.time).await?;
    given_up.ensure_some("orders given up")?;
    Ok(given_up)
}

/// A client that gives orders up.
struct GivesUp {
    connection: Connection,
    held: Held,
    /// How many may still be given up in this turn.
    left: Rc<RefCell<usize>>,
    call: Call,
}

impl Client for GivesUp {
    async fn prepare(&mut self) -> anyhow::Result<bool> {
        let Some(left) = self.left.borrow().checked_sub(1) else {
            return Ok(false);
        };
        let Some((token, order)) = self.held.borrow_mut().pop() else {
            return Ok(false);
        };
        *self.left.borrow_mut() = left;
        self.call.path = format!("/v1/orders/{order}").parse()?;
        self.call.token = Some(token);
        Ok(true)
    }

    async fn turn(&mut self) -> Answer {
        self.connection.send(&self.call).await
    }
}

/// Lets so many buyers join, each once, as far as they come to it in this time.
async fn join(
    stage: &Stage,
    show: &str,
    effort: Effort,
    number: usize,
    time: Duration,
) -> anyhow::Result<Measured> {
    let tokens = new_sessions(stage, effort.clients, number).await?;
    let body = format!("{{\"wish\":{{\"count\":{}}}}}", effort.per_order);
    let mut clients = Vec::with_capacity(effort.clients);
    for _ in 0..effort.clients {
        let call = Call::new(Method::POST, &format!("/v1/shows/{show}/waitlist"))?;
        clients.push(Joins {
            connection: Connection::open(stage.address()).await?,
            keys: Keys::new(),
            tokens: tokens.clone(),
            call: call.with_body(body.clone()),
        });
    }
    let joined = run_cold(&mut clients, time).await?;
    joined.ensure_some("joins")?;
    Ok(joined)
}

/// Tokens of sessions that have done nothing yet.
type Tokens = Rc<RefCell<Vec<HeaderValue>>>;

async fn new_sessions(stage: &Stage, clients: usize, number: usize) -> anyhow::Result<Tokens> {
    let tokens = Tokens::default();
    let makers = (0..clients).map(|_| async {
        let mut connection = Connection::open(stage.address()).await?;
        while tokens.borrow().len() < number {
            let token = new_session(&mut connection).await?;
            tokens.borrow_mut().push(token);
        }
        anyhow::Ok(())
    });
    try_join_all(makers).await?;
    Ok(tokens)
}

/// A client that joins, as somebody else each time.
struct Joins {
    connection: Connection,
    keys: Keys,
    tokens: Tokens,
    call: Call,
}

impl Client for Joins {
    async fn prepare(&mut self) -> anyhow::Result<bool> {
        self.call.token = self.tokens.borrow_mut().pop();
        self.call.key = self.keys.fresh();
        Ok(self.call.token.is_some())
    }

    async fn turn(&mut self) -> Answer {
        self.connection.send(&self.call).await
    }
}
