//! The address that a request comes from: the connection's, or what a trusted proxy says.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

/// Proxies of the operator's own, whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// These networks.
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether this is one of them.
    pub fn contain(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Who has sent a request. Each proxy adds the address that it was called from at the end, so that the client is the last
    /// one that is no proxy; what stands before it is the client's own word.
    pub fn client_of(&self, connection: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.contain(connection) {
            return connection.to_canonical();
        }
        let lines: Vec<_> = headers.get_all("X-Forwarded-For").collect();
        let hops = lines
            .iter()
            .rev()
            .flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        let mut client = connection;
        for hop in hops {
            // What can't be read is no address that a trusted proxy has written.
            let Ok(address) = hop.trim().parse::<IpAddr>() else {
                break;
            };
            client = address;
            if !self.contain(address) {
                break;
            }
        }
        client.to_canonical()
    }
}

/// The address of the client that sent a request.
pub fn client_address(request: &HttpRequest) -> IpAddr {
    let connection = request
        .peer_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    match request.app_data::<TrustedProxies>() {
        Some(proxies) => proxies.client_of(connection, request.headers()),
        None => connection.to_canonical(),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn check(connection: &str, lines: &[&'static str], expected: &str) {
        let networks = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().expect("a network"));
        let mut headers = HeaderMap::new();
        for line in lines {
            let name = HeaderName::from_static("x-forwarded-for");
            headers.append(name, HeaderValue::from_static(line));
        }
        let client =
            TrustedProxies::new(networks.into()).client_of(connection.parse().expect("an address"), &headers);
        assert_eq!(client.to_string(), expected, "{connection} {lines:?}");
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        check("192.0.2.1", &["198.51.100.1"], "192.0.2.1");
        check("10.0.0.1", &["198.51.100.1"], "198.51.100.1");
        check("10.0.0.1", &[], "10.0.0.1");
        // What the client made up stands before what the proxies added.
        check("10.0.0.1", &["203.0.113.9, 198.51.100.1"], "198.51.100.1");
        check(
            "10.0.0.1",
            &["203.0.113.9, 198.51.100.1, 10.0.0.2"],
            "198.51.100.1",
        );
        check(
            "10.0.0.1",
            &["203.0.113.9", "198.51.100.1,fd00::2"],
            "198.51.100.1",
        );
        check("10.0.0.1", &["198.51.100.1, unknown"], "10.0.0.1");
        check("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1");
        check("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3");
    }
}
