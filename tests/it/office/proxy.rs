//! Stands between nodes and the database: cuts, hangs, is silent, or loses an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

/// What becomes of what arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// It is passed on.
    Passing,
    /// Every connection is cut, and no new one let in.
    Cut,
    /// What is open stays open, and nothing more is passed on there. New connections are passed on.
    Hanging,
    /// The same, and new connections are let in and hear nothing.
    Silent,
}

/// The answer to what gets lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// The call that writes a batch.
    Write,
    /// A COMMIT of its own.
    Commit,
}

/// A proxy.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    socket: String,
    mode: watch::Sender<Mode>,
    lose: std::sync::Mutex<Option<Lost>>,
    lost: AtomicUsize,
}

impl Proxy {
    /// A proxy before the server behind this socket.
    pub async fn start(socket: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::new(Shared {
            socket,
            mode: watch::Sender::new(Mode::Passing),
            lose: std::sync::Mutex::default(),
            lost: AtomicUsize::new(0),
        });
        let accepting = shared.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, accepting.clone()));
            }
        });
        Self { port, shared }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts every connection and refuses new ones.
    pub fn cut(&self) {
        self.shared.mode.send_replace(Mode::Cut);
    }

    /// Stops passing on what is open, without closing it. New connections work.
    pub fn hang(&self) {
        self.shared.mode.send_replace(Mode::Hanging);
    }

    /// Stops passing anything on, without closing it. New connections are let in.
    pub fn fall_silent(&self) {
        self.shared.mode.send_replace(Mode::Silent);
    }

    /// Lets new connections pass again, and those that were not cut.
    pub fn mend(&self) {
        self.shared.mode.send_replace(Mode::Passing);
    }

    /// Has the next call of this kind carried out and its answer lost, with the connection.
    pub fn lose_next(&self, what: Lost) {
        *self.shared.lose.lock().expect("the lock") = Some(what);
    }

    /// How many answers were lost.
    pub fn lost(&self) -> usize {
        self.shared.lost.load(Ordering::SeqCst)
    }
}

async fn pass(mut client: TcpStream, shared: Arc<Shared>) {
    let mut mode = shared.mode.subscribe();
    let begun = *mode.borrow_and_update();
    if begun == Mode::Cut {
        return;
    }
    // Whoever came while it hung is passed on; whoever was there before is not, until it is over.
    let hangs = move |mode: Mode| mode == Mode::Silent || mode == Mode::Hanging && begun != Mode::Hanging;
    let Ok(mut server) = UnixStream::connect(&shared.socket).await else {
        return;
    };
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    let mut writes = WriteCalls::default();
    let mut losing = false;
    loop {
        let now = *mode.borrow_and_update();
        let hung = hangs(now);
        tokio::select! {
            changed = mode.changed() => {
                if changed.is_err() || *mode.borrow() == Mode::Cut {
                    return;
                }
            }
            read = client.read(&mut asked), if !hung => {
                let Ok(count @ 1..) = read else { return };
                let asked = &asked[..count];
                let found = if writes.are_in(asked) {
                    Some(Lost::Write)
                } else {
                    contains(asked, b"COMMIT").then_some(Lost::Commit)
                };
                if found.is_some() {
                    losing |= shared.lose.lock().expect("the lock").take_if(|lose| Some(*lose) == found).is_some();
                }
                if server.write_all(asked).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut answered), if !hung => {
                let Ok(count @ 1..) = read else { return };
                // The answer is there, so it has been carried out; nobody hears of it.
                if losing {
                    shared.lost.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                if client.write_all(&answered[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// The prepared statements of a connection that write batches: their text is sent once, and then only their name.
#[derive(Default)]
struct WriteCalls(Vec<Vec<u8>>);

impl WriteCalls {
    /// Whether what is sent calls one. To prepare one is no call.
    fn are_in(&mut self, sent: &[u8]) -> bool {
        // Parse: its length, the name, the text.
        let prepared = sent.strip_prefix(b"P").and_then(|rest| rest.get(4..));
        if let Some(prepared) = prepared.filter(|text| contains(text, b"FROM write_changes")) {
            let name = prepared.split(|byte| *byte == 0).next().unwrap_or_default();
            self.0.push([b"\0", name, b"\0"].concat());
            return false;
        }
        sent.first() == Some(&b'B') && self.0.iter().any(|name| contains(sent, name))
    }
}

fn contains(sent: &[u8], wanted: &[u8]) -> bool {
    sent.windows(wanted.len()).any(|word| word == wanted)
}
