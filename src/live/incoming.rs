//! What a viewer sends. Viewers have nothing to say but pings, pongs and a close, readers of inboxes short texts: what is not complete is kept only as far
//! as one small frame, and more than a few frames a second are refused.

use std::time::{Duration, Instant};

use actix_http::ws::{CloseCode, OpCode, Parser, ProtocolError};
use bytes::{Bytes, BytesMut};

/// Longest frame, in bytes of its payload.
pub const FRAME_BYTES_MAX: usize = 4_096;
/// Most frames in a second.
pub const FRAMES_PER_SECOND_MAX: u32 = 20;

/// What a viewer has sent and has not been answered to.
pub struct Incoming {
    received: BytesMut,
    /// When the second began in which frames are counted.
    second: Instant,
    frames: u32,
}

/// What a viewer says.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// It wants a pong with the same payload.
    Ping(Bytes),
    /// It says something, in one frame.
    Text(Bytes),
    /// It leaves.
    Close,
    /// Nothing that matters, but it is there.
    Other,
    /// It doesn't keep to the rules: it is closed with this code.
    Refused(CloseCode),
}

impl Default for Incoming {
    /// Nothing yet.
    fn default() -> Self {
        Self {
            received: BytesMut::new(),
            second: Instant::now(),
            frames: 0,
        }
    }
}

impl Incoming {
    /// Takes what came over the connection. To be called when [`Incoming::hear`] has no more.
    pub fn receive(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    /// The next frame; `None` if it is not complete.
    pub fn hear(&mut self) -> Option<Heard> {
        if self.received.is_empty() {
            self.received = BytesMut::new();
            return None;
        }
        if payload_len(&self.received).is_some_and(|len| len > FRAME_BYTES_MAX as u64) {
            return Some(Heard::Refused(CloseCode::Size));
        }
        // The parser looks at the size of a frame once it has the whole of it.
        let heard = match Parser::parse(&mut self.received, true, FRAME_BYTES_MAX) {
            Ok(None) => {
                // What a burst took is not kept for the rest of a frame.
                self.received = BytesMut::from(self.received.as_ref());
                return None;
            }
            Ok(Some((is_whole, code, payload))) => match code {
                OpCode::Ping => Heard::Ping(payload.unwrap_or_default().freeze()),
                OpCode::Text if is_whole => Heard::Text(payload.unwrap_or_default().freeze()),
                OpCode::Close => return Some(Heard::Close),
                _ => Heard::Other,
            },
            Err(ProtocolError::Overflow) => return Some(Heard::Refused(CloseCode::Size)),
            Err(_) => return Some(Heard::Refused(CloseCode::Protocol)),
        };
        Some(if self.is_too_many() {
            Heard::Refused(CloseCode::Policy)
        } else {
            heard
        })
    }

    fn is_too_many(&mut self) -> bool {
        if self.second.elapsed() >= Duration::from_secs(1) {
            (self.second, self.frames) = (Instant::now(), 0);
        }
        self.frames += 1;
        self.frames > FRAMES_PER_SECOND_MAX
    }
}

/// The length that a frame's head announces (RFC 6455, 5.2); `None` as long as the head doesn't say.
fn payload_len(frame: &[u8]) -> Option<u64> {
    match frame.get(1)? & 0x7f {
        126 => Some(u16::from_be_bytes(frame.get(2..4)?.try_into().ok()?).into()),
        127 => Some(u64::from_be_bytes(frame.get(2..10)?.try_into().ok()?)),
        len => Some(len.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client's frame, masked with zeros.
    fn frame(code: u8, payload: &[u8]) -> Vec<u8> {
        let len = u8::try_from(payload.len()).expect("a short payload");
        [&[0x80 | code, 0x80 | len, 0, 0, 0, 0], payload].concat()
    }

    fn heard(bytes: &[u8]) -> Vec<Heard> {
        let mut incoming = Incoming::default();
        incoming.receive(bytes);
        std::iter::from_fn(|| incoming.hear()).take(40).collect()
    }

    #[test]
    fn every_frame_of_a_piece_is_heard_in_order() {
        let pings: Vec<u8> = (0..10).flat_map(|n| frame(9, &[n])).collect();
        let expected: Vec<_> = (0..10).map(|n| Heard::Ping(Bytes::from(vec![n]))).collect();
        assert_eq!(heard(&pings), expected);
        let both = [frame(9, b"a"), frame(8, b"")].concat();
        let mut incoming = Incoming::default();
        incoming.receive(&both);
        assert_eq!(incoming.hear(), Some(Heard::Ping(Bytes::from_static(b"a"))));
        assert_eq!(incoming.hear(), Some(Heard::Close));
    }

    #[test]
    fn a_frame_that_is_too_large_is_refused_by_its_head() {
        for head in [
            &[0x82, 0xff, 0, 0, 0, 5, 0, 0, 0, 0][..],
            &[0x82, 0xff, 0xff, 0, 0, 5, 0, 0, 0, 0],
            &[0x82, 0xfe, 0x10, 0x01],
        ] {
            let mut incoming = Incoming::default();
            incoming.receive(head);
            assert_eq!(incoming.hear(), Some(Heard::Refused(CloseCode::Size)), "{head:?}");
        }
        let mut incoming = Incoming::default();
        incoming.receive(&[0x82, 0xfe, 0x10, 0x00]);
        assert_eq!(incoming.hear(), None);
    }

    #[test]
    fn who_talks_without_end_is_refused() {
        let pongs: Vec<u8> = (0..30).flat_map(|_| frame(10, b"")).collect();
        let heard = heard(&pongs);
        let refused = heard
            .iter()
            .position(|heard| *heard == Heard::Refused(CloseCode::Policy));
        assert_eq!(refused, Some(FRAMES_PER_SECOND_MAX as usize));
    }
}
