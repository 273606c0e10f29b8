//! A node: the real binary, in a process of its own.

use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A running node.
pub struct Node {
    child: Child,
    url: String,
}

impl Node {
    /// Starts a node and waits until it listens.
    pub async fn start(settings: &[(String, String)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_boxoffice"))
            .arg("serve")
            .env("BOXOFFICE_LISTEN", "127.0.0.1:0")
            .env("BOXOFFICE_LOG_FORMAT", "json")
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a node");
        let mut lines = BufReader::new(child.stderr.take().expect("its log")).lines();
        let mut seen = String::new();
        let url = loop {
            let line = tokio::time::timeout(super::PATIENCE, lines.next_line())
                .await
                .expect("a line in time");
            let line = line
                .expect("a line")
                .unwrap_or_else(|| panic!("the node ended: {seen}"));
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split(',').next().expect("an address").to_owned();
            }
            seen.push_str(&line);
        };
        // Printed only when the test fails.
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                println!("{line}");
            }
        });
        Self { child, url }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
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
        let pid = Pid::from_raw(self.child.id().expect("a process").cast_signed());
        kill(pid, Signal::SIGTERM).expect("a signal");
        let ended = tokio::time::timeout(super::PATIENCE, self.child.wait())
            .await
            .expect("an end in time");
        ended.expect("a status").code()
    }
}
