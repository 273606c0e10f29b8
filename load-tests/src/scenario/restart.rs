//! An office killed in the middle of a sale, and started again on what is left: how long until it sells.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::sleep;

use super::Effort;
use super::holds::Holder;
use crate::load::{Client as _, Pace, run};
use crate::process::children;
use crate::server::{Launch, Office};
use crate::stage::{Seats, Stage};

/// Connections of the sale.
const BUYERS: usize = 16;
/// How long it is sold before the kill.
const SALE_TIME: Duration = Duration::from_secs(1);
/// Longer than the sale is ever let.
const SALE_TIME_MAX: Duration = Duration::from_secs(60);
/// How long killed processes may take to vanish.
const VANISH_SECONDS_MAX: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(1);

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Victims {
    /// The office; its PostgreSQL goes on running.
    Office,
    /// The office, and every process of its PostgreSQL.
    OfficeAndDatabase,
}

/// How long the office was away, counted from when it was started again.
pub struct Restart {
    /// Until it says that it is ready.
    pub ready: Duration,
    /// Until a hold is granted.
    pub first_hold: Duration,
}

/// Sells, kills and starts again, and gives the office that runs then.
pub async fn restart(
    launch: &Launch,
    office: Office,
    effort: Effort,
    victims: Victims,
) -> anyhow::Result<(Restart, Office)> {
    let stage = Stage::new(&office)?;
    let seats = stage.open_shows(1, effort.seats, effort.per_order).await?;
    let shows = seats.shows().to_vec();
    let mut holders = Vec::with_capacity(BUYERS);
    for _ in 0..BUYERS {
        holders.push(Holder::new(office.address, &seats, effort.per_order).await?);
    }
    let killed = async {
        sleep(SALE_TIME).await;
        office.kill().await?;
        match victims {
            Victims::Office => Ok(()),
            Victims::OfficeAndDatabase => kill_database(launch).await,
        }
    };
    tokio::select! {
        killed = killed => killed?,
        sold = run(&mut holders, Pace::Closed, SALE_TIME_MAX) => {
            sold?;
            bail!("the sale ended before the office was killed");
        }
    }
    let free = seats
        .next()
        .context("all seats were gone before the office was killed")?;
    let spawned = Instant::now();
    let office = launch.start().await?;
    let ready = spawned.elapsed();
    // Seats that nobody has asked for yet, so that only the office can say no.
    let seats = Seats::of_shows(shows, effort.seats, effort.per_order)?;
    let mut holder = Holder::new(office.address, &seats, effort.per_order).await?;
    holder.prepare().await?;
    holder.ask_for(free);
    let answer = holder.turn().await;
    ensure!(answer.status == Some(201), "the first hold: {:?}", answer.status);
    let first_hold = spawned.elapsed();
    Ok((Restart { ready, first_hold }, office))
}

/// Kills the private PostgreSQL of an office, with all its processes, and waits until none is left.
pub async fn kill_database(launch: &Launch) -> anyhow::Result<()> {
    let postmaster = find_postmaster(launch)?;
    let mut processes = children(postmaster)?;
    // First, or it would recover from the loss of the others.
    processes.insert(0, postmaster);
    let deadline = Instant::now() + VANISH_SECONDS_MAX;
    for process in processes {
        while kill(process, Signal::SIGKILL) != Err(Errno::ESRCH) {
            ensure!(Instant::now() < deadline, "process {process} does not vanish");
            sleep(POLL).await;
        }
    }
    Ok(())
}

/// The postmaster by what it wrote down, if the process of that number does run in the cluster's folder.
fn find_postmaster(launch: &Launch) -> anyhow::Result<Pid> {
    let path = launch.postmaster_file();
    let text = fs::read_to_string(&path).context("no PostgreSQL runs in the folder")?;
    let id: i32 = text
        .lines()
        .next()
        .unwrap_or_default()
        .trim()
        .parse()
        .context("postmaster.pid has no process id")?;
    let folder = path.parent().map(fs::canonicalize).transpose()?;
    let works_in = fs::read_link(format!("/proc/{id}/cwd")).context("PostgreSQL has ended")?;
    ensure!(
        Some(works_in) == folder,
        "process {id} is not the PostgreSQL of the folder"
    );
    Ok(Pid::from_raw(id))
}
