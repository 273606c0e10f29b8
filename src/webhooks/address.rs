//! Where endpoints may be: never in the office's own network, unless the operator says so. Whoever may make an endpoint would else
//! have the office ask its neighbours, which believe it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// Longest address, in bytes.
pub const URL_BYTES_MAX: usize = 2_000;
/// Ports below it belong to other services.
const FREE_PORTS: u16 = 1_024;

/// Where endpoints may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// At public addresses, behind TLS.
    Public,
    /// Anywhere, and without TLS too: for trials, and where the network is the organiser's own.
    Anywhere,
}

impl Reach {
    /// Whether it reaches that far.
    pub fn permits(self, address: IpAddr) -> bool {
        self == Self::Anywhere || is_public(address)
    }
}

/// Reads an endpoint's address, or says what is wrong with it. What its name stands for is looked at when something is sent.
pub fn check_url(text: &str, reach: Reach) -> Result<Url, &'static str> {
    if text.len() > URL_BYTES_MAX {
        return Err("is too long");
    }
    let url = Url::parse(text).map_err(|_not_one| "is no URL")?;
    match (url.scheme(), reach) {
        ("https", _) | ("http", Reach::Anywhere) => {}
        ("http", Reach::Public) => return Err("must begin with https://"),
        _ => return Err("is no web address"),
    }
    let host = url.host_str().ok_or("names no host")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must have no user and no password: what is sent is signed");
    }
    if url.fragment().is_some() {
        return Err("must have no fragment");
    }
    if reach == Reach::Anywhere {
        return Ok(url);
    }
    let literal = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    if literal.is_ok_and(|address| !is_public(address)) {
        return Err("must be a public address");
    }
    match url.port_or_known_default() {
        Some(443 | FREE_PORTS..) => Ok(url),
        _ => Err("must have port 443, or one from 1024 on"),
    }
}

/// Whether an address is one of the internet at large.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// None of the IANA IPv4 Special-Purpose Address Registry, no multicast, none reserved.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        // This network, private use, loopback.
        [0 | 10 | 127, ..] => true,
        // Carrier-grade NAT.
        [100, second, ..] => second & 0xc0 == 64,
        // Link-local, and with it the metadata of clouds.
        [169, 254, ..] => true,
        [172, second, ..] => second & 0xf0 == 16,
        [192, 168, ..] | [192, 0, 0 | 2, _] | [192, 88, 99, _] => true,
        // Benchmarks, documentation.
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        // Multicast, reserved, broadcast.
        [first, ..] => first >= 224,
    };
    !special
}

/// Global unicast, but for what stands for addresses elsewhere or for documents; and IPv4 through a NAT64, if that is public.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let bits = u32::from(high) << 16 | u32::from(low);
            is_public_v4(Ipv4Addr::from_bits(bits))
        }
        // Teredo, ORCHID and the like.
        [0x2001, second, ..] if second < 0x200 => false,
        [0x2001, 0xdb8, ..] | [0x2002, ..] => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_own_network_are_not_public() {
        let refused = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:8.8.8.8",
            "64:ff9b::a00:1",
            "64:ff9b:1::808:808",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for address in refused {
            assert!(!is_public(address.parse().expect(address)), "{address}");
        }
        let public = [
            "1.1.1.1",
            "9.9.9.9",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.1.1.1",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "64:ff9b::808:808",
        ];
        for address in public {
            assert!(is_public(address.parse().expect(address)), "{address}");
        }
    }

    #[track_caller]
    fn check(text: &str, public: Option<&str>, anywhere: Option<&str>) {
        let fault = |reach| check_url(text, reach).err();
        assert_eq!(fault(Reach::Public), public, "{text}");
        assert_eq!(fault(Reach::Anywhere), anywhere, "{text}");
    }

    #[test]
    fn an_endpoint_is_at_a_public_web_address() {
        let not_public = Some("must be a public address");
        check("https://hooks.example/tickets?of=7", None, None);
        check("https://hooks.example:8443/", None, None);
        check("https://9.9.9.9/", None, None);
        check("https://[2606:4700::1111]/", None, None);
        check("http://hooks.example/", Some("must begin with https://"), None);
        check("https://127.0.0.1/", not_public, None);
        // As a browser reads it, so does what connects.
        check("https://0x7f.1/", not_public, None);
        check("https://2130706433/", not_public, None);
        check("https://[::ffff:10.0.0.1]/", not_public, None);
        check(
            "https://hooks.example:25/",
            Some("must have port 443, or one from 1024 on"),
            None,
        );
        for (text, fault) in [
            ("", "is no URL"),
            ("hooks.example", "is no URL"),
            ("ftp://hooks.example/", "is no web address"),
            ("file:///etc/passwd", "is no web address"),
            ("https://hooks.example/#a", "must have no fragment"),
        ] {
            check(text, Some(fault), Some(fault));
        }
        let fault = Some("must have no user and no password: what is sent is signed");
        check("https://user:word@hooks.example/", fault, fault);
        check(
            &format!("https://a.example/{}", "x".repeat(2_000)),
            Some("is too long"),
            Some("is too long"),
        );
    }
}
