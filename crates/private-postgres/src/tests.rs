use super::*;
use crate::limits::START_SECONDS_MAX;
use diesel::sql_types::{Integer, Text};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

/// A data folder in the system's temporary one, removed at the end.
struct TestFolder(PathBuf);

impl TestFolder {
    fn new(name: &str) -> TestFolder {
        let name = format!("boxoffice-{name}-{:08x}", rand::random::<u32>());
        TestFolder(std::env::temp_dir().join(name))
    }

    fn options(&self) -> ClusterOptions {
        ClusterOptions {
            data_dir: self.0.clone(),
            binaries: None,
            durability: Durability::TestsOnly,
        }
    }

    fn start(&self) -> Cluster {
        Cluster::start(&self.options()).unwrap()
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What a killed office leaves: a postmaster that runs, and a folder that nobody has locked.
fn abandon(cluster: Cluster) {
    *cluster.postmaster.lock().unwrap() = None;
    cluster.folder.leave_as_last().unwrap();
}

fn connect(cluster: &Cluster) -> PgConnection {
    PgConnection::establish(&cluster.url(DATABASE)).unwrap()
}

fn execute(cluster: &Cluster, sql: &str) {
    connect(cluster).batch_execute(sql).unwrap();
}

fn setting(cluster: &Cluster, name: &str) -> String {
    let value = diesel::dsl::sql::<Text>(&format!("current_setting('{name}')"));
    diesel::select(value).get_result(&mut connect(cluster)).unwrap()
}

/// The number that `keep` has kept.
fn kept(cluster: &Cluster) -> i32 {
    let number = diesel::dsl::sql::<Integer>("(SELECT number FROM kept)");
    diesel::select(number).get_result(&mut connect(cluster)).unwrap()
}

fn keep(cluster: &Cluster, number: i32) {
    execute(
        cluster,
        &format!("CREATE TABLE kept AS SELECT {number} AS number"),
    );
}

/// The process that runs now, from the cluster's own file.
fn postmaster_pid(folder: &TestFolder) -> Pid {
    let file = std::fs::read_to_string(folder.0.join("postgres/cluster/postmaster.pid")).unwrap();
    Pid::from_raw(file.lines().next().unwrap().parse().unwrap())
}

fn is_stopped(folder: &TestFolder) -> bool {
    !folder.0.join("postgres/cluster/postmaster.pid").exists()
}

#[test]
fn keeps_data_across_restarts() {
    let folder = TestFolder::new("restart");
    let cluster = folder.start();
    keep(&cluster, 7);
    let first = postmaster_pid(&folder);
    cluster.stop().unwrap();
    assert!(is_stopped(&folder));
    cluster.ensure_running().unwrap();
    assert!(is_stopped(&folder), "a stopped cluster was started again");
    drop(cluster);

    let cluster = folder.start();
    assert_eq!(kept(&cluster), 7);
    assert_ne!(postmaster_pid(&folder), first);
    drop(cluster);
    assert!(is_stopped(&folder));
}

#[test]
fn commits_wait_for_the_disk_unless_told_not_to() {
    let folder = TestFolder::new("durable");
    let durable = ClusterOptions {
        durability: Durability::Full,
        ..folder.options()
    };
    let cluster = Cluster::start(&durable).unwrap();
    for name in [
        "fsync",
        "synchronous_commit",
        "full_page_writes",
        "data_checksums",
    ] {
        assert_eq!(setting(&cluster, name), "on", "{name}");
    }
    assert_eq!(setting(&cluster, "listen_addresses"), "");
    drop(cluster);
    assert_eq!(setting(&folder.start(), "fsync"), "off");
}

#[test]
fn recovers_from_a_killed_postmaster() {
    let folder = TestFolder::new("postmaster");
    let cluster = folder.start();
    keep(&cluster, 8);
    let killed = postmaster_pid(&folder);
    kill(killed, Signal::SIGKILL).unwrap();
    wait_until(|| !cluster.postmaster.lock().unwrap().as_mut().unwrap().is_alive());
    cluster.ensure_running().unwrap();
    assert_eq!(kept(&cluster), 8);
    assert_ne!(postmaster_pid(&folder), killed);
}

#[test]
fn recovers_when_both_were_killed() {
    let folder = TestFolder::new("both");
    let cluster = folder.start();
    keep(&cluster, 9);
    kill(postmaster_pid(&folder), Signal::SIGKILL).unwrap();
    abandon(cluster);
    assert_eq!(kept(&folder.start()), 9);
}

#[test]
fn takes_over_what_a_killed_office_left_running() {
    let folder = TestFolder::new("orphan");
    let cluster = folder.start();
    keep(&cluster, 10);
    let orphan = postmaster_pid(&folder);
    abandon(cluster);
    let cluster = folder.start();
    assert_eq!(postmaster_pid(&folder), orphan);
    assert_eq!(kept(&cluster), 10);
    drop(cluster);
    assert!(is_stopped(&folder));
}

#[test]
fn restarts_what_was_left_running_with_other_settings() {
    let folder = TestFolder::new("settings");
    abandon(folder.start());
    let durable = ClusterOptions {
        durability: Durability::Full,
        ..folder.options()
    };
    let cluster = Cluster::start(&durable).unwrap();
    assert_eq!(setting(&cluster, "fsync"), "on");
}

#[test]
fn makes_anew_what_was_left_unfinished() {
    let folder = TestFolder::new("unfinished");
    let unfinished = folder.0.join("postgres/cluster.unfinished/base");
    std::fs::create_dir_all(&unfinished).unwrap();
    drop(folder.start());
    assert!(!unfinished.exists());
}

#[test]
fn a_process_number_of_somebody_else_is_no_obstacle() {
    let folder = TestFolder::new("stale");
    drop(folder.start());
    let stale = format!("{}\n{}\n1\n5432\n", std::process::id(), folder.0.display());
    for path in [
        "postgres/cluster/postmaster.pid",
        "postgres/socket/.s.PGSQL.5432.lock",
    ] {
        std::fs::write(folder.0.join(path), &stale).unwrap();
    }
    drop(folder.start());
}

#[test]
fn refuses_a_folder_in_use() {
    let folder = TestFolder::new("in-use");
    let _cluster = folder.start();
    for refused in [
        Cluster::start(&folder.options()),
        Cluster::join(&folder.options()),
    ] {
        let path = folder.0.display();
        assert_eq!(
            refused.unwrap_err().to_string(),
            format!(
                "the data folder {path} is in use by another boxoffice: stop it, or set data_dir to another folder"
            )
        );
    }
}

#[test]
fn the_last_to_leave_stops_a_shared_cluster() {
    let folder = TestFolder::new("shared");
    let (first, second) = std::thread::scope(|scope| {
        let joining = [(), ()].map(|()| scope.spawn(|| Cluster::join(&folder.options()).unwrap()));
        let [first, second] = joining.map(|thread| thread.join().unwrap());
        (first, second)
    });
    assert_eq!(first.url(DATABASE), second.url(DATABASE));
    drop(first);
    execute(&second, "SELECT 1");
    drop(second);
    assert!(is_stopped(&folder));
}

#[test]
fn paths_too_long_for_a_socket_are_worked_around() {
    let folder = TestFolder::new("long");
    let deep = TestFolder(folder.0.join("a".repeat(SOCKET_PATH_BYTES)).join("b, \"c\""));
    let cluster = deep.start();
    keep(&cluster, 11);
    let socket_dir = cluster.folder.socket_dir().to_owned();
    assert_eq!(
        std::fs::metadata(&socket_dir).unwrap().permissions().mode() & 0o777,
        0o700
    );
    abandon(cluster);
    let cluster = deep.start();
    assert_eq!(cluster.folder.socket_dir(), socket_dir);
    assert_eq!(kept(&cluster), 11);
    drop(cluster);
    assert!(!socket_dir.exists());
}

/// More than any system allows in the path of a socket.
const SOCKET_PATH_BYTES: usize = 108;

#[test]
fn only_the_owner_reaches_the_cluster() {
    let folder = TestFolder::new("private");
    let _cluster = folder.start();
    let metadata = std::fs::metadata(folder.0.join("postgres")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o700);
    assert_ne!(metadata.uid(), 0, "the cluster belongs to root");
}

/// Puts a link where a file is expected, to a file of somebody else.
fn lead_astray(link: &Path, victim: &Path) {
    std::fs::write(victim, "precious").unwrap();
    let _not_there = std::fs::remove_file(link);
    std::os::unix::fs::symlink(victim, link).unwrap();
}

#[test]
fn the_log_follows_no_link() {
    let folder = TestFolder::new("log-link");
    drop(folder.start());
    let (log, victim) = (folder.0.join("postgres/log"), folder.0.join("victim"));
    lead_astray(&log, &victim);
    let cluster = folder.start();
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "precious");
    let found = std::fs::symlink_metadata(&log).unwrap();
    assert!(found.is_file() && found.len() > 0, "{found:?}");
    assert_eq!(found.mode() & 0o777, 0o600);
    drop(cluster);

    // Nor is it repeated in an error.
    lead_astray(&log, &victim);
    let said = handle::read_end(&log, 100).map_err(|error| error.kind());
    assert!(said.is_err(), "{said:?}");
}

#[test]
fn locks_are_the_owners_alone() {
    let folder = TestFolder::new("locks");
    std::fs::create_dir(&folder.0).unwrap();
    std::fs::set_permissions(&folder.0, std::fs::Permissions::from_mode(0o711)).unwrap();
    // As an earlier version has left them.
    std::fs::write(folder.0.join("postgres.gate"), "").unwrap();
    let _cluster = folder.start();
    for name in ["postgres.gate", "postgres.lock"] {
        let mode = std::fs::metadata(folder.0.join(name)).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_lock_that_leads_elsewhere_is_refused() {
    let folder = TestFolder::new("lock-link");
    std::fs::create_dir(&folder.0).unwrap();
    std::fs::set_permissions(&folder.0, std::fs::Permissions::from_mode(0o711)).unwrap();
    let (lock, victim) = (folder.0.join("postgres.lock"), folder.0.join("victim"));
    lead_astray(&lock, &victim);
    let refused = Cluster::start(&folder.options()).unwrap_err();
    assert!(
        matches!(&refused, EmbeddedError::Folder { path, .. } if *path == lock),
        "{refused}"
    );
    std::fs::remove_file(&lock).unwrap();
    std::fs::hard_link(&victim, &lock).unwrap();
    let refused = Cluster::start(&folder.options()).unwrap_err();
    assert!(refused.to_string().contains("no plain file"), "{refused}");
}

/// A copy of the server's programs, which find the rest of their package beside them.
fn copy_programs(to: &Path) -> PathBuf {
    let programs = std::fs::read_dir("/usr/lib/postgresql").unwrap();
    let version = programs.map(|entry| entry.unwrap().file_name()).max().unwrap();
    let installed = Path::new("/usr/lib/postgresql").join(&version);
    let (lib, share) = (
        to.join("lib/postgresql").join(&version),
        to.join("share/postgresql"),
    );
    std::fs::create_dir_all(lib.join("bin")).unwrap();
    std::fs::create_dir_all(&share).unwrap();
    for name in ["postgres", "initdb"] {
        std::fs::copy(installed.join("bin").join(name), lib.join("bin").join(name)).unwrap();
    }
    std::os::unix::fs::symlink(installed.join("lib"), lib.join("lib")).unwrap();
    let installed = Path::new("/usr/share/postgresql").join(&version);
    std::os::unix::fs::symlink(installed, share.join(&version)).unwrap();
    lib.join("bin")
}

#[test]
fn programs_of_another_version_are_refused_with_the_way_out() {
    let (folder, other) = (TestFolder::new("version"), TestFolder::new("other"));
    drop(folder.start());
    std::fs::create_dir(&other.0).unwrap();
    for name in ["postgres", "initdb"] {
        let program = other.0.join(name);
        std::fs::write(
            &program,
            "#!/bin/sh\necho 'postgres (PostgreSQL) 99.1 (Debian 99.1-1)'\n",
        )
        .unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let options = ClusterOptions {
        binaries: Some(other.0.clone()),
        ..folder.options()
    };
    let refused = Cluster::start(&options).unwrap_err().to_string();
    let made_by = std::fs::read_to_string(folder.0.join("postgres/cluster/PG_VERSION")).unwrap();
    let way_out = format!("install the package `postgresql-{}`", made_by.trim());
    assert!(
        refused.contains("has 99") && refused.contains(&way_out),
        "{refused}"
    );
    // A cluster that is to be made takes what there is.
    folder.start();
}

#[test]
fn an_upgraded_program_takes_the_place_of_the_one_that_runs() {
    let (folder, copy) = (TestFolder::new("upgrade"), TestFolder::new("programs"));
    let programs = copy_programs(&copy.0);
    let options = ClusterOptions {
        binaries: Some(programs.clone()),
        ..folder.options()
    };
    let cluster = Cluster::start(&options).unwrap();
    keep(&cluster, 12);
    let old = postmaster_pid(&folder);
    cluster.ensure_running().unwrap();
    assert_eq!(postmaster_pid(&folder), old);

    // As dpkg does.
    let (new, program) = (programs.join("postgres.dpkg-new"), programs.join("postgres"));
    std::fs::copy(&program, &new).unwrap();
    std::fs::rename(&new, &program).unwrap();
    wait_until(|| {
        cluster.ensure_running().unwrap();
        postmaster_pid(&folder) != old
    });
    assert_eq!(kept(&cluster), 12);
    // In order, so that there was nothing to recover from.
    let log = std::fs::read_to_string(folder.0.join("postgres/log")).unwrap();
    assert!(!log.contains("not properly shut down"), "{log}");
    let restarted = postmaster_pid(&folder);
    cluster.ensure_running().unwrap();
    assert_eq!(postmaster_pid(&folder), restarted);
}

/// As root, a folder that the other user can't enter; else, one that can't be made.
#[test]
fn says_which_folder_is_no_use() {
    let folder = TestFolder::new("closed");
    std::fs::create_dir(&folder.0).unwrap();
    let as_root = nix::unistd::Uid::effective().is_root();
    let mode = if as_root { 0o700 } else { 0o500 };
    std::fs::set_permissions(&folder.0, std::fs::Permissions::from_mode(mode)).unwrap();
    let error = Cluster::start(&folder.options()).unwrap_err();
    let named = |path: &Path| *path == folder.0 || path.parent() == Some(&folder.0);
    match error {
        EmbeddedError::NotEnterable { path, .. } => assert!(as_root && named(&path), "{path:?}"),
        EmbeddedError::Folder { path, .. } => assert!(!as_root && named(&path), "{path:?}"),
        other => panic!("{other}"),
    }
}

#[test]
fn missing_programs_are_said_before_anything_is_made() {
    let folder = TestFolder::new("missing");
    let options = ClusterOptions {
        binaries: Some(PathBuf::from("/nowhere")),
        ..folder.options()
    };
    let error = Cluster::start(&options).unwrap_err();
    assert!(matches!(error, EmbeddedError::BinariesMissingIn(_)), "{error}");
    assert!(!folder.0.join("postgres/cluster").exists());
}

/// Waits for a condition that is sure to come.
fn wait_until(mut condition: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + Duration::from_secs(START_SECONDS_MAX);
    while !condition() {
        assert!(
            std::time::Instant::now() < deadline,
            "waited for {START_SECONDS_MAX} s"
        );
        std::thread::yield_now();
    }
}
