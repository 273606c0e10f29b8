//! What a scenario plays on: shows made for it, their free seats, and buyers' sessions.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::Range;
use std::rc::Rc;

use anyhow::Context;
use bytes::Bytes;
use hyper::header::HeaderValue;
use hyper::{Method, Uri};
use serde::Deserialize;
use serde_json::json;

use crate::client::{Call, Connection, bearer};
use crate::plan::{CATEGORY, SeatingPlan};
use crate::server::Office;

/// Live places that one session may have on a show, at most.
pub const SESSION_PLACES_MAX: usize = 5_000;
/// Places of one order, at most.
pub const ORDER_PLACES_MAX: usize = 500;
/// Seats that can be blocked at once, at most.
const BLOCK_SEATS_MAX: usize = 10_000;
/// Codes that can be made at once, at most.
const CODES_AT_ONCE_MAX: usize = 1_000;
/// Long enough that no hold lapses in a run.
const HOLD_SECONDS: u32 = 86_400;

/// The organiser's side of a box office.
pub struct Stage {
    address: SocketAddr,
    organiser: HeaderValue,
    connection: RefCell<Option<Connection>>,
    /// Plans imported before, by number of seats.
    plans: RefCell<HashMap<usize, (String, Rc<SeatingPlan>)>>,
}

/// Shows that are to be opened, all alike.
#[derive(Debug, Clone, Copy)]
pub struct Opening {
    /// How many.
    pub shows: usize,
    /// Free seats of each.
    pub seats: usize,
    /// Seats in one order.
    pub per_order: usize,
    /// How long buyers have to pay.
    pub hold_seconds: u32,
}

/// What becomes of a show's seats once all have been given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WhenGone {
    /// Nobody gets any.
    End,
    /// They are given out anew, in the same order.
    BeginAnew,
}

/// Shows on one plan, and which of their seats nobody has been given yet.
pub struct Seats {
    /// Names of each show's seats.
    names: Rc<[String]>,
    /// Where orders are made, one for each show.
    orders: Vec<Uri>,
    shows: Vec<String>,
    per_order: usize,
    when_gone: WhenGone,
    next: Cell<usize>,
    /// What orders say besides, if anything.
    sold_as: Option<SoldAs>,
}

/// What each order's first seat is sold as, and with which code: they take turns.
#[derive(Clone)]
struct SoldAs {
    ticket_types: usize,
    codes: Rc<[String]>,
}

/// Seats for one order.
#[derive(Clone)]
pub struct Pick {
    /// Where the order is made.
    pub path: Uri,
    /// Its JSON.
    pub body: Bytes,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

#[derive(Deserialize)]
struct MadeCodes {
    codes: Vec<MadeCode>,
}

#[derive(Deserialize)]
struct MadeCode {
    code: String,
}

#[derive(Deserialize)]
struct NewSession {
    token: String,
}

impl Stage {
    /// The organiser's side of this office.
    pub fn new(office: &Office) -> anyhow::Result<Self> {
        Ok(Self {
            address: office.address,
            organiser: office.organiser()?,
            connection: RefCell::new(None),
            plans: RefCell::new(HashMap::new()),
        })
    }

    /// Where the office listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Opens new shows with this many free seats each. No hold on them lapses in a run.
    pub async fn open_shows(
        &self,
        shows: usize,
        seats: usize,
        per_order: usize,
    ) -> anyhow::Result<Rc<Seats>> {
        self.open(Opening {
            shows,
            seats,
            per_order,
            hold_seconds: HOLD_SECONDS,
        })
        .await
    }

    /// Opens new shows.
    pub async fn open(&self, opening: Opening) -> anyhow::Result<Rc<Seats>> {
        let (plan_id, plan) = self.plan(opening.seats).await?;
        let body = json!({
            "plan": plan_id,
            "title": "Under load",
            "starts_at": "2099-12-31T19:30:00Z",
            "prices": { CATEGORY: { "amount": 4_500, "currency": "EUR" } },
            "hold_seconds": opening.hold_seconds,
            "order_places_max": ORDER_PLACES_MAX,
            "session_places_max": SESSION_PLACES_MAX,
        });
        let call = Call::new(Method::POST, "/v1/shows")?
            .with_token(&self.organiser)
            .with_body(body.to_string());
        let mut ids = Vec::with_capacity(opening.shows);
        for _ in 0..opening.shows {
            let made: Made = self.ask(&call).await?;
            ids.push(made.id);
        }
        Ok(Rc::new(Seats::new(ids, plan.seats.clone(), opening.per_order)?))
    }

    /// Takes these free seats of a show off sale.
    pub async fn block(&self, show: &str, names: &[String]) -> anyhow::Result<()> {
        let call = Call::new(Method::POST, &format!("/v1/shows/{show}/blocks"))?.with_token(&self.organiser);
        for names in names.chunks(BLOCK_SEATS_MAX) {
            let _: serde_json::Value = self.ask(&call.clone().with_body(order_body(names))).await?;
        }
        Ok(())
    }

    /// Makes an endpoint of webhooks to which nothing is sent yet; tells its id.
    pub async fn make_endpoint(&self, url: &str) -> anyhow::Result<String> {
        let call = Call::new(Method::POST, "/v1/webhook-endpoints")?.with_token(&self.organiser);
        let body = json!({ "url": url, "enabled": false });
        let made: Made = self.ask(&call.with_body(body.to_string())).await?;
        Ok(made.id)
    }

    /// Has an endpoint told of what happens, or not.
    pub async fn enable_endpoint(&self, endpoint: &str, is_enabled: bool) -> anyhow::Result<()> {
        let path = format!("/v1/webhook-endpoints/{endpoint}");
        let call = Call::new(Method::PATCH, &path)?.with_token(&self.organiser);
        let body = json!({ "enabled": is_enabled });
        let _: serde_json::Value = self.ask(&call.with_body(body.to_string())).await?;
        Ok(())
    }

    /// Gives a show this many ticket types, the first at the price that it has.
    pub async fn add_ticket_types(&self, show: &str, number: usize) -> anyhow::Result<()> {
        let ticket_type = |at: usize| {
            let price = json!({ "amount": 4_500 - at, "currency": "EUR" });
            json!({ "id": ticket_type_id(at), "name": format!("Type {at}"), "prices": { CATEGORY: price } })
        };
        let ticket_types: Vec<_> = (0..number).map(ticket_type).collect();
        let mut call = Call::new(Method::PATCH, &format!("/v1/shows/{show}"))?.with_token(&self.organiser);
        call.if_match = Some(HeaderValue::from_static("\"1\""));
        let body = json!({ "prices": {}, "ticket_types": ticket_types });
        let _: serde_json::Value = self.ask(&call.with_body(body.to_string())).await?;
        Ok(())
    }

    /// Lets buyers wait for a show's places.
    pub async fn keep_waitlist(&self, show: &str) -> anyhow::Result<()> {
        let mut call = Call::new(Method::PATCH, &format!("/v1/shows/{show}"))?.with_token(&self.organiser);
        call.if_match = Some(HeaderValue::from_static("\"1\""));
        let body = json!({ "waitlist": {} });
        let _: serde_json::Value = self.ask(&call.with_body(body.to_string())).await?;
        Ok(())
    }

    /// Makes this many codes of a show, of a thousand uses each.
    pub async fn make_codes(&self, show: &str, number: usize) -> anyhow::Result<Vec<String>> {
        let call = Call::new(Method::POST, &format!("/v1/shows/{show}/codes"))?.with_token(&self.organiser);
        let mut words = Vec::with_capacity(number);
        while words.len() < number {
            let count = CODES_AT_ONCE_MAX.min(number - words.len());
            let body = json!({ "count": count, "percent": 10, "uses_max": 1_000 });
            let made: MadeCodes = self.ask(&call.clone().with_body(body.to_string())).await?;
            words.extend(made.codes.into_iter().map(|made| made.code));
        }
        Ok(words)
    }

    /// A question of the organiser's.
    pub fn organiser_call(&self, path: &str) -> anyhow::Result<Call> {
        Ok(Call::new(Method::GET, path)?.with_token(&self.organiser))
    }

    async fn plan(&self, seats: usize) -> anyhow::Result<(String, Rc<SeatingPlan>)> {
        if let Some(known) = self.plans.borrow().get(&seats) {
            return Ok(known.clone());
        }
        let plan = SeatingPlan::with_seats(seats);
        let call = Call::new(Method::POST, "/v1/plans")?.with_token(&self.organiser);
        let made: Made = self.ask(&call.with_body(plan.document.clone())).await?;
        let known = (made.id, Rc::new(plan));
        self.plans.borrow_mut().insert(seats, known.clone());
        Ok(known)
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, call: &Call) -> anyhow::Result<T> {
        // Taken out while in use, as nothing may stay borrowed over a wait.
        let kept = self.connection.borrow_mut().take();
        let mut connection = match kept {
            Some(connection) => connection,
            None => Connection::open(self.address).await?,
        };
        let answer = connection.read(call).await;
        *self.connection.borrow_mut() = Some(connection);
        answer
    }
}

impl Seats {
    /// The seats of shows that are open already, with as many as they were opened with, all free.
    pub fn of_shows(shows: Vec<String>, seats: usize, per_order: usize) -> anyhow::Result<Rc<Self>> {
        let names = SeatingPlan::with_seats(seats).seats;
        Ok(Rc::new(Self::new(shows, names, per_order)?))
    }

    fn new(shows: Vec<String>, names: Rc<[String]>, per_order: usize) -> anyhow::Result<Self> {
        let orders: Result<_, _> = shows
            .iter()
            .map(|show| format!("/v1/shows/{show}/orders").parse())
            .collect();
        Ok(Self {
            names,
            orders: orders?,
            shows,
            per_order,
            when_gone: WhenGone::End,
            next: Cell::new(0),
            sold_as: None,
        })
    }

    /// The same seats, in orders that say what their first seat is sold as and have a code each.
    pub fn sold_as(&self, ticket_types: usize, codes: Vec<String>) -> Rc<Self> {
        let codes = codes.into();
        Rc::new(Self {
            sold_as: Some(SoldAs { ticket_types, codes }),
            ..self.same(self.names.clone())
        })
    }

    /// The same seats, each given out anew when all have been: for holds that lapse meanwhile.
    pub fn again_and_again(&self) -> Rc<Self> {
        Rc::new(Self {
            when_gone: WhenGone::BeginAnew,
            ..self.same(self.names.clone())
        })
    }

    /// The seats of each show with these numbers alone, counted from 0. None of them has been given out here.
    pub fn part(&self, numbers: Range<usize>) -> anyhow::Result<Rc<Self>> {
        let names = self.names.get(numbers).context("the show has no such seats")?;
        Ok(Rc::new(self.same(names.into())))
    }

    /// The names of the seats that nobody has been given, of shows that are given out in turn.
    pub fn names_left(&self) -> Vec<String> {
        let given = self.next.get().div_ceil(self.orders.len().max(1)) * self.per_order;
        self.names.iter().skip(given).cloned().collect()
    }

    /// The names of every second seat, and the seats that are left then: no two of them side by side, as rows are even.
    pub fn every_second(&self) -> (Vec<String>, Rc<Self>) {
        let (left, taken): (Vec<_>, Vec<_>) = (self.names.chunks(2))
            .filter_map(|pair| pair.first().zip(pair.get(1)))
            .map(|(left, taken)| (left.clone(), taken.clone()))
            .unzip();
        (taken, Rc::new(self.same(left.into())))
    }

    fn same(&self, names: Rc<[String]>) -> Self {
        Self {
            names,
            orders: self.orders.clone(),
            shows: self.shows.clone(),
            per_order: self.per_order,
            when_gone: self.when_gone,
            next: Cell::new(0),
            sold_as: self.sold_as.clone(),
        }
    }

    /// The shows' ids.
    pub fn shows(&self) -> &[String] {
        &self.shows
    }

    /// Seats that nobody else is given, or `None` when all are gone. Shows take turns.
    pub fn next(&self) -> Option<Pick> {
        let number = self.next.get();
        let (round, show) = (number / self.orders.len(), number % self.orders.len());
        let round = match self.when_gone {
            WhenGone::End => round,
            WhenGone::BeginAnew => round % self.orders().max(1),
        };
        let names = self
            .names
            .get(round * self.per_order..(round + 1) * self.per_order)?;
        let path = self.orders.get(show)?.clone();
        self.next.set(number + 1);
        let body = match &self.sold_as {
            None => order_body(names),
            Some(sold_as) => sold_as.order_body(number, names)?,
        };
        Some(Pick { path, body })
    }

    /// How often each seat has been given out, on average.
    pub fn times_given(&self) -> f64 {
        self.next.get() as f64 / (self.orders() * self.orders.len()).max(1) as f64
    }

    /// Orders that the first show has seats for.
    pub fn orders(&self) -> usize {
        self.names.len() / self.per_order.max(1)
    }

    /// The seats of one order of the first show, whoever else is given them.
    pub fn order(&self, number: usize) -> Option<Pick> {
        let names = self
            .names
            .get(number * self.per_order..(number + 1) * self.per_order)?;
        Some(Pick {
            path: self.orders.first()?.clone(),
            body: order_body(names),
        })
    }
}

impl SoldAs {
    /// As JSON; `None` if there are no seats or no codes.
    fn order_body(&self, number: usize, names: &[String]) -> Option<Bytes> {
        let ticket_type = ticket_type_id(number % self.ticket_types);
        let body = json!({
            "seats": names,
            "ticket_types": [{ "ticket_type": ticket_type, "seats": [names.first()?] }],
            "code": self.codes.get(number % self.codes.len().max(1))?,
        });
        Some(body.to_string().into())
    }
}

fn ticket_type_id(at: usize) -> String {
    format!("type-{at}")
}

/// A new buyer's token.
pub async fn new_session(connection: &mut Connection) -> anyhow::Result<HeaderValue> {
    let call = Call::new(Method::POST, "/v1/sessions")?;
    let session: NewSession = connection.read(&call).await?;
    bearer(&session.token)
}

/// As JSON; the names have nothing to escape.
fn order_body(names: &[String]) -> Bytes {
    let length: usize = names.iter().map(|name| name.len() + 3).sum();
    let mut body = String::with_capacity(length + 12);
    body.push_str("{\"seats\":[");
    for (at, name) in names.iter().enumerate() {
        body.push_str(if at == 0 { "\"" } else { ",\"" });
        body.push_str(name);
        body.push('"');
    }
    body.push_str("]}");
    body.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(shows: usize, per_order: usize) -> Seats {
        let ids: Vec<String> = (1..=shows).map(|id| id.to_string()).collect();
        Seats::new(ids, SeatingPlan::with_seats(100).seats, per_order).expect("paths")
    }

    fn text(pick: &Pick) -> String {
        format!("{} {}", pick.path, String::from_utf8_lossy(&pick.body))
    }

    fn check(shows: usize, per_order: usize, orders: usize, last: &str) {
        let seats = seats(shows, per_order);
        let picks: Vec<Pick> = std::iter::from_fn(|| seats.next()).collect();
        assert_eq!(picks.len(), orders);
        assert_eq!(picks.last().map(text).as_deref(), Some(last));
    }

    #[test]
    fn shows_take_turns_until_all_are_sold_out() {
        check(1, 2, 50, r#"/v1/shows/1/orders {"seats":["S1-1-99","S1-1-100"]}"#);
        check(3, 1, 300, r#"/v1/shows/3/orders {"seats":["S1-1-100"]}"#);
        check(
            2,
            33,
            6,
            &format!(
                "/v1/shows/2/orders {}",
                String::from_utf8_lossy(&order_body(&seats(1, 1).names[66..99]))
            ),
        );
    }

    #[test]
    fn seats_that_lapse_are_given_out_anew_in_turns() {
        let seats = seats(2, 50).again_and_again();
        let picks: Vec<String> = (0..5)
            .map_while(|_| seats.next())
            .map(|pick| text(&pick))
            .collect();
        assert_eq!(picks.len(), 5);
        assert_eq!(picks[0], picks[4]);
        assert!(picks[0] != picks[1] && picks[0] != picks[2]);
        assert!((seats.times_given() - 1.25).abs() < 1e-9);
    }

    #[test]
    fn a_part_has_its_own_seats_alone() -> anyhow::Result<()> {
        let part = seats(1, 1).part(98..100)?;
        let picks: Vec<String> = std::iter::from_fn(|| part.next())
            .map(|pick| text(&pick))
            .collect();
        assert_eq!(picks.len(), 2);
        assert!(picks[1].contains("S1-1-100"), "{}", picks[1]);
        assert!(seats(1, 1).part(99..101).is_err());
        Ok(())
    }

    #[test]
    fn of_every_second_seat_only_singles_are_left() {
        let (taken, left) = seats(1, 1).every_second();
        assert_eq!((taken.len(), left.orders()), (50, 50));
        assert_eq!((taken[0].as_str(), left.names[0].as_str()), ("S1-1-2", "S1-1-1"));
        assert_eq!(
            (taken[49].as_str(), left.names[49].as_str()),
            ("S1-1-100", "S1-1-99")
        );
    }
}
