//! Mail to buyers, as a real mail server gets it.

mod delivery;
mod failures;
mod templates;

use std::time::Instant;

use serde_json::{Value, json};

use crate::office::{Client, MailServer, PATIENCE, TestOffice};

/// As whom the offices of these tests write.
const FROM: (&str, &str) = ("BOXOFFICE_MAIL_FROM", "The Venue <tickets@venue.example>");
/// Soon tried again.
const HASTE: (&str, &str) = ("BOXOFFICE_MAIL_PAUSE_MS", "20");

/// Mails by how they stand.
const WAITING: &str = "SELECT count(*) FROM mails WHERE state = 1";
const SENT: &str = "SELECT count(*) FROM mails WHERE state = 2 AND order_id >= 0";
const REFUSED: &str = "SELECT count(*) FROM mails WHERE state = 3";
const GIVEN_UP: &str = "SELECT count(*) FROM mails WHERE state = 4";
const DROPPED: &str = "SELECT count(*) FROM mails WHERE state = 5";

/// Has what waits tried at once.
const HURRY: &str = "UPDATE mails SET due_at = clock_timestamp() WHERE state = 1";

/// Waits until a node has logged this; gives its log.
async fn wait_for_log(office: &TestOffice, words: &str) -> String {
    let begin = Instant::now();
    loop {
        let log = office.nodes[0].log();
        if log.contains(words) {
            return log;
        }
        assert!(begin.elapsed() < PATIENCE, "{words} is never logged: {log}");
        tokio::task::yield_now().await;
    }
}

/// An office that sends its mail there.
async fn office_at(server: &MailServer) -> TestOffice {
    office_with(server, &[]).await
}

/// The same with these settings besides.
async fn office_with(server: &MailServer, more: &[(&str, &str)]) -> TestOffice {
    let url = server.url();
    let settings = [&[("BOXOFFICE_SMTP_URL", url.as_str()), FROM, HASTE], more].concat();
    TestOffice::with(1, None, &settings).await
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Somebody with an address who holds these seats; gives the order's reference.
async fn hold_as(buyer: &Client, show: &str, seats: &[&str], who: (&str, &str)) -> String {
    hold_in(buyer, show, seats, who, None).await
}

/// The same by somebody of whom a locale is known.
async fn hold_in(
    buyer: &Client,
    show: &str,
    seats: &[&str],
    (name, email): (&str, &str),
    locale: Option<&str>,
) -> String {
    let mut who = json!({"name": name, "email": email});
    if let Some(locale) = locale {
        who["locale"] = json!(locale);
    }
    let wish = json!({"seats": seats, "buyer": who});
    let order = buyer.post(&format!("/v1/shows/{show}/orders"), &wish).await;
    text(&order.expect_status(201)["id"]).to_owned()
}

async fn pay(buyer: &Client, order: &str) -> Value {
    buyer.pay(order, "card_ok").await.expect_status(200)
}

const ADA: (&str, &str) = ("Ada Lovelace", "ada@example.org");
const BOB: (&str, &str) = ("Bob", "bob@example.org");

/// Changes a show's terms.
async fn change(office: &TestOffice, show: &str, change: Value) {
    let (organiser, path) = (office.organiser(), format!("/v1/shows/{show}"));
    let seen = organiser.get(&path).await.expect_status(200);
    let request = organiser
        .request(reqwest::Method::PATCH, &path)
        .header("If-Match", format!("\"{}\"", seen["revision"]))
        .json(&change);
    let changed = crate::office::send(request).await.expect("an answer");
    changed.expect_status(200);
}

/// Cancels a show.
async fn cancel(office: &TestOffice, show: &str) {
    let path = format!("/v1/shows/{show}/cancellation");
    let canceled = office.organiser().post(&path, &json!(null)).await;
    assert!(canceled.status.is_success(), "{:?}", canceled.body);
}
