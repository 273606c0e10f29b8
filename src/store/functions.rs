//! SQL functions, each under a name that ends in its version. A text never changes once it has been released: what is new
//! gets a new version, and nodes of the version before go on calling the old one.

use diesel::connection::{Connection, SimpleConnection};
use diesel::pg::PgConnection;
use diesel::result::QueryResult;
use diesel::sql_types::{Array, Text};

use super::statement::{self, statement};

statement! {
    struct MissingFunctions("migrations/missing_functions.sql") { names: Array<Text> = Vec<String> } -> (Text,)
}

/// A function, with the types and triggers that it needs.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Its name, which ends in its version.
    pub name: &'static str,
    /// The statements that make it.
    pub text: &'static str,
}

macro_rules! functions {
    ($($name:literal),* $(,)?) => {
        [$(Function { name: $name, text: include_str!(concat!("functions/", $name, ".sql")) }),*]
    };
}

/// Every function of this program, in the order in which they are made.
pub const FUNCTIONS: [Function; 14] = functions![
    "keep_ledger_1",
    "keep_ledger_2",
    "post_payments_1",
    "post_refunds_1",
    "post_disputes_1",
    "lock_shows_1",
    "lock_shows_2",
    "lock_shows_3",
    "lock_shows_4",
    "write_changes_1",
    "write_changes_2",
    "write_changes_3",
    "write_changes_4",
    "leave_out_snapshots_1",
];

/// Makes those functions that are not there yet, each in a transaction of its own.
pub fn install(connection: &mut PgConnection, functions: &[Function]) -> QueryResult<()> {
    let missing = find_missing(connection, functions)?;
    for function in functions
        .iter()
        .filter(|function| missing.iter().any(|name| name == function.name))
    {
        connection.transaction(|connection| connection.batch_execute(function.text))?;
        tracing::info!("made the function {}", function.name);
    }
    Ok(())
}

/// The names of those functions that are not there yet.
pub fn find_missing(connection: &mut PgConnection, functions: &[Function]) -> QueryResult<Vec<String>> {
    let names = functions
        .iter()
        .map(|function| function.name.to_owned())
        .collect();
    let missing: Vec<(String,)> = statement::load(connection, MissingFunctions { names })?;
    Ok(missing.into_iter().map(|(name,)| name).collect())
}
