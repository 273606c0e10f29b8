//! Rows are found by as many columns as a statement names, from the first row on: a plan that is made while a table is empty is
//! kept while it grows, and with the wrong index each statement would read all rows of its show.

use std::collections::{BTreeMap, BTreeSet};

use boxoffice::store::database::{READER_SESSION, WRITER_SESSION};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::sql_types::{Array, Bool, Text};
use diesel::{QueryableByName, RunQueryDsl};

use crate::office::TestDatabase;

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    of_table: String,
    #[diesel(sql_type = Bool)]
    is_partial: bool,
    #[diesel(sql_type = Array<Text>)]
    columns: Vec<String>,
    #[diesel(sql_type = Array<Text>)]
    types: Vec<String>,
}

/// All indexes of columns alone.
const INDEXES: &str = "SELECT x.relname AS name, t.relname AS of_table, i.indpred IS NOT NULL AS is_partial, \
     array_agg(a.attname::text ORDER BY k.place) AS columns, \
     array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY k.place) AS types \
     FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid \
     CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (number, place) \
     JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number \
     WHERE t.relnamespace = 'public'::regnamespace AND i.indexprs IS NULL GROUP BY 1, 2, 3";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    text: String,
}

/// The indexes that are used to find rows by these columns, for several rows of values.
fn used(connection: &mut PgConnection, table: &str, columns: &[String], types: &[String]) -> Vec<String> {
    let arrays: Vec<String> = types.iter().map(|kind| format!("{kind}[]")).collect();
    let numbers: Vec<String> = (1..=columns.len()).map(|number| format!("${number}")).collect();
    let same: Vec<String> = columns
        .iter()
        .map(|column| format!("a.{column} = k.{column}"))
        .collect();
    let prepare = format!(
        "DEALLOCATE ALL; PREPARE look ({}) AS SELECT FROM unnest({}) AS k ({}) \
         CROSS JOIN LATERAL (SELECT FROM {table} a WHERE {} OFFSET 0) b",
        arrays.join(", "),
        numbers.join(", "),
        columns.join(", "),
        same.join(" AND "),
    );
    connection.batch_execute(&prepare).expect(&prepare);
    let explain = format!(
        "EXPLAIN EXECUTE look ({})",
        vec!["NULL"; columns.len()].join(", ")
    );
    let lines: Vec<Line> = diesel::sql_query(explain).load(connection).expect("a plan");
    let after = |line: &Line| line.text.split(" using ").nth(1).map(str::to_owned);
    let name = |rest: String| rest.split(' ').next().map(str::to_owned);
    lines.iter().filter_map(after).filter_map(name).collect()
}

#[test]
fn a_plan_of_an_empty_table_uses_the_index_with_all_the_columns() {
    let database = TestDatabase::create();
    let mut connection = database.connect();
    let indexes: Vec<Index> = diesel::sql_query(INDEXES)
        .load(&mut connection)
        .expect("the indexes");
    let by_name: BTreeMap<_, _> = indexes.iter().map(|index| (index.name.as_str(), index)).collect();
    let mut faults = Vec::new();
    let mut looks = 0;
    for session in [READER_SESSION, WRITER_SESSION] {
        let session = format!("{session}; SET plan_cache_mode = force_generic_plan");
        connection.batch_execute(&session).expect("a session");
        for index in indexes.iter().filter(|index| !index.is_partial) {
            for count in 2..=index.columns.len() {
                let (columns, types) = (&index.columns[..count], &index.types[..count]);
                let wanted: BTreeSet<_> = columns.iter().collect();
                let found = used(&mut connection, &index.of_table, columns, types);
                let fits = |name: &String| {
                    let first = by_name[name.as_str()].columns.iter().take(count);
                    first.collect::<BTreeSet<_>>() == wanted
                };
                if found.len() != 1 || !found.iter().all(fits) {
                    faults.push(format!("{} by {columns:?}: {found:?}", index.of_table));
                }
                looks += 1;
            }
        }
    }
    assert!(looks > 60, "{looks}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The keys have no index that helps: they are read as a whole.
#[test]
fn no_processes_are_started_to_read_a_table_of_a_few_rows() {
    let database = TestDatabase::create();
    let mut connection = database.connect();
    let explain = "EXPLAIN SELECT o.key_digest FROM organiser_keys o \
        WHERE NOT EXISTS (SELECT FROM keys k WHERE k.key_digest = o.key_digest)";
    for session in [READER_SESSION, WRITER_SESSION] {
        connection.batch_execute(session).expect("a session");
        let lines: Vec<Line> = diesel::sql_query(explain).load(&mut connection).expect("a plan");
        let plan: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
        let plan = plan.join("\n");
        assert!(
            plan.contains("organiser_keys") && !plan.contains("Gather"),
            "{plan}"
        );
    }
}
