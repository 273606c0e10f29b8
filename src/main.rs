//! The ticket office as a program.

fn main() {}
