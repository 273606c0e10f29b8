//! The server's processes: made, watched, stopped.

use super::binaries::Binaries;
use super::error::EmbeddedError;
use super::folder::{Folder, cannot_use};
use super::handle;
use super::limits::{POLL, START_SECONDS_MAX};
use super::settings::{self, Durability, MAINTENANCE_DATABASE, SUPERUSER};
use diesel::{Connection, PgConnection};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long open transactions have to be rolled back and buffers to be written.
const FAST_STOP_SECONDS_MAX: u64 = 10;
/// How long processes have to vanish after that, without writing anything: the next start recovers.
const IMMEDIATE_STOP_SECONDS_MAX: u64 = 10;
/// How long a postmaster that says it is ready may take to answer, before it is asked again.
const CONNECT_SECONDS_MAX: u64 = 2;
/// How long a new program must stand in the old one's place: the files of a package come one after the other.
const UPGRADE_SECONDS: u64 = 3;
/// How much of the end of the log an error repeats.
const LOG_END_BYTES_MAX: u64 = 1_000;

/// A running postmaster, started here or found.
#[derive(Debug)]
pub(super) struct Postmaster {
    pid: Pid,
    /// `None` if another process started it.
    child: Option<Child>,
    /// The file that it was started from.
    program: PathBuf,
    cluster_dir: PathBuf,
}

impl Postmaster {
    /// The postmaster that runs on a cluster, no matter who started it.
    pub(super) fn find(cluster_dir: &Path) -> Option<Postmaster> {
        let pid = PidFile::read(&pid_file(cluster_dir))?.pid;
        let found = Postmaster {
            pid,
            child: None,
            program: PathBuf::from(command_line(pid)?.first()?),
            cluster_dir: cluster_dir.to_owned(),
        };
        (runs_cluster(pid, cluster_dir) == Some(true)).then_some(found)
    }

    /// Starts a postmaster and waits until it accepts connections.
    pub(super) fn start(
        binaries: &Binaries,
        folder: &Folder,
        arguments: &[OsString],
    ) -> Result<Postmaster, EmbeddedError> {
        let deadline = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
        loop {
            remove_stale_pid_files(folder);
            let child = spawn(&binaries.postgres(), arguments, folder)?;
            let pid = Pid::from_raw(child.id().cast_signed());
            let postmaster = Postmaster {
                pid,
                child: Some(child),
                program: binaries.postgres(),
                cluster_dir: folder.cluster_dir(),
            };
            match postmaster.wait_until_ready(folder, deadline) {
                // The server's other processes outlive a killed postmaster for a moment, and no new one starts before.
                Err(EmbeddedError::Exited(log))
                    if log.contains("is still in use") && Instant::now() < deadline =>
                {
                    std::thread::sleep(POLL);
                }
                outcome => return outcome,
            }
        }
    }

    /// Waits until connections are accepted; a postmaster that was found may still be starting, or be stopping.
    pub(super) fn adopt(self, folder: &Folder) -> Result<Postmaster, EmbeddedError> {
        self.wait_until_ready(folder, Instant::now() + Duration::from_secs(START_SECONDS_MAX))
    }

    fn wait_until_ready(mut self, folder: &Folder, deadline: Instant) -> Result<Postmaster, EmbeddedError> {
        loop {
            if !self.is_alive() {
                return Err(EmbeddedError::Exited(log_end(&folder.log_file())));
            }
            let file = PidFile::read(&pid_file(&self.cluster_dir));
            // One that is being killed still has its file, but does not answer any more.
            if file.is_some_and(|file| file.pid == self.pid && file.ready) && answers(folder) {
                return Ok(self);
            }
            if Instant::now() >= deadline {
                self.stop()?;
                return Err(EmbeddedError::Deadline(log_end(&folder.log_file())));
            }
            std::thread::sleep(POLL);
        }
    }

    /// Whether it runs with these programs and arguments.
    pub(super) fn has_arguments(&self, binaries: &Binaries, arguments: &[OsString]) -> bool {
        let program = binaries.postgres().into_os_string();
        command_line(self.pid)
            .is_some_and(|found| found.iter().eq(std::iter::once(&program).chain(arguments)))
    }

    /// Whether another file has stood in the place of its program for a while, as after an upgrade. Its new sessions then
    /// load libraries that don't fit, and fail.
    pub(super) fn is_replaced(&self) -> bool {
        is_replaced(&PathBuf::from(format!("/proc/{}/exe", self.pid)), &self.program)
    }

    pub(super) fn is_alive(&mut self) -> bool {
        match &mut self.child {
            Some(child) => matches!(child.try_wait(), Ok(None)),
            None => runs_cluster(self.pid, &self.cluster_dir) == Some(true),
        }
    }

    /// Stops it: first in order, then at once.
    pub(super) fn stop(&mut self) -> Result<(), EmbeddedError> {
        let in_order = (Signal::SIGINT, FAST_STOP_SECONDS_MAX);
        let at_once = (Signal::SIGQUIT, IMMEDIATE_STOP_SECONDS_MAX);
        for (signal, seconds) in [in_order, at_once] {
            // It may have ended by itself.
            let _ = kill(self.pid, signal);
            let deadline = Instant::now() + Duration::from_secs(seconds);
            while Instant::now() < deadline {
                if !self.is_alive() {
                    return Ok(());
                }
                std::thread::sleep(POLL);
            }
        }
        Err(EmbeddedError::NotStopped(self.pid.as_raw()))
    }
}

/// Whether `program` is another file than what `running` leads to, and has been for long enough.
fn is_replaced(running: &Path, program: &Path) -> bool {
    // Both follow links, so that a program is its own other name. What is missing may be there in a moment.
    let (Ok(running), Ok(program)) = (fs::metadata(running), fs::metadata(program)) else {
        return false;
    };
    let is_other = (running.dev(), running.ino()) != (program.dev(), program.ino());
    // Unlike the time of its last change, that of its last renaming is no part of the package.
    let renamed_at = u64::try_from(program.ctime())
        .map_or(UNIX_EPOCH, |seconds| UNIX_EPOCH + Duration::from_secs(seconds));
    let stands_for = SystemTime::now().duration_since(renamed_at).unwrap_or_default();
    is_other && stands_for >= Duration::from_secs(UPGRADE_SECONDS)
}

fn answers(folder: &Folder) -> bool {
    let url = format!(
        "{}?connect_timeout={CONNECT_SECONDS_MAX}",
        settings::url(folder.socket_dir(), MAINTENANCE_DATABASE)
    );
    PgConnection::establish(&url).is_ok()
}

/// Makes a cluster. It gets its name in one step when it is complete: an unfinished one is made anew.
pub(super) fn init_cluster(
    binaries: &Binaries,
    folder: &Folder,
    durability: Durability,
) -> Result<(), EmbeddedError> {
    let unfinished = folder.unfinished_cluster_dir();
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(cannot_use(&unfinished))?;
    }
    let mut arguments = vec![OsString::from("-D"), unfinished.clone().into_os_string()];
    let username = format!("--username={SUPERUSER}");
    let options = [
        &username,
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--data-checksums",
    ];
    arguments.extend(options.map(OsString::from));
    if durability == Durability::TestsOnly {
        arguments.push(OsString::from("--no-sync"));
    }
    let child = spawn(&binaries.initdb(), &arguments, folder)?;
    wait_for_success(child, folder)?;
    fs::rename(&unfinished, folder.cluster_dir()).map_err(cannot_use(&unfinished))?;
    let parent = folder.postgres_dir();
    File::open(&parent)
        .and_then(|parent| parent.sync_all())
        .map_err(cannot_use(&parent))
}

fn wait_for_success(mut child: Child, folder: &Folder) -> Result<(), EmbeddedError> {
    let deadline = Instant::now() + Duration::from_secs(START_SECONDS_MAX);
    loop {
        match child.try_wait() {
            Ok(None) if Instant::now() < deadline => std::thread::sleep(POLL),
            Ok(Some(status)) if status.success() => return Ok(()),
            _ => {
                // Nothing is lost with what it has made so far.
                let _ = child.kill();
                let _ = child.wait();
                return Err(EmbeddedError::Init(log_end(&folder.log_file())));
            }
        }
    }
}

/// Runs a server program as the cluster's owner, with its output in the log.
fn spawn(program: &Path, arguments: &[OsString], folder: &Folder) -> Result<Child, EmbeddedError> {
    let log_file = folder.log_file();
    let log = handle::replace_file(&log_file).map_err(cannot_use(&log_file))?;
    let log_too = log.try_clone().map_err(cannot_use(&log_file))?;
    let mut command = Command::new(program);
    // The environment has secrets of the office, and may have settings for other clusters (PGPORT, PGOPTIONS, …).
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LC_ALL", "C");
    command.args(arguments).current_dir(folder.postgres_dir());
    command.stdin(Stdio::null()).stdout(log).stderr(log_too);
    // Ctrl-C in a terminal goes to the office's group alone, which then stops PostgreSQL in order.
    command.process_group(0);
    if let Some(owner) = folder.owner() {
        // This also drops root's supplementary groups.
        command.uid(owner.uid).gid(owner.gid);
    }
    command.spawn().map_err(|source| match folder.owner() {
        Some(owner) if source.kind() == io::ErrorKind::PermissionDenied => EmbeddedError::NotEnterable {
            path: folder.data_dir().to_owned(),
            uid: owner.uid,
        },
        _ => EmbeddedError::Run {
            program: program.to_owned(),
            source,
        },
    })
}

/// What a postmaster says of itself in its cluster.
struct PidFile {
    pid: Pid,
    ready: bool,
}

impl PidFile {
    fn read(path: &Path) -> Option<PidFile> {
        PidFile::parse(&fs::read_to_string(path).ok()?)
    }

    /// The first line is the process, the eighth its state; the last lines are written later than the first.
    fn parse(text: &str) -> Option<PidFile> {
        let mut lines = text.lines();
        let pid = lines.next()?.trim().parse().ok().filter(|pid| *pid > 0)?;
        let ready = lines.nth(6).is_some_and(|state| state.trim() == "ready");
        Some(PidFile {
            pid: Pid::from_raw(pid),
            ready,
        })
    }
}

fn pid_file(cluster_dir: &Path) -> PathBuf {
    cluster_dir.join("postmaster.pid")
}

/// Removes what a killed postmaster has left if its number belongs to somebody else now, as after a restart of the machine,
/// or to nobody who would be waited for: PostgreSQL takes either for a postmaster that runs, and does not start.
///
/// Server processes that outlive their postmaster hold its shared memory, which PostgreSQL looks at on its own.
fn remove_stale_pid_files(folder: &Folder) {
    let cluster_dir = folder.cluster_dir();
    for path in [
        pid_file(&cluster_dir),
        folder.socket_dir().join(settings::SOCKET_PID_FILE),
    ] {
        let stale = |file: PidFile| runs_cluster(file.pid, &cluster_dir) == Some(false);
        if PidFile::read(&path).is_some_and(stale) {
            // If it can't be removed, PostgreSQL says in its log what to do.
            let _ = fs::remove_file(path);
        }
    }
}

/// Whether a process is the postmaster of a cluster; `None` if it can't be told on this system.
fn runs_cluster(pid: Pid, cluster_dir: &Path) -> Option<bool> {
    if kill(pid, None) == Err(nix::errno::Errno::ESRCH) {
        return Some(false);
    }
    command_line(pid).map(|arguments| {
        arguments
            .iter()
            .any(|argument| argument == cluster_dir.as_os_str())
    })
}

/// A process's program and arguments; none for one that has ended and was not waited for.
fn command_line(pid: Pid) -> Option<Vec<OsString>> {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let arguments = bytes
        .split(|byte| *byte == 0)
        .map(|argument| OsStr::from_bytes(argument).to_owned());
    let mut arguments: Vec<OsString> = arguments.collect();
    // Each argument ends in a zero byte.
    arguments.pop();
    Some(arguments)
}

/// The last lines of the log, in one.
fn log_end(log_file: &Path) -> String {
    let end = handle::read_end(log_file, LOG_END_BYTES_MAX).unwrap_or_default();
    String::from_utf8_lossy(&end).trim().replace('\n', "; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(i32, bool)>) {
        let found = PidFile::parse(text).map(|file| (file.pid.as_raw(), file.ready));
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn pid_files_tell_process_and_state() {
        check("42\n/d\n1\n5432\n/s\n\n  1 2\nready   \n", Some((42, true)));
        check("42\n/d\n1\n5432\n/s\n\n  1 2\nstarting\n", Some((42, false)));
        check("42\n/d\n1\n", Some((42, false)));
        check("", None);
        check("x\n", None);
        check("-1\n", None);
        check("0\n", None);
    }

    #[test]
    fn another_process_is_no_postmaster() {
        assert_eq!(
            runs_cluster(Pid::this(), Path::new("/nowhere/postgres/cluster")),
            Some(false)
        );
    }
}
