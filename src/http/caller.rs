//! Who asks, as handlers want them. These stand before any body among a handler's parameters, so that a body is read only
//! for who may send it: whoever may not is refused at the head.
//!
//! Here and nowhere else a key is let in; and whatever it is let in for that changes something is written to the audit
//! first, so that no handler can forget it.

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};
use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, Ready, ready};

use super::audited::entry;
use super::extract::{Sight, TheOffice};
use super::problem::{Code, Problem};
use crate::identity::{Caller, is_issued};
use crate::shares::{Kind, Subject};
use domain::id::SessionId;
use domain::key::Right;

/// A buyer, or an organiser.
impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        admit(request, |caller| match caller {
            Caller::Buyer(_) => Ok(()),
            Caller::Organiser(_) => check(caller, Right::Organise),
        })
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
        ready(read_caller(request).and_then(|(_, caller)| match caller {
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
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        let admitted = admit(request, |caller| check(caller, Right::Organise));
        async move { admitted.await.map(Self) }.boxed_local()
    }
}

/// A door: somebody with a key that may check tickets in.
pub struct Door(pub Caller);

impl FromRequest for Door {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        let admitted = admit(request, |caller| check(caller, Right::CheckIn));
        async move { admitted.await.map(Self) }.boxed_local()
    }
}

/// What of a public route somebody may see: an organiser sees drafts. Nobody is refused.
impl FromRequest for Sight {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        let known = read_caller(request).ok();
        let is_organiser = known.is_some_and(|(_, caller)| check(&caller, Right::Organise).is_ok());
        ready(Ok(match is_organiser {
            true => Self::Drafts,
            false => Self::Published,
        }))
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

/// Lets a caller in who may come; one with a key who changes something, when that is in the audit.
fn admit(
    request: &HttpRequest,
    may_come: impl FnOnce(&Caller) -> Result<(), Problem>,
) -> LocalBoxFuture<'static, Result<Caller, Problem>> {
    let admitted = read_caller(request).and_then(|(office, caller)| {
        may_come(&caller)?;
        let write = match &caller {
            Caller::Organiser(key) if !request.method().is_safe() => Some(key),
            _ => None,
        };
        let to_record = write.map(|key| {
            // A write with a key is part of the key's share.
            office.shares.take(Kind::WritesOfKey, Subject::Key(key.digest))?;
            Ok::<_, Problem>((office.clone(), entry(request, office, key.id)))
        });
        Ok((caller, to_record.transpose()?))
    });
    async move {
        let (caller, to_record) = admitted?;
        if let Some((office, entry)) = to_record {
            office.audit.record(entry).await?;
        }
        Ok(caller)
    }
    .boxed_local()
}

fn read_caller(request: &HttpRequest) -> Result<(&TheOffice, Caller), Problem> {
    let office = request.app_data::<TheOffice>();
    let known = office
        .zip(bearer_token(request))
        .and_then(|(office, token)| Some((office, office.identity.caller(token)?)));
    known.ok_or_else(|| Problem::new(Code::Unauthorized))
}

/// What stands in `Authorization: Bearer`.
pub fn bearer_token(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    // The scheme's name is the same in any case (RFC 9110, 11.1).
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
