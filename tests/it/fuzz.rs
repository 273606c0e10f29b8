//! Mutated input for every parser that strangers reach: none of it panics. Inputs that once did belong into `tests/corpus/`.
//! `BOXOFFICE_FUZZ_SECONDS` says for how long, each.

use std::path::Path;
use std::time::{Duration, Instant};

use boxoffice::address::{check_postgres, check_redis};
use boxoffice::http::client_address::TrustedProxies;
use boxoffice::http::plans::read_document;
use boxoffice::identity::{Identity, KeptClock, Making, SecretVersion, Secrets, read_grant};
use boxoffice::live::incoming::{Heard, Incoming};
use boxoffice::pay::provider::stripe::wire::read_event;
use boxoffice::show::bus::message::decode;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

/// For how long each parser is tried where nobody says it.
const SECONDS_USUAL: u64 = 2;
/// Longest input.
const BYTES_MAX: usize = 65_536;
/// What parsers stumble over.
const PIECES: [&[u8]; 18] = [
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"null",
    b"-1",
    b"1e999",
    b"9223372036854775808",
    b"\\ud800",
    b"%zz",
    b"..",
    b"::",
    b"\r\n",
    b"\x7f\xff\xff\xff\xff\xff\xff\xff",
];

/// Feeds a parser with what mutation makes of its corpus.
fn fuzz(corpus: &str, parse: impl Fn(&[u8]) + std::panic::RefUnwindSafe) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(corpus);
    let files = std::fs::read_dir(folder).expect("a corpus");
    let seeds = files.map(|file| std::fs::read(file.expect("a file").path()).expect("a seed"));
    let seeds: Vec<Vec<u8>> = seeds.collect();
    seeds.iter().for_each(|seed| parse(seed));
    let seconds = std::env::var("BOXOFFICE_FUZZ_SECONDS").ok();
    let seconds = seconds.map_or(SECONDS_USUAL, |seconds| seconds.parse().expect("seconds"));
    let end = Instant::now() + Duration::from_secs(seconds);
    let number = rand::random();
    let mut random = StdRng::seed_from_u64(number);
    let mut tried = 0_u64;
    while Instant::now() < end {
        let input = mutate(&seeds, &mut random);
        let outcome = std::panic::catch_unwind(|| parse(&input));
        assert!(
            outcome.is_ok(),
            "{corpus}, seed {number}: panics on {:?}",
            String::from_utf8_lossy(&input)
        );
        tried += 1;
    }
    assert!(tried > 100, "{tried} inputs");
}

fn mutate(seeds: &[Vec<u8>], random: &mut StdRng) -> Vec<u8> {
    let mut input = seeds.choose(random).expect("a seed").clone();
    for _ in 0..random.random_range(1..8) {
        let at = random.random_range(0..=input.len());
        match random.random_range(0..6) {
            0 if at < input.len() => input[at] ^= 1 << random.random_range(0..8),
            1 if at < input.len() => {
                drop(input.drain(at..(at + random.random_range(1..16)).min(input.len())))
            }
            2 => {
                let piece = PIECES.choose(random).expect("a piece");
                input.splice(at..at, piece.iter().copied());
            }
            3 => {
                let end = (at + random.random_range(0..64)).min(input.len());
                let copy = input[at..end].to_vec();
                let times = random.random_range(1..40);
                input.splice(at..at, copy.repeat(times));
            }
            4 => {
                let other = seeds.choose(random).expect("a seed");
                let from = random.random_range(0..=other.len());
                input.splice(at.., other[from..].iter().copied());
            }
            _ => input.truncate(at),
        }
        input.truncate(BYTES_MAX);
    }
    input
}

/// Most parsers take text.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn plans() {
    fuzz("plans", |bytes| {
        let _read = read_document(&text(bytes));
    });
}

fn identity() -> Identity {
    let first = SecretVersion {
        version: 1,
        stored: [7; 32],
        age: None,
        ends: None,
    };
    let clock = KeptClock {
        read_at: std::time::Instant::now(),
        unix_seconds: 1.8e9,
    };
    let secrets = Secrets {
        first,
        later: Vec::new(),
        old_nodes_are_up: false,
        clock,
    };
    Identity::new(&secrets, Making::Kept, 30)
}

#[test]
fn grants_and_tokens() {
    let identity = identity();
    let (_, token) = identity.new_session();
    fuzz("grants", |bytes| {
        let text = text(bytes);
        let _read = read_grant(b"key", &text, 1_000);
        assert!(identity.caller(&format!("{token}{text}x")).is_none());
        assert!(identity.caller(&text).is_none());
    });
}

#[test]
fn codes() {
    let identity = identity();
    fuzz("codes", |bytes| {
        let text = text(bytes);
        let references = identity.references();
        // What is read is written again in the same letters.
        if let Ok(order) = references.parse_order(&text) {
            assert_eq!(
                references.parse_order(&references.order_reference(order).to_string()),
                Ok(order)
            );
        }
        if let Ok((order, ticket)) = references.parse_ticket(&text) {
            let code = references.ticket_code(order, ticket).to_string();
            assert_eq!(references.parse_ticket(&code), Ok((order, ticket)));
        }
    });
}

#[test]
fn forwarded_addresses() {
    use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
    let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().expect("a network")]);
    let connection = "10.0.0.1".parse().expect("an address");
    fuzz("forwarded", |bytes| {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(bytes) {
            headers.append(HeaderName::from_static("x-forwarded-for"), value);
        }
        let _client = proxies.client_of(connection, &headers);
    });
}

#[test]
fn addresses() {
    fuzz("addresses", |bytes| {
        let text = text(bytes);
        for message in [check_postgres(&text).err(), check_redis(&text).err()]
            .into_iter()
            .flatten()
        {
            assert!(!message.to_string().contains("secret"), "{message}");
        }
    });
}

#[test]
fn frames_of_viewers() {
    fuzz("websocket", |bytes| {
        let mut incoming = Incoming::default();
        for piece in bytes.chunks(7) {
            incoming.receive(piece);
            while let Some(heard) = incoming.hear() {
                if matches!(heard, Heard::Close | Heard::Refused(_)) {
                    return;
                }
            }
        }
    });
}

#[test]
fn messages_on_the_bus() {
    fuzz("bus", |bytes| {
        let _events = decode(bytes, |_| 7);
    });
}

#[test]
fn notices_of_stripe() {
    fuzz("stripe-events", |bytes| {
        let _notice = read_event(bytes);
    });
}
