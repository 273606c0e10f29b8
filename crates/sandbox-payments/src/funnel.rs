//! The one way that every call of both doors takes: let in, given its fault, counted, carried out once for its key.

use std::sync::Arc;

use actix_web::http::header::AUTHORIZATION;
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};

use super::answer::{Answer, Trouble};
use super::faults::{Call, Cards, Fault};
use super::keys::{AskedDigest, Seen};
use super::lock::lock;
use super::provider::{Door, Provider};
use super::stalls::STALL_MAX;

/// Longest idempotency key.
const KEY_BYTES_MAX: usize = 255;

/// A call that was let in.
#[derive(Debug)]
pub struct Admitted {
    door: Door,
    call: Call,
    /// The idempotency key and what was asked with it.
    key: Option<(String, AskedDigest)>,
}

/// How a call ends.
enum Ended {
    Answered(Answer),
    AnsweredAgain(Answer),
    /// It was done, and there is no answer.
    Never,
}

/// Whether the provider is up and knows the caller.
pub fn let_in(provider: &Provider, request: &HttpRequest) -> Result<(), Trouble> {
    if provider.is_out() {
        return Err(Trouble::Outage);
    }
    let header = request.headers().get(AUTHORIZATION);
    let known = header.is_some_and(|header| provider.authorisations.iter().any(|known| known == header));
    if known { Ok(()) } else { Err(Trouble::Unauthorised) }
}

impl Admitted {
    /// A call, once it has been understood. Only those that change something have an idempotency key.
    pub fn new(door: Door, call: Call, request: &HttpRequest, parameters: &str) -> Self {
        let key = request
            .headers()
            .get("Idempotency-Key")
            .and_then(|key| key.to_str().ok())
            .filter(|key| !key.is_empty() && key.len() <= KEY_BYTES_MAX && request.method() == "POST");
        let asked = || {
            let mut digest = Sha256::new();
            digest.update(request.path());
            digest.update([0]);
            digest.update(parameters);
            digest.finalize().into()
        };
        Self {
            door,
            call,
            key: key.map(|key| (key.to_owned(), asked())),
        }
    }
}

/// Carries a call out. What has begun is ended, even when the client has gone.
pub async fn carry_out<F>(provider: Arc<Provider>, admitted: Admitted, effect: F) -> HttpResponse
where
    F: FnOnce(&Provider, Cards) -> Answer + Send + 'static,
{
    let door = admitted.door;
    let Ok(place) = provider.places.clone().try_acquire_owned() else {
        return door.respond(door.tell(Trouble::TooMany));
    };
    let task = tokio::spawn(async move {
        let ended = run(&provider, admitted, effect).await;
        drop(place);
        ended
    });
    match task.await {
        Ok(Ended::Answered(answer)) => door.respond(answer),
        Ok(Ended::AnsweredAgain(answer)) => door.respond_again(answer),
        // Here, where it ends when the client hangs up.
        Ok(Ended::Never) => {
            tokio::time::sleep(STALL_MAX).await;
            door.respond(door.tell(Trouble::TimedOut))
        }
        Err(_panic) => door.respond(door.tell(Trouble::Internal)),
    }
}

/// A fault meets calls as they come, those that are answered again, too: their answers get lost as well.
async fn run<F>(provider: &Provider, admitted: Admitted, effect: F) -> Ended
where
    F: FnOnce(&Provider, Cards) -> Answer,
{
    let Admitted { door, call, key } = admitted;
    let met = lock(&provider.faults).take(call);
    let fault = met.map(|met| met.fault);
    let unread = match fault {
        Some(Fault::ErrorBefore) => Some(Trouble::Internal),
        Some(Fault::TooMany) => Some(Trouble::TooMany),
        Some(Fault::KeyRefused) => Some(Trouble::Unauthorised),
        _ => None,
    };
    if let Some(trouble) = unread {
        return Ended::Answered(Answer {
            retry_after_seconds: met.and_then(|met| met.retry_after_seconds),
            ..door.tell(trouble)
        });
    }
    if let Some(met) = met.filter(|met| !met.latency.is_zero()) {
        tokio::time::sleep(met.latency).await;
    }
    let mut again = None;
    if let Some((key, asked)) = &key {
        match lock(provider.keys(door)).begin(key, *asked) {
            Seen::First => {}
            Seen::Again(answer) => again = Some(answer),
            Seen::Reused => return Ended::Answered(door.tell(Trouble::KeyReused)),
            Seen::UnderWay => return Ended::Answered(door.tell(Trouble::KeyInUse)),
        }
    }
    if fault == Some(Fault::StallBefore) {
        provider.stalls.wait(call).await;
    }
    let failed = door.tell(Trouble::Internal);
    let ended = if let Some(answer) = again {
        Ended::AnsweredAgain(answer)
    } else {
        let done = if fault == Some(Fault::Decline) && !door.has_cards(call) {
            door.tell(Trouble::Declined)
        } else {
            *lock(&provider.calls).entry(call).or_default() += 1;
            effect(provider, Cards::under(fault))
        };
        let kept = if fault == Some(Fault::ErrorKept) {
            &failed
        } else {
            &done
        };
        if let Some((key, _)) = &key {
            lock(provider.keys(door)).keep(key, kept);
        }
        Ended::Answered(done)
    };
    match fault {
        Some(Fault::ErrorAfter | Fault::ErrorKept) => Ended::Answered(failed),
        Some(Fault::TimeoutAfter) => Ended::Never,
        Some(Fault::StallAfter) => {
            provider.stalls.wait(call).await;
            ended
        }
        _ => ended,
    }
}
