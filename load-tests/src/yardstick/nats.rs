//! nats-server, with viewers by WebSocket: a server that has nothing to do but to pass messages on.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context;
use tokio::process::Command;

use crate::program::{Running, wait_until_listening};
use crate::server::free_address;

/// The program, and the package that it comes from.
pub const NATS: &str = "nats-server";
/// What frames are published on.
pub const SUBJECT: &str = "live";

/// A running server.
pub struct Nats {
    /// Its process.
    pub running: Running,
    /// Where publishers connect.
    pub clients: SocketAddr,
    /// Where viewers connect.
    pub viewers: SocketAddr,
}

impl Nats {
    /// Starts it. All that it writes is in the folder.
    pub async fn start(program: &Path, folder: &Path) -> anyhow::Result<Self> {
        let (clients, viewers) = (free_address()?, free_address()?);
        let configuration = include_str!("nats.conf")
            .replace("{folder}", &folder.to_string_lossy())
            .replace("{clients}", &clients.to_string())
            .replace("{viewers}", &viewers.to_string());
        let path = folder.join("nats.conf");
        fs::write(&path, configuration)?;
        let mut command = Command::new(program);
        command.arg("-c").arg(&path);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let running = Running::start(command)?;
        for address in [clients, viewers] {
            let listening = wait_until_listening(NATS, address).await;
            listening.with_context(|| fs::read_to_string(folder.join("log")).unwrap_or_default())?;
        }
        Ok(Self {
            running,
            clients,
            viewers,
        })
    }
}
