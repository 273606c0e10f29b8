//! The house rules that no tool knows.

mod circles;
mod promises;

use std::path::{Path, PathBuf};

/// Lines of a file beyond which it has more than one subject.
const FILE_LINES_MAX: usize = 650;

/// Names that said nothing, or something else, and what they are called now.
const RETIRED: [(&str, &str); 4] = [
    ("Desk", "ShowState"),
    ("Face", "PlaceNames"),
    ("Standing", "ProviderRecord"),
    ("funnel", "change"),
];

pub fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|known| known == ending) {
                let text = std::fs::read_to_string(&path).expect("a file");
                found.push((path, text));
            }
        }
    }
    found
}

#[test]
fn rooms_depend_downwards_only() {
    // Each room and the rooms that it may use.
    let rooms: [(&str, &[&str]); 13] = [
        ("identity", &["identity"]),
        ("shares", &["shares"]),
        ("store", &["store"]),
        ("show", &["shares", "store", "show", "closing"]),
        ("turnstile", &["store", "show", "turnstile"]),
        ("live", &["store", "show", "live", "closing"]),
        ("pay", &["store", "turnstile", "pay", "closing", "moved"]),
        ("inbox", &["store", "live", "inbox", "closing", "moved"]),
        (
            "webhooks",
            &[
                "identity", "store", "live", "webhooks", "closing", "moved", "pause",
            ],
        ),
        (
            "mail",
            &["identity", "store", "mail", "closing", "moved", "pause", "qr"],
        ),
        (
            "line",
            &[
                "identity",
                "store",
                "show",
                "turnstile",
                "live",
                "webhooks",
                "line",
                "closing",
            ],
        ),
        (
            "http",
            &[
                "identity",
                "shares",
                "store",
                "turnstile",
                "live",
                "line",
                "pay",
                "webhooks",
                "mail",
                "inbox",
                "qr",
                "office",
                "http",
            ],
        ),
        (
            "commands",
            &[
                "identity", "secret", "store", "pay", "http", "office", "config", "demo",
            ],
        ),
    ];
    for (room, may_use) in rooms {
        let mut sources = match Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src")
            .join(room)
            .is_dir()
        {
            true => files(&format!("src/{room}"), "rs"),
            false => Vec::new(),
        };
        let front = format!("src/{room}.rs");
        sources.push((
            front.clone().into(),
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(front)).expect("a file"),
        ));
        for (path, text) in sources {
            // The commands are of the binary, for which the office is a crate.
            let text = text.replace("boxoffice::", "crate::");
            for line in text.lines().filter(|line| line.contains("crate::")) {
                let used = line
                    .split("crate::")
                    .skip(1)
                    .filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next());
                for used in used {
                    assert!(may_use.contains(&used), "{} uses {used}: {line}", path.display());
                }
            }
        }
    }
}

#[test]
fn files_have_one_subject_and_no_leftovers() {
    let words = ["TODO", "FIXME", "XXX", "dbg!", "#[ignore", "diesel::dsl::now"];
    let sources = ["src", "crates", "load-tests/src"];
    for (path, text) in sources.into_iter().flat_map(|folder| files(folder, "rs")) {
        let lines = text.lines().count();
        assert!(
            lines > 0 && lines <= FILE_LINES_MAX,
            "{} has {lines} lines",
            path.display()
        );
        for word in words {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(
            !["utils", "helpers", "common", "manager"].contains(&name.as_str()),
            "{}",
            path.display()
        );
    }
}

#[test]
fn expiry_never_asks_the_start_of_the_transaction() {
    for (path, text) in files("src", "sql").into_iter().chain(files("migrations", "sql")) {
        let text = text.to_lowercase();
        assert!(
            !text.contains("now()") && !text.contains("current_timestamp"),
            "{}",
            path.display()
        );
    }
}

#[test]
fn every_parameter_of_a_statement_is_bound() {
    for (path, text) in files("src/store", "rs") {
        for declaration in text.split("statement! {").skip(1) {
            let Some(file) = declaration
                .split('"')
                .nth(1)
                .filter(|file| file.ends_with(".sql"))
            else {
                continue;
            };
            let sql = std::fs::read_to_string(path.with_file_name(file))
                .unwrap_or_else(|_| panic!("{file} of {}", path.display()));
            let fields = declaration.split("->").next().expect("fields");
            for part in boxoffice::store::statement::parts(sql.leak()) {
                if let boxoffice::store::statement::Part::Bind(name) = part {
                    assert!(fields.contains(&format!("{name}:")), "{file} has :{name}");
                }
            }
        }
    }
}

#[test]
fn retired_names_stay_away() {
    for (path, text) in files("src", "rs")
        .into_iter()
        .chain(files("crates/domain/src", "rs"))
    {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        for word in words.chain([name.as_str()]) {
            let now = RETIRED.iter().find(|(retired, _)| *retired == word);
            assert!(now.is_none(), "{} has {now:?}", path.display());
        }
    }
}
