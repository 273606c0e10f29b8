//! A backup of an office that sells, taken and restored by the commands of `docs/deployment.md`.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::office::{Client, TestDatabase, TestOffice};

/// How it is taken and restored. The rest of each command is where from and where to.
const DUMP: &str = "pg_dump --format=custom --no-owner --no-privileges";
const RESTORE: &str = "pg_restore --no-owner --no-privileges --single-transaction --exit-on-error";

#[test]
fn the_commands_are_those_of_the_docs() {
    let docs = include_str!("../../docs/deployment.md");
    assert!(docs.contains(DUMP) && docs.contains(RESTORE));
}

/// Runs one of the program's commands or PostgreSQL's.
fn run(command: &str, more: &[&str]) {
    let mut words = command.split(' ');
    let program = words.next().expect("a program");
    let output = Command::new(program)
        .args(words)
        .args(more)
        .output()
        .expect("a program");
    assert!(
        output.status.success(),
        "{command} {more:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn id(order: &Value) -> &str {
    order["id"].as_str().expect("an id")
}

/// Buys, holds and lets go, until it is told to stop; says how many orders it made.
async fn sell(buyer: Client, show: String, stop: Arc<AtomicBool>) -> usize {
    let mut orders = 0;
    while !stop.load(Ordering::Relaxed) {
        let wish = json!({"zones": [{"zone": "Bar", "count": 1}]});
        let order = buyer
            .post(&format!("/v1/shows/{show}/orders"), &wish)
            .await
            .expect_status(201);
        orders += 1;
        if orders % 2 == 0 {
            buyer.pay(id(&order), "card_ok").await.expect_status(200);
        } else if orders % 3 == 0 {
            buyer
                .delete(&format!("/v1/orders/{}", id(&order)))
                .await
                .expect_status(200);
        }
    }
    orders
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_office_goes_on_from_a_backup_that_was_taken_while_it_sold() {
    let office = TestOffice::start().await;
    let show = office.show(json!({"session_places_max": 5000})).await;
    let (holder, owner) = (office.buyer().await, office.buyer().await);
    let held = holder.hold(&show, &["A-1-1", "A-1-2"]).await.expect_status(201);
    let paid = owner.hold(&show, &["B-1-1", "B-1-2"]).await.expect_status(201);
    owner.pay(id(&paid), "card_ok").await.expect_status(200);
    let path = format!("/v1/orders/{}", id(&paid));
    let paid = owner.get(&path).await.expect_status(200);
    let code = |ticket: usize| {
        paid["tickets"][ticket]["code"]
            .as_str()
            .expect("a code")
            .to_owned()
    };
    let check_in = |ticket: usize| format!("/v1/tickets/{}/check-in", code(ticket));
    office
        .organiser()
        .post(&check_in(0), &json!(null))
        .await
        .expect_status(200);

    let stop = Arc::new(AtomicBool::new(false));
    let sellers: Vec<_> = [office.buyer().await, office.buyer().await]
        .into_iter()
        .map(|buyer| tokio::spawn(sell(buyer, show.clone(), stop.clone())))
        .collect();
    let events = "SELECT count(*) FROM journal";
    let before = office.database.number(events);
    let deadline = std::time::Instant::now() + crate::office::PATIENCE;
    while office.database.number(events) < before + 20 {
        assert!(std::time::Instant::now() < deadline, "nothing is sold");
    }
    let dump = std::env::temp_dir().join(format!("office-{}.dump", uuid::Uuid::new_v4().simple()));
    let (file, url) = (
        format!("--file={}", dump.display()),
        office.database.direct_url().to_owned(),
    );
    let dumped = tokio::task::spawn_blocking(move || {
        run(DUMP, &[&file, &url]);
    });
    dumped.await.expect("a dump");
    let at_dump = office.database.number(events);
    while office.database.number(events) < at_dump + 20 {
        assert!(std::time::Instant::now() < deadline, "nothing is sold any more");
    }
    stop.store(true, Ordering::Relaxed);
    for seller in sellers {
        assert!(seller.await.expect("a seller") > 0);
    }

    let database = TestDatabase::create_empty();
    let target = format!("--dbname={}", database.direct_url());
    let dump_file = dump.to_string_lossy().into_owned();
    run(RESTORE, &[&target, &dump_file]);
    std::fs::remove_file(&dump).expect("a dump");
    run(
        env!("CARGO_BIN_EXE_boxoffice"),
        &["check", "--database-url", database.direct_url()],
    );
    let missing = office.database.number(events) - database.number(events);
    assert!(
        missing >= 20,
        "{missing} events are missing: it was not taken while the office sold"
    );

    let restored = TestOffice::on(database, 1, None, &[]).await;
    let at = restored.nodes[0].url();
    let (holder, owner) = (holder.at(at), owner.at(at));
    let order = holder
        .get(&format!("/v1/orders/{}", id(&held)))
        .await
        .expect_status(200);
    assert_eq!(order["state"], "held");
    holder.pay(id(&held), "card_ok").await.expect_status(200);
    let tickets = owner
        .get(&format!("/v1/orders/{}/tickets", id(&paid)))
        .await
        .expect_status(200);
    assert_eq!(tickets["tickets"][1]["code"], paid["tickets"][1]["code"]);
    restored
        .organiser()
        .post(&check_in(0), &json!(null))
        .await
        .expect_problem(409, "already_checked_in");
    restored
        .organiser()
        .post(&check_in(1), &json!(null))
        .await
        .expect_status(200);
    restored
        .buyer()
        .await
        .hold(&show, &["B-1-1"])
        .await
        .expect_problem(409, "seats_taken");
    restored
        .buyer()
        .await
        .hold(&show, &["B-2-1"])
        .await
        .expect_status(201);
}
