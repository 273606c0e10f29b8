//! HTTP: routes, requests and answers. No SQL and no rules: a handler extracts, calls and maps.

pub mod answer;
pub mod blocks;
pub mod cancellation;
pub mod extract;
pub mod funnel;
pub mod journal;
pub mod live;
pub mod metrics;
pub mod new_show;
pub mod orders;
pub mod outbox;
pub mod page;
pub mod payments;
pub mod plans;
pub mod problem;
pub mod request_span;
pub mod returns;
pub mod routes;
pub mod seat_map;
pub mod server;
pub mod sessions;
pub mod shows;
pub mod status;
pub mod tickets;
pub mod waiting;
pub mod webhooks;
