//! The OpenAPI document. Handlers say of themselves what only they know: bodies, parameters, what they do. What is true of
//! many operations alike is written here, once: who may call them, how they fail, their headers, what may be added to bodies.

mod about;
mod access;
mod errors;
mod examples;
mod frames;
mod headers;
mod limits;
pub mod names;
mod older;
pub mod parts;
mod problems;
mod shapes;
mod surface;
mod webhooks;

use super::routes::described;

pub use parts::Document;

/// The document.
pub fn document() -> serde_json::Result<Document> {
    let mut described = serde_json::to_value(described())?;
    names::shorten(&mut described);
    shapes::drop_null_defaults(&mut described);
    let mut document: Document = serde_json::from_value(described)?;
    about::tell(&mut document);
    access::tell(&mut document);
    problems::describe(&mut document);
    frames::describe(&mut document);
    errors::list(&mut document);
    limits::add(&mut document);
    headers::add(&mut document);
    shapes::open_answers(&mut document);
    webhooks::describe(&mut document);
    examples::add(&mut document)?;
    Ok(document)
}
