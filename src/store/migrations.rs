//! Brings a database up to this program's schema, once, however many nodes start together.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use diesel::connection::{Connection, SimpleConnection};
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::sql_types::Text;
use diesel::{RunQueryDsl, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

/// The schema, in steps. Each step lets nodes of the version before go on working.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// SQL functions, replaced whenever their text changes. With other parameters a function needs another name: nodes of the
/// version before go on calling the old one.
const FUNCTIONS: [&str; 3] = [
    include_str!("functions/lock_shows_2.sql"),
    include_str!("functions/write_changes_1.sql"),
    include_str!("functions/post_payments.sql"),
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
    let mut hasher = DefaultHasher::new();
    FUNCTIONS.hash(&mut hasher);
    let digest = format!("{:016x}", hasher.finish());
    connection.transaction(|connection| {
        // The digest stands in the table's comment: it belongs to the schema, not to the data.
        let known: String = diesel::select(sql::<Text>(
            "coalesce(obj_description(to_regclass('office')), '')",
        ))
        .get_result(connection)?;
        if known != digest {
            for function in FUNCTIONS {
                sql_query(function).execute(connection)?;
            }
            sql_query(format!("COMMENT ON TABLE office IS '{digest}'")).execute(connection)?;
        }
        Ok(())
    })
}
