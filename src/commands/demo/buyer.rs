//! One buyer: becomes one, wishes for places, pays for them or not, and leaves.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::header::RETRY_AFTER;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::visitor::bodies::{Order, Problem, Session};
use super::super::visitor::follow::Followed;
use super::super::visitor::remote::{Remote, read_body};
use super::tally::{Left, Step, Tally};
use super::wish::wish;

/// Wishes that a buyer has before they leave with nothing.
const WISHES_MAX: u32 = 6;
/// How often a buyer asks again who is told to come back later.
const TRIES_MAX: u32 = 20;
/// The longest that a buyer waits before one of these.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// How long buyers look at what they have.
const THOUGHT: std::ops::Range<Duration> = Duration::from_millis(20)..Duration::from_millis(400);
/// Of a hundred buyers with places so many give them up …
const GIVE_UP_OF_HUNDRED: u32 = 6;
/// … and so many try a card first that is declined.
const DECLINED_OF_HUNDRED: u32 = 5;

/// What all buyers share.
pub struct Market {
    /// The office.
    pub office: Remote,
    /// Where orders of the show are made.
    pub path: String,
    /// Who takes test cards.
    pub provider: String,
    /// Most places of an order.
    pub order_places_max: u32,
    /// The show's map, as everybody sees it.
    pub followed: Followed,
    /// What came of it.
    pub tally: Tally,
}

/// The buyer was turned away so often that they have left.
struct TurnedAway;

/// Buys something, if there is anything.
pub async fn shop(market: &Market) -> Left {
    let mut random = StdRng::seed_from_u64(rand::random());
    match try_to_shop(market, &mut random).await {
        Ok(left) => left,
        Err(TurnedAway) => Left::Unserved,
    }
}

async fn try_to_shop(market: &Market, random: &mut StdRng) -> Result<Left, TurnedAway> {
    let session = Ask::new(market, Step::Session, Method::POST, "/v1/sessions".to_owned());
    let Ok(session) = session.send::<Session>(random).await? else {
        return Err(TurnedAway);
    };
    let token = session.token;
    for _ in 0..WISHES_MAX {
        let wished = {
            let seen = market.followed.seen();
            let plan = &market.followed.plan();
            seen.as_ref()
                .and_then(|seen| wish(plan, seen, market.order_places_max, random))
        };
        let Some(wished) = wished else {
            return Ok(Left::WithNothing);
        };
        let hold = Ask::new(market, Step::Hold, Method::POST, market.path.clone());
        // Somebody else was quicker, or there are not so many together: another wish.
        if let Ok(order) = hold.of(&token).with(wished.body).send::<Order>(random).await? {
            return settle(market, &token, &order, wished.places, random).await;
        }
        think(random).await;
    }
    Ok(Left::WithNothing)
}

/// Pays an order, or gives it up.
async fn settle(
    market: &Market,
    token: &str,
    order: &Order,
    places: u32,
    random: &mut StdRng,
) -> Result<Left, TurnedAway> {
    think(random).await;
    let path = format!("/v1/orders/{}", order.id);
    let die = random.random_range(0..100);
    if die < GIVE_UP_OF_HUNDRED {
        let ask = Ask::new(market, Step::GiveUp, Method::DELETE, path).of(token);
        let _either_way = ask.send::<Value>(random).await?;
        return Ok(Left::GaveUp);
    }
    let cards: &[&str] = match die < GIVE_UP_OF_HUNDRED + DECLINED_OF_HUNDRED {
        true => &["card_declined", "card_ok"],
        false => &["card_ok"],
    };
    for card in cards {
        let body = json!({"provider": market.provider, "payment_method": card});
        let ask = Ask::new(market, Step::Pay, Method::POST, format!("{path}/payments"));
        if ask.of(token).with(body).send::<Value>(random).await?.is_ok() {
            return Ok(Left::With(places));
        }
    }
    Ok(Left::WithNothing)
}

async fn think(random: &mut StdRng) {
    tokio::time::sleep(random.random_range(THOUGHT)).await;
}

/// A request, made again until it is answered.
struct Ask<'a> {
    market: &'a Market,
    step: Step,
    method: Method,
    path: String,
    token: Option<&'a str>,
    body: Option<Value>,
}

impl<'a> Ask<'a> {
    fn new(market: &'a Market, step: Step, method: Method, path: String) -> Self {
        Self {
            market,
            step,
            method,
            path,
            token: None,
            body: None,
        }
    }

    fn of(self, token: &'a str) -> Self {
        Self {
            token: Some(token),
            ..self
        }
    }

    fn with(self, body: Value) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    /// What is answered, or the word of its refusal. Each time it is the same request, under the same key.
    async fn send<T: DeserializeOwned>(&self, random: &mut StdRng) -> Result<Result<T, String>, TurnedAway> {
        let tally = &self.market.tally;
        let key = uuid::Uuid::new_v4().to_string();
        for tried in 0..TRIES_MAX {
            let answer = self.send_once(&key).await;
            let (code, wait) = match answer {
                Ok(Answer { status, body, .. }) if status.is_success() => {
                    return match serde_json::from_slice(&body) {
                        Ok(body) => Ok(Ok(body)),
                        Err(_another_office) => Err(TurnedAway),
                    };
                }
                Ok(answer) => {
                    let problem: Problem = serde_json::from_slice(&answer.body).unwrap_or_default();
                    let comes_back = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE];
                    if !comes_back.contains(&answer.status) {
                        tally.note_refusal(&problem.code);
                        return Ok(Err(problem.code));
                    }
                    (problem.code, answer.retry_after)
                }
                Err(_lost) => ("no_answer".to_owned(), None),
            };
            tally.note_refusal(&code);
            let wait = wait.unwrap_or(Duration::from_millis(100) * 2_u32.pow(tried.min(6)));
            // Not all at once.
            tokio::time::sleep(wait.min(WAIT_MAX).mul_f64(random.random_range(1.0..1.5))).await;
        }
        Err(TurnedAway)
    }

    async fn send_once(&self, key: &str) -> anyhow::Result<Answer> {
        let begin = Instant::now();
        let response = self.request(key).send().await?;
        let status = response.status();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok());
        let retry_after = retry_after
            .and_then(|value| value.parse().ok())
            .map(Duration::from_secs);
        let body = read_body(response).await?;
        self.market.tally.note_answer(self.step, begin.elapsed());
        Ok(Answer {
            status,
            retry_after,
            body,
        })
    }

    fn request(&self, key: &str) -> RequestBuilder {
        let mut request = self.market.office.request(self.method.clone(), &self.path);
        if let Some(token) = self.token {
            request = request.bearer_auth(token).header("Idempotency-Key", key);
        }
        match &self.body {
            Some(body) => request.json(body),
            None => request,
        }
    }
}

struct Answer {
    status: StatusCode,
    retry_after: Option<Duration>,
    body: Vec<u8>,
}
