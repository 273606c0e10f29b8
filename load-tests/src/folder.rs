//! The run's folder: everything that a run writes, apart from its report, is in it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// A folder that is removed with all that is in it when the run has ended.
pub struct RunFolder(PathBuf);

impl RunFolder {
    /// Makes it in this one, or in the system's temporary folder.
    pub fn make(parent: Option<&Path>) -> anyhow::Result<Self> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_owned);
        let folder = parent.join(format!("boxoffice-load-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("{} could not be made", folder.display()))?;
        Ok(Self(folder))
    }

    /// Makes a folder in it.
    pub fn make_inner(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.0.join(name);
        fs::create_dir(&folder).with_context(|| format!("{} could not be made", folder.display()))?;
        Ok(folder)
    }

    /// Removes it. What still runs in it must have been stopped before.
    pub fn remove(self) -> anyhow::Result<()> {
        fs::remove_dir_all(&self.0).context("the run's folder could not be removed")
    }
}
