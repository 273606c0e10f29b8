//! Endpoints: made, changed, tried, deleted; and what may not be one.

use serde_json::{Value, json};

use super::{TRIAL, endpoint, hold_and_give_up, log_of, office, offsets, path_of, text};
use crate::office::{Hook, HookAnswer, TestOffice};

#[tokio::test]
async fn an_endpoint_is_made_changed_and_deleted() {
    let (office, hook) = (office().await, Hook::start());
    let organiser = office.organiser();
    let request = json!({"url": hook.url(), "description": "First"});
    let path = "/v1/webhook-endpoints";
    let made = organiser
        .post_with_key(path, &request, "one")
        .await
        .expect_status(201);
    let again = organiser
        .post_with_key(path, &request, "one")
        .await
        .expect_status(201);
    assert_eq!(made, again);
    let mut known = made.clone();
    let secret = known
        .as_object_mut()
        .expect("an object")
        .remove("secret")
        .expect("a secret");
    assert!(text(&secret).starts_with("whsec_"), "{secret}");
    assert_eq!(organiser.get(&path_of(&made, "")).await.expect_status(200), known);
    let change = json!({"description": "Changed", "enabled": false});
    let changed = organiser
        .patch(&path_of(&made, ""), &change)
        .await
        .expect_status(200);
    assert_eq!(
        (
            &changed["description"],
            &changed["enabled"],
            &changed["url"],
            &changed["disabled_reason"]
        ),
        (&json!("Changed"), &json!(false), &made["url"], &Value::Null)
    );
    // Nothing is sent while it is not enabled, and nothing is missing afterwards.
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    hold_and_give_up(&buyer, &show, "A-1-1").await;
    let enabled = json!({"enabled": true});
    organiser
        .patch(&path_of(&made, ""), &enabled)
        .await
        .expect_status(200);
    let messages = hook.wait_for(3).await;
    assert_eq!(offsets(&messages), [1, 2, 3]);

    organiser.delete(&path_of(&made, "")).await.expect_status(204);
    organiser
        .delete(&path_of(&made, ""))
        .await
        .expect_problem(404, "not_found");
    organiser
        .get(&path_of(&made, "/deliveries"))
        .await
        .expect_problem(404, "not_found");
    assert_eq!(office.database.number("SELECT count(*) FROM webhook_cursors"), 0);
    // One that is made now is told of what happens now: the former has gone.
    let second = endpoint(&organiser, &hook, json!({})).await;
    hold_and_give_up(&buyer, &show, "A-1-2").await;
    let messages = hook.wait_for(5).await;
    assert_eq!(offsets(&messages), [1, 2, 3, 4, 5]);
    assert!(
        messages[3].is_signed_with(text(&second["secret"]))
            && !messages[3].is_signed_with(text(&made["secret"]))
    );
}

#[tokio::test]
async fn a_request_that_makes_no_sense_names_its_field() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let check = async |request: Value, field: &str| {
        let problem = organiser.post("/v1/webhook-endpoints", &request).await;
        assert_eq!(
            problem.expect_problem(422, "invalid")["field"],
            field,
            "{request}"
        );
    };
    for url in [
        "hooks.example",
        "ftp://hooks.example/",
        "http://hooks.example/",
        "https://user:word@hooks.example/",
        "https://hooks.example:22/",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[::ffff:192.168.0.1]/",
    ] {
        check(json!({"url": url}), "/url").await;
    }
    let url = "https://hooks.example/";
    check(
        json!({"url": url, "event_types": ["paid", "piad"]}),
        "/event_types/1",
    )
    .await;
    check(
        json!({"url": url, "description": "x".repeat(201)}),
        "/description",
    )
    .await;
    check(json!({"url": url, "color": "red"}), "/color").await;
    for _ in 0..20 {
        let made = organiser
            .post("/v1/webhook-endpoints", &json!({"url": url}))
            .await;
        made.expect_status(201);
    }
    let one_more = organiser
        .post("/v1/webhook-endpoints", &json!({"url": url}))
        .await;
    one_more.expect_problem(409, "too_many_endpoints");
    let first = organiser
        .get("/v1/webhook-endpoints?limit=15")
        .await
        .expect_status(200);
    let after = text(&first["next_after"]);
    let second = organiser
        .get(&format!("/v1/webhook-endpoints?after={after}"))
        .await
        .expect_status(200);
    assert_eq!(second["endpoints"].as_array().expect("a list").len(), 5);
}

#[tokio::test]
async fn a_name_of_the_own_network_is_not_called() {
    let hook = Hook::start();
    let office = TestOffice::with(1, None, &[("BOXOFFICE_WEBHOOK_PAUSE_MS", "20")]).await;
    let organiser = office.organiser();
    let url = hook.url().replace("http://127.0.0.1", "https://localhost");
    let made = organiser
        .post("/v1/webhook-endpoints", &json!({"url": url}))
        .await
        .expect_status(201);
    let tried = organiser
        .post(&path_of(&made, "/test"), &Value::Null)
        .await
        .expect_status(200);
    assert_eq!(
        (&tried["status"], text(&tried["error"])),
        (
            &Value::Null,
            "it can't be reached: its name stands for no public address"
        )
    );
}

#[tokio::test]
async fn a_test_is_sent_once_and_told_of() {
    let (office, hook) = (office().await, Hook::start());
    let organiser = office.organiser();
    let made = endpoint(&organiser, &hook, json!({"enabled": false})).await;
    let path = path_of(&made, "/test");
    let first = organiser
        .post_with_key(&path, &Value::Null, "one")
        .await
        .expect_status(200);
    let again = organiser
        .post_with_key(&path, &Value::Null, "one")
        .await
        .expect_status(200);
    assert_eq!(
        (&first, &first["status"], &first["type"]),
        (&again, &json!(204), &json!("test"))
    );
    hook.answer_next(HookAnswer::Status(500)).await;
    let failed = organiser.post(&path, &Value::Null).await.expect_status(200);
    assert_eq!(
        (&failed["status"], &failed["error"], &failed["next_attempt_at"]),
        (&json!(500), &json!("it answered 500"), &Value::Null)
    );
    let messages = hook.messages().await;
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].body["data"], json!({"endpoint": made["id"]}));
    crate::office::check_value("WebhookMessage", &messages[0].body);
    assert!(
        messages
            .iter()
            .all(|message| message.is_signed_with(text(&made["secret"])))
    );
    assert_eq!(log_of(&organiser, &made).await, [first, failed]);
}

#[tokio::test]
async fn a_secret_is_replaced_while_the_former_one_is_still_good() {
    let (office, hook) = (office().await, Hook::start());
    let organiser = office.organiser();
    let made = endpoint(&organiser, &hook, json!({})).await;
    let path = path_of(&made, "/secret");
    let rotated = organiser
        .post_with_key(&path, &Value::Null, "one")
        .await
        .expect_status(200);
    let again = organiser
        .post_with_key(&path, &Value::Null, "one")
        .await
        .expect_status(200);
    assert_eq!(rotated, again);
    let (former, present) = (text(&made["secret"]), text(&rotated["secret"]));
    assert_ne!(former, present);
    assert!(!rotated["former_secret_until"].is_null());
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    hold_and_give_up(&buyer, &show, "A-1-1").await;
    for message in hook.wait_for(3).await {
        assert!(message.is_signed_with(former) && message.is_signed_with(present));
    }
    office
        .database
        .execute("UPDATE webhook_endpoints SET former_until = clock_timestamp()");
    hold_and_give_up(&buyer, &show, "A-1-1").await;
    let messages = hook.wait_for(5).await;
    let last = messages.last().expect("a message");
    assert!(!last.is_signed_with(former) && last.is_signed_with(present));
    // The whole secret is not in the database.
    let salt = office
        .database
        .text("SELECT encode(salt, 'base64') FROM webhook_endpoints");
    assert!(!present.contains(&salt), "{salt}");
}

#[tokio::test]
async fn what_was_sent_is_forgotten_after_its_days_and_cursors_with_their_shows() {
    let settings = [
        TRIAL.as_slice(),
        &[
            ("BOXOFFICE_CLEAN_SECONDS", "1"),
            ("BOXOFFICE_WEBHOOK_LOG_DAYS", "3"),
            ("BOXOFFICE_KEEP_SHOWS_DAYS", "31"),
        ],
    ]
    .concat();
    let (office, hook) = (TestOffice::with(1, None, &settings).await, Hook::start());
    let organiser = office.organiser();
    let made = endpoint(&organiser, &hook, json!({})).await;
    let (kept, over) = (office.show(json!({})).await, office.show(json!({})).await);
    let buyer = office.buyer().await;
    hold_and_give_up(&buyer, &kept, "A-1-1").await;
    hold_and_give_up(&buyer, &over, "A-1-1").await;
    super::wait_for_log(&office, &organiser, &made, 6).await;
    let age = |days: u32, which: &str| {
        office.database.execute(&format!(
            "UPDATE webhook_deliveries SET at = at - interval '{days} days' {which}"
        ));
    };
    age(2, "");
    age(2, "WHERE journal_offset = 1");
    let rows = "SELECT count(*) FROM webhook_deliveries";
    office.database.wait_until(rows, 4).await;
    office.database.execute(&format!(
        "UPDATE shows SET starts_at = starts_at - interval '10 years' WHERE show_id = {over}"
    ));
    office
        .database
        .wait_until("SELECT count(*) FROM webhook_cursors", 1)
        .await;
    let left = office.database.number("SELECT show_id FROM webhook_cursors");
    assert_eq!(left.to_string(), kept);
    office
        .database
        .wait_until_zero("SELECT count(*) - 1 FROM journal_heads");
}
