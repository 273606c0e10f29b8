//! When a show sells and when it is over, and that what is said of it agrees with what an order is told.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::office::TestOffice;

/// A time this many hours from now, as it goes over the wire.
fn hours(hours: i64) -> String {
    let at: DateTime<Utc> = std::time::SystemTime::now().into();
    (at + TimeDelta::hours(hours)).to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Makes a show with these times; tells its state, by its making and by a look at it, and what an order is told.
async fn check(office: &TestOffice, times: Value, state: &str, told: &str) {
    let show = office.show(times.clone()).await;
    let (organiser, buyer) = (office.organiser(), office.buyer().await);
    let path = format!("/v1/shows/{show}");
    let seen = organiser.get(&path).await.expect_status(200);
    assert_eq!(seen["state"], state, "{times}");
    let listed = organiser.get("/v1/shows").await.expect_status(200);
    let listed = listed["shows"].as_array().expect("shows").iter();
    let listed: Vec<_> = listed.filter(|listed| listed["id"] == show).collect();
    assert_eq!(listed, [&seen]);
    let order = buyer.hold(&show, &["A-1-1"]).await;
    let got = order.body["code"].as_str().unwrap_or("held").to_owned();
    assert_eq!(got, told, "{times}");
    // The same is said of a show that is watched, from memory.
    buyer.get(&format!("{path}/seat-map")).await.expect_status(200);
    assert_eq!(organiser.get(&path).await.expect_status(200)["state"], state);
}

#[tokio::test]
async fn a_show_sells_until_it_begins_unless_it_says_otherwise() {
    let office = TestOffice::start().await;
    let begun = hours(-1);
    let cases = [
        (json!({}), "open", "held"),
        (json!({"state": "closed"}), "closed", "show_closed"),
        (json!({"starts_at": "2020-01-01T00:00:00Z"}), "over", "sale_ended"),
        (json!({"starts_at": begun}), "closed", "sale_ended"),
        (
            json!({"starts_at": begun, "ends_at": hours(1)}),
            "closed",
            "sale_ended",
        ),
        (
            json!({"starts_at": hours(-3), "ends_at": begun}),
            "over",
            "sale_ended",
        ),
        (json!({"starts_at": begun, "closes_at": hours(1)}), "open", "held"),
        (
            json!({"starts_at": begun, "closes_at": hours(1), "ends_at": hours(1)}),
            "open",
            "held",
        ),
        (
            json!({"starts_at": hours(-30), "closes_at": hours(1)}),
            "open",
            "held",
        ),
        (
            json!({"closes_at": "2020-01-01T00:00:00Z"}),
            "closed",
            "sale_ended",
        ),
        (
            json!({"on_sale_at": "2029-01-01T00:00:00Z"}),
            "scheduled",
            "not_on_sale",
        ),
        (
            json!({"on_sale_at": "2029-01-01T00:00:00Z", "state": "closed"}),
            "closed",
            "show_closed",
        ),
    ];
    for (times, state, told) in cases {
        check(&office, times, state, told).await;
    }
}

#[tokio::test]
async fn times_that_contradict_each_other_are_refused_by_name() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let like = office.request_like(&show).await;
    let cases = [
        (json!({"ends_at": "2030-01-01T20:00:00Z"}), "/ends_at"),
        (json!({"ends_at": "2029-01-01T00:00:00Z"}), "/ends_at"),
        (
            json!({"ends_at": "2030-01-01T22:00:00Z", "closes_at": "2030-01-01T22:00:01Z"}),
            "/closes_at",
        ),
        (json!({"on_sale_at": "2030-01-01T20:00:00Z"}), "/on_sale_at"),
        (json!({"on_sale_at": "2031-01-01T00:00:00Z"}), "/on_sale_at"),
        (
            json!({"on_sale_at": "2029-02-01T00:00:00Z", "closes_at": "2029-01-01T00:00:00Z"}),
            "/closes_at",
        ),
    ];
    for (times, field) in cases {
        let mut request = like.clone();
        for (name, value) in times.as_object().expect("times") {
            request[name] = value.clone();
        }
        let refused = office.organiser().post("/v1/shows", &request).await;
        assert_eq!(refused.expect_problem(422, "invalid")["field"], field, "{times}");
    }
    let until_the_end = json!({"ends_at": "2030-01-01T22:00:00Z", "closes_at": "2030-01-01T22:00:00Z"});
    let show = office.show(until_the_end.clone()).await;
    let seen = office.organiser().get(&format!("/v1/shows/{show}")).await;
    assert_eq!(seen.expect_status(200)["ends_at"], until_the_end["ends_at"]);
}

#[tokio::test]
async fn a_canceled_show_says_so() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let path = format!("/v1/shows/{show}");
    let organiser = office.organiser();
    organiser
        .get(&format!("{path}/seat-map"))
        .await
        .expect_status(200);
    organiser
        .post(&format!("{path}/cancellation"), &json!(null))
        .await
        .expect_status(202);
    assert_eq!(organiser.get(&path).await.expect_status(200)["state"], "canceled");
    let closed = organiser.patch(&path, &json!({"state": "closed"})).await;
    assert_eq!(closed.expect_status(200)["state"], "canceled");
    organiser
        .patch(&path, &json!({"state": "open"}))
        .await
        .expect_problem(409, "show_canceled");
    // What it is told to be is one of two words.
    for word in ["scheduled", "over", "canceled"] {
        let told = organiser.patch(&path, &json!({"state": word})).await;
        assert_eq!(told.expect_problem(422, "invalid")["field"], "/state");
    }
}

#[tokio::test]
async fn shows_are_listed_by_state_and_beginning() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let over = office.show(json!({"starts_at": "2020-01-01T00:00:00Z"})).await;
    let scheduled = office.show(json!({"on_sale_at": "2029-01-01T00:00:00Z"})).await;
    let first = office.show(json!({})).await;
    let closed = office.show(json!({"starts_at": hours(-1)})).await;
    let second = office.show(json!({"starts_at": "2040-01-01T00:00:00Z"})).await;
    let listed = async |query: &str| {
        let page = organiser
            .get(&format!("/v1/shows?{query}"))
            .await
            .expect_status(200);
        let shows = page["shows"].as_array().expect("shows").iter();
        let ids: Vec<_> = shows
            .map(|show| show["id"].as_str().expect("an id").to_owned())
            .collect();
        (ids, page["next_after"].clone())
    };
    let whole = async |query: &str| {
        let (ids, next_after) = listed(query).await;
        assert_eq!(next_after, json!(null), "{query}");
        ids
    };
    assert_eq!(whole("state=over").await, [over]);
    assert_eq!(whole("state=scheduled").await, std::slice::from_ref(&scheduled));
    assert_eq!(whole("state=closed").await, [closed]);
    assert_eq!(whole("state=canceled").await, [] as [String; 0]);
    assert_eq!(whole("state=open").await, [first.clone(), second.clone()]);
    assert_eq!(
        whole("starts_after=2030-01-01T19:59:59Z").await,
        [scheduled, first.clone(), second.clone()]
    );
    assert_eq!(whole("starts_after=1806-01-01T19:59:59Z").await.len(), 5);
    assert_eq!(
        whole("state=open&starts_after=2030-01-01T20:00:00Z").await,
        std::slice::from_ref(&second)
    );
    let (page, next_after) = listed("state=open&limit=1").await;
    assert_eq!((page, &next_after), (vec![first.clone()], &json!(first)));
    assert_eq!(
        whole(&format!("state=open&limit=1&after={first}")).await,
        [second]
    );
    for (query, name) in [
        ("state=sold", "state"),
        ("state=", "state"),
        ("starts_after=soon", "starts_after"),
    ] {
        let refused = organiser.get(&format!("/v1/shows?{query}")).await;
        assert_eq!(refused.expect_problem(400, "bad_request")["field"], name);
    }
}

#[tokio::test]
async fn a_page_of_wanted_shows_looks_at_some_shows_and_no_more() {
    let office = TestOffice::start().await;
    let first = office.show(json!({})).await;
    let old = "INSERT INTO shows SELECT s.show_id + n * 1024, s.plan_id, 'Old', '2020-01-01', s.currency, s.prices, s.hold_ms, \
             s.hold_grace_ms, s.order_places_max, s.session_places_max, NULL, NULL, s.buyers_may_return, NULL, false, 0, s.created_at \
             + n * interval '1 microsecond' FROM shows s, generate_series(1, 1200) n; \
         INSERT INTO journal_heads (show_id) SELECT show_id FROM shows WHERE title = 'Old'; \
         UPDATE office SET next_show = next_show + 1200";
    let mut database = office.database.connect();
    database.batch_execute(old).expect("old shows");
    let second = office.show(json!({})).await;
    let organiser = office.organiser();
    let next = async |after: &str| {
        let page = organiser
            .get(&format!("/v1/shows?state=open&after={after}"))
            .await;
        let page = page.expect_status(200);
        let ids: Vec<_> = page["shows"]
            .as_array()
            .expect("shows")
            .iter()
            .map(|show| show["id"].clone())
            .collect();
        (ids, page["next_after"].clone())
    };
    let (shows, after) = next("0").await;
    assert_eq!(shows, [json!(first)]);
    let (shows, end) = next(after.as_str().expect("another page")).await;
    assert_eq!((shows, end), (vec![json!(second)], json!(null)));
    let forget = "DELETE FROM journal_heads h USING shows s WHERE s.show_id = h.show_id AND s.title = 'Old'; \
         DELETE FROM shows WHERE title = 'Old'";
    database.batch_execute(forget).expect("no old shows");
}
