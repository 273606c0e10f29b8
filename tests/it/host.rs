//! What a node is on its machine: no root while it serves, whatever has started it.

use std::collections::BTreeMap;
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use nix::unistd::{Uid, User};
use private_postgres::{Cluster, ClusterOptions, Durability};
use serde_json::json;

use crate::office::{Node, TestDatabase, TestOffice};

/// A folder for one test that every user may pass through.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("boxoffice-host-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&folder).expect("a folder");
        std::fs::set_permissions(&folder, Permissions::from_mode(0o711)).expect("its mode");
        Self(folder)
    }

    fn settings(&self) -> Vec<(String, String)> {
        let data_dir = self.0.join("data").to_string_lossy().into_owned();
        vec![("BOXOFFICE_DATA_DIR".to_owned(), data_dir)]
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left_behind = std::fs::remove_dir_all(&self.0);
    }
}

/// Whether there are rights to give up.
fn is_root() -> bool {
    let is_root = Uid::effective().is_root();
    if !is_root {
        println!("skipped: only root can give root's rights up");
    }
    is_root
}

fn uid_of(user: &str) -> u32 {
    let user = User::from_name(user).expect("users").expect("a user");
    user.uid.as_raw()
}

/// What the system says of a process or a thread.
fn read_status(path: &Path) -> BTreeMap<String, String> {
    let status = std::fs::read_to_string(path).expect("a process");
    let lines = status.lines().filter_map(|line| line.split_once(':'));
    lines
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect()
}

/// Every thread of a node is this user, with none of root's rights.
#[track_caller]
fn expect_user(node: &Node, uid: u32) {
    let threads = std::fs::read_dir(format!("/proc/{}/task", node.pid())).expect("a process");
    for thread in threads {
        let status = read_status(&thread.expect("a thread").path().join("status"));
        // Real, effective, saved, and that of the file system.
        assert_eq!(status["Uid"], [uid.to_string().as_str(); 4].join("\t"));
        assert!(
            status["Gid"].split('\t').all(|gid| gid != "0"),
            "{}",
            status["Gid"]
        );
        assert_eq!(status["Groups"], "");
        for set in ["CapPrm", "CapEff", "CapAmb"] {
            assert_eq!(status[set].trim_start_matches('0'), "", "{set}");
        }
        assert_eq!(status["NoNewPrivs"], "1");
    }
}

#[tokio::test]
async fn root_goes_on_as_the_user_of_the_private_postgresql() {
    if !is_root() {
        return;
    }
    let folder = Folder::new();
    // Neither may lie where that user could come, and only root may listen on this port.
    let program = folder.0.join("closed/boxoffice");
    std::fs::create_dir(folder.0.join("closed")).expect("a folder");
    std::fs::set_permissions(folder.0.join("closed"), Permissions::from_mode(0o700)).expect("its mode");
    let built = Path::new(env!("CARGO_BIN_EXE_boxoffice"));
    if std::fs::hard_link(built, &program).is_err() {
        std::fs::copy(built, &program).expect("a copy");
    }
    let mut settings = folder.settings();
    settings.push(("BOXOFFICE_LISTEN".to_owned(), "127.91.73.5:811".to_owned()));
    let node = Node::start_by(tokio::process::Command::new(&program).arg("serve"), &settings).await;
    expect_user(&node, uid_of("postgres"));
    node.hold("A-1-5").await.expect_status(201);
    assert_eq!(node.stop().await, Some(0));
    let data_dir = std::fs::metadata(folder.0.join("data")).expect("a folder");
    assert_eq!(data_dir.uid(), 0, "who owns it could exchange what is in it");
}

#[tokio::test]
async fn a_folder_of_the_time_when_root_served_is_taken_over() {
    if !is_root() {
        return;
    }
    let folder = Folder::new();
    let data_dir = folder.0.join("data");
    let options = ClusterOptions {
        data_dir: data_dir.clone(),
        binaries: None,
        durability: Durability::TestsOnly,
    };
    drop(Cluster::start(&options).expect("a cluster"));
    for name in ["postgres.lock", "postgres.gate", "postgres/log"] {
        chown(data_dir.join(name), Some(0), Some(0)).expect("a file");
        std::fs::set_permissions(data_dir.join(name), Permissions::from_mode(0o644)).expect("a file");
    }
    for row in 1..=2 {
        let node = Node::start(&folder.settings()).await;
        expect_user(&node, uid_of("postgres"));
        node.hold(&format!("A-{row}-5")).await.expect_status(201);
        assert_eq!(node.stop().await, Some(0));
    }
    // What one has made is checked by another command.
    let checked = run(&folder, &["check"]);
    assert!(checked.status.success(), "{}", said(&checked));
}

fn run(folder: &Folder, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_boxoffice"))
        .args(arguments)
        .envs(folder.settings())
        .output()
        .expect("the program")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn root_goes_on_as_the_user_of_the_setting() {
    if !is_root() {
        return;
    }
    let folder = Folder::new();
    let mut settings = folder.settings();
    settings.push(("BOXOFFICE_USER".to_owned(), "nobody".to_owned()));
    let node = Node::start(&settings).await;
    expect_user(&node, uid_of("nobody"));
    node.hold("A-1-5").await.expect_status(201);
    assert_eq!(node.stop().await, Some(0));

    // Without the setting it stays with that user, as the files can't change hands.
    let node = Node::start(&folder.settings()).await;
    expect_user(&node, uid_of("nobody"));
    assert_eq!(node.stop().await, Some(0));
    for (user, word) in [
        ("postgres", "belongs to user id"),
        ("root", "another user than root"),
        ("nobody-at-all", "no user `nobody-at-all`"),
    ] {
        let refused = run(&folder, &["check", "--user", user]);
        assert!(
            !refused.status.success() && said(&refused).contains(word),
            "{}",
            said(&refused)
        );
    }
}

#[tokio::test]
async fn root_gives_its_rights_up_with_another_database_too() {
    if !is_root() {
        return;
    }
    let office = TestOffice::start().await;
    expect_user(&office.nodes[0], uid_of("postgres"));
    let show = office.show(json!({})).await;
    let buyer = office.buyer().await;
    let order = buyer.hold(&show, &["A-1-1"]).await.expect_status(201);
    assert_eq!(order["state"], "held");
}

#[test]
fn root_imports_a_plan_that_only_root_may_read() {
    if !is_root() {
        return;
    }
    let (folder, database) = (Folder::new(), TestDatabase::create());
    let plan = folder.0.join("plan.json");
    std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/plans/arena.json"), &plan).expect("a plan");
    std::fs::set_permissions(&plan, Permissions::from_mode(0o600)).expect("its mode");
    let plan = plan.to_string_lossy();
    let imported = run(
        &folder,
        &["plan", "import", &plan, "--database-url", database.url()],
    );
    assert!(imported.status.success(), "{}", said(&imported));
}

#[test]
fn a_folder_that_the_user_cannot_enter_is_named() {
    if !is_root() {
        return;
    }
    let folder = Folder::new();
    std::fs::set_permissions(&folder.0, Permissions::from_mode(0o700)).expect("its mode");
    let refused = run(&folder, &["migrate"]);
    let expected = format!(
        "can not enter the data folder {}",
        folder.0.join("data").display()
    );
    assert!(
        !refused.status.success() && said(&refused).contains(&expected),
        "{}",
        said(&refused)
    );
}

#[test]
fn an_ordinary_user_becomes_nobody_else() {
    let (folder, database) = (Folder::new(), TestDatabase::create());
    let mut command = Command::new("setpriv");
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]);
    if !Uid::effective().is_root() {
        command = Command::new("env");
    }
    let output = command
        .args([env!("CARGO_BIN_EXE_boxoffice"), "migrate", "--user", "postgres"])
        .args(["--database-url", database.url()])
        .envs(folder.settings())
        .output()
        .expect("the program");
    assert!(
        !output.status.success() && said(&output).contains("only root can become"),
        "{}",
        said(&output)
    );
}
