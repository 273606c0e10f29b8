//! What can go wrong between a node and its database, as far as a caller decides on it.

use std::panic::Location;

use diesel::result::{DatabaseErrorKind, Error};

/// A call to the database failed. Nothing was committed: whoever commits says apart what an
/// unanswered commit means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database can't be reached, or is too busy to answer in time.
    #[error("the database can't be reached")]
    Unavailable,
    /// All connections are in use and as many calls wait as may.
    #[error("too many calls wait for the database")]
    Busy,
    /// A statement failed for a reason that no caller can mend. Logged where it happened.
    #[error("a statement failed")]
    Internal,
}

impl StoreError {
    /// An error that nobody can mend: logged here, once, with the place it came from.
    #[track_caller]
    pub fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!(error = %error, at = %Location::caller(), "a statement failed");
        Self::Internal
    }
}

impl From<Error> for StoreError {
    #[track_caller]
    fn from(error: Error) -> Self {
        if is_unavailable(&error) {
            tracing::warn!(error = %error, at = %Location::caller(), "the database can't be reached");
            return Self::Unavailable;
        }
        Self::internal(error)
    }
}

/// Whether a lock was not had in time: the statement has certainly done nothing.
pub fn is_lock_timeout(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(_, information) if information.message().contains("due to lock timeout"))
}

/// Whether the error is the connection's or the server's state rather than the statement's fault.
///
/// Diesel has a kind for few of these; the others are told by the server's message (the sessions run with
/// `lc_messages=C`).
pub fn is_unavailable(error: &Error) -> bool {
    const MESSAGES: [&str; 14] = [
        "terminating connection",
        "server closed the connection",
        "connection to server",
        "could not connect",
        "could not receive data",
        "could not send data",
        "no connection to the server",
        "the database system is",
        "canceling statement due to",
        "remaining connection slots",
        "too many clients",
        "SSL connection has been closed",
        "SSL SYSCALL error",
        "Connection timed out",
    ];
    match error {
        Error::DatabaseError(
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand,
            _,
        )
        | Error::BrokenTransactionManager
        | Error::AlreadyInTransaction => true,
        Error::DatabaseError(_, information) => MESSAGES
            .iter()
            .any(|message| information.message().contains(message)),
        _ => false,
    }
}
