//! Payments: authorise, confirm the places in one conditional update, capture. Unfinished payments are completed by the
//! outbox, on this node or another.

mod cancel;
mod drive;
pub mod flow;
mod given_back;
mod notices;
pub mod provider;
pub mod reconcile;
mod resolve;
pub mod settings;
mod settle;
mod task;

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{Mutex, Notify, mpsc, oneshot};

use crate::moved::Moved;
use crate::store::database::Database;
use crate::store::error::StoreError;
use crate::store::notice::NewNotice;
use crate::store::order_reader::Orders;
use crate::store::payment::PaymentRecord;
use crate::store::show_cache::Shows;
use crate::turnstile::Turnstile;
use domain::id::{PaymentId, RefundId, ShowId};
use domain::money::Money;
use domain::reference::OrderNumber;
use provider::Provider;
use provider::box_office::BoxOffice;
use provider::gateway::{Charge, Gateway, Unchargeable};
use settings::PaymentSettings;

/// Notices that wait; more are turned away.
const NOTICES_WAITING_MAX: usize = 2_048;
/// Confirmed payments that wait to be captured by this node.
const CONFIRMED_MAX: usize = 8_192;
/// This node may capture for this share of `resolve_after`; the row's clock started earlier.
const OWN_SHARE: f64 = 0.8;

/// The payments of one node.
pub struct Payments {
    database: Database,
    shows: Arc<Shows>,
    orders: Orders,
    turnstile: Arc<Turnstile>,
    /// In order of preference when one has to replace another.
    providers: Vec<Arc<Provider>>,
    /// The organisers' own counter.
    box_office: Arc<Provider>,
    settings: PaymentSettings,
    /// Says that the outbox has something due.
    due: Notify,
    /// Says that there may be a show to cancel.
    canceled: Notify,
    /// Payments that this node has confirmed and is going to capture; their rows are leased to it for a while. What
    /// doesn't fit comes due in the outbox.
    confirmed: mpsc::Sender<Confirmed>,
    to_capture: Mutex<mpsc::Receiver<Confirmed>>,
    /// Notices to be taken in; what doesn't fit is sent again.
    notices: mpsc::Sender<WaitingNotice>,
    to_take: Mutex<mpsc::Receiver<WaitingNotice>>,
    /// Orders of which a payment has failed: no event says so.
    failed: Arc<Moved<(ShowId, OrderNumber)>>,
}

/// A payment to be captured, and until when nobody else does it.
struct Confirmed {
    payment: PaymentRecord,
    until: Instant,
}

/// A notice that is to be written down.
struct WaitingNotice {
    notice: NewNotice,
    reply: oneshot::Sender<Result<(), StoreError>>,
}

impl Payments {
    /// Payments through these providers. [`Payments::run`] must be running for anything to be captured.
    pub fn new(
        database: Database,
        shows: Arc<Shows>,
        orders: Orders,
        turnstile: Arc<Turnstile>,
        gateways: Vec<Arc<dyn Gateway>>,
        settings: PaymentSettings,
        failed: Arc<Moved<(ShowId, OrderNumber)>>,
    ) -> Arc<Self> {
        let (confirmed, to_capture) = mpsc::channel(CONFIRMED_MAX);
        let (notices, to_take) = mpsc::channel(NOTICES_WAITING_MAX);
        let providers = gateways
            .into_iter()
            .map(|gateway| Arc::new(Provider::new(gateway, settings.provider)))
            .collect();
        let box_office = Arc::new(Provider::new(Arc::new(BoxOffice), settings.provider));
        Arc::new(Self {
            database,
            shows,
            orders,
            turnstile,
            providers,
            box_office,
            settings,
            due: Notify::new(),
            canceled: Notify::new(),
            confirmed,
            to_capture: Mutex::new(to_capture),
            notices,
            to_take: Mutex::new(to_take),
            failed,
        })
    }

    /// The first provider that can't charge this much, and why.
    pub fn check_amount(&self, amount: Money) -> Result<(), (&'static str, Unchargeable)> {
        let check = |provider: &Arc<Provider>| {
            let checked = provider.gateway().check_amount(amount);
            checked.map_err(|why| (provider.name(), why))
        };
        self.providers.iter().try_for_each(check)
    }

    /// Those of the providers that can charge every one of these prices, in the order in which they are to be offered.
    pub fn providers_for(&self, prices: &[Money]) -> impl Iterator<Item = &Arc<Provider>> {
        let can = |provider: &&Arc<Provider>, price: &Money| provider.gateway().check_amount(*price).is_ok();
        self.providers
            .iter()
            .filter(move |provider| prices.iter().all(|price| can(provider, price)))
    }

    /// The provider of that name.
    pub fn provider(&self, name: &str) -> Option<&Arc<Provider>> {
        self.providers.iter().find(|provider| provider.name() == name)
    }

    /// Whoever has taken a payment, also at the organiser's own counter, which is offered to no buyer.
    fn taker(&self, name: &str) -> Option<&Arc<Provider>> {
        let own = Some(&self.box_office).filter(|own| own.name() == name);
        own.or_else(|| self.provider(name))
    }

    /// The provider for a new payment: the one that was asked for or, while it doesn't answer, the first other one that
    /// takes this means of payment; `None` if there is none.
    pub fn choose<'a>(
        &'a self,
        asked_for: &'a Arc<Provider>,
        payment_method: &str,
    ) -> Option<&'a Arc<Provider>> {
        let others = self
            .providers
            .iter()
            .filter(|provider| provider.gateway().accepts(payment_method));
        std::iter::once(asked_for)
            .chain(others)
            .find(|provider| !provider.rests())
    }

    /// Says that the outbox has something due.
    pub fn wake(&self) {
        self.due.notify_one();
    }
}

fn amount_of(record: &PaymentRecord) -> Money {
    Money {
        amount: record.amount_minor_units,
        currency: record.currency,
    }
}

fn charge_of(record: &PaymentRecord) -> Charge {
    Charge {
        payment: record.id,
        amount: amount_of(record),
        payment_method: record.payment_method.clone(),
        return_url: record.return_url.clone(),
    }
}

/// A fresh refund's id.
pub fn new_refund_id() -> RefundId {
    RefundId(uuid::Uuid::new_v4().as_u128())
}

/// A fresh payment's id.
pub fn new_payment_id(show: ShowId) -> PaymentId {
    PaymentId::new(show, rand::random())
}
