//! An office as anybody's program sees it: by its HTTP interface alone, wherever it is.

pub mod address;
pub mod bodies;
pub mod event_stream;
pub mod follow;
pub mod remote;
pub mod seen;
