//! WebSocket frames of a server, read as they come in pieces of any size. Of each only its ends are looked at, and only a
//! frame that is cut by the reads is kept: ten thousand viewers of one process can't have a buffer each.

use anyhow::ensure;

/// Bytes of a frame's beginning that are kept.
pub const HEAD_BYTES_MAX: usize = 128;
/// Bytes of a frame's end that are kept: enough for the last event, and all of a short frame.
pub const TAIL_BYTES_MAX: usize = 400;
/// A header without a mask: two bytes, and up to eight of the length.
const HEADER_BYTES_MAX: usize = 10;

/// The kinds of frames that a viewer tells apart.
pub const PING: u8 = 9;
/// The server ends the feed.
pub const CLOSE: u8 = 8;

/// A frame that is complete.
pub struct Frame<'a> {
    /// Its kind.
    pub opcode: u8,
    /// Its first bytes.
    pub head: &'a [u8],
    /// Its last bytes.
    pub tail: &'a [u8],
    /// All of it, unless it was cut.
    pub whole: Option<&'a [u8]>,
}

/// What is known of the bytes so far.
#[derive(Default)]
pub struct Frames {
    header: [u8; HEADER_BYTES_MAX],
    header_bytes: usize,
    cut: Option<Box<Cut>>,
}

/// A frame of which more is to come.
struct Cut {
    opcode: u8,
    left: usize,
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl Frames {
    /// Takes the next bytes, and shows each frame that they complete.
    pub fn take(&mut self, mut bytes: &[u8], mut show: impl FnMut(Frame<'_>)) -> anyhow::Result<()> {
        while !bytes.is_empty() {
            if let Some(mut cut) = self.cut.take() {
                bytes = cut.take(bytes);
                if cut.left == 0 {
                    show(cut.frame());
                } else {
                    self.cut = Some(cut);
                }
                continue;
            }
            let Some((opcode, length)) = self.take_header(&mut bytes)? else {
                return Ok(());
            };
            match bytes.split_at_checked(length) {
                Some((payload, rest)) => {
                    show(Frame {
                        opcode,
                        head: payload.get(..HEAD_BYTES_MAX).unwrap_or(payload),
                        tail: end_of(payload),
                        whole: Some(payload),
                    });
                    bytes = rest;
                }
                None => self.cut = Some(Box::new(Cut::of(opcode, length))),
            }
        }
        Ok(())
    }

    /// Takes what is missing of a header; its kind and the payload's length once it is complete.
    fn take_header(&mut self, bytes: &mut &[u8]) -> anyhow::Result<Option<(u8, usize)>> {
        while let Some((byte, rest)) = bytes.split_first() {
            *bytes = rest;
            if let Some(place) = self.header.get_mut(self.header_bytes) {
                *place = *byte;
            }
            self.header_bytes += 1;
            let [kind, short, long @ ..] = self.header;
            if self.header_bytes < 2 {
                continue;
            }
            ensure!(kind & 0x80 != 0, "a message in several frames");
            ensure!(short & 0x80 == 0, "a masked frame from the server");
            let (needed, length) = match (short, long) {
                (126, [high, low, ..]) => (4, u64::from(u16::from_be_bytes([high, low]))),
                (127, eight) => (10, u64::from_be_bytes(eight)),
                (short, _) => (2, u64::from(short)),
            };
            if self.header_bytes == needed {
                self.header_bytes = 0;
                return Ok(Some((kind & 0x0f, usize::try_from(length)?)));
            }
        }
        Ok(None)
    }
}

impl Cut {
    fn of(opcode: u8, length: usize) -> Self {
        Self {
            opcode,
            left: length,
            head: Vec::with_capacity(HEAD_BYTES_MAX),
            tail: Vec::with_capacity(TAIL_BYTES_MAX * 2),
        }
    }

    /// Takes its bytes and gives back those after it.
    fn take<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (piece, rest) = bytes.split_at(self.left.min(bytes.len()));
        self.left -= piece.len();
        let head = HEAD_BYTES_MAX - self.head.len();
        self.head.extend_from_slice(piece.get(..head).unwrap_or(piece));
        self.tail.extend_from_slice(end_of(piece));
        let surplus = self.tail.len().saturating_sub(TAIL_BYTES_MAX);
        self.tail.drain(..surplus);
        rest
    }

    fn frame(&self) -> Frame<'_> {
        Frame {
            opcode: self.opcode,
            head: &self.head,
            tail: &self.tail,
            whole: None,
        }
    }
}

fn end_of(bytes: &[u8]) -> &[u8] {
    bytes.split_at(bytes.len().saturating_sub(TAIL_BYTES_MAX)).1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0x80 | opcode];
        match payload.len() {
            short @ ..126 => frame.push(short as u8),
            medium @ ..65_536 => {
                frame.push(126);
                frame.extend_from_slice(&(medium as u16).to_be_bytes());
            }
            long => {
                frame.push(127);
                frame.extend_from_slice(&(long as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(payload);
        frame
    }

    /// Whatever the pieces, the same frames with the same ends are seen.
    fn check(payloads: &[Vec<u8>], piece_bytes: usize) {
        let sent: Vec<u8> = payloads.iter().flat_map(|payload| frame(1, payload)).collect();
        let mut frames = Frames::default();
        let mut seen = Vec::new();
        for piece in sent.chunks(piece_bytes) {
            let shown = frames.take(piece, |frame| {
                assert_eq!(frame.opcode, 1);
                seen.push((frame.head.to_vec(), frame.tail.to_vec()));
            });
            shown.expect("frames");
        }
        let expected: Vec<_> = payloads
            .iter()
            .map(|payload| {
                let head = payload[..payload.len().min(HEAD_BYTES_MAX)].to_vec();
                (head, end_of(payload).to_vec())
            })
            .collect();
        assert!(seen == expected, "in pieces of {piece_bytes}");
        assert!(frames.cut.is_none() && frames.header_bytes == 0);
    }

    #[test]
    fn frames_are_the_same_however_they_are_cut() {
        let payload = |length: usize| (0..length).map(|at| (at % 251) as u8).collect::<Vec<u8>>();
        let payloads: Vec<_> = [0, 1, 125, 126, 127, 128, 399, 400, 401, 5_000, 65_535, 65_536, 3]
            .map(payload)
            .into();
        for piece_bytes in [1, 2, 3, 7, 64, 399, 400, 1_000, 65_536, 1_000_000] {
            check(&payloads, piece_bytes);
        }
    }

    #[test]
    fn what_no_server_sends_is_refused() {
        let mut masked = frame(1, b"x");
        masked[1] |= 0x80;
        assert!(Frames::default().take(&masked, |_| ()).is_err());
        let mut part = frame(1, b"x");
        part[0] &= 0x7f;
        assert!(Frames::default().take(&part, |_| ()).is_err());
    }
}
