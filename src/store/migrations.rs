//! Brings a database up to this program's schema, once, however many nodes start together.

use diesel::RunQueryDsl;
use diesel::connection::{Connection, SimpleConnection};
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

/// The schema, in steps. Each step lets nodes of the version before go on working.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// SQL functions: a file is run unless its function is there. Each carries a version in its name: nodes of the version
/// before go on calling the old one.
const FUNCTIONS: [(&str, &str); 3] = [
    ("lock_shows_2", include_str!("functions/lock_shows_2.sql")),
    ("write_changes_1", include_str!("functions/write_changes_1.sql")),
    ("post_payments_2", include_str!("functions/post_payments.sql")),
];

/// The lock that nodes starting together queue at.
const ADVISORY_LOCK: i64 = 0x626f_786f_6666;

/// The schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database can't be reached.
    #[error("the database can't be reached: {0}")]
    Connect(#[from] diesel::ConnectionError),
    /// A step failed and was rolled back.
    #[error("a migration failed: {0}")]
    Step(Box<dyn std::error::Error + Send + Sync>),
    /// A statement failed.
    #[error("a statement failed: {0}")]
    Statement(#[from] diesel::result::Error),
}

/// Runs what is missing of the schema and replaces the functions whose text has changed.
pub fn migrate(url: &str) -> Result<(), MigrateError> {
    let mut connection = PgConnection::establish(url)?;
    connection.batch_execute(&format!("SELECT pg_advisory_lock({ADVISORY_LOCK})"))?;
    let result = migrate_locked(&mut connection);
    connection.batch_execute(&format!("SELECT pg_advisory_unlock({ADVISORY_LOCK})"))?;
    result
}

fn migrate_locked(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let steps = connection
        .run_pending_migrations(MIGRATIONS)
        .map_err(MigrateError::Step)?;
    for step in steps {
        tracing::info!(migration = %step, "migrated");
    }
    connection.transaction(|connection| {
        for (name, text) in FUNCTIONS {
            let found = sql::<diesel::sql_types::Bool>(&format!("to_regproc('{name}') IS NOT NULL"));
            if !diesel::select(found).get_result::<bool>(connection)? {
                connection.batch_execute(text)?;
            }
        }
        Ok(())
    })
}
