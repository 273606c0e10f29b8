//! Stripe's own SDK for Python against the sandbox: what it takes for Stripe is like Stripe.

use std::path::Path;

use tokio::process::Command;

use crate::office::{PATIENCE, SandboxPayments};

#[tokio::test]
async fn stripe_s_own_sdk_takes_it_for_stripe() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/stripe-sdk/bin/python");
    assert!(
        python.exists(),
        "Stripe's SDK is missing: ./scripts/test installs it to {}",
        python.display()
    );
    // Free until the script listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("an address")
        .port();
    let webhook = format!("http://127.0.0.1:{port}/events");
    let sandbox = SandboxPayments::start(&["--webhook-url", &webhook]).await;
    let script = Command::new(python)
        .arg(root.join("tests/it/stripe_sdk.py"))
        .args([sandbox.url(), &port.to_string()])
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE * 3, script)
        .await
        .expect("an end in time")
        .expect("python");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
