//! Databases for tests, in one private cluster that all test processes share; and a proxy that cuts connections.

use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use boxoffice::store::migrations::migrate;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use private_postgres::{Cluster, ClusterOptions, Durability};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

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
            .batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
            .expect("a database");
        let url = cluster.url(&name);
        Self {
            name,
            direct_url: url.clone(),
            url,
            cluster,
        }
    }

    /// The same, reached through a proxy.
    pub async fn create_behind_proxy() -> (Self, Proxy) {
        let mut database = Self::create();
        let proxy = Proxy::start(&database.direct_url).await;
        database.url = format!(
            "postgres://{}@127.0.0.1:{}/{}",
            proxy.user, proxy.port, database.name
        );
        (database, proxy)
    }

    /// Where nodes find it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it is.
    pub fn direct_url(&self) -> &str {
        &self.direct_url
    }

    /// A connection past any proxy.
    pub fn connect(&self) -> PgConnection {
        connect(&self.direct_url)
    }

    /// The only number that a query gives.
    pub fn number(&self, query: &str) -> i64 {
        let query = format!("SELECT ({query})::bigint AS count");
        diesel::sql_query(query)
            .get_result::<Count>(&mut self.connect())
            .expect("a number")
            .count
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
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    let mut functions: Vec<_> =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/store/functions"))
            .expect("functions")
            .map(|file| file.expect("a file").path())
            .collect();
    functions.sort();
    for file in functions {
        std::fs::read_to_string(file)
            .expect("a function")
            .hash(&mut hasher);
    }
    for folder in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).expect("migrations") {
        let file = folder.expect("a folder").path().join("up.sql");
        std::fs::read_to_string(file)
            .expect("a migration")
            .hash(&mut hasher);
    }
    format!("template_{:016x}", hasher.finish())
}

fn make_template(maintenance: &mut PgConnection, cluster: &Cluster, template: &str) {
    maintenance
        .batch_execute("SELECT pg_advisory_lock(7)")
        .expect("the lock");
    let exists =
        format!("SELECT (SELECT count(*) FROM pg_database WHERE datname = '{template}')::bigint AS count");
    let exists = diesel::sql_query(exists)
        .get_result::<Count>(maintenance)
        .expect("a number")
        .count
        == 1;
    if !exists {
        maintenance
            .batch_execute(&format!("CREATE DATABASE {template}"))
            .expect("a template");
    }
    // Also replaces functions whose text has changed.
    migrate(&cluster.url(template)).expect("the schema");
    maintenance
        .batch_execute("SELECT pg_advisory_unlock(7)")
        .expect("the lock");
}

fn connect(url: &str) -> PgConnection {
    PgConnection::establish(url).expect("a connection")
}

/// Stands between nodes and the database and can be cut.
pub struct Proxy {
    port: u16,
    user: String,
    /// True while every connection is cut.
    cut: Arc<watch::Sender<bool>>,
    lose_commit: Arc<AtomicBool>,
}

impl Proxy {
    async fn start(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let socket = socket_path(url);
        let cut = Arc::new(watch::Sender::new(false));
        let cuts = cut.clone();
        let lose_commit = Arc::new(AtomicBool::new(false));
        let lose = lose_commit.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if !*cuts.borrow() {
                    tokio::spawn(pass(client, socket.clone(), cuts.subscribe(), lose.clone()));
                }
            }
        });
        Self {
            port,
            user: setting(url, "current_user"),
            lose_commit,
            cut,
        }
    }

    /// Cuts every connection and refuses new ones.
    pub fn cut(&self) {
        self.cut.send_replace(true);
    }

    /// Has the next commit carried out and its answer lost, with the connection.
    pub fn lose_next_commit(&self) {
        self.lose_commit.store(true, Ordering::SeqCst);
    }

    /// Lets connections pass again.
    pub fn mend(&self) {
        self.cut.send_replace(false);
    }
}

async fn pass(
    mut client: TcpStream,
    socket: String,
    mut cut: watch::Receiver<bool>,
    lose_commit: Arc<AtomicBool>,
) {
    let Ok(mut server) = UnixStream::connect(socket).await else {
        return;
    };
    let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
    let mut losing = false;
    loop {
        tokio::select! {
            () = boxoffice::closing::until_closing(&mut cut) => return,
            read = client.read(&mut asked) => {
                let Ok(count @ 1..) = read else { return };
                let commits = asked[..count].windows(6).any(|word| word == b"COMMIT");
                losing |= commits && lose_commit.swap(false, Ordering::SeqCst);
                if server.write_all(&asked[..count]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(count @ 1..) = read else { return };
                // The answer to the commit is there, so it has been carried out; nobody hears of it.
                if losing || client.write_all(&answered[..count]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// The file of the Unix socket that a URL leads to.
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
