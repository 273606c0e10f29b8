//! Answers that are read slowly, or not at all, are not held once for each reader.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::office::TestOffice;

/// What a slow reader may cost, in bytes.
const COST_MAX: u64 = 512 * 1_024;
const READERS: usize = 60;

fn large_plan() -> Value {
    let row = |row: u32| {
        let seats = (1..=100)
            .map(|seat| json!({"number": seat.to_string(), "x": f64::from(seat), "y": f64::from(row)}));
        json!({"name": row.to_string(), "category": "Stalls", "seats": seats.collect::<Vec<_>>()})
    };
    let section =
        |name: u32| json!({"name": format!("Section {name}"), "rows": (1..=50).map(row).collect::<Vec<_>>()});
    json!({
        "name": "Large hall",
        "categories": [{"name": "Stalls"}],
        "sections": (1..=12).map(section).collect::<Vec<_>>(),
    })
}

#[tokio::test]
async fn slow_readers_share_what_they_read() {
    let office = TestOffice::start().await;
    let organiser = office.organiser();
    let plan = organiser
        .post("/v1/plans", &large_plan())
        .await
        .expect_status(201);
    let plan = plan["id"].as_str().expect("an id");
    let show = json!({
        "plan": plan,
        "title": "Large",
        "starts_at": "2030-01-01T20:00:00Z",
        "prices": {"Stalls": {"amount": 100, "currency": "EUR"}},
    });
    let show = organiser.post("/v1/shows", &show).await.expect_status(201);
    let show = show["id"].as_str().expect("an id").to_owned();
    let node = &office.nodes[0];
    for path in [
        format!("/v1/plans/{plan}"),
        format!("/v1/shows/{show}/snapshots/latest"),
        format!("/v1/shows/{show}/seat-map"),
    ] {
        let whole = organiser
            .request(reqwest::Method::GET, &path)
            .send()
            .await
            .expect("an answer");
        let length = whole.bytes().await.expect("a body").len() as u64;
        let before = node.resident_bytes();
        let mut readers = Vec::new();
        for _ in 0..READERS {
            let mut socket = TcpStream::connect(node.address()).await.expect("a connection");
            let request = format!("GET {path} HTTP/1.1\r\nHost: office\r\n\r\n");
            socket.write_all(request.as_bytes()).await.expect("a write");
            let mut begin = [0; 4_096];
            socket
                .read_exact(&mut begin)
                .await
                .expect("the begin of an answer");
            readers.push(socket);
        }
        // All of them have been answered: what the node has made for them, it has.
        tokio::time::timeout(Duration::from_secs(5), organiser.get("/healthz"))
            .await
            .expect("an answer");
        let cost = node.resident_bytes().saturating_sub(before) / READERS as u64;
        assert!(length > 2 * COST_MAX, "{path} has {length} bytes");
        assert!(cost < COST_MAX, "{path}: {cost} of {length} bytes a reader");
    }
}
