//! The folder of the private cluster: who owns it, who uses it, and what is where.
//!
//! In the data folder: `postgres/` with `cluster/` (what `initdb` makes), `socket` (the socket's folder, or a link to
//! it) and `log`; beside it `postgres.lock`, held by each process that uses the cluster, and `postgres.gate`, held
//! while it starts or stops. Both are locks of the system, which vanish with the process that holds them.

use super::error::EmbeddedError;
use super::limits::{POLL, START_SECONDS_MAX};
use nix::unistd::{Uid, User};
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// PostgreSQL refuses to run as root: these run it then. `postgres` comes with the server package, `nobody` with the system.
const USERS_INSTEAD_OF_ROOT: [&str; 2] = ["postgres", "nobody"];
/// A socket's path has at most 107 bytes, of which the file's name takes 15.
const SOCKET_DIR_BYTES_MAX: usize = 90;
/// Only the owner may enter.
const PRIVATE: u32 = 0o700;
/// Everybody may pass through, as the user that PostgreSQL runs as must.
const PASSABLE: u32 = 0o711;

/// How many processes may use a cluster at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tenancy {
    Sole,
    Shared,
}

/// The user that owns the cluster and runs PostgreSQL.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// An open folder, locked for as long as it is open.
#[derive(Debug)]
pub(super) struct Folder {
    data_dir: PathBuf,
    socket_dir: PathBuf,
    /// `None` when the office is not root: PostgreSQL then runs as the same user.
    owner: Option<Owner>,
    lock: File,
}

/// Its holder may start and stop the postmaster. Dropping it lets the next one in.
#[derive(Debug)]
pub(super) struct Gate {
    _lock: File,
}

impl Folder {
    /// Makes what is missing and locks the folder. The gate is for starting the postmaster.
    pub(super) fn open(data_dir: &Path, tenancy: Tenancy) -> Result<(Folder, Gate), EmbeddedError> {
        make_dir(data_dir, PASSABLE)?;
        let data_dir = fs::canonicalize(data_dir).map_err(cannot_use(data_dir))?;
        let gate = pass_gate(&data_dir)?;
        let lock = open_lock(&data_dir.join("postgres.lock"))?;
        let locked = match tenancy {
            Tenancy::Sole => lock.try_lock(),
            Tenancy::Shared => lock.try_lock_shared(),
        };
        locked.map_err(refused(&data_dir))?;

        let postgres_dir = data_dir.join("postgres");
        make_dir(&postgres_dir, PRIVATE)?;
        let owner = owner_of(&postgres_dir)?;
        give_to(owner, &postgres_dir)?;
        let socket_dir = make_socket_dir(&postgres_dir, owner)?;
        Ok((
            Folder {
                data_dir,
                socket_dir,
                owner,
                lock,
            },
            gate,
        ))
    }

    /// Waits until no other process starts or stops the postmaster.
    pub(super) fn pass_gate(&self) -> Result<Gate, EmbeddedError> {
        pass_gate(&self.data_dir)
    }

    /// Ends the use of the folder, and tells whether nobody else uses it. To be asked behind the gate.
    pub(super) fn leave_as_last(&self) -> Result<bool, EmbeddedError> {
        self.lock.unlock().map_err(cannot_use(&self.data_dir))?;
        let nobody_else = self.lock.try_lock().is_ok();
        self.lock.unlock().map_err(cannot_use(&self.data_dir))?;
        Ok(nobody_else)
    }

    /// The data folder.
    pub(super) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The folder that the cluster's owner can write to, and nobody else.
    pub(super) fn postgres_dir(&self) -> PathBuf {
        self.data_dir.join("postgres")
    }

    /// What `initdb` makes and PostgreSQL calls its data directory.
    pub(super) fn cluster_dir(&self) -> PathBuf {
        self.postgres_dir().join("cluster")
    }

    /// The name of a cluster that is not complete yet.
    pub(super) fn unfinished_cluster_dir(&self) -> PathBuf {
        self.postgres_dir().join("cluster.unfinished")
    }

    /// What the server programs say, emptied whenever one starts.
    pub(super) fn log_file(&self) -> PathBuf {
        self.postgres_dir().join("log")
    }

    pub(super) fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    pub(super) fn owner(&self) -> Option<Owner> {
        self.owner
    }

    /// The major version that made the cluster; `None` if there is no cluster yet.
    pub(super) fn cluster_version(&self) -> Option<String> {
        let version = fs::read_to_string(self.cluster_dir().join("PG_VERSION")).ok()?;
        Some(version.trim().to_owned())
    }

    /// Removes a socket folder outside of the data folder, which nobody would find otherwise.
    pub(super) fn remove_outer_socket_dir(&self) {
        let link = socket_place(&self.postgres_dir());
        if link.is_symlink() {
            // Left behind, it is found through the link, or replaced.
            let _ = fs::remove_dir_all(&self.socket_dir);
            let _ = fs::remove_file(&link);
        }
    }
}

/// Turns the system's refusal into the sentence that names the place.
pub(super) fn cannot_use(path: &Path) -> impl FnOnce(io::Error) -> EmbeddedError {
    let path = path.to_owned();
    move |source| EmbeddedError::Folder { path, source }
}

fn refused(data_dir: &Path) -> impl FnOnce(TryLockError) -> EmbeddedError {
    move |error| match error {
        TryLockError::WouldBlock => EmbeddedError::InUse(data_dir.to_owned()),
        TryLockError::Error(source) => cannot_use(data_dir)(source),
    }
}

fn pass_gate(data_dir: &Path) -> Result<Gate, EmbeddedError> {
    let lock = open_lock(&data_dir.join("postgres.gate"))?;
    let deadline = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(Gate { _lock: lock }),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(POLL),
            Err(error) => return Err(refused(data_dir)(error)),
        }
    }
}

fn open_lock(path: &Path) -> Result<File, EmbeddedError> {
    let mut options = OpenOptions::new();
    options
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(cannot_use(path))
}

/// Makes a folder that is missing; one that is there keeps its permissions.
fn make_dir(path: &Path, mode: u32) -> Result<(), EmbeddedError> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(cannot_use(path))?;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(cannot_use(path))
}

/// The user that runs PostgreSQL: the owner of an existing folder, as its files can't change hands.
fn owner_of(postgres_dir: &Path) -> Result<Option<Owner>, EmbeddedError> {
    if !Uid::effective().is_root() {
        return Ok(None);
    }
    let metadata = fs::metadata(postgres_dir).map_err(cannot_use(postgres_dir))?;
    let owner = match metadata.uid() {
        0 => unprivileged_user()?,
        uid => Owner {
            uid,
            gid: metadata.gid(),
        },
    };
    Ok(Some(owner))
}

fn unprivileged_user() -> Result<Owner, EmbeddedError> {
    let known = |name: &&str| User::from_name(name).ok().flatten();
    let user = USERS_INSTEAD_OF_ROOT
        .iter()
        .find_map(known)
        .ok_or(EmbeddedError::NoUser)?;
    Ok(Owner {
        uid: user.uid.as_raw(),
        gid: user.gid.as_raw(),
    })
}

fn give_to(owner: Option<Owner>, path: &Path) -> Result<(), EmbeddedError> {
    let Some(Owner { uid, gid }) = owner else {
        return Ok(());
    };
    std::os::unix::fs::chown(path, Some(uid), Some(gid)).map_err(cannot_use(path))
}

/// The socket's folder: inside where its path is short and plain enough, else outside with a link to it.
fn make_socket_dir(postgres_dir: &Path, owner: Option<Owner>) -> Result<PathBuf, EmbeddedError> {
    let place = socket_place(postgres_dir);
    if is_usable_as_socket_dir(&place) && !place.is_symlink() {
        make_dir(&place, PRIVATE)?;
        give_to(owner, &place)?;
        return Ok(place);
    }
    if let Ok(outer) = fs::read_link(&place)
        && is_private(&outer, owner)
    {
        return Ok(outer);
    }
    let outer = outer_dir(owner).join(format!("boxoffice-{:016x}", rand::random::<u64>()));
    DirBuilder::new()
        .mode(PRIVATE)
        .create(&outer)
        .map_err(cannot_use(&outer))?;
    give_to(owner, &outer)?;
    if place.is_symlink() {
        fs::remove_file(&place).map_err(cannot_use(&place))?;
    }
    std::os::unix::fs::symlink(&outer, &place).map_err(cannot_use(&place))?;
    Ok(outer)
}

fn socket_place(postgres_dir: &Path) -> PathBuf {
    postgres_dir.join("socket")
}

/// PostgreSQL takes a list of folders, in which commas, quotes and spaces at the ends mean something.
fn is_usable_as_socket_dir(path: &Path) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-');
    path.to_str()
        .is_some_and(|path| path.len() <= SOCKET_DIR_BYTES_MAX && path.bytes().all(plain))
}

/// Where a folder for the socket is made: where only this user looks, if there is such a place and PostgreSQL runs as it.
fn outer_dir(owner: Option<Owner>) -> PathBuf {
    let runtime_dir = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    runtime_dir
        .filter(|path| owner.is_none() && path.is_absolute() && path.is_dir())
        .filter(|path| is_usable_as_socket_dir(&path.join("boxoffice-0123456789abcdef")))
        .unwrap_or_else(|| PathBuf::from("/tmp"))
}

/// A name in a public folder may have been taken by somebody else since.
fn is_private(path: &Path, owner: Option<Owner>) -> bool {
    let uid = owner.map_or_else(|| Uid::effective().as_raw(), |owner| owner.uid);
    let metadata = fs::symlink_metadata(path);
    metadata.is_ok_and(|found| found.is_dir() && found.uid() == uid && found.mode() & 0o777 == PRIVATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: bool) {
        assert_eq!(is_usable_as_socket_dir(Path::new(path)), expected, "{path}");
    }

    #[test]
    fn sockets_need_short_and_plain_paths() {
        check("/srv/box-office/data/postgres/socket", true);
        check("/srv/box office/socket", false);
        check("/srv/a,b/socket", false);
        check("/srv/\"a\"/socket", false);
        check(&format!("/{}", "a".repeat(SOCKET_DIR_BYTES_MAX - 1)), true);
        check(&format!("/{}", "a".repeat(SOCKET_DIR_BYTES_MAX)), false);
    }
}
