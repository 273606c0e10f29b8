//! What a show may want before a place is drawn: a proof, which the organiser's own program is asked about.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use tokio::sync::{OnceCell, Semaphore};

use crate::webhooks::address::{Reach, check_url};
use crate::webhooks::sender::client;
use domain::id::ShowId;

/// How long an answer may take, with the connection.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// How long a proof waits for its turn to be asked about.
const TURN_WAIT_MAX: Duration = Duration::from_secs(1);
/// Proofs that a node asks about at a time.
const ASKED_MAX: usize = 64;
/// Longest proof, in characters.
pub const PROOF_CHARS_MAX: usize = 4_096;

/// Why a proof is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There is none.
    #[error("the show wants a proof")]
    Missing,
    /// The organiser's program does not accept it.
    #[error("the proof is not accepted")]
    Refused,
    /// The organiser's program does not answer, or nobody could ask it.
    #[error("nobody can check the proof now")]
    Unanswered,
}

/// Asks organisers' programs about proofs.
pub struct Proofs {
    /// Made when it is needed for the first time.
    http: OnceCell<reqwest::Client>,
    reach: Reach,
    turns: Semaphore,
}

impl Proofs {
    /// Asks programs that may be so far.
    pub fn new(reach: Reach) -> Self {
        Self {
            http: OnceCell::new(),
            reach,
            turns: Semaphore::new(ASKED_MAX),
        }
    }

    /// Asks about a proof. A program answers 2xx if it accepts it, and 4xx if it doesn't.
    pub async fn ask(&self, url: &str, show: ShowId, proof: Option<&str>) -> Result<(), ProofError> {
        let proof = proof.ok_or(ProofError::Missing)?;
        let turn = tokio::time::timeout(TURN_WAIT_MAX, self.turns.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            return Err(ProofError::Unanswered);
        };
        let status = self.call(url, show, proof).await.ok_or(ProofError::Unanswered)?;
        match status {
            status if status.is_success() => Ok(()),
            // It may accept it another time.
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Err(ProofError::Unanswered),
            status if status.is_client_error() => Err(ProofError::Refused),
            _ => Err(ProofError::Unanswered),
        }
    }

    async fn call(&self, url: &str, show: ShowId, proof: &str) -> Option<StatusCode> {
        // The operator may allow less than when the show was made.
        let url = check_url(url, self.reach).ok()?;
        let reach = self.reach;
        let make = || async move {
            let made = tokio::task::spawn_blocking(move || client(reach, ANSWER_MAX)).await;
            made.map_err(drop)?.map_err(drop)
        };
        let http = self.http.get_or_try_init(make).await.ok()?;
        let body = json!({"show": show.to_string(), "proof": proof});
        // Its body says nothing, and is not read.
        let answer = http.post(url).json(&body).send().await.ok()?;
        Some(answer.status())
    }
}
