//! The line: who wants places of a hot show waits for their turn to choose some.
//!
//! Before the sale whoever arrives draws; at the opening their places count in an order that nobody could steer ([`draw`]), and how many
//! drew is told by a sketch that needs no row for each ([`sketch`]). Who comes later stands behind them. Numbers are admitted in order,
//! as fast as there are places for them ([`pace`]), each for a bounded time ([`history`]).

pub mod draw;
pub mod history;
pub mod pace;
pub mod rules;
pub mod sketch;
pub mod standing;

pub use history::History;
pub use pace::{Flow, Pace, Scene};
pub use rules::LineRules;
pub use sketch::Sketch;
pub use standing::{PlaceState, Turn, stand};
