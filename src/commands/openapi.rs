//! `boxoffice openapi`.

use boxoffice::http::document::document;

/// Prints the OpenAPI document.
#[expect(clippy::print_stdout, reason = "a command line")]
pub fn run() -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(&document()?)?);
    Ok(())
}
