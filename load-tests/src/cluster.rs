//! Several nodes of one office on one PostgreSQL and one Redis, behind haproxy: all of them processes of this run.

mod haproxy;
mod redis;

use std::path::PathBuf;

use anyhow::Context;

pub use haproxy::{HAPROXY, Haproxy, Spreading};
pub use redis::{REDIS, Redis};

use crate::folder::RunFolder;
use crate::program::find_program;
use crate::server::{Launch, Office, Wanted};

/// The office's setting that makes it one node of several.
const REDIS_URL: &str = "REDIS_URL";

/// What a cluster is made with, from packages that may not be installed.
pub struct Programs {
    haproxy: PathBuf,
    redis: PathBuf,
}

/// A first node, which has the database, and further ones while they are needed.
pub struct Cluster<'a> {
    programs: Programs,
    wanted: Wanted,
    folder: &'a RunFolder,
    redis: Redis,
    /// The first node.
    pub first: Office,
    /// Fronts so far, each with a folder of its own.
    fronts: usize,
}

/// A proxy, and the nodes behind it besides the first.
pub struct Front {
    /// Where it listens.
    pub proxy: Haproxy,
    further: Vec<Office>,
}

impl Programs {
    /// Finds them, or says what is missing.
    pub fn find() -> Result<Self, String> {
        let find = |program| {
            find_program(program)
                .ok_or_else(|| format!("{program} is not installed: it is in Debian's package of that name"))
        };
        Ok(Self {
            haproxy: find(HAPROXY)?,
            redis: find(REDIS)?,
        })
    }
}

impl<'a> Cluster<'a> {
    /// Starts Redis and the first node, with a database of its own.
    pub async fn start(programs: Programs, wanted: Wanted, folder: &'a RunFolder) -> anyhow::Result<Self> {
        let redis = Redis::start(&programs.redis, &folder.make_inner("redis")?).await?;
        let first = Launch::new(&wanted, &folder.make_inner("node-1")?, None)?;
        let first = first.with(REDIS_URL, redis.url()).start().await?;
        Ok(Self {
            programs,
            wanted,
            folder,
            redis,
            first,
            fronts: 0,
        })
    }

    /// Starts as many further nodes as are wanted besides the first, and a proxy in front of all.
    pub async fn open_front(&mut self, nodes: usize, spreading: Spreading) -> anyhow::Result<Front> {
        self.fronts += 1;
        let folder = self.folder.make_inner(&format!("front-{}", self.fronts))?;
        let mut further = Vec::with_capacity(nodes.saturating_sub(1));
        for number in 2..=nodes {
            let inner = folder.join(format!("node-{number}"));
            std::fs::create_dir(&inner)?;
            let launch = Launch::new(&self.wanted, &inner, self.first.database.clone())?;
            further.push(launch.with(REDIS_URL, self.redis.url()).start().await?);
        }
        let addresses: Vec<_> = [&self.first]
            .into_iter()
            .chain(&further)
            .map(|node| node.address)
            .collect();
        let proxy = Haproxy::start(&self.programs.haproxy, &folder, &addresses, spreading).await?;
        Ok(Front { proxy, further })
    }

    /// Stops the first node, its database and Redis.
    pub async fn stop(self) -> anyhow::Result<()> {
        let closed = self.first.close().await;
        let stopped = self.redis.stop().await;
        closed.and(stopped)
    }
}

impl Front {
    /// Stops the proxy and the nodes that came with it.
    pub async fn stop(self) -> anyhow::Result<()> {
        let mut outcome = self.proxy.stop().await;
        for node in self.further {
            outcome = outcome.and(node.close().await.context("a node"));
        }
        outcome
    }
}
