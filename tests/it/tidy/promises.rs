//! The tests that `docs/promises.md` names are there.

use std::path::Path;

use super::files;

/// A name is `file::test`, `file::*` for all of a file in `tests/it`, or `room::…::tests` for the unit tests of a file.
#[test]
fn the_tests_that_hold_the_promises_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let promises = std::fs::read_to_string(root.join("docs/promises.md")).expect("the promises");
    let mut sources = files("tests/it", "rs");
    sources.extend(files("src", "rs"));
    sources.extend(files("crates", "rs"));
    let names = promises.split('`').skip(1).step_by(2);
    let names = names.filter(|name| name.contains("::") && !name.contains(' '));
    for name in names {
        let (file, test) = name.rsplit_once("::").expect("a path");
        let ending = format!("/{}.rs", file.replace("::", "/").replace('_', "-"));
        let in_file = |(path, text): &&(std::path::PathBuf, String)| {
            let path = path.to_string_lossy().replace("/src/", "/").replace('_', "-");
            let is_here = path.ends_with(&ending) || path.ends_with(&ending.replace(".rs", "/lib.rs"));
            is_here
                && (test == "*"
                    || text.contains(&format!("fn {test}()"))
                    || text.contains("mod tests") && test == "tests")
        };
        assert!(
            sources.iter().any(|source| in_file(&source)),
            "there is no {name}"
        );
    }
}
