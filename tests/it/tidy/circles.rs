//! No circle between files: each can be read after those that it uses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::files;

/// A file as the path of its module; the crate's root has none.
type Module = Vec<String>;

/// Circles that stand for now, by one of their files, each with its reason. Add none.
const EXCUSED: [&str; 0] = [];

/// One file uses another if it names something in it by a path that begins with `crate`, `super`, `self` or one of its own
/// child modules, in a `use` item or in the middle of the code. What a parent re-exports counts as the parent's. So a
/// parent that calls its child makes a circle with a child that imports anything from its parent. Tests are left out.
#[test]
fn files_use_each_other_in_one_direction_only() {
    let mut sources = vec!["src".to_owned()];
    let crates = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("crates")).expect("crates");
    for member in crates {
        let name = member.expect("a crate").file_name();
        sources.push(format!("crates/{}/src", name.to_string_lossy()));
    }
    let mut circles = Vec::new();
    for source in sources {
        let uses = uses_of(&modules(&source));
        for circle in circles_in(&uses) {
            let names: Vec<_> = circle.iter().map(|module| module.join("::")).collect();
            if !names.iter().any(|name| EXCUSED.contains(&name.as_str())) {
                circles.push(format!("{source}: {}", names.join(", ")));
            }
        }
    }
    assert!(
        circles.is_empty(),
        "these use each other:\n{}",
        circles.join("\n")
    );
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let circle_of = |parent: &str, child: &str| {
        let modules = BTreeMap::from([
            (vec!["a".to_owned()], parent.to_owned()),
            (vec!["a".to_owned(), "b".to_owned()], child.to_owned()),
        ]);
        circles_in(&uses_of(&modules)).len()
    };
    assert_eq!(circle_of("use b::{One, two::Three};", "use super::Four;"), 1);
    assert_eq!(
        circle_of(
            "use std::{\n    fmt,\n};\nfn f() { b::g() }",
            "fn g() { crate::a::f() }"
        ),
        1
    );
    assert_eq!(
        circle_of("use self::b::One;", "use crate::{\n    x::Y,\n    a::Z,\n};"),
        1
    );
    assert_eq!(circle_of("mod b;", "use super::Four;"), 0);
    assert_eq!(circle_of("use b::One;", "// use super::Four;"), 0);
    assert_eq!(
        circle_of(
            "use b::One;",
            "#[cfg(test)]\nmod tests { use super::super::Two; }"
        ),
        0
    );
}

/// The files of a crate without their comments and tests.
fn modules(source: &str) -> BTreeMap<Module, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    let mut modules = BTreeMap::new();
    for (path, text) in files(source, "rs") {
        let path = path
            .strip_prefix(&root)
            .expect("below its root")
            .with_extension("");
        let module: Module = path
            .iter()
            .map(|part| part.to_string_lossy().into_owned())
            .collect();
        match module.last().map(String::as_str) {
            Some("main" | "tests") => {}
            Some("lib") => drop(modules.insert(Vec::new(), text)),
            _ => drop(modules.insert(module, text)),
        }
    }
    modules
}

/// Which file uses which.
fn uses_of(modules: &BTreeMap<Module, String>) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut uses = BTreeMap::new();
    for (module, text) in modules {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code: String = code
            .lines()
            .map(|line| line.split("//").next().unwrap_or_default())
            .collect::<Vec<_>>()
            .join("\n");
        let mut used = BTreeSet::new();
        for path in paths_in(&code) {
            used.extend(resolve(module, &path, modules).filter(|other| other != module));
        }
        uses.insert(module.clone(), used);
    }
    uses
}

/// Every path in the code, with the braces of `use` items unfolded.
fn paths_in(code: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find(|c: char| c.is_alphabetic() || c == '_') {
        rest = &rest[start..];
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':')
            .unwrap_or(rest.len());
        let path = &rest[..end];
        rest = &rest[end..];
        if path.ends_with("::") && rest.starts_with('{') {
            let closing = closing_brace(rest);
            unfold(path, &rest[1..closing], &mut paths);
            rest = &rest[closing..];
        } else if path.contains("::") {
            paths.push(path.to_owned());
        }
    }
    paths
}

/// `a::` before `b, c::{d, e}` is `a::b`, `a::c::d`, `a::c::e`.
fn unfold(prefix: &str, list: &str, paths: &mut Vec<String>) {
    let (mut depth, mut start) = (0, 0);
    for (at, c) in list.char_indices().chain([(list.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let item = list[start..at].trim();
                start = (at + 1).min(list.len());
                match item.split_once('{') {
                    Some((inner, tail)) => {
                        unfold(&format!("{prefix}{inner}"), tail.trim_end_matches('}'), paths);
                    }
                    None => paths.push(format!("{prefix}{item}")),
                }
            }
            _ => {}
        }
    }
}

fn closing_brace(text: &str) -> usize {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at,
            '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// The file that a path leads to, if it is one of this crate.
fn resolve(from: &Module, path: &str, modules: &BTreeMap<Module, String>) -> Option<Module> {
    let mut parts = path.split("::").peekable();
    let mut at = match *parts.peek()? {
        "crate" => Module::new(),
        "self" | "super" => from.clone(),
        child => {
            let mut module = from.clone();
            module.push(child.to_owned());
            modules.contains_key(&module).then(|| from.clone())?
        }
    };
    for part in parts {
        match part {
            "crate" | "self" => {}
            "super" => drop(at.pop()),
            _ => {
                at.push(part.to_owned());
                if !modules.contains_key(&at) {
                    at.pop();
                    break;
                }
            }
        }
    }
    Some(at)
}

/// Groups of files each of which leads to every other.
fn circles_in(uses: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<BTreeSet<Module>> {
    let mut reached: BTreeMap<&Module, BTreeSet<&Module>> = BTreeMap::new();
    for module in uses.keys() {
        let mut open = vec![module];
        let found = reached.entry(module).or_default();
        while let Some(next) = open.pop() {
            let new = uses
                .get(next)
                .into_iter()
                .flatten()
                .filter(|used| !found.contains(used));
            let new: Vec<_> = new.collect();
            found.extend(&new);
            open.extend(new);
        }
    }
    let mut circles = BTreeSet::new();
    for (module, found) in &reached {
        let back = |other: &&&Module| reached.get(**other).is_some_and(|found| found.contains(module));
        let circle: BTreeSet<Module> = found.iter().filter(back).map(|other| (*other).clone()).collect();
        if !circle.is_empty() {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}
