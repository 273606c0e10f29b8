//! Where a request comes from, and what its sender may still take.

use std::net::IpAddr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{Ready, ready};

use super::caller::Buyer;
use super::client_address::client_address;
use super::problem::Problem;
use crate::shares::{Holders, Kind, Origin, Shares, Subject};

/// Who sends a request, as far as the network tells.
#[derive(Debug, Clone, Copy)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// Its origin, which has shares.
    pub origin: Origin,
}

impl Client {
    /// The client that sent a request.
    pub fn of(request: &HttpRequest) -> Self {
        let address = client_address(request);
        Self {
            address,
            origin: Origin::of(address),
        }
    }

    /// Takes a part of its origin's share.
    pub fn take(&self, shares: &Shares, kind: Kind) -> Result<(), Problem> {
        Ok(shares.take(kind, Subject::Origin(self.origin))?)
    }

    /// Whose shares a buyer uses: the session's own, and the origin's, unless an operator's front has given the session out
    /// and counts by itself.
    pub fn holders(&self, buyer: &Buyer, of_session: Kind, of_origin: Kind) -> Holders {
        let session = (of_session, Subject::Session(buyer.session));
        let origin = (of_origin, Subject::Origin(self.origin));
        [Some(session), (!buyer.is_issued()).then_some(origin)]
    }
}

impl FromRequest for Client {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}
