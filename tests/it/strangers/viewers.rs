//! A WebSocket takes no memory but a small frame's, whatever its client sends.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::office::{Node, PATIENCE, TestOffice};

/// What a single viewer may cost at most, in bytes: the connection's buffers in both directions, and what the process takes
/// besides.
const COST_MAX: u64 = 8 * 1_024 * 1_024;

async fn open(node: &Node, show: &str) -> TcpStream {
    let mut socket = TcpStream::connect(node.address()).await.expect("a connection");
    let handshake = format!(
        "GET /v1/shows/{show}/live HTTP/1.1\r\nHost: {}\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        node.address()
    );
    socket.write_all(handshake.as_bytes()).await.expect("a write");
    let mut answer = [0; 12];
    socket.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 101");
    socket
}

/// A client's control frame, masked with zeros.
fn control(code: u8, payload: &[u8]) -> Vec<u8> {
    let len = u8::try_from(payload.len()).expect("a short payload");
    [&[0x80 | code, 0x80 | len, 0, 0, 0, 0], payload].concat()
}

/// Everything that still comes, until the server hangs up.
async fn rest(socket: &mut TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    // A reset is an end too: what was sent has not been read.
    let _end = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut all))
        .await
        .expect("an end in time");
    all
}

/// Sends 100 MB, as far as the server takes them.
async fn flood(socket: &mut TcpStream, piece: &[u8]) {
    for _ in 0..100_000_000 / piece.len() {
        let sent = tokio::time::timeout(Duration::from_secs(1), socket.write_all(piece)).await;
        if !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

fn has_close(bytes: &[u8], code: u16) -> bool {
    let [high, low] = code.to_be_bytes();
    bytes.windows(4).any(|window| window == [0x88, 2, high, low])
}

#[tokio::test]
async fn a_frame_without_end_takes_no_memory() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let node = &office.nodes[0];
    let mut socket = open(node, &show).await;
    let before = node.resident_bytes();
    let twenty_gibibytes = [0x82, 0xff, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0];
    socket.write_all(&twenty_gibibytes).await.expect("a write");
    flood(&mut socket, &[0; 65_536]).await;
    let cost = node.resident_bytes().saturating_sub(before);
    assert!(cost < COST_MAX, "{cost} bytes");

    let mut socket = open(node, &show).await;
    socket.write_all(&twenty_gibibytes).await.expect("a write");
    assert!(has_close(&rest(&mut socket).await, 1009));
}

#[tokio::test]
async fn pings_without_end_take_no_memory() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let node = &office.nodes[0];
    let before = node.resident_bytes();
    let mut socket = open(node, &show).await;
    flood(&mut socket, &control(9, &[7; 100]).repeat(500)).await;
    let cost = node.resident_bytes().saturating_sub(before);
    assert!(cost < COST_MAX, "{cost} bytes");

    let mut socket = open(node, &show).await;
    socket
        .write_all(&control(9, &[7; 100]).repeat(30))
        .await
        .expect("a write");
    assert!(has_close(&rest(&mut socket).await, 1008));
}

#[tokio::test]
async fn control_frames_are_answered_in_order() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let mut socket = open(&office.nodes[0], &show).await;
    let pings: Vec<u8> = (0..10).flat_map(|n| control(9, &[n])).collect();
    let all = [pings, control(8, &1000_u16.to_be_bytes())].concat();
    socket.write_all(&all).await.expect("a write");
    let answer = rest(&mut socket).await;
    let pongs: Vec<u8> = (0..10).flat_map(|n| [0x8a, 1, n]).collect();
    let at = answer.windows(pongs.len()).position(|window| window == pongs);
    let after = &answer[at.expect("ten pongs") + pongs.len()..];
    assert!(has_close(after, 1000), "{after:?}");
}
