//! A batch written in one call: under locks that it takes itself, and only if nothing has come between.

use std::time::Instant;

use boxoffice::store::batch::{AtOnce, Premises, WriteError, write_at_once};
use boxoffice::store::database::{Connection, Database, PoolSizes};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Timestamptz;
use domain::id::ShowId;
use futures_util::future::join_all;
use serde_json::json;

use crate::office::{PATIENCE, Redis, TestDatabase, TestOffice};
use crate::store::{hold, key, write_of};

const SHOW: ShowId = ShowId(1024);

struct Tables {
    database: TestDatabase,
    connection: Connection,
}

impl Tables {
    /// A show of nine free seats at offset 0.
    fn fill() -> Self {
        let database = TestDatabase::create();
        let fill = "INSERT INTO seats (show_id, seat) SELECT 1024, generate_series(0, 8); \
             INSERT INTO journal_heads (show_id) VALUES (1024)";
        database.connect().batch_execute(fill).expect("rows");
        let sizes = PoolSizes::of_node(1, 1);
        let connection = Database::open(database.direct_url(), sizes)
            .writer()
            .expect("a connection");
        Self { database, connection }
    }

    fn clock(&mut self) -> DateTime<Utc> {
        diesel::select(sql::<Timestamptz>("clock_timestamp()"))
            .get_result::<DateTime<Utc>>(&mut **self.connection)
            .expect("a clock")
    }

    /// Holds a seat with these premises; true if it was written.
    fn hold(&mut self, seat: u32, known: i64, now: DateTime<Utc>, valid_for: TimeDelta) -> bool {
        self.hold_under(u128::from(seat), seat, known, now, valid_for)
    }

    fn hold_under(
        &mut self,
        scope: u128,
        seat: u32,
        known: i64,
        now: DateTime<Utc>,
        valid_for: TimeDelta,
    ) -> bool {
        let (changes, key) = (hold(seat, known, now), key(scope));
        let writes = vec![write_of(SHOW, known, &changes, &key)];
        let premises = Premises {
            instant: now,
            valid_until: now + valid_for,
        };
        match write_at_once(&mut self.connection, writes, premises, 30.0) {
            Ok(AtOnce::Committed(_)) => true,
            Ok(AtOnce::Stale { .. }) | Err(WriteError::Refused(_)) => false,
            Err(WriteError::Database(error)) => panic!("{error}"),
        }
    }

    /// Holds a seat on the rows as they are. Only a machine that is too busy makes that late, and then it is tried again.
    fn hold_now(&mut self, seat: u32, known: i64) {
        let deadline = Instant::now() + PATIENCE;
        let mut now = self.clock();
        while !self.hold(seat, known, now, SOON) {
            assert!(Instant::now() < deadline, "seat {seat} was never held");
            now = self.clock();
        }
    }

    fn events(&self) -> i64 {
        self.database.number("SELECT count(*) FROM journal")
    }
}

const SOON: TimeDelta = TimeDelta::seconds(60);

#[test]
fn what_is_decided_on_the_rows_as_they_are_is_written() {
    let mut tables = Tables::fill();
    tables.hold_now(1, 0);
    tables.hold_now(2, 1);
    assert_eq!(tables.events(), 2);
}

#[test]
fn what_is_decided_on_anything_else_is_not() {
    let mut tables = Tables::fill();
    tables.hold_now(1, 0);
    let now = tables.clock();
    assert!(!tables.hold(2, 0, now, SOON), "an event came between");
    let now = tables.clock();
    assert!(!tables.hold(2, 1, now, TimeDelta::zero()), "a hold has lapsed");
    let now = tables.clock() + TimeDelta::seconds(1);
    assert!(!tables.hold(2, 1, now, SOON), "the instant has not come yet");
    let now = tables.clock() - TimeDelta::seconds(1);
    assert!(!tables.hold(2, 1, now, SOON), "the instant is long past");
    let now = tables.clock();
    assert!(!tables.hold_under(1, 3, 1, now, SOON), "the key is known");
    // As after a payment that was begun under this key by asking its provider.
    tables
        .database
        .connect()
        .batch_execute("UPDATE idempotency SET is_final = false")
        .expect("a change");
    let now = tables.clock();
    assert!(
        !tables.hold_under(1, 3, 1, now, SOON),
        "the key's answer is yet to come"
    );
    tables
        .database
        .connect()
        .batch_execute("UPDATE seats SET state = 3 WHERE seat = 2")
        .expect("a change");
    let now = tables.clock();
    assert!(!tables.hold(2, 1, now, SOON), "the seat is not as it was");
    assert_eq!(tables.events(), 1);
    assert_eq!(
        tables.database.number("SELECT journal_offset FROM journal_heads"),
        1
    );
    assert_eq!(tables.database.number("SELECT count(*) FROM orders"), 1);
    assert_eq!(tables.database.number("SELECT count(*) FROM idempotency"), 1);
}

/// How many batches took this way, of both nodes.
async fn batches(office: &TestOffice, way: &str) -> u64 {
    let mut sum = 0;
    for node in &office.nodes {
        let text = reqwest::get(format!("{}/metrics", node.url()))
            .await
            .expect("metrics");
        let text = text.text().await.expect("text");
        let label = format!("boxoffice_batches_total{{way=\"{way}\"}} ");
        let counts = text.lines().filter_map(|line| line.strip_prefix(label.as_str()));
        sum += counts
            .map(|count| count.parse::<u64>().expect("a count"))
            .sum::<u64>();
    }
    sum
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_hold_by_turns_take_each_others_holds_into_account() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let (first, second) = (office.buyer_at(0).await, office.buyer_at(1).await);
    for row in 1..=5 {
        for seat in 1..=10 {
            let name = format!("A-{row}-{seat}");
            let answers = join_all([first.hold(&show, &[&name]), second.hold(&show, &[&name])]).await;
            let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
            statuses.sort_unstable();
            assert_eq!(statuses, [201, 409], "{name}");
        }
    }
    // Both ways were taken, so that both were put to the test.
    assert!(batches(&office, "at_once").await > 0);
    assert!(batches(&office, "stale").await > 0);
    assert!(batches(&office, "locked").await > 0);
}
