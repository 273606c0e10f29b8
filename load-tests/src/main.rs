//! Load for an office that runs.

fn main() {}
