//! Orders and tickets as tables.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::office::{Client, TestOffice};

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// A table as it is sent; `None`, if it is cut off.
async fn table(client: &Client, path: &str) -> Option<String> {
    let response = client
        .request(reqwest::Method::GET, path)
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
    response.text().await.ok()
}

#[tokio::test]
async fn tables_have_a_line_each_and_no_formula() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (buyer, organiser) = (office.buyer().await, office.organiser());
    let wish = json!({
        "seats": ["A-1-1", "A-1-2"], "zones": [{"zone": "Floor", "count": 2}],
        "buyer": {"name": "=cmd|' /C calc'!A0", "email": "+ada@example.org", "phone": "+43 1 234", "locale": "de"},
        "attendees": ["Ada, \"the\" first", null, "-Bob"], "metadata": {"a": "1"},
    });
    let path = format!("/v1/shows/{show}/orders");
    let paid = buyer.post(&path, &wish).await.expect_status(201);
    let id = text(&paid["id"]);
    let tickets = buyer.pay(&id, "card_ok").await.expect_status(200)["tickets"].clone();
    let held = buyer.hold(&show, &["B-1-1"]).await.expect_status(201);
    let back = json!({"tickets": [tickets[1]["code"]]});
    organiser
        .post(&format!("/v1/orders/{id}/refund"), &back)
        .await
        .expect_status(200);

    let time = |order: &Value| {
        let time: chrono::DateTime<chrono::Utc> = text(&order["created_at"]).parse().expect("a time");
        time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    };
    let listed = organiser.get(&path).await.expect_status(200);
    let session = text(&listed["orders"][0]["session"]);
    let exports = format!("/v1/shows/{show}/exports");
    let orders = table(&organiser, &format!("{exports}/orders"))
        .await
        .expect("all of it");
    let expected = format!(
        "order,state,created_at,session,seats,zones,places,returned_places,total_minor_units,currency,buyer_name,buyer_email,\
         buyer_phone,buyer_locale,attendees,metadata,ticket_types,code,discount_minor_units,fees_minor_units\r\n\
         {id},paid,{},{session},A-1-1; A-1-2,2 x Floor,4,1,16000,EUR,'=cmd|' /C calc'!A0,'+ada@example.org,'+43 1 234,de,\
         \"Ada, \"\"the\"\" first; -Bob\",\"{{\"\"a\"\":\"\"1\"\"}}\",,,0,0\r\n\
         {},held,{},{session},B-1-1,,1,0,5000,EUR,,,,,,,,,0,0\r\n",
        time(&paid),
        text(&held["id"]),
        time(&held),
    );
    assert_eq!(orders, expected);
    let some = table(&organiser, &format!("{exports}/orders?state=held"))
        .await
        .expect("all of it");
    assert_eq!(some.lines().count(), 2);
    let tickets_table = table(&organiser, &format!("{exports}/tickets"))
        .await
        .expect("all of it");
    let lines: Vec<_> = tickets_table.split("\r\n").collect();
    let code = |at: usize| text(&tickets[at]["code"]);
    let made = time(&paid);
    assert_eq!(
        lines,
        [
            "ticket,order,created_at,category,seat,section,row,number,zone,price_minor_units,currency,attendee,buyer_name,buyer_email,ticket_type,fee_minor_units,code"
                .to_owned(),
            format!("{},{id},{made},Stalls,A-1-1,A,1,1,,5000,EUR,\"Ada, \"\"the\"\" first\",'=cmd|' /C calc'!A0,'+ada@example.org,,0,", code(0)),
            format!("{},{id},{made},Floor,,,,,Floor,3000,EUR,'-Bob,'=cmd|' /C calc'!A0,'+ada@example.org,,0,", code(2)),
            format!("{},{id},{made},Floor,,,,,Floor,3000,EUR,,'=cmd|' /C calc'!A0,'+ada@example.org,,0,", code(3)),
            String::new(),
        ]
    );
    buyer
        .get(&format!("{exports}/orders"))
        .await
        .expect_problem(403, "forbidden");
}

#[tokio::test]
async fn tables_tell_what_places_were_sold_as_and_by_which_code() {
    let office = TestOffice::start().await;
    let show = office.show(crate::prices::tariff()).await;
    let (buyer, organiser) = (office.buyer().await, office.organiser());
    let codes = json!({"codes": ["early"], "percent": 50, "ticket_types": ["child"]});
    organiser
        .post(&format!("/v1/shows/{show}/codes"), &codes)
        .await
        .expect_status(201);
    let mut wish = crate::prices::family();
    wish["code"] = json!("early");
    let path = format!("/v1/shows/{show}/orders");
    let order = buyer.post(&path, &wish).await.expect_status(201);
    buyer.pay(&text(&order["id"]), "card_ok").await.expect_status(200);
    let last = |table: &str, cells: usize| -> Vec<Vec<String>> {
        let rows = table.lines().skip(1);
        let cells = |line: &str| line.rsplit(',').take(cells).map(str::to_owned).collect();
        rows.map(cells).collect()
    };
    let exports = format!("/v1/shows/{show}/exports");
    let orders = table(&organiser, &format!("{exports}/orders")).await;
    // Four tickets have a price, and each has its fee; besides that of the order.
    assert_eq!(
        last(&orders.expect("all of it"), 4),
        [["650", "1000", "EARLY", "3 x adult; 2 x child"]]
    );
    let tickets = table(&organiser, &format!("{exports}/tickets")).await;
    let tickets = last(&tickets.expect("all of it"), 3);
    let types: Vec<_> = tickets.iter().map(|cells| cells[2].as_str()).collect();
    assert_eq!(types, ["adult", "adult", "child", "child", "adult"]);
    let fees: Vec<_> = tickets.iter().map(|cells| cells[1].as_str()).collect();
    assert_eq!(fees, ["100", "100", "100", "0", "100"]);
    assert!(tickets.iter().all(|cells| cells[0] == "EARLY"));
}

#[tokio::test]
async fn an_export_goes_on_page_by_page_and_one_that_is_cut_off_says_so() {
    let office = TestOffice::start().await;
    let show = office.show(json!({"session_places_max": 1000})).await;
    let buyer = office.buyer().await;
    let path = format!("/v1/shows/{show}/orders");
    let wish = json!({"zones": [{"zone": "Bar", "count": 1}]});
    // More than two pages.
    for _ in 0..45 {
        for order in join_all((0..10).map(|_| buyer.post(&path, &wish))).await {
            order.expect_status(201);
        }
    }
    let organiser = office.organiser();
    let export = format!("/v1/shows/{show}/exports/orders");
    let all = table(&organiser, &export).await.expect("all of it");
    assert_eq!(all.lines().count(), 451);
    let ids: std::collections::BTreeSet<_> = all.lines().map(|line| &line[..11]).collect();
    assert_eq!(ids.len(), 451, "each order once");
    // A row that nobody can read, on the second page.
    let broken = "UPDATE orders SET zones = '{1}' WHERE booked_offset = 300";
    office.database.execute(broken);
    assert_eq!(table(&organiser, &export).await, None);
    office
        .database
        .execute("UPDATE orders SET zones = '{1,1}' WHERE booked_offset = 300");
    // Its turn came back each time.
    for _ in 0..3 {
        table(&organiser, &export).await.expect("all of it");
    }
}
