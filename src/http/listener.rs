//! Where clients connect. Connections are counted and timed before the first byte is read; those that find no place are
//! told so and closed.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Request};
use actix_server::{Server, ServerBuilder};
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::rt::net::TcpStream;
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::client_address::TrustedProxies;
use super::connection::{Full, HEAD_MAX, Places, Timed};
use crate::live::viewer::SEND_BYTES_MIN;

/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a client may go on sending a body that nobody reads, so that it gets to read why.
const DISCONNECT_MAX: Duration = Duration::from_secs(2);
/// A peer that takes nothing for this long is gone: also one that holds a full receive window closed.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of an answer that wait in the system for a slow client; what is beyond waits here, where it is shared.
const UNSENT_BYTES_MAX: u32 = 128 * 1_024;
/// Connections above the limit that a worker may have: those that are being turned away.
const TURNED_AWAY_MAX: usize = 64;
/// Of these, how many in all are waited for until they have read why.
const LEAVING_MAX: usize = 32;
/// How long one is waited for.
const LEAVE_MAX: Duration = Duration::from_millis(500);

/// The listener's limits.
pub struct ListenerSettings {
    /// Threads that answer.
    pub workers: usize,
    /// Most connections.
    pub connections_max: usize,
    /// How long requests under way are waited for at the end, in seconds.
    pub stop_seconds_max: u64,
    /// Whose connections are not counted by address.
    pub proxies: TrustedProxies,
}

/// Serves what `app` makes, once a worker, on a socket that listens already.
pub fn listen<F, A, S, B>(
    listener: TcpListener,
    settings: ListenerSettings,
    places: Arc<Places>,
    app: F,
) -> io::Result<Server>
where
    F: Fn() -> A + Send + Clone + 'static,
    A: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<B>, Error = actix_web::Error>
        + 'static,
    S::Service: 'static,
    S::InitError: std::fmt::Debug,
    B: MessageBody + 'static,
{
    // Sockets inherit it from the one that accepts them.
    SockRef::from(&listener).set_tcp_user_timeout(Some(TCP_USER_TIMEOUT))?;
    let builder = ServerBuilder::new()
        .workers(settings.workers)
        .max_concurrent_connections(
            settings.connections_max.div_ceil(settings.workers.max(1)) + TURNED_AWAY_MAX,
        )
        .shutdown_timeout(settings.stop_seconds_max)
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let proxies = settings.proxies;
    let leaving = Arc::new(AtomicUsize::new(0));
    let service = move || {
        let (places, proxies, stopping, leaving) =
            (places.clone(), proxies.clone(), stopping.clone(), leaving.clone());
        let app = app()
            .into_factory()
            .map_err(|error: actix_web::Error| error.error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            // For the first head; further ones have as long from their first byte.
            .client_request_timeout(HEAD_MAX)
            .client_disconnect_timeout(DISCONNECT_MAX)
            // Who ends the connection has hung up: what they asked for and has not begun is not done.
            .h1_allow_half_closed(false)
            .h1_write_buffer_size(SEND_BYTES_MIN)
            .on_connect_ext(|connection: &Timed, data| {
                data.insert(connection.line());
            })
            .h1(map_config(app, |()| AppConfig::default()));
        fn_service(move |stream: TcpStream| {
            let (places, proxies, leaving) = (places.clone(), proxies.clone(), leaving.clone());
            async move { admit(stream, &places, &proxies, &leaving).await }
        })
        .and_then(http)
    };
    let address = listener.local_addr()?;
    Ok(builder.listen(address.to_string(), listener, service)?.run())
}

type Admitted = (Timed, Option<SocketAddr>);

async fn admit(
    stream: TcpStream,
    places: &Arc<Places>,
    proxies: &TrustedProxies,
    leaving: &AtomicUsize,
) -> Result<Admitted, DispatchError> {
    let peer = stream.peer_addr().ok();
    let address = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    match places.enter(address, proxies.contain(address)) {
        Ok(place) => {
            SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT_BYTES_MAX)?;
            Ok((Timed::new(stream, place), peer))
        }
        Err(full) => {
            metrics::counter!("boxoffice_connections_refused_total", "full" => full.name()).increment(1);
            if leaving.fetch_add(1, Ordering::Relaxed) < LEAVING_MAX {
                let _gone = tokio::time::timeout(LEAVE_MAX, turn_away(stream, full)).await;
            }
            leaving.fetch_sub(1, Ordering::Relaxed);
            Err(DispatchError::Io(io::ErrorKind::ConnectionRefused.into()))
        }
    }
}

/// Says why and waits until the client hangs up: the system throws an answer away whose client has sent what nobody reads.
async fn turn_away(mut stream: TcpStream, full: Full) -> io::Result<()> {
    stream.write_all(full.answer().as_bytes()).await?;
    stream.shutdown().await?;
    let mut unread = [0; 1_024];
    while stream.read(&mut unread).await? > 0 {}
    Ok(())
}
