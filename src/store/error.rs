//! What can go wrong between a node and its database, as far as a caller decides on it.
//!
//! Errors are told apart by Diesel's kinds and by the names of constraints alone. Diesel has no kind for most of the
//! server's codes, and a message is in whatever language the server speaks. So what names no fault of ours is taken for
//! the server's state: a lock that was not free in time, a full disk, no memory left, a shutdown.

use std::panic::Location;

use diesel::result::{DatabaseErrorKind, Error};

/// A call to the database failed. Nothing was committed: the code that commits says apart what an unanswered commit
/// means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database can't be reached, is read-only, or is in no state to carry the statement out.
    #[error("the database can't be reached")]
    Unavailable,
    /// All connections are in use, and the queue of calls is full.
    #[error("too many calls wait for the database")]
    Busy,
    /// A statement failed for a reason that no caller can mend. Logged where it happened.
    #[error("a statement failed")]
    Internal,
}

/// A write that is done once a key was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteOnceError {
    /// Another write was done under the key.
    #[error("the key is another write's")]
    KeyReused,
    /// Its commit was not answered: it may have been done.
    #[error("the commit was not answered")]
    OutcomeUnknown,
    /// A call failed.
    #[error(transparent)]
    Store(#[from] StoreError),
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
        let at = Location::caller();
        match fault(&error) {
            Fault::Connection => {
                tracing::warn!(error = %error, at = %at, "the database can't be reached");
                Self::Unavailable
            }
            Fault::Server => {
                tracing::warn!(error = %error, at = %at, "the database did not carry a statement out");
                Self::Unavailable
            }
            Fault::Statement => Self::internal(error),
        }
    }
}

/// Who is at fault for an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The connection broke: nobody knows whether the statement was carried out.
    Connection,
    /// The server refused, for a reason of its own: the statement has certainly done nothing.
    Server,
    /// The statement is wrong, or the rows that it met.
    Statement,
}

fn fault(error: &Error) -> Fault {
    use DatabaseErrorKind as Kind;
    match error {
        Error::RollbackErrorOnCommit { commit_error, .. } => fault(commit_error),
        Error::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, _)
        | Error::BrokenTransactionManager
        | Error::AlreadyInTransaction => Fault::Connection,
        Error::DatabaseError(
            Kind::UniqueViolation
            | Kind::ForeignKeyViolation
            | Kind::NotNullViolation
            | Kind::CheckViolation
            | Kind::RestrictViolation
            | Kind::ExclusionViolation,
            _,
        ) => Fault::Statement,
        Error::DatabaseError(Kind::ReadOnlyTransaction, _) => Fault::Server,
        // Our own functions name a constraint when they refuse.
        Error::DatabaseError(_, information) if information.constraint_name().is_some() => Fault::Statement,
        Error::DatabaseError(_, _) => Fault::Server,
        _ => Fault::Statement,
    }
}

/// Whether the server itself said no to a statement that is right, as when a lock was not free in time: the statement has
/// certainly done nothing.
pub fn is_lock_timeout(error: &Error) -> bool {
    fault(error) == Fault::Server
}

/// Whether the connection broke: nobody knows whether the statement was carried out.
pub fn is_unanswered(error: &Error) -> bool {
    fault(error) == Fault::Connection
}

/// Whether the error is the connection's or the server's state rather than the statement's fault.
pub fn is_unavailable(error: &Error) -> bool {
    fault(error) != Fault::Statement
}

/// Whether the connection that met this error is of no use any more: it is broken, or leads to a server that takes no
/// writes.
pub fn ends_connection(error: &Error) -> bool {
    fault(error) == Fault::Connection
        || matches!(
            error,
            Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _)
        )
}

#[cfg(test)]
mod tests {
    use diesel::result::DatabaseErrorInformation;

    use super::*;

    /// What a server says, in a language that nobody here reads.
    struct Said {
        constraint: Option<&'static str>,
    }

    impl DatabaseErrorInformation for Said {
        fn message(&self) -> &str {
            "kann nicht"
        }

        fn details(&self) -> Option<&str> {
            None
        }

        fn hint(&self) -> Option<&str> {
            None
        }

        fn table_name(&self) -> Option<&str> {
            None
        }

        fn column_name(&self) -> Option<&str> {
            None
        }

        fn constraint_name(&self) -> Option<&str> {
            self.constraint
        }

        fn statement_position(&self) -> Option<i32> {
            // Where a lock was waited for, the server points there too.
            Some(8)
        }
    }

    fn check(kind: DatabaseErrorKind, constraint: Option<&'static str>, expected: Fault) {
        let error = Error::DatabaseError(kind, Box::new(Said { constraint }));
        assert_eq!(fault(&error), expected, "{error:?}");
    }

    #[test]
    fn errors_are_told_apart_without_their_words() {
        use DatabaseErrorKind as Kind;
        check(Kind::ClosedConnection, None, Fault::Connection);
        check(Kind::UnableToSendCommand, None, Fault::Connection);
        check(Kind::ReadOnlyTransaction, None, Fault::Server);
        check(Kind::SerializationFailure, None, Fault::Server);
        check(Kind::Unknown, None, Fault::Server);
        check(Kind::Unknown, Some("rows_as_decided_on"), Fault::Statement);
        check(Kind::UniqueViolation, Some("seats_pkey"), Fault::Statement);
        assert_eq!(fault(&Error::NotFound), Fault::Statement);
    }
}
