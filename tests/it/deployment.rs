//! What `docs/deployment.md` hands to an operator: it is tried here, as far as it can be without the machines.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::{Value, json};

use crate::office::{Certificates, Client, Node, ORGANISER_KEY, PATIENCE, Redis, TestOffice, TlsPostgres};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).expect("a file")
}

/// A document of `docker compose`, with its anchors resolved.
fn compose() -> Value {
    let convert = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let output = Command::new("python3")
        .args(["-c", convert, "docker-compose.yml"])
        .current_dir(root())
        .output()
        .expect("python3 with yaml: see scripts/install");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("a document")
}

fn names(value: &Value) -> Vec<&str> {
    let list = value.as_array().expect("a list");
    list.iter().map(|name| name.as_str().expect("a name")).collect()
}

#[test]
fn containers_have_no_rights_and_no_known_secrets() {
    let compose = compose();
    let services = compose["services"].as_object().expect("services");
    for (name, service) in services {
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(names(&service["cap_drop"]), ["ALL"], "{name}");
        assert!(
            service.get("cap_add").is_none() && service.get("privileged").is_none(),
            "{name}"
        );
        assert_eq!(
            names(&service["security_opt"]),
            ["no-new-privileges:true"],
            "{name}"
        );
        let has_check = service.get("healthcheck").is_some();
        assert_eq!(has_check, name != "migrate", "{name}");
        let image = service["image"].as_str().expect("an image");
        let version = image.split_once(':').map_or("", |(_, version)| version);
        let is_pinned =
            version.matches('.').count() >= 1 && version.starts_with(|c: char| c.is_ascii_digit());
        assert!(is_pinned || service.get("build").is_some(), "{name}: {image}");
        if service.get("build").is_none() {
            assert_eq!(service["user"], "999:999", "{name}");
            assert_eq!(names(&service["networks"]), ["back"], "{name}");
            assert!(service.get("ports").is_none(), "{name}");
        }
        for port in service.get("ports").map(names).unwrap_or_default() {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
        }
        for (variable, value) in service["environment"].as_object().expect("settings") {
            let value = value.as_str().expect("a text");
            let is_secret = ["PASSWORD", "KEY", "URL", "AUTH", "SECRET"]
                .iter()
                .any(|word| variable.contains(word));
            assert!(!is_secret || value.contains(":?"), "{name}: {variable}");
        }
    }
    assert_eq!(compose["networks"]["back"]["internal"], true);
    for node in ["node-1", "node-2"] {
        let environment = &services[node]["environment"];
        assert_eq!(environment["BOXOFFICE_NO_MIGRATE"], "true");
        assert!(environment["BOXOFFICE_OFFICE_SECRET"].is_string());
        assert!(
            environment["DATABASE_URL"]
                .as_str()
                .is_some_and(|url| url.contains("//office_node:"))
        );
    }
    let redis = services["redis"]["command"].to_string();
    assert!(redis.contains("requirepass"), "{redis}");
    // Nobody's superuser is what nodes or the schema's steps come as.
    assert!(services["postgres"]["environment"].get("POSTGRES_USER").is_none());
    for line in read("Dockerfile").lines().filter(|line| line.starts_with("FROM")) {
        let image = line.split_whitespace().nth(1).expect("an image");
        let version = image.split_once(':').map_or("", |(_, version)| version);
        assert!(version.contains('.'), "{line}");
    }
    assert!(read("Dockerfile").contains("\nUSER boxoffice\n"));
}

#[tokio::test]
async fn the_health_check_of_a_container_tells_whether_its_node_is_ready() {
    let compose = compose();
    let check = names(&compose["services"]["node-1"]["healthcheck"]["test"]);
    let (how, command) = check.split_first().expect("a command");
    assert_eq!(*how, "CMD");
    let office = TestOffice::start().await;
    let is_healthy = |probes: &str| {
        let (_, port) = probes.rsplit_once(':').expect("a port");
        let command: Vec<_> = command
            .iter()
            .map(|word| word.replace("/18080", &format!("/{port}")))
            .collect();
        let checked = Command::new(&command[0])
            .args(&command[1..])
            .stderr(Stdio::null())
            .status();
        checked.expect("bash").success()
    };
    assert!(is_healthy(office.nodes[0].probes_url()));
    let nowhere = [(
        "DATABASE_URL".to_owned(),
        "postgres://app@127.0.0.1:1/office".to_owned(),
    )];
    let waiting = Node::start(&nowhere).await;
    assert!(!is_healthy(waiting.probes_url()));
    assert!(!is_healthy("http://127.0.0.1:1"));
}

#[test]
fn the_unit_leaves_a_node_no_rights() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        println!("skipped: there is no systemd-analyze");
        return;
    }
    let folder = std::env::temp_dir().join(format!("unit-{}", uuid::Uuid::new_v4().simple()));
    std::fs::create_dir(&folder).expect("a folder");
    let unit = read("docs/ops/boxoffice.service");
    let here = unit.replace("/usr/local/bin/boxoffice", env!("CARGO_BIN_EXE_boxoffice"));
    assert_ne!(unit, here);
    let file = folder.join("boxoffice.service");
    std::fs::write(&file, here).expect("a unit");
    for arguments in [
        &["verify"] as &[_],
        &["security", "--offline=true", "--threshold=20"],
    ] {
        let checked = Command::new("systemd-analyze")
            .args(arguments)
            .arg(&file)
            .output();
        let checked = checked.expect("systemd-analyze");
        let said = String::from_utf8_lossy(&checked.stderr);
        assert!(
            checked.status.success() && !said.contains("Unknown"),
            "{arguments:?}: {said}"
        );
    }
    std::fs::remove_dir_all(&folder).expect("a folder");
    // Each secret that it names is one that the program takes.
    for line in unit.lines().filter(|line| line.contains("_FILE=")) {
        let name = line.trim_start_matches('#').trim_start_matches("Environment=");
        let name = name.split_once("_FILE=").expect("a name").0;
        assert!(read("src/config.rs").contains(&format!("\"{name}\"")), "{line}");
    }
}

#[tokio::test]
async fn a_node_needs_a_role_that_changes_no_schema() {
    let server = TlsPostgres::start_empty(&Certificates::make());
    let made = Command::new("psql")
        .args([
            "--no-psqlrc",
            "--quiet",
            "--file=docs/ops/roles.sql",
            &server.operator_url("postgres"),
        ])
        .env("OFFICE_OWNER_PASSWORD", "it's the owner's")
        .env("OFFICE_NODE_PASSWORD", "and the nodes'")
        .current_dir(root())
        .output()
        .expect("psql");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let url = |role: &str| server.url_as(role);
    let migrated = Command::new(env!("CARGO_BIN_EXE_boxoffice"))
        .args(["migrate", "--database-url", &url("office_owner")])
        .output()
        .expect("the program");
    assert!(
        migrated.status.success(),
        "{}",
        String::from_utf8_lossy(&migrated.stderr)
    );
    let node = Node::start(&[
        ("DATABASE_URL".to_owned(), url("office_node")),
        ("BOXOFFICE_NO_MIGRATE".to_owned(), "true".to_owned()),
        ("BOXOFFICE_DEMO".to_owned(), "true".to_owned()),
        ("BOXOFFICE_SANDBOX".to_owned(), "true".to_owned()),
        ("BOXOFFICE_ORGANISER_KEY".to_owned(), ORGANISER_KEY.to_owned()),
    ])
    .await;
    let (buyer, show) = (node.buyer().await, node.show().await);
    let organiser = buyer.with_token(ORGANISER_KEY);
    let made = organiser.post("/v1/keys", &json!({"name": "Gate"})).await;
    made.expect_status(201);
    let order = buyer.hold(&show, &["A-1-5"]).await.expect_status(201);
    let paid = buyer.pay(order["id"].as_str().expect("an id"), "card_ok").await;
    assert_eq!(paid.expect_status(200)["state"], "succeeded");
    let refused = [
        "CREATE TABLE mine (a int)",
        "ALTER TABLE orders ADD COLUMN a int",
        "DROP TABLE orders",
        "TRUNCATE orders",
        "ALTER TABLE ledger DISABLE TRIGGER ALL",
        "UPDATE ledger SET amount = 0",
        "DELETE FROM ledger",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "COPY office TO PROGRAM 'id'",
    ];
    let mut connection = PgConnection::establish(&url("office_node")).expect("a connection");
    for statement in refused {
        assert!(connection.batch_execute(statement).is_err(), "{statement}");
    }
    // Cleaning up comes to each table sooner or later.
    let lacking = "(SELECT count(*) FROM pg_tables, unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS right_to \
         WHERE schemaname = 'public' AND NOT has_table_privilege(format('public.%I', tablename), right_to))";
    let lacking = diesel::dsl::sql::<diesel::sql_types::BigInt>(lacking);
    let lacking: i64 = diesel::select(lacking)
        .get_result(&mut connection)
        .expect("a number");
    assert_eq!(lacking, 0);
    assert_eq!(node.stop().await, Some(0));
    let checked = Command::new(env!("CARGO_BIN_EXE_boxoffice"))
        .args(["check", "--database-url", &url("office_node")])
        .output()
        .expect("the program");
    assert!(
        checked.status.success(),
        "{}",
        String::from_utf8_lossy(&checked.stderr)
    );
}

/// An nginx with the settings of the docs, before these nodes.
struct Proxy {
    child: Child,
    folder: PathBuf,
    url: String,
    certificates: Certificates,
}

impl Proxy {
    fn start(nodes: &[Node]) -> Self {
        let certificates = Certificates::make();
        let folder = std::env::temp_dir().join(format!("nginx-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).expect("a folder");
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o711)).expect("its mode");
        let port = || {
            let socket = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
            socket.expect("a port").port()
        };
        let (plain, port) = (port(), port());
        let own = certificates.folder().display();
        let settings = read("docs/ops/nginx.conf")
            .replace("listen 80 ", &format!("listen 127.0.0.1:{plain} "))
            .replace("listen 443 ", &format!("listen 127.0.0.1:{port} "))
            .replace("/etc/ssl/tickets.example.crt", &format!("{own}/server.crt"))
            .replace("/etc/ssl/tickets.example.key", &format!("{own}/server.key"))
            .replace("127.0.0.1:8080", nodes[0].address())
            .replace("127.0.0.1:8081", nodes[1].address());
        std::fs::write(folder.join("office.conf"), settings).expect("settings");
        let at = folder.display();
        let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {at}/{kind};\n"))
            .concat();
        let main = format!(
            "daemon off;\npid {at}/pid;\nerror_log {at}/errors;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}include {at}/office.conf;\n}}\n"
        );
        std::fs::write(folder.join("nginx.conf"), main).expect("settings");
        let child = Command::new("/usr/sbin/nginx")
            .args([
                "-p",
                &at.to_string(),
                "-e",
                "stderr",
                "-c",
                &format!("{at}/nginx.conf"),
            ])
            .spawn()
            .expect("nginx: see scripts/install");
        let deadline = Instant::now() + PATIENCE;
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "nginx does not listen");
            std::thread::yield_now();
        }
        let url = format!("https://127.0.0.1:{port}");
        Self {
            child,
            folder,
            url,
            certificates,
        }
    }

    /// A client that believes its authority.
    fn client(&self) -> Client {
        let authority = std::fs::read(self.certificates.authority()).expect("an authority");
        Client::trusting(&self.url, &authority)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        use nix::sys::signal::{Signal, kill};
        let _gone = kill(
            nix::unistd::Pid::from_raw(self.child.id().cast_signed()),
            Signal::SIGTERM,
        );
        let _status = self.child.wait();
        let _left_behind = std::fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test]
async fn a_proxy_with_tls_passes_requests_and_viewers_and_nothing_else() {
    let settings = [("BOXOFFICE_TRUSTED_PROXIES", "127.0.0.1")];
    let office = TestOffice::with(2, Some(Redis::start()), &settings).await;
    let show = office.show(json!({})).await;
    let proxy = Proxy::start(&office.nodes);
    let client = proxy.client();
    let session = client.post("/v1/sessions", &json!(null)).await.expect_status(201);
    let buyer = client.with_token(session["token"].as_str().expect("a token"));
    buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    for path in ["/metrics", "/readyz", "/healthz"] {
        assert_eq!(client.get(path).await.status, 404, "{path}");
    }
    let upgraded = client
        .request(reqwest::Method::GET, &format!("/v1/shows/{show}/live"))
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
        .send()
        .await
        .expect("an answer");
    assert_eq!(upgraded.status(), 101);
    // One node less is one node less, and nothing else.
    let mut office = office;
    office.nodes.remove(0).kill().await;
    for seat in ["A-1-2", "A-1-3", "A-1-4"] {
        let deadline = Instant::now() + PATIENCE;
        while buyer.hold(&show, &[seat]).await.status != 201 {
            assert!(Instant::now() < deadline, "the other node is not asked");
        }
    }
}
