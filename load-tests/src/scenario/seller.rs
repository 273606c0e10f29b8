//! A sale at full speed that never ends: sellers hold seats of their own and give them back.

use std::rc::Rc;

use hyper::Method;
use hyper::header::HeaderValue;

use super::contended::OrderId;
use super::{Effort, Keys};
use crate::client::{Answer, Call, Connection};
use crate::load::{Client, Measured, run};
use crate::stage::{Pick, Seats, Stage, new_session};

/// Connections of the sale.
pub const SELLERS: usize = 16;
/// Orders' seats that one seller sells in turns, so that the map keeps changing.
const PICKS: usize = 8;

/// Sells at the effort's pace for the effort's time. Only the holds are measured.
pub async fn sell(stage: &Stage, seats: &Rc<Seats>, effort: Effort) -> anyhow::Result<Measured> {
    let mut sellers = Vec::with_capacity(SELLERS);
    for _ in 0..SELLERS {
        sellers.push(Seller::new(stage, seats).await?);
    }
    let sold = run(&mut sellers, effort.pace, effort.time).await?;
    sold.ensure_some("the sale in the background")?;
    Ok(sold)
}

struct Seller {
    connection: Connection,
    token: HeaderValue,
    picks: Vec<Pick>,
    turns: usize,
    keys: Keys,
    hold: Call,
    held: Option<String>,
}

impl Seller {
    async fn new(stage: &Stage, seats: &Seats) -> anyhow::Result<Self> {
        let mut connection = Connection::open(stage.address()).await?;
        let token = new_session(&mut connection).await?;
        let hold = Call::new(Method::POST, "/")?.with_token(&token);
        Ok(Self {
            connection,
            token,
            picks: (0..PICKS).map_while(|_| seats.next()).collect(),
            turns: 0,
            keys: Keys::new(),
            hold,
            held: None,
        })
    }
}

impl Client for Seller {
    async fn prepare(&mut self) -> anyhow::Result<bool> {
        if let Some(order) = self.held.take() {
            let call = Call::new(Method::DELETE, &format!("/v1/orders/{order}"))?.with_token(&self.token);
            self.connection.send(&call).await;
        }
        let Some(pick) = self.picks.get(self.turns % self.picks.len().max(1)) else {
            return Ok(false);
        };
        self.turns += 1;
        (self.hold.path, self.hold.body) = (pick.path.clone(), pick.body.clone());
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
