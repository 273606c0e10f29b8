//! Endpoints that don't take what they are sent, and those beside them.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{TRIAL, endpoint, hold_and_give_up, log_of, office, offsets, path_of, text, wait_for_log};
use crate::office::{Hook, HookAnswer, HookMessage, TestOffice, check_value};

#[tokio::test]
async fn what_is_not_taken_is_sent_again_before_anything_else() {
    let (office, hook) = (office().await, Hook::start());
    let organiser = office.organiser();
    let made = endpoint(&organiser, &hook, json!({})).await;
    let elsewhere = Hook::start();
    hook.answer_next(HookAnswer::Status(500)).await;
    hook.answer_next(HookAnswer::Redirect(elsewhere.url().to_owned()))
        .await;
    hook.answer_next(HookAnswer::Status(204)).await;
    hook.answer_next(HookAnswer::Status(404)).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    hold_and_give_up(&buyer, &show, "A-1-1").await;
    hook.wait_for_offset(3).await;
    let messages = hook.messages().await;
    assert_eq!(offsets(&messages), [1, 1, 1, 2, 2, 3]);
    let ids: Vec<_> = messages.iter().map(|message| message.id()).collect();
    assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3] && ids[3] == ids[4]);
    let log = wait_for_log(&office, &organiser, &made, 6).await;
    let told: Vec<_> = log
        .iter()
        .map(|row| (row["attempt"].as_i64(), row["status"].as_i64()))
        .collect();
    let expected = [(1, 500), (2, 307), (3, 204), (1, 404), (2, 204), (1, 204)];
    assert_eq!(
        told,
        expected.map(|(attempt, status)| (Some(attempt), Some(status)))
    );
    assert!(!log[0]["next_attempt_at"].is_null() && log[2]["next_attempt_at"].is_null());
    assert_eq!(log[1]["error"], "it answered 307, and redirects are not followed");
    assert!(elsewhere.messages().await.is_empty());
}

#[tokio::test]
async fn an_endpoint_that_asks_for_time_gets_it() {
    let (office, hook) = (office().await, Hook::start());
    let organiser = office.organiser();
    let made = endpoint(&organiser, &hook, json!({})).await;
    hook.answer_next(HookAnswer::RetryAfter(503, 3_600)).await;
    let show = office.show(json!({})).await;
    hold_and_give_up(&office.buyer().await, &show, "A-1-1").await;
    wait_for_log(&office, &organiser, &made, 1).await;
    let waits = "SELECT count(*) FROM webhook_cursors WHERE due_at BETWEEN clock_timestamp() + interval '59 minutes' \
        AND clock_timestamp() + interval '73 minutes'";
    assert_eq!(office.database.number(waits), 1);
    // Who sends it elsewhere need not wait.
    let other = Hook::start();
    let change = json!({"url": other.url()});
    organiser
        .patch(&path_of(&made, ""), &change)
        .await
        .expect_status(200);
    assert_eq!(offsets(&other.wait_for(3).await), [1, 2, 3]);
}

#[tokio::test]
async fn an_endpoint_that_is_gone_is_disabled_and_goes_on_when_it_is_back() {
    let (office, hook) = (office().await, Hook::start());
    let organiser = office.organiser();
    let made = endpoint(&organiser, &hook, json!({})).await;
    hook.answer_next(HookAnswer::Status(410)).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    hold_and_give_up(&buyer, &show, "A-1-1").await;
    office
        .database
        .wait_until("SELECT count(*) FROM webhook_endpoints WHERE is_enabled", 0)
        .await;
    let seen = organiser.get(&path_of(&made, "")).await.expect_status(200);
    assert_eq!(
        (&seen["enabled"], &seen["disabled_reason"]),
        (&json!(false), &json!("gone"))
    );
    assert!(!seen["disabled_at"].is_null());
    hold_and_give_up(&buyer, &show, "A-1-1").await;
    assert_eq!(hook.messages().await.len(), 1);
    let enabled = json!({"enabled": true});
    let seen = organiser
        .patch(&path_of(&made, ""), &enabled)
        .await
        .expect_status(200);
    assert_eq!(
        (&seen["enabled"], &seen["disabled_reason"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(offsets(&hook.wait_for_offset(5).await), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn an_endpoint_that_fails_for_days_is_disabled() {
    let (office, hook) = (office().await, Hook::start());
    let organiser = office.organiser();
    let made = endpoint(&organiser, &hook, json!({})).await;
    hook.answer_all(HookAnswer::Status(500)).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    hold_and_give_up(&buyer, &show, "A-1-1").await;
    hook.wait_for(2).await;
    let enabled = "SELECT count(*) FROM webhook_endpoints WHERE is_enabled";
    assert_eq!(office.database.number(enabled), 1);
    let age = "UPDATE webhook_cursors SET failing_since = failing_since - interval '3 days', due_at = clock_timestamp() \
        WHERE attempts > 0";
    office.database.execute(age);
    office.database.wait_until(enabled, 0).await;
    let seen = organiser.get(&path_of(&made, "")).await.expect_status(200);
    assert_eq!(seen["disabled_reason"], "failing");
    let figures = office.metrics(0).await;
    assert!(figures.contains("boxoffice_webhook_endpoints_disabled_total{reason=\"failing\"} 1"));
}

#[tokio::test]
async fn an_endpoint_that_is_silent_delays_no_other_and_no_buyer() {
    let settings = [TRIAL.as_slice(), &[("BOXOFFICE_WEBHOOK_SECONDS_MAX", "1")]].concat();
    let office = TestOffice::with(1, None, &settings).await;
    let (silent, well) = (Hook::start(), Hook::start());
    silent.answer_all(HookAnswer::Silence).await;
    let organiser = office.organiser();
    let first = endpoint(&organiser, &silent, json!({})).await;
    let mut shows = Vec::new();
    for _ in 0..8 {
        shows.push(office.show(json!({})).await);
    }
    endpoint(&organiser, &well, json!({})).await;
    let buyer = office.buyer().await;
    for show in &shows {
        hold_and_give_up(&buyer, show, "A-1-1").await;
    }
    let has_all = |messages: &[HookMessage]| {
        let ids: BTreeSet<_> = messages.iter().map(HookMessage::id).collect();
        ids.len() == 2 * shows.len()
    };
    well.wait_until(has_all).await;
    let failures = "SELECT least(count(*), 1) FROM webhook_deliveries WHERE status IS NULL";
    office.database.wait_until(failures, 1).await;
    let log = log_of(&organiser, &first).await;
    let failed = log.iter().find(|row| row["status"].is_null()).expect("a failure");
    assert_eq!(failed["error"], "no answer in time");
}

#[tokio::test]
async fn what_cannot_be_written_down_at_once_is_a_moment_later() {
    let (office, hook) = (office().await, Hook::start());
    let organiser = office.organiser();
    let made = endpoint(&organiser, &hook, json!({})).await;
    let mut show = String::new();
    let begin = async { show = office.show(json!({})).await };
    office
        .database
        .refuse_once("INSERT", "webhook_deliveries", begin)
        .await;
    wait_for_log(&office, &organiser, &made, 1).await;
    // Nothing waits for the end of the lease.
    hold_and_give_up(&office.buyer().await, &show, "A-1-1").await;
    assert_eq!(offsets(&hook.wait_for_offset(3).await), [1, 2, 3]);
}

#[tokio::test]
async fn what_happened_is_sent_again_from_any_offset() {
    let (office, hook) = (office().await, Hook::start());
    let organiser = office.organiser();
    let made = endpoint(&organiser, &hook, json!({})).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    hold_and_give_up(&buyer, &show, "A-1-1").await;
    hold_and_give_up(&buyer, &show, "A-1-1").await;
    let first = hook.wait_for(5).await;
    let path = path_of(&made, "/replay");
    let replayed = organiser
        .post(&path, &json!({"show": show, "after": 1}))
        .await
        .expect_status(200);
    assert_eq!(replayed, json!({"show": show, "after": 1, "journal_offset": 5}));
    let all = hook.wait_for(9).await;
    let ids = |messages: &[HookMessage]| messages.iter().map(|m| m.id().to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&all[5..]), ids(&first[1..]));
    for (body, field) in [
        (json!({"show": show, "after": 6}), "/after"),
        (json!({"show": show, "after": -1}), "/after"),
        (json!({"show": "7", "after": 0}), "/show"),
        (json!({"show": "x", "after": 0}), "/show"),
    ] {
        let problem = organiser.post(&path, &body).await.expect_problem(422, "invalid");
        assert_eq!(problem["field"], field, "{body}");
    }
}

#[tokio::test]
async fn events_that_were_forgotten_meanwhile_are_told_as_a_gap() {
    let settings = [
        TRIAL.as_slice(),
        &[
            ("BOXOFFICE_CLEAN_SECONDS", "1"),
            ("BOXOFFICE_KEEP_JOURNAL_DAYS", "30"),
        ],
    ]
    .concat();
    let (office, hook) = (TestOffice::with(1, None, &settings).await, Hook::start());
    let organiser = office.organiser();
    let wants = json!({"event_types": ["paid"], "enabled": false});
    let made = endpoint(&organiser, &hook, wants).await;
    let show = office.show(json!({})).await;
    let buyers = join_all((0..8).map(|_| office.buyer())).await;
    let seats: Vec<String> = (1..=8).map(|seat| format!("A-1-{seat}")).collect();
    let crowd = buyers.iter().zip(&seats).map(async |(buyer, seat)| {
        for _ in 0..64 {
            hold_and_give_up(buyer, &show, seat).await;
        }
    });
    join_all(crowd).await;
    office
        .database
        .wait_until_zero("SELECT 1 - count(*) FROM snapshots WHERE journal_offset >= 1000");
    for (table, columns) in [
        ("snapshots", "at = at - interval '31 days'"),
        ("journal", "at = at - interval '31 days'"),
        (
            "orders",
            "created_at = created_at - interval '31 days', settled_at = settled_at - interval '31 days', \
             expires_at = expires_at - interval '31 days', kept_until = kept_until - interval '31 days'",
        ),
    ] {
        office.database.execute(&format!("UPDATE {table} SET {columns}"));
    }
    office.database.wait_until_zero(
        "SELECT count(*) FROM journal WHERE journal_offset < (SELECT max(journal_offset) FROM snapshots \
             WHERE at < clock_timestamp() - interval '30 days')",
    );
    let first_kept = office.database.number("SELECT min(journal_offset) FROM journal");
    let order = buyers[0].hold(&show, &["B-1-1"]).await.expect_status(201);
    buyers[0]
        .pay(text(&order["id"]), "card_ok")
        .await
        .expect_status(200);
    organiser
        .patch(&path_of(&made, ""), &json!({"enabled": true}))
        .await
        .expect_status(200);
    let messages = hook.wait_for(2).await;
    check_value("WebhookMessage", &messages[0].body);
    let gap = json!({"show": show, "after": 0, "next": first_kept});
    assert_eq!(
        (&messages[0].body["type"], &messages[0].body["data"]),
        (&json!("journal_gap"), &gap)
    );
    assert_eq!(messages[1].body["type"], "paid");
    let replay = json!({"show": show, "after": 5});
    let forgotten = organiser.post(&path_of(&made, "/replay"), &replay).await;
    forgotten.expect_problem(410, "forgotten");
}
