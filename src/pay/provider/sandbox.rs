//! The provider of the default run: no money, and cards that misbehave on request.
//!
//! | payment method | does |
//! | --- | --- |
//! | `card_ok` | pays at once, and nobody is asked |
//! | `card_declined` | is declined |
//! | `card_slow` | is authorised after a second |
//! | `card_late` | is authorised after four seconds |
//! | `card_error_after_effect` | is authorised, but the first answer is lost |

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;

use super::adaptor::{given_up, name_of};
use super::gateway::{
    Answer, Authorisation, Charge, Delivery, Gateway, GatewayError, Notice, NoticeError, Page,
    ProviderPayment, ProviderPhase, ProviderRecord, ProviderRefund, Way,
};
use domain::id::{PaymentId, RefundId};
use domain::money::Currency;
use domain::payment::{Decline, DeclineCode};

/// Payments that the sandbox remembers; when it is full it forgets those that are over.
const BOOK_PAYMENTS_MAX: usize = 100_000;

/// Every means of payment of the table above.
const CARDS: [&str; 5] = [
    "card_ok",
    "card_declined",
    "card_slow",
    "card_late",
    "card_error_after_effect",
];

/// A payment in the sandbox's book.
#[derive(Debug, Clone)]
struct Entry {
    state: SandboxState,
    amount: i64,
    currency: Option<Currency>,
    refunds: Vec<(RefundId, i64)>,
}

/// Where a payment stands in the sandbox's book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SandboxState {
    /// Money set aside.
    Authorised,
    /// Money taken.
    Captured,
    /// Money released.
    Voided,
}

/// A provider that lives in this process and forgets everything with it.
#[derive(Debug, Default)]
pub struct Sandbox {
    book: Mutex<HashMap<PaymentId, Entry>>,
}

impl Sandbox {
    /// Sets money aside unless that has been done; false if it has.
    fn write_authorised(&self, charge: &Charge) -> bool {
        let mut book = self.lock();
        make_room(&mut book);
        let mut first = false;
        book.entry(charge.payment).or_insert_with(|| {
            first = true;
            Entry {
                state: SandboxState::Authorised,
                amount: charge.amount.amount,
                currency: Some(charge.amount.currency),
                refunds: Vec::new(),
            }
        });
        first
    }

    /// Works on a payment's entry; one that it has forgotten is taken from the call.
    fn on<T>(&self, payment: &ProviderPayment, work: impl FnOnce(&mut Entry) -> T) -> T {
        let forgotten = Entry {
            state: SandboxState::Authorised,
            amount: payment.amount.amount,
            currency: Some(payment.amount.currency),
            refunds: Vec::new(),
        };
        let mut book = self.lock();
        make_room(&mut book);
        work(book.entry(payment.id).or_insert(forgotten))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PaymentId, Entry>> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets payments that are over; if none is, all: what isn't known is believed.
fn make_room(book: &mut HashMap<PaymentId, Entry>) {
    if book.len() >= BOOK_PAYMENTS_MAX {
        book.retain(|_, entry| entry.state == SandboxState::Authorised);
    }
    if book.len() >= BOOK_PAYMENTS_MAX {
        book.clear();
    }
}

impl Gateway for Sandbox {
    fn name(&self) -> &'static str {
        "sandbox"
    }

    fn way(&self) -> Way<'_> {
        Way::TestCards(&CARDS)
    }

    fn accepts(&self, payment_method: &str) -> bool {
        payment_method.starts_with("card_")
    }

    fn settles_at_once(&self, payment_method: &str) -> bool {
        payment_method == "card_ok"
    }

    fn is_metered(&self) -> bool {
        false
    }

    fn has_pages(&self) -> bool {
        false
    }

    fn authorise<'a>(&'a self, charge: &'a Charge) -> Answer<'a, Authorisation> {
        async move {
            match charge.payment_method.as_str() {
                "card_ok" | "card_error_after_effect" => {}
                "card_slow" => tokio::time::sleep(Duration::from_secs(1)).await,
                "card_late" => tokio::time::sleep(Duration::from_secs(4)).await,
                "card_declined" => {
                    let decline = Decline::new(DeclineCode::CardDeclined, "card declined");
                    return Err(GatewayError::Declined(decline));
                }
                _ => return Err(GatewayError::Declined("unknown payment method".into())),
            }
            let first = self.write_authorised(charge);
            if first && charge.payment_method == "card_error_after_effect" {
                return Err(GatewayError::Unavailable("the answer was lost".into()));
            }
            Ok(Authorisation::Authorised {
                reference: charge.payment.to_string(),
            })
        }
        .boxed()
    }

    fn capture<'a>(&'a self, payment: &'a ProviderPayment) -> Answer<'a, i64> {
        async move {
            self.on(payment, |entry| {
                if entry.state == SandboxState::Voided {
                    return Err(GatewayError::Declined(given_up()));
                }
                entry.state = SandboxState::Captured;
                Ok(0)
            })
        }
        .boxed()
    }

    fn void<'a>(&'a self, payment: &'a ProviderPayment) -> Answer<'a, ()> {
        // Also of one that it doesn't know: a capture may still be on its way.
        async move {
            self.on(payment, |entry| {
                if entry.state == SandboxState::Captured {
                    return Err(GatewayError::Declined("the money was taken".into()));
                }
                entry.state = SandboxState::Voided;
                Ok(())
            })
        }
        .boxed()
    }

    fn refund<'a>(&'a self, payment: &'a ProviderPayment, refund: RefundId, amount: i64) -> Answer<'a, ()> {
        async move {
            self.on(payment, |entry| {
                entry.state = SandboxState::Captured;
                if !entry.refunds.iter().any(|(known, _)| *known == refund) {
                    entry.refunds.push((refund, amount));
                }
                Ok(())
            })
        }
        .boxed()
    }

    fn look_up<'a>(
        &'a self,
        payment: PaymentId,
        _reference: Option<&'a str>,
    ) -> Answer<'a, Option<ProviderRecord>> {
        async move { Ok(self.lock().get(&payment).map(|entry| record(payment, entry))) }.boxed()
    }

    fn list<'a>(&'a self, _after: Option<&'a str>) -> Answer<'a, Option<Page>> {
        async { Ok(None) }.boxed()
    }

    fn read_notice(&self, _delivery: Delivery<'_>) -> Result<Notice, NoticeError> {
        Err(NoticeError::Signature("this provider sends no notices"))
    }
}

fn refund((id, amount): &(RefundId, i64)) -> (RefundId, ProviderRefund) {
    let refund = ProviderRefund {
        reference: name_of(id.0),
        amount: *amount,
    };
    (*id, refund)
}

fn record(payment: PaymentId, entry: &Entry) -> ProviderRecord {
    ProviderRecord {
        payment: Some(payment),
        reference: payment.to_string(),
        phase: match entry.state {
            SandboxState::Authorised => ProviderPhase::Authorised,
            SandboxState::Captured => ProviderPhase::Captured,
            SandboxState::Voided => ProviderPhase::Voided,
        },
        amount: entry.amount,
        currency: entry.currency,
        captured: if entry.state == SandboxState::Captured {
            entry.amount
        } else {
            0
        },
        refunded: entry.refunds.iter().map(|(_, amount)| amount).sum(),
        fee: 0,
        refunds: entry.refunds.iter().map(refund).collect(),
        is_disputed: false,
        disputes: Vec::new(),
    }
}
