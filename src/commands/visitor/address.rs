//! Where an office is.

use clap::Args;

/// The office that a command visits.
#[derive(Debug, Clone, Args)]
pub struct OfficeAddress {
    /// Where the office is
    #[arg(long, env = "BOXOFFICE_OFFICE", default_value = "http://127.0.0.1:8080")]
    pub office: String,
}
