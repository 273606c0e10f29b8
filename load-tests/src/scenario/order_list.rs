//! Pages of a show's orders, of which there are a million: whatever is asked for, a page reads few of them.

use hdrhistogram::Histogram;
use tokio::time::Instant;

use anyhow::{Context, ensure};

use super::Effort;
use crate::client::Connection;
use crate::load::histogram;
use crate::postgres::psql;
use crate::stage::Stage;
use crate::target::DatabaseUrl;

/// Orders of the show.
pub const ORDERS: u64 = 1_000_000;
/// Seats of the show.
const SEATS: usize = 20_000;
/// Pages of each kind that don't count.
const FIRST_PAGES: usize = 20;

/// What is asked for, a page of a hundred each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// All of them, from anywhere on.
    All,
    /// Those before anywhere, the newest first.
    NewestFirst,
    /// Those in a state that one in ten is in.
    State,
    /// Those of an e-mail address.
    Email,
    /// Those that were made with a code.
    Code,
    /// Those that were made after a time.
    Time,
}

/// All of them, each with its name in the report.
pub const ASKED: [(Asked, &str); 6] = [
    (Asked::All, "from anywhere on"),
    (Asked::NewestFirst, "the newest first"),
    (Asked::State, "in a state"),
    (Asked::Email, "of an e-mail address"),
    (Asked::Code, "of a code"),
    (Asked::Time, "after a time"),
];

/// A show's orders.
pub struct Orders {
    /// Where they are listed.
    path: String,
    /// A day within the time in which they were made.
    day: String,
}

/// Makes the show.
pub async fn fill(stage: &Stage, database: &DatabaseUrl) -> anyhow::Result<Orders> {
    let seats = stage.open_shows(1, SEATS, 1).await?;
    let show = seats.shows().first().context("no show")?;
    let variables = [
        ("show", show.clone()),
        ("orders", ORDERS.to_string()),
        ("seats", SEATS.to_string()),
    ];
    let day = psql(database, &variables, include_str!("many_orders.sql")).await?;
    Ok(Orders {
        path: format!("/v1/shows/{show}/orders"),
        day: day.trim().to_owned(),
    })
}

/// Reads one page after the other; tells how long each took, in microseconds.
pub async fn list(
    stage: &Stage,
    orders: &Orders,
    effort: Effort,
    asked: Asked,
) -> anyhow::Result<Histogram<u64>> {
    let mut connection = Connection::open(stage.address()).await?;
    let mut latencies = histogram()?;
    let mut pages = 0;
    let mut begin = Instant::now();
    while pages < FIRST_PAGES || begin.elapsed() < effort.time {
        let path = format!("{}?limit=100&{}", orders.path, query(orders, asked));
        let call = stage.organiser_call(&path)?;
        let asked_at = Instant::now();
        let answer = connection.send(&call).await;
        let latency = asked_at.elapsed();
        ensure!(answer.status == Some(200), "a page: {:?}", answer.status);
        pages += 1;
        if pages == FIRST_PAGES {
            begin = Instant::now();
        } else if pages > FIRST_PAGES {
            latencies.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
        }
    }
    Ok(latencies)
}

fn query(orders: &Orders, asked: Asked) -> String {
    let anywhere = rand::random_range(1..ORDERS);
    match asked {
        Asked::All => format!("after={anywhere}"),
        Asked::NewestFirst => format!("newest_first=true&after={anywhere}"),
        Asked::State => format!("state=refunded&after={anywhere}"),
        Asked::Email => format!("email=Buyer{}@example.org", anywhere % (ORDERS / 3)),
        Asked::Code => format!("code=early&after={anywhere}"),
        Asked::Time => {
            let (hour, minute) = (anywhere % 24, anywhere % 60);
            format!("created_after={}T{hour:02}:{minute:02}:00Z", orders.day)
        }
    }
}
