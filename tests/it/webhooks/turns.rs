//! Who gets a turn when many are due: nobody takes more than its share, and who fails takes it from nobody else.

use std::collections::BTreeMap;
use std::time::Duration;

use boxoffice::store::database::{Database, PoolSizes};
use boxoffice::store::webhook_cursors::{Busy, Claimed, Rooms, claim, hasten};
use domain::webhook::EndpointId;

use crate::office::TestDatabase;

const ROOMS: Rooms = Rooms {
    all: 6,
    failing: 3,
    endpoint: 4,
    failing_endpoint: 1,
};

/// Cursors of an endpoint on so many shows, all due, the first of them failing.
fn fill(database: &TestDatabase, endpoint: u32, shows: u32, failing: u32) {
    database.execute(&format!(
        "INSERT INTO webhook_endpoints (endpoint_id, organiser_id, url, description, event_types, is_enabled, salt) \
         VALUES (lpad('{endpoint}', 32, '0')::uuid, '00000000-0000-0000-0000-000000000001', 'https://a.example/', '', '{{}}', true, ''); \
         INSERT INTO webhook_cursors (show_id, endpoint_id, journal_offset, due_at, attempts) \
         SELECT n * 1024, lpad('{endpoint}', 32, '0')::uuid, 0, clock_timestamp() - make_interval(secs => 100 - {endpoint} - n * 0.01), \
             CASE WHEN n <= {failing} THEN 3 ELSE 0 END \
         FROM generate_series(1, {shows}) AS n",
    ));
}

/// How many turns each endpoint has got, those of shows with which it fails apart.
fn counts(claimed: &[Claimed]) -> BTreeMap<(u128, bool), usize> {
    let mut counts = BTreeMap::new();
    for claimed in claimed {
        *counts
            .entry((claimed.endpoint.0, claimed.attempts > 0))
            .or_default() += 1;
    }
    counts
}

#[test]
fn each_endpoint_has_a_few_turns_and_those_that_fail_have_theirs_apart() {
    let database = TestDatabase::create();
    let office = Database::open(database.direct_url(), PoolSizes::of_node(1, 1));
    let mut connection = office.writer().expect("a connection");
    let mut take = |busy: &[Busy]| {
        let claimed = claim(&mut connection, ROOMS, busy, Duration::from_secs(60)).expect("turns");
        counts(&claimed)
    };
    // The first has many shows and has waited for the longest time, the second fails with half of its shows.
    fill(&database, 1, 100, 0);
    fill(&database, 2, 10, 5);
    fill(&database, 3, 1, 0);
    let first = take(&[]);
    let expected = [((1, false), 3), ((2, false), 2), ((2, true), 1), ((3, false), 1)];
    assert_eq!(first, BTreeMap::from(expected));
    // Those that are busy get what is left to them.
    let busy = |endpoint, is_failing, calls| Busy {
        endpoint: EndpointId(endpoint),
        is_failing,
        calls,
    };
    let second = take(&[busy(1, false, 3), busy(2, true, 1)]);
    assert_eq!(second, BTreeMap::from([((1, false), 1), ((2, false), 3)]));
    // What is leased is nobody else's, and what is disabled is nobody's.
    database.execute(
        "UPDATE webhook_endpoints SET is_enabled = false WHERE endpoint_id <> lpad('2', 32, '0')::uuid",
    );
    assert_eq!(take(&[]), BTreeMap::from([((2, true), 1)]));
    database.execute("UPDATE webhook_endpoints SET is_enabled = true");
    // All that fail together have their share.
    for endpoint in 4..=9 {
        fill(&database, endpoint, 2, 2);
    }
    let third = take(&[busy(1, false, 4), busy(2, true, 1)]);
    let failing: usize = third
        .iter()
        .filter(|((_, failing), _)| *failing)
        .map(|(_, turns)| turns)
        .sum();
    assert_eq!((failing, third.len()), (3, 3));
}

#[test]
fn an_endpoint_that_is_back_is_tried_at_once_for_its_other_shows() {
    let database = TestDatabase::create();
    let office = Database::open(database.direct_url(), PoolSizes::of_node(1, 1));
    let mut connection = office.writer().expect("a connection");
    fill(&database, 1, 4, 3);
    fill(&database, 2, 1, 1);
    // One of its shows is leased, one waits for a minute and one for hours, one has been told all.
    database.execute("UPDATE webhook_cursors SET due_at = clock_timestamp() + interval '9 hours'");
    database.execute(
        "UPDATE webhook_cursors SET due_at = clock_timestamp() + interval '1 minute' WHERE show_id <= 2048",
    );
    database.execute("UPDATE webhook_cursors SET is_leased = true WHERE show_id = 1024");
    database.execute("UPDATE webhook_cursors SET due_at = 'infinity' WHERE show_id = 4096");
    hasten(&mut connection, EndpointId(1)).expect("a change");
    let due = "SELECT sum(show_id) FROM webhook_cursors WHERE due_at <= clock_timestamp()";
    assert_eq!(database.number(due), 2 * 1024 + 3 * 1024);
}
