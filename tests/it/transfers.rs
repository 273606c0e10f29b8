//! Tickets that are passed on: the code before dies in the instant in which the new one is made.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::office::{Client, Redis, TestOffice};

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn transfer_of(code: &str) -> String {
    format!("/v1/tickets/{code}/transfer")
}

/// A paid order, and the codes of its tickets.
async fn buy(buyer: &Client, show: &str, seats: &[&str]) -> (String, Vec<String>) {
    let order = buyer.hold(show, seats).await.expect_status(201);
    let order = text(&order["id"]);
    let paid = buyer.pay(&order, "card_ok").await.expect_status(200);
    let tickets = paid["tickets"].as_array().expect("tickets").iter();
    (order, tickets.map(|ticket| text(&ticket["code"])).collect())
}

async fn codes(client: &Client, order: &str) -> Vec<String> {
    let told = client
        .get(&format!("/v1/orders/{order}/tickets?signed=true"))
        .await
        .expect_status(200);
    let tickets = told["tickets"].as_array().expect("tickets").iter();
    tickets.map(|ticket| text(&ticket["code"])).collect()
}

/// What a door answers to a scan that is made now, or was made then.
async fn scan(door: &Client, show: &str, code: &str, nonce: &str, at: Option<&Value>) -> String {
    let mut scan = json!({"code": code, "device": "gate", "nonce": nonce});
    if let Some(at) = at {
        scan["at"] = at.clone();
    }
    let path = format!("/v1/shows/{show}/check-ins");
    let taken = door
        .post(&path, &json!({"check_ins": [scan]}))
        .await
        .expect_status(200);
    let taken = &taken["check_ins"][0];
    format!(
        "{} {}",
        text(&taken["result"]),
        taken["reason"].as_str().unwrap_or_default()
    )
}

async fn check_in(door: &Client, code: &str) -> crate::office::Answer {
    door.post(&format!("/v1/tickets/{code}/check-in"), &Value::Null)
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transferred_ticket_has_a_new_code_and_the_old_one_lets_nobody_in() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({"returns": "buyer"})).await;
    let (buyer, stranger) = (office.buyer().await, office.buyer().await);
    let (door, far) = (office.organiser(), buyer.at(office.nodes[1].url()));
    let (order, old) = buy(&buyer, &show, &["A-1-1", "A-1-2"]).await;
    let bundle = format!("/v1/shows/{show}/door-bundle");
    let before = door.get(&bundle).await.expect_status(200);
    let signed = door
        .get(&format!("/v1/orders/{order}/tickets?signed=true"))
        .await
        .expect_status(200);
    let old_text = text(&signed["tickets"][0]["qr_text"]);
    let name_of = |qr_text: &str| qr_text.split('.').nth(3).expect("a name").to_owned();

    stranger
        .post(&transfer_of(&old[0]), &Value::Null)
        .await
        .expect_problem(404, "not_found");
    let body = json!({"attendee": "Grace Hopper"});
    let path = format!("{}?signed=true", transfer_of(&old[0]));
    let new = far
        .post_with_key(&path, &body, "pass it on")
        .await
        .expect_status(200);
    let code = text(&new["code"]);
    assert_ne!(code, old[0]);
    assert_eq!(
        (&new["seat"], &new["attendee"], &new["checked_in"]),
        (&json!("A-1-1"), &json!("Grace Hopper"), &json!(false))
    );
    // The same answer under the same key, from whichever node.
    let again = buyer
        .post_with_key(&path, &body, "pass it on")
        .await
        .expect_status(200);
    assert_eq!(again, new);

    // The buyer sees what is still theirs, the organiser everything, with who comes.
    assert_eq!(codes(&buyer, &order).await, [old[1].clone()]);
    assert_eq!(codes(&door, &order).await, [code.clone(), old[1].clone()]);
    let told = buyer
        .get(&format!("/v1/orders/{order}/tickets"))
        .await
        .expect_status(200);
    assert_eq!(told["transferred"], json!([{"seat": "A-1-1", "zone": null}]));
    for (client, tickets) in [(&buyer, 1), (&far, 1), (&door, 2)] {
        let read = client
            .get(&format!("/v1/orders/{order}"))
            .await
            .expect_status(200);
        assert_eq!(read["tickets"].as_array().map(Vec::len), Some(tickets));
        assert_eq!(read["attendees"], json!(["Grace Hopper"]));
    }
    let table = door.get(&format!("/v1/shows/{show}/exports/tickets")).await;
    assert!(table.status == 200);

    // The bundle tells the old name as dead, and so do its changes and revocations.
    let (old_name, new_name) = (name_of(&old_text), name_of(&text(&new["qr_text"])));
    let after = &before["journal_offset"];
    for query in [
        String::new(),
        format!("?after={after}"),
        "?only=revocations".to_owned(),
    ] {
        let told = door.get(&format!("{bundle}{query}")).await.expect_status(200);
        let told = told["tickets"].as_array().expect("tickets");
        let state = |name: &str| {
            let known = told.iter().find(|ticket| ticket["ticket"] == json!(name));
            known.map(|ticket| text(&ticket["state"]))
        };
        assert_eq!(state(&old_name).as_deref(), Some("given_back"), "{query}");
        let expected = (!query.contains("only")).then_some("valid");
        assert_eq!(state(&new_name).as_deref(), expected, "{query}");
    }
    // Doors refuse the old code however it is shown, and let the new one in once.
    check_in(&door, &old[0])
        .await
        .expect_problem(409, "ticket_transferred");
    check_in(&door, &old_text)
        .await
        .expect_problem(409, "ticket_transferred");
    assert_eq!(
        scan(&door, &show, &old[0], "1", None).await,
        "refused transferred"
    );
    assert_eq!(
        scan(&door, &show, &old_text, "2", None).await,
        "refused transferred"
    );
    assert_eq!(
        scan(&door, &show, &text(&new["qr_text"]), "3", None).await,
        "admitted "
    );
    check_in(&door, &code)
        .await
        .expect_problem(409, "already_checked_in");
    // What was used stays where it is.
    door.post(&transfer_of(&code), &Value::Null)
        .await
        .expect_problem(409, "already_checked_in");
    let journal = office.journal(&show).await;
    let told = journal.last().expect("an event");
    assert_eq!(
        (&told["type"], &told["seats"]),
        (&json!("transferred"), &json!([]))
    );
}

#[tokio::test]
async fn what_was_passed_on_is_its_organisers_to_give_back() {
    let office = TestOffice::start().await;
    let show = office.show(json!({"returns": "buyer"})).await;
    let (buyer, organiser) = (office.buyer().await, office.organiser());
    let (order, old) = buy(&buyer, &show, &["A-1-1", "A-1-2"]).await;
    let new = buyer
        .post(&transfer_of(&old[0]), &Value::Null)
        .await
        .expect_status(200);
    let new = text(&new["code"]);
    let refund = format!("/v1/orders/{order}/refund");
    // By neither code, nor with all that is left, nor once more.
    for body in [
        json!({"tickets": [old[0]]}),
        json!({"tickets": [new]}),
        Value::Null,
    ] {
        buyer
            .post(&refund, &body)
            .await
            .expect_problem(409, "ticket_transferred");
    }
    for code in [&old[0], &new] {
        buyer
            .post(&transfer_of(code), &Value::Null)
            .await
            .expect_problem(409, "ticket_transferred");
    }
    organiser
        .post(&transfer_of(&old[0]), &Value::Null)
        .await
        .expect_problem(409, "ticket_transferred");
    let newer = organiser
        .post(&transfer_of(&new), &Value::Null)
        .await
        .expect_status(200);
    let newer = text(&newer["code"]);
    check_in(&organiser, &new)
        .await
        .expect_problem(409, "ticket_transferred");
    // The rest is the buyer's.
    buyer
        .post(&refund, &json!({"tickets": [old[1]]}))
        .await
        .expect_status(200);
    let back = organiser
        .post(&refund, &json!({"tickets": [newer]}))
        .await
        .expect_status(200);
    assert_eq!(back["state"], "refunded");
    for code in [&old[0], &newer] {
        check_in(&organiser, code)
            .await
            .expect_problem(409, "order_refunded");
        assert_eq!(
            scan(&organiser, &show, code, code, None).await,
            "refused given_back"
        );
        buyer
            .post(&transfer_of(code), &Value::Null)
            .await
            .expect_problem(409, "order_refunded");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_transfers_at_once_one_is_made_and_seven_in_all() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let show = office.show(json!({})).await;
    let (buyer, organiser) = (office.buyer().await, office.organiser());
    let far = buyer.at(office.nodes[1].url());
    let (_, old) = buy(&buyer, &show, &["A-1-1"]).await;
    let path = transfer_of(&old[0]);
    let answers =
        join_all((0..8).map(|at| if at % 2 == 0 { &buyer } else { &far }.post(&path, &Value::Null))).await;
    let mut made = Vec::new();
    for answer in answers {
        match answer.status.as_u16() {
            200 => made.push(text(&answer.body["code"])),
            _ => drop(answer.expect_problem(409, "ticket_transferred")),
        }
    }
    assert_eq!(made.len(), 1);
    let mut code = made.remove(0);
    let mut dead = vec![old[0].clone()];
    for _ in 1..7 {
        let next = organiser
            .post(&transfer_of(&code), &Value::Null)
            .await
            .expect_status(200);
        dead.push(std::mem::replace(&mut code, text(&next["code"])));
    }
    organiser
        .post(&transfer_of(&code), &Value::Null)
        .await
        .expect_problem(409, "transferred_too_often");
    for old in &dead {
        check_in(&organiser, old)
            .await
            .expect_problem(409, "ticket_transferred");
    }
    check_in(&organiser, &code).await.expect_status(200);
}

#[tokio::test]
async fn a_scan_made_before_a_transfer_is_judged_by_what_was_so_then() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, door) = (office.buyer().await, office.organiser());
    let (_, old) = buy(&buyer, &show, &["A-1-1", "A-1-2"]).await;
    let paid_at = office.journal(&show).await.last().expect("an event")["at"].clone();
    let new = buyer
        .post(&transfer_of(&old[0]), &Value::Null)
        .await
        .expect_status(200);
    buyer
        .post(&transfer_of(&old[1]), &Value::Null)
        .await
        .expect_status(200);
    let now = office.journal(&show).await.last().expect("an event")["at"].clone();
    // Let in after the transfer by a door that could not ask; and, with the other ticket, before it.
    assert_eq!(
        scan(&door, &show, &old[1], "1", Some(&now)).await,
        "conflict transferred"
    );
    assert_eq!(
        scan(&door, &show, &old[0], "2", Some(&paid_at)).await,
        "admitted transferred"
    );
    assert_eq!(
        scan(&door, &show, &text(&new["code"]), "3", None).await,
        "refused already_in"
    );
}

#[tokio::test]
async fn only_paid_tickets_of_shows_to_come_are_transferred() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, organiser) = (office.buyer().await, office.organiser());
    let (order, codes) = buy(&buyer, &show, &["A-1-1", "A-1-2"]).await;
    let body = json!({"attendee": "\u{7}"});
    let wrong = buyer
        .post(&transfer_of(&codes[0]), &body)
        .await
        .expect_problem(422, "invalid");
    assert_eq!(wrong["field"], "/attendee");
    buyer
        .post(&transfer_of("SAZJZ-WBYHS-TKHUE"), &Value::Null)
        .await
        .expect_problem(404, "not_found");
    let back = json!({"tickets": [codes[1]]});
    organiser
        .post(&format!("/v1/orders/{order}/refund"), &back)
        .await
        .expect_status(200);
    buyer
        .post(&transfer_of(&codes[1]), &Value::Null)
        .await
        .expect_problem(409, "tickets_not_live");
    let over = json!({"starts_at": "2020-01-01T20:00:00Z", "ends_at": "2020-01-01T22:00:00Z"});
    crate::terms::change(&organiser, &show, 1, &over)
        .await
        .expect_status(200);
    buyer
        .post(&transfer_of(&codes[0]), &Value::Null)
        .await
        .expect_problem(409, "show_over");
}
