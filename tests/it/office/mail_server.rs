//! A mail server in a process of its own, which reads what it is given and tells the test.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{Mutex, mpsc};

use super::PATIENCE;

/// How often it is looked whether something has arrived.
const LOOK: Duration = Duration::from_millis(5);

/// A running mail server; it is killed when it is dropped.
pub struct MailServer {
    port: u16,
    _child: Child,
    input: Mutex<ChildStdin>,
    mails: Arc<Mutex<Vec<Value>>>,
    obeyed: Mutex<mpsc::Receiver<()>>,
}

impl MailServer {
    /// Starts one that speaks plainly.
    pub async fn start() -> Self {
        Self::start_at(Self::free_port(), &[]).await
    }

    /// A port on which nobody listens.
    pub fn free_port() -> u16 {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    }

    /// Starts one on this port with these arguments, and waits until it listens.
    pub async fn start_at(port: u16, arguments: &[&str]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = root.join("target/mail-server/bin/python");
        assert!(
            python.exists(),
            "the mail server is missing: ./scripts/test installs it to {}",
            python.display()
        );
        let mut child = Command::new(python)
            .arg(root.join("tests/it/mail_server.py"))
            .arg(port.to_string())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("a mail server");
        let input = Mutex::new(child.stdin.take().expect("its input"));
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let first = tokio::time::timeout(PATIENCE, lines.next_line()).await;
        let first = first.expect("a line in time").expect("a line");
        assert!(first.is_some(), "the mail server ended");
        let mails = Arc::<Mutex<Vec<Value>>>::default();
        let (obey, obeyed) = mpsc::channel(8);
        let taken = mails.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let told: Value = serde_json::from_str(&line).expect("JSON");
                if told["obeyed"] == true {
                    obey.send(()).await.expect("somebody who waits");
                } else {
                    taken.lock().await.push(told);
                }
            }
        });
        Self {
            port,
            _child: child,
            input,
            mails,
            obeyed: Mutex::new(obeyed),
        }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it is, for an office that needs no TLS.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none", self.port)
    }

    /// What is answered the next time at this stage: `mail`, `rcpt` or `data`.
    pub async fn answer_next(&self, stage: &str, answer: &str) {
        self.command(json!({"stage": stage, "answer": answer, "always": false}))
            .await;
    }

    /// What is answered at this stage from now on; the usual, if nothing is said.
    pub async fn answer_all(&self, stage: &str, answer: Option<&str>) {
        self.command(json!({"stage": stage, "answer": answer, "always": true}))
            .await;
    }

    async fn command(&self, command: Value) {
        let line = format!("{command}\n");
        let mut input = self.input.lock().await;
        input.write_all(line.as_bytes()).await.expect("a command");
        input.flush().await.expect("a command");
        let obeyed = tokio::time::timeout(PATIENCE, async { self.obeyed.lock().await.recv().await }).await;
        obeyed.expect("an answer in time").expect("an answer");
    }

    /// What it has been given so far, whatever it said to it.
    pub async fn mails(&self) -> Vec<Value> {
        self.mails.lock().await.clone()
    }

    /// Waits for so many mails in all.
    pub async fn wait_for(&self, count: usize) -> Vec<Value> {
        let wait = async {
            loop {
                let mails = self.mails().await;
                if mails.len() >= count {
                    return mails;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(mails) => mails,
            Err(_) => panic!("never {count} mails: {:#?}", self.mails().await),
        }
    }
}
