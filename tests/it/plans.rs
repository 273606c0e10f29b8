//! Plans from real halls: what people are told of a seat, and which documents are taken.

use serde_json::{Value, json};

use crate::office::TestOffice;

/// A show from a plan with the one category `C`, free of charge.
async fn show_of(office: &TestOffice, document: &Value) -> String {
    let organiser = office.organiser();
    let plan = organiser.post("/v1/plans", document).await.expect_status(201);
    let show = json!({
        "plan": plan["id"], "title": "A show", "starts_at": "2030-01-01T20:00:00Z",
        "prices": {"C": {"amount": 0, "currency": "EUR"}},
    });
    let show = organiser.post("/v1/shows", &show).await.expect_status(201);
    show["id"].as_str().expect("an id").to_owned()
}

/// A plan of pretix's with these zones.
fn pretix(zones: &Value) -> Value {
    json!({"name": "Hall", "categories": [{"name": "C"}], "size": {"width": 1, "height": 1}, "zones": zones})
}

/// A seat of pretix's.
fn seat(guid: &str, number: &str) -> Value {
    json!({"seat_guid": guid, "seat_number": number, "position": {"x": 0, "y": 0}, "category": "C"})
}

#[tokio::test]
async fn people_are_told_the_section_the_row_and_the_number_of_a_seat() {
    let office = TestOffice::start().await;
    let guid = "24621420-cece-5ab9-a3ee-5ec4085b9b8c";
    let row = json!({"row_number": "6", "row_label": "Row %s", "seat_label": "Seat %s", "seats": [seat(guid, "12")]});
    let zone = json!({"name": "Block D", "position": {"x": 0, "y": 0}, "rows": [row]});
    let show = show_of(&office, &pretix(&json!([zone]))).await;
    let place = json!({
        "seat": guid, "section": "Block D", "row": "6", "number": "12", "row_label": "Row 6", "seat_label": "Seat 12",
    });

    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &[guid]).await.expect_status(201);
    assert_eq!(order["places"], json!([place]));
    let id = order["id"].as_str().expect("an id");
    let paid = buyer.pay(id, "card_ok").await.expect_status(200);
    assert_eq!(paid["tickets"][0]["place"], place);
    let tickets = buyer
        .get(&format!("/v1/orders/{id}/tickets"))
        .await
        .expect_status(200);
    assert_eq!(tickets["tickets"][0]["place"], place);
    let organiser = office.organiser();
    let listed = organiser
        .get(&format!("/v1/shows/{show}/orders"))
        .await
        .expect_status(200);
    assert_eq!(listed["orders"][0]["places"], json!([place]));
    let code = tickets["tickets"][0]["code"].as_str().expect("a code");
    let scan = organiser
        .post(&format!("/v1/tickets/{code}/check-in"), &Value::Null)
        .await
        .expect_status(200);
    assert_eq!(scan["place"], place);
}

#[tokio::test]
async fn zones_of_one_name_are_sections_of_their_own() {
    let office = TestOffice::start().await;
    let zone = |guid: &str| json!({"name": "Balcony", "position": {"x": 0, "y": 0}, "rows": [{"row_number": "1", "seats": [seat(guid, "1")]}]});
    let show = show_of(&office, &pretix(&json!([zone("l-1-1"), zone("r-1-1")]))).await;
    let buyer = office.buyer().await;
    let together = json!({"together": {"count": 1, "section": "Balcony"}});
    for seat in ["l-1-1", "r-1-1"] {
        let order = buyer
            .post(&format!("/v1/shows/{show}/orders"), &together)
            .await
            .expect_status(201);
        assert_eq!(order["seats"], json!([seat]));
    }
}

/// Where a document is at fault.
fn pointers(problem: &Value) -> Vec<&str> {
    let errors = problem["errors"].as_array().expect("faults").iter();
    errors
        .map(|error| error["pointer"].as_str().expect("a pointer"))
        .collect()
}

#[tokio::test]
async fn all_faults_of_a_plan_are_told_in_one_answer() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let mut other = seat("b", "2");
    other["category"] = json!("D");
    let row = json!({"row_number": "1", "seats": [seat("a", "1"), seat("a", "2"), other]});
    let mut plan = pretix(&json!([{"name": "M", "position": {"x": 0, "y": 0}, "rows": [row]}]));
    plan["categories"][0]["color"] = json!("url(x)");
    let refused = organiser.post("/v1/plans", &plan).await;
    let problem = refused.expect_problem(422, "plan_invalid");
    assert_eq!(
        pointers(&problem),
        [
            "/categories/0/color",
            "/zones/0/rows/0/seats/1/seat_guid",
            "/zones/0/rows/0/seats/2/category"
        ]
    );
    assert_eq!(problem["field"], problem["errors"][0]["pointer"]);
    assert_eq!(problem["detail"], problem["errors"][0]["detail"]);
}

#[tokio::test]
async fn names_that_look_the_same_are_refused() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let zones = |names: [&str; 2]| {
        let zones = names.map(|name| json!({"name": name, "category": "C", "capacity": 9}));
        json!({"name": "H", "categories": [{"name": "C"}], "zones": zones})
    };
    for twins in [
        ["Floor 1", "Floor\u{a0}1"],
        ["Floor 1", "Floor 1 "],
        ["Floor", "Flo\u{200b}or"],
        ["Café", "Cafe\u{301}"],
        ["Floor 1", "Floor １"],
    ] {
        let refused = organiser.post("/v1/plans", &zones(twins)).await;
        let problem = refused.expect_problem(422, "plan_invalid");
        assert_eq!(pointers(&problem), ["/zones/1/name"], "{twins:?}");
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(
            detail.contains(twins[0]) && detail.contains("/zones/0/name"),
            "{detail}"
        );
    }
    for others in [["Floor A", "Floor a"], ["Floor 1", "Floor1"]] {
        organiser
            .post("/v1/plans", &zones(others))
            .await
            .expect_status(201);
    }
    // Two blocks may have a row each of one name, but not of one look.
    let document = |rows: [&str; 2]| {
        let row =
            |at: usize, name: &str| json!({"row_number": name, "seats": [seat(&format!("s{at}"), "1")]});
        pretix(
            &json!([{"name": "M", "position": {"x": 0, "y": 0}, "rows": [row(0, rows[0]), row(1, rows[1])]}]),
        )
    };
    let same = organiser.post("/v1/plans", &document(["1", "1"])).await;
    same.expect_status(201);
    let twins = organiser.post("/v1/plans", &document(["1", "1\u{200d}"])).await;
    let problem = twins.expect_problem(422, "plan_invalid");
    assert_eq!(pointers(&problem), ["/zones/0/rows/1/row_number"]);
}

#[tokio::test]
async fn people_are_told_where_the_seats_are_that_are_taken() {
    let office = TestOffice::start().await;
    let guid = "24621420-cece-5ab9-a3ee-5ec4085b9b8c";
    let row = json!({"row_number": "6", "row_label": "Row %s", "seats": [seat(guid, "12")]});
    let zone = json!({"name": "Block D", "position": {"x": 0, "y": 0}, "rows": [row]});
    let show = show_of(&office, &pretix(&json!([zone]))).await;
    let buyer = office.buyer().await;
    buyer.hold(&show, &[guid]).await.expect_status(201);
    let problem = buyer
        .hold(&show, &[guid])
        .await
        .expect_problem(409, "seats_taken");
    assert_eq!(problem["seats"], json!([guid]));
    let place = json!({"seat": guid, "section": "Block D", "row": "6", "number": "12", "row_label": "Row 6"});
    assert_eq!(problem["places"], json!([place]));
    let blocks = format!("/v1/shows/{show}/blocks");
    let blocked = office.organiser().post(&blocks, &json!({"seats": [guid]})).await;
    assert_eq!(
        blocked.expect_problem(409, "seats_not_free")["places"],
        json!([place])
    );
}

#[tokio::test]
async fn the_plan_of_a_guid_tells_where_the_seat_is() {
    let office = TestOffice::start().await;
    let row = json!({"row_number": "6", "row_label": "Row %s", "seat_label": "Seat %s", "seats": [seat("g", "12")]});
    let zone = json!({"name": "Block D", "position": {"x": 0, "y": 0}, "rows": [row]});
    let organiser = office.organiser();
    let made = organiser
        .post("/v1/plans", &pretix(&json!([zone])))
        .await
        .expect_status(201);
    let id = made["id"].as_str().expect("an id");
    let plan = organiser.get(&format!("/v1/plans/{id}")).await.expect_status(200);
    let section = &plan["sections"][0];
    assert_eq!(section["name"], "Block D");
    let row = &section["rows"][0];
    assert_eq!((&row["name"], &row["label"]), (&json!("6"), &json!("Row 6")));
    let seat = json!({"number": "12", "label": "Seat 12", "x": 0.0, "y": 0.0, "name": "g"});
    assert_eq!(row["seats"], json!([seat]));
}

#[tokio::test]
async fn the_same_plan_has_the_same_id() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let mut plan = json!({
        "name": "H", "categories": [{"name": "C"}], "zones": [{"name": "Z", "category": "C", "capacity": 9}],
    });
    let first = organiser.post("/v1/plans", &plan).await.expect_status(201);
    let id = uuid::Uuid::parse_str(first["id"].as_str().expect("an id")).expect("a UUID");
    assert_eq!(id.get_version_num(), 8);
    assert_eq!(organiser.post("/v1/plans", &plan).await.expect_status(201), first);
    // Also under a key, and written in another way.
    plan["sections"] = json!([]);
    let again = organiser.post_with_key("/v1/plans", &plan, "k").await;
    assert_eq!(again.expect_status(201), first);
    plan["focal_point"] = json!({"x": 1, "y": 2});
    let other = organiser.post("/v1/plans", &plan).await.expect_status(201);
    assert_ne!(other["id"], first["id"]);
    let path = format!("/v1/plans/{}", other["id"].as_str().expect("an id"));
    let read = organiser.get(&path).await.expect_status(200);
    assert_eq!(read["focal_point"], json!({"x": 1.0, "y": 2.0}));
}
