//! The answers in JSON that a sale gives most often.

use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;

use super::problem::Problem;
use crate::store::error::StoreError;

/// What most of them take, in bytes.
const USUAL_BYTES: usize = 1_024;

/// An answer whose text is written where it has room from the beginning.
pub fn json(response: &mut HttpResponseBuilder, body: &impl Serialize) -> Result<HttpResponse, Problem> {
    let mut text = Vec::with_capacity(USUAL_BYTES);
    serde_json::to_writer(&mut text, body).map_err(StoreError::internal)?;
    Ok(response.insert_header(ContentType::json()).body(text))
}
