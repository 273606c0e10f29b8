//! The database that a command works on.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use boxoffice::config::DatabaseConfig;
use boxoffice::store::database::Database;
use boxoffice::store::dsn::with_certificate_in;
use boxoffice::store::migrations::{self, Newer, SchemaError};
use boxoffice::store::pooler;
use diesel::pg::PgConnection;
use nix::unistd::{Uid, User};
use private_postgres::{Cluster, ClusterOptions, Durability};

use super::user::without_root;

/// Where the database is, and the private server behind it, if that is where it is.
pub struct Place {
    /// Its address.
    pub url: String,
    /// The private server.
    pub cluster: Option<Arc<Cluster>>,
}

impl Place {
    /// Starts the private server, unless the settings name another.
    pub fn find(config: &DatabaseConfig) -> anyhow::Result<Self> {
        anyhow::ensure!(
            !Uid::effective().is_root(),
            "a database is opened as root: see `commands/user.rs`"
        );
        if let Some(url) = config.database_url()? {
            let url = match other_home() {
                Some(home) => with_certificate_in(url, &home),
                None => url.to_owned(),
            };
            return Ok(Self { url, cluster: None });
        }
        let options = ClusterOptions {
            data_dir: config.data_dir(),
            binaries: config.postgres_bin.clone(),
            durability: Durability::Full,
        };
        let cluster = Cluster::start(&options)?;
        Ok(Self {
            url: cluster.url("boxoffice"),
            cluster: Some(Arc::new(cluster)),
        })
    }

    /// The same for a command that changes no schema: a database of another version is refused.
    pub fn find_ready(config: &DatabaseConfig) -> anyhow::Result<Self> {
        let place = Self::find(config)?;
        refuse_shared_sessions(&place.url)?;
        migrations::check(&place.url, Newer::Refused)?;
        Ok(place)
    }

    /// The connections of a command.
    pub fn database(&self) -> Database {
        Database::open_for_command(&self.url)
    }

    /// Stops the private server.
    pub fn close(self) {
        if let Some(Err(error)) = self.cluster.map(|cluster| cluster.stop()) {
            tracing::error!(error = %error, "the private PostgreSQL did not stop");
        }
    }
}

/// Does what a command does on one connection to a database of this version, and closes it.
pub fn on_connection(
    database: DatabaseConfig,
    act: impl FnOnce(&mut PgConnection) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let place = Place::find_ready(&without_root(database)?)?;
    let acted = act(&mut *place.database().writer()?);
    place.close();
    acted
}

/// Where libpq must look for a client's certificate, if it may not look in `HOME`: it then gives TLS up, instead of going on
/// without one. `HOME` is still root's where root has started the program.
fn other_home() -> Option<PathBuf> {
    let home = PathBuf::from(std::env::var_os("HOME")?);
    let looked = std::fs::metadata(home.join(".postgresql/postgresql.crt"));
    let is_closed = looked.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied);
    let user = User::from_uid(Uid::effective()).ok().flatten();
    user.filter(|_| is_closed).map(|user| user.dir)
}

/// A database behind a pooler in transaction mode is refused.
pub fn refuse_shared_sessions(url: &str) -> Result<(), SchemaError> {
    if pooler::is_shared(url)? {
        return Err(SchemaError::SharedSessions);
    }
    Ok(())
}
