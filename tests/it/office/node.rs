//! A node: the real binary, in a process of its own.

use std::process::Stdio;
use std::sync::{Arc, Mutex};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::client::{Answer, Client};

/// A running node.
pub struct Node {
    child: Child,
    url: String,
    probes_url: String,
    log: Arc<Mutex<String>>,
}

impl Node {
    /// Starts a node and waits until it listens.
    pub async fn start(settings: &[(String, String)]) -> Self {
        Self::start_by(
            Command::new(env!("CARGO_BIN_EXE_boxoffice")).arg("serve"),
            settings,
        )
        .await
    }

    /// The same by another command, which must end in being the node.
    pub async fn start_by(command: &mut Command, settings: &[(String, String)]) -> Self {
        let mut child = command
            .env("BOXOFFICE_LISTEN", "127.0.0.1:0")
            .env("BOXOFFICE_LOG_FORMAT", "json")
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a node");
        let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        let mut seen = String::new();
        let mut probes_url = String::new();
        let url = loop {
            let line = tokio::time::timeout(super::PATIENCE, lines.next_line())
                .await
                .expect("a line in time");
            let line = line
                .expect("a line")
                .unwrap_or_else(|| panic!("the node ended: {seen}"));
            if let Some((_, rest)) = line.split_once("answering probes on ") {
                probes_url = rest.split('"').next().expect("an address").to_owned();
            }
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split(',').next().expect("an address").to_owned();
            }
            seen.push_str(&line);
        };
        // Printed only when the test fails.
        let log = Arc::new(Mutex::new(seen));
        let kept = log.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                println!("{line}");
                kept.lock().expect("the log").push_str(&line);
            }
        });
        Self {
            child,
            url,
            probes_url,
            log,
        }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its address without the scheme.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Where its probes are answered.
    pub fn probes_url(&self) -> &str {
        &self.probes_url
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("the log").clone()
    }

    /// Bytes of memory that it has taken.
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("its status");
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .expect("its memory");
        let kilobytes = line.split_whitespace().nth(1).expect("a number");
        1_024 * kilobytes.parse::<u64>().expect("a number")
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id().expect("a process")
    }

    /// The first of its shows, such as the demo's.
    pub async fn show(&self) -> String {
        let shows = Client::new(&self.url, None)
            .get("/v1/shows")
            .await
            .expect_status(200);
        shows["shows"][0]["id"].as_str().expect("a show").to_owned()
    }

    /// A new buyer.
    pub async fn buyer(&self) -> Client {
        let client = Client::new(&self.url, None);
        let session = client.post("/v1/sessions", &json!(null)).await.expect_status(201);
        client.with_token(session["token"].as_str().expect("a token"))
    }

    /// Holds a seat of the first show for a new buyer.
    pub async fn hold(&self, seat: &str) -> Answer {
        self.buyer().await.hold(&self.show().await, &[seat]).await
    }

    /// Where its WebSockets are.
    pub fn websocket_url(&self, path: &str) -> String {
        format!("{}{path}", self.url.replace("http://", "ws://"))
    }

    /// kill -9.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("kill");
    }

    /// Stops it as an operator would; gives its exit code.
    pub async fn stop(mut self) -> Option<i32> {
        let pid = Pid::from_raw(self.pid().cast_signed());
        kill(pid, Signal::SIGTERM).expect("a signal");
        let ended = tokio::time::timeout(super::PATIENCE, self.child.wait())
            .await
            .expect("an end in time");
        ended.expect("a status").code()
    }
}
