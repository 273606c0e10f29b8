//! What a browser lets the pages do: load nothing but their own files, talk to nobody but the office, and stand in nobody's
//! frame but those of the origins that the operator names. Where cards are taken by Stripe, its script and frames besides.

use actix_web::http::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, X_FRAME_OPTIONS,
};

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
/// Where Stripe's script comes from. It makes frames of the same origins.
const STRIPE_SCRIPT: &str = " https://js.stripe.com https://*.js.stripe.com";
/// Where the buyer's bank is shown.
const STRIPE_BANK: &str = " https://hooks.stripe.com";
/// What the script talks to.
const STRIPE_API: &str = " https://api.stripe.com";

/// The headers of every page.
pub struct Policy {
    /// The content security policy, up to the last word of what the page may talk to.
    content: String,
    permissions: HeaderValue,
    is_framed: bool,
}

impl Policy {
    /// For pages that these origins may show in frames, and that take cards by Stripe or don't.
    pub fn new(embedding_origins: &[String], has_stripe: bool) -> Self {
        let stripe = |origins: &'static str| if has_stripe { origins } else { "" };
        let (script, bank, api) = (stripe(STRIPE_SCRIPT), stripe(STRIPE_BANK), stripe(STRIPE_API));
        let framers = match embedding_origins {
            [] => "'none'".to_owned(),
            origins => origins.join(" "),
        };
        let frames = match has_stripe {
            true => format!("frame-src{script}{bank}; "),
            false => String::new(),
        };
        let content = format!(
            "default-src 'none'; script-src 'self'{script}; style-src 'self'; img-src 'self' data:; font-src 'self'; \
             manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {framers}; {frames}\
             connect-src 'self'{api}"
        );
        // Wallets are asked for by a frame of Stripe's.
        let payment = match has_stripe {
            true => "(self \"https://js.stripe.com\")",
            false => "()",
        };
        let permissions = format!("camera=(), geolocation=(), microphone=(), payment={payment}, usb=()");
        Self {
            content,
            permissions: HeaderValue::try_from(permissions).unwrap_or(HeaderValue::from_static("")),
            is_framed: !embedding_origins.is_empty(),
        }
    }

    /// Adds them to the answer to a request to this host.
    pub fn tell(&self, headers: &mut HeaderMap, host: Option<&str>) {
        // Not every browser takes the office's WebSocket for its own origin's.
        let socket = host.filter(|host| is_plain(host));
        let socket = socket.map_or_else(String::new, |host| format!(" ws://{host} wss://{host}"));
        let content = HeaderValue::try_from(format!("{}{socket}", self.content));
        // Rather no page at all than one without a policy.
        let content = content.unwrap_or(HeaderValue::from_static("default-src 'none'"));
        headers.insert(CONTENT_SECURITY_POLICY, content);
        if !self.is_framed {
            headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        }
        // A ticket's page has its order in its address.
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(PERMISSIONS_POLICY, self.permissions.clone());
        headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    }
}

/// Whether it is a host's name with or without a port, and nothing that means more in a policy.
fn is_plain(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
    !host.is_empty() && host.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(origins: &[&str], has_stripe: bool, host: &str) -> (String, HeaderMap) {
        let origins: Vec<_> = origins.iter().map(|origin| (*origin).to_owned()).collect();
        let mut headers = HeaderMap::new();
        Policy::new(&origins, has_stripe).tell(&mut headers, Some(host));
        let content = headers
            .get(CONTENT_SECURITY_POLICY)
            .expect("a policy")
            .to_str()
            .expect("a text");
        (content.to_owned(), headers)
    }

    #[test]
    fn a_page_talks_to_the_office_alone_and_stands_in_no_frame() {
        let (content, headers) = policy(&[], false, "tickets.example:8080");
        assert!(
            content.contains("script-src 'self'; style-src 'self'; "),
            "{content}"
        );
        assert!(content.contains("frame-ancestors 'none'; "), "{content}");
        let talks = "connect-src 'self' ws://tickets.example:8080 wss://tickets.example:8080";
        assert!(content.ends_with(talks), "{content}");
        assert!(
            !content.contains("stripe") && !content.contains("unsafe"),
            "{content}"
        );
        assert_eq!(headers.get(X_FRAME_OPTIONS).expect("it"), "DENY");
    }

    #[test]
    fn stripe_and_those_who_may_frame_it_are_named() {
        let (content, headers) = policy(
            &["https://a.example", "https://b.example"],
            true,
            "tickets.example",
        );
        assert!(
            content.contains("frame-ancestors https://a.example https://b.example; "),
            "{content}"
        );
        assert!(
            content.contains("script-src 'self' https://js.stripe.com"),
            "{content}"
        );
        assert!(
            content.contains(" https://hooks.stripe.com; connect-src"),
            "{content}"
        );
        assert!(
            content.contains("connect-src 'self' https://api.stripe.com"),
            "{content}"
        );
        assert!(!headers.contains_key("x-frame-options"));
    }

    #[test]
    fn a_host_adds_nothing_but_itself() {
        for host in [
            "a.example; script-src *",
            "a.example https://evil.example",
            "a.example,b",
            "",
        ] {
            let (content, _) = policy(&[], false, host);
            assert!(content.ends_with("connect-src 'self'"), "{content}");
        }
    }
}
