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
use crate::identity::{Caller, OrganiserKey, is_issued};
use crate::shares::{Holders, Kind, Subject};
use domain::id::{OrganiserId, SessionId};
use domain::key::{Right, Role};

/// A buyer; or who may see an organiser's orders, and change them if that is what the request does.
impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        let right = match request.method().is_safe() {
            true => Right::Read,
            false => Right::Sell,
        };
        admit(request, |caller| match caller {
            Caller::Buyer(_) => Ok(()),
            Caller::Organiser(_) => check(caller, right),
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

/// Declares who comes with a key of one organiser that has a right.
macro_rules! of_organiser {
    ($(#[$doc:meta])* $name:ident: $right:ident) => {
        $(#[$doc])*
        pub struct $name(pub Caller, OrganiserId);

        impl $name {
            /// Whose things it may touch.
            pub fn organiser(&self) -> OrganiserId {
                self.1
            }
        }

        impl FromRequest for $name {
            type Error = Problem;
            type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

            fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
                let admitted = admit(request, |caller| check(caller, Right::$right));
                async move {
                    let caller = admitted.await?;
                    let organiser = organiser_of(&caller)?;
                    Ok(Self(caller, organiser))
                }
                .boxed_local()
            }
        }
    };
}

/// Declares who comes with a key that has a right: of one organiser for what is its own, or the operator's for all.
macro_rules! of_organiser_or_operator {
    ($(#[$doc:meta])* $name:ident: $right:ident) => {
        $(#[$doc])*
        pub struct $name(pub Caller);

        impl $name {
            /// Whose things it may touch; `None`: all organisers'.
            pub fn organiser(&self) -> Option<OrganiserId> {
                match &self.0 {
                    Caller::Organiser(key) => key.organiser,
                    Caller::Buyer(_) => None,
                }
            }
        }

        impl FromRequest for $name {
            type Error = Problem;
            type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

            fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
                let admitted = admit(request, |caller| check(caller, Right::$right));
                async move { admitted.await.map(Self) }.boxed_local()
            }
        }
    };
}

of_organiser! {
    /// An organiser: who makes plans and shows, and changes what they say.
    Organiser: Arrange
}

of_organiser! {
    /// The box office: who changes orders and what is for sale.
    Seller: Sell
}

of_organiser! {
    /// Who sees an organiser's orders, and how its shows do.
    Reader: Read
}

of_organiser! {
    /// Who sees who bought an organiser's orders, too.
    BuyersReader: ReadBuyers
}

of_organiser! {
    /// A door: who checks tickets in.
    Door: CheckIn
}

of_organiser! {
    /// Who sees what doors need to know.
    DoorReader: ReadDoor
}

of_organiser_or_operator! {
    /// Who makes and revokes keys.
    KeyKeeper: ManageKeys
}

of_organiser_or_operator! {
    /// Who sees what was asked for with keys, and what providers could not be told.
    Overseer: Oversee
}

of_organiser_or_operator! {
    /// Who has providers told again.
    Retrier: Retry
}

of_organiser_or_operator! {
    /// The operator, who makes organisers.
    Operator: ManageOrganisers
}

/// Lets in who may see the figures of the whole office: the operator; and the first organiser's owner, whose office it is unless
/// others sell there too.
pub async fn admit_to_figures(request: &HttpRequest) -> Result<(), Problem> {
    let may_come = |caller: &Caller| match caller {
        Caller::Organiser(key) if key.organiser == Some(OrganiserId::FIRST) && key.role == Role::Owner => {
            Ok(())
        }
        _ => check(caller, Right::ReadFigures),
    };
    admit(request, may_come).await.map(drop)
}

fn organiser_of(caller: &Caller) -> Result<OrganiserId, Problem> {
    match caller {
        Caller::Organiser(key) => key.organiser.ok_or_else(|| Problem::new(Code::Forbidden)),
        Caller::Buyer(_) => Err(Problem::new(Code::Forbidden)),
    }
}

/// What of a public route somebody may see: an organiser sees drafts. Nobody is refused.
impl FromRequest for Sight {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        let known = read_caller(request).ok();
        let organiser = known.and_then(|(_, caller)| {
            check(&caller, Right::Read).ok()?;
            organiser_of(&caller).ok()
        });
        ready(Ok(organiser.map_or(Self::Published, Self::DraftsOf)))
    }
}

/// Whether a caller who sees an order also sees who bought it and who comes.
pub fn sees_buyers(caller: &Caller) -> bool {
    match caller {
        Caller::Buyer(_) => true,
        Caller::Organiser(key) => key.role.may(Right::ReadBuyers),
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
            office.shares.take_each(&shares_of_write(key))?;
            Ok::<_, Problem>((office.clone(), entry(request, office, key)))
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

/// A write with a key is part of the key's share, and of that of all keys of its organiser.
fn shares_of_write(key: &OrganiserKey) -> Holders {
    let of_organiser = |organiser| (Kind::WritesOfOrganiser, Subject::Organiser(organiser));
    [
        Some((Kind::WritesOfKey, Subject::Key(key.digest))),
        key.organiser.map(of_organiser),
    ]
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

#[cfg(test)]
mod tests {
    use super::*;
    use domain::key::KeyId;

    #[test]
    fn all_keys_of_an_organiser_have_one_share_besides_their_own() {
        let shares = |digest, organiser: Option<u128>| {
            shares_of_write(&OrganiserKey {
                id: KeyId(1),
                digest: [digest; 32],
                role: Role::Owner,
                organiser: organiser.map(OrganiserId),
            })
        };
        let [mine, ours] = shares(1, Some(7));
        assert_ne!(shares(2, Some(7))[0], mine);
        assert_eq!(shares(2, Some(7))[1], ours);
        assert_ne!(shares(2, Some(8))[1], ours);
        assert_eq!(shares(2, None)[1], None);
    }
}
