//! The folder of the private cluster: who owns it, who uses it, and what is where.
//!
//! In the data folder: `postgres/` with `cluster/` (what `initdb` makes), `socket` (the socket's folder, or a link to
//! it) and `log`; beside it `postgres.lock`, held by each process that uses the cluster, and `postgres.gate`, held
//! while it starts or stops. Both are locks of the system, which vanish with the process that holds them.

use super::error::EmbeddedError;
use super::handle;
use super::limits::{POLL, START_SECONDS_MAX};
use nix::unistd::{Uid, User};
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// PostgreSQL refuses to run as root: these run it then. `postgres` comes with the server package, `nobody` with the system.
const USERS_INSTEAD_OF_ROOT: [&str; 2] = ["postgres", "nobody"];
/// A socket's path has at most 107 bytes, of which the file's name takes 15.
const SOCKET_DIR_BYTES_MAX: usize = 90;
/// The folder that the cluster's owner can write to.
const POSTGRES_DIR: &str = "postgres";
/// Locked by each process that uses the cluster.
const LOCK_FILE: &str = "postgres.lock";
/// Locked while the cluster starts or stops.
const GATE_FILE: &str = "postgres.gate";
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

/// The user that owns a cluster and runs its PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The user's number.
    pub uid: u32,
    /// The number of the user's group.
    pub gid: u32,
}

impl Owner {
    /// Who runs PostgreSQL where root starts it and nothing is said: `postgres`, else `nobody`.
    pub fn instead_of_root() -> Result<Owner, EmbeddedError> {
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
}

/// Root's part of a start that goes on as another user: makes what is missing in a data folder and gives the cluster's
/// folder and the locks to that user. Says who it is: the owner of a cluster that is there, as its files can't change
/// hands, else `wanted`, else [`Owner::instead_of_root`].
///
/// The data folder itself stays root's, so that nobody else can exchange what is in it.
pub fn hand_over(data_dir: &Path, wanted: Option<Owner>) -> Result<Owner, EmbeddedError> {
    handle::make_dir(data_dir, PASSABLE).map_err(cannot_use(data_dir))?;
    let data_dir = fs::canonicalize(data_dir).map_err(cannot_use(data_dir))?;
    let postgres_dir = resolve_own_link(&data_dir, data_dir.join(POSTGRES_DIR))?;
    handle::make_dir(&postgres_dir, PRIVATE).map_err(cannot_use(&postgres_dir))?;
    let owner = match (owner_of(&postgres_dir)?, wanted) {
        (None, Some(wanted)) => wanted,
        (None, None) => Owner::instead_of_root()?,
        (Some(found), Some(wanted)) if found.uid != wanted.uid => {
            return Err(EmbeddedError::OwnedByAnother {
                path: postgres_dir,
                uid: found.uid,
            });
        }
        (Some(found), _) => found,
    };
    give_to(Some(owner), &postgres_dir)?;
    for name in [LOCK_FILE, GATE_FILE] {
        let path = data_dir.join(name);
        let lock = handle::open_lock(&path).map_err(cannot_use(&path))?;
        give_open(owner, &lock).map_err(cannot_use(&path))?;
    }
    Ok(owner)
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
        handle::make_dir(data_dir, PASSABLE).map_err(cannot_enter(data_dir))?;
        let data_dir = fs::canonicalize(data_dir).map_err(cannot_enter(data_dir))?;
        let gate = pass_gate(&data_dir)?;
        let lock_file = data_dir.join(LOCK_FILE);
        let lock = handle::open_lock(&lock_file).map_err(cannot_use(&lock_file))?;
        let locked = match tenancy {
            Tenancy::Sole => lock.try_lock(),
            Tenancy::Shared => lock.try_lock_shared(),
        };
        locked.map_err(refused(&data_dir))?;

        let postgres_dir = resolve_own_link(&data_dir, data_dir.join(POSTGRES_DIR))?;
        handle::make_dir(&postgres_dir, PRIVATE).map_err(cannot_use(&postgres_dir))?;
        let owner = if Uid::effective().is_root() {
            let found = owner_of(&postgres_dir)?;
            Some(found.map_or_else(Owner::instead_of_root, Ok)?)
        } else {
            None
        };
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
        self.data_dir.join(POSTGRES_DIR)
    }

    /// What `initdb` makes and PostgreSQL calls its data directory.
    pub(super) fn cluster_dir(&self) -> PathBuf {
        self.postgres_dir().join("cluster")
    }

    /// The name of a cluster that is not complete yet.
    pub(super) fn unfinished_cluster_dir(&self) -> PathBuf {
        self.postgres_dir().join("cluster.unfinished")
    }

    /// What the server programs say, begun anew whenever one starts.
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

/// The same for a folder that this user can't enter, which wants other words.
fn cannot_enter(path: &Path) -> impl FnOnce(io::Error) -> EmbeddedError {
    let path = path.to_owned();
    move |source| match source.kind() {
        io::ErrorKind::PermissionDenied if !can_enter(&path) => EmbeddedError::NotEnterable {
            path,
            uid: Uid::effective().as_raw(),
        },
        _ => EmbeddedError::Folder { path, source },
    }
}

fn can_enter(path: &Path) -> bool {
    let entered = fs::metadata(path.join("."));
    !entered.is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
}

fn pass_gate(data_dir: &Path) -> Result<Gate, EmbeddedError> {
    let gate_file = data_dir.join(GATE_FILE);
    let lock = handle::open_lock(&gate_file).map_err(cannot_use(&gate_file))?;
    let deadline = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(Gate { _lock: lock }),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(POLL),
            Err(error) => return Err(refused(data_dir)(error)),
        }
    }
}

/// Where a link leads that this user has made in a folder of its own, such as one to another disk; else the path as it is.
fn resolve_own_link(data_dir: &Path, path: PathBuf) -> Result<PathBuf, EmbeddedError> {
    let own = Uid::effective().as_raw();
    let is_own = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.uid() == own);
    if path.is_symlink() && is_own(&path) && is_own(data_dir) {
        return fs::canonicalize(&path).map_err(cannot_use(&path));
    }
    Ok(path)
}

/// The owner of a cluster's folder; `None` while it is root's.
fn owner_of(postgres_dir: &Path) -> Result<Option<Owner>, EmbeddedError> {
    let metadata = handle::open_dir(postgres_dir).and_then(|folder| folder.metadata());
    let metadata = metadata.map_err(cannot_use(postgres_dir))?;
    let owner = Owner {
        uid: metadata.uid(),
        gid: metadata.gid(),
    };
    Ok((owner.uid != 0).then_some(owner))
}

/// Gives a folder to the cluster's owner, if that is somebody else; never what a link in its place leads to.
fn give_to(owner: Option<Owner>, path: &Path) -> Result<(), EmbeddedError> {
    let Some(owner) = owner else {
        return Ok(());
    };
    let given = handle::open_dir(path).and_then(|folder| give_open(owner, &folder));
    given.map_err(cannot_use(path))
}

fn give_open(owner: Owner, open: &File) -> io::Result<()> {
    std::os::unix::fs::fchown(open, Some(owner.uid), Some(owner.gid))
}

/// The socket's folder: inside where its path is short and plain enough, else outside with a link to it.
fn make_socket_dir(postgres_dir: &Path, owner: Option<Owner>) -> Result<PathBuf, EmbeddedError> {
    let place = socket_place(postgres_dir);
    if is_usable_as_socket_dir(&place) && !place.is_symlink() {
        handle::make_dir(&place, PRIVATE).map_err(cannot_use(&place))?;
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
        .filter(|path| owner.is_none() && path.is_absolute() && is_private(path, None))
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

    /// A folder may be exchanged for a link between a look at it and its being given away.
    #[test]
    fn what_a_link_leads_to_is_given_to_nobody() {
        let folder = std::env::temp_dir().join(format!("boxoffice-given-{:08x}", rand::random::<u32>()));
        let (victim, link) = (folder.join("victim"), folder.join("socket"));
        fs::create_dir_all(&victim).unwrap();
        std::os::unix::fs::symlink(&victim, &link).unwrap();
        let own = fs::metadata(&victim).unwrap();
        // Root could give it to anybody; others have only themselves.
        let uid = if own.uid() == 0 { 65_534 } else { own.uid() };
        let owner = Owner { uid, gid: own.gid() };
        let given = give_to(Some(owner), &link);
        let uid_after = fs::metadata(&victim).unwrap().uid();
        fs::remove_dir_all(&folder).unwrap();
        assert!(given.is_err());
        assert_eq!(uid_after, own.uid());
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
