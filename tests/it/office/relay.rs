//! A fixed address for nodes that come and go: what arrives there is passed on to the node of the moment.

use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

/// A relay.
pub struct Relay {
    url: String,
    node: Arc<Mutex<Option<String>>>,
}

impl Relay {
    /// A relay to nobody yet.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let node: Arc<Mutex<Option<String>>> = Arc::default();
        let target = node.clone();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let target = target.lock().expect("the lock").clone();
                tokio::spawn(async move {
                    let Some(address) = target else { return };
                    if let Ok(mut node) = TcpStream::connect(address).await {
                        // Either side may be killed.
                        let _cut = copy_bidirectional(&mut client, &mut node).await;
                    }
                });
            }
        });
        Self { url, node }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Passes on to this node from now on.
    pub fn lead_to(&self, url: &str) {
        *self.node.lock().expect("the lock") = Some(url.trim_start_matches("http://").to_owned());
    }
}
