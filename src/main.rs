//! The command line.

mod commands;

use boxoffice::config::{Config, DatabaseConfig, ProviderConfig};
use clap::{Parser, Subcommand};
use sandbox_payments::SandboxPayments;

use commands::{check, migrate, openapi, organiser_key, plan, reconcile, sandbox_payments as sandbox, serve};

/// Requests take and give back many small pieces of memory, mostly on another thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An ACID ticket office
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
#[expect(clippy::large_enum_variant, reason = "made once")]
enum Command {
    /// Open the office
    Serve(Config),
    /// Bring the database's schema up to date
    Migrate(DatabaseConfig),
    /// Print the OpenAPI document
    Openapi,
    /// Seating plans
    Plan {
        #[command(subcommand)]
        command: plan::PlanCommand,
    },
    /// Make an organiser's key and print it
    OrganiserKey(DatabaseConfig),
    /// Prove the invariants on a database, live or not
    Check(DatabaseConfig),
    /// Compare the ledger with the books of the payment providers
    Reconcile {
        #[command(flatten)]
        database: DatabaseConfig,
        #[command(flatten)]
        providers: ProviderConfig,
    },
    /// Run a payment provider for trials and tests, which takes nobody's money
    SandboxPayments(SandboxPayments),
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match Cli::parse().command {
        Command::Serve(config) => runtime.block_on(serve::run(config)),
        Command::Migrate(config) => migrate::run(&config),
        Command::Openapi => openapi::run(),
        Command::Plan { command } => plan::run(command),
        Command::OrganiserKey(config) => organiser_key::run(&config),
        Command::Check(config) => runtime.block_on(check::run(&config)),
        Command::Reconcile { database, providers } => runtime.block_on(reconcile::run(&database, &providers)),
        Command::SandboxPayments(settings) => runtime.block_on(sandbox::run(settings)),
    }
}
