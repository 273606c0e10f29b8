//! gzip (RFC 1952) put together from pieces that were compressed by themselves: where a long text changes in a few
//! places, only those are compressed again.

use std::cell::RefCell;

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// Longest stored block of a deflate stream, in bytes.
const STORED_BYTES_MAX: usize = u16::MAX as usize;
/// No name, no time, fastest compression, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0xff];
/// An empty block that ends the stream.
const LAST_BLOCK: [u8; 2] = [0x03, 0x00];
/// Room for what compression adds to a text that can't be compressed.
const OVERHEAD_BYTES: usize = 128;

/// A part of a text.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// Not worth compressing.
    Plain(&'a [u8]),
    /// Compressed by [`deflate`].
    Deflated {
        /// The text.
        text: &'a [u8],
        /// The same, compressed.
        deflated: &'a [u8],
    },
}

thread_local! {
    /// Making one costs more than a piece does.
    static COMPRESSOR: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
}

/// A piece of a deflate stream (RFC 1951) that ends on a byte and refers to nothing before it.
pub fn deflate(text: &[u8]) -> Bytes {
    COMPRESSOR.with_borrow_mut(|compressor| {
        compressor.reset();
        let mut piece = Vec::with_capacity(text.len() / 4 + OVERHEAD_BYTES);
        loop {
            let done = usize::try_from(compressor.total_in()).unwrap_or(text.len());
            let rest = text.get(done..).unwrap_or_default();
            let status = compressor.compress_vec(rest, &mut piece, FlushCompress::Sync);
            // A flush is complete when there is room left behind it.
            if !matches!(status, Ok(Status::Ok)) || piece.len() < piece.capacity() {
                return piece.into();
            }
            piece.reserve(text.len() + OVERHEAD_BYTES);
        }
    })
}

/// A gzip file of all parts, one after the other.
pub fn gzip(parts: &[Part<'_>]) -> Bytes {
    let bytes = parts.iter().map(|part| match part {
        Part::Plain(text) => text.len() + 5 * (1 + text.len() / STORED_BYTES_MAX),
        Part::Deflated { deflated, .. } => deflated.len(),
    });
    let mut file = Vec::with_capacity(bytes.sum::<usize>() + HEADER.len() + LAST_BLOCK.len() + 8);
    let mut crc = Crc::new();
    file.extend(HEADER);
    for part in parts {
        match part {
            Part::Plain(text) => {
                crc.update(text);
                text.chunks(STORED_BYTES_MAX)
                    .for_each(|block| store(&mut file, block));
            }
            Part::Deflated { text, deflated } => {
                crc.update(text);
                file.extend_from_slice(deflated);
            }
        }
    }
    file.extend(LAST_BLOCK);
    file.extend(crc.sum().to_le_bytes());
    file.extend(crc.amount().to_le_bytes());
    file.into()
}

/// A stored block: not the last, its length, the same inverted, the bytes.
fn store(file: &mut Vec<u8>, block: &[u8]) {
    let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
    file.push(0);
    file.extend(length.to_le_bytes());
    file.extend((!length).to_le_bytes());
    file.extend_from_slice(block);
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    fn unpack(file: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        GzDecoder::new(file).read_to_end(&mut text).expect("gzip");
        text
    }

    proptest! {
        #[test]
        fn any_parts_read_as_one_text(parts in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..3_000)), 0..6)) {
            let deflated: Vec<Bytes> = parts.iter().map(|(_, text)| deflate(text)).collect();
            let all: Vec<Part<'_>> = parts
                .iter()
                .zip(&deflated)
                .map(|((plain, text), deflated)| if *plain { Part::Plain(text) } else { Part::Deflated { text, deflated } })
                .collect();
            let whole: Vec<u8> = parts.iter().flat_map(|(_, text)| text.clone()).collect();
            prop_assert_eq!(unpack(&gzip(&all)), whole);
        }
    }

    #[test]
    fn long_plain_text_is_stored_in_blocks() {
        let text = vec![7; 2 * STORED_BYTES_MAX + 1];
        assert_eq!(unpack(&gzip(&[Part::Plain(&text)])), text);
    }
}
