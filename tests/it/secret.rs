//! The office's secret: rotated while buyers buy, and no token outlives its days.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use diesel::connection::SimpleConnection;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::office::{Client, ORGANISER_KEY, Redis, TestDatabase, TestOffice};

/// How long nodes may take to go by a new version, or without a former one, on a machine that does other things too. They ask
/// twice a second, and sign with a version that has been there for two seconds.
const KNOWN_WITHIN: Duration = Duration::from_millis(4_000);
const FRONT: &str = "a key of the front, of 32 letters";
/// The settings' part of a secret.
const PART: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";

fn keyed_hash(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What `office.secret` is.
fn secret(database: &TestDatabase) -> Vec<u8> {
    let text = database.text("SELECT encode(secret, 'hex') FROM office");
    let digits = text.as_bytes().chunks(2);
    let bytes = digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).expect("text"), 16));
    bytes.collect::<Result<_, _>>().expect("a secret")
}

/// A token of this session, made by somebody who has this secret.
fn token_by(secret: &[u8], session: u128) -> String {
    let id = session.to_be_bytes();
    let signature = keyed_hash(&keyed_hash(secret, b"sessions"), &id);
    format!("bos_{}{}", hex(&id), hex(&signature[..16]))
}

/// The id of an ordinary session of the first version, given out on that day.
fn given_out_on(day: u128) -> u128 {
    1 << 120 | day << 104 | 8 << 76 | 2 << 62 | 4_711 << 1
}

/// The version of the secret that an ordinary token names.
fn version_of(token: &str) -> &str {
    &token[4..6]
}

/// Whether a buyer is known: there is no such order then, or else no such buyer.
async fn is_known(buyer: &Client) -> bool {
    let answer = buyer.get("/v1/orders/none-of-mine").await;
    match answer.status.as_u16() {
        404 => true,
        401 => false,
        other => panic!("{other}: {}", answer.body),
    }
}

async fn wait_until_unknown(buyer: &Client) {
    let begin = Instant::now();
    while is_known(buyer).await {
        assert!(begin.elapsed() < KNOWN_WITHIN, "the token is still accepted");
    }
}

fn rotate(office: &TestOffice, arguments: &[&str]) -> String {
    office
        .database
        .printed_by(&[&["office-secret", "rotate"], arguments].concat())
}

/// Waits until all nodes sign with this version; every token that they give out meanwhile is accepted by all of them at once.
async fn wait_for_version(office: &TestOffice, version: &str) {
    let begin = Instant::now();
    loop {
        let mut signed = 0;
        for node in 0..office.nodes.len() {
            let buyer = office.buyer_at(node).await;
            for other in &office.nodes {
                assert!(is_known(&buyer.at(other.url())).await, "{}", buyer.token());
            }
            signed += usize::from(version_of(&buyer.token()) == version);
        }
        if signed == office.nodes.len() {
            return;
        }
        assert!(begin.elapsed() < KNOWN_WITHIN, "not signed with {version}");
    }
}

#[tokio::test]
async fn tokens_outlive_a_rotation_for_their_days() {
    let office = TestOffice::with(2, Some(Redis::start()), &[]).await;
    let (show, buyer) = (office.show(json!({})).await, office.buyer().await);
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    // As nodes of the version before have made them: a random id, signed under the only secret.
    let old_id = uuid::Uuid::new_v4().as_u128() & !1;
    let old = buyer.with_token(&token_by(&secret(&office.database), old_id));
    assert_eq!(version_of(&buyer.token()), "01");
    assert!(is_known(&old).await);

    let said = rotate(&office, &[]);
    assert!(said.contains("version 2") && said.contains("version 1"), "{said}");
    wait_for_version(&office, "02").await;
    let new = office.buyer_at(1).await;
    for node in &office.nodes {
        for known in [&buyer, &old, &new] {
            assert!(is_known(&known.at(node.url())).await);
        }
    }
    let until = "SELECT round(extract(epoch FROM accepted_until - clock_timestamp()) / 86400) FROM office_secrets \
         WHERE version = 1";
    assert_eq!(office.database.number(until), 31);
    let order = order["id"].as_str().expect("an id");
    buyer.pay(order, "card_ok").await.expect_status(200);

    // A later rotation makes nothing last longer.
    rotate(&office, &["--session-days", "3000"]);
    assert_eq!(office.database.number(until), 31);
    wait_for_version(&office, "03").await;
    let over = "UPDATE office_secrets SET accepted_until = clock_timestamp() - interval '1 second' WHERE version = 1";
    office.database.connect().batch_execute(over).expect("an update");
    for node in &office.nodes {
        for unknown in [&buyer, &old] {
            wait_until_unknown(&unknown.at(node.url())).await;
        }
        assert!(is_known(&new.at(node.url())).await);
    }
    // Nobody who has the first version's secret makes a token any more, of whatever day.
    let today = u128::try_from(office.database.number(TODAY)).expect("a day");
    let forged = token_by(&secret(&office.database), given_out_on(today));
    assert!(!is_known(&buyer.with_token(&forged)).await);
}

const TODAY: &str = "SELECT floor(extract(epoch FROM clock_timestamp()) / 86400)";

#[tokio::test]
async fn a_token_is_refused_when_its_days_are_over() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_SESSION_DAYS", "7")]).await;
    let (secret, nobody) = (secret(&office.database), office.organiser());
    let of_day = |day| nobody.with_token(&token_by(&secret, given_out_on(day)));
    // It may be midnight.
    let today = u128::try_from(office.database.number(TODAY)).expect("a day");
    for day in [today, today - 6] {
        assert!(is_known(&of_day(day)).await, "{day}");
    }
    for day in [0, today - 4_000, today - 8] {
        assert!(!is_known(&of_day(day)).await, "{day}");
    }
    // The day is in the token, and signed.
    let genuine = office.buyer().await.token();
    let named = u128::from_str_radix(&genuine[6..10], 16).expect("a day");
    assert!(named == today || named == today + 1, "{genuine}");
    for (from, to) in [(4..6, "02"), (4..6, "00"), (6..10, "ffff"), (6..10, "4e20")] {
        let mut forged = genuine.clone();
        forged.replace_range(from, to);
        assert!(!is_known(&nobody.with_token(&forged)).await, "{forged}");
    }
}

/// A front's grant of the session of this name.
fn grant(name: &str) -> Value {
    let signed = [
        json!({"alg": "HS256"}),
        json!({"jti": name, "exp": 4_000_000_000_i64}),
    ]
    .map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()))
    .join(".");
    let signature = keyed_hash(FRONT.as_bytes(), signed.as_bytes());
    json!({"grant": format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))})
}

#[tokio::test]
async fn what_was_given_out_stays_as_it_is() {
    let settings = [("BOXOFFICE_SESSION_ISSUER_KEY", FRONT)];
    let mut office = TestOffice::with(1, Some(Redis::start()), &settings).await;
    let (show, organiser) = (office.show(json!({})).await, office.organiser());
    let session = async |node: &Client| {
        let answer = node.post("/v1/sessions", &grant("account 7")).await;
        let body = answer.expect_status(201);
        let text = |name: &str| body[name].as_str().expect("text").to_owned();
        (text("session"), node.with_token(&text("token")))
    };
    let (id, before) = session(&organiser).await;
    let path = format!("/v1/shows/{show}/orders");
    let wanted = json!({"seats": ["A-1-1", "A-1-2"]});
    let held = before
        .post_with_key(&path, &wanted, "once")
        .await
        .expect_status(201);
    let order = held["id"].as_str().expect("an id");
    let paid = before.pay(order, "card_ok").await.expect_status(200);
    let key = organiser
        .post_with_key("/v1/keys", &json!({"name": "Gate"}), "k")
        .await;
    let key = key.expect_status(201);

    rotate(&office, &["--at-once"]);
    wait_until_unknown(&before).await;
    office.add_node().await;
    for node in 0..2 {
        let organiser = organiser.at(office.nodes[node].url());
        let (again, after) = session(&organiser).await;
        assert_eq!(again, id);
        assert_ne!(after.token(), before.token());
        let found = after.get(&format!("/v1/orders/{order}")).await.expect_status(200);
        assert_eq!(found["id"], paid["order"]);
        assert_eq!(found["tickets"], paid["tickets"]);
        let repeated = after.post_with_key(&path, &wanted, "once").await;
        assert_eq!(repeated.expect_status(201), held);
        let repeated = organiser
            .post_with_key("/v1/keys", &json!({"name": "Gate"}), "k")
            .await;
        assert_eq!(repeated.expect_status(201), key);
        let code = paid["tickets"][node]["code"].as_str().expect("a code");
        let check_in = format!("/v1/tickets/{code}/check-in");
        organiser.post(&check_in, &json!(null)).await.expect_status(200);
    }
}

#[tokio::test]
async fn a_front_gives_sessions_out_while_its_office_is_upgraded() {
    let office = TestOffice::with(1, None, &[("BOXOFFICE_SESSION_ISSUER_KEY", FRONT)]).await;
    let nobody = office.organiser();
    let session = async || {
        let answer = nobody.post("/v1/sessions", &grant("account 7")).await;
        let body = answer.expect_status(201);
        let id: u128 = u128::from_str_radix(body["session"].as_str().expect("text"), 16).expect("an id");
        (id, nobody.with_token(body["token"].as_str().expect("text")))
    };
    let wait_for_length = async |length| {
        let begin = Instant::now();
        loop {
            let (id, buyer) = session().await;
            assert!(is_known(&buyer).await);
            if buyer.token().len() == length {
                return (id, buyer);
            }
            assert!(begin.elapsed() < KNOWN_WITHIN, "{}", buyer.token());
        }
    };
    let (_, long) = wait_for_length(74).await;
    // A node of the version before says that it is up.
    let old_node = "INSERT INTO nodes (node_id, seen_at) VALUES (gen_random_uuid(), clock_timestamp() + interval '1 hour')";
    office.database.connect().batch_execute(old_node).expect("a node");
    let (id, short) = wait_for_length(68).await;
    assert_eq!(short.token(), token_by(&secret(&office.database), id));
    let early = office.database.command(&["office-secret", "rotate"]);
    let said = String::from_utf8_lossy(&early.stderr).into_owned();
    assert!(
        !early.status.success() && said.contains("older version"),
        "{said}"
    );

    let gone = "DELETE FROM nodes WHERE NOT knows_versions";
    office.database.connect().batch_execute(gone).expect("a deletion");
    wait_for_length(74).await;
    assert!(is_known(&short).await && is_known(&long).await);
    rotate(&office, &[]);
}

#[tokio::test]
async fn versions_are_listed_without_secrets() {
    let database = TestDatabase::create();
    let early = database.command(&["office-secret", "rotate"]);
    let said = String::from_utf8_lossy(&early.stderr).into_owned();
    assert!(
        !early.status.success() && said.contains("no secret yet"),
        "{said}"
    );
    let office = TestOffice::on(database, 1, None, &[]).await;
    let mut said = rotate(&office, &[]);
    said.push_str(&rotate(&office, &["--at-once"]));
    let list = office.database.printed_by(&["office-secret", "list"]);
    let lines: Vec<Vec<&str>> = list.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines[0], ["VERSION", "CREATED", "ACCEPTED UNTIL"]);
    for (line, version) in lines[1..].iter().zip(["1", "2", "3"]) {
        assert_eq!((line.len(), line[0]), (3, version), "{list}");
        assert!(line[1].ends_with('Z'), "{list}");
        assert_eq!(line[2] == "-", version == "3", "{list}");
    }
    assert_eq!(lines.len(), 4);
    said.push_str(&list);
    let kept = "SELECT string_agg(encode(secret, 'hex'), ' ') FROM (SELECT secret FROM office UNION ALL \
         SELECT secret FROM office_secrets) s";
    let kept = office.database.text(kept);
    assert_eq!(kept.split(' ').count(), 3);
    for secret in kept.split(' ') {
        assert!(!said.contains(&secret[..8]), "{said}");
    }
    let audited = "SELECT count(*) FROM audit WHERE operation = 'rotate_office_secret' AND came_from = 'command line' \
         AND subject IN ('office_secret/2', 'office_secret/3')";
    assert_eq!(office.database.number(audited), 2);
}

/// What a node says that must not open, with these settings.
#[track_caller]
fn refused(database: &TestDatabase, settings: &[(&str, &str)]) -> String {
    let output = Command::new("timeout")
        .args(["--signal=KILL", "20", env!("CARGO_BIN_EXE_boxoffice"), "serve"])
        .env("BOXOFFICE_LISTEN", "127.0.0.1:0")
        .env("DATABASE_URL", database.direct_url())
        .env("BOXOFFICE_ORGANISER_KEY", "boo_another-key-for-tests")
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the program");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for (_, value) in settings {
        assert!(value.is_empty() || !said.contains(value), "{said}");
    }
    said
}

#[tokio::test]
async fn a_part_of_the_secret_can_be_kept_out_of_the_database() {
    let settings = [("BOXOFFICE_OFFICE_SECRET", PART)];
    let office = TestOffice::with(2, Some(Redis::start()), &settings).await;
    let buyer = office.buyer().await;
    assert!(is_known(&buyer.at(office.nodes[1].url())).await);
    // Whoever has the database makes no token.
    let forged = |secret: &[u8]| {
        let id = uuid::Uuid::new_v4().as_u128() & !1;
        buyer.with_token(&token_by(secret, id))
    };
    let salt = secret(&office.database);
    assert!(!is_known(&forged(&salt)).await);
    let part = [0x5a; 32];
    assert!(is_known(&forged(&keyed_hash(&part, &salt))).await);
    rotate(&office, &[]);
    wait_for_version(&office, "02").await;

    let organisers = "SELECT count(*) FROM keys WHERE revoked_at IS NULL";
    let other = PART.replace('5', "6");
    for (settings, words) in [
        (vec![], "which is not set here"),
        (
            vec![("BOXOFFICE_OFFICE_SECRET", other.as_str())],
            "is not the one that this office was opened with",
        ),
        (
            vec![("BOXOFFICE_OFFICE_SECRET", "5a5a5a")],
            "64 hexadecimal digits",
        ),
    ] {
        let said = refused(&office.database, &settings);
        assert!(said.contains(words), "{said}");
    }
    // They have changed nothing either.
    assert_eq!(office.database.number(organisers), 1);
    let organiser = Client::new(office.nodes[0].url(), Some(ORGANISER_KEY));
    organiser.get("/v1/keys").await.expect_status(200);
}

#[tokio::test]
async fn an_office_that_has_its_secret_takes_no_part_of_one() {
    let office = TestOffice::start().await;
    let said = refused(&office.database, &[("BOXOFFICE_OFFICE_SECRET", PART)]);
    assert!(said.contains("leave the setting out"), "{said}");
    // Nor does one from before there were versions.
    let before = "DELETE FROM office_secrets";
    office.database.connect().batch_execute(before).expect("no rows");
    let said = refused(&office.database, &[("BOXOFFICE_OFFICE_SECRET", PART)]);
    assert!(said.contains("leave the setting out"), "{said}");
    let list = office.database.printed_by(&["office-secret", "list"]);
    assert_eq!(list.lines().nth(1), Some("1\t-\t-"));
    rotate(&office, &[]);
    wait_for_version(&office, "02").await;
}
