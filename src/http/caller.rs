//! Who asks, as handlers want them. These stand before any body among a handler's parameters, so that a body is read only
//! for who may send it: whoever may not is refused at the head.

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{Ready, ready};

use super::extract::TheOffice;
use super::problem::{Code, Problem};
use crate::identity::{Caller, is_issued};
use domain::id::SessionId;

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        ready(read_caller(request))
    }
}

/// A buyer.
pub struct Buyer {
    /// Whose orders are meant.
    pub session: SessionId,
}

impl Buyer {
    /// Whether an operator's front has given the session out.
    pub fn is_issued(&self) -> bool {
        is_issued(self.session)
    }

    /// As the caller of a command.
    pub fn caller(&self) -> Caller {
        Caller::Buyer(self.session)
    }
}

impl FromRequest for Buyer {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        ready(read_caller(request).and_then(|caller| match caller {
            Caller::Buyer(session) => Ok(Self { session }),
            Caller::Organiser(_) => {
                Err(Problem::new(Code::Forbidden).detail("a buyer's token is needed, not a key"))
            }
        }))
    }
}

/// Somebody with an organiser's key.
pub struct Organiser(pub Caller);

impl FromRequest for Organiser {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        ready(read_caller(request).and_then(|caller| match caller {
            Caller::Organiser(_) => Ok(Self(caller)),
            Caller::Buyer(_) => Err(Problem::new(Code::Forbidden).detail("an organiser's key is needed")),
        }))
    }
}

fn read_caller(request: &HttpRequest) -> Result<Caller, Problem> {
    let header = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    // The scheme's name is the same in any case (RFC 9110, 11.1).
    let token = header
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    let office = request.app_data::<TheOffice>();
    let caller = token
        .zip(office)
        .and_then(|(token, office)| office.identity.caller(token));
    caller.ok_or_else(|| Problem::new(Code::Unauthorized))
}
