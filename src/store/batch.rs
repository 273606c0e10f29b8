//! The turnstile's transaction: lock and read, then write. Two calls beside BEGIN and COMMIT, or one in all, however many
//! commands of however many shows are in the batch.

mod answer;
mod emails;
mod lock;
mod numbers;
mod rows;
mod write;

pub use answer::{IdempotencyKey, NewAnswer, StoredAnswer};
pub use emails::count_emails;
pub use lock::{LockedBatch, LockedShow, NamedRows, ShowToLock, lock_show, lock_shows};
pub use numbers::{RANGE_NUMBERS_MIN, lease_order_numbers};
pub use write::{AtOnce, Premises, Refused, ShowWrite, WriteError, write_at_once, write_locked};
