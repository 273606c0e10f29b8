//! Connections: each head has its time, each address its part, and the probes a place of their own.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::process::Command;

use crate::office::{Node, PATIENCE, TestDatabase, TestOffice};

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: office\r\n\r\n";
const HEALTHY: &[u8] = b"{\"status\":\"ok\"}";

/// A connection from this address of the machine.
async fn connect_from(from: &str, node: &Node) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket
        .bind(SocketAddr::new(from.parse().expect("an address"), 0))
        .expect("its address");
    let address = node.address().parse().expect("an address");
    socket.connect(address).await.expect("a connection")
}

/// What is answered, up to these bytes or the end.
async fn read_until(socket: &mut TcpStream, end: &[u8]) -> String {
    let mut read = Vec::new();
    let reading = async {
        while !read.ends_with(end) && socket.read_buf(&mut read).await.is_ok_and(|bytes| bytes > 0) {}
    };
    tokio::time::timeout(PATIENCE, reading)
        .await
        .expect("an answer in time");
    String::from_utf8_lossy(&read).into_owned()
}

async fn ask(socket: &mut TcpStream) -> String {
    // One that was turned away may be closed already.
    let _sent = socket.write_all(HEALTH).await;
    read_until(socket, HEALTHY).await
}

/// Waits until the server hangs up.
async fn wait_for_end(socket: &mut TcpStream) {
    let mut rest = Vec::new();
    let _end = tokio::time::timeout(PATIENCE, socket.read_to_end(&mut rest))
        .await
        .expect("an end in time");
}

#[tokio::test]
async fn every_head_has_its_time() {
    let office = TestOffice::start().await;
    let node = &office.nodes[0];
    let mut silent = connect_from("127.0.0.1", node).await;
    let mut slow = connect_from("127.0.0.1", node).await;
    for socket in [&mut silent, &mut slow] {
        assert!(ask(socket).await.starts_with("HTTP/1.1 200"));
        socket.write_all(b"GET /heal").await.expect("a write");
    }
    let begin = Instant::now();
    let trickle = async {
        // The server closes it, whatever still comes.
        while slow.write_all(b"t").await.is_ok() {
            assert!(begin.elapsed() < PATIENCE, "a slow head is waited for");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::join!(wait_for_end(&mut silent), trickle);
}

#[tokio::test]
async fn a_request_may_wait_for_longer_than_a_head() {
    let office = TestOffice::start().await;
    let node = &office.nodes[0];
    let mut socket = connect_from("127.0.0.1", node).await;
    for _ in 0..2 {
        assert!(ask(&mut socket).await.starts_with("HTTP/1.1 200"));
        // Idle, between two requests.
        tokio::time::sleep(Duration::from_millis(5_200)).await;
    }
    assert!(ask(&mut socket).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn an_address_has_its_part_of_the_connections() {
    let settings = [
        ("BOXOFFICE_LIMITS", "on"),
        ("BOXOFFICE_CONNECTIONS_PER_ADDRESS_MAX", "5"),
    ];
    let office = TestOffice::with(1, None, &settings).await;
    let node = &office.nodes[0];
    let mut held = Vec::new();
    for _ in 0..5 {
        let mut socket = connect_from("127.0.0.2", node).await;
        assert!(ask(&mut socket).await.starts_with("HTTP/1.1 200"));
        held.push(socket);
    }
    let answer = ask(&mut connect_from("127.0.0.2", node).await).await;
    assert!(
        answer.starts_with("HTTP/1.1 429") && answer.contains("Retry-After: 1"),
        "{answer}"
    );
    assert!(
        ask(&mut connect_from("127.0.0.3", node).await)
            .await
            .starts_with("HTTP/1.1 200")
    );
    drop(held.pop());
    let begin = Instant::now();
    while !ask(&mut connect_from("127.0.0.2", node).await)
        .await
        .starts_with("HTTP/1.1 200")
    {
        assert!(
            begin.elapsed() < PATIENCE,
            "a place that was given back is not free"
        );
    }
}

#[tokio::test]
async fn probes_are_answered_while_no_place_is_left() {
    let settings = [
        ("BOXOFFICE_CONNECTIONS_MAX", "40"),
        ("BOXOFFICE_VIEWERS_MAX", "40"),
    ];
    let office = TestOffice::with(1, None, &settings).await;
    let show = office.show(json!({})).await;
    let node = &office.nodes[0];
    let mut held = Vec::new();
    // Those that keep their place: heads that don't end, and viewers.
    loop {
        let mut socket = connect_from("127.0.0.1", node).await;
        let live = format!(
            "GET /v1/shows/{show}/live HTTP/1.1\r\nHost: office\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let _sent = socket.write_all(live.as_bytes()).await;
        let mut answer = [0; 12];
        if socket.read_exact(&mut answer).await.is_err() || &answer == b"HTTP/1.1 503" {
            break;
        }
        assert_eq!(&answer, b"HTTP/1.1 101");
        held.push(socket);
        assert!(held.len() <= 40);
    }
    for path in ["healthz", "readyz", "metrics"] {
        let answer = reqwest::get(format!("{}/{path}", node.probes_url())).await;
        assert_eq!(answer.expect("an answer").status(), 200, "{path}");
    }
    let figures = reqwest::get(format!("{}/metrics", node.probes_url()))
        .await
        .expect("an answer");
    let figures = figures.text().await.expect("text");
    assert!(
        figures.contains("boxoffice_connections_refused_total{full=\"node\"}"),
        "{figures}"
    );
}

#[tokio::test]
async fn as_many_connections_are_taken_as_the_system_has_files_for() {
    let database = TestDatabase::create();
    let settings = [("DATABASE_URL".to_owned(), database.url().to_owned())];
    let limited = |files: u32| {
        let mut command = Command::new("sh");
        let program = env!("CARGO_BIN_EXE_boxoffice");
        command.args(["-c", &format!("ulimit -n {files} && exec {program} serve")]);
        command
    };
    let node = Node::start_by(&mut limited(500), &settings).await;
    assert!(node.log().contains("fewer open files"), "{}", node.log());
    let mut held = Vec::new();
    for _ in 0..500 {
        held.push(connect_from("127.0.0.1", &node).await);
    }
    let answer = reqwest::get(format!("{}/readyz", node.probes_url())).await;
    assert_eq!(answer.expect("an answer").status(), 200);
    assert!(!node.log().contains("ERROR"), "{}", node.log());
    node.stop().await;

    let refused = limited(250).envs(settings).output().await.expect("a node");
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && words.contains("250 open files"),
        "{words}"
    );
}
