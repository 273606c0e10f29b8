//! Clients that want the same thing over and over, among honest holders who want seats of their own.

use std::rc::Rc;

use futures_util::future::try_join;
use hyper::Method;

use super::holds::Holder;
use super::{Effort, Keys};
use crate::client::{Answer, Call, Connection};
use crate::load::{Client, Measured, Pace, run};
use crate::stage::{Pick, Seats, Stage, new_session};

/// Whose keys they use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrowdKeys {
    /// One key for all of them and always.
    One,
    /// Each time a new one.
    Fresh,
}

/// A client that makes the same order over and over.
pub struct Repeater {
    connection: Connection,
    call: Call,
    /// Where each order has a key of its own.
    keys: Option<Keys>,
}

impl Repeater {
    /// This many clients of one session.
    pub async fn several(
        clients: usize,
        stage: &Stage,
        pick: Pick,
        crowd_keys: CrowdKeys,
    ) -> anyhow::Result<Vec<Self>> {
        let mut made = Vec::with_capacity(clients);
        let token = new_session(&mut Connection::open(stage.address()).await?).await?;
        let one_key = Keys::new().fresh();
        for _ in 0..clients {
            let mut call = Call::new(Method::POST, "/")?.with_token(&token);
            (call.path, call.body) = (pick.path.clone(), pick.body.clone());
            call.key.clone_from(&one_key);
            made.push(Self {
                connection: Connection::open(stage.address()).await?,
                call,
                keys: (crowd_keys == CrowdKeys::Fresh).then(Keys::new),
            });
        }
        Ok(made)
    }
}

impl Client for Repeater {
    async fn prepare(&mut self) -> anyhow::Result<bool> {
        if let Some(keys) = &mut self.keys {
            self.call.key = keys.fresh();
        }
        Ok(true)
    }

    async fn turn(&mut self) -> Answer {
        self.connection.send(&self.call).await
    }
}

/// Runs honest holders on these seats, and a crowd beside them as fast as it can go. The first is what the holders did.
pub async fn hold_beside<C: Client>(
    stage: &Stage,
    seats: &Rc<Seats>,
    effort: Effort,
    crowd: &mut [C],
) -> anyhow::Result<(Measured, Measured)> {
    let mut holders = Holder::several(stage.address(), seats, effort).await?;
    let honest = run(&mut holders, effort.pace, effort.time);
    let crowd = run(crowd, Pace::Closed, effort.time);
    let (honest, crowd) = try_join(honest, crowd).await?;
    honest.ensure_some("honest holds")?;
    Ok((honest, crowd))
}
