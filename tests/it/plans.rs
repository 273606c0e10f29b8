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
