//! Looks names up for the client that sends: it connects to an address that was checked here, and looks nothing up again, so that a
//! name can't stand for one address when it is checked and for another when it is called.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::address::Reach;

/// Names that are looked up at a time, each on a thread: those of a name server that doesn't answer must not use up what the
/// database needs.
const LOOKUPS_MAX: usize = 8;

/// All that a name stands for is in the office's own network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its name stands for no public address")]
pub struct NotPublic;

/// Looks names up, and tells addresses that may be called.
pub struct CheckedResolver {
    reach: Reach,
    lookups: Arc<Semaphore>,
}

impl CheckedResolver {
    /// For endpoints that may be so far.
    pub fn new(reach: Reach) -> Self {
        Self {
            reach,
            lookups: Arc::new(Semaphore::new(LOOKUPS_MAX)),
        }
    }
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, lookups) = (self.reach, self.lookups.clone());
        Box::pin(async move {
            let permit = lookups.acquire_owned().await?;
            let found = tokio::task::spawn_blocking(move || {
                let found = (name.as_str(), 0).to_socket_addrs();
                // Whoever waited for it may be gone; the thread is not.
                drop(permit);
                found.map(Iterator::collect::<Vec<SocketAddr>>)
            });
            let mut found = found.await??;
            found.retain(|address| reach.permits(address.ip()));
            if found.is_empty() {
                return Err(NotPublic.into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_for_the_machine_itself_is_not_called() {
        let resolve = |reach| CheckedResolver::new(reach).resolve("localhost".parse().expect("a name"));
        let refused = resolve(Reach::Public).await.err().expect("a refusal");
        assert_eq!(refused.downcast_ref(), Some(&NotPublic));
        let mut found = resolve(Reach::Anywhere).await.expect("addresses");
        assert!(found.all(|address| address.ip().is_loopback()));
    }
}
