//! The rules of the box office, pure: no database, no clock, no network.
//!
//! Everything that decides who gets a place is here and is tested without a server. The room depends on
//! nothing but the standard library, chrono and serde.

pub mod code;
pub mod command;
pub mod decide;
pub mod derived;
pub mod details;
pub mod door;
pub mod event;
pub mod exchange;
pub mod id;
pub mod inbox;
pub mod key;
pub mod label;
pub mod labeled;
pub mod line;
pub mod lone_seat;
pub mod mail;
pub mod money;
pub mod outcome;
pub mod payment;
pub mod plan;
pub mod reference;
pub mod rules;
pub mod seat_map;
pub mod selection;
pub mod show;
pub mod state;
pub mod tariff;
pub mod text;
pub mod times;
pub mod together;
pub mod transfers;
pub mod waitlist;
pub mod webhook;
