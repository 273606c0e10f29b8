//! The box office under load: one started for the run in a folder of its own, or one that runs already.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use hyper::Method;
use hyper::header::HeaderValue;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::Pid;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::client::{Call, Connection, bearer};
use crate::program::{Running, finish};
use crate::target::{DatabaseUrl, read_url};

/// How long a start may take, with the making of a database cluster.
const START_SECONDS_MAX: Duration = Duration::from_secs(90);
/// How long it may take to prove the invariants on a database.
const CHECK_SECONDS_MAX: Duration = Duration::from_secs(300);
/// Between two looks at whether it is ready: short, as starts are measured.
const POLL: Duration = Duration::from_millis(2);
/// Bytes of the log that are shown when it does not start.
const LOG_TAIL_BYTES: usize = 4_000;
/// Accepted by a box office that is started for the run alone, on a loopback address.
const OWN_ORGANISER_KEY: &str = "boo_load-tests-only-0001";

/// Where the box office comes from.
pub struct Wanted {
    /// One that runs already.
    pub url: Option<String>,
    /// Its organiser's key.
    pub organiser_key: Option<String>,
    /// Its database.
    pub database_url: Option<String>,
    /// The program to start; beside this one if not given.
    pub program: Option<PathBuf>,
}

/// A box office that answers.
pub struct Office {
    /// Where it listens.
    pub address: SocketAddr,
    /// An organiser's key that it takes.
    pub organiser_key: String,
    /// Its database, if known.
    pub database: Option<DatabaseUrl>,
    running: Option<Running>,
}

/// How a box office is started, each time on the same folder and address.
#[derive(Clone)]
pub struct Launch {
    program: PathBuf,
    folder: PathBuf,
    address: SocketAddr,
    organiser_key: String,
    /// A database server that runs already, instead of the private one in the folder.
    database: Option<DatabaseUrl>,
    /// More settings, as environment variables.
    settings: Vec<(&'static str, String)>,
}

impl Office {
    /// Finds a box office, or starts one in this folder, and waits until it is ready.
    pub async fn open(wanted: &Wanted, folder: &Path) -> anyhow::Result<Self> {
        let database = wanted
            .database_url
            .as_deref()
            .map(DatabaseUrl::read)
            .transpose()?;
        let Some(url) = &wanted.url else {
            return Launch::new(wanted, folder, database)?.start().await;
        };
        let address = read_url(url)?;
        let organiser_key = wanted.organiser_key.clone();
        let organiser_key =
            organiser_key.context("--url needs the --organiser-key of the box office there")?;
        ensure!(is_ready(address).await, "nothing at {url} says that it is ready");
        Ok(Self {
            address,
            organiser_key,
            database,
            running: None,
        })
    }

    /// What its organiser shows.
    pub fn organiser(&self) -> anyhow::Result<HeaderValue> {
        bearer(&self.organiser_key)
    }

    /// Its process, if it was started here.
    pub fn id(&self) -> Option<Pid> {
        self.running.as_ref()?.id()
    }

    /// Stops it if it was started here. Its database stops with it only when it is asked to stop.
    pub async fn close(self) -> anyhow::Result<()> {
        match self.running {
            Some(running) => running.stop().await,
            None => Ok(()),
        }
    }

    /// Kills it if it was started here. A private database goes on running.
    pub async fn kill(self) -> anyhow::Result<()> {
        match self.running {
            Some(running) => running.kill().await,
            None => Ok(()),
        }
    }
}

impl Launch {
    /// With its data and its log in this folder.
    pub fn new(wanted: &Wanted, folder: &Path, database: Option<DatabaseUrl>) -> anyhow::Result<Self> {
        let program = match &wanted.program {
            Some(program) => program.clone(),
            None => program_beside()?,
        };
        let organiser_key = wanted.organiser_key.clone();
        Ok(Self {
            program,
            folder: folder.to_owned(),
            address: free_address()?,
            organiser_key: organiser_key.unwrap_or_else(|| OWN_ORGANISER_KEY.to_owned()),
            database,
            settings: Vec::new(),
        })
    }

    /// With one more setting, an environment variable.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.push((name, value.into()));
        self
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Starts it and waits until it is ready.
    pub async fn start(&self) -> anyhow::Result<Office> {
        let mut running = self.spawn()?;
        if let Err(error) = wait_until_ready(&mut running, self.address).await {
            let _ = running.stop().await;
            let log = tail(&self.log_file());
            return Err(error.context(format!("the box office did not start; its log ends with:\n{log}")));
        }
        let database = match &self.database {
            Some(database) => database.clone(),
            None => private_database(&self.postmaster_file())?,
        };
        Ok(Office {
            address: self.address,
            organiser_key: self.organiser_key.clone(),
            database: Some(database),
            running: Some(running),
        })
    }

    /// What the private cluster's postmaster writes about itself.
    pub fn postmaster_file(&self) -> PathBuf {
        self.folder.join("data/postgres/cluster/postmaster.pid")
    }

    /// Has the program prove the invariants on a database.
    pub async fn check(&self, database: &DatabaseUrl) -> anyhow::Result<()> {
        let mut command = Command::new(&self.program);
        command.arg("check").env("DATABASE_URL", database.text());
        command.kill_on_drop(true);
        finish(command, "", CHECK_SECONDS_MAX).await?;
        Ok(())
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn spawn(&self) -> anyhow::Result<Running> {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.log_file())?;
        let mut command = Command::new(&self.program);
        command
            .arg("serve")
            .env("BOXOFFICE_LISTEN", self.address.to_string())
            .env("BOXOFFICE_DEMO", "false");
        command
            .env("BOXOFFICE_DATA_DIR", self.folder.join("data"))
            .env("BOXOFFICE_ORGANISER_KEY", &self.organiser_key)
            .env("BOXOFFICE_SANDBOX", "true")
            // Endpoints of webhooks are on this machine too.
            .env("BOXOFFICE_WEBHOOKS_ALLOW_PRIVATE", "true")
            // All clients come from one address.
            .env("BOXOFFICE_LIMITS", "off");
        if std::env::var_os("BOXOFFICE_LOG").is_none() {
            command.env("BOXOFFICE_LOG", "warn");
        }
        command.env_remove("REDIS_URL").env_remove("DATABASE_URL");
        if let Some(database) = &self.database {
            command.env("DATABASE_URL", database.text());
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        Running::start(command)
    }
}

/// Lets this process, and what it starts, have as many connections as the system allows, and tells how many that is.
pub fn raise_open_files_limit() -> u64 {
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return u64::MAX;
    };
    // Refused, the usual limit is enough for all but the largest runs, which fail with a clear error.
    match setrlimit(Resource::RLIMIT_NOFILE, hard, hard) {
        Ok(()) => hard,
        Err(_refused) => soft,
    }
}

fn program_beside() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name("boxoffice");
    let path = program.display();
    ensure!(
        program.is_file(),
        "{path} is not there: build it with `cargo build --release`, or give --boxoffice"
    );
    Ok(program)
}

/// A port that is free now. Another process may take it first; the start fails then and says so.
pub fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

async fn wait_until_ready(running: &mut Running, address: SocketAddr) -> anyhow::Result<()> {
    let deadline = Instant::now() + START_SECONDS_MAX;
    while !is_ready(address).await {
        if let Some(status) = running.process().try_wait()? {
            bail!("it ended: {status}");
        }
        ensure!(
            Instant::now() < deadline,
            "it was not ready after {} s",
            START_SECONDS_MAX.as_secs()
        );
        sleep(POLL).await;
    }
    Ok(())
}

async fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(address).await else {
        return false;
    };
    let Ok(call) = Call::new(Method::GET, "/readyz") else {
        return false;
    };
    connection.send(&call).await.status == Some(200)
}

/// The private cluster, by what its postmaster writes down: the socket's folder and port.
fn private_database(postmaster_file: &Path) -> anyhow::Result<DatabaseUrl> {
    let path = postmaster_file.display();
    let text = fs::read_to_string(postmaster_file).with_context(|| format!("{path} could not be read"))?;
    let mut lines = text.lines().skip(3);
    let (port, folder) = (lines.next(), lines.next());
    let (port, folder) = port.zip(folder).context("postmaster.pid names no socket")?;
    let folder = fs::canonicalize(folder.trim())?;
    Ok(DatabaseUrl::of_socket(
        "boxoffice",
        &folder.to_string_lossy(),
        port.trim(),
        "boxoffice",
    ))
}

fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let from = text.len().saturating_sub(LOG_TAIL_BYTES);
    String::from_utf8_lossy(text.get(from..).unwrap_or_default()).into_owned()
}
