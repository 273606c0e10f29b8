//! Who asks, as handlers want them. These stand before any body among a handler's parameters, so that a body is read only
//! for who may send it: whoever may not is refused at the head.
//! Here and nowhere else a key is let in.

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{Ready, ready};

use super::extract::TheOffice;
use super::problem::{Code, Problem};
use crate::identity::{Caller, is_issued};
use domain::id::SessionId;
use domain::key::Right;

/// A buyer, or an organiser.
impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        ready(admit(request, |caller| match caller {
            Caller::Buyer(_) => Ok(()),
            Caller::Organiser(_) => check(caller, Right::Organise),
        }))
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

/// An organiser: somebody with a key that may do everything.
pub struct Organiser(pub Caller);

impl FromRequest for Organiser {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        ready(admit(request, |caller| check(caller, Right::Organise)).map(Self))
    }
}

/// A door: somebody with a key that may check tickets in.
pub struct Door(pub Caller);

impl FromRequest for Door {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        ready(admit(request, |caller| check(caller, Right::CheckIn)).map(Self))
    }
}

/// Refuses who doesn't have that right.
fn check(caller: &Caller, right: Right) -> Result<(), Problem> {
    match caller {
        Caller::Organiser(key) if key.role.may(right) => Ok(()),
        Caller::Organiser(key) => {
            let detail = format!("a key of the role {} may not do that", key.role);
            Err(Problem::new(Code::Forbidden).detail(detail))
        }
        Caller::Buyer(_) => Err(Problem::new(Code::Forbidden).detail("an organiser's key is needed")),
    }
}

/// Lets a caller in who may come.
fn admit(
    request: &HttpRequest,
    may_come: impl FnOnce(&Caller) -> Result<(), Problem>,
) -> Result<Caller, Problem> {
    read_caller(request).and_then(|caller| may_come(&caller).map(|()| caller))
}

fn read_caller(request: &HttpRequest) -> Result<Caller, Problem> {
    let office = request.app_data::<TheOffice>();
    let caller = bearer_token(request)
        .zip(office)
        .and_then(|(token, office)| office.identity.caller(token));
    caller.ok_or_else(|| Problem::new(Code::Unauthorized))
}

/// What stands in `Authorization: Bearer`.
pub fn bearer_token(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    // The scheme's name is the same in any case (RFC 9110, 11.1).
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
