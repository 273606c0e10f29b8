//! Shares: how much one client may take of what there is for all.

mod origin;

pub use origin::Origin;
