//! A payment on the hosted page: which state follows which, and what it looks like.

use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::status::Status;
use crate::money::{fee, new_id};
use crate::pages::Verdict;

/// An amount with its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// In minor units.
    pub value: i64,
    /// In capital letters.
    pub currency: String,
}

/// Money given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refund {
    /// The caller's own name for it.
    pub refund_reference: String,
    /// In minor units.
    pub amount: i64,
}

/// A payment, as it is shown.
#[derive(Debug, Clone, Serialize)]
pub struct Payment {
    /// `hp_…`
    pub id: String,
    /// Where it stands.
    pub status: Status,
    /// Where the buyer is asked.
    pub checkout_url: String,
    /// What was asked for.
    pub amount: Amount,
    /// The caller's own name for it.
    pub merchant_reference: String,
    /// What was taken, in minor units.
    pub amount_captured: i64,
    /// What was given back, in minor units.
    pub amount_refunded: i64,
    /// What the provider keeps, in minor units.
    pub fee: i64,
    /// Every refund.
    pub refunds: Vec<Refund>,
    /// Since when.
    pub created_at: String,
    /// Where the buyer goes afterwards.
    pub return_url: Option<String>,
}

/// Most refunds of one payment.
const REFUNDS_MAX: usize = 100;

impl Payment {
    /// A new one, which the buyer doesn't know of yet.
    pub fn new(
        amount: Amount,
        merchant_reference: String,
        return_url: Option<String>,
        base_url: &str,
        created_at: String,
    ) -> Self {
        let id = new_id("hp");
        Self {
            status: Status::Open,
            checkout_url: format!("{base_url}/hosted/checkout/{id}"),
            id,
            amount,
            merchant_reference,
            amount_captured: 0,
            amount_refunded: 0,
            fee: 0,
            refunds: Vec::new(),
            created_at,
            return_url,
        }
    }

    /// The buyer was asked. False if that had been answered before, or it was too late: nothing has changed.
    pub fn decide(&mut self, verdict: Verdict) -> bool {
        let open = self.status == Status::Open;
        if open {
            self.status = match verdict {
                Verdict::Approve => Status::Authorized,
                Verdict::Decline => Status::Failed,
            };
        }
        open
    }

    /// Takes the money that was set aside.
    pub fn capture(&mut self) -> Result<(), Refusal> {
        if self.status != Status::Authorized {
            return Err(Refusal::WrongState(self.status));
        }
        self.status = Status::Captured;
        self.amount_captured = self.amount.value;
        self.fee = fee(self.amount.value);
        Ok(())
    }

    /// Calls it off; false if it had been before.
    pub fn cancel(&mut self) -> Result<bool, Refusal> {
        match self.status {
            Status::Open | Status::Authorized => {
                self.status = Status::Canceled;
                Ok(true)
            }
            Status::Canceled => Ok(false),
            Status::Captured | Status::Failed | Status::Expired => Err(Refusal::WrongState(self.status)),
        }
    }

    /// Nobody did anything about it for too long; false if it was over.
    pub fn expire(&mut self) -> bool {
        let waits = matches!(self.status, Status::Open | Status::Authorized);
        if waits {
            self.status = Status::Expired;
        }
        waits
    }

    /// Gives money back. Two refunds with one reference are two refunds: only the idempotency key makes them one.
    pub fn refund(&mut self, refund: Refund) -> Result<(), Refusal> {
        if self.status != Status::Captured || self.refunds.len() >= REFUNDS_MAX {
            return Err(Refusal::WrongState(self.status));
        }
        if refund.amount > self.amount_captured - self.amount_refunded {
            return Err(Refusal::AmountTooLarge);
        }
        self.amount_refunded += refund.amount;
        self.refunds.push(refund);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Amount, Payment, Refund, Refusal, Status, Verdict};

    fn payment() -> Payment {
        let amount = Amount {
            value: 10_000,
            currency: "EUR".into(),
        };
        Payment::new(amount, "7".into(), None, "http://sandbox", String::new())
    }

    fn refund(amount: i64) -> Refund {
        Refund {
            refund_reference: "r".into(),
            amount,
        }
    }

    #[test]
    fn is_approved_captured_and_refunded() {
        let mut payment = payment();
        assert_eq!(payment.capture(), Err(Refusal::WrongState(Status::Open)));
        assert!(payment.decide(Verdict::Approve));
        assert!(!payment.decide(Verdict::Decline));
        assert_eq!(
            payment.refund(refund(1)),
            Err(Refusal::WrongState(Status::Authorized))
        );
        assert_eq!(payment.capture(), Ok(()));
        assert_eq!((payment.amount_captured, payment.fee), (10_000, 165));
        assert_eq!(payment.refund(refund(4_000)), Ok(()));
        assert_eq!(payment.refund(refund(6_001)), Err(Refusal::AmountTooLarge));
        assert_eq!(payment.refund(refund(6_000)), Ok(()));
        assert_eq!(payment.cancel(), Err(Refusal::WrongState(Status::Captured)));
    }

    #[test]
    fn is_cancelled_once() {
        let mut payment = payment();
        assert_eq!(payment.cancel(), Ok(true));
        assert_eq!(payment.cancel(), Ok(false));
        assert!(!payment.decide(Verdict::Approve));
        assert!(!payment.expire());
    }
}
