//! What the terminal shows of an office: a show's changes as they happen, and a crowd that buys it out.

use std::process::{ExitStatus, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::office::{PATIENCE, Relay, TestOffice};

/// A `boxoffice watch` whose lines are read.
struct Watching {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watching {
    fn start(office: &str, show: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_boxoffice"))
            .args(["watch", show, "--office", office])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a program");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        Self { child, lines }
    }

    async fn line(&mut self) -> String {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        line.expect("a line in time").expect("a line").expect("no end")
    }

    async fn stop(mut self) -> ExitStatus {
        let pid = self.child.id().expect("a process").cast_signed();
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("a signal");
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        ended.expect("an end in time").expect("a status")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_change_is_a_line_and_none_is_missing_when_the_connection_breaks() {
    let mut office = TestOffice::start().await;
    let relay = Relay::start().await;
    relay.lead_to(office.nodes[0].url());
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let mut watching = Watching::start(relay.url(), &show);
    assert_eq!(
        watching.line().await,
        "1 seats: 100 free, 0 held, 0 sold, 0 blocked"
    );
    let order = buyer.hold(&show, &["A-1-1", "A-1-2"]).await.expect_status(201);
    assert_eq!(watching.line().await, "2 booked A-1-1 A-1-2");
    office.add_node().await;
    let first = office.nodes.remove(0);
    assert_eq!(first.stop().await, Some(0));
    let lost = watching.line().await;
    assert!(lost.starts_with("connection lost"), "{lost}");
    // Nobody is there for now: what happens meanwhile is told later.
    let buyer = buyer.at(office.nodes[0].url());
    let id = order["id"].as_str().expect("an id");
    buyer.pay(id, "card_ok").await.expect_status(200);
    relay.lead_to(office.nodes[0].url());
    let mut line = watching.line().await;
    while line.starts_with("connection lost") {
        line = watching.line().await;
    }
    assert_eq!(line, "connected again, nothing is missing");
    assert_eq!(watching.line().await, "3 paid A-1-1 A-1-2");
    let floor = json!({"zones": [{"zone": "Floor", "count": 3}]});
    buyer
        .post(&format!("/v1/shows/{show}/orders"), &floor)
        .await
        .expect_status(201);
    assert_eq!(watching.line().await, "4 booked Floor×3");
    assert!(watching.stop().await.success());
}

async fn demo(office: &str, arguments: &[&str]) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_boxoffice"))
        .args(["demo", "--office", office])
        .args(arguments)
        .kill_on_drop(true)
        .output()
        .await
        .expect("a program");
    let words = [&output.stdout[..], &output.stderr[..]].concat();
    (output, String::from_utf8(words).expect("a text"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_buys_a_show_out_and_tells_what_it_saw() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    let (output, words) = demo(office.nodes[0].url(), &["--buyers", "60", "--show", &show]).await;
    assert!(output.status.success(), "{words}");
    assert!(words.contains("is the office's own, at offset"), "{words}");
    let sold = office.database.number(
        "(SELECT (SELECT count(*) FROM seats WHERE state = 2) + (SELECT coalesce(sum(sold), 0) FROM zones))",
    );
    assert!(sold > 50, "{sold} places");
    assert!(
        words.contains(&format!(" bought {sold} places")),
        "{sold}: {words}"
    );
    for step in ["session", "hold", "pay"] {
        assert!(words.contains(step), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_comes_back_when_it_is_told_to() {
    let settings = [("BOXOFFICE_LIMITS", "on"), ("BOXOFFICE_SANDBOX", "true")];
    let office = TestOffice::with(1, None, &settings).await;
    let show = office.show(json!({})).await;
    // An address gets a hundred sessions at once, and then one a second.
    let crowd = ["--buyers", "112", "--at-a-time", "112", "--show", &show];
    let (output, words) = demo(office.nodes[0].url(), &crowd).await;
    assert!(output.status.success(), "{words}");
    assert!(words.contains("too_many_requests"), "{words}");
    assert!(words.contains("BOXOFFICE_LIMITS=off"), "{words}");
    assert!(words.contains(" 0 were not served"), "{words}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_is_sent_nowhere_else_and_not_where_money_is_taken() {
    let (output, words) = demo("http://boxoffice.example", &["--buyers", "1"]).await;
    assert!(
        !output.status.success() && words.contains("another machine's"),
        "{words}"
    );
    let settings = [
        ("BOXOFFICE_STRIPE_KEY", "sk_live_of_nobody"),
        ("BOXOFFICE_STRIPE_URL", "http://127.0.0.1:9"),
    ];
    let office = TestOffice::with(1, None, &settings).await;
    let show = office.show(json!({})).await;
    let (output, words) = demo(office.nodes[0].url(), &["--buyers", "1", "--show", &show]).await;
    assert!(
        !output.status.success() && words.contains("take somebody's money"),
        "{words}"
    );
    assert_eq!(office.journal(&show).await.len(), 1);
}

/// A terminal that is left as it was is one on which people can go on typing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_map_is_drawn_in_a_terminal_which_is_as_before_in_the_end() {
    let office = TestOffice::start().await;
    let show = office.show(json!({})).await;
    office
        .buyer()
        .await
        .hold(&show, &["A-1-1"])
        .await
        .expect_status(201);
    let program = env!("CARGO_BIN_EXE_boxoffice");
    let command = format!(
        "{program} watch {show} --office {}; stty -a",
        office.nodes[0].url()
    );
    // Gives what it runs a terminal.
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("a terminal");
    let (mut keys, mut output) = (
        child.stdin.take().expect("its keys"),
        child.stdout.take().expect("its output"),
    );
    let mut seen = String::new();
    let read = async {
        let mut is_told = false;
        let mut piece = [0; 4_096];
        loop {
            let bytes = output.read(&mut piece).await.expect("its output");
            if bytes == 0 {
                return;
            }
            seen.push_str(&String::from_utf8_lossy(&piece[..bytes]));
            if !is_told && seen.contains("q quits") {
                is_told = true;
                keys.write_all(b"q").await.expect("a key");
            }
        }
    };
    tokio::time::timeout(PATIENCE, read)
        .await
        .expect("an end in time");
    let (before, after) = seen.split_once("\x1b[?1049l").expect("the former page again");
    assert!(before.starts_with("\x1b[?1049h"), "{before:?}");
    assert!(before.contains("held 1") && before.contains('▀'), "{before:?}");
    assert!(before.ends_with("\x1b[?25h"), "{before:?}");
    let settings: Vec<_> = after.split_whitespace().collect();
    for setting in ["icanon", "echo", "isig", "opost"] {
        assert!(settings.contains(&setting), "{setting} is not in {after:?}");
    }
}
