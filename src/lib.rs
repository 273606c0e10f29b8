//! An ACID ticket office.

pub mod domain;
