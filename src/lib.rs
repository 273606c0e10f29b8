//! boxoffice: an ACID ticket office. No seat is sold twice, none stays stuck, and every viewer sees the truth.
//!
//! Rooms, from the door to the vault: [`http`] asks the [`turnstile`], which decides with [`domain`] and writes with
//! [`store`]; [`live`] shows what was committed; [`pay`] talks to providers, [`webhooks`] to organisers' programs, [`mail`] to buyers and [`inbox`]
//! to their sessions. [`office`] puts them together.

pub mod address;
pub mod audit;
pub mod cleaner;
pub mod closing;
pub mod config;
pub mod demo;
pub mod http;
pub mod identity;
pub mod inbox;
pub mod keys;
pub mod line;
pub mod live;
pub mod mail;
pub mod moved;
pub mod office;
pub mod pause;
pub mod pay;
pub mod qr;
pub mod secret;
pub mod shares;
mod sharing;
pub mod show;
pub mod snapshots;
pub mod store;
pub mod turnstile;
pub mod webhooks;
