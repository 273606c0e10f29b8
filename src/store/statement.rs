//! Statements kept as `.sql` files: prepared once a connection, bound by name, timed at one place.
//!
//! Diesel's `sql_query` is never cached as a prepared statement, so a statement here is a query fragment of its own.
//! In the file a parameter is `:name`; it may stand several times.

use std::time::Instant;

use diesel::pg::{Pg, PgConnection};
use diesel::query_builder::{QueryFragment, QueryId};
use diesel::query_dsl::methods::{ExecuteDsl, LoadQuery};
use diesel::result::QueryResult;

/// A statement kept in a `.sql` file.
pub trait Statement {
    /// `noun/verb` of the file, the label of its timings.
    const NAME: &'static str;
    /// The text, with `:name` parameters.
    const TEXT: &'static str;
}

/// A piece of a statement's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Plain text.
    Text(&'static str),
    /// The name of a parameter.
    Bind(&'static str),
}

/// Splits a text at its parameters. A `:` begins one where a letter follows and no second `:` goes before (a cast).
pub fn parts(text: &'static str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut plain_bytes = 0;
    while let Some(found) = rest
        .get(plain_bytes..)
        .and_then(|tail| tail.find(':'))
        .map(|at| at + plain_bytes)
    {
        let (before, after) = rest.split_at(found);
        let name_bytes = after
            .bytes()
            .skip(1)
            .take_while(|byte| byte.is_ascii_lowercase() || *byte == b'_')
            .count();
        if name_bytes == 0 || before.ends_with(':') {
            plain_bytes = found + 1;
            continue;
        }
        let (name, tail) = after.split_at(name_bytes + 1);
        parts.push(Part::Text(before));
        parts.push(Part::Bind(name.trim_start_matches(':')));
        rest = tail;
        plain_bytes = 0;
    }
    parts.push(Part::Text(rest));
    parts
}

/// Declares a statement: its file, its parameters (name: SQL type = Rust type) and the SQL types of its rows.
macro_rules! statement {
    (
        $(#[$doc:meta])*
        $vis:vis struct $name:ident($file:literal) { $($field:ident: $sql:ty = $rust:ty),* $(,)? } -> $row:ty
    ) => {
        $(#[$doc])*
        #[derive(Debug, diesel::query_builder::QueryId)]
        $vis struct $name { $(pub $field: $rust),* }

        impl $crate::store::statement::Statement for $name {
            const NAME: &'static str = $file;
            const TEXT: &'static str = include_str!($file);
        }

        impl diesel::query_builder::Query for $name {
            type SqlType = $row;
        }

        impl diesel::query_dsl::RunQueryDsl<diesel::pg::PgConnection> for $name {}

        impl diesel::query_builder::QueryFragment<diesel::pg::Pg> for $name {
            fn walk_ast<'b>(
                &'b self,
                mut out: diesel::query_builder::AstPass<'_, 'b, diesel::pg::Pg>,
            ) -> diesel::QueryResult<()> {
                use $crate::store::statement::{Part, Statement, parts};
                static PARTS: std::sync::LazyLock<Vec<Part>> = std::sync::LazyLock::new(|| parts($name::TEXT));
                for part in PARTS.iter() {
                    match *part {
                        Part::Text(text) => out.push_sql(text),
                        $(Part::Bind(stringify!($field)) => out.push_bind_param::<$sql, _>(&self.$field)?,)*
                        Part::Bind(name) => {
                            let message = format!("{} has no parameter {name}", $name::NAME);
                            return Err(diesel::result::Error::QueryBuilderError(message.into()));
                        }
                    }
                }
                Ok(())
            }
        }
    };
}
pub(crate) use statement;

/// All rows of a statement.
pub fn load<'query, S, Row>(connection: &mut PgConnection, statement: S) -> QueryResult<Vec<Row>>
where
    S: Statement + LoadQuery<'query, PgConnection, Row>,
{
    timed(S::NAME, || statement.internal_load(connection)?.collect())
}

/// The only row of a statement that always has one.
pub fn one<'query, S, Row>(connection: &mut PgConnection, statement: S) -> QueryResult<Row>
where
    S: Statement + LoadQuery<'query, PgConnection, Row>,
{
    first(connection, statement)?.ok_or(diesel::result::Error::NotFound)
}

/// The row of a statement that has one at most.
pub fn first<'query, S, Row>(connection: &mut PgConnection, statement: S) -> QueryResult<Option<Row>>
where
    S: Statement + LoadQuery<'query, PgConnection, Row>,
{
    timed(S::NAME, || {
        statement.internal_load(connection)?.next().transpose()
    })
}

/// Carries a statement out and counts the rows that it changed.
pub fn execute<S>(connection: &mut PgConnection, statement: S) -> QueryResult<usize>
where
    S: Statement + QueryFragment<Pg> + QueryId,
{
    timed(S::NAME, || {
        ExecuteDsl::<PgConnection>::execute(statement, connection)
    })
}

/// Times one call to the database under a label.
pub fn timed<T>(label: &'static str, call: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let result = call();
    metrics::histogram!("boxoffice_database_call_seconds", "statement" => label).record(begin.elapsed());
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_found_and_casts_left_alone() {
        let found = parts("a = :one::int AND b[x : y] = :two_b, ':'");
        let expected = [
            Part::Text("a = "),
            Part::Bind("one"),
            Part::Text("::int AND b[x : y] = "),
            Part::Bind("two_b"),
            Part::Text(", ':'"),
        ];
        assert_eq!(found, expected);
    }
}
