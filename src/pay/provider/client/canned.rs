//! A provider for tests that gives the answers it was told, one a call, and remembers what it was asked. Where it has no
//! answer left it hangs up.

use std::sync::{Arc, Mutex};

use secrecy::SecretString;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::pay::provider::account::Account;
use crate::pay::provider::gateway::ProviderPayment;
use domain::id::PaymentId;
use domain::money::{Currency, Money};

/// Where it is, and what it was asked.
pub struct Canned {
    /// Its address.
    pub url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

/// What it was asked.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method and the path with the query.
    pub line: String,
    /// The headers, their names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Call {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(known, _)| known == name);
        header.map(|(_, value)| value.as_str())
    }
}

/// An amount to be paid.
pub fn amount() -> Money {
    Money {
        amount: 1234,
        currency: Currency::try_from("EUR".to_owned()).expect("a currency"),
    }
}

/// A payment of it that the provider has under this name.
pub fn known_payment(reference: &str) -> ProviderPayment {
    ProviderPayment {
        id: PaymentId(7),
        reference: reference.to_owned(),
        amount: amount(),
        key_round: 0,
    }
}

impl Canned {
    /// An account there.
    pub fn account(&self, key: &str, webhook_secret: &str) -> Account {
        let secret = |text: &str| SecretString::from(text.to_owned());
        Account {
            url: self.url.clone(),
            key: secret(key),
            webhook_secret: Some(secret(webhook_secret)),
            call_max: std::time::Duration::from_secs(5),
        }
    }

    /// Gives these answers: a status and a body each.
    pub async fn new(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        let texts = answers
            .into_iter()
            .map(|(status, body)| (status, body.to_string()));
        Self::with_texts(texts.collect()).await
    }

    /// The same with bodies that needn't be JSON.
    pub async fn with_texts(answers: Vec<(u16, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&calls);
        tokio::spawn(async move {
            for (status, body) in answers {
                let (mut stream, _) = listener.accept().await.expect("a call");
                let call = read(&mut stream).await;
                seen.lock().expect("calls").push(call);
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nlocation: /elsewhere\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                // The client may have read enough and gone.
                let _gone = stream.write_all((head + &body).as_bytes()).await;
            }
        });
        Self { url, calls }
    }

    /// What it was asked, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().expect("calls").clone()
    }

    /// The methods and paths of what it was asked, in order.
    pub fn lines(&self) -> Vec<String> {
        self.calls().into_iter().map(|call| call.line).collect()
    }
}

async fn read(stream: &mut TcpStream) -> Call {
    let mut text = String::new();
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            let line = lines
                .next()
                .expect("a request line")
                .trim_end_matches(" HTTP/1.1");
            let call = Call {
                line: line.to_owned(),
                headers: lines
                    .filter_map(|line| line.split_once(": "))
                    .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                    .collect(),
                body: body.to_owned(),
            };
            let length = call
                .header("content-length")
                .map_or(0, |text| text.parse().expect("a length"));
            if body.len() >= length {
                return call;
            }
        }
        let mut chunk = [0; 4_096];
        let count = stream.read(&mut chunk).await.expect("a request");
        assert!(count > 0, "the request ended early: {text}");
        text.push_str(str::from_utf8(&chunk[..count]).expect("text"));
    }
}
