//! What goes over the wire, where more than one noun has to do with it.

pub mod buyer;
pub mod change;
pub mod check_in;
pub mod code;
pub mod exchange;
pub mod key;
pub mod line;
pub mod line_place;
pub mod mail;
pub mod money;
pub mod notice;
pub mod order;
pub mod payment;
pub mod place;
pub mod plan;
pub mod rules;
pub mod show;
pub mod show_change;
pub mod tariff;
pub mod ticket;
pub mod time;
pub mod together;
pub mod waitlist;
pub mod webhook;
pub mod words;
