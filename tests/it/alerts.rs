//! What an operator watches: alerts that are heard when they must be, on figures that exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ops")
}

fn read(name: &str) -> String {
    std::fs::read_to_string(folder().join(name)).expect("a file")
}

#[test]
fn alerts_are_heard_when_they_must_be() {
    for arguments in [
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts.test.yml"],
    ] {
        let output = Command::new("promtool")
            .args(arguments)
            .current_dir(folder())
            .output()
            .expect("promtool: see scripts/install");
        let said = [output.stdout, output.stderr].concat();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&said)
        );
    }
    // Each is heard in one of the tests, and quiet in another.
    let tests = read("alerts.test.yml");
    for line in read("alerts.yml").lines() {
        if let Some((_, alert)) = line.split_once("- alert: ") {
            let (heard, quiet) = (
                format!("alertname=\"{alert}\", alertstate"),
                format!("alertname: {alert} }}"),
            );
            assert!(
                tests.contains(&heard) && tests.contains(&quiet),
                "{alert} has no test"
            );
        }
    }
}

/// The names of figures in a text, as the program knows them.
fn figures(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let names = words.filter(|word| word.starts_with("boxoffice_"));
    let parts = ["_bucket", "_sum", "_count"];
    names
        .map(|name| {
            let whole = parts.iter().find_map(|part| name.strip_suffix(part));
            whole.unwrap_or(name).to_owned()
        })
        .collect()
}

/// The names of figures that the program has.
fn known() -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for (_, text) in super::tidy::files("src", "rs") {
        let quoted = text.split('"').skip(1).step_by(2);
        known.extend(
            quoted
                .filter(|word| word.starts_with("boxoffice_"))
                .map(str::to_owned),
        );
    }
    known
}

#[test]
fn alerts_and_the_dashboard_are_on_figures_that_exist() {
    let known = known();
    assert!(known.contains("boxoffice_viewers"));
    for name in ["alerts.yml", "alerts.test.yml", "dashboard.json"] {
        let unknown: Vec<_> = figures(&read(name)).difference(&known).cloned().collect();
        assert!(unknown.is_empty(), "{name} has {unknown:?}");
    }
}

#[test]
fn the_dashboard_is_one() {
    let dashboard: Value = serde_json::from_str(&read("dashboard.json")).expect("a dashboard");
    let panels = dashboard["panels"].as_array().expect("panels");
    let titles: BTreeSet<_> = panels
        .iter()
        .map(|panel| panel["title"].as_str().expect("a title"))
        .collect();
    assert_eq!(titles.len(), panels.len());
    for panel in panels {
        for target in panel["targets"].as_array().expect("targets") {
            // What Grafana puts in.
            let expression = target["expr"].as_str().expect("an expression");
            let expression = expression
                .replace("$__rate_interval", "5m")
                .replace("$instance", ".*");
            let rule = serde_json::json!({"groups": [{"name": "a", "rules": [{"record": "a", "expr": expression}]}]});
            let file = std::env::temp_dir().join(format!("panel-{}.yml", uuid::Uuid::new_v4().simple()));
            std::fs::write(&file, rule.to_string()).expect("a file");
            let checked = Command::new("promtool")
                .args(["check", "rules"])
                .arg(&file)
                .output();
            std::fs::remove_file(&file).expect("a file");
            let checked = checked.expect("promtool: see scripts/install");
            assert!(
                checked.status.success(),
                "{expression}: {}",
                String::from_utf8_lossy(&checked.stderr)
            );
        }
    }
}
