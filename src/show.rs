//! Shows as this node knows them: one state for each, which the turnstile decides on and the live feed shows.
//!
//! A state is the fold of the show's journal. Its events come from batches that this node has committed, from the bus,
//! by which the other nodes publish theirs, and from the journal itself, which alone is the truth and fills every gap.

pub mod bus;
pub mod follow;
pub mod followed;
pub mod members;
mod owner;
pub mod registry;

pub use follow::Follow;
pub use followed::{Accepted, Followed, Observer};
pub use members::Members;
pub use registry::Registry;
