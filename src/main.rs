//! The command line.

mod commands;

use boxoffice::config::{Config, DatabaseConfig, ProviderConfig};
use clap::{CommandFactory, Parser, Subcommand};
use sandbox_payments::SandboxPayments;

use commands::listeners::listen;
use commands::secret_files::add_secrets;
use commands::user::without_root;
use commands::{
    asyncapi, check, demo, migrate, office_secret, openapi, organiser, organiser_key, plan, reconcile,
    sandbox_payments as sandbox, serve, watch,
};

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
    #[command(
        after_help = "Each secret may also stand in a file that <NAME>_FILE names, such as DATABASE_URL_FILE."
    )]
    Serve(Config),
    /// Bring the database's schema up to date
    Migrate(DatabaseConfig),
    /// Print the OpenAPI document
    Openapi(openapi::Options),
    /// Print the AsyncAPI document, which is of the live feed
    Asyncapi,
    /// Seating plans
    Plan {
        #[command(subcommand)]
        command: plan::PlanCommand,
    },
    /// Make organisers and list them
    Organiser {
        #[command(subcommand)]
        command: organiser::OrganiserCommand,
    },
    /// Make organisers' keys, list, replace and revoke them; alone, make one and print it
    OrganiserKey(organiser_key::OrganiserKeyCommand),
    /// Rotate the secret that buyers' tokens are signed under, and list its versions
    OfficeSecret {
        #[command(subcommand)]
        command: office_secret::OfficeSecretCommand,
    },
    /// Prove the invariants on a database, live or not
    Check(DatabaseConfig),
    /// Compare the ledger with the books of the payment providers
    Reconcile {
        #[command(flatten)]
        database: DatabaseConfig,
        #[command(flatten)]
        providers: ProviderConfig,
    },
    /// Watch a show live, in the terminal
    Watch(watch::Options),
    /// Send a crowd of buyers to an office for trial on this machine, and watch it sell out
    Demo(demo::Options),
    /// Run a payment provider for trials and tests, which takes nobody's money
    SandboxPayments(SandboxPayments),
}

fn main() -> anyhow::Result<()> {
    match parse()?.command {
        Command::Serve(mut config) => {
            // What is wrong with them is said before anything is done.
            config.database.database_url()?;
            config.redis_url()?;
            config.mail.settings()?;
            config.accounts().check_publishable_key()?;
            // Only root may listen on some ports, and a port in use is reported at once.
            let listeners = listen(&config)?;
            config.database = without_root(config.database)?;
            runtime()?.block_on(serve::run(config, listeners))
        }
        Command::Migrate(config) => migrate::run(&without_root(config)?),
        Command::Openapi(options) => openapi::run(&options),
        Command::Asyncapi => asyncapi::run(),
        Command::Plan { command } => plan::run(command),
        Command::Organiser { command } => organiser::run(command),
        Command::OrganiserKey(command) => organiser_key::run(command),
        Command::OfficeSecret { command } => office_secret::run(command),
        Command::Check(config) => {
            let config = without_root(config)?;
            runtime()?.block_on(check::run(&config))
        }
        Command::Reconcile { database, providers } => {
            let database = without_root(database)?;
            runtime()?.block_on(reconcile::run(&database, &providers))
        }
        Command::Watch(options) => runtime()?.block_on(watch::run(&options)),
        Command::Demo(options) => runtime()?.block_on(demo::run(&options)),
        Command::SandboxPayments(settings) => runtime()?.block_on(sandbox::run(settings)),
    }
}

/// The command line, with secrets from files.
fn parse() -> anyhow::Result<Cli> {
    let arguments = std::env::args_os().collect();
    let arguments = add_secrets(&Cli::command(), arguments, |name| std::env::var_os(name))?;
    match Cli::try_parse_from(arguments) {
        Ok(cli) => Ok(cli),
        Err(error) if error.use_stderr() => {
            eprint!("{}", hide_addresses(&error.render().to_string()));
            std::process::exit(error.exit_code());
        }
        // Help and version.
        Err(error) => error.exit(),
    }
}

/// An error without what looks like an address, which may have a password in it.
fn hide_addresses(error: &str) -> String {
    let words = error.split_inclusive(|c: char| c.is_whitespace() || c == '\'');
    let hidden = words.map(|word| {
        if !word.contains('@') && !word.contains("://") {
            return word.to_owned();
        }
        let end = word.len() - word.chars().next_back().map_or(0, char::len_utf8);
        format!("…{}", word.get(end..).unwrap_or_default())
    });
    hidden.collect()
}

/// Made last: it starts threads, and a process becomes another user before it has any.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
