//! The waitlist of a show: who wants places that are not free, in the order in which they joined. A part of the show's state.
//!
//! What becomes of places that are freed is decided in `decide/waitlist.rs`; the rules are told in `docs/waitlist.md`.

mod entry;
mod free;
mod list;
mod rules;
mod tree;
mod want;

pub use entry::{EntryNumber, EntryState, EntryStep, EntryTerms};
pub use free::FreeByCategory;
pub use list::{Rank, Waiting, Waitlist};
pub use rules::{
    COLLECT_ENDS_BEFORE_SECONDS_MAX, OFFER_SECONDS_MAX, OFFER_SECONDS_MIN, WAITLIST_ENTRIES_MAX,
    WAITLIST_PLACES_MAX, WAITLIST_WANTS_MAX, WaitlistRules,
};
pub use tree::Tree;
pub use want::{TypedCount, Want};
