//! The schema: who may change it, what is made of which version, and that a change never stops an office.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use boxoffice::store::functions::{FUNCTIONS, Function, find_missing, install};
use boxoffice::store::migrations::{MIGRATIONS, SchemaError, migrate, migrate_to};
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use sha2::{Digest, Sha256};

use crate::office::{Client, Node, ORGANISER_KEY, TestDatabase};

#[track_caller]
fn expect_refusal(database: &TestDatabase, arguments: &[&str], word: &str) {
    let output = database.command(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && said.contains(word),
        "{arguments:?}: {said}"
    );
}

const LOOKING: [&[&str]; 6] = [
    &["check"],
    &["reconcile"],
    &["organiser", "list"],
    &["organiser-key"],
    &["office-secret", "list"],
    &[
        "plan",
        "import",
        concat!(env!("CARGO_MANIFEST_DIR"), "/plans/arena.json"),
    ],
];

#[test]
fn commands_change_no_schema() {
    let database = TestDatabase::create_empty();
    let tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'";
    for command in LOOKING {
        expect_refusal(&database, command, "no schema yet");
    }
    assert_eq!(database.number(tables), 0);
    expect_refusal(
        &database,
        &["serve", "--no-migrate", "--listen", "127.0.0.1:0"],
        "no schema yet",
    );
    assert!(database.command(&["migrate"]).status.success());
    assert!(database.command(&["check"]).status.success());

    let mut connection = database.connect();
    connection
        .batch_execute("ALTER FUNCTION lock_shows_1 RENAME TO gone")
        .expect("a function");
    for command in LOOKING {
        expect_refusal(&database, command, "lock_shows_1");
    }
    assert_eq!(
        database.number("SELECT count(*) FROM pg_proc WHERE proname = 'lock_shows_1'"),
        0
    );
}

#[tokio::test]
async fn a_newer_schema_is_met_by_nodes_and_refused_by_commands() {
    let database = TestDatabase::create();
    let newer = "ALTER TABLE shows ADD COLUMN subtitle text; \
         INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000001'); \
         CREATE FUNCTION lock_shows_99() RETURNS int LANGUAGE sql AS 'SELECT 1'";
    database.connect().batch_execute(newer).expect("a newer schema");
    for command in LOOKING {
        expect_refusal(&database, command, "20990101000001");
    }
    let settings = [
        ("DATABASE_URL".to_owned(), database.url().to_owned()),
        ("BOXOFFICE_ORGANISER_KEY".to_owned(), ORGANISER_KEY.to_owned()),
    ];
    for no_migrate in ["false", "true"] {
        let mut settings = settings.to_vec();
        settings.push(("BOXOFFICE_NO_MIGRATE".to_owned(), no_migrate.to_owned()));
        let node = Node::start(&settings).await;
        Client::new(node.url(), None)
            .get("/readyz")
            .await
            .expect_status(200);
        assert_eq!(node.stop().await, Some(0));
    }
    assert_eq!(database.number("SELECT lock_shows_99()"), 1);
}

#[test]
fn functions_of_two_versions_stand_side_by_side() {
    let database = TestDatabase::create();
    let mut connection = database.connect();
    let next = Function {
        name: "post_payments_2",
        text: "CREATE TYPE posted_2 AS (amount bigint); \
             CREATE FUNCTION post_payments_2() RETURNS posted_2 LANGUAGE sql AS 'SELECT ROW(2::bigint)::posted_2'",
    };
    install(&mut connection, &[next]).expect("a function");
    // Neither is ever touched again, whoever starts.
    let other = Function {
        text: "CREATE FUNCTION post_payments_2() RETURNS int LANGUAGE sql AS 'SELECT 3'",
        ..next
    };
    install(&mut connection, &[other]).expect("nothing to do");
    migrate(database.direct_url()).expect("nothing to do");
    assert_eq!(database.number("SELECT (post_payments_2()).amount"), 2);
    assert_eq!(
        find_missing(&mut connection, &FUNCTIONS).expect("names"),
        [] as [String; 0]
    );
    let old = "INSERT INTO payments (show_id, payment_id, order_id, provider, payment_method, amount, currency, state, created_at, \
         changed_at) VALUES (1, gen_random_uuid(), 1, 'sandbox', 'card', 7, 'EUR', 3, '2030-01-01', '2030-01-01')";
    connection.batch_execute(old).expect("a payment");
    assert_eq!(database.number("SELECT amount FROM ledger"), 7);

    connection.revert_all_migrations(MIGRATIONS).expect("down");
    let left = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace";
    assert_eq!(database.number(left), 0);
    let left = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE '\\_\\_diesel%'";
    assert_eq!(database.number(left), 0);
}

#[test]
fn the_text_of_a_function_never_changes() {
    let known = include_str!("schema/digests");
    let mut found = String::new();
    for function in FUNCTIONS {
        let digest: String = Sha256::digest(function.text)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        found.push_str(&format!("{} {digest}\n", function.name));
    }
    assert_eq!(
        found, known,
        "a new text needs a new version of its function; one that is not released yet needs this digest"
    );
}

/// What no step after the first may say: it rewrites or locks a table for as long as it is big.
const FORBIDDEN: [(&str, &str); 9] = [
    ("stored", "a stored generated column rewrites its table"),
    (" type ", "another type rewrites the column's table"),
    (
        "set not null",
        "reads all of the table under its lock: add a CHECK as NOT VALID and validate it in a later step",
    ),
    (
        "update ",
        "fills rows in one transaction: let the program do that in small steps",
    ),
    ("delete ", "the same"),
    ("gen_random_uuid()", "a volatile default rewrites the table"),
    ("clock_timestamp()", "the same"),
    ("lock table", "stops everybody"),
    ("cluster ", "rewrites the table"),
];

/// Whatever is wrong with the text of a step after the first.
fn find_faults(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let code: String = text
        .lines()
        .map(|line| line.split("--").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n");
    // Nobody else knows of a table that is made in the same step.
    let mut new_tables = Vec::new();
    for statement in code.to_lowercase().split(';') {
        let words = format!("{} ", statement.split_whitespace().collect::<Vec<_>>().join(" "));
        if let Some(table) = words.strip_prefix("create table ") {
            new_tables.extend(table.split([' ', '(']).next().map(str::to_owned));
            continue;
        }
        if words.trim().is_empty() {
            continue;
        }
        let said = FORBIDDEN.iter().filter(|(word, _)| words.contains(word));
        faults.extend(said.map(|(word, why)| format!("{word}: {why}")));
        let creates_index = words.starts_with("create index") || words.starts_with("create unique index");
        let is_of_new_table = new_tables
            .iter()
            .any(|table| words.contains(&format!(" on {table} ")));
        if creates_index && !is_of_new_table && !words.contains(" concurrently ") {
            faults.push("create index: CONCURRENTLY, in a step of its own outside a transaction".to_owned());
        }
        let adds_check = words.contains("add constraint")
            || words.contains(" add check")
            || words.contains(" add foreign key");
        if adds_check && !words.contains("not valid") && !words.contains("using index") {
            faults.push("add constraint: NOT VALID, and VALIDATE CONSTRAINT in a later step".to_owned());
        }
    }
    faults
}

#[test]
fn later_steps_stop_nobody() {
    let folders = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).expect("migrations");
    let mut folders: Vec<_> = folders.map(|folder| folder.expect("a folder").path()).collect();
    folders.sort();
    for folder in folders.iter().skip(1) {
        let text = std::fs::read_to_string(folder.join("up.sql")).expect("a step");
        assert_eq!(find_faults(&text), [] as [String; 0], "{}", folder.display());
    }
    for bad in [
        "ALTER TABLE orders ADD COLUMN a int GENERATED ALWAYS AS (1) STORED",
        "CREATE INDEX a ON orders (total)",
        "CREATE TABLE orders_of_old (a int); CREATE INDEX a ON orders (total)",
        "ALTER TABLE orders ADD CONSTRAINT a CHECK (total > 0)",
        "UPDATE orders SET total = 1",
        "ALTER TABLE orders ALTER COLUMN total TYPE numeric",
        "ALTER TABLE orders ADD COLUMN a uuid DEFAULT gen_random_uuid()",
    ] {
        assert_ne!(find_faults(bad), [] as [String; 0], "{bad}");
    }
    let good = "ALTER TABLE orders ADD COLUMN note text; -- never UPDATE\n\
         CREATE INDEX CONCURRENTLY a ON orders (total); ALTER TABLE orders ADD CONSTRAINT b CHECK (total > 0) NOT VALID; \
         CREATE TABLE c (at timestamptz DEFAULT clock_timestamp())";
    assert_eq!(find_faults(good), [] as [String; 0]);
}

/// For how long a step may keep a write waiting.
const STANDSTILL_MAX: Duration = Duration::from_millis(700);
const ROWS: i64 = 400_000;

/// Orders and payments in bulk, on which each new step is tried.
fn fill(database: &TestDatabase) {
    let fill = format!(
        "SET session_replication_role = replica; \
         INSERT INTO orders (show_id, order_id, session_id, state, created_at, expires_at, kept_until, total, booked_offset, seats, zones) \
         SELECT 1024, n, '00000000-0000-0000-0000-000000000007', 2, '2030-01-01', '2030-01-01', '2030-01-01', 1, n, ARRAY[n], '{{}}' \
         FROM generate_series(1, {ROWS}) AS n; \
         INSERT INTO payments (show_id, payment_id, order_id, provider, payment_method, amount, currency, state, created_at, changed_at) \
         SELECT 1024, lpad(to_hex(n), 32, '0')::uuid, n, 'sandbox', 'card', 1, 'EUR', 3, '2030-01-01', '2030-01-01' \
         FROM generate_series(1, {ROWS}) AS n"
    );
    let mut operator = database.connect_as_superuser_here();
    operator.batch_execute(&fill).expect("rows");
}

/// Runs steps beside a writer; tells how long it had to wait at the longest.
fn longest_wait<S: MigrationSource<Pg> + Sync>(
    database: &TestDatabase,
    steps: impl Fn() -> S + Sync,
) -> Duration {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut connection = database.connect();
            let mut longest = Duration::ZERO;
            let mut order = 0;
            while !done.load(Ordering::Relaxed) {
                order = order % ROWS + 1;
                let begin = Instant::now();
                let write = format!(
                    "UPDATE orders SET total = total + 1 WHERE show_id = 1024 AND order_id = {order}; \
                     UPDATE payments SET amount = amount WHERE show_id = 1024 AND payment_id = lpad(to_hex({order}), 32, '0')::uuid"
                );
                connection.batch_execute(&write).expect("a write");
                longest = longest.max(begin.elapsed());
            }
            longest
        });
        let migrated = migrate_to(database.direct_url(), steps);
        done.store(true, Ordering::Relaxed);
        migrated.expect("the steps");
        writer.join().expect("a writer")
    })
}

/// A folder with one step of this text.
fn sample(name: &str, text: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("boxoffice-steps-{}", uuid::Uuid::new_v4().simple()));
    let step = folder.join(format!("2099-01-01-000001_{name}"));
    std::fs::create_dir_all(&step).expect("a folder");
    std::fs::write(step.join("up.sql"), text).expect("a step");
    std::fs::write(step.join("down.sql"), "SELECT 1").expect("a step");
    folder
}

#[test]
fn no_step_keeps_a_writer_waiting() {
    let database = TestDatabase::create();
    fill(&database);
    let from = |folder: &std::path::Path| FileBasedMigrations::from_path(folder).expect("steps");
    // The template has them all: what there is after the first is undone and run again here.
    let mut connection = database.connect();
    let later = MigrationSource::<Pg>::migrations(&MIGRATIONS)
        .expect("steps")
        .len()
        - 1;
    for _ in 0..later {
        connection.revert_last_migration(MIGRATIONS).expect("a step back");
    }
    let waited = longest_wait(&database, || MIGRATIONS);
    assert!(waited < STANDSTILL_MAX, "a writer waited for {waited:?}");

    let good = sample("good", "ALTER TABLE orders ADD COLUMN note text");
    let waited = longest_wait(&database, || from(&good));
    assert!(waited < STANDSTILL_MAX, "a writer waited for {waited:?}");
    let revert = "ALTER TABLE orders DROP COLUMN note; DELETE FROM __diesel_schema_migrations WHERE version = '20990101000001'";
    connection.batch_execute(revert).expect("as before");

    let bad = sample(
        "bad",
        "ALTER TABLE orders ADD COLUMN thrice bigint GENERATED ALWAYS AS (total * 3) STORED; \
         ALTER TABLE orders ADD COLUMN twice bigint GENERATED ALWAYS AS (total * 2) STORED",
    );
    let waited = longest_wait(&database, || from(&bad));
    assert!(
        waited >= STANDSTILL_MAX,
        "the harness finds no standstill: {waited:?}"
    );
    for folder in [good, bad] {
        std::fs::remove_dir_all(folder).expect("a folder");
    }
}

#[test]
fn a_step_that_meets_a_lock_lets_others_pass_and_comes_again() {
    let database = TestDatabase::create();
    let step = sample("late", "ALTER TABLE orders ADD COLUMN note text");
    let mut long = database.connect();
    long.batch_execute("BEGIN; SELECT count(*) FROM orders")
        .expect("a long transaction");
    std::thread::scope(|scope| {
        let migrating = scope.spawn(|| {
            let steps = || FileBasedMigrations::from_path(&step).expect("steps");
            migrate_to(database.direct_url(), steps)
        });
        let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation'";
        while database.number(waits) == 0 {
            assert!(!migrating.is_finished(), "the step did not wait");
        }
        // Whoever comes behind it waits for half a second at most.
        let begin = Instant::now();
        assert_eq!(database.number("SELECT count(*) FROM orders"), 0);
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        long.batch_execute("COMMIT").expect("an end");
        let migrated: Result<(), SchemaError> = migrating.join().expect("a thread");
        migrated.expect("the step");
    });
    std::fs::remove_dir_all(step).expect("a folder");
}
