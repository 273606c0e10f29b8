//! Organisers' own words, and what they see of mails.

use serde_json::{Value, json};

use super::{ADA, BOB, REFUSED, SENT, hold_as, hold_in, office_at, pay, text};
use crate::office::{Answer, Client, MailServer, TestOffice, send};

async fn put(client: &Client, path: &str, body: &Value) -> Answer {
    let request = client.request(reqwest::Method::PUT, path).json(body);
    send(request).await.expect("an answer")
}

const PAID: &str = "/v1/mail-templates/paid/en";

#[tokio::test]
async fn an_organiser_has_its_own_words_used() {
    let server = MailServer::start().await;
    let office = office_at(&server).await;
    let organiser = office.organiser();
    let words = organiser.get(PAID).await.expect_status(200);
    assert_eq!((&words["own"], &words["html"]), (&json!(false), &Value::Null));
    assert_eq!(words["subject"], "Your tickets for {{show}}");
    let own = json!({
        "subject": "{{order}}: {{show}}",
        "text": "Dear {{name}}!\n\n{{tickets}}",
        "html": "<h1>{{name}}</h1>{{tickets}}",
    });
    let put_words = put(&organiser, PAID, &own).await.expect_status(200);
    assert_eq!(put_words["own"], true);
    assert_eq!(organiser.get(PAID).await.expect_status(200), put_words);
    let sender = json!({"name": "Ada's theatre", "reply_to": "ada@theatre.example", "language": "de"});
    assert_eq!(
        put(&organiser, "/v1/mail-sender", &sender)
            .await
            .expect_status(200),
        sender
    );
    assert_eq!(organiser.get("/v1/mail-sender").await.expect_status(200), sender);
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = hold_in(
        &buyer,
        &show,
        &["A-1-1"],
        ("Eve <b>", "eve@example.org"),
        Some("en-GB"),
    )
    .await;
    let paid = pay(&buyer, &order).await;
    let mail = &server.wait_for(1).await[0];
    assert_eq!(mail["headers"]["subject"], format!("{order}: A show"));
    assert_eq!(mail["headers"]["from"], "Ada's theatre <tickets@venue.example>");
    assert_eq!(mail["headers"]["reply-to"], "ada@theatre.example");
    let code = text(&paid["tickets"][0]["code"]);
    assert!(text(&mail["text"]).starts_with("Dear Eve <b>!\n"));
    let html = text(&mail["html"]);
    assert!(
        html.starts_with("<h1>Eve &lt;b&gt;</h1>") && html.contains(code),
        "{html}"
    );
    // Without a locale it is the organiser's language, for which there are no words of its own.
    let order = hold_as(&buyer, &show, &["A-1-2"], ADA).await;
    pay(&buyer, &order).await;
    let mails = server.wait_for(2).await;
    assert_eq!(mails[1]["headers"]["subject"], "Ihre Karten für A show");
    organiser.delete(PAID).await.expect_status(204);
    assert_eq!(organiser.get(PAID).await.expect_status(200), words);
    // Another organiser has none of it.
    let other = office.another_organiser().await;
    let seen = other.get("/v1/mail-sender").await.expect_status(200);
    assert_eq!(seen, json!({"name": null, "reply_to": null}));
}

#[tokio::test]
async fn words_are_tried_before_they_are_used_and_refused_where_they_are_wrong() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let path = format!("{PAID}/preview");
    let seen = organiser.post(&path, &json!(null)).await.expect_status(200);
    assert!(
        text(&seen["subject"]).contains("A Midsummer Night's Dream"),
        "{seen}"
    );
    let tried = json!({"subject": "{{show}}", "text": "{{greeting}} & <i>"});
    let seen = organiser.post(&path, &tried).await.expect_status(200);
    assert_eq!(
        (&seen["subject"], &seen["text"]),
        (
            &json!("A Midsummer Night's Dream"),
            &json!("Hello Ada Lovelace, & <i>")
        )
    );
    assert!(text(&seen["html"]).contains("Hello Ada Lovelace, &amp; &lt;i&gt;"));
    let long = "x".repeat(65_537);
    for (words, field) in [
        (json!({"subject": "{{nobody}}", "text": "x"}), "/subject"),
        (json!({"subject": "a\r\nBcc: b", "text": "x"}), "/subject"),
        (json!({"subject": "x", "text": "{{amount}}"}), "/text"),
        (json!({"subject": "x", "text": "{{show"}), "/text"),
        (json!({"subject": "x", "text": long}), "/text"),
        (
            json!({"subject": "x", "text": "x", "html": "{{tickets}}{{tickets}}"}),
            "/html",
        ),
    ] {
        let problem = organiser.post(&path, &words).await.expect_problem(422, "invalid");
        assert_eq!(problem["field"], field);
        let problem = put(&organiser, PAID, &words).await.expect_problem(422, "invalid");
        assert_eq!(problem["field"], field);
    }
    for (sender, field) in [
        (json!({"name": "a\nb"}), "/name"),
        (json!({"reply_to": "a b"}), "/reply_to"),
        (json!({"reply_to": "a@example.org, b@example.org"}), "/reply_to"),
    ] {
        let refused = put(&organiser, "/v1/mail-sender", &sender).await;
        assert_eq!(refused.expect_problem(422, "invalid")["field"], field);
    }
    for path in ["/v1/mail-templates/farewell/en", "/v1/mail-templates/paid/fr"] {
        organiser.get(path).await.expect_problem(404, "not_found");
    }
    // The same key, the same answer; another request under it is refused.
    let request = |words: Value| {
        let request = organiser.request(reqwest::Method::PUT, PAID).json(&words);
        request.header("Idempotency-Key", "once")
    };
    let own = json!({"subject": "One", "text": "x"});
    let first = send(request(own.clone()))
        .await
        .expect("an answer")
        .expect_status(200);
    organiser.delete(PAID).await.expect_status(204);
    let again = send(request(own)).await.expect("an answer").expect_status(200);
    assert_eq!(first, again);
    assert_eq!(organiser.get(PAID).await.expect_status(200)["own"], false);
    let other = request(json!({"subject": "Two", "text": "x"}));
    let reused = send(other).await.expect("an answer");
    reused.expect_problem(422, "idempotency_key_reused");
}

#[tokio::test]
async fn an_organiser_sees_what_became_of_mails() {
    let server = MailServer::start().await;
    let office = office_at(&server).await;
    let organiser = office.organiser();
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    server.answer_next("rcpt", "550 unknown").await;
    let first = hold_as(&buyer, &show, &["A-1-1"], ADA).await;
    pay(&buyer, &first).await;
    office.database.wait_until(REFUSED, 1).await;
    for seat in ["A-1-2", "A-1-3"] {
        let order = hold_as(&buyer, &show, &[seat], BOB).await;
        pay(&buyer, &order).await;
    }
    office.database.wait_until(SENT, 2).await;
    let path = format!("/v1/shows/{show}/mails");
    let mut listed = Vec::new();
    let mut after = String::new();
    loop {
        let page = organiser
            .get(&format!("{path}?limit=1{after}"))
            .await
            .expect_status(200);
        listed.extend(page["mails"].as_array().expect("mails").clone());
        match page["next_after"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(listed.len(), 3, "{listed:#?}");
    let refused = organiser
        .get(&format!("{path}?state=refused"))
        .await
        .expect_status(200);
    assert_eq!(refused["next_after"], Value::Null);
    let refused = &refused["mails"].as_array().expect("mails")[..];
    assert_eq!(refused.len(), 1);
    let mail = &refused[0];
    assert_eq!(
        (
            text(&mail["order"]),
            &mail["kind"],
            &mail["status"],
            &mail["attempts"]
        ),
        (first.as_str(), &json!("paid"), &json!(550), &json!(1))
    );
    assert!(mail["next_attempt_at"].is_null() && !mail["ended_at"].is_null());
    let all = json!(listed).to_string();
    assert!(!all.contains("example.org"), "{all}");
    organiser
        .get(&format!("{path}?after=x"))
        .await
        .expect_problem(400, "bad_request");
    let other = office.another_organiser().await;
    other.get(&path).await.expect_problem(404, "not_found");
}
