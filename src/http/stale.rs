//! Answers that were made while the database was away say how old they are.

use std::time::Duration;

use actix_web::HttpResponseBuilder;
use actix_web::http::header::AGE;

use crate::live::watch::Watch;
use crate::office::Office;
use domain::id::Offset;

/// Says how old an answer is that was made without the database.
pub fn mark_stale(office: &Office, response: &mut HttpResponseBuilder) {
    if let Some(age) = office.follow.stale_for() {
        mark_aged(response, age);
    }
}

/// Takes in what this node has heard of, or at least what is wanted. Tells how old what it knows of the show is, if that may not
/// be all.
pub async fn catch_up(office: &Office, watch: &Watch, wanted: Option<Offset>) -> Option<Duration> {
    let caught_up = office.follow.catch_up(watch.followed(), wanted).await.is_ok();
    let is_current = caught_up && !watch.followed().is_behind();
    let unknown_age = (!is_current).then_some(Duration::ZERO);
    office.follow.stale_for().or(unknown_age)
}

/// Says that an answer is this old.
pub fn mark_aged(response: &mut HttpResponseBuilder, age: Duration) {
    response
        .insert_header(("Stale", "true"))
        .insert_header((AGE, age.as_secs().to_string()));
}
