//! A command's decision, or why it has none.

use std::sync::Arc;

use domain::outcome::Decision;

/// A command's decision, which whoever asks again shares, or why it has none.
pub type Passed = Result<Arc<Decision>, PassError>;

/// Why a command was not decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PassError {
    /// Too many wait already. Nothing happened.
    #[error("too many commands wait for this show")]
    QueueFull,
    /// It waited too long. Nothing happened.
    #[error("the command waited too long")]
    TimedOut,
    /// The database can't be reached. Nothing happened.
    #[error("the database can't be reached")]
    Unavailable,
    /// It may or may not have happened; a retry with the same idempotency key gets the outcome.
    #[error("the outcome is unknown")]
    OutcomeUnknown,
    /// There is no such show.
    #[error("no such show")]
    NoSuchShow,
    /// The same idempotency key came before with another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The rows break an invariant; logged. Nothing happened.
    #[error("the command can't be carried out")]
    Internal,
}
