//! Notices: proved, taken in once, in any order, and never needed.
