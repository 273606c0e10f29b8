//! The schema goes up and down, and hot statements reach their rows by index.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use boxoffice::store::batch::{
    IdempotencyKey, NamedRows, NewAnswer, ShowToLock, ShowWrite, WriteError, lock_shows, write_locked,
};
use boxoffice::store::database::{Database, PoolSizes, WriteKind};
use boxoffice::store::error::StoreError;
use boxoffice::store::migrations::{MIGRATIONS, migrate};
use boxoffice::store::snapshot::thin_out_snapshots;
use chrono::{DateTime, TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_migrations::MigrationHarness;
use domain::decide::{Changes, NewOrder, PaymentChange, PaymentStep, SeatCell, SeatChange};
use domain::event::{Event, EventKind, HoldTerms, Places};
use domain::id::{Offset, PaymentId, SessionId, ShowId};
use domain::money::Currency;
use domain::outcome::{Decision, Outcome};
use domain::plan::SeatIndex;
use domain::reference::OrderNumber;
use domain::seat_map::{Sale, SeatState};

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

#[tokio::test]
async fn a_flood_of_one_kind_of_write_leaves_the_others_alone() {
    let database = TestDatabase::create();
    let office = Database::open(database.direct_url(), PoolSizes::of_node(1, 1));
    let slow = |connection: &mut PgConnection| Ok(connection.batch_execute("SELECT pg_sleep(0.4)")?);
    let flood: Vec<_> = (0..200)
        .map(|_| {
            let office = office.clone();
            tokio::spawn(async move { office.write(WriteKind::Notices, slow).await })
        })
        .collect();
    // They are all there once the last has been turned away.
    let mut turned_away = 0;
    for other in [WriteKind::Doors, WriteKind::Outbox, WriteKind::Organisers] {
        let begin = Instant::now();
        let number = office.write(other, |connection| Ok(connection.batch_execute("SELECT 1")?));
        number.await.expect("a write");
        assert!(
            begin.elapsed() < Duration::from_millis(900),
            "{other:?}: {:?}",
            begin.elapsed()
        );
    }
    office.can_write().await.expect("ready");
    for write in flood {
        turned_away += usize::from(write.await.expect("a task") == Err(StoreError::Busy));
    }
    assert!(turned_away >= 130, "{turned_away}");
}

#[test]
fn a_silent_server_is_given_up_and_a_silent_client_is_not() {
    let database = TestDatabase::create();
    let office = Database::open(database.direct_url(), PoolSizes::of_node(1, 1));
    let mut connection = office.writer().expect("a connection");
    let session = |connection: &mut PgConnection| {
        diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("pg_backend_pid()"))
            .get_result::<i32>(connection)
    };
    let before = session(&mut connection).expect("a session");
    // The client is silent for longer than a server may be.
    database
        .connect()
        .batch_execute("SELECT pg_sleep(2)")
        .expect("a while");
    assert_eq!(session(&mut connection).expect("a session"), before);
    let begin = Instant::now();
    let error = connection
        .batch_execute("SELECT pg_sleep(10)")
        .expect_err("a silent server");
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    assert_eq!(StoreError::from(error), StoreError::Unavailable);
    drop(connection);
    let mut connection = office.writer().expect("another connection");
    assert_ne!(session(&mut connection).expect("a session"), before);
}

/// How often tables were read from end to end, and how many of their rows were fetched by index.
#[derive(QueryableByName)]
struct Reads {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = BigInt)]
    whole: i64,
    #[diesel(sql_type = BigInt)]
    rows: i64,
}

const READS: &str = "SELECT relname::text AS table, seq_scan AS whole, coalesce(idx_tup_fetch, 0) AS rows \
     FROM pg_stat_xact_user_tables WHERE seq_scan + coalesce(idx_scan, 0) > 0 ORDER BY 1";

#[test]
fn a_batch_reads_the_rows_that_it_changes_and_no_other() {
    let database = TestDatabase::create();
    let mut connection = database.connect();
    let fill = "INSERT INTO seats (show_id, seat) SELECT show, generate_series(0, 50000) FROM unnest(ARRAY[1024, 2048]) AS show; \
         INSERT INTO journal_heads (show_id) VALUES (1024), (2048); \
         INSERT INTO idempotency SELECT 1024, gen_random_uuid(), 'key', '', '', true, false, now() FROM generate_series(1, 50000); \
         ANALYZE";
    connection.batch_execute(fill).expect("rows");
    let sizes = PoolSizes::of_node(1, 1);
    let office = Database::open(database.direct_url(), sizes);
    let mut connection = office.writer().expect("a connection");
    let keys = [key(1), key(2)];
    let shows = [ShowId(1024), ShowId(2048)];
    let reads = connection.transaction(|connection| {
        let to_lock = shows.map(|show| ShowToLock { show, known: None });
        let named = NamedRows {
            keys: vec![(shows[0], &keys[0]), (shows[1], &keys[1])],
            ..NamedRows::default()
        };
        let locked = lock_shows(connection, &to_lock, &named)?;
        assert_eq!(locked.shows.len(), 2);
        let changes = [hold(17, 0, locked.now), hold(40_000, 0, locked.now)];
        let writes = [0, 1].map(|at| write_of(shows[at], 0, &changes[at], &keys[at]));
        write_locked(connection, writes.into(), locked.now, 1.0).expect("rows as decided on");
        diesel::sql_query(READS).load::<Reads>(connection)
    });
    let reads = reads.expect("a batch");
    let reads: Vec<_> = reads
        .iter()
        .map(|reads| (reads.table.as_str(), reads.whole, reads.rows))
        .collect();
    // The heads are read twice: to lock them, and to move them on.
    assert_eq!(
        reads,
        [("idempotency", 0, 0), ("journal_heads", 0, 4), ("seats", 0, 2)]
    );
}

#[test]
fn a_payment_is_reached_by_its_key_however_many_came_after_the_plan() {
    const PAYMENTS: &str = "WITH new AS (INSERT INTO payments (show_id, payment_id, order_id, provider, payment_method, amount, \
         currency, state, created_at, changed_at) SELECT 1024, lpad(to_hex(n), 32, '0')::uuid, n, 'sandbox', 'card', 1, 'EUR', 1, now(), now() \
         FROM generate_series";
    const OUTBOX: &str = " AS n RETURNING show_id, payment_id) \
         INSERT INTO outbox (show_id, payment_id, provider, action, due_at) SELECT show_id, payment_id, 'sandbox', 1, now() FROM new";
    let sizes = PoolSizes::of_node(1, 1);
    // Planned on a table that nobody has analysed, and on ones that were while they had few rows.
    for (analysed, first) in [(None, 1), (Some(0), 4), (Some(60), 60)] {
        let database = TestDatabase::create();
        let mut filling = database.connect();
        let mut add = |from: u32, to: u32| {
            let text = format!("{PAYMENTS}({from}, {to}){OUTBOX}");
            filling.batch_execute(&text).expect("payments");
        };
        add(1, analysed.unwrap_or(0));
        if analysed.is_some() {
            database.connect().batch_execute("ANALYZE").expect("statistics");
        }
        add(analysed.unwrap_or(0) + 1, first);
        let office = Database::open(database.direct_url(), sizes);
        let mut connection = office.writer().expect("a connection");
        confirm(&mut connection, 1);
        add(first + 1, 5_000);
        let reads = confirm(&mut connection, 5_000);
        // The first confirmation may still be in the counts.
        let by_key = |(_, whole, rows): &(String, i64, i64)| *whole == 0 && *rows <= 2;
        assert!(
            reads.len() == 4 && reads.iter().all(by_key),
            "{analysed:?}: {reads:?}"
        );
    }
}

/// Confirms a payment, and tells what was read for that.
fn confirm(connection: &mut PgConnection, payment: u128) -> Vec<(String, i64, i64)> {
    let changes = Changes {
        payments: vec![PaymentChange {
            payment: PaymentId(payment),
            step: PaymentStep::Confirm,
            reason: None,
            reference: None,
            is_authorised: true,
            decision: Some(Decision {
                outcome: Outcome::PaymentConfirmed(PaymentId(payment)),
                offset: Offset(0),
                largest_group: None,
            }),
        }],
        ..Changes::default()
    };
    let key = key(1);
    let write = ShowWrite {
        answers: Vec::new(),
        ..write_of(ShowId(1024), 0, &changes, &key)
    };
    let reads = connection.transaction(|connection| {
        write_locked(connection, vec![write], DateTime::UNIX_EPOCH, 30.0).expect("a payment");
        diesel::sql_query(READS).load::<Reads>(connection)
    });
    let reads = reads.expect("a batch").into_iter();
    reads
        .map(|reads| (reads.table, reads.whole, reads.rows))
        .collect()
}

#[test]
fn old_snapshots_are_thinned_out_to_the_last_of_each_ten_thousand_events() {
    let database = TestDatabase::create();
    let fill = "INSERT INTO snapshots (show_id, journal_offset, at, is_open, seats, zones) \
         SELECT 1024, n * 1000, clock_timestamp() - interval '2 days', true, '', '{}' FROM generate_series(1, 25) AS n; \
         INSERT INTO snapshots (show_id, journal_offset, at, is_open, seats, zones) \
         SELECT 1024, n * 1000, clock_timestamp(), true, '', '{}' FROM generate_series(26, 28) AS n";
    database.connect().batch_execute(fill).expect("snapshots");
    let forgotten = thin_out_snapshots(&mut database.connect(), 1_000).expect("a step");
    assert_eq!(forgotten, 23);
    let left = "SELECT string_agg((journal_offset / 1000)::text, '')::bigint FROM snapshots";
    assert_eq!(
        database.number(&format!("{left} WHERE journal_offset < 20000")),
        919
    );
    assert_eq!(
        database.number(&format!("{left} WHERE journal_offset >= 20000")),
        262_728
    );
}

#[test]
fn a_canceled_show_is_not_opened_by_a_batch_that_knows_nothing_of_it() {
    let database = TestDatabase::create();
    let mut connection = database.connect();
    connection
        .batch_execute("INSERT INTO journal_heads (show_id, is_canceled) VALUES (1024, false), (2048, true)")
        .expect("rows");
    let changes = Changes {
        events: vec![Event {
            offset: Offset(1),
            at: DateTime::UNIX_EPOCH,
            kind: EventKind::Opened,
            order: None,
            hold: None,
            places: Places::default(),
            terms: None,
            tickets: Vec::new(),
            change: None,
            label: None,
            entry: None,
        }],
        sale: Some(Sale::Open),
        ..Changes::default()
    };
    let key = key(1);
    let refused = [1024, 2048].map(|show| {
        let write = write_of(ShowId(show), 0, &changes, &key);
        match write_locked(&mut connection, vec![write], DateTime::UNIX_EPOCH, 1.0) {
            Ok(()) => None,
            Err(WriteError::Refused(refused)) => Some((refused.table, refused.rows.contains("show 2048"))),
            Err(WriteError::Database(error)) => panic!("{error}"),
        }
    });
    assert_eq!(refused, [None, Some(("journal_heads".into(), true))]);
}

/// A key of this scope's.
pub fn key(scope: u128) -> IdempotencyKey {
    IdempotencyKey {
        scope,
        key: "key".into(),
        request_digest: [0; 32],
    }
}

/// What is to be written of a show, with an answer under this key.
pub fn write_of<'a>(show: ShowId, head: i64, changes: &'a Changes, key: &'a IdempotencyKey) -> ShowWrite<'a> {
    ShowWrite {
        show,
        currency: Currency::try_from("EUR".to_owned()).expect("a currency"),
        head: Offset(head),
        changes,
        answers: vec![NewAnswer {
            key,
            decision: "{}".into(),
            is_final: true,
            is_refusal: false,
        }],
        payment_keys: HashMap::new(),
    }
}

/// What a hold of one seat changes, on a show at this offset.
pub fn hold(seat: u32, head: i64, now: DateTime<Utc>) -> Changes {
    let order = OrderNumber(1024 + i64::from(seat));
    let places = Places {
        seats: vec![SeatIndex(seat)],
        zones: Vec::new(),
    };
    let terms = HoldTerms {
        session: SessionId(7),
        expires_at: now + TimeDelta::minutes(10),
        kept_until: now + TimeDelta::minutes(11),
        created_at: now,
        total: 4_500,
        code: None,
    };
    Changes {
        events: vec![Event {
            offset: Offset(head + 1),
            at: now,
            kind: EventKind::Booked,
            order: Some(order),
            hold: None,
            places: places.clone(),
            terms: Some(terms),
            tickets: Vec::new(),
            change: None,
            label: None,
            entry: None,
        }],
        seats: vec![SeatChange {
            seat: SeatIndex(seat),
            from: SeatCell {
                state: SeatState::Free,
                order: None,
            },
            to: SeatCell {
                state: SeatState::Held,
                order: Some(order),
            },
        }],
        new_orders: vec![NewOrder {
            order,
            terms,
            places,
            booked: Offset(head + 1),
            prices: None,
            bill: None,
            details: None,
            label: None,
            exchange: None,
        }],
        ..Changes::default()
    }
}
