//! Endpoints of webhooks: where an organiser's program is told of what happens.

use std::fmt;
use std::str::FromStr;

use super::id::read_prefixed;

const PREFIX: &str = "whe_";

/// An endpoint. Written as `whe_` and 32 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointId(pub u128);

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{:032x}", self.0)
    }
}

/// The text is not an endpoint's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnEndpointId;

impl FromStr for EndpointId {
    type Err = NotAnEndpointId;

    fn from_str(text: &str) -> Result<Self, NotAnEndpointId> {
        read_prefixed(PREFIX, text).map(Self).ok_or(NotAnEndpointId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let id = EndpointId(0x0192_af00);
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in ["", "whe_", "whe_0192", "1", &id.to_string().to_uppercase()] {
            assert_eq!(bad.parse::<EndpointId>(), Err(NotAnEndpointId), "{bad}");
        }
    }
}
