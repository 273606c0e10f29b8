//! What a scenario plays on: shows made for it, their free seats, and buyers' sessions.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;

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

/// Shows on one plan, and which of their seats nobody has been given yet.
pub struct Seats {
    plan: Rc<SeatingPlan>,
    /// Where orders are made, one for each show.
    orders: Vec<Uri>,
    shows: Vec<String>,
    per_order: usize,
    next: Cell<usize>,
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
struct NewSession {
    token: String,
}

impl Stage {
    /// The organiser's side of this office.
    pub fn new(office: &Office) -> anyhow::Result<Self> {
        Ok(Self {
            address: office.address,
            organiser: bearer(&office.organiser_key)?,
            connection: RefCell::new(None),
            plans: RefCell::new(HashMap::new()),
        })
    }

    /// Where the office listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Opens new shows with so many free seats each.
    pub async fn open_shows(
        &self,
        shows: usize,
        seats: usize,
        per_order: usize,
    ) -> anyhow::Result<Rc<Seats>> {
        let (plan_id, plan) = self.plan(seats).await?;
        let body = json!({
            "plan": plan_id,
            "title": "Under load",
            "starts_at": "2099-12-31T19:30:00Z",
            "prices": { CATEGORY: { "amount": 4_500, "currency": "EUR" } },
            "hold_seconds": HOLD_SECONDS,
            "order_places_max": ORDER_PLACES_MAX,
            "session_places_max": SESSION_PLACES_MAX,
        });
        let call = Call::new(Method::POST, "/v1/shows")?
            .with_token(&self.organiser)
            .with_body(body.to_string());
        let (mut orders, mut ids) = (Vec::with_capacity(shows), Vec::with_capacity(shows));
        for _ in 0..shows {
            let made: Made = self.ask(&call).await?;
            orders.push(format!("/v1/shows/{}/orders", made.id).parse()?);
            ids.push(made.id);
        }
        Ok(Rc::new(Seats {
            plan,
            orders,
            shows: ids,
            per_order,
            next: Cell::new(0),
        }))
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
        let orders: Result<_, _> = shows
            .iter()
            .map(|show| format!("/v1/shows/{show}/orders").parse())
            .collect();
        Ok(Rc::new(Self {
            plan: Rc::new(SeatingPlan::with_seats(seats)),
            orders: orders?,
            shows,
            per_order,
            next: Cell::new(0),
        }))
    }

    /// The shows' ids.
    pub fn shows(&self) -> &[String] {
        &self.shows
    }

    /// Seats that nobody else is given, or `None` when all are gone. Shows take turns.
    pub fn next(&self) -> Option<Pick> {
        let number = self.next.get();
        let (round, show) = (number / self.orders.len(), number % self.orders.len());
        let names = self
            .plan
            .seats
            .get(round * self.per_order..(round + 1) * self.per_order)?;
        let path = self.orders.get(show)?.clone();
        self.next.set(number + 1);
        Some(Pick {
            path,
            body: order_body(names),
        })
    }

    /// Orders that the first show has seats for.
    pub fn orders(&self) -> usize {
        self.plan.seats.len() / self.per_order.max(1)
    }

    /// The seats of one order of the first show, whoever else is given them.
    pub fn order(&self, number: usize) -> Option<Pick> {
        let names = self
            .plan
            .seats
            .get(number * self.per_order..(number + 1) * self.per_order)?;
        Some(Pick {
            path: self.orders.first()?.clone(),
            body: order_body(names),
        })
    }
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
        Seats {
            plan: Rc::new(SeatingPlan::with_seats(100)),
            orders: ids
                .iter()
                .map(|id| format!("/{id}").parse().expect("a path"))
                .collect(),
            shows: ids,
            per_order,
            next: Cell::new(0),
        }
    }

    fn check(shows: usize, per_order: usize, orders: usize, last: &str) {
        let seats = seats(shows, per_order);
        let picks: Vec<Pick> = std::iter::from_fn(|| seats.next()).collect();
        assert_eq!(picks.len(), orders);
        let text = picks
            .last()
            .map(|pick| format!("{} {}", pick.path, String::from_utf8_lossy(&pick.body)));
        assert_eq!(text.as_deref(), Some(last));
    }

    #[test]
    fn shows_take_turns_until_all_are_sold_out() {
        check(1, 2, 50, r#"/1 {"seats":["S1-1-99","S1-1-100"]}"#);
        check(3, 1, 300, r#"/3 {"seats":["S1-1-100"]}"#);
        check(
            2,
            33,
            6,
            &format!(
                "/2 {}",
                String::from_utf8_lossy(&order_body(&seats(1, 1).plan.seats[66..99]))
            ),
        );
    }
}
