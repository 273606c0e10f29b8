//! Secrets: in files, and in no message.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::json;
use sha2::Sha256;

use crate::office::{Client, Node, ORGANISER_KEY, Redis, TestDatabase, send};

/// A folder for one test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("secrets-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).expect("a folder");
        Self(folder)
    }

    /// A file with this text.
    fn file(&self, name: &str, text: &str) -> String {
        let file = self.0.join(name);
        std::fs::write(&file, text).expect("a file");
        file.to_string_lossy().into_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs the program until it ends, or for two seconds.
fn run(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    Command::new("timeout")
        .args(["--signal=KILL", "2", env!("CARGO_BIN_EXE_boxoffice")])
        .args(arguments)
        .env_remove("DATABASE_URL")
        .env("BOXOFFICE_LISTEN", "127.0.0.1:0")
        .env("BOXOFFICE_LOG", "trace")
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the program")
}

fn said(output: &Output) -> String {
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    format!("{out}{err}")
}

/// No part of the password is said, and the program ends by itself.
#[track_caller]
fn expect_unsaid(arguments: &[&str], settings: &[(&str, &str)], words: &str) {
    let output = run(arguments, settings);
    let said = said(&output).to_lowercase();
    for part in ["sq7x", "zk9v", "pw77"] {
        assert!(!said.contains(part), "{arguments:?} {settings:?}: {said}");
    }
    assert!(
        !output.status.success() && said.contains(words),
        "{arguments:?} {settings:?}: {said}"
    );
}

/// Addresses of a PostgreSQL, whose password is `sq7xzk9vpw77` or has that in it, and what is said of them.
const MISTYPED: [(&str, &str); 20] = [
    ("mysql://office:sq7xzk9vpw77@127.0.0.1:1/office", "`mysql`"),
    ("postgres//office:sq7xzk9vpw77@127.0.0.1/office", "no address"),
    ("postgres:/office:sq7x=zk9vpw77@127.0.0.1/office", "its number 1"),
    ("office:sq7xzk9vpw77@127.0.0.1/office", "no address"),
    ("office:sq7x=zk9v:pw77@127.0.0.1/office", "its number 1"),
    ("postgres://office:sq7xzk9v%zzpw77@127.0.0.1:1/office", "`%`"),
    ("postgres://office:sq7x@zk9v@127.0.0.1:1/office", "`@`"),
    ("postgres://office:sq7x/zk9vpw77@127.0.0.1:1/office", "`@`"),
    ("postgres://office:sq7x/zk9v?pw77@127.0.0.1:1/office", "`@`"),
    ("postgres://office:sq7x zk9v@127.0.0.1:1/office", "a space"),
    ("postgres://office:sq7xzk9vpw77", "a host"),
    ("postgres://office:sq7xzk9vpw77/office", "a host"),
    ("postgres://office@sq7xzk9vpw77:127.0.0.1/office", "a host"),
    (
        "postgres://office%3Asq7xzk9vpw77@127.0.0.1:1/office",
        "a user name",
    ),
    (
        "postgres://office@127.0.0.1:1/office:sq7xzk9vpw77",
        "a database name",
    ),
    (
        "postgres://office@127.0.0.1:1/office?sq7xzk9vpw77",
        "its number 1",
    ),
    ("host=127.0.0.1 port= password=sq7xzk9vpw77", "its number 2"),
    ("host=127.0.0.1,password=sq7xzk9vpw77", "its number 1"),
    ("host=127.0.0.1 password=sq7x zk9vpw77", "its number 3"),
    ("host=127.0.0.1 password='sq7xzk9vpw77", "its number 2"),
];

#[test]
fn no_command_repeats_a_mistyped_address() {
    for (address, words) in MISTYPED {
        for command in ["serve", "check", "migrate"] {
            expect_unsaid(&[command], &[("DATABASE_URL", address)], words);
        }
    }
    for command in ["serve", "check", "migrate", "reconcile", "organiser-key"] {
        expect_unsaid(&[command], &[("DATABASE_URL", "")], "is empty");
    }
}

#[test]
fn no_command_repeats_the_password_of_a_server_that_refuses_it() {
    for address in [
        "postgres://office:sq7xzk9vpw77@127.0.0.1:1/office",
        "postgres://office:sq7xzk9v%40pw77@127.0.0.1:1/office?sslmode=verify-full&sslrootcert=/nowhere",
        "host=127.0.0.1 port=1 user=office password='sq7xzk9vpw77'",
    ] {
        for command in ["check", "migrate"] {
            expect_unsaid(&[command], &[("DATABASE_URL", address)], "can't be reached");
        }
        // It waits for the database, and says so.
        expect_unsaid(&["serve"], &[("DATABASE_URL", address)], "not open yet");
    }
}

#[test]
fn an_address_of_a_mail_server_is_not_repeated() {
    let from = ("BOXOFFICE_MAIL_FROM", "tickets@venue.example");
    for (address, words) in [
        ("http://office:sq7xzk9vpw77@127.0.0.1", "another scheme"),
        ("office:sq7xzk9vpw77@127.0.0.1", "another scheme"),
        ("smtp://office:sq7xzk9vpw77@", "no address"),
        ("smtp://sq7xzk9vpw77@127.0.0.1", "a user and a password"),
        ("smtp://office:sq7x/zk9vpw77@127.0.0.1", "no address"),
        ("smtp://office:sq7xzk9v@127.0.0.1/pw77", "behind its host"),
    ] {
        expect_unsaid(&["serve"], &[("BOXOFFICE_SMTP_URL", address), from], words);
    }
    let address = "smtps://office:sq7xzk9vpw77@127.0.0.1";
    let alone = [("BOXOFFICE_SMTP_URL", address)];
    expect_unsaid(&["serve"], &alone, "boxoffice_mail_from is missing");
    let nobody = ("BOXOFFICE_MAIL_FROM", "tickets");
    expect_unsaid(
        &["serve"],
        &[alone[0], nobody],
        "boxoffice_mail_from is no address",
    );
}

#[test]
fn a_command_line_that_is_not_understood_is_not_repeated() {
    let address = "postgres://office:sq7xzk9vpw77@127.0.0.1/office";
    expect_unsaid(&["check", address], &[], "unexpected argument");
    expect_unsaid(&["serve", "--shard", address], &[], "invalid value");
    expect_unsaid(
        &["serve", "--database", "office:sq7xzk9vpw77@127.0.0.1"],
        &[],
        "unexpected argument",
    );
}

#[test]
fn no_word_of_a_redis_is_repeated() {
    let database = TestDatabase::create();
    for (address, words) in [
        ("", "redis_url is empty"),
        ("http://office:sq7xzk9vpw77@127.0.0.1:1/", "`http`"),
        ("office:sq7xzk9vpw77@127.0.0.1:1", "no address"),
        ("redis://office:sq7xzk9vpw77", "redis url"),
        ("redis://:sq7x/zk9vpw77@127.0.0.1:1/", "redis url"),
        ("redis://office:sq7xzk9vpw77@127.0.0.1:1/", "redis is away"),
    ] {
        expect_unsaid(
            &["serve"],
            &[("DATABASE_URL", database.url()), ("REDIS_URL", address)],
            words,
        );
    }
}

#[tokio::test]
async fn secrets_come_from_files() {
    let (folder, database, redis) = (Folder::new(), TestDatabase::create(), Redis::start());
    let files = [
        ("DATABASE_URL", format!("{}\n", database.url())),
        ("REDIS_URL", format!("{}\r\n", redis.url())),
        ("BOXOFFICE_ORGANISER_KEY", ORGANISER_KEY.to_owned()),
        ("BOXOFFICE_STRIPE_KEY", "sk_test_file\n".to_owned()),
        ("BOXOFFICE_STRIPE_WEBHOOK_SECRET", "whsec_file\n".to_owned()),
        ("BOXOFFICE_HOSTED_KEY", "hosted-file\n".to_owned()),
        ("BOXOFFICE_HOSTED_WEBHOOK_SECRET", "hosted-secret\n".to_owned()),
    ];
    let mut settings: Vec<(String, String)> = files
        .iter()
        .map(|(name, text)| (format!("{name}_FILE"), folder.file(name, text)))
        .collect();
    settings.push(("BOXOFFICE_HOSTED_URL".to_owned(), "http://127.0.0.1:1".to_owned()));
    // Only who starts it may read them.
    for (name, _) in &files {
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(folder.0.join(name), private).expect("its mode");
    }
    let node = Node::start(&settings).await;
    let organiser = Client::new(node.url(), Some(ORGANISER_KEY));
    let refused = organiser.post("/v1/plans", &json!({})).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    for name in ["stripe", "hosted"] {
        let unsigned = organiser.post(&format!("/v1/webhooks/{name}"), &json!({})).await;
        unsigned.expect_problem(400, "notice_invalid");
    }
    // The end of a file's line is no part of its secret.
    let notice =
        r#"{"id":"evt_1","type":"charge.expired","data":{"object":{"id":"ch_1","object":"charge"}}}"#;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time")
        .as_secs();
    let mut mac = Hmac::<Sha256>::new_from_slice(b"whsec_file").expect("a key");
    mac.update(format!("{now}.{notice}").as_bytes());
    let signature: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let request = organiser
        .request(Method::POST, "/v1/webhooks/stripe")
        .header("Stripe-Signature", format!("t={now},v1={signature}"))
        .body(notice);
    assert_eq!(send(request).await.expect("an answer").status, 204);
    // Its command line tells nobody.
    let line = std::fs::read_to_string(format!("/proc/{}/cmdline", node.pid())).expect("a process");
    assert_eq!(line.matches('\0').count(), 2, "{line:?}");
    assert_eq!(node.stop().await, Some(0));

    let checked = run(&["check"], &[("DATABASE_URL_FILE", &settings[0].1)]);
    assert!(checked.status.success(), "{}", said(&checked));
}

/// The settings that may come from files.
const SECRETS: [&str; 7] = [
    "DATABASE_URL",
    "REDIS_URL",
    "BOXOFFICE_ORGANISER_KEY",
    "BOXOFFICE_STRIPE_KEY",
    "BOXOFFICE_STRIPE_WEBHOOK_SECRET",
    "BOXOFFICE_HOSTED_KEY",
    "BOXOFFICE_HOSTED_WEBHOOK_SECRET",
];

#[test]
fn a_secret_file_that_is_no_use_is_named() {
    let folder = Folder::new();
    let (good, empty) = (folder.file("good", "sq7xzk9vpw77\n"), folder.file("empty", "\n"));
    let missing = folder.0.join("missing").to_string_lossy().into_owned();
    let in_folder = folder.0.to_string_lossy().into_owned();
    for name in SECRETS {
        let file_name = format!("{name}_FILE");
        let lower = file_name.to_lowercase();
        for file in [&missing, &empty, &in_folder] {
            let words = format!("can't read {file}, which {lower} names").to_lowercase();
            expect_unsaid(&["serve"], &[(&file_name, file)], &words);
        }
        let both = [(file_name.as_str(), good.as_str()), (name, "sq7xzk9vpw77")];
        expect_unsaid(&["serve"], &both, "are both set");
    }
    expect_unsaid(&["check"], &[("DATABASE_URL_FILE", &good)], "no address");
    assert!(Path::new(&good).exists());
}
