//! Pages of other origins: those that the operator names read every answer, all others none.

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::office::{Client, PATIENCE, TestOffice};

const SHOP: &str = "https://shop.example";

async fn ask(client: &Client, method: Method, path: &str, origin: &str) -> (u16, HeaderMap) {
    let request = client
        .request(method, path)
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST");
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.headers().clone())
}

#[tokio::test]
async fn pages_of_allowed_origins_read_every_answer() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_ALLOWED_ORIGINS", SHOP)]).await;
    let show = office.show(json!({})).await;
    let client = Client::new(office.nodes[0].url(), None);
    let map = format!("/v1/shows/{show}/seat-map");
    for (method, path, status) in [
        (Method::GET, "/v1/shows", 200),
        (Method::GET, map.as_str(), 200),
        (Method::HEAD, map.as_str(), 200),
        (Method::GET, "/nowhere", 404),
        (Method::PUT, "/v1/shows", 405),
        (Method::GET, "/v1/keys", 401),
        (Method::GET, "/v1/shows?x=1", 400),
        (Method::OPTIONS, "/v1/shows", 204),
        (Method::OPTIONS, "/nowhere", 404),
    ] {
        let (answered, headers) = ask(&client, method.clone(), path, SHOP).await;
        assert_eq!(answered, status, "{method} {path}");
        assert_eq!(headers["access-control-allow-origin"], SHOP, "{method} {path}");
        let exposed = headers["access-control-expose-headers"].to_str().expect("a text");
        for name in ["ETag", "Location", "Retry-After", "X-Request-Id", "RateLimit"] {
            assert!(exposed.contains(name), "{exposed}");
        }
        assert!(!headers.contains_key("access-control-allow-credentials"));
        for origin in ["https://evil.example", "http://shop.example", "null"] {
            let (answered, headers) = ask(&client, method.clone(), path, origin).await;
            assert_eq!(answered, status, "{method} {path}");
            let told = headers
                .keys()
                .find(|name| name.as_str().starts_with("access-control"));
            assert_eq!(told, None, "{method} {path} {origin}");
            let varies = headers.get_all("vary").iter().any(|vary| vary == "Origin");
            assert!(varies, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn answers_that_no_route_gives_are_read_too() {
    let settings = [
        ("BOXOFFICE_ALLOWED_ORIGINS", SHOP),
        ("BOXOFFICE_REQUEST_SECONDS_MAX", "1"),
    ];
    let office = TestOffice::with(1, None, &settings).await;
    let mut socket = TcpStream::connect(office.nodes[0].address())
        .await
        .expect("a connection");
    // No end of the body comes: the office gives up.
    let head = format!(
        "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nOrigin: {SHOP}\r\nContent-Type: application/json\r\n\
         Content-Length: 100\r\n\r\n{{"
    );
    socket.write_all(head.as_bytes()).await.expect("a write");
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut answer)).await;
    read.expect("an end in time").expect("an answer");
    let answer = String::from_utf8(answer).expect("text");
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    for text in [
        "access-control-allow-origin: https://shop.example",
        "x-request-id: ",
        "vary: Origin",
    ] {
        assert!(answer.contains(text), "{answer}");
    }
}

#[tokio::test]
async fn browsers_are_told_what_a_page_may_send() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_ALLOWED_ORIGINS", SHOP)]).await;
    let client = Client::new(office.nodes[0].url(), None);
    let (status, headers) = ask(&client, Method::OPTIONS, "/v1/shows/1024/orders", SHOP).await;
    assert_eq!(status, 204);
    let text = |name: &str| headers[name].to_str().expect("a text");
    assert!(text("access-control-allow-methods").contains("POST"));
    for name in [
        "Authorization",
        "Content-Type",
        "Idempotency-Key",
        "If-None-Match",
        "Last-Event-ID",
    ] {
        assert!(text("access-control-allow-headers").contains(name), "{name}");
    }
    assert_eq!(text("access-control-max-age"), "7200");
}

#[tokio::test]
async fn an_office_that_names_no_origins_says_nothing_of_them() {
    let office = TestOffice::start().await;
    let client = Client::new(office.nodes[0].url(), None);
    let (_, headers) = ask(&client, Method::GET, "/v1/shows", SHOP).await;
    assert!(!headers.contains_key("access-control-allow-origin"));
    assert!(!headers.contains_key("vary"));
}
