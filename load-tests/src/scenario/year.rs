//! A year of a busy office in minutes: each week a show is sold, held without end and refused, and then everything becomes a
//! week older, which is as if the database's clock had moved. What is kept for a stated time must not grow.

use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::time::{Instant, sleep};

use super::Effort;
use super::buy::buy_seats;
use super::contended::contended;
use super::lapses::hold_steadily;
use crate::load::Pace;
use crate::postgres::psql;
use crate::stage::{Opening, Stage};
use crate::target::DatabaseUrl;

/// For how long journals are kept in the run, in days.
pub const KEEP_JOURNAL_DAYS: u32 = 28;
/// For how long shows are, once they are over.
pub const KEEP_SHOWS_DAYS: u32 = 56;
/// Seats of each week's shows.
const SEATS: usize = 5_000;
/// How long each kind of traffic lasts in a week.
const TURN: Duration = Duration::from_millis(700);
/// How long the office may take to forget what is due.
const FORGET_SECONDS_MAX: Duration = Duration::from_secs(120);
/// Between two looks whether it has.
const LOOK: Duration = Duration::from_millis(200);

/// Everything becomes a week older. The ledger's trigger is passed by: this is no change of the office's.
const AGE: &str = "
SET session_replication_role = replica;
DO $$
DECLARE
    change text;
BEGIN
    FOR change IN
        SELECT format('UPDATE %I SET %s', c.table_name, string_agg(format('%1$I = %1$I - interval ''7 days''', c.column_name), ', '))
        FROM information_schema.columns c
        WHERE c.table_schema = 'public' AND c.data_type = 'timestamp with time zone' AND c.table_name <> 'nodes'
            AND c.is_generated = 'NEVER'
        GROUP BY c.table_name
    LOOP
        EXECUTE change;
    END LOOP;
END
$$;";

/// This week's shows are over in a week.
const END_SOON: &str = "UPDATE shows SET starts_at = clock_timestamp() + interval '6 days' WHERE starts_at > clock_timestamp() + interval '7 days'";

/// What is due and still there.
const DUE: &str = "
SELECT (SELECT count(*) FROM idempotency WHERE is_final AND created_at < clock_timestamp() - interval '24 hours')
    + (SELECT count(*) FROM journal_heads h WHERE NOT EXISTS (SELECT FROM shows s WHERE s.show_id = h.show_id))
    + (SELECT count(*) FROM shows WHERE starts_at < clock_timestamp() - interval '56 days')
    + (SELECT count(*) FROM journal j WHERE j.journal_offset < (
        SELECT max(s.journal_offset) FROM snapshots s
        WHERE s.show_id = j.show_id AND s.at < clock_timestamp() - interval '28 days'))";

/// The space that all tables take, with their indexes, in MiB.
const MEBIBYTES: &str = "
SELECT round(sum(pg_total_relation_size(c.oid)) / 1048576.0, 1) FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r'";

/// Lives through this many weeks; gives the space taken after each.
pub async fn live_through(
    stage: &Stage,
    database: &DatabaseUrl,
    effort: Effort,
    weeks: usize,
) -> anyhow::Result<Vec<f64>> {
    let effort = Effort {
        time: TURN,
        pace: Pace::Closed,
        seats: SEATS,
        ..effort
    };
    let mut sizes = Vec::with_capacity(weeks);
    for week in 1..=weeks {
        let sold = stage.open_shows(1, SEATS, effort.per_order).await?;
        buy_seats(stage, &sold, effort).await?;
        // Held and lapsed, again and again.
        let lapsing = Opening {
            shows: 1,
            seats: SEATS,
            per_order: 1,
            hold_seconds: 1,
        };
        let lapsing = stage.open(lapsing).await?.again_and_again();
        hold_steadily(stage, &lapsing, effort, Duration::ZERO).await?;
        // Refused.
        contended(stage, effort, 4).await?;
        psql(database, &[], END_SOON).await?;
        psql(database, &[], AGE).await?;
        forget(database).await?;
        psql(database, &[], "VACUUM").await?;
        let size = psql(database, &[], MEBIBYTES).await?;
        let size: f64 = size.trim().parse().context("a size")?;
        eprintln!("week {week}: {size:.1} MiB");
        sizes.push(size);
    }
    Ok(sizes)
}

/// Waits until the office has forgotten what is due.
async fn forget(database: &DatabaseUrl) -> anyhow::Result<()> {
    let begin = Instant::now();
    while psql(database, &[], DUE).await?.trim() != "0" {
        ensure!(
            begin.elapsed() < FORGET_SECONDS_MAX,
            "the office forgets too slowly"
        );
        sleep(LOOK).await;
    }
    Ok(())
}
