//! The schema goes up and down, and hot statements reach their rows by index.

use boxoffice::store::migrations::{MIGRATIONS, migrate};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::MigrationHarness;

use crate::office::TestDatabase;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn schema(connection: &mut PgConnection) -> Vec<String> {
    let query = "SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default) AS line \
         FROM information_schema.columns WHERE table_schema = 'public' \
         UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' \
         UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
         WHERE connamespace = 'public'::regnamespace ORDER BY 1";
    diesel::sql_query(query)
        .load::<Line>(connection)
        .expect("the schema")
        .into_iter()
        .map(|line| line.line)
        .collect()
}

#[test]
fn migrations_go_up_down_and_up_again() {
    let database = TestDatabase::create();
    let mut connection = database.connect();
    let before = schema(&mut connection);
    connection.revert_all_migrations(MIGRATIONS).expect("down");
    let empty: Vec<_> = schema(&mut connection)
        .into_iter()
        .filter(|line| !line.contains("__diesel"))
        .collect();
    assert_eq!(empty, [] as [String; 0]);
    migrate(database.direct_url()).expect("up");
    assert_eq!(schema(&mut connection), before);
}

#[test]
fn the_batch_reaches_its_rows_by_index() {
    let database = TestDatabase::create();
    let mut connection = database.connect();
    let fill = "INSERT INTO seats (show_id, seat) SELECT 1024, generate_series(0, 50000); \
         INSERT INTO journal_heads (show_id) VALUES (1024); ANALYZE; \
         SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_bitmapscan = off; SET enable_seqscan = off";
    connection.batch_execute(fill).expect("rows");
    let text = include_str!("../../src/store/batch/write.sql");
    let arrays = [
        ("seat", "int"),
        ("seat_from_state", "smallint"),
        ("seat_from_order", "bigint"),
        ("seat_to_state", "smallint"),
        ("seat_to_order", "bigint"),
        ("zone", "smallint"),
        ("zone_from_held", "int"),
        ("zone_from_sold", "int"),
        ("zone_to_held", "int"),
        ("zone_to_sold", "int"),
        ("new_order", "bigint"),
        ("new_order_session", "uuid"),
        ("new_order_expires_at", "timestamptz"),
        ("new_order_kept_until", "timestamptz"),
        ("new_order_total", "bigint"),
        ("new_order_offset", "bigint"),
        ("new_order_seats_from", "int"),
        ("new_order_seats_to", "int"),
        ("new_order_zones_from", "int"),
        ("new_order_zones_to", "int"),
        ("order_seats", "int"),
        ("order_zones", "int"),
        ("order", "bigint"),
        ("order_from_state", "smallint"),
        ("order_to_state", "smallint"),
        ("order_payment", "uuid"),
        ("event", "bigint"),
        ("event_kind", "smallint"),
        ("event_order", "bigint"),
        ("event_seats_from", "int"),
        ("event_seats_to", "int"),
        ("event_zones_from", "int"),
        ("event_zones_to", "int"),
        ("event_seats", "int"),
        ("event_zones", "int"),
        ("new_payment", "uuid"),
        ("new_payment_order", "bigint"),
        ("new_payment_provider", "text"),
        ("new_payment_method", "text"),
        ("new_payment_amount", "bigint"),
        ("payment", "uuid"),
        ("payment_to_state", "smallint"),
        ("payment_reason", "text"),
        ("answer_scope", "uuid"),
        ("answer_key", "text"),
        ("answer_digest", "bytea"),
        ("answer_decision", "text"),
        ("answer_is_final", "boolean"),
    ];
    let single = [
        ("show", "1024::bigint"),
        ("instant", "clock_timestamp()"),
        ("head_from", "0::bigint"),
        ("head_to", "1::bigint"),
        ("is_open", "NULL::boolean"),
        ("currency", "'EUR'"),
        ("resolve_seconds", "30::float8"),
    ];
    let text = boxoffice::store::statement::parts(text)
        .into_iter()
        .fold(String::new(), |text, part| match part {
            boxoffice::store::statement::Part::Text(plain) => text + plain,
            boxoffice::store::statement::Part::Bind(name) => {
                let array = arrays
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, kind)| format!("(SELECT array_agg(x) FROM (SELECT NULL::{kind} AS x) AS x)"));
                let value = array.or_else(|| {
                    single
                        .iter()
                        .find(|(known, _)| *known == name)
                        .map(|(_, value)| (*value).to_owned())
                });
                text + &value.unwrap_or_else(|| panic!("no value for {name}"))
            }
        });
    #[derive(QueryableByName)]
    struct Plan {
        #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
        line: String,
    }
    let plan = diesel::sql_query(format!("EXPLAIN {text}"))
        .load::<Plan>(&mut connection)
        .expect("a plan");
    let scans: Vec<_> = plan
        .iter()
        .map(|plan| plan.line.as_str())
        .filter(|line| line.contains("Seq Scan on"))
        .collect();
    assert_eq!(
        scans,
        [] as [&str; 0],
        "{}",
        plan.iter()
            .map(|plan| plan.line.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    );
}
