//! Makes a new migration reach the binary: the embedding macro can't see that a folder was added.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
