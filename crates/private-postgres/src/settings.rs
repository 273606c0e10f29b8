//! How the private cluster is configured, and how it is addressed.

use super::folder::Folder;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;

/// The office's database.
pub(super) const DATABASE: &str = "boxoffice";
/// The database that every cluster has.
pub(super) const MAINTENANCE_DATABASE: &str = "postgres";
/// The cluster's superuser, as whom everybody who can reach the socket connects.
pub(super) const SUPERUSER: &str = "boxoffice";
/// Part of the socket's name. Said on both sides, as each has a default that the environment may change.
const PORT: &str = "5432";
/// Beside the socket: who listens on it.
pub(super) const SOCKET_PID_FILE: &str = ".s.PGSQL.5432.lock";

/// What a commit survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// A loss of power: it waits for the disk.
    Full,
    /// Only a killed PostgreSQL: for clusters that are thrown away after the tests.
    TestsOnly,
}

impl Durability {
    fn switch(self) -> &'static str {
        match self {
            Durability::Full => "on",
            Durability::TestsOnly => "off",
        }
    }
}

/// The arguments of `postgres`. All settings are here: the cluster's own files keep what `initdb` wrote.
///
/// A running postmaster is taken over only if it has exactly these.
pub(super) fn arguments(folder: &Folder, durability: Durability) -> Vec<OsString> {
    let mut arguments = vec![OsString::from("-D"), folder.cluster_dir().into_os_string()];
    let mut set = |name: &str, value: &str| {
        arguments.extend([OsString::from("-c"), OsString::from(format!("{name}={value}"))]);
    };
    set("listen_addresses", "");
    set("port", PORT);
    set("unix_socket_directories", &folder.socket_dir().to_string_lossy());
    set("unix_socket_permissions", "0700");
    set("cluster_name", "boxoffice");
    set("max_connections", "100");
    set("shared_buffers", "128MB");
    set("fsync", durability.switch());
    // Even the tests kill PostgreSQL, and what is committed must have left its memory.
    set("synchronous_commit", "on");
    set("full_page_writes", durability.switch());
    set("wal_compression", "off");
    set("checkpoint_timeout", "15min");
    set("max_wal_size", "4GB");
    set("autovacuum", "on");
    set("autovacuum_naptime", "15s");
    set("timezone", "UTC");
    // Messages in its log can then be searched for.
    set("lc_messages", "C");
    // The log is only emptied at a start: errors of single statements, which the office reports itself, would fill it.
    set("logging_collector", "off");
    set("log_destination", "stderr");
    set("log_min_messages", "log");
    set("log_checkpoints", "off");
    arguments
}

/// The address of a database behind a socket folder, for libpq.
pub(super) fn url(socket_dir: &Path, database: &str) -> String {
    let host = percent_encoded(&socket_dir.to_string_lossy());
    format!(
        "postgresql://{SUPERUSER}@{host}:{PORT}/{}",
        percent_encoded(database)
    )
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(socket_dir: &str, database: &str, expected: &str) {
        assert_eq!(url(Path::new(socket_dir), database), expected);
    }

    #[test]
    fn addresses_escape_what_is_special() {
        check(
            "/run/box",
            "boxoffice",
            "postgresql://boxoffice@%2Frun%2Fbox:5432/boxoffice",
        );
        check(
            "/a b",
            "q?x=1/é",
            "postgresql://boxoffice@%2Fa%20b:5432/q%3Fx%3D1%2F%C3%A9",
        );
    }
}
