//! Drafts: nobody but the organiser sees them, until they are published.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::change;
use crate::office::{Client, Redis, TestOffice, Viewer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_its_organisers_alone_until_it_is_published() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let draft = office.show(json!({"state": "draft"})).await;
    let other = office.show(json!({})).await;
    let organiser = office.organiser();
    let at_second = organiser.at(office.nodes[1].url());
    let buyers = [office.buyer().await, office.buyer_at(1).await];
    let path = format!("/v1/shows/{draft}");
    let public = [
        "",
        "/seat-map",
        "/seat-map?at=0",
        "/holds",
        "/events",
        "/snapshots/latest",
        "/live",
        "/providers",
    ];
    for seen in [&organiser, &at_second] {
        // The map is in memory now, from which others must not be answered.
        for part in public.iter().filter(|part| **part != "/live") {
            seen.get(&format!("{path}{part}")).await.expect_status(200);
        }
        assert_eq!(seen.get(&path).await.expect_status(200)["state"], "draft");
    }
    let listed = |who: &Client, of: &str| {
        let (who, path) = (who.clone(), format!("/v1/shows{of}"));
        async move {
            let page = who.get(&path).await.expect_status(200);
            let shows = page["shows"].as_array().expect("shows").clone();
            shows.iter().map(|show| show["id"].clone()).collect::<Vec<_>>()
        }
    };
    for buyer in &buyers {
        for part in public.iter().filter(|part| **part != "/live") {
            let answer = buyer.get(&format!("{path}{part}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{part}");
        }
        buyer
            .hold(&draft, &["A-1-1"])
            .await
            .expect_problem(404, "not_found");
        assert_eq!(listed(buyer, "").await, [json!(other)]);
        assert_eq!(listed(buyer, "?state=draft").await, Vec::<Value>::new());
    }
    assert_eq!(listed(&organiser, "?state=draft").await, [json!(draft)]);
    assert_eq!(listed(&organiser, "").await, [json!(draft), json!(other)]);
    assert!(
        Viewer::try_watch(&office.nodes[0], &draft)
            .await
            .is_err_and(|status| status == 404)
    );

    let dollars =
        json!({"Stalls": {"amount": 7, "currency": "USD"}, "Floor": {"amount": 8, "currency": "USD"}});
    let still = change(&organiser, &draft, 1, &json!({"prices": dollars}))
        .await
        .expect_status(200);
    assert_eq!(
        (&still["state"], &still["revision"]),
        (&json!("draft"), &json!(2))
    );
    buyers[1].get(&path).await.expect_problem(404, "not_found");
    let published = organiser
        .patch(&path, &json!({"state": "open"}))
        .await
        .expect_status(200);
    assert_eq!(
        (&published["state"], &published["revision"]),
        (&json!("open"), &json!(3))
    );
    for buyer in &buyers {
        for part in public.iter().filter(|part| **part != "/live") {
            buyer.get(&format!("{path}{part}")).await.expect_status(200);
        }
        // Where whoever follows the list comes by next.
        assert_eq!(listed(buyer, "").await, [json!(other), json!(draft)]);
        assert_eq!(listed(buyer, &format!("?after={other}")).await, [json!(draft)]);
        assert_eq!(
            listed(buyer, &format!("?after={draft}")).await,
            Vec::<Value>::new()
        );
    }
    let order = buyers[1].hold(&draft, &["A-1-1"]).await.expect_status(201);
    assert_eq!(order["total"], json!({"amount": 7, "currency": "USD"}));
    let id = order["id"].as_str().expect("an id");
    let paid = buyers[1].pay(id, "card_ok").await.expect_status(200);
    assert_eq!(paid["amount"], json!({"amount": 7, "currency": "USD"}));
    Viewer::watch(&office.nodes[1], &draft).await;
}

#[tokio::test]
async fn a_draft_can_be_published_closed_and_canceled_unseen() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let buyer = office.buyer().await;
    let closed = office.show(json!({"state": "draft"})).await;
    let path = format!("/v1/shows/{closed}");
    let published = organiser
        .patch(&path, &json!({"state": "closed"}))
        .await
        .expect_status(200);
    assert_eq!(published["state"], "closed");
    buyer.get(&path).await.expect_status(200);

    let canceled = office.show(json!({"state": "draft"})).await;
    let path = format!("/v1/shows/{canceled}");
    organiser
        .post(&format!("{path}/cancellation"), &json!(null))
        .await
        .expect_status(202);
    buyer.get(&path).await.expect_problem(404, "not_found");
    organiser
        .patch(&path, &json!({"state": "open"}))
        .await
        .expect_problem(409, "show_canceled");
    buyer.get(&path).await.expect_problem(404, "not_found");
}
