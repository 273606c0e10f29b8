//! A line on several nodes.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;

use super::{
    begin_sale, block_all, join, join_with, look, number, session, show_that_draws, show_without_places,
    wait_for, wait_for_line,
};
use crate::office::{Redis, TestOffice};

#[tokio::test]
async fn a_place_is_the_same_on_every_node() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = show_that_draws(&office).await;
    let (_, buyer) = session(&office, 0).await;
    let elsewhere = buyer.at(office.nodes[1].url());
    let place = join(&buyer, &show).await;
    assert_eq!(join(&elsewhere, &show).await, place);
    let mut others = Vec::new();
    for node in [0, 1, 0, 1, 0, 1, 0, 1] {
        let (_, other) = session(&office, node).await;
        others.push((join(&other, &show).await, other));
    }
    // Who drew at either is counted once.
    wait_for_line(&office, &show, |line| line["drawn"].as_i64() >= Some(8)).await;
    begin_sale(&office, &show).await;
    let open = wait_for_line(&office, &show, |line| {
        line["state"] == "open" && line["last_number"] != 0
    })
    .await;
    assert!(open["drawn"].as_i64() <= Some(9), "{open}");
    let here = wait_for(&buyer, &place, "admitted").await;
    let there = wait_for(&elsewhere, &place, "admitted").await;
    assert_eq!(here["number"], there["number"]);
    assert_eq!(
        join_with(&elsewhere, &show, &place).await["number"],
        here["number"]
    );
    for (place, other) in &others {
        wait_for(other, place, "admitted").await;
    }
}

#[tokio::test]
async fn no_number_is_given_out_twice() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = show_without_places(&office, json!({})).await;
    let mut buyers = Vec::new();
    for at in 0..60 {
        buyers.push(session(&office, at % 2).await.1);
    }
    let joined = join_all(buyers.iter().map(|buyer| join(buyer, &show))).await;
    let numbers: BTreeSet<u64> = joined.iter().map(number).collect();
    assert_eq!(numbers.len(), buyers.len());
    // Whoever asks twice at once has one place.
    let (_, twice) = session(&office, 0).await;
    let both = join_all([join(&twice, &show), join(&twice, &show)]).await;
    let after = join(&twice, &show).await;
    assert!(both.iter().any(|place| place["number"] == after["number"]));
    // What is left of a block goes back: numbers have few gaps.
    assert!(numbers.last() < Some(&400), "{numbers:?}");
}

#[tokio::test]
async fn a_line_goes_on_without_the_node_that_paced_it() {
    let mut office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = show_without_places(&office, json!({})).await;
    let (_, first) = session(&office, 0).await;
    join(&first, &show).await;
    office
        .database
        .wait_until("SELECT count(*) FROM lines WHERE paced_by IS NOT NULL", 1)
        .await;
    let pacer = office.database.text("SELECT paced_by::text FROM lines");
    let (_, second) = session(&office, 1).await;
    let place = join(&second, &show).await;
    look(&second, &place).await;
    assert_eq!(office.database.text("SELECT paced_by::text FROM lines"), pacer);
    office.nodes.remove(0).kill().await;
    block_all(&office, &show, "blocks/release").await;
    wait_for(&second, &place, "admitted").await;
    assert_ne!(office.database.text("SELECT paced_by::text FROM lines"), pacer);
}
