//! Pages of lists: nothing is skipped while others write, and the last one says that it is the last.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::office::TestOffice;

/// Shows that are made at a time, and how many each.
const MAKERS: usize = 8;
const SHOWS_OF_EACH: usize = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_reads_on_sees_every_show() {
    let office = TestOffice::start().await;
    let first = office.show(json!({})).await;
    let organiser = office.organiser();
    let request = office.request_like(&first).await;
    let is_done = AtomicBool::new(false);
    let make = async || {
        let mut made = Vec::new();
        for _ in 0..SHOWS_OF_EACH {
            let show = organiser.post("/v1/shows", &request).await.expect_status(201);
            made.push(show["id"].as_str().expect("an id").to_owned());
        }
        made
    };
    let make_all = async {
        let made = join_all((0..MAKERS).map(|_| make())).await;
        is_done.store(true, Ordering::Release);
        made.into_iter().flatten().collect::<BTreeSet<_>>()
    };
    let follow = async {
        let (mut seen, mut after) = (BTreeSet::new(), first.clone());
        loop {
            let was_done = is_done.load(Ordering::Acquire);
            let page = organiser
                .get(&format!("/v1/shows?after={after}"))
                .await
                .expect_status(200);
            let shows = page["shows"].as_array().expect("shows").clone();
            for show in &shows {
                show["id"].as_str().expect("an id").clone_into(&mut after);
                assert!(seen.insert(after.clone()), "{after} came twice");
            }
            if was_done && shows.is_empty() {
                return seen;
            }
        }
    };
    let (made, seen) = tokio::join!(make_all, follow);
    assert_eq!(made.len(), MAKERS * SHOWS_OF_EACH);
    assert_eq!(made, seen);
}

#[tokio::test]
async fn the_last_page_says_so_also_when_it_is_full() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    office.show(json!({})).await;
    let (organiser, buyer) = (office.organiser(), office.buyer().await);
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    buyer.hold(&show, &["A-1-2"]).await.expect_status(201);
    assert_eq!(order["journal_offset"], 2);
    let check = async |path: &str, items: &str, all: usize| {
        for limit in 1..=all {
            let mut after = String::new();
            let mut count = 0;
            loop {
                let page = organiser.get(&format!("{path}?limit={limit}{after}")).await;
                let page = page.expect_status(200);
                let on_page = page[items].as_array().expect("items").len();
                assert!(on_page > 0, "an empty page of {path}");
                count += on_page;
                match &page["next_after"] {
                    Value::Null => break,
                    Value::String(next) => after = format!("&after={next}"),
                    next => after = format!("&after={next}"),
                }
            }
            assert_eq!(count, all, "{path} by {limit}");
        }
    };
    check("/v1/shows", "shows", 2).await;
    check(&format!("/v1/shows/{show}/events"), "events", 3).await;
    check(&format!("/v1/shows/{show}/orders"), "orders", 2).await;
    check("/v1/keys", "keys", 1).await;
}
