//! Brings a database up to this program's schema, once, however many nodes start together; or only looks whether it is.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::{Pg, PgConnection};
use diesel::result::Error;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::error::{is_lock_timeout, is_unavailable};
use super::functions::{FUNCTIONS, find_missing, install};
use super::silence::{Troubles, Watched, connect};
use super::statement::{self, statement};

/// The schema, in steps. Each step lets nodes of the version before go on working: see `docs/migrations.md`.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// The lock that nodes starting together queue at.
const ADVISORY_LOCK: i64 = 0x626f_786f_6666;
/// How long others may take that bring the schema up to date.
const OTHERS_MAX: Duration = Duration::from_secs(3_600);
/// Between two looks whether they are done.
const OTHERS_PAUSE: Duration = Duration::from_millis(100);
/// How long a step may wait for a table. Later statements queue behind it.
const LOCK_WAIT: &str = "SET lock_timeout = '500ms'; SET idle_in_transaction_session_timeout = '60s'";
/// How often a step that found a table locked is tried again.
const LOCK_TRIES: u32 = 120;
/// Between two such tries: time for the statements that queued behind the step.
const LOCK_PAUSE: Duration = Duration::from_secs(1);
/// How long the server may be silent to what is asked before and beside the steps.
const SILENCE_MAX: Duration = Duration::from_secs(5);
/// How long a step may take.
const STEP_MAX: Duration = Duration::from_secs(3_600);

statement! {
    struct HasSchema("migrations/has_schema.sql") {} -> (Bool,)
}

statement! {
    struct Applied("migrations/applied.sql") {} -> (Text,)
}

statement! {
    struct TryLock("migrations/try_lock.sql") { lock: BigInt = i64 } -> (Bool,)
}

/// The schema is not, or could not be made, what this program needs.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// The database can't be reached.
    #[error("the database can't be reached: {0}")]
    Connect(#[from] diesel::ConnectionError),
    /// A step failed and was rolled back.
    #[error("a migration failed: {error}")]
    Step {
        /// Why.
        error: Box<dyn std::error::Error + Send + Sync>,
        /// Whether it is the statement's fault.
        fault: StepFault,
    },
    /// A statement failed.
    #[error("a statement failed: {0}")]
    Statement(#[from] Error),
    /// Another program has been at it for very long.
    #[error(
        "another boxoffice has been bringing the schema up to date for an hour: look after it, then start again"
    )]
    Others,
    /// A pooler stands before it that keeps no sessions.
    #[error(
        "the database is behind a pooler in transaction mode, and boxoffice keeps prepared statements and settings in its sessions: use session mode, or the database's own address"
    )]
    SharedSessions,
    /// Nothing has been made yet.
    #[error("the database has no schema yet, and this program wants {wants}: run `boxoffice migrate` first")]
    Empty {
        /// The newest step that the program knows.
        wants: String,
    },
    /// Steps or functions are missing.
    #[error(
        "the database has schema {has}, and this program wants {wants}: run `boxoffice migrate` of this version first"
    )]
    Older {
        /// The newest step that the database has.
        has: String,
        /// The newest step that the program knows, and functions that are missing.
        wants: String,
    },
    /// The database is ahead of the program.
    #[error(
        "the database has schema {has}, and this program knows none after {wants}: use the boxoffice of that version"
    )]
    Newer {
        /// The newest step that the database has.
        has: String,
        /// The newest step that the program knows.
        wants: String,
    },
}

/// Whose fault it is that a step failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepFault {
    /// The step's own.
    Step,
    /// The server's: a table was locked, or the disk is full.
    Server,
    /// The connection's.
    Connection,
}

impl SchemaError {
    /// Whether it may be otherwise in a moment: the database is away, or takes no writes.
    pub fn is_away(&self) -> bool {
        match self {
            Self::Connect(_) => true,
            Self::Statement(error) => is_unavailable(error),
            Self::Step { fault, .. } => *fault != StepFault::Step,
            Self::Others
            | Self::SharedSessions
            | Self::Empty { .. }
            | Self::Older { .. }
            | Self::Newer { .. } => false,
        }
    }

    fn is_lock_timeout(&self) -> bool {
        match self {
            Self::Statement(error) => is_lock_timeout(error),
            Self::Step { fault, .. } => *fault == StepFault::Server,
            _ => false,
        }
    }

    fn of_step(error: Box<dyn std::error::Error + Send + Sync>, troubles: &Troubles) -> Self {
        let fault = if troubles.ended.swap(0, Ordering::Relaxed) > 0 {
            StepFault::Connection
        } else if troubles.refused.swap(0, Ordering::Relaxed) > 0 {
            StepFault::Server
        } else {
            StepFault::Step
        };
        Self::Step { error, fault }
    }
}

/// Whether a program may work with a schema that is ahead of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newer {
    /// A node may: a step never harms nodes of the version before.
    Accepted,
    /// A command refuses it: it would misread a schema that it doesn't know.
    Refused,
}

/// Runs the missing steps of the schema. Additions of a newer program stay.
pub fn migrate(url: &str) -> Result<(), SchemaError> {
    migrate_to(url, || MIGRATIONS)
}

/// Runs what is missing of these steps, and makes the functions that are missing.
pub fn migrate_to<S: MigrationSource<Pg>>(url: &str, steps: impl Fn() -> S) -> Result<(), SchemaError> {
    let troubles = Arc::new(Troubles::default());
    let (mut connection, watched) = open(url, troubles.clone())?;
    wait_for_others(&mut connection)?;
    if let Some(watched) = watched {
        watched.allow(STEP_MAX);
    }
    // The lock goes with the connection.
    for _ in 1..LOCK_TRIES {
        match run(&mut connection, steps(), &troubles) {
            Err(error) if error.is_lock_timeout() => {
                tracing::warn!(error = %error, "a step of the schema waits for its turn");
                std::thread::sleep(LOCK_PAUSE);
            }
            result => return result,
        }
    }
    run(&mut connection, steps(), &troubles)
}

fn run(
    connection: &mut PgConnection,
    steps: impl MigrationSource<Pg>,
    troubles: &Troubles,
) -> Result<(), SchemaError> {
    let done = connection
        .run_pending_migrations(steps)
        .map_err(|error| SchemaError::of_step(error, troubles))?;
    for step in done {
        tracing::info!(migration = %step, "migrated");
    }
    Ok(install(connection, &FUNCTIONS)?)
}

/// Looks whether the schema is this program's, and changes nothing.
pub fn check(url: &str, newer: Newer) -> Result<(), SchemaError> {
    let (mut connection, _watched) = open(url, Arc::default())?;
    let known = versions()?;
    let wants = known.last().cloned().unwrap_or_default();
    let (has_schema,): (bool,) = statement::one(&mut connection, HasSchema {})?;
    if !has_schema {
        return Err(SchemaError::Empty { wants });
    }
    let applied: Vec<(String,)> = statement::load(&mut connection, Applied {})?;
    let applied: Vec<String> = applied.into_iter().map(|(version,)| version).collect();
    let has = applied.last().cloned().unwrap_or_else(|| "none".to_owned());
    if newer == Newer::Refused && applied.iter().any(|version| !known.contains(version)) {
        return Err(SchemaError::Newer { has, wants });
    }
    if known.iter().any(|version| !applied.contains(version)) {
        return Err(SchemaError::Older { has, wants });
    }
    let missing = find_missing(&mut connection, &FUNCTIONS)?;
    if !missing.is_empty() {
        let wants = format!("{wants} with {}", missing.join(", "));
        return Err(SchemaError::Older { has, wants });
    }
    Ok(())
}

fn open(url: &str, troubles: Arc<Troubles>) -> Result<(PgConnection, Option<Arc<Watched>>), SchemaError> {
    let (mut connection, watched) = connect(url, SILENCE_MAX, troubles)?;
    connection.batch_execute(LOCK_WAIT)?;
    Ok((connection, watched))
}

/// Waits until no other node migrates. It polls instead of waiting in the database: an open statement would hold back
/// vacuum.
fn wait_for_others(connection: &mut PgConnection) -> Result<(), SchemaError> {
    let begin = Instant::now();
    loop {
        let (locked,): (bool,) = statement::one(connection, TryLock { lock: ADVISORY_LOCK })?;
        if locked {
            return Ok(());
        }
        if begin.elapsed() > OTHERS_MAX {
            return Err(SchemaError::Others);
        }
        std::thread::sleep(OTHERS_PAUSE);
    }
}

/// The versions of this program's steps, from old to new.
fn versions() -> Result<Vec<String>, SchemaError> {
    let steps: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS
        .migrations()
        .map_err(|error| SchemaError::of_step(error, &Troubles::default()))?;
    let mut versions: Vec<String> = steps
        .iter()
        .map(|step| step.name().version().to_string())
        .collect();
    versions.sort();
    Ok(versions)
}
