//! Nobody takes what there is for all: addresses, sessions and orders have shares.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Answer, Client, PATIENCE, Redis, TestOffice, Viewer, send};

const ON: (&str, &str) = ("BOXOFFICE_LIMITS", "on");

async fn hold_bar(client: &Client, show: &str, count: u32) -> Answer {
    let body = json!({"zones": [{"zone": "Bar", "count": count}]});
    client.post(&format!("/v1/shows/{show}/orders"), &body).await
}

fn check_used_up(answer: Answer, share: &str) {
    let header = |name: &str| answer.headers[name].to_str().expect("text").to_owned();
    assert_eq!(answer.status, 429, "{}", answer.body);
    let (policy, limit, retry) = (
        header("ratelimit-policy"),
        header("ratelimit"),
        header("retry-after"),
    );
    assert!(policy.starts_with(&format!("\"{share}\";q=")), "{policy}");
    assert_eq!(limit, format!("\"{share}\";r=0;t={retry}"));
    assert!(retry.parse::<u64>().expect("a number") > 0);
    let body = answer.expect_problem(429, "too_many_requests");
    assert_eq!(body["share"], share);
}

/// Holds places with one session after the other until that is refused; gives how many, and the refusal.
async fn hold_all(office: &TestOffice, address: &str, show: &str) -> (u32, Answer) {
    let client = Client::at_address(address, office.nodes[0].url());
    let mut held = 0;
    loop {
        let buyer = client.clone().into_buyer().await;
        for _ in 0..5 {
            let answer = hold_bar(&buyer, show, 20).await;
            if answer.status != 201 {
                return (held, answer);
            }
            held += 20;
        }
        assert!(held < 1_000, "one address has taken everything");
    }
}

#[tokio::test]
async fn one_address_does_not_take_the_house_however_many_sessions_it_has() {
    let office = TestOffice::with(1, None, &[ON]).await;
    let show = office.show(json!({})).await;
    let (held, refused) = hold_all(&office, "127.0.0.2", &show).await;
    assert_eq!(held, 200);
    check_used_up(refused, "unpaid_places");
    // Others hold as before.
    let (held, _) = hold_all(&office, "127.0.0.3", &show).await;
    assert_eq!(held, 200);
}

#[tokio::test]
async fn who_pays_or_gives_up_may_go_on() {
    let office = TestOffice::with(1, None, &[ON]).await;
    let show = office.show(json!({})).await;
    let client = Client::at_address("127.0.0.2", office.nodes[0].url());
    let mut paid = 0;
    for _ in 0..13 {
        let buyer = client.clone().into_buyer().await;
        for pays in [true, false] {
            let order = hold_bar(&buyer, &show, 20).await.expect_status(201);
            let order = order["id"].as_str().expect("an id");
            if pays {
                buyer.pay(order, "card_ok").await.expect_status(200);
                paid += 20;
            } else {
                buyer
                    .delete(&format!("/v1/orders/{order}"))
                    .await
                    .expect_status(200);
            }
        }
    }
    assert_eq!(paid, 260);
}

#[tokio::test]
async fn a_hold_that_lapses_costs() {
    let office = TestOffice::with(1, None, &[ON]).await;
    let show = office.show(json!({"hold_seconds": 1, "hold_grace_ms": 0})).await;
    let buyer = Client::at_address("127.0.0.2", office.nodes[0].url())
        .into_buyer()
        .await;
    for _ in 0..5 {
        hold_bar(&buyer, &show, 20).await.expect_status(201);
    }
    let begin = Instant::now();
    let held = async || {
        let map = buyer
            .get(&format!("/v1/shows/{show}/seat-map"))
            .await
            .expect_status(200);
        map["zones"]
            .as_array()
            .expect("zones")
            .iter()
            .any(|zone| zone["held"] != 0)
    };
    while held().await {
        assert!(begin.elapsed() < PATIENCE, "the holds don't lapse");
    }
    check_used_up(hold_bar(&buyer, &show, 20).await, "session_unpaid_places");
}

#[tokio::test]
async fn sessions_are_given_out_by_and_by() {
    let office = TestOffice::with(1, None, &[ON]).await;
    let client = Client::at_address("127.0.0.2", office.nodes[0].url());
    let begin = Instant::now();
    let refused = loop {
        let answer = client.post("/v1/sessions", &Value::Null).await;
        if answer.status != 201 {
            break answer;
        }
        assert!(begin.elapsed() < PATIENCE, "there is no end of sessions");
    };
    check_used_up(refused, "sessions");
    let other = Client::at_address("127.0.0.3", office.nodes[0].url());
    other.post("/v1/sessions", &Value::Null).await.expect_status(201);
}

#[tokio::test]
async fn who_is_refused_again_and_again_has_to_wait() {
    let office = TestOffice::with(1, None, &[ON]).await;
    let show = office.show(json!({})).await;
    office
        .buyer()
        .await
        .hold(&show, &["A-1-1"])
        .await
        .expect_status(201);
    let buyer = Client::at_address("127.0.0.2", office.nodes[0].url())
        .into_buyer()
        .await;
    let begin = Instant::now();
    let refused = loop {
        let answer = buyer.hold(&show, &["A-1-1"]).await;
        if answer.status != 409 {
            break answer;
        }
        assert!(begin.elapsed() < PATIENCE, "refused holds cost nothing");
    };
    check_used_up(refused, "session_refused_holds");
    check_used_up(buyer.hold(&show, &["A-1-2"]).await, "session_refused_holds");
}

#[tokio::test]
async fn an_order_has_few_tries_with_cards_that_are_declined() {
    let office = TestOffice::with(1, None, &[ON]).await;
    let show = office.show(json!({})).await;
    let buyer = Client::at_address("127.0.0.2", office.nodes[0].url())
        .into_buyer()
        .await;
    let hold = async |seat: &str| {
        let order = buyer.hold(&show, &[seat]).await.expect_status(201);
        order["id"].as_str().expect("an id").to_owned()
    };
    let (first, second) = (hold("A-1-1").await, hold("A-1-2").await);
    for _ in 0..6 {
        buyer
            .pay(&first, "card_declined")
            .await
            .expect_problem(402, "payment_declined");
    }
    check_used_up(buyer.pay(&first, "card_ok").await, "order_declined_payments");
    buyer.pay(&second, "card_ok").await.expect_status(200);
    let metrics = office.metrics(0).await;
    assert!(
        metrics.contains("boxoffice_payments_declined_total{provider=\"sandbox\"} 6"),
        "{metrics}"
    );
}

#[tokio::test]
async fn requests_and_viewers_of_an_address_have_an_end() {
    let settings = [ON, ("BOXOFFICE_VIEWERS_PER_ADDRESS_MAX", "3")];
    let office = TestOffice::with(1, None, &settings).await;
    let show = office.show(json!({})).await;
    let mut viewers = Vec::new();
    for _ in 0..3 {
        viewers.push(Viewer::watch(&office.nodes[0], &show).await);
    }
    assert_eq!(Viewer::try_watch(&office.nodes[0], &show).await.err(), Some(429));
    drop(viewers.pop());
    let begin = Instant::now();
    while Viewer::try_watch(&office.nodes[0], &show).await.is_err() {
        assert!(
            begin.elapsed() < PATIENCE,
            "a place that was given back is not free"
        );
    }
    let client = Client::at_address("127.0.0.2", office.nodes[0].url());
    let map = format!("/v1/shows/{show}/seat-map");
    let begin = Instant::now();
    let refused = loop {
        let answers = (0..50).map(|_| client.get(&map));
        let answers = futures_util::future::join_all(answers).await;
        if let Some(refused) = answers.into_iter().find(|answer| answer.status != 200) {
            break refused;
        }
        assert!(begin.elapsed() < PATIENCE, "there is no end of requests");
    };
    check_used_up(refused, "requests");
}

#[tokio::test]
async fn a_trusted_proxy_says_whose_shares_are_meant() {
    let settings = [ON, ("BOXOFFICE_TRUSTED_PROXIES", "127.0.0.2")];
    let office = TestOffice::with(1, None, &settings).await;
    let show = office.show(json!({})).await;
    let held_by = async |connection: &str, client: &str| {
        let http = Client::at_address(connection, office.nodes[0].url());
        let post = |path: &str, token: Option<&str>, body: Value| {
            let request = http
                .request(Method::POST, path)
                .header("X-Forwarded-For", client)
                .json(&body);
            match token {
                Some(token) => request.bearer_auth(token),
                None => request,
            }
        };
        let mut held = 0;
        loop {
            let session = send(post("/v1/sessions", None, Value::Null))
                .await
                .expect("an answer");
            let token = session.expect_status(201)["token"]
                .as_str()
                .expect("a token")
                .to_owned();
            for _ in 0..5 {
                let body = json!({"zones": [{"zone": "Bar", "count": 20}]});
                let order = send(post(&format!("/v1/shows/{show}/orders"), Some(&token), body)).await;
                if order.expect("an answer").status != 201 {
                    return held;
                }
                held += 20;
            }
        }
    };
    assert_eq!(held_by("127.0.0.2", "203.0.113.1").await, 200);
    assert_eq!(held_by("127.0.0.2", "203.0.113.2").await, 200);
    // Nobody else is believed.
    assert_eq!(held_by("127.0.0.3", "203.0.113.3").await, 200);
    assert_eq!(held_by("127.0.0.3", "203.0.113.4").await, 0);
}

/// A front's grant, as any library for JSON Web Tokens writes it.
fn grant(key: &str, name: &str, lasts_seconds: i64) -> String {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use hmac::{KeyInit, Mac};
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("a time");
    let expires = now.as_secs().cast_signed() + lasts_seconds;
    let parts = [
        json!({"alg": "HS256", "typ": "JWT"}),
        json!({"jti": name, "exp": expires}),
    ];
    let signed = parts
        .map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()))
        .join(".");
    let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).expect("a key");
    mac.update(signed.as_bytes());
    format!(
        "{signed}.{}",
        BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    )
}

#[tokio::test]
async fn a_front_gives_sessions_out_and_counts_by_itself() {
    let key = "the front's key, which only it and the office have";
    let office = TestOffice::with(1, None, &[ON, ("BOXOFFICE_SESSION_ISSUER_KEY", key)]).await;
    let show = office.show(json!({})).await;
    let client = Client::at_address("127.0.0.2", office.nodes[0].url());
    let ask = async |grant: Value| client.post("/v1/sessions", &json!({"grant": grant})).await;
    client
        .post("/v1/sessions", &Value::Null)
        .await
        .expect_problem(403, "forbidden");
    ask(json!(null)).await.expect_problem(403, "forbidden");
    ask(json!(grant("another key", "one", 60)))
        .await
        .expect_problem(403, "forbidden");
    ask(json!(grant(key, "one", -60)))
        .await
        .expect_problem(403, "forbidden");
    ask(json!(7)).await.expect_problem(422, "invalid");
    let first = ask(json!(grant(key, "one", 60))).await.expect_status(201);
    let again = ask(json!(grant(key, "one", 90))).await.expect_status(201);
    assert_eq!(first, again);
    // More than one address may hold: each session has its own share.
    let mut held = 0;
    for name in 0..5 {
        let session = ask(json!(grant(key, &format!("buyer {name}"), 60)))
            .await
            .expect_status(201);
        let buyer = client.with_token(session["token"].as_str().expect("a token"));
        for _ in 0..5 {
            hold_bar(&buyer, &show, 20).await.expect_status(201);
            held += 20;
        }
        check_used_up(hold_bar(&buyer, &show, 1).await, "session_unpaid_places");
    }
    assert_eq!(held, 500);
}

#[tokio::test]
async fn nodes_count_together() {
    let office = TestOffice::with(2, Some(Redis::start()), &[ON]).await;
    let show = office.show(json!({})).await;
    let (held, _) = hold_all(&office, "127.0.0.2", &show).await;
    assert!(held <= 200);
    let begin = Instant::now();
    let there = Client::at_address("127.0.0.2", office.nodes[1].url())
        .into_buyer()
        .await;
    loop {
        let answer = hold_bar(&there, &show, 20).await;
        if answer.status == 429 {
            return check_used_up(answer, "unpaid_places");
        }
        assert!(begin.elapsed() < PATIENCE, "the other node has not heard of it");
        let order = answer.body["id"].as_str().expect("an id");
        there
            .delete(&format!("/v1/orders/{order}"))
            .await
            .expect_status(200);
    }
}

#[tokio::test]
async fn the_operator_sees_who_holds_what_and_releases_it() {
    let office = TestOffice::start().await;
    let (show, other_show) = (office.show(json!({})).await, office.show(json!({})).await);
    let (honest, greedy, organiser) = (office.buyer().await, office.buyer().await, office.organiser());
    let paid = honest.hold(&show, &["B-1-1"]).await.expect_status(201);
    honest
        .pay(paid["id"].as_str().expect("an id"), "card_ok")
        .await
        .expect_status(200);
    honest.hold(&show, &["B-1-2"]).await.expect_status(201);
    greedy.hold(&other_show, &["A-1-1"]).await.expect_status(201);
    for seat in 1..=7 {
        greedy
            .hold(&show, &[&format!("A-1-{seat}")])
            .await
            .expect_status(201);
    }
    let path = format!("/v1/shows/{show}/orders");
    let pages = async |filter: &str| {
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let page = organiser
                .get(&format!("{path}?limit=3{filter}{after}"))
                .await
                .expect_status(200);
            let orders = page["orders"].as_array().expect("orders").clone();
            assert!(orders.len() <= 3);
            found.extend(orders);
            match page["next_after"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return found,
            }
        }
    };
    assert_eq!(pages("").await.len(), 9);
    assert_eq!(pages("&state=paid").await.len(), 1);
    let held = pages("&state=held").await;
    assert_eq!(held.len(), 8);
    let session = held
        .iter()
        .find(|order| order["seats"] == json!(["A-1-1"]))
        .expect("an order");
    let session = session["session"].as_str().expect("a session").to_owned();
    let own = pages(&format!("&state=held&session={session}")).await;
    assert_eq!(own.len(), 7);
    for order in own {
        let order = format!("/v1/orders/{}", order["id"].as_str().expect("an id"));
        organiser.delete(&order).await.expect_status(200);
    }
    assert_eq!(pages(&format!("&state=held&session={session}")).await.len(), 0);
    assert_eq!(organiser.seat(&show, "A-1-1").await, "free");
    assert_eq!(organiser.seat(&show, "B-1-2").await, "held");
    for wrong in [
        "limit=0",
        "limit=101",
        "session=x",
        "after=x",
        "state=lost",
        "x=1",
    ] {
        organiser
            .get(&format!("{path}?{wrong}"))
            .await
            .expect_problem(400, "bad_request");
    }
}
