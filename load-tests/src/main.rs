//! The load generator: a process of its own that puts a box office under load and tells what it does, beside the same
//! transaction written by hand and run by `pgbench` on the same database server.
//!
//! All but a few short tasks runs on one thread, as the processors belong to what is measured.

mod apart;
mod audience;
mod baseline;
mod client;
mod cluster;
mod command;
mod folder;
mod goal;
mod line;
mod load;
mod plan;
mod postgres;
mod process;
mod program;
mod report;
mod rounds;
mod run;
mod scenario;
mod server;
mod stage;
mod target;
mod yardstick;

use std::process::ExitCode;

use clap::Parser;

use yardstick::bare::{self, BARE};

fn main() -> ExitCode {
    let is_bare_server = std::env::args_os().nth(1).is_some_and(|first| first == BARE);
    let outcome = if is_bare_server {
        bare::serve()
    } else {
        measure(&command::Options::parse())
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs what was asked for and tells what was found, also when a later part failed.
#[expect(clippy::print_stdout, reason = "a command line")]
fn measure(options: &command::Options) -> anyhow::Result<()> {
    if options.scenario == command::Scenario::Line {
        print!("{}", line::simulate());
        return Ok(());
    }
    let files_max = server::raise_open_files_limit();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut report = report::Report::default();
    let outcome = runtime.block_on(run::run(options, files_max, &mut report));
    // A thread of an interrupted run is not waited for.
    runtime.shutdown_background();
    if !report.is_empty() {
        print!("{}", report.text());
    }
    if let Some(path) = &options.json {
        report.write_json(path)?;
    }
    outcome
}
