//! The addresses that a node listens on.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use anyhow::Context;
use boxoffice::config::Config;

/// Added to the public port for the port of the probes.
const PROBES_PORT_OFFSET: u16 = 10_000;

/// Sockets that listen.
pub struct Listeners {
    /// For everybody.
    pub public: TcpListener,
    /// For whoever looks after the node.
    pub probes: TcpListener,
}

/// Listens before anything else is done, so that a port in use is reported at once.
pub fn listen(config: &Config) -> anyhow::Result<Listeners> {
    let public =
        TcpListener::bind(&config.listen).with_context(|| format!("can't listen on {}", config.listen))?;
    let probes = match &config.probe_listen {
        Some(address) => TcpListener::bind(address)
            .with_context(|| format!("can't listen on {address} (BOXOFFICE_PROBE_LISTEN)"))?,
        None => beside(public.local_addr()?)?,
    };
    public.set_nonblocking(true)?;
    probes.set_nonblocking(true)?;
    Ok(Listeners { public, probes })
}

/// Nobody asked for a certain port: if the usual one is taken, any will do.
fn beside(public: SocketAddr) -> std::io::Result<TcpListener> {
    let port = public.port().checked_add(PROBES_PORT_OFFSET);
    let on = |port| TcpListener::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    match port.map(on) {
        Some(Ok(probes)) => Ok(probes),
        Some(Err(_)) | None => on(0),
    }
}
