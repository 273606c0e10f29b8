//! The rules of the ticket office, without a database, a clock or a network.

pub mod reference;
