//! The load generator: a process of its own that puts a box office under load and tells what it does, beside the same
//! transaction written by hand and run by `pgbench` on the same database server.
//!
//! Everything runs on one thread, as the processors belong to what is measured.

mod baseline;
mod client;
mod command;
mod load;
mod plan;
mod report;
mod run;
mod scenario;
mod server;
mod stage;
mod target;

use clap::Parser;

fn main() -> anyhow::Result<()> {
    let options = command::Options::parse();
    server::raise_open_files_limit();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(run::run(&options))?;
    print!("{}", report.text());
    match &options.json {
        Some(path) => report.write_json(path),
        None => Ok(()),
    }
}
