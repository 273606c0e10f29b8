//! Shares: how much one origin, session, order or key may take of what there is for all, so that nobody takes it from the
//! others. Where the nodes reach each other, each counts what the others count; else each grants its part.

mod counts;
mod crowd;
mod kind;
mod origin;
mod reports;
mod table;
mod told;
mod unpaid;

pub use counts::{Holders, Neighbours, OriginShares, Shares, Subject, UsedUp};
pub use crowd::{Counted, Crowd};
pub use kind::{Kind, Of, Quota};
pub use origin::Origin;
pub use reports::{Export, Reports};
pub use told::Spent;
pub use unpaid::{Reserved, UnpaidPlaces};

#[cfg(test)]
mod tests;
