//! How a node tells its tasks that it stops.

use tokio::sync::watch::Receiver;

/// Waits until the node stops.
pub async fn until_closing(closing: &mut Receiver<bool>) {
    // An error means that the one who would say it is gone, and with it the node.
    let _gone = closing.wait_for(|closing| *closing).await.is_err();
}
