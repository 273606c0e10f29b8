//! Where the server programs are.

use super::error::EmbeddedError;
use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian keeps each major version's programs in `<version>/bin` below this, outside of `PATH`.
const VERSIONS_DIR: &str = "/usr/lib/postgresql";

/// A folder that has both `postgres` and `initdb`.
#[derive(Debug)]
pub(super) struct Binaries(PathBuf);

impl Binaries {
    /// The folder of the setting; else that of the cluster's version or, if there is no cluster yet, of the newest; else
    /// the first in `PATH`.
    pub(super) fn find(setting: Option<&Path>, version: Option<&str>) -> Result<Binaries, EmbeddedError> {
        if let Some(folder) = setting {
            let missing = || EmbeddedError::BinariesMissingIn(folder.to_owned());
            let binaries = Binaries::in_folder(folder).ok_or_else(missing)?;
            return match (version, binaries.major_version()) {
                (Some(made_by), Some(found)) if made_by != found => Err(EmbeddedError::OtherVersion {
                    made_by: made_by.to_owned(),
                    found,
                    folder: folder.to_owned(),
                }),
                _ => Ok(binaries),
            };
        }
        let installed = match version {
            Some(version) => vec![Path::new(VERSIONS_DIR).join(version).join("bin")],
            None => newest_first(Path::new(VERSIONS_DIR)),
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut candidates = installed.into_iter().chain(std::env::split_paths(&path));
        candidates
            .find_map(|folder| {
                let binaries = Binaries::in_folder(&folder)?;
                // Another major version can't read the cluster.
                let fits = version
                    .is_none_or(|made_by| binaries.major_version().is_none_or(|found| found == made_by));
                fits.then_some(binaries)
            })
            .ok_or_else(|| match version {
                Some(version) => EmbeddedError::VersionMissing(version.to_owned()),
                None => EmbeddedError::BinariesMissing,
            })
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.0.join("postgres")
    }

    pub(super) fn initdb(&self) -> PathBuf {
        self.0.join("initdb")
    }

    /// As the program tells it: `postgres (PostgreSQL) 15.6 (Debian 15.6-0)` is 15; `None` if it can't be run.
    fn major_version(&self) -> Option<String> {
        let output = Command::new(self.postgres()).arg("--version").output().ok()?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let number = told.split_whitespace().nth(2)?;
        let major: String = number.chars().take_while(char::is_ascii_digit).collect();
        (!major.is_empty()).then_some(major)
    }

    /// A folder with one of the two is no use: a `PATH` may well have wrappers or clients alone.
    fn in_folder(folder: &Path) -> Option<Binaries> {
        let binaries = Binaries(folder.to_owned());
        (binaries.postgres().is_file() && binaries.initdb().is_file()).then_some(binaries)
    }
}

/// The `bin` folders of all versions, compared as numbers: 15 is newer than 9.6.
fn newest_first(versions_dir: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(versions_dir).into_iter().flatten().flatten();
    let mut versions: Vec<(Vec<u32>, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let numbers = name
                .split('.')
                .map(|number| number.parse().ok())
                .collect::<Option<_>>()?;
            Some((numbers, entry.path().join("bin")))
        })
        .collect();
    versions.sort_unstable_by_key(|(numbers, _)| Reverse(numbers.clone()));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let folder = std::env::temp_dir().join(format!("boxoffice-versions-{}", std::process::id()));
        for version in ["9.6", "15", "100", "9.10", "common"] {
            std::fs::create_dir_all(folder.join(version)).unwrap();
        }
        let found = newest_first(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        let expected: Vec<_> = ["100", "15", "9.10", "9.6"]
            .map(|version| folder.join(version).join("bin"))
            .into();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_folder_without_programs_is_named() {
        let error = Binaries::find(Some(Path::new("/nowhere")), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "/nowhere has no PostgreSQL server programs: the package `postgresql` puts them in \
             /usr/lib/postgresql/<version>/bin"
        );
    }

    #[test]
    fn the_sentence_names_the_package() {
        let expected = "no PostgreSQL server programs found: install the package `postgresql`, or set DATABASE_URL to a \
                        server that runs already";
        assert_eq!(EmbeddedError::BinariesMissing.to_string(), expected);
    }

    #[test]
    fn versions_missing_name_their_package() {
        let error = EmbeddedError::VersionMissing("14".to_owned()).to_string();
        assert!(error.ends_with("install the package `postgresql-14`"), "{error}");
    }
}
