//! A Redis for the nodes of one run. Nothing in it is kept.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context;
use tokio::process::Command;

use crate::program::{Running, wait_until_listening};
use crate::server::free_address;

/// The program.
pub const REDIS: &str = "redis-server";

/// A running Redis.
pub struct Redis {
    running: Running,
    address: SocketAddr,
}

impl Redis {
    /// Starts it, with this folder for what it writes.
    pub async fn start(program: &Path, folder: &Path) -> anyhow::Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(program);
        command
            .args([
                "--bind",
                &address.ip().to_string(),
                "--port",
                &address.port().to_string(),
            ])
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(folder);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let running = Running::start(command)?;
        wait_until_listening(REDIS, address).await?;
        Ok(Self { running, address })
    }

    /// For the nodes.
    pub fn url(&self) -> String {
        format!("redis://{}/", self.address)
    }

    /// Stops it.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.running.stop().await.context(REDIS)
    }
}
