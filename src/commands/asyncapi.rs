//! `boxoffice asyncapi`.

use boxoffice::http::asyncapi::document;

/// Prints the AsyncAPI document.
#[expect(clippy::print_stdout, reason = "a command line")]
pub fn run() -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(&document()?)?);
    Ok(())
}
