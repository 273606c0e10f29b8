//! Long answers whose bytes are shared by all who read them. They are handed to a connection piece by piece: the library
//! copies what it is handed, and a slow reader would hold a copy of the whole.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;

/// Longest piece.
const PIECE_BYTES_MAX: usize = 64 * 1_024;

/// These bytes as an answer's body.
pub fn shared(bytes: Bytes) -> BoxBody {
    if bytes.len() <= PIECE_BYTES_MAX {
        return BoxBody::new(bytes);
    }
    BoxBody::new(Pieces { rest: bytes })
}

struct Pieces {
    rest: Bytes,
}

impl MessageBody for Pieces {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.rest.len() as u64)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let bytes = self.rest.len().min(PIECE_BYTES_MAX);
        let piece = self.rest.split_to(bytes);
        Poll::Ready((!piece.is_empty()).then_some(Ok(piece)))
    }
}
