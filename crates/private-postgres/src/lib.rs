//! A private PostgreSQL cluster, for a run that is given no database.
//!
//! The cluster is made from the system's server programs in a folder of its own and kept there across restarts. It listens
//! on a Unix socket in a folder that only its owner (and root) can enter, which is why it asks for no password. It is
//! stopped together with the office. Nothing is lost when either is killed instead:
//!
//! - the office killed: its postmaster is still running, and the next start takes it over as it is;
//! - the postmaster killed: [`Cluster::ensure_running`], or the next start, runs it again and PostgreSQL recovers itself;
//! - its package upgraded: [`Cluster::ensure_running`] restarts it in order;
//! - killed while the cluster is being made: it gets its name only when it is complete.

mod binaries;
mod error;
mod folder;
mod handle;
mod limits;
mod postmaster;
mod settings;

pub use error::EmbeddedError;
pub use folder::{Owner, hand_over};
pub use settings::Durability;

use binaries::Binaries;
use diesel::{Connection, PgConnection, RunQueryDsl, connection::SimpleConnection};
use folder::{Folder, Tenancy};
use postmaster::Postmaster;
use settings::{DATABASE, MAINTENANCE_DATABASE};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Where a cluster is and how it is run.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// The folder that holds the cluster; made if missing. Run as root, another user must be able to enter it.
    pub data_dir: PathBuf,
    /// The folder with `postgres` and `initdb`, instead of searching for the newest.
    pub binaries: Option<PathBuf>,
    /// Whether what is committed survives a loss of power.
    pub durability: Durability,
}

/// A running cluster. Dropping it stops it.
#[derive(Debug)]
pub struct Cluster {
    options: ClusterOptions,
    folder: Folder,
    /// `None` once stopped, so that nothing starts it again.
    postmaster: Mutex<Option<Postmaster>>,
}

impl Cluster {
    /// Starts the cluster, made first if there is none, or takes over one that a killed office has left running.
    ///
    /// Blocks until connections are accepted. Refuses at once if another process has the folder.
    pub fn start(options: &ClusterOptions) -> Result<Cluster, EmbeddedError> {
        Cluster::open(options, Tenancy::Sole)
    }

    /// As [`Cluster::start`], but shared between processes that all join it: the first starts it, the last stops it.
    pub fn join(options: &ClusterOptions) -> Result<Cluster, EmbeddedError> {
        Cluster::open(options, Tenancy::Shared)
    }

    fn open(options: &ClusterOptions, tenancy: Tenancy) -> Result<Cluster, EmbeddedError> {
        let (folder, gate) = Folder::open(&options.data_dir, tenancy)?;
        let postmaster = start_postmaster(options, &folder)?;
        let cluster = Cluster {
            options: options.clone(),
            folder,
            postmaster: Mutex::new(Some(postmaster)),
        };
        let prepared = create_database(&cluster.url(MAINTENANCE_DATABASE));
        // A failure drops the cluster, which passes the gate again.
        drop(gate);
        prepared.map(|()| cluster)
    }

    /// The address of a database of this cluster, as libpq takes it.
    pub fn url(&self, database: &str) -> String {
        settings::url(self.folder.socket_dir(), database)
    }

    /// Runs the postmaster again if it has died, or if its program was replaced by another version; a look at the process if
    /// neither is so. Does nothing once stopped.
    pub fn ensure_running(&self) -> Result<(), EmbeddedError> {
        let mut running = self.postmaster.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(postmaster) = running.as_mut() else {
            return Ok(());
        };
        if !postmaster.is_alive() {
            tracing::error!("the private PostgreSQL has died: starting it again");
            let _gate = self.folder.pass_gate()?;
            *running = Some(start_postmaster(&self.options, &self.folder)?);
        } else if postmaster.is_replaced() {
            tracing::warn!(
                "the private PostgreSQL runs a program that was replaced: restarting it with the new one"
            );
            let _gate = self.folder.pass_gate()?;
            // Another process that shares the cluster may have stopped it meanwhile.
            if postmaster.is_alive() {
                postmaster.stop()?;
            }
            *running = Some(start_postmaster(&self.options, &self.folder)?);
        }
        Ok(())
    }

    /// Stops the cluster: open transactions are rolled back, what is committed is written out.
    ///
    /// A shared cluster that other processes use goes on running.
    pub fn stop(&self) -> Result<(), EmbeddedError> {
        let mut postmaster = self.postmaster.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut postmaster) = postmaster.take() else {
            return Ok(());
        };
        let gate = self.folder.pass_gate()?;
        if self.folder.leave_as_last()? {
            postmaster.stop()?;
            self.folder.remove_outer_socket_dir();
        }
        drop(gate);
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::error!(%error, "the private PostgreSQL was not stopped");
        }
    }
}

/// Takes over the postmaster that runs in the folder, if it runs as it should; else starts one, on a cluster that is made if
/// there is none.
fn start_postmaster(options: &ClusterOptions, folder: &Folder) -> Result<Postmaster, EmbeddedError> {
    let version = folder.cluster_version();
    let binaries = Binaries::find(options.binaries.as_deref(), version.as_deref())?;
    let arguments = settings::arguments(folder, options.durability);
    if let Some(mut running) = Postmaster::find(&folder.cluster_dir()) {
        if running.has_arguments(&binaries, &arguments) {
            match running.adopt(folder) {
                // It was stopping when it was found.
                Err(EmbeddedError::Exited(_)) => {}
                outcome => return outcome,
            }
        } else {
            running.stop()?;
        }
    }
    if version.is_none() {
        postmaster::init_cluster(&binaries, folder, options.durability)?;
    }
    Postmaster::start(&binaries, folder, &arguments)
}

fn create_database(maintenance_url: &str) -> Result<(), EmbeddedError> {
    let mut connection = PgConnection::establish(maintenance_url)?;
    let sql = format!("EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}')");
    let exists = diesel::select(diesel::dsl::sql::<diesel::sql_types::Bool>(&sql));
    if !exists.get_result::<bool>(&mut connection)? {
        connection.batch_execute(&format!("CREATE DATABASE {DATABASE}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
