//! Idempotency keys: a call that comes twice is answered twice and carried out once.

use std::collections::{HashMap, VecDeque};

use super::answer::Answer;

/// Digest of what was asked: path and parameters.
pub type AskedDigest = [u8; 32];

/// What is known of a key when a call comes with it.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nothing: the call goes on, and is to end in [`Keys::keep`].
    First,
    /// The same was asked and answered.
    Again(Answer),
    /// Something else was asked.
    Reused,
    /// The same was asked and isn't answered yet.
    UnderWay,
}

#[derive(Debug)]
struct Known {
    asked: AskedDigest,
    /// None while the call is under way.
    answer: Option<Answer>,
}

/// The remembered keys, up to a limit.
#[derive(Debug)]
pub struct Keys {
    known: HashMap<String, Known>,
    /// Oldest first.
    order: VecDeque<String>,
    keys_max: usize,
}

impl Keys {
    /// A memory of this many keys.
    pub fn new(keys_max: usize) -> Self {
        Self {
            known: HashMap::new(),
            order: VecDeque::new(),
            keys_max,
        }
    }

    /// A call comes with this key.
    pub fn begin(&mut self, key: &str, asked: AskedDigest) -> Seen {
        match self.known.get(key) {
            Some(known) if known.asked != asked => Seen::Reused,
            Some(known) => known.answer.clone().map_or(Seen::UnderWay, Seen::Again),
            None => {
                self.known.insert(key.to_owned(), Known { asked, answer: None });
                self.order.push_back(key.to_owned());
                while self.order.len() > self.keys_max {
                    if let Some(oldest) = self.order.pop_front() {
                        self.known.remove(&oldest);
                    }
                }
                Seen::First
            }
        }
    }

    /// The call was carried out. A key that was forgotten meanwhile stays forgotten.
    pub fn keep(&mut self, key: &str, answer: &Answer) {
        if let Some(known) = self.known.get_mut(key) {
            known.answer = Some(answer.clone());
        }
    }

    /// Forgets every key.
    pub fn forget_all(&mut self) {
        self.known.clear();
        self.order.clear();
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use serde_json::json;

    use super::{Answer, Keys, Seen};

    fn answer() -> Answer {
        Answer::new(StatusCode::OK, json!({"done": true}))
    }

    #[test]
    fn a_call_is_first_then_under_way_then_answered_again() {
        let mut keys = Keys::new(10);
        assert_eq!(keys.begin("a", [1; 32]), Seen::First);
        assert_eq!(keys.begin("a", [1; 32]), Seen::UnderWay);
        keys.keep("a", &answer());
        assert_eq!(keys.begin("a", [1; 32]), Seen::Again(answer()));
        assert_eq!(keys.begin("a", [2; 32]), Seen::Reused);
        keys.forget_all();
        assert_eq!(keys.begin("a", [2; 32]), Seen::First);
    }

    #[test]
    fn the_oldest_is_forgotten() {
        let mut keys = Keys::new(2);
        for key in ["a", "b", "c"] {
            assert_eq!(keys.begin(key, [1; 32]), Seen::First);
            keys.keep(key, &answer());
        }
        assert_eq!(keys.begin("c", [1; 32]), Seen::Again(answer()));
        assert_eq!(keys.begin("a", [1; 32]), Seen::First);
    }
}
