//! Check-in lists: made, changed, deleted; and whom they admit.

use serde_json::{Value, json};

use super::{scan_of, sell_all, take_one, with};
use crate::office::TestOffice;

#[tokio::test]
async fn lists_are_made_changed_and_deleted() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let path = format!("/v1/shows/{show}/check-in-lists");
    let all = json!({
        "name": " North gate ", "categories": ["Stalls"], "sections": ["B", "A"], "zones": ["Bar"],
        "from": "2030-01-01T18:00:00Z", "until": "2030-01-01T22:00:00Z", "allows_reentry": true,
    });
    let made = organiser
        .post_with_key(&path, &all, "make")
        .await
        .expect_status(201);
    assert_eq!(
        made,
        json!({
            "id": "1", "name": "North gate", "categories": ["Stalls"], "sections": ["A", "B"], "zones": ["Bar"],
            "from": "2030-01-01T18:00:00Z", "until": "2030-01-01T22:00:00Z", "allows_reentry": true,
            "created_at": made["created_at"],
        })
    );
    let again = organiser.post_with_key(&path, &all, "make").await;
    assert_eq!(again.expect_status(201), made);
    let other = organiser
        .post(&path, &json!({"name": "Bar"}))
        .await
        .expect_status(201);
    assert_eq!(
        (&other["id"], &other["zones"], &other["allows_reentry"]),
        (&json!("2"), &Value::Null, &json!(false))
    );
    let one = format!("{path}/1");
    let change = json!({"categories": null, "until": null, "name": "South gate"});
    let changed = organiser.patch(&one, &change).await.expect_status(200);
    assert_eq!(
        (
            &changed["name"],
            &changed["categories"],
            &changed["until"],
            &changed["from"]
        ),
        (&json!("South gate"), &Value::Null, &Value::Null, &made["from"])
    );
    assert_eq!(organiser.get(&one).await.expect_status(200), changed);

    // An answer is repeated as it was given.
    let again = organiser.post_with_key(&path, &all, "make").await;
    assert_eq!(again.expect_status(201), made);
    let first = organiser.get(&format!("{path}?limit=1")).await.expect_status(200);
    assert_eq!(
        (&first["check_in_lists"][0], &first["next_after"]),
        (&changed, &json!("1"))
    );
    let last = organiser
        .get(&format!("{path}?limit=1&after=1"))
        .await
        .expect_status(200);
    assert_eq!(
        (&last["check_in_lists"][0], &last["next_after"]),
        (&other, &Value::Null)
    );
    for _ in 0..2 {
        organiser.delete(&one).await.expect_status(204);
    }
    organiser.get(&one).await.expect_problem(404, "not_found");
    organiser
        .patch(&one, &change)
        .await
        .expect_problem(404, "not_found");
    let left = organiser.get(&path).await.expect_status(200);
    assert_eq!(left["check_in_lists"], json!([other]));
    // Its number is never given to another one: scans name it.
    let third = organiser
        .post(&path, &json!({"name": "West"}))
        .await
        .expect_status(201);
    assert_eq!(third["id"], "3");
}

#[tokio::test]
async fn what_is_wrong_with_a_list_is_named() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let path = format!("/v1/shows/{show}/check-in-lists");
    let check = async |change: Value, field: &str| {
        let list = with(json!({"name": "Gate"}), change);
        let refused = organiser.post(&path, &list).await;
        assert_eq!(refused.expect_problem(422, "invalid")["field"], field);
    };
    check(json!({"name": " "}), "/name").await;
    check(json!({"categories": []}), "/categories").await;
    check(json!({"categories": ["Stalls", "Loge"]}), "/categories/1").await;
    check(json!({"sections": ["A", "A"]}), "/sections/1").await;
    check(json!({"zones": ["A"]}), "/zones/0").await;
    check(json!({"from": "tonight"}), "/from").await;
    let backwards = json!({"from": "2030-01-01T18:00:00Z", "until": "2030-01-01T18:00:00Z"});
    check(backwards, "/until").await;
    let made = organiser
        .post(&path, &json!({"name": "Gate", "from": "2030-01-01T18:00:00Z"}))
        .await;
    made.expect_status(201);
    let refused = organiser
        .patch(&format!("{path}/1"), &json!({"until": "2030-01-01T17:00:00Z"}))
        .await;
    assert_eq!(refused.expect_problem(422, "invalid")["field"], "/until");
    for number in 2..=100 {
        let name = json!({"name": format!("Gate {number}")});
        organiser.post(&path, &name).await.expect_status(201);
    }
    let more = organiser.post(&path, &json!({"name": "Gate"})).await;
    more.expect_problem(409, "too_many_lists");
}

#[tokio::test]
async fn a_list_admits_its_categories_sections_and_zones_in_its_time() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let organiser = office.organiser();
    let path = format!("/v1/shows/{show}/check-in-lists");
    let (_, codes) = sell_all(&office, &show, &["A-1-1", "B-1-1"]).await;
    let buyer = office.buyer().await;
    let floor = json!({"zones": [{"zone": "Floor", "count": 1}]});
    let floor = buyer.post(&format!("/v1/shows/{show}/orders"), &floor).await;
    let floor = floor.expect_status(201)["id"].as_str().expect("an id").to_owned();
    let paid = buyer.pay(&floor, "card_ok").await.expect_status(200);
    let floor = paid["tickets"][0]["code"].as_str().expect("a code").to_owned();
    let mut scans = 0;
    let mut check = async |list: Value, expected: [&str; 3]| {
        let list = with(json!({"name": "Gate"}), list);
        let made = organiser.post(&path, &list).await.expect_status(201);
        for (code, expected) in [&codes[0], &codes[1], &floor].into_iter().zip(expected) {
            scans += 1;
            let scan = with(scan_of(code, &scans.to_string()), json!({"list": made["id"]}));
            let found = take_one(&organiser, &show, scan).await;
            assert_eq!(found, expected, "{list}");
            if expected == "admitted" {
                // Used up for nobody.
                let log = organiser
                    .get(&format!("/v1/shows/{show}/check-ins?after={}", scans - 1))
                    .await
                    .expect_status(200);
                let all = log["check_ins"].as_array().expect("scans");
                let id = all
                    .iter()
                    .find(|scan| scan["result"] == "admitted" && scan["undone_at"].is_null());
                let id = id.expect("a scan")["id"].as_str().expect("an id").to_owned();
                let undo = format!("/v1/shows/{show}/check-ins/{id}/undo");
                organiser.post(&undo, &json!(null)).await.expect_status(200);
            }
        }
    };
    const IN: &str = "admitted";
    const NOT: &str = "refused not_on_list";
    check(json!({}), [IN; 3]).await;
    check(json!({"categories": ["Stalls"]}), [IN, IN, NOT]).await;
    check(json!({"sections": ["A"]}), [IN, NOT, NOT]).await;
    check(json!({"zones": ["Floor"]}), [NOT, NOT, IN]).await;
    check(json!({"sections": ["B"], "zones": ["Floor"]}), [NOT, IN, IN]).await;
    check(
        json!({"sections": ["B"], "zones": ["Floor"], "categories": ["Floor"]}),
        [NOT, NOT, IN],
    )
    .await;
    check(json!({"from": "2029-01-01T00:00:00Z"}), ["refused too_early"; 3]).await;
    check(json!({"until": "2020-01-01T00:00:00Z"}), ["refused too_late"; 3]).await;
    // A list that was deleted, and one that never was.
    organiser.delete(&format!("{path}/1")).await.expect_status(204);
    let deleted = with(scan_of(&floor, "deleted"), json!({"list": "1"}));
    assert_eq!(take_one(&organiser, &show, deleted).await, "refused list_deleted");
    for list in ["99", "0", "01", "gate", ""] {
        let scans =
            json!({"check_ins": [scan_of(&floor, "a"), with(scan_of(&floor, "b"), json!({"list": list}))]});
        let refused = organiser
            .post(&format!("/v1/shows/{show}/check-ins"), &scans)
            .await;
        assert_eq!(
            refused.expect_problem(422, "invalid")["field"],
            "/check_ins/1/list"
        );
    }
}
