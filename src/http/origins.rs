//! Web pages that belong to the office: its own, and those of the origins that the operator allows.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use reqwest::Url;

use super::problem::Problem;
use crate::office::Office;
use crate::pay::provider::accounts::Till;

/// Longest address that a buyer is sent back to, in bytes.
const RETURN_URL_BYTES_MAX: usize = 2_000;

/// Whether pages of this origin, as in `https://shop.example`, belong to the office.
pub fn is_allowed(office: &Office, request: &HttpRequest, origin: &str) -> bool {
    is_named(office, origin) || office.config.own_origins.is_empty() && is_of_host(request, origin)
}

/// Whether the operator names this origin, as the office's own or as another one.
pub fn is_named(office: &Office, origin: &str) -> bool {
    let config = &office.config;
    let mut named = config.own_origins.iter().chain(&config.allowed_origins);
    named.any(|named| named == origin)
}

/// Whether it is an origin of the host that the request names. Which scheme the page came by can't be told behind a proxy.
fn is_of_host(request: &HttpRequest, origin: &str) -> bool {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(|host| {
        ["http://", "https://"]
            .iter()
            .any(|scheme| origin.strip_prefix(scheme) == Some(host))
    })
}

/// Where a page of the provider's or the bank's may send the buyer back to: a page of the office's, which came by TLS or from
/// the machine itself. In an office for trial that names none, anywhere.
pub fn check_return_url(office: &Office, request: &HttpRequest, url: &str) -> Result<(), Problem> {
    let refused = |detail: String| Err(Problem::invalid("/return_url", detail));
    let is_plain = url.len() <= RETURN_URL_BYTES_MAX && url.bytes().all(|byte| byte.is_ascii_graphic());
    let read = Url::parse(url).ok().filter(|read| is_plain && is_link(read));
    let Some(read) = read else {
        return refused(format!(
            "must be an http(s) address of {RETURN_URL_BYTES_MAX} characters at most, without a user"
        ));
    };
    let config = &office.config;
    if office.till == Till::Test && config.allowed_origins.is_empty() && config.own_origins.is_empty() {
        return Ok(());
    }
    if !is_allowed(office, request, &read.origin().ascii_serialization()) {
        return refused("is no page of this office: its origin is not among those allowed".to_owned());
    }
    if read.scheme() != "https" && !is_on_this_machine(&read) {
        return refused("must be an https address".to_owned());
    }
    Ok(())
}

fn is_link(url: &Url) -> bool {
    let has_user = !url.username().is_empty() || url.password().is_some();
    matches!(url.scheme(), "http" | "https") && url.has_host() && !has_user
}

/// Whether it is an address of the machine itself.
pub fn is_on_this_machine(url: &Url) -> bool {
    url.host_str().is_some_and(|host| {
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || address.parse().is_ok_and(|address: IpAddr| address.is_loopback())
    })
}
