//! What the program does, a file a command.

pub mod asyncapi;
pub mod check;
mod columns;
pub mod demo;
mod descriptors;
pub mod listeners;
mod logs;
pub mod migrate;
pub mod office_secret;
pub mod openapi;
mod opened;
pub mod organiser;
pub mod organiser_key;
pub mod plan;
pub mod reconcile;
pub mod sandbox_payments;
pub mod secret_files;
pub mod serve;
mod stop;
pub mod user;
mod visitor;
pub mod watch;
