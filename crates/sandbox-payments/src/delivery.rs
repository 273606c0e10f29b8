//! Delivers notices: signed, one after the other, and again when they aren't taken.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::mpsc;

use super::money::unix_now;

/// How long a delivery may take.
const DELIVERY_MAX: Duration = Duration::from_secs(5);
/// How often it is tried again.
const RETRIES_MAX: u32 = 8;
/// Pause before the first retry; each further one is twice as long.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// Where notices go, and how they are signed.
#[derive(Debug)]
pub struct Endpoint {
    /// The address.
    pub url: String,
    /// What they are signed with.
    pub secret: String,
    /// Header of the signature.
    pub header: &'static str,
    /// Name of the signature in that header.
    pub scheme: &'static str,
}

impl Endpoint {
    /// The signature of a body at a time, as in `t=1700000000,v1=…`.
    pub fn sign(&self, body: &str, unix: u64) -> String {
        // A key of any length will do.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()) else {
            return String::new();
        };
        mac.update(format!("{unix}.{body}").as_bytes());
        let digest = mac.finalize().into_bytes();
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("t={unix},{}={digest}", self.scheme)
    }
}

/// Delivers all that comes, until nothing can come any more.
pub async fn deliver_all(endpoint: Endpoint, mut waiting: mpsc::Receiver<String>) {
    let client = reqwest::Client::new();
    while let Some(body) = waiting.recv().await {
        deliver(&client, &endpoint, &body).await;
    }
}

async fn deliver(client: &reqwest::Client, endpoint: &Endpoint, body: &str) {
    let mut pause = RETRY_PAUSE;
    for retry in 0..=RETRIES_MAX {
        if retry > 0 {
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        // Signed anew each time: a signature that is too old isn't taken.
        let sent = client
            .post(&endpoint.url)
            .timeout(DELIVERY_MAX)
            .header("Content-Type", "application/json")
            .header(endpoint.header, endpoint.sign(body, unix_now()))
            .body(body.to_owned())
            .send()
            .await;
        match sent {
            Ok(response) if response.status().is_success() => return,
            Ok(response) => tracing::debug!("a notice was answered with {}", response.status()),
            Err(error) => tracing::debug!(error = %error, "a notice was not delivered"),
        }
    }
    tracing::warn!("a notice was not taken by {} and is given up", endpoint.url);
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    #[test]
    fn the_signature_covers_time_and_body() {
        let endpoint = Endpoint {
            url: String::new(),
            secret: "whsec_boxoffice".to_owned(),
            header: "Stripe-Signature",
            scheme: "v1",
        };
        // printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_boxoffice
        let expected = "t=1700000000,v1=10c9905998217f0cd08ffb12bf81af262ffb14711a55d6918ae8427ce36392f2";
        assert_eq!(endpoint.sign(r#"{"id":"evt_1"}"#, 1_700_000_000), expected);
    }
}
