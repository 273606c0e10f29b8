//! Databases for tests, in one private cluster that all test processes share. Everybody comes as an ordinary role that owns
//! its database, and no more.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Instant;

use boxoffice::store::functions::FUNCTIONS;
use boxoffice::store::migrations::migrate;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use private_postgres::{Cluster, ClusterOptions, Durability};
use sha2::{Digest, Sha256};

use super::proxy::Proxy;

/// An ordinary role: it may log in, and do what it likes with the databases that it owns.
const ROLE: &str = "app";

/// A database of one test.
pub struct TestDatabase {
    name: String,
    url: String,
    direct_url: String,
    cluster: Cluster,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl TestDatabase {
    /// A database with the product's schema and nothing in it.
    pub fn create() -> Self {
        let data_dir: PathBuf = std::env::temp_dir().join("boxoffice-tests");
        let options = ClusterOptions {
            data_dir,
            binaries: None,
            durability: Durability::TestsOnly,
        };
        let cluster = Cluster::join(&options).expect("a private cluster");
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        let mut maintenance = connect(&cluster.url("postgres"));
        let template = template();
        make_template(&mut maintenance, &cluster, &template);
        maintenance
            .batch_execute(&format!(
                "CREATE DATABASE {name} TEMPLATE {template} OWNER {ROLE}"
            ))
            .expect("a database");
        let url = url_of(&cluster, &name);
        Self {
            name,
            direct_url: url.clone(),
            url,
            cluster,
        }
    }

    /// A database with nothing in it at all.
    pub fn create_empty() -> Self {
        let database = Self::create();
        let empty = "DROP SCHEMA public CASCADE; CREATE SCHEMA public";
        database.connect().batch_execute(empty).expect("no schema");
        database
    }

    /// The same, reached through a proxy.
    pub async fn create_behind_proxy() -> (Self, Proxy) {
        let mut database = Self::create();
        let proxy = Proxy::start(database.socket()).await;
        database.url = format!("postgres://{ROLE}@127.0.0.1:{}/{}", proxy.port(), database.name);
        (database, proxy)
    }

    /// The file of its server's Unix socket.
    pub fn socket(&self) -> String {
        socket_path(&self.cluster.url("postgres"))
    }

    /// Lets nodes reach it by this address.
    pub fn reach_by(&mut self, url: String) {
        self.url = url;
    }

    /// Where nodes find it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it is.
    pub fn direct_url(&self) -> &str {
        &self.direct_url
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection of the cluster's superuser to another database, for what only an operator may do.
    pub fn connect_as_superuser(&self) -> PgConnection {
        connect(&self.cluster.url("postgres"))
    }

    /// The same to this database.
    pub fn connect_as_superuser_here(&self) -> PgConnection {
        connect(&self.cluster.url(&self.name))
    }

    /// A connection past any proxy.
    pub fn connect(&self) -> PgConnection {
        connect(&self.direct_url)
    }

    /// Carries a statement out, past the office.
    pub fn execute(&self, statement: &str) {
        self.connect().batch_execute(statement).expect(statement);
    }

    /// The only number that a query gives.
    pub fn number(&self, query: &str) -> i64 {
        let query = format!("SELECT ({query})::bigint AS count");
        diesel::sql_query(query)
            .get_result::<Count>(&mut self.connect())
            .expect("a number")
            .count
    }

    /// The only text that a query gives.
    pub fn text(&self, query: &str) -> String {
        setting(&self.direct_url, &format!("({query})"))
    }

    /// What a command of the program says that works on it.
    pub fn command(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_boxoffice"))
            .args(arguments)
            .args(["--database-url", &self.direct_url])
            .output()
            .expect("the program")
    }

    /// What a command prints that succeeds.
    #[track_caller]
    pub fn printed_by(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// Refuses what is done to a table's rows (`INSERT`, or `UPDATE`), until it has refused it once.
    pub async fn refuse_once(&self, event: &str, table: &str, provoke: impl Future<Output = ()>) {
        // A sequence counts what is rolled back, too.
        self.execute(&format!(
            "CREATE SEQUENCE refused; \
             CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN PERFORM nextval('refused'); RAISE EXCEPTION 'not now'; END $$; \
             CREATE TRIGGER refuse BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()"
        ));
        provoke.await;
        let refused = "SELECT count(*) FROM refused WHERE is_called";
        self.wait_until(refused, 1).await;
        let end = format!("DROP TRIGGER refuse ON {table}; DROP FUNCTION refuse; DROP SEQUENCE refused");
        self.execute(&end);
    }

    /// Waits until a count is this, while other tasks go on.
    pub async fn wait_until(&self, query: &str, count: i64) {
        let deadline = Instant::now() + super::PATIENCE;
        while self.number(query) != count {
            assert!(Instant::now() < deadline, "still not {count}: {query}");
            tokio::task::yield_now().await;
        }
    }

    /// Waits until a count is zero.
    pub fn wait_until_zero(&self, query: &str) {
        let deadline = Instant::now() + super::PATIENCE;
        while self.number(query) != 0 {
            assert!(Instant::now() < deadline, "still not zero: {query}");
            std::thread::yield_now();
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        if let Ok(mut maintenance) = PgConnection::establish(&self.cluster.url("postgres")) {
            let _gone_with_the_cluster = maintenance.batch_execute(&drop);
        }
    }
}

/// The template's name: another schema is another template, so that none of an earlier build is taken.
fn template() -> String {
    let mut digest = Sha256::new();
    let folders = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).expect("migrations");
    let mut files: Vec<_> = folders
        .map(|folder| folder.expect("a folder").path().join("up.sql"))
        .collect();
    files.sort();
    for file in files {
        digest.update(std::fs::read(file).expect("a migration"));
    }
    for function in FUNCTIONS {
        digest.update(function.text);
    }
    let digest: String = digest
        .finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("template_{digest}")
}

fn make_template(maintenance: &mut PgConnection, cluster: &Cluster, template: &str) {
    maintenance
        .batch_execute("SELECT pg_advisory_lock(7)")
        .expect("the lock");
    let mut exists = |catalogue: &str, column: &str, name: &str| {
        let query = format!("SELECT count(*) AS count FROM {catalogue} WHERE {column} = '{name}'");
        diesel::sql_query(query)
            .get_result::<Count>(maintenance)
            .expect("a number")
            .count
            == 1
    };
    let (has_role, has_template) = (
        exists("pg_roles", "rolname", ROLE),
        exists("pg_database", "datname", template),
    );
    if !has_role {
        maintenance
            .batch_execute(&format!("CREATE ROLE {ROLE} LOGIN"))
            .expect("a role");
    }
    if !has_template {
        maintenance
            .batch_execute(&format!("CREATE DATABASE {template} OWNER {ROLE}"))
            .expect("a template");
    }
    migrate(&url_of(cluster, template)).expect("the schema");
    maintenance
        .batch_execute("SELECT pg_advisory_unlock(7)")
        .expect("the lock");
}

fn url_of(cluster: &Cluster, database: &str) -> String {
    let url = cluster.url(database);
    let (_, place) = url.split_once('@').expect("a user");
    // Tests that run side by side may keep a machine busy for longer than the network may be silent.
    format!("postgresql://{ROLE}@{place}?connect_timeout=20")
}

fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).expect("a connection")
}

/// The file of the Unix socket that a superuser's URL leads to.
fn socket_path(url: &str) -> String {
    let folder = setting(url, "current_setting('unix_socket_directories')");
    format!("{folder}/.s.PGSQL.{}", setting(url, "current_setting('port')"))
}

fn setting(url: &str, expression: &str) -> String {
    #[derive(QueryableByName)]
    struct Setting {
        #[diesel(sql_type = diesel::sql_types::Text)]
        setting: String,
    }
    let query = format!("SELECT {expression}::text AS setting");
    diesel::sql_query(query)
        .get_result::<Setting>(&mut connect(url))
        .expect("a setting")
        .setting
}
