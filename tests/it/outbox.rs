//! The outbox at size: what is taken, in which order, and what isn't even read.

use diesel::RunQueryDsl;
use diesel::connection::{Connection as _, SimpleConnection};
use diesel::pg::PgConnection;
use diesel::sql_types::BigInt;

use boxoffice::store::database::{Connection, Database, PoolSizes};
use boxoffice::store::outbox::{
    Again, NextKey, OutboxAction, OutboxTask, Postponed, lease_outbox, postpone_outbox,
};

use crate::office::TestDatabase;

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn count(connection: &mut PgConnection, query: &str) -> i64 {
    let count = diesel::sql_query(query).get_result::<Count>(connection);
    count.expect(query).count
}

/// What this transaction has read of the outbox: rows, and how often all of it.
const ROWS_READ: &str = "SELECT (seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint AS count \
     FROM pg_stat_xact_user_tables WHERE relname = 'outbox'";
const WHOLE_READS: &str =
    "SELECT seq_scan::bigint AS count FROM pg_stat_xact_user_tables WHERE relname = 'outbox'";

/// Payments of a provider with a task each, due since so many seconds for the first and later for the others.
fn fill(connection: &mut PgConnection, provider: &str, from: u32, tasks: u32, action: i16) {
    let text = format!(
        "INSERT INTO payments (show_id, payment_id, order_id, provider, payment_method, amount, currency, state, created_at, changed_at) \
         SELECT 1024, lpad(to_hex(n), 32, '0')::uuid, n, '{provider}', 'card', 1, 'EUR', 4, clock_timestamp(), clock_timestamp() \
         FROM generate_series({from}, {from} + {tasks} - 1) AS n; \
         INSERT INTO outbox (show_id, payment_id, provider, action, due_at) \
         SELECT 1024, lpad(to_hex(n), 32, '0')::uuid, '{provider}', {action}, clock_timestamp() - make_interval(secs => 3600 - n * 0.01) \
         FROM generate_series({from}, {from} + {tasks} - 1) AS n"
    );
    connection.batch_execute(&text).expect("tasks");
}

fn writer(database: &TestDatabase) -> Connection {
    let sizes = PoolSizes::of_node(1, 1);
    let office = Database::open(database.direct_url(), sizes);
    office.writer().expect("a connection")
}

#[test]
fn tasks_of_a_provider_that_rests_are_not_read_however_many_there_are() {
    let database = TestDatabase::create();
    let mut filling = database.connect();
    // The plan is made on few rows, and kept.
    fill(&mut filling, "stripe", 1, 4, 3);
    let mut connection = writer(&database);
    lease_outbox(&mut connection, &[("stripe", 0), ("hosted", 32)], 60.0).expect("a lease");
    fill(&mut filling, "stripe", 5, 100_000, 3);
    fill(&mut filling, "hosted", 200_000, 10, 3);
    let leased = connection.transaction(|connection| {
        let tasks = lease_outbox(connection, &[("stripe", 0), ("hosted", 32)], 60.0)?;
        let (rows, whole) = (count(connection, ROWS_READ), count(connection, WHOLE_READS));
        Ok::<_, diesel::result::Error>((tasks, rows, whole))
    });
    let (tasks, rows, whole) = leased.expect("a lease");
    assert_eq!(tasks.len(), 10);
    assert!(tasks.iter().all(|task| task.payment.provider == "hosted"));
    assert!(
        whole == 0 && rows < 100,
        "{rows} rows read, {whole} times all of them"
    );
    assert_eq!(
        count(&mut connection, "SELECT count(*) FROM outbox WHERE attempts > 0"),
        10
    );
}

#[test]
fn a_provider_gets_as_many_tasks_as_it_has_room_for_the_most_urgent_first() {
    let database = TestDatabase::create();
    let mut filling = database.connect();
    for (action, from) in [(4, 1), (3, 1_001), (2, 2_001), (1, 3_001)] {
        fill(&mut filling, "stripe", from, 1_000, action);
    }
    fill(&mut filling, "unheard of", 9_000, 20, 1);
    let mut connection = writer(&database);
    let mut lease = |room| -> Vec<OutboxTask> {
        let tasks = lease_outbox(&mut connection, &[("stripe", room), ("hosted", 32)], 60.0);
        tasks.expect("a lease")
    };
    let first = lease(1_500);
    let (ours, unknown): (Vec<_>, Vec<_>) = first.iter().partition(|task| task.payment.provider == "stripe");
    let of = |action| ours.iter().filter(|task| task.action == action).count();
    assert_eq!(
        (of(OutboxAction::Resolve), of(OutboxAction::Capture)),
        (1_000, 500)
    );
    assert_eq!((ours.len(), unknown.len()), (1_500, 8));
    let actions: Vec<_> = lease(2_000)
        .into_iter()
        .filter(|task| task.payment.provider == "stripe")
        .collect();
    let of = |action| actions.iter().filter(|task| task.action == action).count();
    assert_eq!(
        (
            of(OutboxAction::Capture),
            of(OutboxAction::Void),
            of(OutboxAction::Refund)
        ),
        (500, 1_000, 500)
    );
}

#[test]
fn tasks_are_put_off_together() {
    let database = TestDatabase::create();
    fill(&mut database.connect(), "stripe", 1, 4, 3);
    let mut connection = writer(&database);
    let tasks = lease_outbox(&mut connection, &[("stripe", 4)], 60.0).expect("a lease");
    let off = |at: usize, again, key| Postponed {
        task: &tasks[at],
        error: "why",
        again,
        key,
    };
    let all = [
        off(0, Again::After(100.0), NextKey::Same),
        off(1, Again::UncountedAfter(100.0), NextKey::Same),
        off(2, Again::After(100.0), NextKey::New),
        off(3, Again::WhenTold, NextKey::New),
    ];
    postpone_outbox(&mut connection, &all).expect("put off");
    let mut number = |which: &str| {
        let query = format!("SELECT count(*) FROM outbox WHERE last_error = 'why' AND {which}");
        count(&mut connection, &query)
    };
    assert_eq!(number("attempts = 1"), 3);
    assert_eq!(number("attempts = 0 AND key_round = 0"), 1);
    assert_eq!(number("key_round = 1"), 2);
    assert_eq!(number("dead_at IS NOT NULL AND due_at = 'infinity'"), 1);
    assert_eq!(
        number(
            "due_at BETWEEN clock_timestamp() + interval '90 seconds' AND clock_timestamp() + interval '100 seconds'"
        ),
        3
    );
}
