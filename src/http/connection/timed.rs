//! A client's connection with deadlines: for the head of each request, and for answers that the client doesn't take.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::places::Place;

/// How long the head of a request may take from its first byte.
pub const HEAD_MAX: Duration = Duration::from_secs(5);
/// In this time a client that has not taken its answer must have taken some of it …
const TAKING: Duration = Duration::from_secs(30);
/// … this many bytes: 2 KiB a second.
const TAKEN_BYTES_MIN: usize = 60 * 1_024;

/// What a connection and the requests on it know of each other. All of it is on one thread.
#[derive(Default)]
pub struct Line {
    /// Requests whose head has come and whose answer is not made yet.
    requests: Cell<usize>,
    /// When the first byte of a head came that is not complete.
    head_began: Cell<Option<Instant>>,
}

impl Line {
    /// A request's head is complete.
    pub fn begin_request(&self) {
        self.requests.set(self.requests.get() + 1);
        self.head_began.set(None);
    }

    /// Its answer is made.
    pub fn end_request(&self) {
        self.requests.set(self.requests.get().saturating_sub(1));
    }
}

/// A connection with deadlines. One that misses them is closed.
pub struct Timed {
    stream: TcpStream,
    line: Rc<Line>,
    /// Wakes the connection when the head's time may be over. Set once for many heads.
    head_timer: Option<Pin<Box<Sleep>>>,
    /// Since the client stopped taking all that it is sent.
    slow: Option<Slow>,
    _place: Place,
}

struct Slow {
    timer: Pin<Box<Sleep>>,
    taken_bytes: usize,
}

impl Timed {
    /// A connection in its place.
    pub fn new(stream: TcpStream, place: Place) -> Self {
        Self {
            stream,
            line: Rc::default(),
            head_timer: None,
            slow: None,
            _place: place,
        }
    }

    /// What its requests are to tell it.
    pub fn line(&self) -> Rc<Line> {
        self.line.clone()
    }

    /// Whether the head that is under way has had its time. Else the task is woken when it has.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while let Some(began) = self.line.head_began.get() {
            let deadline = began + HEAD_MAX;
            let timer = self
                .head_timer
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline.into())));
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            // It was set for a head that is complete by now.
            self.head_timer = None;
        }
        Poll::Pending
    }

    /// Whether the client has had its time and taken too little. Else the task is woken when it has.
    fn poll_slow(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let slow = self.slow.get_or_insert_with(|| Slow {
            timer: Box::pin(tokio::time::sleep(TAKING)),
            taken_bytes: 0,
        });
        while slow.timer.as_mut().poll(cx).is_ready() {
            if slow.taken_bytes < TAKEN_BYTES_MIN {
                return Poll::Ready(());
            }
            slow.taken_bytes = 0;
            slow.timer.as_mut().reset(tokio::time::Instant::now() + TAKING);
        }
        Poll::Pending
    }

    fn written(&mut self, written: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(bytes)) => {
                if let Some(slow) = &mut self.slow {
                    slow.taken_bytes += bytes;
                }
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending if self.poll_slow(cx).is_ready() => {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            Poll::Pending => {}
        }
        written
    }
}

impl AsyncRead for Timed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let is_idle = self.line.requests.get() == 0;
        match &read {
            Poll::Ready(Ok(())) if is_idle && buffer.filled().len() > before => {
                let began = self.line.head_began.get().unwrap_or_else(Instant::now);
                self.line.head_began.set(Some(began));
                if began.elapsed() >= HEAD_MAX {
                    // As if the client had hung up: one that sends a byte now and then is never waited for.
                    buffer.set_filled(before);
                }
            }
            Poll::Pending if is_idle && self.poll_head(cx).is_ready() => return Poll::Ready(Ok(())),
            _ => {}
        }
        read
    }
}

impl AsyncWrite for Timed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(written, cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Asked for when everything is written.
        self.slow = None;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
