//! What a door takes along to work without a network: all tickets or those revoked, and what has changed since.

use diesel::connection::SimpleConnection;
use reqwest::Method;
use serde_json::{Value, json};

use super::{scan_of, sell_all, take_one};
use crate::office::{Client, TestOffice, send};

/// Every page of a bundle: its tickets as name, state and use, and the offset of the first page.
async fn bundle(door: &Client, show: &str, query: &str) -> (Vec<(String, String, bool)>, i64) {
    let (mut tickets, mut offset, mut page) = (Vec::new(), None, 0);
    loop {
        let path = format!("/v1/shows/{show}/door-bundle?page={page}{query}");
        let answer = door.get(&path).await.expect_status(200);
        offset = offset.or(answer["journal_offset"].as_i64());
        tickets.extend(told(&answer));
        match answer["next_page"].as_i64() {
            Some(next) => page = next,
            None => return (tickets, offset.expect("an offset")),
        }
    }
}

fn told(answer: &Value) -> Vec<(String, String, bool)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let tickets = answer["tickets"].as_array().expect("tickets").iter();
    tickets
        .map(|ticket| {
            let is_used = ticket["is_used"].as_bool().expect("a word");
            (text(&ticket["ticket"]), text(&ticket["state"]), is_used)
        })
        .collect()
}

/// How the texts of an order's tickets name them.
async fn names(office: &TestOffice, order: &str) -> Vec<String> {
    let tickets = office
        .organiser()
        .get(&format!("/v1/orders/{order}/tickets?signed=true"))
        .await;
    let tickets = tickets.expect_status(200);
    let tickets = tickets["tickets"].as_array().expect("tickets").iter();
    let name = |ticket: &Value| {
        let text = ticket["qr_text"].as_str().expect("a text");
        text.split('.').nth(3).expect("a name").to_owned()
    };
    tickets.map(name).collect()
}

#[tokio::test]
async fn a_door_takes_all_tickets_along_and_then_what_changes() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let key = json!({"name": "Gate", "role": "door"});
    let key = organiser.post("/v1/keys", &key).await.expect_status(201);
    let door = organiser.with_token(key["key"].as_str().expect("a key"));
    let list =
        json!({"name": "Gate", "sections": ["B"], "categories": ["Stalls"], "until": "2030-01-01T22:00:00Z"});
    let lists = format!("/v1/shows/{show}/check-in-lists");
    organiser.post(&lists, &list).await.expect_status(201);

    let (kept, codes) = sell_all(&office, &show, &["B-1-1", "A-1-1"]).await;
    let (back, _) = sell_all(&office, &show, &["A-2-1"]).await;
    let back_names = names(&office, &back).await;
    let refund = |order: &str| format!("/v1/orders/{order}/refund");
    organiser
        .post(&refund(&back), &json!(null))
        .await
        .expect_status(200);
    assert_eq!(take_one(&door, &show, scan_of(&codes[1], "1")).await, "admitted");
    let held = office.buyer().await.hold(&show, &["A-3-1"]).await;
    held.expect_status(201);
    let kept_names = names(&office, &kept).await;
    let valid = |name: &String, is_used| (name.clone(), "valid".to_owned(), is_used);
    let returned = |name: &String| (name.clone(), "given_back".to_owned(), false);
    let (all, offset) = bundle(&door, &show, "").await;
    assert_eq!(
        all,
        [
            valid(&kept_names[0], false),
            valid(&kept_names[1], true),
            returned(&back_names[0])
        ]
    );
    let (revoked, _) = bundle(&door, &show, "&only=revocations").await;
    assert_eq!(revoked, [returned(&back_names[0])]);
    let path = format!("/v1/shows/{show}/door-bundle");
    let first = door.get(&path).await.expect_status(200);
    assert_eq!(
        first["lists"],
        json!([{
            "id": "1", "name": "Gate", "categories": [0], "areas": ["S1"], "from": null,
            "until": "2030-01-01T22:00:00Z", "allows_reentry": false,
        }])
    );
    assert_eq!(first["categories"], json!(["Stalls", "Floor"]));
    assert_eq!(
        (&first["tickets"][0]["category"], &first["tickets"][0]["area"]),
        (&json!(0), &json!("S1"))
    );
    assert_eq!(
        (&first["show"], &first["over_at"]),
        (&json!(show), &json!("2030-01-02T20:00:00Z"))
    );

    // Then what changes.
    let nothing = door
        .get(&format!("{path}?after={offset}"))
        .await
        .expect_status(200);
    assert_eq!(
        (&nothing["tickets"], &nothing["disputed"], &nothing["more"]),
        (&json!([]), &json!([]), &json!(false))
    );
    let (new, _) = sell_all(&office, &show, &["A-4-1"]).await;
    let new_names = names(&office, &new).await;
    organiser
        .post(&refund(&kept), &json!({"tickets": [codes[0]]}))
        .await
        .expect_status(200);
    let changed = door
        .get(&format!("{path}?after={offset}"))
        .await
        .expect_status(200);
    assert_eq!(
        told(&changed),
        [
            valid(&new_names[0], false),
            returned(&kept_names[0]),
            valid(&kept_names[1], true)
        ]
    );
    let head = changed["journal_offset"].as_i64().expect("an offset");
    assert!(head > offset);
    let nothing = door.get(&format!("{path}?after={head}")).await.expect_status(200);
    assert_eq!(
        (&nothing["tickets"], &nothing["journal_offset"]),
        (&json!([]), &json!(head))
    );

    // Not sent twice, and compressed.
    let answer = door.get(&path).await;
    let tag = answer.headers["etag"].to_str().expect("a tag").to_owned();
    let ask = |name: &str, value: &str| send(door.request(Method::GET, &path).header(name, value));
    let known = ask("If-None-Match", &tag).await.expect("an answer");
    assert_eq!(known.status, 304);
    // Apart, as it is no JSON.
    let gzip = door
        .request(Method::GET, &path)
        .header("Accept-Encoding", "gzip")
        .send()
        .await;
    let gzip = gzip.expect("an answer");
    assert_eq!(
        (gzip.status().as_u16(), &gzip.headers()["content-encoding"]),
        (200, &"gzip".parse().expect("a value"))
    );
    organiser
        .post(&refund(&new), &json!(null))
        .await
        .expect_status(200);
    let changed = ask("If-None-Match", &tag).await.expect("an answer");
    assert_eq!(changed.status, 200);
}

#[tokio::test]
async fn what_is_wrong_with_a_bundles_question_is_named() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let check = async |query: &str, field: &str| {
        let refused = organiser
            .get(&format!("/v1/shows/{show}/door-bundle?{query}"))
            .await;
        assert_eq!(refused.expect_problem(400, "bad_request")["field"], field);
    };
    check("only=tickets", "only").await;
    check("after=-1", "after").await;
    check("page=-1", "page").await;
    check("after=1&page=1", "page").await;
    check("limit=1", "limit").await;
    sell_all(&office, &show, &["A-1-1"]).await;
    let path = format!("/v1/shows/{show}/door-bundle?after=0");
    organiser.get(&path).await.expect_status(200);
    // As after years: what is left begins with a snapshot.
    let mut database = office.database.connect();
    let forget = "BEGIN; CREATE TEMP TABLE kept ON COMMIT PRESERVE ROWS AS SELECT * FROM journal WHERE journal_offset = 1; \
         DELETE FROM journal WHERE journal_offset = 1; COMMIT";
    database.batch_execute(forget).expect("a shorter journal");
    organiser.get(&path).await.expect_problem(410, "forgotten");
    let restore = "INSERT INTO journal SELECT * FROM kept";
    database.batch_execute(restore).expect("as before");
}

#[tokio::test]
async fn a_big_show_comes_in_pages() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    sell_all(&office, &show, &["A-1-1"]).await;
    // Orders in bulk that nobody looks at but this.
    let fill = format!(
        "INSERT INTO orders (show_id, order_id, session_id, state, created_at, expires_at, kept_until, total, booked_offset, seats, zones) \
         SELECT {show}, 100000000 + n, '00000000-0000-0000-0000-000000000007', 2, '2030-01-01', '2030-01-01', '2030-01-01', 1, 100 + n, \
         '{{}}', '{{1,4}}' FROM generate_series(1, 5000) AS n"
    );
    let mut database = office.database.connect();
    database.batch_execute(&fill).expect("orders");
    let organiser = office.organiser();
    let (all, _) = bundle(&organiser, &show, "").await;
    let mut names: Vec<_> = all.iter().map(|(name, ..)| name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!((names.len(), all.len()), (20_001, 20_001));
    let (revoked, _) = bundle(&organiser, &show, "&only=revocations").await;
    assert_eq!(revoked, []);
    let clean = "DELETE FROM orders WHERE order_id > 100000000";
    database.batch_execute(clean).expect("as before");
}
