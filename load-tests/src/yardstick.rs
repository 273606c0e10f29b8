//! Other servers that do a part of what the office does, and are put under the same load in the same run.

pub mod bare;
pub mod feed;
pub mod nats;
pub mod nginx;

use std::path::PathBuf;

use crate::program::find_program;

/// A program from a package that may not be installed, or what to say instead of a comparison.
pub fn find_packaged(program: &str, package: &str) -> Result<PathBuf, String> {
    find_program(program).ok_or_else(|| {
        format!("not compared with {program}, which is not installed: it is in Debian's package {package}")
    })
}
