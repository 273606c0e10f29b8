//! Holds: each takes seats that nobody else asks for, so each is granted.

use std::net::SocketAddr;
use std::rc::Rc;

use hyper::Method;
use hyper::header::HeaderValue;

use super::{Effort, Keys};
use crate::client::{Answer, Call, Connection};
use crate::load::{Client, Measured, run};
use crate::stage::{Pick, SESSION_PLACES_MAX, Seats, Stage, new_session};

/// Runs holds on this many shows. A hot show is one alone.
pub async fn holds(
    stage: &Stage,
    effort: Effort,
    shows: usize,
    seats_per_show: usize,
) -> anyhow::Result<Measured> {
    let seats = stage.open_shows(shows, seats_per_show, effort.per_order).await?;
    hold_seats(stage, &seats, effort).await
}

/// Runs holds on shows that are open already.
pub async fn hold_seats(stage: &Stage, seats: &Rc<Seats>, effort: Effort) -> anyhow::Result<Measured> {
    let mut holders = Holder::several(stage.address(), seats, effort).await?;
    run(&mut holders, effort.pace, effort.time).await
}

/// A client that holds seats and never gives them back. Its session changes when it has all the places it may have.
pub struct Holder {
    connection: Connection,
    seats: Rc<Seats>,
    per_order: usize,
    places_left: usize,
    keys: Keys,
    call: Call,
    /// The last order was not taken in, so that its seats are asked for again.
    turned_away: bool,
}

impl Holder {
    /// A client with a connection and a session.
    pub async fn new(office: SocketAddr, seats: &Rc<Seats>, per_order: usize) -> anyhow::Result<Self> {
        let mut connection = Connection::open(office).await?;
        let token = new_session(&mut connection).await?;
        let call = Call::new(Method::POST, "/")?.with_token(&token);
        Ok(Self {
            connection,
            seats: seats.clone(),
            per_order,
            places_left: SESSION_PLACES_MAX,
            keys: Keys::new(),
            call,
            turned_away: false,
        })
    }

    /// This many clients.
    pub async fn several(office: SocketAddr, seats: &Rc<Seats>, effort: Effort) -> anyhow::Result<Vec<Self>> {
        let mut holders = Vec::with_capacity(effort.clients);
        for _ in 0..effort.clients {
            holders.push(Self::new(office, seats, effort.per_order).await?);
        }
        Ok(holders)
    }

    /// The session's token.
    pub fn token(&self) -> Option<&HeaderValue> {
        self.call.token.as_ref()
    }

    /// The connection, for what follows a hold.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Asks for these seats next, whatever was prepared.
    pub fn ask_for(&mut self, pick: Pick) {
        (self.call.path, self.call.body) = (pick.path, pick.body);
    }

    async fn take_next_seats(&mut self) -> anyhow::Result<bool> {
        let Some(pick) = self.seats.next() else {
            return Ok(false);
        };
        if self.places_left < self.per_order {
            self.call.token = Some(new_session(&mut self.connection).await?);
            self.places_left = SESSION_PLACES_MAX;
        }
        self.places_left -= self.per_order;
        self.ask_for(pick);
        Ok(true)
    }
}

impl Client for Holder {
    async fn prepare(&mut self) -> anyhow::Result<bool> {
        self.call.key = self.keys.fresh();
        if std::mem::take(&mut self.turned_away) {
            return Ok(true);
        }
        self.take_next_seats().await
    }

    async fn turn(&mut self) -> Answer {
        let answer = self.connection.send(&self.call).await;
        self.turned_away = matches!(answer.status, None | Some(429 | 500..));
        answer
    }
}
