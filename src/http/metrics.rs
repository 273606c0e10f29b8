//! The recorder behind `/metrics`.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};

/// Renders the figures.
pub type MetricsHandle = metrics_exporter_prometheus::PrometheusHandle;

/// Bounds of the buckets of times, in seconds.
const SECONDS: [f64; 12] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
];
/// Bounds of the buckets of batch sizes, in commands.
const COMMANDS: [f64; 9] = [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// Installs the recorder, once a process.
pub fn install() -> Result<MetricsHandle, BuildError> {
    static HANDLE: OnceLock<MetricsHandle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_commands".into()), &COMMANDS)?
        .install_recorder()?;
    Ok(HANDLE.get_or_init(|| handle).clone())
}
