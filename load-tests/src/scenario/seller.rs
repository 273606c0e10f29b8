//! A sale at full speed that never ends: sellers hold seats of their own and give them back.

use std::rc::Rc;

use hyper::Method;
use hyper::header::HeaderValue;

use super::contended::OrderId;
use super::{Effort, Keys};
use crate::client::{Answer, Call, Connection};
use crate::load::{Client, Measured, run};
use crate::stage::{Seats, Stage, new_session};

/// Connections of a sale in the background.
pub const SELLERS: usize = 16;

/// Sells seats of the first show, all over it. Only the holds are measured.
pub async fn sell(stage: &Stage, seats: &Rc<Seats>, effort: Effort) -> anyhow::Result<Measured> {
    let mut sellers = Vec::with_capacity(effort.clients);
    for number in 0..effort.clients {
        sellers.push(Seller::new(stage, seats, number, effort.clients).await?);
    }
    let sold = run(&mut sellers, effort.pace, effort.time).await?;
    // So that the next sale finds all seats free.
    for seller in &mut sellers {
        seller.give_back().await?;
    }
    sold.ensure_some("the sale")?;
    Ok(sold)
}

struct Seller {
    connection: Connection,
    token: HeaderValue,
    seats: Rc<Seats>,
    /// Of all orders that the show has seats for, a seller has each `of`-th, beginning with this.
    number: usize,
    of: usize,
    keys: Keys,
    hold: Call,
    held: Option<String>,
}

impl Seller {
    async fn new(stage: &Stage, seats: &Rc<Seats>, number: usize, of: usize) -> anyhow::Result<Self> {
        let mut connection = Connection::open(stage.address()).await?;
        let token = new_session(&mut connection).await?;
        let hold = Call::new(Method::POST, "/")?.with_token(&token);
        Ok(Self {
            connection,
            token,
            seats: seats.clone(),
            number,
            of,
            keys: Keys::new(),
            hold,
            held: None,
        })
    }

    async fn give_back(&mut self) -> anyhow::Result<()> {
        if let Some(order) = self.held.take() {
            let call = Call::new(Method::DELETE, &format!("/v1/orders/{order}"))?.with_token(&self.token);
            self.connection.send(&call).await;
        }
        Ok(())
    }
}

impl Client for Seller {
    async fn prepare(&mut self) -> anyhow::Result<bool> {
        self.give_back().await?;
        let turns = self.seats.orders() / self.of;
        let number = self.number + self.of * rand::random_range(0..turns.max(1));
        let Some(pick) = self.seats.order(number) else {
            return Ok(false);
        };
        (self.hold.path, self.hold.body) = (pick.path, pick.body);
        self.hold.key = self.keys.fresh();
        Ok(true)
    }

    async fn turn(&mut self) -> Answer {
        let answer = self.connection.send(&self.hold).await;
        if answer.status == Some(201) {
            let order = serde_json::from_slice::<OrderId>(&answer.body);
            self.held = order.ok().map(|order| order.id);
        }
        answer
    }
}
