//! Work on a thread of its own: what thousands of viewers have to read does not hold it up.

use anyhow::Context;

/// Does it on another thread, which has a runtime of its own.
pub async fn apart<T, F>(work: impl FnOnce() -> F + Send + 'static) -> anyhow::Result<T>
where
    T: Send + 'static,
    F: Future<Output = anyhow::Result<T>>,
{
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(work())
    };
    tokio::task::spawn_blocking(run)
        .await
        .context("a thread has failed")?
}
