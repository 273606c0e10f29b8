//! Folders and files, made and opened without following a link in their place.
//!
//! Root prepares them for a user that owns the folder around them. That user can put a link where a file is expected, at
//! any moment: what is done to a path after a look at it may be done to something else. So everything is done to what is
//! open already, and what is opened is never what a link leads to.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use nix::fcntl::OFlag;

/// A file that only its owner may read and write.
const PRIVATE_FILE: u32 = 0o600;
/// What anybody but the owner may do.
const OTHERS: u32 = 0o077;

/// Makes a folder if it is missing, with this mode whatever the umask is; one that is there keeps its own.
pub(super) fn make_dir(path: &Path, mode: u32) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::create_dir(path) {
        Ok(()) => open_dir(path)?.set_permissions(Permissions::from_mode(mode)),
        // Another process was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Opens a folder.
pub(super) fn open_dir(path: &Path) -> io::Result<File> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)
}

/// Opens a file for a lock, made if it is missing. Whoever may open it could hold the lock for ever, so nobody else may:
/// also not where an earlier version has made it readable by all.
pub(super) fn open_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options
        .create(true)
        .truncate(false)
        .write(true)
        .mode(PRIVATE_FILE);
    let file = options.custom_flags(OFlag::O_NOFOLLOW.bits()).open(path)?;
    let metadata = file.metadata()?;
    // With a second name it may be a file of somebody else.
    if !metadata.is_file() || metadata.nlink() != 1 {
        return Err(io::Error::other("it is no plain file with one name"));
    }
    if metadata.mode() & OTHERS != 0 {
        file.set_permissions(Permissions::from_mode(PRIVATE_FILE))?;
    }
    Ok(file)
}

/// Makes a new, empty file. What had its name before, a link or a file, loses the name and is neither followed nor emptied.
pub(super) fn replace_file(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.create_new(true).write(true).mode(PRIVATE_FILE).open(path)
}

/// The last bytes of a file; none of what a link leads to.
pub(super) fn read_end(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    // A pipe without a writer would keep the reader waiting.
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)?;
    let begin = file.metadata()?.len().saturating_sub(bytes_max);
    file.seek(SeekFrom::Start(begin))?;
    let mut end = Vec::new();
    file.take(bytes_max).read_to_end(&mut end)?;
    Ok(end)
}
