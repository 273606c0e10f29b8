//! `boxoffice openapi`.

use boxoffice::http::routes;

/// Prints the OpenAPI document.
#[expect(clippy::print_stdout, reason = "a command line")]
pub fn run() -> anyhow::Result<()> {
    println!("{}", routes::document().to_pretty_json()?);
    Ok(())
}
