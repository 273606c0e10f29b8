//! What the operator sees of who comes: counts by route and status, and lines that no stranger fills the log with.

use std::time::Instant;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::office::{Client, PATIENCE, TestOffice};

#[tokio::test]
async fn requests_are_counted_by_route_and_status() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    buyer
        .hold(&show, &["A-1-1"])
        .await
        .expect_problem(409, "seats_taken");
    Client::new(office.nodes[0].url(), Some("bos_forged"))
        .hold(&show, &["A-1-2"])
        .await
        .expect_status(401);
    buyer.post("/v1/shows", &json!({})).await.expect_status(403);
    for _ in 0..3 {
        buyer.seat(&show, "A-1-1").await;
    }
    buyer.get("/v1/nothing/of/that/name").await.expect_status(404);
    let metrics = office.metrics(0).await;
    for (method, route, status, count) in [
        ("POST", "/v1/shows/{show}/orders", 201, 1),
        ("POST", "/v1/shows/{show}/orders", 409, 1),
        ("POST", "/v1/shows/{show}/orders", 401, 1),
        ("POST", "/v1/shows", 403, 1),
        ("GET", "/v1/shows/{show}/seat-map", 200, 3),
        ("GET", "none", 404, 1),
    ] {
        let line = format!(
            "boxoffice_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} {count}\n"
        );
        assert!(metrics.contains(&line), "{line}{metrics}");
    }
}

/// Waits until the log has this text.
pub async fn wait_for(office: &TestOffice, text: &str) -> String {
    let begin = Instant::now();
    loop {
        let log = office.nodes[0].log();
        if log.contains(text) {
            return log;
        }
        assert!(begin.elapsed() < PATIENCE, "{text} is not in the log: {log}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn what_is_refused_is_in_the_log_with_its_address_and_without_its_path() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let buyer = Client::at_address("127.0.0.2", office.nodes[0].url())
        .into_buyer()
        .await;
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    let code = "SAZJZ-WBYHS-TKHUE";
    buyer
        .post(&format!("/v1/tickets/{code}/check-in"), &json!(null))
        .await
        .expect_status(403);
    let log = wait_for(&office, "\"http.status\":403").await;
    for text in [
        "\"http.route\":\"/v1/tickets/{code}/check-in\"",
        "\"client.address\":\"127.0.0.2\"",
        "\"problem.code\":\"forbidden\"",
    ] {
        assert!(log.contains(text), "{text} is not in {log}");
    }
    assert!(!log.contains(code) && !log.contains(&buyer.token()), "{log}");
    assert!(!log.contains("\"http.status\":201"), "{log}");
}

#[tokio::test]
async fn junk_fills_no_log() {
    let office = TestOffice::start().await;
    let node = &office.nodes[0];
    for number in 0..200 {
        let mut socket = TcpStream::connect(node.address()).await.expect("a connection");
        let junk = if number % 2 == 0 {
            "GET / HTTP/1.1\r\nA b: c\r\n\r\n"
        } else {
            "\x16\x03\x01\r\n\r\n"
        };
        socket.write_all(junk.as_bytes()).await.expect("a write");
        let mut answer = Vec::new();
        let _end = socket.read_to_end(&mut answer).await;
        assert!(
            answer.starts_with(b"HTTP/1.1 400"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    }
    let stranger = Client::new(node.url(), Some("bos_forged"));
    for _ in 0..200 {
        stranger.get("/v1/orders/HRVEN-UTABR").await.expect_status(401);
    }
    let log = wait_for(&office, "\"http.status\":401").await;
    assert!(!log.contains("\"level\":\"ERROR\""), "{log}");
    let lines = log.matches("\"http.status\":401").count();
    assert!(lines < 200, "{lines} lines");
}
