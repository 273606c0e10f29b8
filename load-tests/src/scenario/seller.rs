//! A sale at full speed that never ends: sellers hold seats of their own and give them back.

use std::rc::Rc;
use std::time::Duration;

use hyper::Method;
use hyper::header::HeaderValue;
use serde::Deserialize;

use super::{Effort, Keys};
use crate::client::{Answer, Call, Connection};
use crate::load::{Client, Measured, run, run_beside};
use crate::stage::{Seats, Stage, new_session};

/// Connections of a sale in the background.
pub const SELLERS: usize = 16;

/// The part of an order that what follows needs.
#[derive(Deserialize)]
pub struct OrderId {
    /// Its reference.
    pub id: String,
}

/// The orders that a seller picks from at random, by the numbers of their seats: `turns` of them, each `step`-th.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    /// The first.
    pub first: usize,
    /// From one to the next.
    pub step: usize,
    /// How many.
    pub turns: usize,
}

/// Sells seats of the first show, all over it. Only the holds are measured.
pub async fn sell(stage: &Stage, seats: &Rc<Seats>, effort: Effort) -> anyhow::Result<Measured> {
    let mut sellers = Seller::several(stage, seats, effort.clients).await?;
    let sold = run(&mut sellers, effort.pace, effort.time).await?;
    give_all_back(&mut sellers).await?;
    sold.ensure_some("the sale")?;
    Ok(sold)
}

/// Sells seats of the first show as fast as they can be sold, while some work is done or for this time.
pub async fn sell_beside<T>(
    stage: &Stage,
    seats: &Rc<Seats>,
    time_max: Duration,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<(Measured, T)> {
    let mut sellers = Seller::several(stage, seats, SELLERS).await?;
    let (sold, done) = run_beside(&mut sellers, time_max, work).await?;
    give_all_back(&mut sellers).await?;
    sold.ensure_some("the sale")?;
    Ok((sold, done))
}

/// So that the next sale finds all seats free.
async fn give_all_back(sellers: &mut [Seller]) -> anyhow::Result<()> {
    for seller in sellers {
        seller.give_back().await?;
    }
    Ok(())
}

/// A client that gives each order back before it makes the next.
pub struct Seller {
    connection: Connection,
    token: HeaderValue,
    seats: Rc<Seats>,
    share: Share,
    keys: Keys,
    hold: Call,
    held: Option<String>,
}

impl Seller {
    /// A client with a connection and a session.
    pub async fn new(stage: &Stage, seats: &Rc<Seats>, share: Share) -> anyhow::Result<Self> {
        let mut connection = Connection::open(stage.address()).await?;
        let token = new_session(&mut connection).await?;
        let hold = Call::new(Method::POST, "/")?.with_token(&token);
        Ok(Self {
            connection,
            token,
            seats: seats.clone(),
            share,
            keys: Keys::new(),
            hold,
            held: None,
        })
    }

    /// This many clients, which share the seats among them.
    async fn several(stage: &Stage, seats: &Rc<Seats>, clients: usize) -> anyhow::Result<Vec<Self>> {
        let mut sellers = Vec::with_capacity(clients);
        for first in 0..clients {
            let share = Share {
                first,
                step: clients,
                turns: seats.orders() / clients,
            };
            sellers.push(Self::new(stage, seats, share).await?);
        }
        Ok(sellers)
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
        let Share { first, step, turns } = self.share;
        let number = first + step * rand::random_range(0..turns.max(1));
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
