//! How long a server may be silent. libpq waits for an answer without end, and the kernel's deadlines don't help against
//! a peer whose kernel acknowledges everything while nothing behind it answers: a stopped server, a proxy that hangs.
//!
//! A thread looks at all connections and shuts the socket of one down whose server has been silent for too long. The call
//! that waits there then fails like any other on a broken connection. libpq keeps its socket to itself, so it is looked up
//! among the process's open files, right after it was made.

use std::collections::HashSet;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, Once, PoisonError, Weak};
use std::time::{Duration, Instant};

use diesel::connection::{Connection as _, Instrumentation, InstrumentationEvent};
use diesel::pg::PgConnection;
use diesel::result::ConnectionResult;
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use socket2::SockRef;

use super::dsn::{tcp_user_timeout_ms, with_deadlines};
use super::error::{ends_connection, is_lock_timeout};

/// Between two looks at all connections.
const TICK: Duration = Duration::from_millis(50);
/// How long a connection may take to be made, however many hosts the address has.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// Every connection that is watched.
static WATCHED: Mutex<Vec<Weak<Watched>>> = Mutex::new(Vec::new());
/// One connection is made at a time, so that the new socket is known to be its.
static CONNECTING: Mutex<()> = Mutex::new(());
/// The connection that is being made.
static ATTEMPT: Mutex<Option<Attempt>> = Mutex::new(None);
static WATCHING: Once = Once::new();
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A connection that is being made.
struct Attempt {
    /// The files that were open before.
    before: HashSet<RawFd>,
    tcp_user_timeout_ms: u32,
    begin: Instant,
}

/// A connection's socket, and when its server must have answered.
#[derive(Debug)]
pub struct Watched {
    socket: OwnedFd,
    /// The socket's name among the process's files.
    name: PathBuf,
    silence_max_ms: AtomicU64,
    /// Milliseconds since [`START`]; [`NEVER`] while nothing is asked.
    due_ms: AtomicU64,
}

const NEVER: u64 = u64::MAX;

impl Watched {
    /// Sets how long the server may be silent from now on.
    pub fn allow(&self, silence_max: Duration) {
        self.silence_max_ms.store(millis(silence_max), Ordering::Relaxed);
    }

    fn expect_answer(&self) {
        let due = millis(START.elapsed()).saturating_add(self.silence_max_ms.load(Ordering::Relaxed));
        self.due_ms.store(due, Ordering::Relaxed);
    }

    fn note_answer(&self) {
        self.due_ms.store(NEVER, Ordering::Relaxed);
    }

    fn end_if_overdue(&self, now_ms: u64) {
        if self.due_ms.load(Ordering::Relaxed) <= now_ms {
            self.note_answer();
            tracing::warn!("the database has been silent for too long: its connection is closed");
            shut_down(&self.socket);
        }
    }
}

/// Errors on the connections of one pool that are not the statement's fault.
#[derive(Debug, Default)]
pub struct Troubles {
    /// Those after which a connection is of no use any more.
    pub ended: AtomicU64,
    /// Those of the server, which may do the same a moment later.
    pub refused: AtomicU64,
}

/// Reports a connection's calls and answers to the watchdog, and counts failures.
struct Listener {
    watched: Option<Arc<Watched>>,
    troubles: Arc<Troubles>,
}

impl Instrumentation for Listener {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => {
                if let Some(watched) = &self.watched {
                    watched.expect_answer();
                }
            }
            InstrumentationEvent::FinishQuery { error, .. } => {
                if let Some(watched) = &self.watched {
                    watched.note_answer();
                }
                if error.is_some_and(ends_connection) {
                    self.troubles.ended.fetch_add(1, Ordering::Relaxed);
                }
                if error.is_some_and(is_lock_timeout) {
                    self.troubles.refused.fetch_add(1, Ordering::Relaxed);
                }
            }
            _ => {}
        }
    }
}

/// Makes a connection on which no answer takes longer than `silence_max`. `troubles` counts what goes
/// wrong there. Without a `/proc` it can't be watched, and there is no watch.
pub fn connect(
    address: &str,
    silence_max: Duration,
    troubles: Arc<Troubles>,
) -> ConnectionResult<(PgConnection, Option<Arc<Watched>>)> {
    WATCHING.call_once(|| {
        let watch = std::thread::Builder::new().name("silence".into()).spawn(watch);
        if let Err(error) = watch {
            tracing::error!(error = %error, "nobody can watch whether the database is silent");
        }
    });
    let address = with_deadlines(address);
    let tcp_user_timeout_ms = tcp_user_timeout_ms(&address);
    let one = lock(&CONNECTING);
    let before: HashSet<RawFd> = open_files().into_iter().collect();
    *lock(&ATTEMPT) = Some(Attempt {
        before: before.clone(),
        tcp_user_timeout_ms,
        begin: Instant::now(),
    });
    let connection = PgConnection::establish(&address);
    *lock(&ATTEMPT) = None;
    let mut connection = connection?;
    let watched = find_socket(&before, tcp_user_timeout_ms).map(|(socket, name)| {
        let watched = Arc::new(Watched {
            socket,
            name,
            silence_max_ms: AtomicU64::new(millis(silence_max)),
            due_ms: AtomicU64::new(NEVER),
        });
        lock(&WATCHED).push(Arc::downgrade(&watched));
        watched
    });
    drop(one);
    if watched.is_none() {
        tracing::warn!("a connection's socket is not among the open files: its silence is not watched");
    }
    connection.set_instrumentation(Listener {
        watched: watched.clone(),
        troubles,
    });
    Ok((connection, watched))
}

fn watch() {
    loop {
        std::thread::sleep(TICK);
        let now = millis(START.elapsed());
        lock(&WATCHED).retain(|watched| {
            let watched = watched.upgrade();
            if let Some(watched) = &watched {
                watched.end_if_overdue(now);
            }
            watched.is_some()
        });
        let attempt = lock(&ATTEMPT);
        if let Some(attempt) = attempt
            .as_ref()
            .filter(|attempt| attempt.begin.elapsed() > CONNECT_MAX)
            && let Some((socket, _)) = find_socket(&attempt.before, attempt.tcp_user_timeout_ms)
        {
            shut_down(&socket);
        }
    }
}

fn shut_down(socket: &OwnedFd) {
    if let Err(error) = SockRef::from(socket).shutdown(Shutdown::Both) {
        // The other side was quicker.
        tracing::debug!(error = %error, "a silent connection is closed already");
    }
}

/// A handle of its own to the socket of a new connection: one that was not open before, unless its number was.
fn find_socket(before: &HashSet<RawFd>, tcp_user_timeout_ms: u32) -> Option<(OwnedFd, PathBuf)> {
    let known: HashSet<PathBuf> = lock(&WATCHED)
        .iter()
        .filter_map(|watched| Some(watched.upgrade()?.name.clone()))
        .collect();
    let (old, new): (Vec<_>, Vec<_>) = open_files().into_iter().partition(|file| before.contains(file));
    new.into_iter().chain(old).find_map(|file| {
        let name = std::fs::read_link(format!("{FILES}/{file}")).ok()?;
        if !name.to_string_lossy().starts_with("socket:") || known.contains(&name) {
            return None;
        }
        let socket = duplicate(file)?;
        leads_to_database(&socket, tcp_user_timeout_ms).then_some((socket, name))
    })
}

const FILES: &str = "/proc/self/fd";

fn open_files() -> Vec<RawFd> {
    let files = std::fs::read_dir(FILES).into_iter().flatten();
    files
        .filter_map(|file| file.ok()?.file_name().to_str()?.parse().ok())
        .collect()
}

/// Only libpq's sockets lead to a file of that name, or have that timeout.
fn leads_to_database(socket: &OwnedFd, tcp_user_timeout_ms: u32) -> bool {
    let socket = SockRef::from(socket);
    let Ok(peer) = socket.peer_addr() else {
        return false;
    };
    if peer.is_unix() {
        let name = peer.as_pathname().and_then(|path| path.file_name());
        return name.is_some_and(|name| name.to_string_lossy().starts_with(".s.PGSQL."));
    }
    let timeout = socket.tcp_user_timeout().ok().flatten().unwrap_or_default();
    peer.as_socket().is_some() && timeout == Duration::from_millis(tcp_user_timeout_ms.into())
}

/// A second handle to an open file: the kernel makes one for the receiver of it. A number alone could be another file's
/// by the time that it is used.
fn duplicate(file: RawFd) -> Option<OwnedFd> {
    let (sender, receiver) = UnixStream::pair().ok()?;
    let message = [ControlMessage::ScmRights(&[file])];
    sendmsg::<()>(
        sender.as_raw_fd(),
        &[IoSlice::new(b"f")],
        &message,
        MsgFlags::empty(),
        None,
    )
    .ok()?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut messages = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(
        &receiver,
        &mut [IoSliceMut::new(&mut byte)],
        &mut messages,
        RecvFlags::CMSG_CLOEXEC,
    )
    .ok()?;
    messages.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut files) => files.next(),
        _ => None,
    })
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(NEVER - 1)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
