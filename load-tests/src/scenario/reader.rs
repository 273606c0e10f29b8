//! A client that asks for the same thing over and over.

use std::net::SocketAddr;

use hyper::Method;
use hyper::header::HeaderValue;

use crate::client::{Answer, Call, Connection};
use crate::load::Client;

/// What a reader asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The thing, whatever it is.
    Whole,
    /// The thing if it is another than the last that was read.
    IfChanged,
}

/// A reader, over one connection.
pub struct Reader {
    connection: Connection,
    call: Call,
    reading: Reading,
    tag: Option<HeaderValue>,
}

impl Reader {
    /// So many readers of one path.
    pub async fn several(
        readers: usize,
        address: SocketAddr,
        path: &str,
        reading: Reading,
    ) -> anyhow::Result<Vec<Self>> {
        let call = Call::new(Method::GET, path)?;
        let mut made = Vec::with_capacity(readers);
        for _ in 0..readers {
            made.push(Self {
                connection: Connection::open(address).await?,
                call: call.clone(),
                reading,
                tag: None,
            });
        }
        Ok(made)
    }
}

impl Client for Reader {
    async fn prepare(&mut self) -> anyhow::Result<bool> {
        if self.reading == Reading::IfChanged {
            self.call.known_tag.clone_from(&self.tag);
        }
        Ok(true)
    }

    async fn turn(&mut self) -> Answer {
        let answer = self.connection.send(&self.call).await;
        self.tag.clone_from(&answer.tag);
        answer
    }
}
