//! The generated client.

include!(concat!(env!("OUT_DIR"), "/client.rs"));

impl ClientHooks for Client {
    /// The live feed is Server-Sent Events for who accepts them.
    async fn pre<E>(&self, request: &mut reqwest::Request, info: &OperationInfo) -> Result<(), Error<E>> {
        if info.operation_id == "watch_show" {
            let accepted = reqwest::header::HeaderValue::from_static("text/event-stream");
            request.headers_mut().insert(reqwest::header::ACCEPT, accepted);
        }
        Ok(())
    }
}
