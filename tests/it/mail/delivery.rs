//! What buyers are told, and when.

use serde_json::{Value, json};

use super::{
    ADA, BOB, DROPPED, FROM, HASTE, SENT, cancel, change, hold_as, hold_in, office_at, office_with, pay, text,
};
use crate::office::{MailServer, Redis, TestOffice};

#[tokio::test]
async fn who_pays_gets_the_tickets_and_an_entry_for_the_calendar_once() {
    let server = MailServer::start().await;
    let office = office_at(&server).await;
    let show = office
        .show(json!({
            "title": "Tom & <Jerry>, live", "time_zone": "Europe/Vienna", "ends_at": "2030-01-01T22:30:00Z",
        }))
        .await;
    let buyer = office.buyer().await;
    let order = hold_as(&buyer, &show, &["A-1-1", "A-2-3"], ADA).await;
    let paid = pay(&buyer, &order).await;
    let mails = server.wait_for(1).await;
    let mail = &mails[0];
    assert_eq!(mail["defects"], json!([]), "{mail:#}");
    assert_eq!(
        (&mail["from"], &mail["to"]),
        (&json!("tickets@venue.example"), &json!(["ada@example.org"]))
    );
    let headers = &mail["headers"];
    assert_eq!(headers["from"], "The Venue <tickets@venue.example>");
    assert_eq!(headers["to"], "Ada Lovelace <ada@example.org>");
    assert_eq!(headers["subject"], "Your tickets for Tom & <Jerry>, live");
    assert_eq!(headers["auto-submitted"], "auto-generated");
    let offset = &paid["journal_offset"];
    assert_eq!(
        headers["message-id"],
        format!("<paid.{offset}.{show}.{order}@venue.example>")
    );
    let (words, html) = (text(&mail["text"]), text(&mail["html"]));
    for part in [
        "Hello Ada Lovelace,",
        &order,
        "Tuesday, 1 January 2030, 21:00 (Europe/Vienna)",
        "Test hall",
        "EUR 100.00",
        "A, row 1, seat 1",
        "A, row 2, seat 3",
    ] {
        assert!(words.contains(part), "{part}: {words}");
        assert!(html.contains(part), "{part}: {html}");
    }
    assert!(words.contains("Tom & <Jerry>, live"), "{words}");
    assert!(
        html.contains("Tom &amp; &lt;Jerry&gt;, live") && !html.contains("<Jerry>"),
        "{html}"
    );
    let tickets = paid["tickets"].as_array().expect("tickets");
    let pictures = mail["pictures"].as_object().expect("pictures");
    assert_eq!((tickets.len(), pictures.len()), (2, 2));
    for ticket in tickets {
        let code = text(&ticket["code"]);
        assert!(words.contains(code) && html.contains(code), "{code}");
    }
    for name in pictures.keys() {
        assert!(html.contains(&format!("src=\"cid:{name}\"")), "{name}: {html}");
    }
    assert_eq!(
        mail["events"],
        json!([{
            "uid": format!("{show}.{order}@venue.example"),
            "summary": "Tom & <Jerry>, live",
            "location": "Test hall",
            "status": "CONFIRMED",
            "sequence": 1,
            "starts_at": "2030-01-01T20:00:00+00:00",
            "ends_at": "2030-01-01T22:30:00+00:00",
        }])
    );
    // The second mail is of the second order: there is none in between.
    let second = hold_as(&buyer, &show, &["A-1-2"], BOB).await;
    pay(&buyer, &second).await;
    let mails = server.wait_for(2).await;
    assert_eq!(mails[1]["to"], json!(["bob@example.org"]));
    office.database.wait_until(SENT, 2).await;
    assert_eq!(server.mails().await.len(), 2);
    let figures = office.metrics(0).await;
    assert!(
        figures.contains("boxoffice_mails_total{kind=\"paid\",outcome=\"sent\"} 2"),
        "{figures}"
    );
    assert!(!office.nodes[0].log().contains("example.org"));
}

#[tokio::test]
async fn a_buyer_is_written_to_in_its_own_language() {
    let server = MailServer::start().await;
    let office = office_at(&server).await;
    let show = office.show(json!({"time_zone": "Europe/Vienna"})).await;
    let buyer = office.buyer().await;
    let order = hold_in(&buyer, &show, &["A-1-1"], ADA, Some("de-AT")).await;
    pay(&buyer, &order).await;
    let mails = server.wait_for(1).await;
    assert_eq!(mails[0]["headers"]["subject"], "Ihre Karten für A show");
    let words = text(&mails[0]["text"]);
    for part in [
        "Guten Tag Ada Lovelace,",
        "Dienstag, 1. Januar 2030, 21:00 Uhr (Europe/Vienna)",
        "50,00 EUR",
        "A, Reihe 1, Platz 1",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    let order = hold_in(&buyer, &show, &["A-1-2"], ADA, Some("fr")).await;
    pay(&buyer, &order).await;
    let mails = server.wait_for(2).await;
    assert_eq!(mails[1]["headers"]["subject"], "Your tickets for A show");
}

#[tokio::test]
async fn who_left_no_address_gets_nothing_and_nothing_in_a_name_makes_a_header() {
    let server = MailServer::start().await;
    let office = office_at(&server).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    pay(&buyer, text(&order["id"])).await;
    let order = hold_as(&buyer, &show, &["A-1-2"], ("Eve", "eve@example.org")).await;
    // No such name is taken from anybody.
    office
        .database
        .execute("UPDATE order_details SET buyer_name = E'Eve\\r\\nBcc: all@example.org\\r\\n\\r\\n<i>'");
    pay(&buyer, &order).await;
    let mails = server.wait_for(1).await;
    assert_eq!(mails[0]["to"], json!(["eve@example.org"]));
    let names = mails[0]["header_names"].as_array().expect("names");
    assert!(!names.contains(&json!("bcc")), "{names:?}");
    assert!(!text(&mails[0]["html"]).contains("<i>"));
    office.database.wait_until(SENT, 1).await;
    assert_eq!(office.database.number("SELECT count(*) FROM mails"), 1);
}

#[tokio::test]
async fn what_is_given_back_is_told() {
    let server = MailServer::start().await;
    let office = office_at(&server).await;
    let show = office.show(json!({"returns": "buyer"})).await;
    let buyer = office.buyer().await;
    let order = hold_as(&buyer, &show, &["A-1-1", "A-1-2", "A-1-3"], ADA).await;
    let paid = pay(&buyer, &order).await;
    server.wait_for(1).await;
    let path = format!("/v1/orders/{order}/refund");
    let part = json!({"tickets": [paid["tickets"][1]["code"]]});
    buyer.post(&path, &part).await.expect_status(200);
    let mails = server.wait_for(2).await;
    assert_eq!(mails[1]["headers"]["subject"], "Refund for A show");
    let words = text(&mails[1]["text"]);
    assert!(
        words.contains("A, row 1, seat 2") && !words.contains("seat 1"),
        "{words}"
    );
    assert!(words.contains("EUR 50.00"), "{words}");
    assert_eq!(mails[1]["events"], json!([]));
    assert_eq!(mails[1]["pictures"], json!({}));
    buyer.post(&path, &json!(null)).await.expect_status(200);
    let mails = server.wait_for(3).await;
    let words = text(&mails[2]["text"]);
    assert!(
        words.contains("seat 1") && words.contains("seat 3") && !words.contains("seat 2"),
        "{words}"
    );
    assert!(words.contains("EUR 100.00"), "{words}");
    office.database.wait_until(SENT, 3).await;
}

#[tokio::test]
async fn of_tickets_that_are_exchanged_there_is_one_mail_with_the_new_ones() {
    let server = MailServer::start().await;
    let office = office_at(&server).await;
    let show = office.show(json!({"returns": "buyer"})).await;
    let buyer = office.buyer().await;
    let order = hold_as(&buyer, &show, &["A-1-1", "A-1-2"], ADA).await;
    let paid = pay(&buyer, &order).await;
    server.wait_for(1).await;
    let wish = json!({"seats": ["B-1-1"], "tickets": [paid["tickets"][0]["code"]]});
    let new = buyer.post(&format!("/v1/orders/{order}/exchange"), &wish).await;
    let new = new.expect_status(201);
    let mails = server.wait_for(2).await;
    let words = text(&mails[1]["text"]);
    assert!(words.contains("B, row 1, seat 1"), "{words}");
    // What comes later is told: nothing before it waits.
    let path = format!("/v1/orders/{}/refund", text(&new["id"]));
    buyer.post(&path, &json!(null)).await.expect_status(200);
    let mails = server.wait_for(3).await;
    assert_eq!(mails[2]["headers"]["subject"], "Refund for A show");
    office.database.wait_until(SENT, 3).await;
    assert_eq!(office.database.number("SELECT count(*) FROM mails"), 3);
}

#[tokio::test]
async fn each_of_several_refunds_is_told_and_tickets_that_are_gone_are_not_sent() {
    let server = MailServer::start().await;
    let url = server.url();
    let on = [("BOXOFFICE_SMTP_URL", url.as_str()), FROM, HASTE];
    let mut office = TestOffice::with(0, None, &[]).await;
    office.add_node_with(&on).await;
    let begun = "SELECT count(*) FROM mailing";
    office.database.wait_until(begun, 1).await;
    office.nodes.clear();
    office.add_node().await;
    let eur = |amount: i64| json!({"amount": amount, "currency": "EUR"});
    let fees = json!({"per_ticket": eur(100), "per_order": eur(250)});
    let show = office.show(json!({"returns": "buyer", "fees": fees})).await;
    let buyer = office.buyer().await;
    let order = hold_as(&buyer, &show, &["A-1-1", "A-1-2"], ADA).await;
    let paid = pay(&buyer, &order).await;
    let path = format!("/v1/orders/{order}/refund");
    for ticket in [0, 1] {
        let part = json!({"tickets": [paid["tickets"][ticket]["code"]]});
        buyer.post(&path, &part).await.expect_status(200);
    }
    // What a node that is killed was at would be done only when its lease ends.
    office.database.wait_until("SELECT count(*) FROM outbox", 0).await;
    office.nodes.clear();
    office.add_node_with(&on).await;
    office.database.wait_until(SENT, 2).await;
    office.database.wait_until(DROPPED, 1).await;
    let mails = server.wait_for(2).await;
    let is_refund = |mail: &Value| mail["headers"]["subject"] == "Refund for A show";
    assert!(mails.len() == 2 && mails.iter().all(is_refund), "{mails:#?}");
    // Each with its fee, and that for the order with the last.
    for amount in ["EUR 51.00", "EUR 53.50"] {
        let told = mails.iter().filter(|mail| text(&mail["text"]).contains(amount));
        assert_eq!(told.count(), 1, "{amount}: {mails:#?}");
    }
}

#[tokio::test]
async fn every_paid_order_is_told_of_another_time_and_of_nothing_else() {
    let server = MailServer::start().await;
    let office = office_at(&server).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    hold_as(&buyer, &show, &["A-1-3"], ("Held", "held@example.org")).await;
    let first = hold_as(&buyer, &show, &["A-1-1"], ADA).await;
    pay(&buyer, &first).await;
    let second = hold_as(&buyer, &show, &["A-1-2"], BOB).await;
    pay(&buyer, &second).await;
    server.wait_for(2).await;
    change(&office, &show, json!({"hold_seconds": 900})).await;
    change(&office, &show, json!({"starts_at": "2030-01-02T19:00:00Z"})).await;
    let mails = server.wait_for(4).await;
    let mut told: Vec<&str> = mails[2..].iter().map(|mail| text(&mail["to"][0])).collect();
    told.sort_unstable();
    assert_eq!(told, ["ada@example.org", "bob@example.org"]);
    for mail in &mails[2..] {
        assert_eq!(mail["headers"]["subject"], "Changed: A show");
        let words = text(&mail["text"]);
        assert!(
            words.contains("Wednesday, 2 January 2030, 19:00 (UTC)"),
            "{words}"
        );
        assert_eq!(mail["events"][0]["starts_at"], "2030-01-02T19:00:00+00:00");
        // The same entry as before, later.
        assert_eq!(mail["events"][0]["sequence"], 3);
    }
    let uid = |mail: &Value| mail["events"][0]["uid"].clone();
    assert!(mails[2..].iter().any(|mail| uid(mail) == uid(&mails[0])));
    office.database.wait_until(SENT, 4).await;
    assert_eq!(server.mails().await.len(), 4);
}

#[tokio::test]
async fn of_several_changes_the_last_one_is_told() {
    let server = MailServer::start().await;
    let url = server.url();
    let on = [("BOXOFFICE_SMTP_URL", url.as_str()), FROM, HASTE];
    let mut office = TestOffice::with(0, None, &[]).await;
    office.add_node_with(&on).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = hold_as(&buyer, &show, &["A-1-1"], ADA).await;
    pay(&buyer, &order).await;
    office.database.wait_until(SENT, 1).await;
    office.nodes.clear();
    office.add_node().await;
    change(&office, &show, json!({"title": "One"})).await;
    change(&office, &show, json!({"title": "Two"})).await;
    office.nodes.clear();
    office.add_node_with(&on).await;
    office.database.wait_until(SENT, 2).await;
    office.database.wait_until(DROPPED, 1).await;
    let mails = server.wait_for(2).await;
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[1]["headers"]["subject"], "Changed: Two");
}

#[tokio::test]
async fn a_canceled_show_is_told_to_whoever_paid_once() {
    let server = MailServer::start().await;
    let office = office_at(&server).await;
    let show = office.show(json!({"returns": "buyer"})).await;
    let buyer = office.buyer().await;
    let returned = hold_as(&buyer, &show, &["A-1-1"], ADA).await;
    pay(&buyer, &returned).await;
    server.wait_for(1).await;
    let path = format!("/v1/orders/{returned}/refund");
    buyer.post(&path, &json!(null)).await.expect_status(200);
    let order = hold_as(&buyer, &show, &["A-1-2", "A-1-3"], BOB).await;
    pay(&buyer, &order).await;
    server.wait_for(3).await;
    cancel(&office, &show).await;
    let mails = server.wait_for(4).await;
    assert_eq!(mails[3]["to"], json!(["bob@example.org"]));
    assert_eq!(mails[3]["headers"]["subject"], "Canceled: A show");
    assert!(text(&mails[3]["text"]).contains("EUR 100.00"));
    assert_eq!(
        (&mails[3]["events"][0]["status"], &mails[3]["method"]),
        (&json!("CANCELLED"), &json!("CANCEL"))
    );
    office
        .database
        .wait_until(
            "SELECT count(*) FROM cancellations WHERE finished_at IS NOT NULL",
            1,
        )
        .await;
    office.database.wait_until(SENT, 4).await;
    assert_eq!(server.mails().await.len(), 4);
}

#[tokio::test]
async fn two_nodes_send_each_mail_once() {
    let server = MailServer::start().await;
    let url = server.url();
    let settings = [("BOXOFFICE_SMTP_URL", url.as_str()), FROM, HASTE];
    let office = TestOffice::with(2, Some(Redis::start()), &settings).await;
    let show = office.show(json!({})).await;
    let buyers = [office.buyer_at(0).await, office.buyer_at(1).await];
    for number in 1..=10 {
        let (buyer, seat) = (&buyers[number % 2], format!("A-1-{number}"));
        let email = format!("buyer-{number}@example.org");
        let order = hold_as(buyer, &show, &[&seat], ("Buyer", &email)).await;
        pay(buyer, &order).await;
    }
    office.database.wait_until(SENT, 10).await;
    let mails = server.wait_for(10).await;
    let mut told: Vec<_> = mails.iter().map(|mail| text(&mail["to"][0]).to_owned()).collect();
    told.sort_unstable();
    told.dedup();
    assert_eq!((mails.len(), told.len()), (10, 10));
}

#[tokio::test]
async fn without_a_mail_server_nothing_is_written() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = hold_as(&buyer, &show, &["A-1-1"], ADA).await;
    pay(&buyer, &order).await;
    change(&office, &show, json!({"title": "Another"})).await;
    for table in ["mailing", "mail_cursors", "mails"] {
        assert_eq!(
            office.database.number(&format!("SELECT count(*) FROM {table}")),
            0
        );
    }
}

#[tokio::test]
async fn mail_begins_with_what_happens_once_it_is_turned_on() {
    let mut office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let old = hold_as(&buyer, &show, &["A-1-1"], ADA).await;
    pay(&buyer, &old).await;
    let server = MailServer::start().await;
    let url = server.url();
    office.nodes.clear();
    let on = [("BOXOFFICE_SMTP_URL", url.as_str()), FROM, HASTE];
    office.add_node_with(&on).await;
    let begun = "SELECT count(*) FROM mail_cursors";
    office.database.wait_until(begun, 1).await;
    let buyer = office.buyer().await;
    let new = hold_as(&buyer, &show, &["A-1-2"], BOB).await;
    pay(&buyer, &new).await;
    let mails = server.wait_for(1).await;
    assert_eq!(mails[0]["to"], json!(["bob@example.org"]));
    office.database.wait_until(SENT, 1).await;
    // While no node with mail is up for less than two days, it is caught up with; for longer, it is left out.
    office.nodes.clear();
    office.add_node().await;
    let buyer = office.buyer().await;
    let missed = hold_as(&buyer, &show, &["A-1-3"], ADA).await;
    pay(&buyer, &missed).await;
    office.nodes.clear();
    office.add_node_with(&on).await;
    let mails = server.wait_for(2).await;
    assert_eq!(mails[1]["to"], json!(["ada@example.org"]));
    office.database.wait_until(SENT, 2).await;
    office.nodes.clear();
    office.add_node().await;
    let buyer = office.buyer().await;
    let missed = hold_as(&buyer, &show, &["A-1-4"], ADA).await;
    pay(&buyer, &missed).await;
    office.nodes.clear();
    office
        .database
        .execute("UPDATE mailing SET seen_at = seen_at - interval '49 hours'");
    office.add_node_with(&on).await;
    let caught_up =
        "SELECT count(*) FROM mail_cursors c JOIN journal_heads h USING (show_id, journal_offset)";
    office.database.wait_until(caught_up, 1).await;
    assert_eq!(office.database.number("SELECT count(*) FROM mails"), 2);
}

#[tokio::test]
async fn no_more_are_sent_than_so_many_a_second() {
    let server = MailServer::start().await;
    let office = office_with(&server, &[("BOXOFFICE_MAILS_PER_SECOND_MAX", "2")]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let mut orders = Vec::new();
    for number in 1..=6 {
        let seat = format!("A-1-{number}");
        orders.push(hold_as(&buyer, &show, &[&seat], ADA).await);
    }
    let begin = std::time::Instant::now();
    for order in &orders {
        pay(&buyer, order).await;
    }
    server.wait_for(6).await;
    // Two at once, and the other four in two seconds.
    let took = begin.elapsed();
    assert!(took > std::time::Duration::from_millis(1_900), "{took:?}");
}

#[tokio::test]
async fn a_mail_that_has_ended_is_forgotten_after_thirty_days() {
    let server = MailServer::start().await;
    let office = office_with(&server, &[("BOXOFFICE_CLEAN_SECONDS", "1")]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    for seat in ["A-1-1", "A-1-2"] {
        let order = hold_as(&buyer, &show, &[seat], ADA).await;
        pay(&buyer, &order).await;
    }
    office.database.wait_until(SENT, 2).await;
    office.database.execute(
        "UPDATE mails SET ended_at = ended_at - interval '29 days'; \
         UPDATE mails SET ended_at = ended_at - interval '25 hours' \
         WHERE order_id = (SELECT min(order_id) FROM mails)",
    );
    office.database.wait_until(SENT, 1).await;
}

#[tokio::test]
async fn who_has_waited_is_told_which_places_are_kept_and_until_when() {
    let server = MailServer::start().await;
    let office = office_at(&server).await;
    let zones = json!([{"zone": "Floor", "capacity": 1}]);
    let show = office.show(json!({"zones": zones, "waitlist": {}})).await;
    let (owner, buyer) = (office.buyer().await, office.buyer().await);
    let hold = json!({"zones": [{"zone": "Floor", "count": 1}]});
    let held = owner
        .post(&format!("/v1/shows/{show}/orders"), &hold)
        .await
        .expect_status(201);
    let wish = json!({"wish": {"count": 1, "zone": "Floor"}, "buyer": {"name": "Bob", "email": "bob@example.org", "locale": "de-AT"}});
    let entry = buyer
        .post(&format!("/v1/shows/{show}/waitlist"), &wish)
        .await
        .expect_status(201);
    owner
        .delete(&format!("/v1/orders/{}", text(&held["id"])))
        .await
        .expect_status(200);
    let mails = server.wait_for(1).await;
    assert_eq!(mails[0]["to"], json!(["bob@example.org"]));
    let entry = buyer
        .get(&format!("/v1/waitlist/{}", text(&entry["id"])))
        .await
        .expect_status(200);
    let words = text(&mails[0]["text"]);
    for part in [
        "Guten Tag Bob,",
        text(&entry["order"]),
        "Floor",
        "30,00 EUR",
        "Bis ",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    assert_eq!(mails[0]["headers"]["subject"], "Ihre Plätze für A show");
}
