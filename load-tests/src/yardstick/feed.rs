//! The live feeds of other servers: where viewers come in, and where frames are put in.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use bytes::Bytes;
use hyper::Method;
use nix::unistd::Pid;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::bare::PUBLISH;
use super::nats::SUBJECT;
use crate::audience::Greeting;
use crate::client::{Call, Connection};

/// How long a server may take to take a frame.
const PUBLISH_SECONDS_MAX: Duration = Duration::from_secs(30);

/// A server's feed.
pub struct Feed {
    /// The server's process.
    pub id: Pid,
    /// Where viewers connect.
    pub address: SocketAddr,
    /// The path of the WebSocket.
    pub path: &'static str,
    /// What comes first.
    pub greeting: Greeting,
    /// Where frames are put in.
    pub door: Door,
}

/// Where frames are put in.
#[derive(Debug, Clone, Copy)]
pub enum Door {
    /// A POST for each, at this address.
    Http(SocketAddr),
    /// NATS's own protocol, at this address.
    Nats(SocketAddr),
}

/// An open door.
pub enum Publisher {
    /// Over one connection.
    Http(Connection),
    /// Over one connection.
    Nats(TcpStream),
}

impl Door {
    /// Connects to it.
    pub async fn open(self) -> anyhow::Result<Publisher> {
        match self {
            Self::Http(address) => Ok(Publisher::Http(Connection::open(address).await?)),
            Self::Nats(address) => {
                let mut stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                stream
                    .write_all(b"CONNECT {\"verbose\":false}\r\nPING\r\n")
                    .await?;
                Ok(Publisher::Nats(stream))
            }
        }
    }
}

impl Publisher {
    /// Puts a frame in.
    pub async fn publish(&mut self, frame: Bytes) -> anyhow::Result<()> {
        match self {
            Self::Http(connection) => {
                let answer = connection
                    .send(&Call::new(Method::POST, PUBLISH)?.with_body(frame))
                    .await;
                ensure!(answer.status == Some(204), "publishing: {:?}", answer.status);
                Ok(())
            }
            Self::Nats(stream) => {
                let publishing = timeout(PUBLISH_SECONDS_MAX, publish_to_nats(stream, &frame)).await;
                publishing.context("publishing took too long")?
            }
        }
    }
}

/// Each frame is followed by a question, so that the next is not sent before the server has this one.
async fn publish_to_nats(stream: &mut TcpStream, frame: &[u8]) -> anyhow::Result<()> {
    let mut text = format!("PUB {SUBJECT} {}\r\n", frame.len()).into_bytes();
    text.extend_from_slice(frame);
    text.extend_from_slice(b"\r\nPING\r\n");
    stream.write_all(&text).await?;
    let mut said = Vec::new();
    while !said.windows(6).any(|window| window == b"PONG\r\n") {
        let count = stream.read_buf(&mut said).await?;
        ensure!(count > 0, "the server hung up");
    }
    Ok(())
}
