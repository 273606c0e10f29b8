//! nginx with the very bytes of a seat map as a file: the least that a whole map has to cost.

use std::fs;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context;
use tokio::process::Command;

use crate::program::{Running, wait_until_listening};
use crate::server::free_address;

/// The program.
pub const NGINX: &str = "nginx";
/// Where it comes from.
pub const NGINX_PACKAGE: &str = "nginx-light";
/// Where the file is.
pub const FILE: &str = "/seat-map";

/// A running nginx.
pub struct Nginx {
    running: Running,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Nginx {
    /// Starts it on one file with these bytes, which are compressed JSON. All that it writes is in the folder.
    pub async fn start(program: &Path, folder: &Path, file: &[u8]) -> anyhow::Result<Self> {
        let address = free_address()?;
        fs::create_dir(folder.join("files"))?;
        fs::write(folder.join("files").join(FILE.trim_start_matches('/')), file)?;
        let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
        let configuration = include_str!("nginx.conf")
            .replace("{folder}", &folder.to_string_lossy())
            .replace("{address}", &address.to_string())
            .replace("{workers}", &workers.to_string());
        let path = folder.join("nginx.conf");
        fs::write(&path, configuration)?;
        let log = folder.join("error.log");
        let mut command = Command::new(program);
        command
            .arg("-p")
            .arg(folder)
            .arg("-e")
            .arg(&log)
            .arg("-c")
            .arg(&path);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        let running = Running::start(command)?;
        let listening = wait_until_listening(NGINX, address).await;
        listening.with_context(|| fs::read_to_string(&log).unwrap_or_default())?;
        Ok(Self { running, address })
    }

    /// Stops it.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.running.stop().await.context("nginx")
    }
}
