//! The shows of the default run: in the middle of their sale, and with room where documents and other tests take seats.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value, json};

use crate::office::{Client, Node, PATIENCE, TestDatabase, TestOffice};

fn settings(database: &TestDatabase, sandbox: &str) -> Vec<(String, String)> {
    [
        ("DATABASE_URL", database.url()),
        ("BOXOFFICE_DEMO", "true"),
        ("BOXOFFICE_SANDBOX", sandbox),
        ("BOXOFFICE_LIMITS", "off"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

async fn shows(client: &Client) -> Vec<Value> {
    let body = client.get("/v1/shows").await.expect_status(200);
    body["shows"].as_array().expect("shows").clone()
}

async fn counts(client: &Client, show: &str) -> (BTreeMap<String, usize>, Value) {
    let map = client
        .get(&format!("/v1/shows/{show}/seat-map"))
        .await
        .expect_status(200);
    let mut counts = BTreeMap::new();
    for state in map["seats"].as_object().expect("seats").values() {
        *counts
            .entry(state.as_str().expect("a state").to_owned())
            .or_default() += 1;
    }
    (counts, map)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_is_in_the_middle_of_its_sale_and_stays_there() {
    let database = TestDatabase::create();
    let settings = settings(&database, "true");
    let mut office = TestOffice::of_nodes(database, vec![Node::start(&settings).await]);
    let client = Client::new(office.nodes[0].url(), None);
    let begin = Instant::now();
    while office.nodes[0]
        .log()
        .matches("has sold a part of its places")
        .count()
        < 3
    {
        assert!(begin.elapsed() < PATIENCE, "{}", office.nodes[0].log());
        client.get("/healthz").await.expect_status(200);
    }
    let listed = shows(&client).await;
    assert_eq!(listed.len(), 3);
    for show in &listed {
        let (counts, _) = counts(&client, show["id"].as_str().expect("an id")).await;
        let seats = counts.values().sum::<usize>();
        let of_hundred = |state: &str| counts.get(state).copied().unwrap_or_default() * 100 / seats;
        assert!((25..=44).contains(&of_hundred("sold")), "{counts:?}");
        assert!(
            of_hundred("held") <= 5 && of_hundred("blocked") <= 5,
            "{counts:?}"
        );
        assert!(counts.contains_key("blocked"), "{counts:?}");
    }

    // What the README takes a tour to.
    let first = listed[0]["id"].as_str().expect("an id").to_owned();
    let (_, map) = counts(&client, &first).await;
    for seat in 1..=12 {
        assert_eq!(map["seats"][format!("A-1-{seat}")], "free");
    }
    let buyer = client.into_buyer().await;
    let order = json!({"seats": ["A-1-5", "A-1-6"], "zones": [{"zone": "Dance floor", "count": 2}]});
    let path = format!("/v1/shows/{first}/orders");
    buyer.post(&path, &order).await.expect_status(201);
    let together = json!({"together": {"count": 4, "category": "Front"}});
    buyer.post(&path, &together).await.expect_status(201);

    let stopped = office.nodes.remove(0);
    assert_eq!(stopped.stop().await, Some(0));
    office.nodes.push(Node::start(&settings).await);
    let again = shows(&Client::new(office.nodes[0].url(), None)).await;
    let offsets = |shows: &[Value]| -> Vec<_> { shows.iter().map(|show| show["id"].clone()).collect() };
    assert_eq!(offsets(&again), offsets(&listed));
    assert_eq!(
        again[0]["journal_offset"],
        listed[0]["journal_offset"].as_i64().expect("an offset") + 2
    );
}

/// A sale that never was must not stand among real ones.
#[tokio::test]
async fn where_money_is_taken_the_demo_sells_nothing_by_itself() {
    let database = TestDatabase::create();
    let mut settings = settings(&database, "false");
    settings.push(("BOXOFFICE_STRIPE_KEY".to_owned(), "sk_live_of_nobody".to_owned()));
    settings.push(("BOXOFFICE_STRIPE_URL".to_owned(), "http://127.0.0.1:9".to_owned()));
    let office = TestOffice::of_nodes(database, vec![Node::start(&settings).await]);
    let client = Client::new(office.nodes[0].url(), None);
    for show in shows(&client).await {
        assert_eq!(show["journal_offset"], 1, "{show}");
    }
}
