//! The pages that ask the buyer. They show nothing that came from outside.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, ContentType, LOCATION};
use serde::Deserialize;

/// What the buyer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Approve,
    /// No.
    Decline,
}

/// Asks; the answer goes to this path and `/approve` or `/decline`.
pub fn ask(path: &str, question: &str) -> HttpResponse {
    page(
        HttpResponse::Ok(),
        &format!(
            "<p>{question}</p>\n\
             <form method=\"post\" action=\"{path}/approve\"><button id=\"approve\">Approve</button></form>\n\
             <form method=\"post\" action=\"{path}/decline\"><button id=\"decline\">Decline</button></form>"
        ),
    )
}

/// Says something.
pub fn tell(words: &str) -> HttpResponse {
    page(HttpResponse::Ok(), &format!("<p>{words}</p>"))
}

/// Sends the buyer back to where they came from, or says that all is done.
pub fn send_back(return_url: Option<String>) -> HttpResponse {
    match return_url {
        Some(address) => HttpResponse::SeeOther()
            .insert_header((LOCATION, address))
            .finish(),
        None => tell("Thank you. You may close this page."),
    }
}

/// There is no such payment.
pub fn not_found() -> HttpResponse {
    page(HttpResponse::NotFound(), "<p>There is no such payment.</p>")
}

/// The provider is down.
pub fn outage() -> HttpResponse {
    page(HttpResponse::ServiceUnavailable(), "<p>The provider is down.</p>")
}

fn page(mut response: actix_web::HttpResponseBuilder, body: &str) -> HttpResponse {
    response
        .insert_header(ContentType::html())
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sandbox payments</title></head>\n\
             <body><h1>Sandbox payments</h1>\n{body}\n</body></html>\n"
        ))
}
