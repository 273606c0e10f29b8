//! Secrets are in no message.

use std::process::{Command, Output, Stdio};

use crate::office::TestDatabase;

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
