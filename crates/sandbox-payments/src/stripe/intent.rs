//! A payment intent and its charge: which state follows which.

use std::collections::BTreeMap;

use super::card::{Card, CardError};
use crate::money::{fee, new_id};

/// Where an intent stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It has no payment method, or none that worked.
    RequiresPaymentMethod,
    /// It is to be confirmed.
    RequiresConfirmation,
    /// The buyer is to be asked.
    RequiresAction,
    /// Money is set aside.
    RequiresCapture,
    /// Money is taken.
    Succeeded,
    /// It is over, and no money was taken.
    Canceled,
}

impl Status {
    /// Stripe's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

/// When money is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureMethod {
    /// As soon as the card is charged.
    Automatic,
    /// When asked.
    Manual,
}

/// The event that is sent to the webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Money was set aside.
    CapturableUpdated,
    /// Money was taken.
    Succeeded,
    /// A payment method failed.
    PaymentFailed,
    /// It is over.
    Canceled,
    /// The buyer is to be asked.
    RequiresAction,
    /// Money that was set aside was taken.
    ChargeCaptured,
    /// Money was given back.
    ChargeRefunded,
    /// A refund was made.
    RefundCreated,
    /// The buyer's bank has called money back.
    DisputeCreated,
    /// It is decided who has it.
    DisputeClosed,
}

impl Change {
    /// The type of its event.
    pub fn name(self) -> &'static str {
        match self {
            Self::CapturableUpdated => "payment_intent.amount_capturable_updated",
            Self::Succeeded => "payment_intent.succeeded",
            Self::PaymentFailed => "payment_intent.payment_failed",
            Self::Canceled => "payment_intent.canceled",
            Self::RequiresAction => "payment_intent.requires_action",
            Self::ChargeCaptured => "charge.captured",
            Self::ChargeRefunded => "charge.refunded",
            Self::RefundCreated => "refund.created",
            Self::DisputeCreated => "charge.dispute.created",
            Self::DisputeClosed => "charge.dispute.closed",
        }
    }
}

/// What an intent is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// In minor units.
    pub amount: i64,
    /// In small letters.
    pub currency: String,
    /// When money is taken.
    pub capture_method: CaptureMethod,
    /// For people.
    pub description: Option<String>,
    /// The caller's own.
    pub metadata: BTreeMap<String, String>,
}

/// An intent.
#[derive(Debug)]
pub struct Intent {
    /// `pi_…`
    pub id: String,
    /// What was asked for.
    pub terms: Terms,
    /// The payment method that is to be charged or was.
    pub payment_method: Option<String>,
    /// Where the buyer goes after 3-D Secure.
    pub return_url: Option<String>,
    /// What a browser may know.
    pub client_secret: String,
    /// Since when, in seconds since 1970.
    pub created: u64,
    /// Where it stands.
    pub status: Status,
    /// Why the last payment method failed.
    pub last_payment_error: Option<CardError>,
    /// The card's charge.
    pub charge: Option<Charge>,
    /// When and why it was cancelled.
    pub canceled: Option<(u64, Option<String>)>,
}

/// Money set aside or taken.
#[derive(Debug)]
pub struct Charge {
    /// `ch_…`
    pub id: String,
    /// Since when, in seconds since 1970.
    pub created: u64,
    /// What was taken.
    pub taken: Option<Taken>,
    /// What was given back of it.
    pub refunded: i64,
    /// Whether the buyer's bank has ever called it back.
    pub disputed: bool,
}

/// Money taken.
#[derive(Debug)]
pub struct Taken {
    /// `txn_…`
    pub transaction: String,
    /// In minor units.
    pub amount: i64,
    /// What the provider keeps of it.
    pub fee: i64,
}

impl Intent {
    /// A new one, for which nothing was done yet.
    pub fn new(terms: Terms, payment_method: Option<String>, now: u64) -> Self {
        let id = new_id("pi");
        Self {
            client_secret: new_id(&format!("{id}_secret")),
            id,
            terms,
            status: match payment_method {
                Some(_) => Status::RequiresConfirmation,
                None => Status::RequiresPaymentMethod,
            },
            payment_method,
            return_url: None,
            created: now,
            last_payment_error: None,
            charge: None,
            canceled: None,
        }
    }

    /// What was taken, in minor units.
    pub fn received(&self) -> i64 {
        let taken = self.charge.as_ref().and_then(|charge| charge.taken.as_ref());
        taken.map_or(0, |taken| taken.amount)
    }

    /// Whether it can be confirmed.
    pub fn is_confirmable(&self) -> bool {
        matches!(
            self.status,
            Status::RequiresPaymentMethod | Status::RequiresConfirmation
        )
    }

    /// Whether it can be cancelled.
    pub fn is_cancelable(&self) -> bool {
        !matches!(self.status, Status::Succeeded | Status::Canceled)
    }

    /// Charges its card.
    pub fn confirm(&mut self, card: Card, now: u64) -> &'static [Change] {
        self.last_payment_error = None;
        match card {
            Card::Good => self.authorise(now),
            Card::AsksBuyer => {
                self.status = Status::RequiresAction;
                &[Change::RequiresAction]
            }
            Card::Bad(error) => self.fail(error),
        }
    }

    /// The card's owner agrees, and the bank.
    pub fn authorise(&mut self, now: u64) -> &'static [Change] {
        self.charge = Some(Charge {
            id: new_id("ch"),
            created: now,
            taken: None,
            refunded: 0,
            disputed: false,
        });
        match self.terms.capture_method {
            CaptureMethod::Manual => {
                self.status = Status::RequiresCapture;
                &[Change::CapturableUpdated]
            }
            CaptureMethod::Automatic => {
                self.take(self.terms.amount);
                &[Change::Succeeded]
            }
        }
    }

    /// The card isn't charged: the intent waits for a better one.
    pub fn fail(&mut self, error: CardError) -> &'static [Change] {
        self.status = Status::RequiresPaymentMethod;
        self.payment_method = None;
        self.last_payment_error = Some(error);
        &[Change::PaymentFailed]
    }

    /// Takes money that was set aside; what isn't taken is released.
    pub fn capture(&mut self, amount: i64) -> &'static [Change] {
        self.take(amount);
        &[Change::ChargeCaptured, Change::Succeeded]
    }

    /// Ends it; money that was set aside is released.
    pub fn cancel(&mut self, reason: Option<String>, now: u64) -> &'static [Change] {
        self.status = Status::Canceled;
        self.canceled = Some((now, reason));
        &[Change::Canceled]
    }

    fn take(&mut self, amount: i64) {
        self.status = Status::Succeeded;
        if let Some(charge) = &mut self.charge {
            charge.taken = Some(Taken {
                transaction: new_id("txn"),
                amount,
                fee: fee(amount),
            });
        }
    }
}
