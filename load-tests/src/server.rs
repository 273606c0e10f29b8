//! The box office under load: one started for the run in a folder of its own, or one that runs already.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use hyper::Method;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::client::{Call, Connection};
use crate::target::{DatabaseUrl, read_url};

/// How long a start may take, with the making of a database cluster.
const START_SECONDS_MAX: Duration = Duration::from_secs(90);
/// How long a stop may take.
const STOP_SECONDS_MAX: Duration = Duration::from_secs(60);
/// Between two looks at whether it is ready.
const POLL: Duration = Duration::from_millis(50);
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
    /// Where the folder for the run is made; the system's temporary folder if not given.
    pub temp_dir: Option<PathBuf>,
}

/// A box office that answers.
pub struct Office {
    /// Where it listens.
    pub address: SocketAddr,
    /// An organiser's key that it takes.
    pub organiser_key: String,
    /// Its database, if known.
    pub database: Option<DatabaseUrl>,
    started: Option<Started>,
}

struct Started {
    process: Child,
    folder: PathBuf,
}

impl Office {
    /// Finds or starts a box office and waits until it is ready.
    pub async fn open(wanted: Wanted) -> anyhow::Result<Self> {
        let database = wanted
            .database_url
            .as_deref()
            .map(DatabaseUrl::read)
            .transpose()?;
        let Some(url) = &wanted.url else {
            return Self::start(wanted, database).await;
        };
        let address = read_url(url)?;
        let organiser_key = wanted
            .organiser_key
            .context("--url needs the --organiser-key of the box office there")?;
        ensure!(is_ready(address).await, "nothing at {url} says that it is ready");
        Ok(Self {
            address,
            organiser_key,
            database,
            started: None,
        })
    }

    /// Stops what was started and removes its folder.
    pub async fn close(self) -> anyhow::Result<()> {
        let Some(mut started) = self.started else {
            return Ok(());
        };
        let stopped = stop(&mut started.process).await;
        if stopped.is_ok() {
            fs::remove_dir_all(&started.folder).context("the run's folder could not be removed")?;
        }
        stopped
    }

    async fn start(wanted: Wanted, database: Option<DatabaseUrl>) -> anyhow::Result<Self> {
        let program = match wanted.program {
            Some(program) => program,
            None => program_beside()?,
        };
        let parent = wanted.temp_dir.unwrap_or_else(std::env::temp_dir);
        let folder = parent.join(format!("boxoffice-load-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("{} could not be made", folder.display()))?;
        let address = free_address()?;
        let organiser_key = wanted
            .organiser_key
            .unwrap_or_else(|| OWN_ORGANISER_KEY.to_owned());
        let log = fs::File::create(folder.join("log"))?;
        let mut command = Command::new(&program);
        command
            .arg("serve")
            .env("BOXOFFICE_LISTEN", address.to_string())
            .env("BOXOFFICE_DEMO", "false");
        command
            .env("BOXOFFICE_DATA_DIR", folder.join("data"))
            .env("BOXOFFICE_ORGANISER_KEY", &organiser_key);
        if std::env::var_os("BOXOFFICE_LOG").is_none() {
            command.env("BOXOFFICE_LOG", "warn");
        }
        command.env_remove("REDIS_URL").env_remove("DATABASE_URL");
        if let Some(database) = &database {
            command.env("DATABASE_URL", database.text());
        }
        let command = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let process = command
            .spawn()
            .with_context(|| format!("{} could not be run", program.display()))?;
        let mut started = Started { process, folder };
        if let Err(error) = wait_until_ready(&mut started, address).await {
            let _ = stop(&mut started.process).await;
            let log = tail(&started.folder.join("log"));
            let _ = fs::remove_dir_all(&started.folder);
            return Err(error.context(format!("the box office did not start; its log ends with:\n{log}")));
        }
        let database = match database {
            Some(database) => Some(database),
            None => Some(private_database(&started.folder.join("data"))?),
        };
        Ok(Self {
            address,
            organiser_key,
            database,
            started: Some(started),
        })
    }
}

/// Lets this process, and what it starts, have as many connections as the system allows.
pub fn raise_open_files_limit() {
    if let Ok((_soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // Refused, the usual limit is enough for all but the largest runs, which fail with a clear error.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
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
fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

async fn wait_until_ready(started: &mut Started, address: SocketAddr) -> anyhow::Result<()> {
    let deadline = Instant::now() + START_SECONDS_MAX;
    while !is_ready(address).await {
        if let Some(status) = started.process.try_wait()? {
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

/// Asks it to stop, as only then does its database stop with it.
async fn stop(process: &mut Child) -> anyhow::Result<()> {
    if process.try_wait()?.is_some() {
        return Ok(());
    }
    let id = process
        .id()
        .and_then(|id| i32::try_from(id).ok())
        .context("the box office has no process id")?;
    kill(Pid::from_raw(id), Signal::SIGTERM).context("the box office could not be told to stop")?;
    let stopped = timeout(STOP_SECONDS_MAX, process.wait()).await;
    stopped.context("the box office did not stop")??;
    Ok(())
}

/// The private cluster below a data folder, by what its postmaster writes down: the socket's folder and port.
fn private_database(data_dir: &Path) -> anyhow::Result<DatabaseUrl> {
    let path = data_dir.join("postgres/cluster/postmaster.pid");
    let text = fs::read_to_string(&path).with_context(|| format!("{} could not be read", path.display()))?;
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
