//! nats-server, with viewers by WebSocket: a server that has nothing to do but to pass messages on.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::ensure;
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::program::Running;
use crate::server::free_address;

/// The program, and the package that it comes from.
pub const NATS: &str = "nats-server";
/// What frames are published on.
pub const SUBJECT: &str = "live";
/// How long it may take to listen.
const START_SECONDS_MAX: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);

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
        let deadline = Instant::now() + START_SECONDS_MAX;
        for address in [clients, viewers] {
            while TcpStream::connect(address).await.is_err() {
                let said = || fs::read_to_string(folder.join("log")).unwrap_or_default();
                ensure!(
                    Instant::now() < deadline,
                    "nats-server does not listen: {}",
                    said()
                );
                sleep(POLL).await;
            }
        }
        Ok(Self {
            running,
            clients,
            viewers,
        })
    }
}
