//! How many connections there are, in all and of one address. Those beyond are answered and closed: the listener itself
//! never stops taking connections, so that nobody waits for an answer that doesn't come.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::shares::{Counted, Crowd, Origin};

/// The connections of a node.
pub struct Places {
    taken: AtomicUsize,
    max: usize,
    of_origins: Arc<Crowd>,
}

/// Why there is no place for a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// The node has as many as it may.
    Node,
    /// Its address has.
    Origin,
}

impl Full {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Origin => "address",
        }
    }

    /// What is answered before the connection is closed.
    pub const fn answer(self) -> &'static str {
        match self {
            Self::Node => concat!(
                "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nContent-Length: 146\r\n",
                "Retry-After: 1\r\nConnection: close\r\n\r\n",
                r#"{"type":"urn:boxoffice:problem:busy","title":"The office is busy; nothing was changed","status":503,"#,
                r#""detail":"too many connections","code":"busy"}"#,
            ),
            Self::Origin => concat!(
                "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/problem+json\r\nContent-Length: 185\r\n",
                "Retry-After: 1\r\nConnection: close\r\n\r\n",
                r#"{"type":"urn:boxoffice:problem:too_many_requests","title":"This share is used up for the moment","status":429,"#,
                r#""detail":"too many connections of this address","code":"too_many_requests"}"#,
            ),
        }
    }
}

/// A connection's place, until it is dropped.
pub struct Place {
    places: Arc<Places>,
    /// Counts for its origin as long as the place is taken.
    of_origin: Option<Counted>,
}

impl Places {
    /// Places for `max` connections, `of_origin_max` of each origin: `None` where addresses say nothing, behind a proxy of
    /// one's own, or in a load test.
    pub fn new(max: usize, of_origin_max: Option<usize>) -> Arc<Self> {
        Arc::new(Self {
            taken: AtomicUsize::new(0),
            max,
            of_origins: Crowd::new(of_origin_max),
        })
    }

    /// A place for a connection of this address; one of a trusted proxy counts for the node alone.
    pub fn enter(self: &Arc<Self>, address: IpAddr, is_proxy: bool) -> Result<Place, Full> {
        // Dropping it gives back what was taken.
        let mut place = Place {
            places: self.clone(),
            of_origin: None,
        };
        if self.taken.fetch_add(1, Ordering::Relaxed) >= self.max {
            return Err(Full::Node);
        }
        if !is_proxy {
            let counted = self.of_origins.enter(Origin::of(address));
            place.of_origin = Some(counted.ok_or(Full::Origin)?);
        }
        Ok(place)
    }

    /// Whether so many are taken that none should be kept for a client's next request.
    pub fn is_crowded(&self) -> bool {
        self.taken.load(Ordering::Relaxed) > self.max / 4 * 3
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_turned_away_hear_is_whole() {
        for full in [Full::Node, Full::Origin] {
            let (head, body) = full.answer().split_once("\r\n\r\n").expect("a head");
            assert!(
                head.contains(&format!("Content-Length: {}\r\n", body.len())),
                "{}",
                body.len()
            );
            serde_json::from_str::<serde_json::Value>(body).expect("JSON");
        }
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn an_address_takes_its_part_and_no_more() {
        let places = Places::new(3, Some(2));
        let first = places.enter(address(1), false).expect("a place");
        let _second = places.enter(address(1), false).expect("a place");
        assert_eq!(places.enter(address(1), false).err(), Some(Full::Origin));
        // Whoever was turned away has taken nothing.
        let other = places.enter(address(2), false).expect("a place");
        assert_eq!(places.enter(address(2), false).err(), Some(Full::Node));
        drop(first);
        let _again = places.enter(address(1), false).expect("a place");
        drop(other);
        let _proxy = places.enter(address(1), true).expect("a place");
    }
}
