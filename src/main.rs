//! The command line.

mod commands;

use boxoffice::config::{Config, DatabaseConfig, ProviderConfig};
use clap::{Parser, Subcommand};
use sandbox_payments::SandboxPayments;

use commands::listeners::listen;
use commands::user::without_root;
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
    match Cli::parse().command {
        Command::Serve(mut config) => {
            // Before anything else: only root may listen on some ports, and a port in use is reported at once.
            let listeners = listen(&config)?;
            config.database = without_root(config.database)?;
            runtime()?.block_on(serve::run(config, listeners))
        }
        Command::Migrate(config) => migrate::run(&without_root(config)?),
        Command::Openapi => openapi::run(),
        Command::Plan { command } => plan::run(command),
        Command::OrganiserKey(config) => organiser_key::run(&without_root(config)?),
        Command::Check(config) => {
            let config = without_root(config)?;
            runtime()?.block_on(check::run(&config))
        }
        Command::Reconcile { database, providers } => {
            let database = without_root(database)?;
            runtime()?.block_on(reconcile::run(&database, &providers))
        }
        Command::SandboxPayments(settings) => runtime()?.block_on(sandbox::run(settings)),
    }
}

/// Made last: it starts threads, and a process becomes another user before it has any.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
