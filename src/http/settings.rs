//! What the settings say of answers.

use clap::ValueEnum;

/// Which requests get a line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AccessLog {
    /// None.
    Off,
    /// Those that were refused or failed.
    Refused,
    /// All: for an office with little to do.
    All,
}
