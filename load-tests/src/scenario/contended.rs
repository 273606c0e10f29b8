//! Holds on few seats that all clients want: a hold that is granted is given up at once, so that seats stay in play.

use std::rc::Rc;

use hyper::Method;
use hyper::header::HeaderValue;
use serde::Deserialize;

use super::{Effort, Keys};
use crate::client::{Answer, Call, Connection};
use crate::load::{Client, Measured, run};
use crate::stage::{Seats, Stage, new_session};

/// The part of an order that what follows needs.
#[derive(Deserialize)]
pub struct OrderId {
    /// Its reference.
    pub id: String,
}

/// Runs holds on one show, each of any of the first `orders` orders' seats. Only the holds are measured.
pub async fn contended(stage: &Stage, effort: Effort, orders: usize) -> anyhow::Result<Measured> {
    let seats = stage
        .open_shows(1, orders * effort.per_order, effort.per_order)
        .await?;
    let mut rivals = Vec::with_capacity(effort.clients);
    for _ in 0..effort.clients {
        rivals.push(Rival::new(stage, &seats, orders).await?);
    }
    run(&mut rivals, effort.pace, effort.time).await
}

struct Rival {
    connection: Connection,
    token: HeaderValue,
    seats: Rc<Seats>,
    orders: usize,
    keys: Keys,
    hold: Call,
    granted: Option<String>,
}

impl Rival {
    async fn new(stage: &Stage, seats: &Rc<Seats>, orders: usize) -> anyhow::Result<Self> {
        let mut connection = Connection::open(stage.address()).await?;
        let token = new_session(&mut connection).await?;
        let hold = Call::new(Method::POST, "/")?.with_token(&token);
        Ok(Self {
            connection,
            token,
            seats: seats.clone(),
            orders,
            keys: Keys::new(),
            hold,
            granted: None,
        })
    }
}

impl Client for Rival {
    async fn prepare(&mut self) -> anyhow::Result<bool> {
        if let Some(order) = self.granted.take() {
            let call = Call::new(Method::DELETE, &format!("/v1/orders/{order}"))?.with_token(&self.token);
            self.connection.send(&call).await;
        }
        let Some(pick) = self.seats.any_of(self.orders) else {
            return Ok(false);
        };
        (self.hold.path, self.hold.body, self.hold.key) = (pick.path, pick.body, self.keys.fresh());
        Ok(true)
    }

    async fn turn(&mut self) -> Answer {
        let answer = self.connection.send(&self.hold).await;
        if answer.status == Some(201) {
            self.granted = serde_json::from_slice::<OrderId>(&answer.body)
                .ok()
                .map(|order| order.id);
        }
        answer
    }
}
