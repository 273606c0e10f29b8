//! The database: every statement, every row. No rules here beyond what a row must be to be changed.
//!
//! Statements longer than a line are `.sql` files in the folder of their noun.

pub mod audit;
pub mod batch;
pub mod cancellation;
pub mod catalogue;
pub mod check_in;
pub mod claim;
pub mod clock;
pub mod database;
pub mod dsn;
pub mod error;
pub mod functions;
pub mod given_back;
pub mod idempotency;
pub mod invariants;
pub mod inventory;
pub mod journal;
pub mod kept;
pub mod keys;
pub mod migrations;
pub mod nodes;
pub mod notice;
pub mod office;
pub mod order;
pub mod order_list;
pub mod order_money;
pub mod order_reader;
pub mod outbox;
pub mod payment;
pub mod pooler;
pub mod reconcile;
pub mod retention;
mod row;
pub mod session;
pub mod settings_key;
pub mod shared_read;
pub mod show_cache;
mod silence;
pub mod snapshot;
pub mod statement;
pub mod terms;
