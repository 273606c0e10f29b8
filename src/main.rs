//! The command line.

use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use boxoffice::config::{Config, DatabaseConfig, LogFormat, ProviderConfig};
use boxoffice::demo::open_demo_show;
use boxoffice::http::plans::read_document;
use boxoffice::http::{metrics, routes, server};
use boxoffice::identity::{Identity, new_organiser_key, organiser_key_digest};
use boxoffice::office::Office;
use boxoffice::pay::reconcile;
use boxoffice::store::catalogue::{NewPlan, insert_plan};
use boxoffice::store::database::{Database, PoolSizes};
use boxoffice::store::{invariants, migrations, office, shows::Shows};
use clap::{Parser, Subcommand};
use domain::plan::generate::{Spec, generate};
use domain::plan::own;
use private_postgres::{Cluster, ClusterOptions, Durability};
use sandbox_payments::{self, SandboxPayments};
use secrecy::ExposeSecret;

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
        command: PlanCommand,
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

#[derive(Subcommand)]
enum PlanCommand {
    /// Print a made-up plan of any size, for trials and load tests
    Generate {
        /// Sections
        #[arg(long, default_value_t = 10)]
        sections: u32,
        /// Rows in each section
        #[arg(long, default_value_t = 20)]
        rows: u32,
        /// Seats in each row
        #[arg(long, default_value_t = 25)]
        seats: u32,
        /// Zones of 500 places each
        #[arg(long, default_value_t = 1)]
        zones: u32,
    },
    /// Import a plan, in the own format or pretix's, and print its id
    Import {
        /// The document
        file: PathBuf,
        #[command(flatten)]
        database: DatabaseConfig,
    },
}

#[expect(clippy::print_stdout, reason = "a command line")]
fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match Cli::parse().command {
        Command::Serve(config) => runtime.block_on(serve(config)),
        Command::Migrate(config) => {
            let opened = Opened::new(&config)?;
            opened.close();
            Ok(())
        }
        Command::Openapi => {
            println!("{}", routes::document().to_pretty_json()?);
            Ok(())
        }
        Command::Plan {
            command:
                PlanCommand::Generate {
                    sections,
                    rows,
                    seats,
                    zones,
                },
        } => {
            let plan = generate(&Spec {
                sections,
                rows,
                seats,
                zones,
            })?;
            println!("{}", serde_json::to_string(&own::write(&plan))?);
            Ok(())
        }
        Command::Plan {
            command: PlanCommand::Import { file, database },
        } => {
            let opened = Opened::new(&database)?;
            println!("{}", import_plan(&opened, &file)?);
            opened.close();
            Ok(())
        }
        Command::OrganiserKey(config) => {
            let opened = Opened::new(&config)?;
            println!("{}", make_organiser_key(&opened)?);
            opened.close();
            Ok(())
        }
        Command::Check(config) => {
            let opened = Opened::new(&config)?;
            let found = runtime.block_on(check(&opened))?;
            opened.close();
            anyhow::ensure!(
                found.is_empty(),
                "{} invariants are broken:\n{}",
                found.len(),
                found.join("\n")
            );
            println!("all invariants hold");
            Ok(())
        }
        Command::Reconcile { database, providers } => {
            let opened = Opened::new(&database)?;
            let differences = runtime.block_on(reconcile(&opened, &providers))?;
            opened.close();
            anyhow::ensure!(differences == 0, "{differences} differences");
            Ok(())
        }
        Command::SandboxPayments(settings) => {
            start_logs("info", LogFormat::Text)?;
            runtime.block_on(sandbox_payments::run(settings))
        }
    }
}

/// A database with its schema up to date, and the private server behind it, if that is where it is.
struct Opened {
    url: String,
    cluster: Option<Arc<Cluster>>,
}

impl Opened {
    fn new(config: &DatabaseConfig) -> anyhow::Result<Self> {
        let (url, cluster) = match &config.database_url {
            Some(url) => (url.clone(), None),
            None => {
                let options = ClusterOptions {
                    data_dir: config.data_dir(),
                    binaries: config.postgres_bin.clone(),
                    durability: Durability::Full,
                };
                let cluster = Cluster::start(&options)?;
                (cluster.url("boxoffice"), Some(Arc::new(cluster)))
            }
        };
        migrations::migrate(&url).context("the database's schema could not be brought up to date")?;
        Ok(Self { url, cluster })
    }

    fn database(&self, sizes: PoolSizes) -> Database {
        Database::open(&self.url, sizes)
    }

    fn close(self) {
        if let Some(Err(error)) = self.cluster.map(|cluster| cluster.stop()) {
            tracing::error!(error = %error, "the private PostgreSQL did not stop");
        }
    }
}

/// How often it is seen to that the private PostgreSQL runs.
const CLUSTER_CHECK: Duration = Duration::from_millis(500);
/// The connections of a command that does one thing.
const FEW: PoolSizes = PoolSizes {
    readers: 1,
    writers: 1,
};

async fn serve(config: Config) -> anyhow::Result<()> {
    start_logs(&config.log, config.log_format)?;
    let metrics = metrics::install()?;
    // Before anything else, so that a port in use is told at once.
    let listener =
        TcpListener::bind(&config.listen).with_context(|| format!("can't listen on {}", config.listen))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let opened = {
        let database = config.database.clone();
        tokio::task::spawn_blocking(move || Opened::new(&database)).await??
    };
    let database = opened.database(config.pools());
    let identity = open_identity(&database, &config).await?;
    let office = Office::open(config, database, identity)?;
    if office.config.demo() {
        let show = open_demo_show(&office).await?;
        tracing::info!(
            show.id = show,
            "the demo show is open: http://{address}/v1/shows/{show}"
        );
    }
    let server = server::serve(office.clone(), listener, metrics)?;
    let handle = server.handle();
    let running = tokio::spawn(server);
    tracing::info!("listening on http://{address}, documented at http://{address}/docs/");
    tokio::select! {
        stopped = stop_signal() => stopped?,
        () = keep_running(opened.cluster.clone()) => {}
    }
    tracing::info!("stopping");
    server::stop(handle, &office).await;
    running.await??;
    opened.close();
    tracing::info!("stopped");
    Ok(())
}

/// Starts the private PostgreSQL again whenever it has been killed.
async fn keep_running(cluster: Option<Arc<Cluster>>) {
    let Some(cluster) = cluster else {
        return std::future::pending().await;
    };
    loop {
        tokio::time::sleep(CLUSTER_CHECK).await;
        let cluster = cluster.clone();
        let checked = tokio::task::spawn_blocking(move || cluster.ensure_running()).await;
        if let Ok(Err(error)) = checked {
            tracing::error!(error = %error, "the private PostgreSQL can't be started again");
        }
    }
}

async fn stop_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// The office's keys: derived from its secret, which the first node to start makes up.
async fn open_identity(database: &Database, config: &Config) -> anyhow::Result<Identity> {
    let key = config.organiser_key.as_ref().map(|key| {
        organiser_key_digest(key.expose_secret())
            .context("BOXOFFICE_ORGANISER_KEY must be boo_ and 16 characters or more")
    });
    let key = key.transpose()?;
    let read = move |connection: &mut _| {
        if let Some(digest) = key {
            office::add_organiser_key(connection, digest, "from the settings")?;
        }
        let secret = office::read_or_write_secret(connection, rand::random())?;
        Ok((secret, office::read_organiser_keys(connection)?))
    };
    let (secret, organisers) = database.write(read).await?;
    let identity = Identity::new(&secret);
    identity.set_organisers(organisers);
    Ok(identity)
}

fn start_logs(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(filter).context("BOXOFFICE_LOG")?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().flatten_event(true).init(),
    }
    Ok(())
}

fn import_plan(opened: &Opened, file: &std::path::Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
    let plan = read_document(&text).map_err(|problem| anyhow::anyhow!("{}: {problem}", file.display()))?;
    let id = uuid::Uuid::new_v4();
    let new = NewPlan {
        id: id.as_u128(),
        name: plan.name().to_owned(),
        seats: plan.seats().len(),
        zones: plan.zones().len(),
        document: serde_json::to_string(&own::write(&plan))?,
    };
    insert_plan(&mut *opened.database(FEW).writer()?, new, None)?;
    Ok(id.to_string())
}

fn make_organiser_key(opened: &Opened) -> anyhow::Result<String> {
    let key = new_organiser_key();
    let digest = organiser_key_digest(&key).context("a key that is too short")?;
    office::add_organiser_key(&mut *opened.database(FEW).writer()?, digest, "made by command")?;
    Ok(key)
}

/// Every broken invariant, in words.
async fn check(opened: &Opened) -> anyhow::Result<Vec<String>> {
    let database = opened.database(FEW);
    let shows = Shows::new(database.clone());
    let found = database
        .write(|connection| Ok(invariants::find_violations(connection)?))
        .await?;
    let mut found: Vec<String> = found.iter().map(ToString::to_string).collect();
    let mut after = 0;
    loop {
        let read =
            move |connection: &mut _| Ok(boxoffice::store::catalogue::list_shows(connection, after, 100)?);
        let page = database.read(read).await?;
        let Some((last, _)) = page.last() else {
            return Ok(found);
        };
        after = last.0;
        for (id, _) in page {
            let Some(show) = shows.show(id).await? else {
                continue;
            };
            let folded = database
                .write(move |connection| Ok(invariants::check_fold(connection, &show)?))
                .await?;
            found.extend(folded.iter().map(ToString::to_string));
        }
    }
}

/// Prints where the ledger and the providers' books differ; counts what doesn't go away by itself.
#[expect(clippy::print_stdout, reason = "a command line")]
async fn reconcile(opened: &Opened, providers: &ProviderConfig) -> anyhow::Result<usize> {
    let mut connection = opened.database(FEW).writer()?;
    let mut lasting = 0;
    for gateway in providers.accounts().open()? {
        let name = gateway.name();
        let compared = reconcile::reconcile(&mut connection, &*gateway).await;
        let Some(reconciled) = compared.with_context(|| format!("{name} can't be compared"))? else {
            println!("{name}: keeps no book");
            continue;
        };
        for difference in &reconciled.differences {
            println!("{difference}");
        }
        let left = reconciled
            .differences
            .iter()
            .filter(|difference| !difference.under_way);
        lasting += left.count();
        println!("{name}: {} payments compared", reconciled.payments);
    }
    Ok(lasting)
}
