//! A database by TLS: the whole way is checked, and whoever can't prove who they are is not spoken to.

use std::time::{Duration, Instant};

use crate::office::{Certificates, Client, Node, PATIENCE, TlsPostgres};

/// The longest that anybody waits for an answer, on a machine that does other things too.
const ANSWER_MAX: Duration = Duration::from_millis(3_500);

fn settings(server: &TlsPostgres, authority: &str) -> Vec<(String, String)> {
    vec![
        ("DATABASE_URL".to_owned(), server.url(authority)),
        ("BOXOFFICE_DEMO".to_owned(), "true".to_owned()),
    ]
}

#[tokio::test]
async fn a_database_is_reached_by_tls_and_its_silence_noticed() {
    let certificates = Certificates::make();
    let server = TlsPostgres::start(&certificates);
    let node = Node::start(&settings(&server, &certificates.authority())).await;
    node.hold("A-1-5").await.expect_status(201);
    assert!(server.sessions(true) > 0);
    assert_eq!(server.sessions(false), 0);

    let buyer = node.buyer().await;
    let show = node.show().await;
    server.silence();
    let begin = Instant::now();
    let answer = buyer.hold(&show, &["A-1-6"]).await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(begin.elapsed() < ANSWER_MAX, "{:?}", begin.elapsed());
    server.wake();
    let begin = Instant::now();
    while buyer.hold(&show, &["A-1-7"]).await.status != 201 {
        assert!(begin.elapsed() < PATIENCE, "it never came back");
    }
    assert_eq!(server.sessions(false), 0);
    assert_eq!(node.stop().await, Some(0));
}

#[tokio::test]
async fn a_database_of_an_unknown_authority_is_not_spoken_to() {
    let (certificates, others) = (Certificates::make(), Certificates::make());
    let server = TlsPostgres::start(&certificates);
    // It listens, as the database may be another one in a moment.
    let node = Node::start(&settings(&server, &others.authority())).await;
    let client = Client::new(node.url(), None);
    client.get("/readyz").await.expect_problem(503, "unavailable");
    let checked = std::process::Command::new(env!("CARGO_BIN_EXE_boxoffice"))
        .args(["check", "--database-url", &server.url(&others.authority())])
        .output()
        .expect("the program");
    let said = String::from_utf8_lossy(&checked.stderr);
    assert!(
        !checked.status.success() && said.contains("certificate verify failed"),
        "{said}"
    );
    // It would have let them in without TLS.
    assert_eq!((server.sessions(false), server.sessions(true)), (0, 0));
}
