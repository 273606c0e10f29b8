//! haproxy in front of several nodes.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context;
use tokio::process::Command;

use crate::program::{Running, wait_until_listening};
use crate::server::free_address;

/// The program.
pub const HAPROXY: &str = "haproxy";

/// How requests are spread over the nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spreading {
    /// By the show in the path, so that all requests of a show reach one node.
    ByShow,
    /// In turns, whatever they are about.
    InTurns,
}

/// A running proxy.
pub struct Haproxy {
    running: Running,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Haproxy {
    /// Starts it in front of these nodes. All that it writes is in the folder.
    pub async fn start(
        program: &Path,
        folder: &Path,
        nodes: &[SocketAddr],
        spreading: Spreading,
    ) -> anyhow::Result<Self> {
        let address = free_address()?;
        let path = folder.join("haproxy.cfg");
        fs::write(&path, configuration(address, nodes, spreading))?;
        let log = fs::File::create(folder.join("haproxy.log"))?;
        let mut command = Command::new(program);
        // In the foreground, as one process.
        command.arg("-db").arg("-f").arg(&path);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let running = Running::start(command)?;
        let listening = wait_until_listening(HAPROXY, address).await;
        listening.with_context(|| fs::read_to_string(folder.join("haproxy.log")).unwrap_or_default())?;
        Ok(Self { running, address })
    }

    /// Stops it.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.running.stop().await.context(HAPROXY)
    }
}

fn configuration(address: SocketAddr, nodes: &[SocketAddr], spreading: Spreading) -> String {
    let balance = match spreading {
        // As deep as /v1/shows/{show}: what comes behind it doesn't count. Weights are many points on the ring, without
        // which one node gets far more shows than another.
        Spreading::ByShow => "balance uri path-only depth 3\n    hash-type consistent",
        Spreading::InTurns => "balance roundrobin",
    };
    let mut servers = String::new();
    for (at, node) in nodes.iter().enumerate() {
        // Writing to a string can't fail.
        let _ = writeln!(servers, "    server node-{} {node} weight 100", at + 1);
    }
    include_str!("haproxy.cfg")
        .replace("{address}", &address.to_string())
        .replace("{balance}", balance)
        .replace("{servers}", servers.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(spreading: Spreading, expected: &str) {
        let nodes = ["127.0.0.1:81", "127.0.0.1:82"].map(|node| node.parse().expect("an address"));
        let text = configuration("127.0.0.1:80".parse().expect("an address"), &nodes, spreading);
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("    bind 127.0.0.1:80\n"), "{text}");
        assert!(
            text.ends_with(
                "    server node-1 127.0.0.1:81 weight 100\n    server node-2 127.0.0.1:82 weight 100\n"
            ),
            "{text}"
        );
        assert!(!text.contains('{'), "{text}");
    }

    #[test]
    fn requests_are_spread_as_wanted() {
        check(
            Spreading::ByShow,
            "balance uri path-only depth 3\n    hash-type consistent\n",
        );
        check(Spreading::InTurns, "balance roundrobin\n");
    }
}
