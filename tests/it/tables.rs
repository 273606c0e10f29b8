//! Floors, tables and what else a plan says of seats: told as it was, and tables that are sold whole have one owner.

use serde_json::{Value, json};

use crate::office::{Answer, Client, TestOffice};
use crate::terms::change;

/// A table that is sold whole, one that is sold by the seat, and a row, on two floors.
fn cellar() -> Value {
    let table = |name: &str, sold: &str, x: u32| {
        let seat = |(number, dx, dy): (&str, u32, u32)| json!({"number": number, "x": f64::from(x + dx), "y": f64::from(20 + dy)});
        let seats = [("1", 0, 0), ("2", 9, 0), ("3", 9, 9), ("4", 0, 9)].map(seat);
        json!({"name": name, "label": format!("Table {name}"), "category": "C", "sold": sold, "seats": seats})
    };
    json!({
        "name": "Cellar", "focal_point": {"x": 0.0, "y": 0.0},
        "floors": [{"name": "0", "label": "Ground floor"}, {"name": "1"}],
        "categories": [{"name": "C"}],
        "sections": [
            {"name": "T", "floor": "0", "rows": [], "tables": [table("W", "whole", 0), table("S", "seats", 40)]},
            {"name": "R", "floor": "1", "rows": [
                {"name": "1", "category": "C", "quality": 700, "aisles": "explicit", "seats": [
                    {"number": "1", "x": 0.0, "y": 90.0, "accessible": true},
                    {"number": "2", "x": 10.0, "y": 90.0, "companion_of": "R-1-1", "aisle_after": true},
                    {"number": "3", "x": 20.0, "y": 90.0, "restricted_view": true, "quality": 10},
                    {"number": "4", "x": 60.0, "y": 90.0}
                ]}
            ]}
        ],
        "zones": [{"name": "Bar", "category": "C", "capacity": 10, "floor": "0"}]
    })
}

const WHOLE: [&str; 4] = ["T-W-1", "T-W-2", "T-W-3", "T-W-4"];

fn id(order: &Value) -> &str {
    order["id"].as_str().expect("an id")
}

async fn show_of(office: &TestOffice, plan: &Value) -> String {
    let plan = office
        .organiser()
        .post("/v1/plans", plan)
        .await
        .expect_status(201);
    let free = json!({"C": {"amount": 0, "currency": "EUR"}});
    office
        .show(json!({"plan": plan["id"], "prices": free, "returns": "buyer"}))
        .await
}

#[track_caller]
fn expect_whole(answer: Answer) {
    let problem = answer.expect_problem(409, "table_whole");
    assert_eq!(problem["seats"], json!(WHOLE));
    assert_eq!(problem["places"][0]["row_label"], "Table W");
}

async fn together(buyer: &Client, show: &str, count: u32) -> Value {
    let wish = json!({"together": {"count": count}});
    let order = buyer.post(&format!("/v1/shows/{show}/orders"), &wish).await;
    order.expect_status(201)["seats"].clone()
}

#[tokio::test]
async fn a_plan_is_told_as_it_was_imported_and_has_the_same_id() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let plan = organiser.post("/v1/plans", &cellar()).await.expect_status(201);
    assert_eq!((&plan["seats"], &plan["zones"]), (&json!(12), &json!(1)));
    let path = format!("/v1/plans/{}", id(&plan));
    let told = organiser.get(&path).await.expect_status(200);
    assert_eq!(told, cellar());
    let again = organiser.post("/v1/plans", &told).await.expect_status(201);
    assert_eq!(again["id"], plan["id"]);

    let mut wrong = cellar();
    wrong["sections"][1]["floor"] = json!("2");
    wrong["sections"][1]["rows"][0]["seats"][1]["companion_of"] = json!("R-1-3");
    wrong["sections"][0]["tables"][0]["quality"] = json!(1001);
    let problem = organiser.post("/v1/plans", &wrong).await;
    let problem = problem.expect_problem(422, "plan_invalid");
    let pointers: Vec<_> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|fault| &fault["pointer"])
        .collect();
    assert_eq!(
        pointers,
        [
            "/sections/0/tables/0/quality",
            "/sections/1/floor",
            "/sections/1/rows/0/seats/1/companion_of"
        ]
    );
}

#[tokio::test]
async fn a_table_that_is_sold_whole_is_bought_and_given_up_whole() {
    let office = TestOffice::start().await;
    let show = show_of(&office, &cellar()).await;
    let buyer = office.buyer().await;
    expect_whole(buyer.hold(&show, &WHOLE[..3]).await);
    expect_whole(buyer.hold(&show, &["T-W-2", "R-1-4"]).await);
    buyer.hold(&show, &["T-S-2"]).await.expect_status(201);
    let order = buyer.hold(&show, &[&WHOLE[..], &["R-1-4"]].concat()).await;
    let order = order.expect_status(201);
    let drop = format!("/v1/orders/{}/drop", id(&order));
    expect_whole(buyer.post(&drop, &json!({"seats": ["T-W-1"]})).await);
    expect_whole(buyer.post(&drop, &json!({"seats": ["T-W-1", "R-1-4"]})).await);
    buyer
        .post(&drop, &json!({"seats": WHOLE}))
        .await
        .expect_status(200);
    assert_eq!(buyer.seat(&show, "T-W-1").await, "free");

    let organiser = office.organiser();
    let sale = json!({"seats": ["T-W-1"], "paid_with": "cash"});
    let path = format!("/v1/shows/{show}/box-office/orders");
    expect_whole(organiser.post(&path, &sale).await);
    let block = json!({"seats": ["T-W-1"]});
    let blocks = format!("/v1/shows/{show}/blocks");
    organiser.post(&blocks, &block).await.expect_status(200);
    let problem = buyer.hold(&show, &WHOLE).await.expect_problem(409, "seats_taken");
    assert_eq!(problem["seats"], json!(["T-W-1"]));
}

#[tokio::test]
async fn buyers_return_and_exchange_such_a_table_whole() {
    let office = TestOffice::start().await;
    let show = show_of(&office, &cellar()).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &[&WHOLE[..], &["R-1-4"]].concat()).await;
    let order = order.expect_status(201);
    let paid = buyer.pay(id(&order), "card_ok").await.expect_status(200);
    let code = |seat: &str| {
        let mut tickets = paid["tickets"].as_array().expect("tickets").iter();
        tickets.find(|ticket| ticket["seat"] == seat).expect("a ticket")["code"].clone()
    };
    let refund = format!("/v1/orders/{}/refund", id(&order));
    let exchange = format!("/v1/orders/{}/exchange", id(&order));
    expect_whole(buyer.post(&refund, &json!({"tickets": [code("T-W-1")]})).await);
    let one = json!({"tickets": [code("T-W-1")], "seats": ["T-S-1"]});
    expect_whole(buyer.post(&exchange, &one).await);
    let into = json!({"tickets": [code("R-1-4")], "seats": ["T-S-1"]});
    buyer.post(&exchange, &into).await.expect_status(201);
    // The organiser may take back what it likes.
    let one = json!({"tickets": [code("T-W-1")]});
    office.organiser().post(&refund, &one).await.expect_status(200);
    let rest = json!({"tickets": WHOLE[1..].iter().map(|seat| code(seat)).collect::<Vec<_>>()});
    buyer.post(&refund, &rest).await.expect_status(200);
    assert_eq!(buyer.seat(&show, "T-W-4").await, "free");
}

#[tokio::test]
async fn seats_together_are_a_whole_table_or_none_of_it() {
    let office = TestOffice::start().await;
    let mut plan = cellar();
    plan["sections"][0]["tables"][0]["quality"] = json!(1000);
    let show = show_of(&office, &plan).await;
    let buyer = office.buyer().await;
    assert_eq!(together(&buyer, &show, 4).await, json!(WHOLE));
    let show = show_of(&office, &plan).await;
    // The row is better than the other table; its aisle is where it says.
    assert_eq!(
        together(&buyer, &show, 2).await.as_array().expect("seats").len(),
        2
    );
    assert_eq!(buyer.seat(&show, "T-W-1").await, "free");
    buyer.hold(&show, &WHOLE).await.expect_status(201);
}

#[tokio::test]
async fn a_table_may_come_to_be_sold_whole_or_by_the_seat() {
    let office = TestOffice::start().await;
    let show = show_of(&office, &cellar()).await;
    let organiser = office.organiser();
    let buyer = office.buyer().await;
    let some = ["T-S-1", "T-S-2"];
    let order = buyer.hold(&show, &some).await.expect_status(201);
    let mut turned = cellar();
    turned["sections"][0]["tables"][0]["sold"] = json!("seats");
    turned["sections"][0]["tables"][1]["sold"] = json!("whole");
    let plan = organiser.post("/v1/plans", &turned).await.expect_status(201);
    change(&organiser, &show, 1, &json!({"plan": plan["id"]}))
        .await
        .expect_status(200);
    buyer.hold(&show, &["T-W-1"]).await.expect_status(201);
    // What was sold of it before stays so; it is given up as one, and then it is whole again.
    buyer
        .hold(&show, &["T-S-3", "T-S-4"])
        .await
        .expect_problem(409, "table_whole");
    let drop = format!("/v1/orders/{}/drop", id(&order));
    buyer
        .post(&drop, &json!({"seats": ["T-S-1"]}))
        .await
        .expect_problem(409, "table_whole");
    buyer
        .delete(&format!("/v1/orders/{}", id(&order)))
        .await
        .expect_status(200);
    let all = ["T-S-1", "T-S-2", "T-S-3", "T-S-4"];
    buyer.hold(&show, &all).await.expect_status(201);
}
