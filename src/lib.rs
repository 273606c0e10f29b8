//! An ACID ticket office.

pub mod domain;
pub mod embedded;
