//! Secrets that sign what is sent to endpoints.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use standardwebhooks::{Webhook, WebhookError};

use super::message::Message;

/// How a secret begins, so that it is recognised.
const PREFIX: &str = "whsec_";

/// A secret.
pub struct Secret([u8; 32]);

impl Secret {
    /// That of these bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// As its endpoint is told it.
    pub fn written(&self) -> String {
        format!("{PREFIX}{}", BASE64_STANDARD.encode(self.0))
    }

    /// The signature of a message that is sent at this second since 1970.
    pub fn sign(&self, message: &Message, at: i64) -> Result<String, WebhookError> {
        Webhook::from_bytes(self.0.to_vec())?.sign(&message.id, at, message.text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    use super::*;

    #[test]
    fn a_signature_is_what_the_specification_says() {
        let secret = Secret::new([7; 32]);
        let message = Message {
            id: "msg_1".to_owned(),
            event_type: "test".to_owned(),
            text: "{\"a\":1}".to_owned(),
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(&[7; 32]).expect("a key");
        mac.update(b"msg_1.1700000000.{\"a\":1}");
        let expected = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
        assert_eq!(
            secret.sign(&message, 1_700_000_000).expect("a signature"),
            expected
        );
        assert_eq!(
            secret.written(),
            "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
        );
    }
}
