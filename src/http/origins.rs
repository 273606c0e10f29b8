//! Web pages that belong to the office: its own, and those of the origins that the operator allows.

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
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let is_own = host.is_some_and(|host| {
        ["http://", "https://"]
            .iter()
            .any(|scheme| origin.strip_prefix(scheme) == Some(host))
    });
    is_own
        || office
            .config
            .allowed_origins
            .iter()
            .any(|allowed| allowed == origin)
}

/// Where a page of the provider's or the bank's may send the buyer back to: a page of the office's. In an office for trial that
/// names none, anywhere.
pub fn check_return_url(office: &Office, request: &HttpRequest, url: &str) -> Result<(), Problem> {
    let refused = |detail: String| Problem::invalid("/return_url", detail);
    let no_link = || {
        refused(format!(
            "must be an http(s) address of {RETURN_URL_BYTES_MAX} characters at most, without a user"
        ))
    };
    let is_plain = url.len() <= RETURN_URL_BYTES_MAX && url.bytes().all(|byte| byte.is_ascii_graphic());
    let read = Url::parse(url).ok().filter(|_| is_plain).ok_or_else(no_link)?;
    let has_user = !read.username().is_empty() || read.password().is_some();
    if !matches!(read.scheme(), "http" | "https") || has_user || !read.has_host() {
        return Err(no_link());
    }
    let anywhere = office.till == Till::Test && office.config.allowed_origins.is_empty();
    if anywhere || is_allowed(office, request, &read.origin().ascii_serialization()) {
        return Ok(());
    }
    Err(refused(
        "is no page of this office: its origin is not among those allowed".to_owned(),
    ))
}
