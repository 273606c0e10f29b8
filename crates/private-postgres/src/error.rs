//! Why there is no cluster.

use std::path::PathBuf;

use super::limits::START_SECONDS_MAX;

/// Why there is no cluster; each is one sentence for the person who starts the office.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No folder has the server programs.
    #[error(
        "no PostgreSQL server programs found: install the package `postgresql`, or set DATABASE_URL to a server that runs already"
    )]
    BinariesMissing,
    /// The folder named by the setting has no server programs.
    #[error("{} has no PostgreSQL server programs: the package `postgresql` puts them in /usr/lib/postgresql/<version>/bin", .0.display())]
    BinariesMissingIn(PathBuf),
    /// The cluster was made by a version that is not installed any more.
    #[error(
        "the database in the data folder was made by PostgreSQL {0}, which is not installed: install the package `postgresql-{0}`"
    )]
    VersionMissing(String),
    /// The setting's programs are of another version than the cluster.
    #[error("the database in the data folder was made by PostgreSQL {made_by}, and {} has {found}: install the package `postgresql-{made_by}` and name its folder, or move the data over with pg_dump", folder.display())]
    OtherVersion {
        /// The version of the cluster.
        made_by: String,
        /// The version of the programs.
        found: String,
        /// Where the programs are.
        folder: PathBuf,
    },
    /// Another process has the folder.
    #[error("the data folder {} is in use by another boxoffice: stop it, or set data_dir to another folder", .0.display())]
    InUse(PathBuf),
    /// The user that PostgreSQL runs as can't get there.
    #[error("user id {uid} can not enter the data folder {} or a folder above it, and neither the office nor PostgreSQL runs as root: set data_dir to a folder that every user can enter", path.display())]
    NotEnterable {
        /// The folder.
        path: PathBuf,
        /// The user that must be able to enter it.
        uid: u32,
    },
    /// The user that is wanted is not the one that the cluster belongs to.
    #[error("the database in {} belongs to user id {uid}: leave BOXOFFICE_USER out, or set it to that user", path.display())]
    OwnedByAnother {
        /// The cluster's folder.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// Run as root, and there is no user to run PostgreSQL as.
    #[error(
        "PostgreSQL does not run as root, and there is neither a user `postgres` nor a user `nobody`: create one"
    )]
    NoUser,
    /// A folder or file could not be made, read or changed.
    #[error("can not use {} for the database: {source}", path.display())]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A server program could not be run.
    #[error("can not run {}: {source}", program.display())]
    Run {
        /// The program.
        program: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// `initdb` failed.
    #[error("initdb failed: {0}")]
    Init(String),
    /// PostgreSQL ended instead of starting; with the end of its log.
    #[error("PostgreSQL did not start: {0}")]
    Exited(String),
    /// PostgreSQL is neither ready nor has it ended; with the end of its log.
    #[error("PostgreSQL was not ready after {START_SECONDS_MAX} s: {0}")]
    Deadline(String),
    /// PostgreSQL runs and yet does not stop.
    #[error("PostgreSQL (process {0}) did not stop")]
    NotStopped(i32),
    /// The cluster runs but refuses the connection that prepares it.
    #[error("can not connect to the private PostgreSQL: {0}")]
    Connect(#[from] diesel::ConnectionError),
    /// The database could not be made.
    #[error("can not make the database: {0}")]
    Query(#[from] diesel::result::Error),
}
