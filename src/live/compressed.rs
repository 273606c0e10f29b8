//! Long texts that never change, compressed once for all who read them.

use bytes::Bytes;

use super::gzip::{Part, deflate, gzip};
use crate::store::error::StoreError;
use crate::store::kept::Kept;
use domain::id::{Offset, ShowId};

/// Most bytes of all that are kept.
const BYTES_MAX: usize = 32 * 1_024 * 1_024;

/// Which text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Text {
    /// A plan's document.
    Plan(u128),
    /// A show's snapshot at an offset.
    Snapshot(ShowId, Offset),
}

/// The compressed texts of a node.
pub struct Compressed(Kept<Text, Bytes>);

impl Default for Compressed {
    fn default() -> Self {
        Self(Kept::new(BYTES_MAX))
    }
}

impl Compressed {
    /// This text, compressed. It is done off the async threads, and once for all who want it.
    pub async fn get(&self, which: Text, text: Bytes) -> Result<Bytes, StoreError> {
        let make = move || async move {
            let made = tokio::task::spawn_blocking(move || compress(&text)).await;
            made.map(Some).map_err(StoreError::internal)
        };
        let made = self.0.get_or_read(which, Bytes::len, make).await?;
        made.ok_or(StoreError::Internal)
    }
}

/// A text as a gzip file.
pub fn compress(text: &[u8]) -> Bytes {
    let deflated = deflate(text);
    gzip(&[Part::Deflated {
        text,
        deflated: &deflated,
    }])
}
