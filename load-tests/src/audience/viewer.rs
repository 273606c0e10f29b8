//! One viewer: a connection, the frame that is under way, and the offset it has reached.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, ready};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::frames::{CLOSE, Frame, Frames, PING};
use super::log::Log;

/// How long a viewer may take to connect and to be greeted.
const CONNECT_SECONDS_MAX: Duration = Duration::from_secs(60);
/// Longest answer to a handshake.
const HANDSHAKE_BYTES_MAX: usize = 4_096;
/// Bytes that are read at once.
pub const READ_BYTES_MAX: usize = 64 * 1_024;
/// How a snapshot begins, as the office writes it.
const SNAPSHOT: &[u8] = b"{\"type\":\"snapshot\"";
const OFFSET: &[u8] = b"\"offset\":";

/// What comes before the news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Greeting {
    /// The office's snapshot, with the offset from which the viewer goes on.
    Snapshot,
    /// Nothing: news are numbered from 1.
    Nothing,
    /// A subscription to this subject of a NATS server, and its answer: news are numbered from 1.
    Nats(&'static str),
}

/// What all viewers share, on their one thread.
pub struct Shared {
    /// What they write down.
    pub log: RefCell<Log>,
    /// Where they read into, in turns.
    pub buffer: RefCell<Vec<u8>>,
}

/// A viewer that is connected.
pub struct Viewer {
    stream: TcpStream,
    frames: Frames,
    /// The last event that it has seen.
    pub offset: i64,
}

impl Viewer {
    /// Connects and waits for what comes first.
    pub async fn connect(address: SocketAddr, path: &str, greeting: Greeting) -> anyhow::Result<Self> {
        let connect = async {
            let mut stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            shake_hands(&mut stream, address, path).await?;
            let mut viewer = Self {
                stream,
                frames: Frames::default(),
                offset: 0,
            };
            viewer.be_greeted(greeting).await?;
            Ok(viewer)
        };
        let connected = timeout(CONNECT_SECONDS_MAX, connect).await;
        connected.context("a viewer could not connect in time")?
    }

    async fn be_greeted(&mut self, greeting: Greeting) -> anyhow::Result<()> {
        match greeting {
            Greeting::Nothing => Ok(()),
            Greeting::Snapshot => {
                let head = self.read_until(|head| head.starts_with(SNAPSHOT)).await?;
                let (offset, _same) = offsets(&head, &head).context("a snapshot without an offset")?;
                self.offset = offset;
                Ok(())
            }
            Greeting::Nats(subject) => {
                let wish = format!("CONNECT {{\"verbose\":false}}\r\nSUB {subject} 1\r\nPING\r\n");
                self.stream.write_all(&masked(2, wish.as_bytes())).await?;
                self.read_until(|head| find(head, b"PONG").is_some()).await?;
                Ok(())
            }
        }
    }

    /// Reads until a frame's head is the right one, and gives it.
    async fn read_until(&mut self, is_right: impl Fn(&[u8]) -> bool) -> anyhow::Result<Vec<u8>> {
        let mut buffer = vec![0; READ_BYTES_MAX];
        let mut found = None;
        while found.is_none() {
            let count = self.stream.read(&mut buffer).await?;
            ensure!(count > 0, "the feed ended before it began");
            self.frames
                .take(buffer.get(..count).unwrap_or_default(), |frame| {
                    if is_right(frame.head) {
                        found.get_or_insert_with(|| frame.head.to_vec());
                    }
                })?;
        }
        found.context("no greeting")
    }

    /// Writes down what comes, until the feed ends or the viewer is dropped.
    pub async fn watch(mut self, shared: Rc<Shared>) {
        loop {
            if let Err(error) = self.read_once(&shared).await {
                shared.log.borrow_mut().ended.push(format!("{error:#}"));
                return;
            }
        }
    }

    /// One read into the buffer of all, which is borrowed only while there is something to read.
    async fn read_once(&mut self, shared: &Shared) -> anyhow::Result<()> {
        let Self {
            stream,
            frames,
            offset,
        } = self;
        poll_fn(|context| {
            let mut buffer = shared.buffer.borrow_mut();
            let mut space = ReadBuf::new(&mut buffer);
            ready!(Pin::new(&mut *stream).poll_read(context, &mut space))?;
            if space.filled().is_empty() {
                return Poll::Ready(Err(anyhow::Error::from(io::Error::from(
                    io::ErrorKind::UnexpectedEof,
                ))));
            }
            let now = Instant::now();
            let mut ended = false;
            let taken = frames.take(space.filled(), |frame| match frame.opcode {
                PING => {
                    // A pong that finds no space would not have been read either.
                    let _ = stream.try_write(&masked(10, frame.head));
                }
                CLOSE => ended = true,
                _ => note(offset, &frame, now, shared),
            });
            if ended {
                return Poll::Ready(Err(anyhow::anyhow!("the server closed the feed")));
            }
            Poll::Ready(taken)
        })
        .await
    }
}

/// Writes a frame down, if it has news.
fn note(offset: &mut i64, frame: &Frame<'_>, now: Instant, shared: &Shared) {
    let Some((first, last)) = offsets(frame.head, frame.tail) else {
        return;
    };
    let mut log = shared.log.borrow_mut();
    if frame.head.starts_with(SNAPSHOT) {
        log.resyncs += 1;
    } else {
        log.frames += 1;
        log.out_of_order += u64::from(first != *offset + 1);
        log.seen(first, last, now);
        if let Some(whole) = frame.whole {
            log.sample(first, last, whole);
        }
    }
    log.moved(*offset, last);
    *offset = last;
}

async fn shake_hands(stream: &mut TcpStream, address: SocketAddr, path: &str) -> anyhow::Result<()> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::with_capacity(256);
    // No frame may be taken for a part of the answer, so what is looked at is read only up to its end.
    let mut ahead = [0; 512];
    while !answer.ends_with(b"\r\n\r\n") {
        let count = stream.peek(&mut ahead).await?;
        let seen = ahead.get(..count).unwrap_or_default();
        ensure!(!seen.is_empty(), "the server hung up");
        let before = answer.len();
        answer.extend_from_slice(seen);
        if let Some(end) = find(&answer, b"\r\n\r\n") {
            answer.truncate(end + 4);
        }
        let mut taken = vec![0; answer.len() - before];
        stream.read_exact(&mut taken).await?;
        ensure!(
            answer.len() <= HANDSHAKE_BYTES_MAX,
            "the answer to the handshake is too long"
        );
    }
    if !answer.starts_with(b"HTTP/1.1 101") {
        bail!("no WebSocket: {}", String::from_utf8_lossy(&answer));
    }
    Ok(())
}

/// A client's frame: short, and with a mask of zeros, which changes nothing.
fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode, 0x80 | (payload.len().min(125) as u8), 0, 0, 0, 0];
    frame.extend_from_slice(payload.get(..125).unwrap_or(payload));
    frame
}

/// The first and the last offset of a frame, by its ends. Frames are not parsed: there are too many.
fn offsets(head: &[u8], tail: &[u8]) -> Option<(i64, i64)> {
    let first = number(head, find(head, OFFSET)?)?;
    let last = tail.windows(OFFSET.len()).rposition(|window| window == OFFSET);
    // A snapshot has its only one at its beginning.
    let last = last.map_or(Some(first), |at| number(tail, at))?;
    Some((first, last))
}

fn number(text: &[u8], at: usize) -> Option<i64> {
    let digits = text.get(at + OFFSET.len()..)?;
    let end = digits.iter().position(|byte| !byte.is_ascii_digit());
    let digits = digits.get(..end.unwrap_or(digits.len()))?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(frame: &str, expected: Option<(i64, i64)>) {
        assert_eq!(offsets(frame.as_bytes(), frame.as_bytes()), expected, "{frame}");
    }

    #[test]
    fn offsets_are_found_without_parsing() {
        check(
            r#"{"type":"snapshot","show":"1","offset":7,"state":"open"}"#,
            Some((7, 7)),
        );
        check(
            r#"{"type":"events","events":[{"offset":8,"at":"x"},{"offset":9},{"offset":10}]}"#,
            Some((8, 10)),
        );
        check(r#"{"type":"resync"}"#, None);
    }

    #[test]
    fn a_clients_frame_is_masked() {
        assert_eq!(masked(10, b"x"), [0x8a, 0x81, 0, 0, 0, 0, b'x']);
    }
}
