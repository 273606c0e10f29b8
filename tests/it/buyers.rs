//! Who buys and who comes: told to whom it concerns, changed by whoever may, erased, and nowhere else.

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::office::{Client, TestOffice};

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// An order of two seats and a place in a zone.
fn wish() -> Value {
    json!({
        "seats": ["A-1-1", "A-1-2"],
        "zones": [{"zone": "Floor", "count": 1}],
        "buyer": {"name": "Zebedee Zola", "email": "Zebedee@Zola.example", "phone": "+43 1 2345678", "locale": "de-AT"},
        "attendees": ["Zebedee Zola", null, "Zoe\u{308} Zola"],
        "metadata": {"crm_id": "zebedee-7", "note": ""},
    })
}

async fn key_of(office: &TestOffice, role: &str) -> Client {
    let key = json!({"name": role, "role": role});
    let key = office.organiser().post("/v1/keys", &key).await.expect_status(201);
    office.organiser().with_token(&text(&key["key"]))
}

fn details(order: &Value) -> Value {
    json!([order["buyer"], order["attendees"], order["metadata"]])
}

#[tokio::test]
async fn details_are_told_to_whom_they_concern_and_to_nobody_else() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, other) = (office.buyer().await, office.buyer().await);
    let path = format!("/v1/shows/{show}/orders");
    let made = buyer
        .post_with_key(&path, &wish(), "one")
        .await
        .expect_status(201);
    let told = json!([
        wish()["buyer"],
        ["Zebedee Zola", null, "Zoë Zola"],
        wish()["metadata"]
    ]);
    assert_eq!(
        details(&made),
        told,
        "in one form, however the letters were composed"
    );
    let order = format!("/v1/orders/{}", text(&made["id"]));
    assert_eq!(details(&buyer.get(&order).await.expect_status(200)), told);
    other.get(&order).await.expect_problem(404, "not_found");
    // The answer is the same again.
    let again = buyer
        .post_with_key(&path, &wish(), "one")
        .await
        .expect_status(201);
    assert_eq!(again, made);
    let mut changed = wish();
    changed["buyer"]["name"] = json!("Another");
    let refused = buyer.post_with_key(&path, &changed, "one").await;
    refused.expect_problem(422, "idempotency_key_reused");

    buyer.pay(&text(&made["id"]), "card_ok").await.expect_status(200);
    for (role, sees) in [("owner", true), ("sales", true), ("reader", false)] {
        let client = key_of(&office, role).await;
        let seen = client.get(&order).await.expect_status(200);
        let expected = if sees {
            told.clone()
        } else {
            json!([null, null, null])
        };
        assert_eq!(details(&seen), expected, "{role}");
        let tickets = client.get(&format!("{order}/tickets")).await.expect_status(200);
        let names = |at: usize| tickets["tickets"][at]["attendee"].clone();
        let expected = if sees { json!("Zoë Zola") } else { Value::Null };
        assert_eq!((names(2), names(1)), (expected, Value::Null), "{role}");
    }
    // A ticket that was given back is nobody's.
    let tickets = buyer.get(&format!("{order}/tickets")).await.expect_status(200);
    let first = json!({"tickets": [tickets["tickets"][0]["code"]]});
    let refund = office.organiser().post(&format!("{order}/refund"), &first).await;
    refund.expect_status(200);
    let left = buyer.get(&order).await.expect_status(200);
    assert_eq!(left["attendees"], json!([null, "Zoë Zola"]));
}

/// How many rows of all tables have this text, but for that of details.
fn rows_with(office: &TestOffice, word: &str) -> i64 {
    let tables = "SELECT string_agg(table_name, ' ') FROM information_schema.tables \
         WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> 'order_details'";
    let tables = office.database.text(tables);
    assert!(
        tables.contains("idempotency") && tables.contains("journal"),
        "{tables}"
    );
    let count = |table: &str| {
        let count = format!("SELECT count(*) FROM {table} t WHERE t::text ILIKE '%{word}%'");
        office.database.number(&count)
    };
    tables.split(' ').map(count).sum()
}

#[tokio::test]
async fn nobody_is_named_in_the_journal_in_answers_that_are_kept_or_in_the_audit() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, organiser) = (office.buyer().await, office.organiser());
    let path = format!("/v1/shows/{show}/orders");
    let order = buyer
        .post_with_key(&path, &wish(), "make")
        .await
        .expect_status(201);
    let order = format!("/v1/orders/{}", text(&order["id"]));
    let change = json!({"buyer": {"name": "Zebedee the Second"}, "metadata": {"vip": "zebedee"}});
    for client in [&buyer, &organiser] {
        let request = client.request(reqwest::Method::PATCH, &order).json(&change);
        let answer = crate::office::send(request.header("Idempotency-Key", "change")).await;
        let answer = answer.expect("an answer").expect_status(200);
        assert_eq!(answer["buyer"]["name"], "Zebedee the Second");
    }
    buyer
        .get(&format!("/v1/shows/{show}/events"))
        .await
        .expect_status(200);
    assert_eq!(rows_with(&office, "zebedee"), 0);
    assert_eq!(rows_with(&office, "zola"), 0);
    let kept = "SELECT count(*) FROM idempotency WHERE key IN ('make', 'change')";
    assert_eq!(office.database.number(kept), 3);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_held() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let path = format!("/v1/shows/{show}/orders");
    let many: serde_json::Map<_, _> = (0..51).map(|number| (number.to_string(), json!("x"))).collect();
    let cases = [
        ("buyer", json!({"email": "nobody"}), "/buyer/email"),
        (
            "buyer",
            json!({"email": "a@example.org, b@example.org"}),
            "/buyer/email",
        ),
        ("buyer", json!({"name": " "}), "/buyer/name"),
        ("buyer", json!({"name": "a\u{0}b"}), "/buyer/name"),
        ("buyer", json!({"name": "a".repeat(201)}), "/buyer/name"),
        ("buyer", json!({"phone": "call me"}), "/buyer/phone"),
        ("buyer", json!({"locale": "de_AT"}), "/buyer/locale"),
        ("buyer", json!({"age": "7"}), "/buyer/age"),
        ("attendees", json!(["Ada", "Bob", "Cid"]), "/attendees"),
        ("attendees", json!(["Ada", "a\nb"]), "/attendees/1"),
        ("metadata", json!({"a": 7}), "/metadata/a"),
        ("metadata", json!({"": "x"}), "/metadata"),
        ("metadata", json!({"a/b": "x".repeat(501)}), "/metadata/a~1b"),
        ("metadata", Value::Object(many), "/metadata"),
    ];
    for (member, value, field) in cases {
        let mut wish = json!({"seats": ["A-1-1", "A-1-2"]});
        wish[member] = value;
        let problem = buyer.post(&path, &wish).await.expect_problem(422, "invalid");
        assert_eq!(problem["field"], field, "{problem}");
    }
    assert_eq!(buyer.seat(&show, "A-1-1").await, "free");
}

#[tokio::test]
async fn a_buyer_changes_a_held_order_and_its_organiser_a_paid_one() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, other, organiser) = (office.buyer().await, office.buyer().await, office.organiser());
    let made = buyer.post(&format!("/v1/shows/{show}/orders"), &wish()).await;
    let made = made.expect_status(201);
    let order = format!("/v1/orders/{}", text(&made["id"]));
    let change = json!({
        "buyer": {"phone": null, "email": "z@example.org"}, "attendees": [null, "Ann"], "metadata": {"note": null, "seen": "yes"},
    });
    let expected = json!([
        {"name": "Zebedee Zola", "email": "z@example.org", "locale": "de-AT"}, [null, "Ann"],
        {"crm_id": "zebedee-7", "seen": "yes"},
    ]);
    let changed = buyer.patch(&order, &change).await.expect_status(200);
    assert_eq!(details(&changed), expected);
    assert_eq!(
        (&changed["state"], &changed["total"]),
        (&json!("held"), &made["total"])
    );
    assert_eq!(details(&buyer.get(&order).await.expect_status(200)), expected);
    other
        .patch(&order, &change)
        .await
        .expect_problem(404, "not_found");
    let reader = key_of(&office, "reader").await;
    reader
        .patch(&order, &change)
        .await
        .expect_problem(403, "forbidden");
    let four = json!({"attendees": ["A", "B", "C", "D"]});
    let problem = buyer.patch(&order, &four).await.expect_problem(422, "invalid");
    assert_eq!(problem["field"], "/attendees");
    let null_name = json!({"buyer": null, "attendees": null, "metadata": null});
    let emptied = buyer.patch(&order, &null_name).await.expect_status(200);
    assert_eq!(details(&emptied), json!([null, null, null]));
    assert_eq!(office.database.number("SELECT count(*) FROM order_details"), 0);

    buyer.pay(&text(&made["id"]), "card_ok").await.expect_status(200);
    buyer
        .patch(&order, &change)
        .await
        .expect_problem(409, "order_paid");
    let name = json!({"buyer": {"name": "Ann"}, "attendees": ["Ann", "Bob", "Cid"]});
    let changed = organiser.patch(&order, &name).await.expect_status(200);
    assert_eq!(
        (&changed["buyer"], &changed["state"]),
        (&json!({"name": "Ann"}), &json!("paid"))
    );
    assert_eq!(changed["tickets"].as_array().map(Vec::len), Some(3));
    let second = json!({"tickets": [changed["tickets"][1]["code"]]});
    organiser
        .post(&format!("{order}/refund"), &second)
        .await
        .expect_status(200);
    let left = organiser
        .patch(&order, &json!({"attendees": ["Dan", "Eve"]}))
        .await;
    let left = left.expect_status(200);
    assert_eq!(
        (&left["seats"], &left["attendees"]),
        (&json!(["A-1-1"]), &json!(["Dan", "Eve"]))
    );
    let three = json!({"attendees": ["Dan", "Eve", "Fay"]});
    organiser
        .patch(&order, &three)
        .await
        .expect_problem(422, "invalid");
}

#[tokio::test]
async fn a_change_is_made_once_a_key_and_answered_the_same_again() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.post(&format!("/v1/shows/{show}/orders"), &wish()).await;
    let id = text(&order.expect_status(201)["id"]);
    let order = format!("/v1/orders/{id}");
    let change = async |name: &str| {
        let body = json!({"buyer": {"name": name}});
        let request = buyer.request(reqwest::Method::PATCH, &order).json(&body);
        let answer = crate::office::send(request.header("Idempotency-Key", "change")).await;
        answer.expect("an answer")
    };
    let first = change("Ann").await.expect_status(200);
    assert_eq!(change("Ann").await.expect_status(200), first);
    change("Bob").await.expect_problem(422, "idempotency_key_reused");
    // It is not made anew where it could not be made any more, nor after another one.
    buyer
        .patch(&order, &json!({"buyer": {"name": "Cid"}}))
        .await
        .expect_status(200);
    buyer.pay(&id, "card_ok").await.expect_status(200);
    let again = change("Ann").await.expect_status(200);
    assert_eq!(
        (&again["buyer"]["name"], &again["state"]),
        (&json!("Cid"), &json!("held"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_waited_meets_the_order_as_it_is_by_then() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.post(&format!("/v1/shows/{show}/orders"), &wish()).await;
    let order = format!("/v1/orders/{}", text(&order.expect_status(201)["id"]));
    let gone = order.clone();
    let mut connection = office.database.connect();
    connection
        .batch_execute("BEGIN; SELECT FROM orders FOR UPDATE")
        .expect("a lock");
    let change = {
        let buyer = buyer.clone();
        tokio::spawn(async move { buyer.patch(&order, &json!({"buyer": {"name": "Late"}})).await })
    };
    office.database.wait_until_zero(
        "SELECT 1 - count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%NO KEY UPDATE%'",
    );
    connection
        .batch_execute(
            "UPDATE orders SET kept_until = clock_timestamp(), expires_at = clock_timestamp(); COMMIT",
        )
        .expect("a lapse");
    let answer = change.await.expect("a task");
    answer.expect_problem(409, "order_expired");
    assert_eq!(
        office
            .database
            .number("SELECT count(*) FROM order_details WHERE buyer_name = 'Late'"),
        0
    );
    // The office finds out that it has lapsed earlier than it knew.
    buyer.delete(&gone).await.expect_problem(409, "order_expired");
    office
        .database
        .wait_until_zero("SELECT count(*) FROM orders WHERE state = 1");
}

#[tokio::test]
async fn a_person_is_erased_and_places_and_money_stay() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, organiser) = (office.buyer().await, office.organiser());
    let path = format!("/v1/shows/{show}/orders");
    let made = buyer
        .post_with_key(&path, &wish(), "one")
        .await
        .expect_status(201);
    let id = text(&made["id"]);
    let (order, erase) = (format!("/v1/orders/{id}"), format!("/v1/orders/{id}/buyer"));
    buyer.pay(&id, "card_ok").await.expect_status(200);
    buyer.delete(&erase).await.expect_problem(409, "order_paid");
    let sales = key_of(&office, "sales").await;
    sales.delete(&erase).await.expect_status(204);
    organiser.delete(&erase).await.expect_status(204);
    let left = buyer.get(&order).await.expect_status(200);
    assert_eq!(details(&left), json!([null, null, null]));
    assert_eq!(
        (&left["seats"], &left["state"], &left["total"]),
        (&made["seats"], &json!("paid"), &made["total"])
    );
    assert_eq!(
        rows_with(&office, "zebedee") + office.database.number("SELECT count(*) FROM order_details"),
        0
    );
    let audited =
        format!("SELECT count(*) FROM audit WHERE operation = 'erase_buyer' AND subject = 'order/{id}'");
    assert_eq!(office.database.number(&audited), 2);
    // To ask for the order again brings nobody back.
    buyer
        .post_with_key(&path, &wish(), "one")
        .await
        .expect_status(201);
    assert_eq!(office.database.number("SELECT count(*) FROM order_details"), 0);

    // Whoever has nothing to get any more may erase what they said.
    let second = json!({"seats": ["B-1-1"], "buyer": {"name": "Zebedee"}});
    let second = buyer.post(&path, &second).await.expect_status(201);
    let second = text(&second["id"]);
    buyer
        .delete(&format!("/v1/orders/{second}"))
        .await
        .expect_status(200);
    let stranger = office.buyer().await;
    let erase = format!("/v1/orders/{second}/buyer");
    stranger.delete(&erase).await.expect_problem(404, "not_found");
    buyer.delete(&erase).await.expect_status(204);
    assert_eq!(office.database.number("SELECT count(*) FROM order_details"), 0);
}
