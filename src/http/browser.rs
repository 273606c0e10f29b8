//! What browsers are told of every answer: to believe its type, and to keep it only where that was said. Pages besides: what
//! they may load, and that nobody frames them.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};

/// Where the pages are.
const PAGES: &str = "/docs";
/// Swagger UI sets styles on its elements, and has its icons in `data:`.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Whether it is a page that is asked for.
pub fn is_page(path: &str) -> bool {
    path.starts_with(PAGES)
}

/// Adds it to an answer's headers.
pub fn tell_browser(headers: &mut HeaderMap, is_page: bool) {
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if is_page {
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY));
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    } else if !headers.contains_key(CACHE_CONTROL) {
        // Most answers are one person's, or change with the next request.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
