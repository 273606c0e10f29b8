//! `boxoffice openapi`.

use boxoffice::http::document::document;
use clap::{Args, ValueEnum};

/// Which document.
#[derive(Debug, Args)]
pub struct Options {
    /// The version of OpenAPI that it is written for
    #[arg(long = "for", value_enum, default_value_t = Version::Newest, value_name = "VERSION")]
    version: Version,
}

/// A version of OpenAPI.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Version {
    /// The one that is published.
    #[value(name = "3.1")]
    Newest,
    /// For tools that read nothing newer.
    #[value(name = "3.0")]
    Older,
}

/// Prints the OpenAPI document.
#[expect(clippy::print_stdout, reason = "a command line")]
pub fn run(options: &Options) -> anyhow::Result<()> {
    let document = document()?;
    let text = match options.version {
        Version::Newest => serde_json::to_string_pretty(&document)?,
        Version::Older => serde_json::to_string_pretty(&document.into_older()?)?,
    };
    println!("{text}");
    Ok(())
}
