//! Answers that were made while the database was away say how old they are.

use std::time::Duration;

use actix_web::HttpResponseBuilder;
use actix_web::http::header::AGE;

use crate::office::Office;

/// Says how old an answer is that was made without the database.
pub fn mark_stale(office: &Office, response: &mut HttpResponseBuilder) {
    if let Some(age) = office.follow.stale_for() {
        mark_aged(response, age);
    }
}

/// Says that an answer is this old.
pub fn mark_aged(response: &mut HttpResponseBuilder, age: Duration) {
    response
        .insert_header(("Stale", "true"))
        .insert_header((AGE, age.as_secs().to_string()));
}
