//! What the compiler can't see by itself: that a migration was added, and which files the pages have.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The built pages, which `web/build.mjs` makes.
const PAGES: &str = "web/dist";
/// The page at every address: it looks for itself what is to be shown there.
const INDEX: &str = "index.html";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed={PAGES}");
    let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join(PAGES);
    let mut files = files_in(&root)?;
    files.sort();
    let index = root.join(INDEX);
    if !files.contains(&index) {
        return Err(format!("{PAGES}/{INDEX} is missing: run `npm run build` in web").into());
    }
    let mut code =
        format!("const INDEX: &[u8] = include_bytes!({index:?});\nconst FILES: &[(&str, &[u8])] = &[\n");
    for file in files.iter().filter(|file| **file != index) {
        let name = file.strip_prefix(&root)?;
        writeln!(code, "    ({name:?}, include_bytes!({file:?})),")?;
    }
    code.push_str("];\n");
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("pages.rs"), code)?;
    Ok(())
}

fn files_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_in(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}
