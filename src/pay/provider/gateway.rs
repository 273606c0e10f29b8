//! What every payment provider can do. Each call carries a key under which the provider does it once; what a provider's
//! book says of a payment can be looked up, so that a lost answer is never a guess.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::BoxFuture;

use domain::id::{DisputeId, PaymentId, RefundId};
use domain::money::{Currency, Money};
use domain::payment::{Decline, DisputeState};

/// What is to be authorised.
#[derive(Debug, Clone)]
pub struct Charge {
    /// The payment, as both sides know it; also the key of the call.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// The buyer's means of payment, in the provider's words.
    pub payment_method: String,
    /// Where the provider's page sends the buyer back to, if it has one and the buyer said so.
    pub return_url: Option<String>,
}

/// A payment that a provider has in its book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderPayment {
    /// The payment, as both sides know it.
    pub id: PaymentId,
    /// The provider's own name for it.
    pub reference: String,
    /// Its amount.
    pub amount: Money,
    /// 0 for the first calls. Providers repeat a failure of their own under its key: after a few looks that found nothing
    /// done, the call is made under another one.
    pub key_round: u32,
}

/// What a provider makes of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authorisation {
    /// The money is set aside.
    Authorised {
        /// The provider's own name for the payment.
        reference: String,
    },
    /// The buyer has to do something first, on a page of the bank's or the provider's.
    ActionRequired {
        /// The provider's own name for the payment.
        reference: String,
        /// The page.
        url: String,
    },
}

/// How a payment stands in a provider's book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRecord {
    /// The payment; `None` for one that wasn't made by this office.
    pub payment: Option<PaymentId>,
    /// The provider's own name for it.
    pub reference: String,
    /// How far it has come.
    pub phase: ProviderPhase,
    /// What was to be authorised, in minor units.
    pub amount: i64,
    /// Its currency, if it is one.
    pub currency: Option<Currency>,
    /// What was taken, in minor units.
    pub captured: i64,
    /// What went back, in minor units.
    pub refunded: i64,
    /// What the provider keeps for itself, in minor units.
    pub fee: i64,
    /// The refunds that the provider has carried out, this office's and those that were made there.
    pub refunds: BTreeMap<RefundId, ProviderRefund>,
    /// Whether the buyer's bank has called money back, now or earlier.
    pub is_disputed: bool,
    /// Each time that it has. Looked up with the payment; not in a page of the book.
    pub disputes: Vec<ProviderDispute>,
}

impl ProviderRecord {
    /// What the buyer's bank has of it, in minor units.
    pub fn called_back(&self) -> i64 {
        let disputes = self.disputes.iter();
        let lost = disputes.filter(|dispute| dispute.state != DisputeState::Won);
        lost.map(|dispute| dispute.amount).sum()
    }

    /// What is left of it at the provider, in minor units.
    pub fn left(&self) -> i64 {
        (self.captured - self.refunded - self.called_back()).max(0)
    }
}

/// Money that went back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRefund {
    /// The provider's own name for it.
    pub reference: String,
    /// In minor units.
    pub amount: i64,
}

/// Money that the buyer's bank has called back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderDispute {
    /// Made of that name.
    pub id: DisputeId,
    /// The provider's own name for it.
    pub reference: String,
    /// In minor units.
    pub amount: i64,
    /// How it stands.
    pub state: DisputeState,
}

/// How far a payment has come in a provider's book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderPhase {
    /// The buyer has to do something, on this page.
    ActionRequired(String),
    /// The money is set aside.
    Authorised,
    /// The money was taken; some or all of it may have gone back.
    Captured,
    /// Nothing is set aside any more.
    Voided,
    /// It was refused.
    Declined(Decline),
}

/// Some payments of a provider's book.
#[derive(Debug, Default)]
pub struct Page {
    /// The payments.
    pub records: Vec<ProviderRecord>,
    /// What the next page comes after; `None` on the last.
    pub next_after: Option<String>,
}

/// A webhook of a provider. Only a hint: the payment is looked up before anything is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The provider's name for this notice, the same each time it is sent.
    pub event: String,
    /// What it is about.
    pub about: About,
    /// What it tells of that.
    pub news: News,
}

/// Which payment a notice is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// One by the name that both sides know.
    Payment(PaymentId),
    /// One by the provider's own name.
    Reference(String),
    /// Nothing that matters here.
    Nothing,
}

/// What a notice tells of its payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// How far it has come: of no interest once it has its money.
    Progress,
    /// That money went back which this office may not have asked for.
    MoneyBack {
        /// All that went back of it so far, in minor units, if it is told.
        total: Option<i64>,
    },
    /// That money was on its way back and has not arrived: someone must find another way.
    RefundFailed,
}

/// What came to a webhook.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// The header that the provider signs with, if it was sent.
    pub signature: Option<&'a str>,
    /// The body as it came.
    pub body: &'a [u8],
    /// The time now, in seconds since 1970.
    pub now: i64,
}

/// Why a delivery is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoticeError {
    /// The signature is missing, wrong, or too old.
    #[error("the signature is not valid: {0}")]
    Signature(&'static str),
    /// It is signed and can't be understood.
    #[error("the notice can't be read: {0}")]
    Unreadable(String),
}

/// Why a provider did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// It refuses, and would again.
    #[error("the provider refuses: {0}")]
    Declined(Decline),
    /// Too many calls: this one was turned away unread.
    #[error("the provider wants fewer calls")]
    Throttled {
        /// When it wants to be asked again, if it says so.
        retry_after: Option<Duration>,
    },
    /// The office's key is not valid there, or may not do this: the call was turned away unread.
    #[error("the provider refuses the office's key")]
    KeyRefused,
    /// The same call is under way. It may or may not be done; the provider is well.
    #[error("the provider is at work on the same call: {0}")]
    UnderWay(String),
    /// It can't be reached or has failed: it may or may not have been done, and may be asked again.
    #[error("the provider did not answer: {0}")]
    Unavailable(String),
}

/// Why a provider can't charge an amount, whoever pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unchargeable {
    /// It doesn't know the currency.
    #[error("the currency is not supported")]
    Currency,
    /// It has no such fine amounts in this currency.
    #[error("the amount has more decimals than are charged in this currency")]
    Inexact,
    /// It charges no so little.
    #[error("the amount is smaller than any that is charged")]
    TooSmall,
    /// It charges no so much.
    #[error("the amount is larger than any that is charged")]
    TooLarge,
}

/// How a buyer pays with a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way<'a> {
    /// With one of these cards, of which none is anybody's.
    TestCards(&'a [&'a str]),
    /// With a card. A script of the provider's asks for it on the office's page and needs this key; without the key only a
    /// page of somebody else's can.
    Card(Option<&'a str>),
    /// On a page of the provider's, by this means of payment.
    Page(&'a str),
}

/// What a call answers.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, GatewayError>>;

/// A payment provider. Every call may be repeated and has its effect once, as long as the provider remembers its key. Nobody
/// counts on how long that is: before a call is repeated, the payment is looked up.
pub trait Gateway: Send + Sync {
    /// Its name in requests and tables.
    fn name(&self) -> &'static str;
    /// How a buyer pays with it.
    fn way(&self) -> Way<'_>;
    /// Whether it takes this means of payment, also in another provider's place.
    fn accepts(&self, payment_method: &str) -> bool;
    /// Whether this means of payment needs no word to the provider, neither to set the money aside nor to take it: no call
    /// can hang or get lost then, and the order is paid in one step. Such a payment goes by its own id.
    fn settles_at_once(&self, _payment_method: &str) -> bool {
        false
    }
    /// Whether it may have enough of calls.
    fn is_metered(&self) -> bool {
        true
    }
    /// Whether it may send a buyer to a page, so that a payment waits for them.
    fn has_pages(&self) -> bool {
        true
    }
    /// Whether it can charge this much at all.
    fn check_amount(&self, _amount: Money) -> Result<(), Unchargeable> {
        Ok(())
    }
    /// The header in which its notices are signed, if it sends any.
    fn signature_header(&self) -> Option<&'static str> {
        None
    }
    /// Sets the money aside.
    fn authorise<'a>(&'a self, charge: &'a Charge) -> Answer<'a, Authorisation>;
    /// Takes money that was set aside; gives what the provider keeps of it, in minor units.
    fn capture<'a>(&'a self, payment: &'a ProviderPayment) -> Answer<'a, i64>;
    /// Releases money that was set aside, or gives a page up that the buyer has not used. Refuses if it was taken.
    fn void<'a>(&'a self, payment: &'a ProviderPayment) -> Answer<'a, ()>;
    /// Gives some of the money back that has been taken. The refund's id is the key of the call.
    fn refund<'a>(&'a self, payment: &'a ProviderPayment, refund: RefundId, amount: i64) -> Answer<'a, ()>;
    /// How a payment stands; `None` if the provider doesn't know it. `reference` is the provider's own name, where that is
    /// known.
    fn look_up<'a>(
        &'a self,
        payment: PaymentId,
        reference: Option<&'a str>,
    ) -> Answer<'a, Option<ProviderRecord>>;
    /// The provider's book, some at a time; `None` if it keeps none that could be compared.
    fn list<'a>(&'a self, after: Option<&'a str>) -> Answer<'a, Option<Page>>;
    /// Reads and proves a notice.
    fn read_notice(&self, delivery: Delivery<'_>) -> Result<Notice, NoticeError>;
}
