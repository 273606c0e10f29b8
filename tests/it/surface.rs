//! What any client may throw at the door, and the contract that is published.

mod coding;
mod methods;
mod origins;
mod pages;
mod providers;

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::office::TestOffice;

#[test]
fn the_committed_document_is_the_generated_one() {
    let generated = boxoffice::http::document::document().expect("a document");
    let generated = serde_json::to_string_pretty(&generated).expect("JSON");
    let committed = include_str!("../../openapi/openapi.json");
    assert_eq!(
        committed.trim_end(),
        generated,
        "run: boxoffice openapi > openapi/openapi.json"
    );
}

#[test]
fn the_committed_document_of_the_feed_is_the_generated_one() {
    let generated = boxoffice::http::asyncapi::document().expect("a document");
    let generated = serde_json::to_string_pretty(&generated).expect("JSON");
    let committed = include_str!("../../openapi/asyncapi.json");
    assert_eq!(
        committed.trim_end(),
        generated,
        "run: boxoffice asyncapi > openapi/asyncapi.json"
    );
}

#[test]
fn every_problem_has_a_word_and_a_status_of_its_own() {
    use boxoffice::http::problem::Code;
    let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(
        Code::ALL
            .iter()
            .all(|code| code.status().is_client_error() || code.status().is_server_error())
    );
}

#[tokio::test]
async fn odd_requests_get_clear_answers() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let path = format!("/v1/shows/{show}/orders");
    let post = |kind: &'static str, body: Vec<u8>| {
        buyer
            .request(reqwest::Method::POST, &path)
            .header("Content-Type", kind)
            .body(body)
    };
    let code = async |request: reqwest::RequestBuilder| {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let (status, body) = (
            response.status().as_u16(),
            response.json::<Value>().await.expect("JSON"),
        );
        (status, body["code"].as_str().expect("a code").to_owned())
    };
    let check = async |request, status: u16, expected: &str| {
        assert_eq!(code(request).await, (status, expected.to_owned()));
    };
    check(post("text/plain", b"{}".to_vec()), 415, "unsupported_media_type").await;
    check(post("application/json", b"{".to_vec()), 400, "bad_request").await;
    check(
        post("application/json", vec![b'"', 0xff, b'"']),
        400,
        "bad_request",
    )
    .await;
    check(post("application/json", b"[1]".to_vec()), 422, "invalid").await;
    check(
        buyer.request(reqwest::Method::PUT, &path),
        405,
        "method_not_allowed",
    )
    .await;
    check(
        buyer.request(reqwest::Method::DELETE, "/v1/sessions"),
        405,
        "method_not_allowed",
    )
    .await;
    check(
        buyer.request(reqwest::Method::GET, "/v2/anything"),
        404,
        "not_found",
    )
    .await;
    check(
        buyer.request(reqwest::Method::GET, "/v1/plans/x"),
        404,
        "not_found",
    )
    .await;
    let live = buyer.request(reqwest::Method::GET, &format!("/v1/shows/{show}/live"));
    check(live, 400, "bad_request").await;
    let large = office.organiser().request(reqwest::Method::POST, "/v1/plans");
    let large = large
        .header("Content-Type", "application/json")
        .body(vec![b' '; 33 * 1024 * 1024]);
    // A server may also close the connection on a body that it won't read.
    if let Ok(response) = large.send().await {
        assert_eq!(response.status(), 413);
    }
    check(post("application/json", vec![b' '; 300 * 1024]), 413, "too_large").await;
    assert_eq!(office.journal(&show).await.len(), 1);
}

#[tokio::test]
async fn a_body_that_trickles_in_is_cut_off() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_REQUEST_SECONDS_MAX", "1")]).await;
    let address = office.nodes[0].url().trim_start_matches("http://").to_owned();
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let request = buyer
        .request(reqwest::Method::POST, "/")
        .build()
        .expect("a request");
    let token = request.headers()["authorization"]
        .to_str()
        .expect("a token")
        .to_owned();
    let mut socket = tokio::net::TcpStream::connect(&address)
        .await
        .expect("a connection");
    let head = format!(
        "POST /v1/shows/{show}/orders HTTP/1.1\r\nHost: {address}\r\nAuthorization: {token}\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    );
    socket.write_all(head.as_bytes()).await.expect("a write");
    let mut answer = vec![0; 16];
    let read = tokio::time::timeout(Duration::from_secs(10), socket.read_exact(&mut answer)).await;
    read.expect("an answer in time").expect("an answer");
    assert_eq!(&answer[..12], b"HTTP/1.1 408");
}

#[tokio::test]
async fn the_office_tells_how_it_is() {
    let office = TestOffice::start().await;
    let buyer = office.buyer().await;
    let show = office.show(json!({})).await;
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    buyer.get("/healthz").await.expect_status(200);
    buyer.get("/readyz").await.expect_status(200);
    let text = |path: &'static str| {
        let request = buyer.request(reqwest::Method::GET, path);
        async {
            request
                .send()
                .await
                .expect("an answer")
                .text()
                .await
                .expect("text")
        }
    };
    assert!(text("/metrics").await.contains("boxoffice_batch_commands_count"));
    assert!(text("/docs/").await.contains("swagger-ui"));
    let document: Value = serde_json::from_str(&text("/openapi.json").await).expect("JSON");
    assert_eq!(
        document["openapi"].as_str().map(|version| &version[..3]),
        Some("3.1")
    );
}

/// What browsers do with an answer is said by it.
#[tokio::test]
async fn answers_are_neither_kept_nor_guessed_at_nor_framed() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let held = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let order = format!("/v1/orders/{}", held["id"].as_str().expect("an id"));
    buyer
        .pay(held["id"].as_str().expect("an id"), "card_ok")
        .await
        .expect_status(200);
    let check = async |request: reqwest::RequestBuilder, status: u16, kept: &str| {
        let answer = request.send().await.expect("an answer");
        let path = answer.url().path().to_owned();
        assert_eq!(answer.status().as_u16(), status, "{path}");
        let headers = answer.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["cache-control"], kept, "{path}");
    };
    let get = |path: &str| buyer.request(reqwest::Method::GET, path);
    let post = |path: &str| buyer.request(reqwest::Method::POST, path);
    check(get(&order), 200, "no-store").await;
    check(get(&format!("{order}/tickets")), 200, "no-store").await;
    check(post("/v1/sessions"), 201, "no-store").await;
    check(get("/v1/keys"), 403, "no-store").await;
    check(get("/v1/orders/NOBODYS"), 404, "no-store").await;
    check(get("/nowhere"), 404, "no-store").await;
    check(get(&format!("/v1/shows/{show}/seat-map")), 200, "no-cache").await;
    let past = format!("/v1/shows/{show}/seat-map?at=1");
    check(get(&past), 200, "public, max-age=31536000, immutable").await;
    for page in ["/docs/", "/docs/swagger-ui.css"] {
        let answer = get(page).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{page}");
        let headers = answer.headers();
        let policy = headers["content-security-policy"].to_str().expect("a text");
        assert!(policy.contains("frame-ancestors 'none'"), "{page}");
        let scripts = policy.split(';').find(|part| part.contains("script-src"));
        assert_eq!(scripts.map(str::trim), Some("script-src 'self'"), "{page}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{page}");
        assert_eq!(headers["x-frame-options"], "DENY", "{page}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{page}");
    }
}
