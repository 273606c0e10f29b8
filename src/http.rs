//! HTTP: routes, requests and answers. No SQL and no rules: a handler extracts, calls and maps.

pub mod answer;
pub mod extract;
pub mod funnel;
pub mod identity;
pub mod live;
pub mod metrics;
pub mod orders;
pub mod payments;
pub mod plans;
pub mod problem;
pub mod routes;
pub mod server;
pub mod sessions;
pub mod shows;
pub mod status;
pub mod tickets;
