//! nginx with the very bytes of a seat map as a file: the least that a whole map has to cost.

use std::fs;
use std::net::SocketAddr;
use std::num::NonZero;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::program::Running;
use crate::server::free_address;

/// The program.
pub const NGINX: &str = "nginx";
/// Where it comes from.
pub const NGINX_PACKAGE: &str = "nginx-light";
/// Where the file is.
pub const FILE: &str = "/seat-map";
/// How long it may take to listen.
const START_SECONDS_MAX: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);

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
        let deadline = Instant::now() + START_SECONDS_MAX;
        while TcpStream::connect(address).await.is_err() {
            let said = || fs::read_to_string(&log).unwrap_or_default();
            ensure!(Instant::now() < deadline, "nginx does not listen: {}", said());
            sleep(POLL).await;
        }
        Ok(Self { running, address })
    }

    /// Stops it.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.running.stop().await.context("nginx")
    }
}
