//! Behind pgbouncer: session mode works, transaction mode is refused.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use nix::unistd::{Uid, User};
use serde_json::json;

use crate::office::{PATIENCE, TestDatabase, TestOffice};

/// A pgbouncer of its own, which ends with the test.
struct Pgbouncer {
    child: Child,
    folder: std::path::PathBuf,
    port: u16,
}

impl Pgbouncer {
    fn start(database: &TestDatabase, mode: &str) -> Self {
        let socket = database.socket();
        let socket_dir = Path::new(&socket).parent().expect("a folder").display();
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let port = port.expect("a port").port();
        let settings = format!(
            "[databases]\n* = host={socket_dir} port=5432 user=app\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = {mode}\ndefault_pool_size = 40\n"
        );
        let folder = std::env::temp_dir().join(format!("pgbouncer-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).expect("a folder");
        let file = folder.join("pgbouncer.ini");
        std::fs::write(&file, settings).expect("settings");
        let mut command = Command::new("/usr/sbin/pgbouncer");
        if Uid::effective().is_root() {
            // Only its owner reaches the socket, and pgbouncer doesn't run as root.
            let owner = std::fs::metadata(&socket).expect("a socket").uid();
            let user = User::from_uid(Uid::from_raw(owner))
                .expect("users")
                .expect("a user");
            command.args(["-u", &user.name]);
        }
        let child = command
            .arg("-q")
            .arg(&file)
            .stderr(Stdio::null())
            .spawn()
            .expect("pgbouncer: see scripts/install");
        let deadline = Instant::now() + PATIENCE;
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "pgbouncer does not listen");
        }
        Self { child, folder, port }
    }

    fn url(&self, database: &TestDatabase) -> String {
        format!("postgres://app@127.0.0.1:{}/{}", self.port, database.name())
    }
}

impl Drop for Pgbouncer {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
        let _gone = std::fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
async fn session_mode_works() {
    let mut database = TestDatabase::create();
    let pooler = Pgbouncer::start(&database, "session");
    database.reach_by(pooler.url(&database));
    let office = TestOffice::on(database, 1, None, &[]).await;
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    for seat in ["A-1-1", "A-1-2"] {
        buyer.hold(&show, &[seat]).await.expect_status(201);
    }
    buyer.get("/readyz").await.expect_status(200);
}

#[test]
fn transaction_mode_is_refused_in_plain_words() {
    let database = TestDatabase::create();
    let pooler = Pgbouncer::start(&database, "transaction");
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0"] as &[_],
        &["migrate"],
        &["check"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_boxoffice"))
            .args(arguments)
            .args(["--database-url", &pooler.url(&database)])
            .output()
            .expect("the program");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && said.contains("pooler in transaction mode"),
            "{arguments:?}: {said}"
        );
    }
}
