//! Commands on several shows in one transaction: no show holds another one up, and none fails for another one's sake.

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use serde_json::json;
use tokio::task::JoinHandle;

use crate::office::{Answer, Client, PATIENCE, TestOffice};

/// One executor, so that a turn that waits lets the others gather.
async fn office() -> TestOffice {
    TestOffice::with(1, None, &[("BOXOFFICE_EXECUTORS", "1")]).await
}

async fn shows<const N: usize>(office: &TestOffice) -> [String; N] {
    let mut shows = [const { String::new() }; N];
    for show in &mut shows {
        *show = office.show(json!({})).await;
    }
    shows
}

/// Locks a show as another node would.
fn lock(office: &TestOffice, show: &str) -> PgConnection {
    let mut connection = office.database.connect();
    let lock = format!("BEGIN; SELECT 1 FROM journal_heads WHERE show_id = {show} FOR UPDATE");
    connection.batch_execute(&lock).expect("the lock");
    connection
}

fn unlock(mut connection: PgConnection) {
    connection.batch_execute("COMMIT").expect("the end");
}

/// Returns when the executor waits for a show's lock.
fn wait_until_it_waits(office: &TestOffice) {
    office.database.wait_until_zero(
        "SELECT count(*) - 1 FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
}

fn hold(buyer: &Client, show: &str) -> JoinHandle<Answer> {
    let (buyer, show) = (buyer.clone(), show.to_owned());
    tokio::spawn(async move { buyer.hold(&show, &["A-1-1"]).await })
}

async fn metric(buyer: &Client, name: &str) -> f64 {
    let text = buyer
        .request(reqwest::Method::GET, "/metrics")
        .send()
        .await
        .expect("metrics")
        .text()
        .await
        .expect("text");
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0.0, |value| value.trim().parse().expect("a number"))
}

async fn wait_until_waiting(buyer: &Client, commands: f64) {
    let gathered = async {
        while metric(buyer, "boxoffice_waiting_commands ").await != commands {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gathered)
        .await
        .expect("the commands in the queues");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_show_locked_elsewhere_holds_no_other_up() {
    let office = office().await;
    let [first, locked, free, free_too] = shows(&office).await;
    let buyer = office.buyer().await;
    let at_first = lock(&office, &first);
    let elsewhere = lock(&office, &locked);
    let begin = hold(&buyer, &first);
    wait_until_it_waits(&office);
    let batches = metric(&buyer, "boxoffice_batch_shows_count ").await;
    let waits = hold(&buyer, &locked);
    let passes = [hold(&buyer, &free), hold(&buyer, &free_too)];
    wait_until_waiting(&buyer, 3.0).await;

    unlock(at_first);
    begin.await.expect("an answer").expect_status(201);
    for pass in passes {
        pass.await.expect("an answer").expect_status(201);
    }
    wait_until_it_waits(&office);
    assert!(!waits.is_finished());
    unlock(elsewhere);
    waits.await.expect("an answer").expect_status(201);
    // The three were one batch.
    assert_eq!(
        metric(&buyer, "boxoffice_batch_shows_count ").await,
        batches + 1.0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_show_whose_rows_are_not_as_expected_fails_alone() {
    let office = office().await;
    let [first, changed, sound] = shows(&office).await;
    let buyer = office.buyer().await;
    // From now on the office has its state in memory.
    buyer.hold(&changed, &["B-1-1"]).await.expect_status(201);
    let at_first = lock(&office, &first);
    let begin = hold(&buyer, &first);
    wait_until_it_waits(&office);
    let mut database = office.database.connect();
    let set = |state| format!("UPDATE seats SET state = {state} WHERE show_id = {changed} AND seat = 0");
    database.batch_execute(&set(3)).expect("a changed row");
    let (fails, passes) = (hold(&buyer, &changed), hold(&buyer, &sound));
    wait_until_waiting(&buyer, 2.0).await;

    unlock(at_first);
    begin.await.expect("an answer").expect_status(201);
    passes.await.expect("an answer").expect_status(201);
    fails.await.expect("an answer").expect_problem(409, "seats_taken");
    database.batch_execute(&set(0)).expect("the row as it was");
}
