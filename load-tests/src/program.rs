//! Other programs: found, run to their end on a text, or kept running beside a measurement.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

/// As much of what a program says about its failure is shown.
const ERROR_CHARS_MAX: usize = 500;
/// How long a program that is told to stop may take.
const STOP_SECONDS_MAX: Duration = Duration::from_secs(60);
/// How long a server may take to listen.
const LISTEN_SECONDS_MAX: Duration = Duration::from_secs(10);
/// Between two looks at whether it does.
const LISTEN_POLL: Duration = Duration::from_millis(10);
/// Where Debian keeps the PostgreSQL programs that are not in `PATH`.
const POSTGRES_DIR: &str = "/usr/lib/postgresql";
/// Where servers are, which are not in everybody's `PATH`.
const SERVERS_DIR: &str = "/usr/sbin";

/// The program in `PATH`, where servers are, or the newest version among the PostgreSQL programs.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path)
        .chain([PathBuf::from(SERVERS_DIR)])
        .map(|folder| folder.join(name))
        .find(|program| program.is_file());
    in_path.or_else(|| newest_below(Path::new(POSTGRES_DIR), name))
}

fn newest_below(versions_dir: &Path, name: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(versions_dir).ok()?.flatten();
    let versions = entries.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin").join(name)))
    });
    versions
        .filter(|(_version, program)| program.is_file())
        .max()
        .map(|(_version, program)| program)
}

/// Runs a program on a text as its input, and gives its output.
pub async fn finish(mut command: Command, input: &str, time_max: Duration) -> anyhow::Result<String> {
    let name = command.as_std().get_program().to_string_lossy().into_owned();
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut process = command
        .spawn()
        .with_context(|| format!("{name} could not be run"))?;
    if let Some(mut stdin) = process.stdin.take() {
        stdin.write_all(input.as_bytes()).await?;
    }
    let output = timeout(time_max, process.wait_with_output()).await;
    let output = output.with_context(|| format!("{name} took longer than {} s", time_max.as_secs()))??;
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    // A client of pgbench that gives up is told on stderr, and the run is worth nothing.
    let succeeded = output.status.success() && !stderr.contains("aborted");
    let said: String = stderr.chars().take(ERROR_CHARS_MAX).collect();
    ensure!(succeeded, "{name}: {}", said.trim());
    Ok(stdout.into_owned())
}

/// Waits until a server that was just started listens, or fails after [`LISTEN_SECONDS_MAX`].
pub async fn wait_until_listening(name: &str, address: SocketAddr) -> anyhow::Result<()> {
    let deadline = Instant::now() + LISTEN_SECONDS_MAX;
    while TcpStream::connect(address).await.is_err() {
        ensure!(Instant::now() < deadline, "{name} does not listen");
        sleep(LISTEN_POLL).await;
    }
    Ok(())
}

/// A program that runs beside a measurement. Left without a stop, as when the run is interrupted, it is told to stop.
pub struct Running {
    process: Child,
}

impl Running {
    /// Starts it.
    pub fn start(mut command: Command) -> anyhow::Result<Self> {
        let name = command.as_std().get_program().to_string_lossy().into_owned();
        let process = command
            .spawn()
            .with_context(|| format!("{name} could not be run"))?;
        Ok(Self { process })
    }

    /// Its process.
    pub fn process(&mut self) -> &mut Child {
        &mut self.process
    }

    /// Its process id, while it runs.
    pub fn id(&self) -> Option<Pid> {
        let id = self.process.id()?;
        i32::try_from(id).ok().map(Pid::from_raw)
    }

    /// Tells it to stop and waits until it has.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.end(Signal::SIGTERM).await
    }

    /// Kills it, without a chance to do anything more.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        self.end(Signal::SIGKILL).await
    }

    async fn end(&mut self, signal: Signal) -> anyhow::Result<()> {
        if self.process.try_wait()?.is_some() {
            return Ok(());
        }
        let id = self.id().context("the program has no process id")?;
        kill(id, signal).context("the program could not be told to stop")?;
        let stopped = timeout(STOP_SECONDS_MAX, self.process.wait()).await;
        stopped.context("the program did not stop")??;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A process that has been waited for has no id any more, so no other one is hit.
        if let Some(id) = self.id() {
            let _ = kill(id, Signal::SIGTERM);
        }
    }
}
