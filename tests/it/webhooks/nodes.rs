//! Webhooks across nodes that come and go.

use serde_json::json;

use super::{TRIAL, endpoint, hold_and_give_up, office, offsets, path_of, text};
use crate::office::{Hook, HookAnswer, Redis, TestOffice};

#[tokio::test]
async fn a_node_that_stops_leaves_its_place_to_the_next_one() {
    let (mut office, hook) = (office().await, Hook::start());
    let organiser = office.organiser();
    let made = endpoint(&organiser, &hook, json!({})).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    hold_and_give_up(&buyer, &show, "A-1-1").await;
    hook.wait_for_offset(3).await;
    // It stops while a call is under way.
    hook.answer_all(HookAnswer::Silence).await;
    hold_and_give_up(&buyer, &show, "A-1-1").await;
    hook.wait_for(4).await;
    assert_eq!(office.nodes.remove(0).stop().await, Some(0));
    hook.answer_all(HookAnswer::Status(204)).await;
    hook.resume();
    office.add_node().await;
    let taken = hook.wait_for_offset(5).await;
    assert_eq!(offsets(&taken), [1, 2, 3, 4, 5]);
    let seen = office
        .organiser()
        .get(&path_of(&made, ""))
        .await
        .expect_status(200);
    assert_eq!(seen["enabled"], true);
}

#[tokio::test]
async fn a_node_that_is_killed_has_its_places_taken_over() {
    let (mut office, hook) = (office().await, Hook::start());
    endpoint(&office.organiser(), &hook, json!({})).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    hook.answer_all(HookAnswer::Silence).await;
    hold_and_give_up(&buyer, &show, "A-1-1").await;
    hook.wait_for(1).await;
    office.nodes.remove(0).kill().await;
    hook.answer_all(HookAnswer::Status(204)).await;
    hook.resume();
    office.add_node().await;
    // Sooner than the lease ends by itself.
    office
        .database
        .execute("UPDATE webhook_cursors SET due_at = clock_timestamp()");
    let taken = hook.wait_for_offset(3).await;
    assert_eq!(offsets(&taken), [1, 2, 3]);
}

#[tokio::test]
async fn what_nobody_noted_is_found_by_going_through_all_shows() {
    let (mut office, hook) = (office().await, Hook::start());
    endpoint(&office.organiser(), &hook, json!({})).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    hook.answer_all(HookAnswer::Silence).await;
    hold_and_give_up(&buyer, &show, "A-1-1").await;
    hook.wait_for(1).await;
    office.nodes.remove(0).kill().await;
    // As if it had been killed between a commit and its look at what has moved.
    office
        .database
        .execute("UPDATE webhook_cursors SET due_at = 'infinity', attempts = 0, failing_since = NULL");
    hook.answer_all(HookAnswer::Status(204)).await;
    office.add_node().await;
    let taken = hook.wait_for_offset(3).await;
    assert_eq!(offsets(&taken), [1, 2, 3]);
}

#[tokio::test]
async fn two_nodes_send_each_event_once() {
    let office = TestOffice::with(2, Some(Redis::start()), &TRIAL).await;
    let hook = Hook::start();
    endpoint(&office.organiser(), &hook, json!({})).await;
    let show = office.show(json!({})).await;
    let buyers = [office.buyer_at(0).await, office.buyer_at(1).await];
    for turn in 0..20 {
        let seat = format!("A-1-{}", 1 + turn % 10);
        hold_and_give_up(&buyers[turn % 2], &show, &seat).await;
    }
    let order = buyers[1].hold(&show, &["B-1-1"]).await.expect_status(201);
    buyers[1]
        .pay(text(&order["id"]), "card_ok")
        .await
        .expect_status(200);
    let taken = hook.wait_for_offset(43).await;
    assert_eq!(offsets(&taken), (1..=43).collect::<Vec<_>>());
    assert_eq!(hook.messages().await.len(), 43);
}
