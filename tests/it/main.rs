//! Tests of the whole office: the real binary on a real PostgreSQL, with a real Redis where there are two nodes.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says where"
)]

mod access;
mod alerts;
mod at_once;
mod audit;
mod authorisation;
mod backup;
mod best_available;
mod box_office;
mod bus;
mod buyers;
mod codes;
mod crash;
mod degraded;
mod demo;
mod deployment;
mod door;
mod drop;
mod email_limit;
mod exports;
mod follow;
mod fuzz;
mod host;
mod idempotency;
mod inbox;
mod indexes;
mod input;
mod keys;
mod lapse;
mod line;
mod live;
mod lone_seats;
mod mail;
mod money;
mod office;
mod order_search;
mod orders;
mod organisers;
mod outages;
mod outbox;
mod pages;
mod payments;
mod plans;
mod pooler;
mod prices;
mod retention;
mod sales;
mod sandbox;
mod schema;
mod secret;
mod secrets;
mod selections;
mod shows;
mod store;
mod strangers;
mod surface;
mod tables;
mod terminal;
mod terms;
mod tidy;
mod tls;
mod together;
mod transfers;
mod trial;
mod turnstile;
mod waitlist;
mod webhooks;
