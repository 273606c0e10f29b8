//! What a command became, or why it didn't pass.

use domain::outcome::Decision;

/// What a command became, or why it didn't pass.
pub type Passed = Result<Decision, PassError>;

/// Why a command did not pass.
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
    /// It may or may not have happened; the same idempotency key tells.
    #[error("the outcome is unknown")]
    OutcomeUnknown,
    /// There is no such show.
    #[error("no such show")]
    NoSuchShow,
    /// The same idempotency key came before with another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The rows were not what they must be; logged. Nothing happened.
    #[error("the command can't be carried out")]
    Internal,
}
