//! Bodies are read only for who may send them.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::office::{ORGANISER_KEY, PATIENCE, TestOffice};

/// The status with which a head is answered whose body never comes.
async fn status_of_head(address: &str, request: &str, authorization: &str, bytes: usize) -> String {
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    let head = format!(
        "{request} HTTP/1.1\r\nHost: {address}\r\n{authorization}Content-Type: application/json\r\n\
         Content-Length: {bytes}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.expect("a write");
    let mut answer = [0; 12];
    let read = tokio::time::timeout(PATIENCE / 2, socket.read_exact(&mut answer)).await;
    read.unwrap_or_else(|_| panic!("{request} waits for its body"))
        .expect("an answer");
    String::from_utf8_lossy(&answer[9..]).into_owned()
}

#[tokio::test]
async fn nobody_is_listened_to_who_may_not_speak() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_REQUEST_SECONDS_MAX", "30")]).await;
    let show = office.show(json!({})).await;
    let token = office.buyer().await.token();
    let address = office.nodes[0].url().trim_start_matches("http://").to_owned();
    let buyer = format!("Authorization: Bearer {token}\r\n");
    let organiser = format!("Authorization: Bearer {ORGANISER_KEY}\r\n");
    let large = 31 * 1024 * 1024;
    let cases = [
        ("POST /v1/plans".to_owned(), buyer.as_str(), large, "403"),
        ("POST /v1/plans".to_owned(), "", large, "401"),
        ("POST /v1/plans".to_owned(), &organiser, 2 * large, "413"),
        ("POST /v1/shows".to_owned(), &buyer, 200_000, "403"),
        (format!("PATCH /v1/shows/{show}"), &buyer, 200_000, "403"),
        (format!("POST /v1/shows/{show}/blocks"), &buyer, 200_000, "403"),
        (format!("DELETE /v1/shows/{show}/blocks"), &buyer, 200_000, "403"),
        (format!("POST /v1/shows/{show}/orders"), &organiser, 60_000, "403"),
        (format!("POST /v1/shows/{show}/orders"), &buyer, 263_000, "413"),
        (
            "POST /v1/orders/AAAA/payments".to_owned(),
            &organiser,
            60_000,
            "403",
        ),
        ("POST /v1/orders/AAAA/refund".to_owned(), "", 60_000, "401"),
        ("POST /v1/webhooks/sandbox".to_owned(), "", 200_000, "400"),
        ("POST /v1/webhooks/nobody".to_owned(), "", 200_000, "404"),
    ];
    for (request, authorization, bytes, expected) in cases {
        let status = status_of_head(&address, &request, authorization, bytes).await;
        assert_eq!(status, expected, "{request}");
    }
}
