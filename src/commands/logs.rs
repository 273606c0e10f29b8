//! Log lines, on stderr.

use anyhow::Context;
use boxoffice::config::LogFormat;
use tracing_subscriber::EnvFilter;

/// Libraries that write an error for each malformed request: strangers would fill the log. They are heard where the setting
/// names them.
const QUIET: [&str; 2] = ["actix_http", "actix_server"];

/// Starts them, filtered as the setting says.
pub fn start(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let mut directives = EnvFilter::try_new(filter).context("BOXOFFICE_LOG")?;
    for quiet in QUIET.iter().filter(|quiet| !filter.contains(**quiet)) {
        directives = directives.add_directive(format!("{quiet}=off").parse()?);
    }
    let logs = tracing_subscriber::fmt()
        .with_env_filter(directives)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().flatten_event(true).init(),
    }
    Ok(())
}
